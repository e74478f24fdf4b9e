"""Types of JSON values, and reading what was written by this exporter itself."""

import sys
from typing import TypeGuard

type JsonValue = str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None
type JsonObject = dict[str, JsonValue]


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number, 0 or more; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def read_text(value: JsonValue) -> str:
    """Read a text.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, str):
        return value
    raise TypeError


def read_optional_text(value: JsonValue) -> str | None:
    """Read a text or null.

    Raises:
        TypeError: It is none.
    """
    return None if value is None else read_text(value)


def read_texts(value: JsonValue) -> tuple[str, ...]:
    """Read a list of texts.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, list):
        return tuple(read_text(each) for each in value)
    raise TypeError


def read_optional_texts(value: JsonValue) -> tuple[str | None, ...]:
    """Read a list of texts and nulls.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, list):
        return tuple(read_optional_text(each) for each in value)
    raise TypeError


def read_count(value: JsonValue) -> int:
    """Read a whole number, 0 or more.

    Raises:
        TypeError: It is none.
    """
    if is_count(value):
        return value
    raise TypeError


def read_flag(value: JsonValue) -> bool:
    """Read true or false.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, bool):
        return value
    raise TypeError


def read_seconds(value: JsonValue) -> float:
    """Read seconds, 0 or more.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    # Written as 1e999, a number is infinite, which no JSON can say again; some are beyond a float.
    if not 0 <= value < sys.float_info.max:
        raise TypeError
    return value
