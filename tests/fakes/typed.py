"""What types a table's columns have, by Python's own int, json and date: slowly, value by value."""

import json
import re
from collections.abc import Sequence
from datetime import date

_DIGITS = 18
_DIGITS_OF_EXPONENT = 2


def types_of(table: Sequence[Sequence[str]]) -> tuple[str | None, ...]:
    """The type of each column of a table with a header; none of them identifies anything."""
    header, *rows = table
    return tuple(_type_of([row[at] for row in rows if row[at]]) for at in range(len(header)))


def _type_of(values: Sequence[str]) -> str | None:
    if not values:
        return None
    kinds = {"integer": _is_integer, "number": _is_number, "date": _is_date}
    fitting = (name for name, fits in kinds.items() if all(fits(value) for value in values))
    return next(fitting, "text")


def _is_integer(value: str) -> bool:
    try:
        number = int(value)
    except ValueError:
        return False
    return str(number) == value and len(value.lstrip("-")) <= _DIGITS


def _is_number(value: str) -> bool:
    try:
        json.loads(value, parse_constant=float.fromhex)
    except ValueError:
        return False
    # A text, a list and the like are JSON, too, and blanks may stand around it.
    if set(value) - set("0123456789+-.eE"):
        return False
    whole, *more = re.split("[eE]", value)
    digits = whole.lstrip("-").partition(".")[0]
    return len(digits) <= _DIGITS and all(
        len(one.strip("+-")) <= _DIGITS_OF_EXPONENT for one in more
    )


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
