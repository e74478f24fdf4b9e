"""Pinned packages against published advisories: the list is here, so nobody is asked."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from local.paths import ROOT

PINNED_SETS = frozenset(
    {*(ROOT / "requirements").glob("*.txt"), ROOT / "layers" / "sei_export" / "requirements.txt"}
)
"""All that is installed anywhere: on a developer's machine and in the Lambda layer."""

type Pins = list[tuple[str, Version]]

_ADVISORIES = Path(__file__).with_name("advisories.toml")
_PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.]+)(?: ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def findings() -> list[str]:
    """Pins below the version that mends an advisory, and advisories of what is pinned nowhere."""
    return compare({str(file.relative_to(ROOT)): read(file) for file in sorted(PINNED_SETS)})


def read(file: Path) -> Pins:
    """Read a pinned set.

    Raises:
        ValueError: A line is neither a pin nor a hash of one.
    """
    pins: Pins = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if pin := _PIN.fullmatch(line):
            pins.append((pin["name"], Version(pin["version"])))
        elif not _HASH.fullmatch(line):
            raise ValueError(f"{file}:{number}: neither a pin nor a hash: {line!r}")
    return pins


def compare(sets: dict[str, Pins]) -> list[str]:
    """Compare pinned sets, by name, with the advisories."""
    pinned = {name for pins in sets.values() for name, _ in pins}
    found = [
        f"pins: {entry['package']} has an advisory ({entry['advisory']}) and is pinned nowhere"
        for entry in _advisories()
        if entry["package"] not in pinned
    ]
    for file, pins in sets.items():
        found += [f"pins: {file}: {finding}" for finding in _too_old(pins)]
    return found


def _too_old(pins: Pins) -> Iterable[str]:
    for name, version in pins:
        for entry in _advisories():
            mended = Version(entry["mended"])
            if entry["package"] == name and version < mended:
                yield f"{name} {version} is below {mended}: {entry['advisory']}: {entry['why']}"


def _advisories() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = tomllib.loads(_ADVISORIES.read_text())["advisories"]
    return entries
