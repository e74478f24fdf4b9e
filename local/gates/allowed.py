"""What may stay although a gate finds it, and why."""

import tomllib
from pathlib import Path

type Allowance = dict[str, str]
"""What is allowed, by the names of its gate, and `why`."""

_FILE = Path(__file__).with_name("allowed.toml")


def allowances(gate: str) -> list[Allowance]:
    """Read what one gate lets pass.

    Raises:
        ValueError: One has no reason.
    """
    entries: list[Allowance] = tomllib.loads(_FILE.read_text())[gate]
    for entry in entries:
        if not entry.get("why", "").strip():
            raise ValueError(f"{_FILE.name}: {entry} has no reason.")
    return entries
