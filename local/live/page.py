"""The questions of docs/vendor.md, and the names that the page knows."""

import re
from typing import NamedTuple

from local.paths import ROOT

PAGE = ROOT / "docs" / "vendor.md"
QUESTIONS = "## Open questions"


class Question(NamedTuple):
    """One line of the open questions.

    Attributes:
        id: A short name.
        text: What is asked.
        taken: The answers that the product is made for; none where any will do.
        is_asked: Whether `make live` asks it.
    """

    id: str
    text: str
    taken: frozenset[str]
    is_asked: bool


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    text = PAGE.read_text().partition(f"{section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines[2:]]


def spans(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def questions() -> list[Question]:
    """The open questions, in the page's order."""
    return [
        Question(spans(name)[0], text, frozenset(spans(taken)), asked != "no")
        for name, text, taken, asked, *_ in rows(QUESTIONS)
    ]


def known_words() -> set[str]:
    """Every field, status and path that the page's tables name."""
    lines = PAGE.read_text().splitlines()
    return {word for line in lines if line.startswith("|") for word in spans(line)}
