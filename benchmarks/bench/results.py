"""The figures of the last run, in one file, a section for each part."""

import importlib.metadata
import json
import os
import platform
import re
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from benchmarks.bench.servers import find_nginx
from local.paths import ROOT

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None
type Section = dict[str, Json]

FILE = ROOT / "benchmarks" / "results.json"

_PEERS = (
    *("boto3", "botocore", "requests", "urllib3", "smart-open", "s3fs", "awscli"),
    *("airbyte-cdk", "isal", "zlib-ng"),
)


def load() -> dict[str, Section]:
    """All sections that were ever measured."""
    if not FILE.exists():
        return {}
    return cast("dict[str, Section]", json.loads(FILE.read_text()))


def save(name: str, section: Section) -> None:
    """Replace a section, noting when and where it was measured."""
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    content = {**load(), name: {"measured": now, "machine": machine(), **section}}
    FILE.write_text(json.dumps(content, indent=1) + "\n")


def machine() -> str:
    """This machine and what runs on it, in a sentence."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    found = subprocess.run([find_nginx(), "-v"], capture_output=True, text=True, check=False)
    peers = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PEERS)
    nginx = found.stderr.strip().rpartition(" ")[2]
    openssl = " ".join(ssl.OPENSSL_VERSION.split()[:2])
    return (
        f"{os.cpu_count()} cores of {cpu[1] if cpu else platform.machine()}, {memory:.0f} GiB, "
        f"Linux {platform.release()}, CPython {platform.python_version()}, "
        f"{openssl}, {nginx}; {peers}"
    )
