"""The servers that contestants move bytes between: a source, and an S3 endpoint that is fast.

All on loopback, each in a group of its own, stopped by id when the block ends.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import requests
import trustme

from benchmarks.bench import data
from benchmarks.bench.native import compile as native
from local import signals
from local.cloud import processes
from local.paths import CLOUD_PYTHON, LOCAL

BUCKET = "bench"
SLOW_RATE = 80_000_000
"""Bytes per second of the source's paths below `/slow/`, for each connection."""

_STATE = LOCAL / "bench"
_START_SECONDS = 30.0

_NGINX = """
daemon off;
worker_processes 1;
pid {state}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  sendfile_max_chunk 512k;
  tcp_nopush on;
  default_type text/csv;
  client_body_temp_path {state}/nginx; proxy_temp_path {state}/nginx;
  fastcgi_temp_path {state}/nginx; uwsgi_temp_path {state}/nginx; scgi_temp_path {state}/nginx;
  ssl_certificate {certificate};
  ssl_certificate_key {certificate};
  ssl_buffer_size 16k;
  server {{
    listen 127.0.0.1:{http};
    listen 127.0.0.1:{https} ssl;
    location / {{ root {files}; }}
    # nginx waits whole milliseconds after each buffer: a small one over https does not wait at all.
    location /slow/ {{ alias {files}/; limit_rate {rate}; output_buffers 2 256k; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where contestants find things.

    Attributes:
        sources: Base URL of the files, by `http` and `https`.
        s3: URL of the S3 endpoint, by the same.
        ca_file: What to trust.
    """

    sources: dict[str, str]
    s3: dict[str, str]
    ca_file: Path

    def received(self) -> int:
        """Bytes of objects that the discarding endpoint got since the last question."""
        return int(requests.get(f"{self.s3['http']}/-/received", timeout=10).text)


@contextmanager
def discarding() -> Iterator[Endpoints]:
    """The source and an S3 endpoint that keeps nothing: for speed.

    Raises:
        RuntimeError: A server does not start.
    """
    with _Servers() as servers:
        ports = _two_ports()
        program = native.program("s3sink")
        command: list[str | Path] = [program, *map(str, ports), servers.certificate]
        servers.start("s3sink", command, {}, lambda: all(map(processes.is_listening, ports)))
        s3 = {"http": f"http://localhost:{ports[0]}", "https": f"https://localhost:{ports[1]}"}
        yield Endpoints(servers.sources, s3, servers.ca_file)


@contextmanager
def keeping() -> Iterator[Endpoints]:
    """The source and an S3 that keeps what it gets: slow, for proving content.

    Raises:
        RuntimeError: A server does not start.
    """
    with _Servers() as servers:
        http, https = _two_ports()
        folder = servers.state / "ministack"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        environment = {
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "S3_DATA_DIR": str(folder),
            "GATEWAY_PORT": str(http),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "false",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
        command: list[str | Path] = [
            *(CLOUD_PYTHON, "-m", "hypercorn", "ministack.app:app", "--keep-alive", "75"),
            *("--insecure-bind", f"127.0.0.1:{http}", "--bind", f"127.0.0.1:{https}"),
            *("--certfile", servers.certificate, "--keyfile", servers.certificate),
        ]
        s3 = {"http": f"http://localhost:{http}", "https": f"https://localhost:{https}"}
        health = f"{s3['http']}/_ministack/health"
        servers.start("ministack", command, environment, lambda: _answers(health))
        requests.put(f"{s3['http']}/{BUCKET}", timeout=10).raise_for_status()
        yield Endpoints(servers.sources, s3, servers.ca_file)


def find_nginx() -> str:
    """The program of nginx, installed if this is root on a Debian.

    Raises:
        RuntimeError: It is not there.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which("nginx", path=places)
    if found:
        return found
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        print("installing nginx-light")
        # Debian starts a service that it installs; exit code 101 of this file forbids it.
        guard = Path("/usr/sbin/policy-rc.d")
        guarded = not guard.exists()
        if guarded:
            guard.write_text("#!/bin/sh\nexit 101\n")
            guard.chmod(0o755)
        try:
            for words in (["update"], ["install", "-y", "--no-install-recommends", "nginx-light"]):
                subprocess.run([apt, "-qq", *words], check=True, stdout=subprocess.DEVNULL)
        finally:
            if guarded:
                guard.unlink()
        found = shutil.which("nginx", path=places)
    if not found:
        raise RuntimeError("nginx is missing: apt-get install -y nginx-light")
    return found


class _Servers:
    """The source, and what else is started until the block ends."""

    def __init__(self) -> None:
        self.state = _STATE / "servers"
        self.state.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        self.ca_file, self.certificate = self._make_certificates()
        self.sources: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._start_nginx()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(
        self,
        name: str,
        command: list[str | Path],
        environment: dict[str, str],
        is_ready: Callable[[], bool],
    ) -> None:
        """Start one more and wait for it.

        Raises:
            RuntimeError: It ended, or is not ready in time.
        """
        words = {"PATH": "/usr/bin:/bin:/usr/sbin", "LANG": "C.UTF-8", **environment}
        process = processes.start(name, command, words, self.state / f"{name}.log")
        self._stack.callback(process.stop)
        processes.wait_until_ready(process, is_ready, _START_SECONDS)

    def _start_nginx(self) -> None:
        http, https = _two_ports()
        data.FILES.mkdir(parents=True, exist_ok=True)
        (self.state / "nginx").mkdir(exist_ok=True)
        names = {"state": self.state, "certificate": self.certificate, "files": data.FILES}
        text = _NGINX.format(**names, http=http, https=https, rate=SLOW_RATE)
        if os.geteuid() == 0:
            # Its worker would become another user, who cannot read this folder.
            text = f"user root;{text}"
        settings = self.state / "nginx.conf"
        settings.write_text(text)
        command: list[str | Path] = [find_nginx(), "-e", "stderr", "-c", settings]
        self.start("nginx", command, {}, lambda: processes.is_listening(https))
        self.sources = {
            "http": f"http://localhost:{http}",
            "https": f"https://localhost:{https}",
        }

    def _make_certificates(self) -> tuple[Path, Path]:
        authority = trustme.CA()
        ca_file, certificate = self.state / "ca.pem", self.state / "server.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        issued = authority.issue_cert("localhost", "127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        return ca_file, certificate


def _two_ports() -> tuple[int, int]:
    first = processes.free_pair()
    return first, first + 1


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def main() -> None:
    """Keep the fast pair running, for trying things by hand, until Ctrl-C or for an hour."""
    signals.raise_once()
    data.make("gzip", 100 * data.MIB)
    with discarding() as endpoints:
        print(endpoints)
        time.sleep(3600)


if __name__ == "__main__":
    main()
