"""Processes in the background: started with a log, found again by id and start time, stopped."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from local import signals
from local.paths import ROOT

STOP_SECONDS = 5.0

_CLOCK_SECONDS = 2.0
"""By which the system's idea of when it booted, and so of when a process started, may differ from
one look to the next."""

_FIRST_PORT, _PORT_PAIRS = 10_000, 10_000
"""Below the range that systems take for outgoing connections."""

_children: list[subprocess.Popen[bytes]] = []
"""Python warns of a child that nobody refers to, or that nobody has waited for."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that this project started.

    Attributes:
        name: For messages.
        pid: Its id, and its group's.
        started: When it started, so that a reused id is never taken for it.
        log: Where its output goes.
    """

    name: str
    pid: int
    started: float
    log: str

    def is_running(self) -> bool:
        """Whether it is still the same process and runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < _CLOCK_SECONDS
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def stop(self) -> None:
        """End it and the processes that it started."""
        if not self.is_running():
            return
        _end_group(self.pid)
        for child in _children:
            if child.pid == self.pid:
                child.wait(STOP_SECONDS)


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a tool to its end; what it started ends with this call, also if a signal ends that.

    A group of its own keeps Ctrl-C away from it, which would make it print a traceback.

    Returns:
        Exit code, standard output and standard error.
    """
    child = None
    try:
        with signals.deferred():
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        output, errors = child.communicate()
    finally:
        if child is not None and child.poll() is None:
            _end_group(child.pid)
            child.wait(STOP_SECONDS)
    return child.returncode, output, errors


def start(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str], log: Path
) -> Process:
    """Start a process in a group of its own, with exactly this environment."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(child)
    return Process(name, child.pid, psutil.Process(child.pid).create_time(), str(log))


def _end_group(leader: int) -> None:
    try:
        first = psutil.Process(leader)
        family = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)


def save(processes: Sequence[Process], file: Path) -> None:
    """Note the processes, for another command to stop."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(process) for process in processes], indent=2))


def load(file: Path) -> list[Process]:
    """The processes of an earlier command."""
    if not file.exists():
        return []
    return [Process(**fields) for fields in json.loads(file.read_text())]


def wait_until_ready(process: Process, is_ready: Callable[[], bool], seconds: float) -> None:
    """Wait for a process that was just started.

    Raises:
        RuntimeError: It ended, or is not ready in time; the message has the end of its log.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        ended = not process.is_running()
        if ended or time.monotonic() > deadline:
            tail = "\n".join(Path(process.log).read_text(errors="replace").splitlines()[-15:])
            what = "ended at once" if ended else f"is not ready after {seconds:.0f} s"
            raise RuntimeError(f"{process.name} {what}; its log {process.log} ends with:\n{tail}")
        time.sleep(0.05)


def free_port() -> int:
    """A loopback port that is free now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_pair() -> int:
    """The first of two loopback ports in a row that are free now."""
    for turn in range(_PORT_PAIRS):
        port = _FIRST_PORT + 2 * ((os.getpid() + turn) % _PORT_PAIRS)
        if not is_listening(port) and not is_listening(port + 1):
            return port
    raise RuntimeError("No two free ports in a row.")


def is_listening(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
