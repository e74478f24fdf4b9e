"""Texts that come through mail, chat and shells unharmed: lines of ASCII, not too long."""

import unicodedata
from collections.abc import Iterable

MOST_SUBJECT_CHARACTERS = 100
"""SNS allows less than 100 characters in a subject, ASCII, without line breaks:
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

MOST_TEXT_BYTES = 8 * 1024

_CUT = "..."
_LIKE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        "\u00d7": "x",
        "\u00df": "ss",
    }
)


def plain(text: str) -> str:
    """Write a text in one line of ASCII: letters without their marks, what else as its escape.

    `Zürich` is `Zurich`; names that have to be exact stand in commands, as JSON.
    """
    folded = unicodedata.normalize("NFKD", text.translate(_LIKE))
    bare = "".join(it for it in folded if not unicodedata.combining(it))
    line = " ".join(bare.encode("ascii", "backslashreplace").decode().split())
    return "".join(it for it in line if it.isprintable())


def subject(*parts: str) -> str:
    """Join the parts of a subject; what is too long loses its end."""
    return cut(plain(" ".join(part for part in parts if part)), MOST_SUBJECT_CHARACTERS - 1)


def cut(text: str, most: int) -> str:
    """Cut an ASCII text that is too long, and show that."""
    return text if len(text) <= most else text[: most - len(_CUT)].rstrip() + _CUT


def lines(*parts: Iterable[str]) -> str:
    """Put paragraphs together, an empty line between them; each of them is lines of ASCII."""
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
