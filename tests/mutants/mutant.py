"""One small fault in one file, and the tests that have to catch it."""

from dataclasses import dataclass

from local.paths import ROOT


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with a fault.

    Attributes:
        name: Says what is wrong.
        file: Path in the repository.
        content: What the file holds then.
        tests: Arguments of pytest for each of its runs; a later run comes after one that is green.
    """

    name: str
    file: str
    content: str
    tests: tuple[tuple[str, ...], ...]


class EditError(Exception):
    """An edit does not apply: its block, or what it replaces, is not there exactly once."""


def edited(file: str, block: tuple[str, ...], old: str, new: str) -> str:
    """A file's text with one passage replaced.

    Args:
        file: Path in the repository.
        block: Where the passage is: a part of the line that begins a block, which goes on as far as
            lines are indented deeper; then one within that block, and so on.
        old: The passage, in that block once.
        new: What replaces it.

    Raises:
        EditError: Block or passage are not there once.
    """
    text = (ROOT / file).read_text()
    lines = text.splitlines(keepends=True)
    first, last = 0, len(lines)
    for mark in block:
        found = [at for at in range(first, last) if mark in lines[at]]
        if len(found) != 1:
            raise EditError(f"{file}: {len(found)} lines have {mark!r}")
        first = found[0]
        last = _end(lines, first, last)
    inner = "".join(lines[first:last])
    if inner.count(old) != 1 or old == new:
        raise EditError(f"{file}: {inner.count(old)} times {old!r} in {' '.join(block)!r}")
    return "".join(lines[:first]) + inner.replace(old, new) + "".join(lines[last:])


def _end(lines: list[str], first: int, last: int) -> int:
    """The first line after a block that is not indented deeper than its first one."""
    depth = _indent(lines[first])
    for at in range(first + 1, last):
        if lines[at].strip() and _indent(lines[at]) <= depth:
            return at
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
