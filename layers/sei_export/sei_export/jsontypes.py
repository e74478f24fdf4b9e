"""Types of JSON values."""

from typing import TypeGuard

type JsonValue = str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None
type JsonObject = dict[str, JsonValue]


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number, 0 or more; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
