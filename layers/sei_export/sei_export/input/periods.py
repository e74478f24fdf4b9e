"""What somebody means who writes a period in words of their own."""

import re

from sei_export.dates import PERIODS, STARTS
from sei_export.input.problems import folded
from sei_export.jsontypes import JsonValue

_DAYS = re.compile(r"(?:last|past|previous|prior|trailing)([1-9][0-9]{0,3})days?")
_WORDS = {
    "yesterday": "previous-day",
    "mtd": "month-to-date",
    "qtd": "quarter-to-date",
    "ytd": "year-to-date",
    # Neither is over, nor is there a range up to now.
    "today": "",
    "tomorrow": "",
    **{
        f"{word}{window}": f"previous-{window}"
        for word in ("last", "past", "prior")
        for window in STARTS
    },
    **{
        f"{word}{window}": it if (it := f"{window}-to-date") in PERIODS else ""
        for word in ("this", "current")
        for window in STARTS
    },
    **{f"next{window}": "" for window in STARTS},
}


def meant_period(given: JsonValue) -> str | None:
    """Tell what to write instead; empty where nothing is the same, None of an unknown word."""
    if not isinstance(given, str):
        return None
    word = folded(given)
    days = _DAYS.fullmatch(word)
    return f'"trailingDays": {days[1]}' if days else _WORDS.get(word)
