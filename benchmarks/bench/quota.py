"""A limit of CPU for one command and all its threads, by Linux's control groups.

Lambda limits a function in the same way: to a share of each period, which grows with its memory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PERIOD_MICROSECONDS = 20_000
"""As AWS's scheduler has it; Linux's default is five times as long."""

_ROOT = Path("/sys/fs/cgroup")
_NAME = "sei-export-bench"

# It enters the group itself, then becomes the command: no moment is without the limit.
_ENTER = 'echo "$2" >"$1" && echo $$ >"$0" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True)
class Group:
    """A control group. It holds one command at a time, each with a limit of its own.

    Attributes:
        folder: Where the system shows it.
        unified: Whether it is one of cgroup v2.
    """

    folder: Path
    unified: bool

    def limited(self, cores: float) -> tuple[str, ...]:
        """Words to put before a command that may use so many cores."""
        quota = round(cores * PERIOD_MICROSECONDS)
        file, value = (
            ("cpu.max", f"{quota} {PERIOD_MICROSECONDS}")
            if self.unified
            else ("cpu.cfs_quota_us", f"{quota}")
        )
        processes = self.folder / "cgroup.procs"
        return ("/bin/sh", "-c", _ENTER, str(processes), str(self.folder / file), value)


def is_available() -> bool:
    """Whether this user may limit CPU on this machine."""
    return _parent() is not None


@contextmanager
def group() -> Iterator[Group]:
    """A group until the block ends, which no command may outlive.

    Raises:
        RuntimeError: This user may not make one.
    """
    parent = _parent()
    if parent is None:
        raise RuntimeError(
            f"CPU cannot be limited here: neither {_ROOT}/cpu (cgroup v1) nor {_ROOT} with its "
            "controller cpu enabled for children (cgroup v2) is writable."
        )
    made = Group(parent / _NAME, unified=parent == _ROOT)
    # One that a killed run left behind will do.
    made.folder.mkdir(exist_ok=True)
    try:
        if not made.unified:
            (made.folder / "cpu.cfs_period_us").write_text(f"{PERIOD_MICROSECONDS}")
        yield made
    finally:
        made.folder.rmdir()


def _parent() -> Path | None:
    """Where groups with a limit of CPU can be made."""
    first = _ROOT / "cpu"
    if first.is_dir():
        return first if os.access(first, os.W_OK) else None
    enabled = _ROOT / "cgroup.subtree_control"
    if enabled.is_file() and "cpu" in enabled.read_text().split() and os.access(_ROOT, os.W_OK):
        return _ROOT
    return None
