"""Secrets in files, as detect-secrets sees them."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from local.gates.allowed import Allowance, allowances
from local.gates.pins import PINNED_SETS
from local.paths import GATES_PYTHON, ROOT

_HARNESS_KEY = re.compile(rb"\b[ps]at\.[\w-]{10,}\.[0-9a-f]{6,}\.\w{8,}")
"""A personal or a service account's token: account, id and the secret itself."""


def findings() -> list[str]:
    """What is not allowed in the files that git knows, and what is and need not be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - finds git on PATH, as users do
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    known = [Path(name) for name in listed.stdout.split("\0") if name]
    # Hashes, hundreds of them: `pins` reads these files and takes nothing but pins.
    files = [file for file in known if ROOT / file not in PINNED_SETS and (ROOT / file).is_file()]
    found, needed = look(ROOT, files)
    unneeded = [entry for entry in allowances("secrets") if entry not in needed]
    return found + [f"secrets: {entry} is allowed and not found" for entry in unneeded]


def look(root: Path, files: Sequence[Path]) -> tuple[list[str], list[Allowance]]:
    """Look for secrets in some files.

    Args:
        root: Where their paths begin.
        files: Relative to it.

    Returns:
        What is not allowed, and the allowances that the rest needs.
    """
    scanned = subprocess.run(
        # No secret is tried out at the service that it may be of.
        [
            GATES_PYTHON.with_name("detect-secrets"),
            *("scan", "--no-verify", "--all-files", "--force-use-all-plugins"),
            *files,
        ],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    found = [f"secrets: {place}: an API key of Harness" for place in _keys(root, files)]
    needed: list[Allowance] = []
    for file, secrets in json.loads(scanned.stdout)["results"].items():
        lines = (root / file).read_text().splitlines()
        for secret in secrets:
            line = lines[secret["line_number"] - 1]
            reasons = [entry for entry in allowances("secrets") if _allows(entry, file, line)]
            needed += reasons
            if not reasons:
                found.append(f"secrets: {file}:{secret['line_number']}: {secret['type']}")
    return found, needed


def _keys(root: Path, files: Sequence[Path]) -> Iterator[str]:
    """Where a key of Harness's own form is, whatever its name and whatever stands around it."""
    for file in files:
        for number, line in enumerate((root / file).read_bytes().splitlines(), 1):
            if _HARNESS_KEY.search(line):
                yield f"{file}:{number}"


def _allows(entry: Allowance, file: str, line: str) -> bool:
    return fnmatchcase(file, entry["files"]) and bool(re.search(entry["line"], line))
