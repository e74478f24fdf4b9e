"""What a JSON answer looks like: names of fields and types, and none of its values."""

import re
from collections.abc import Collection, Iterator

from sei_export.jsontypes import JsonValue

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_MOST_FIELDS = 40
_MOST_ENTRIES = 20
_DEEPEST = 5


def shape(value: JsonValue, told: Collection[str] = (), depth: int = 0) -> str:
    """Describe a value.

    Args:
        value: An answer, or a part of it.
        told: Texts that are values somewhere: a field of such a name is named after one.
        depth: How deep inside the answer it is.
    """
    if isinstance(value, dict):
        return "{…}" if depth >= _DEEPEST else _object(value, told, depth)
    if isinstance(value, list):
        inner = dict.fromkeys(shape(each, told, depth + 1) for each in value[:_MOST_ENTRIES])
        return f"list of {' or '.join(inner)}" if inner else "empty list"
    return kind(value)


def kind(value: JsonValue) -> str:
    """The type of a value that has no other inside."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    return "integer" if isinstance(value, int) else "number"


def names(value: JsonValue, told: Collection[str]) -> Iterator[str]:
    """Yield the names of all fields that may be told."""
    if isinstance(value, list):
        for each in value:
            yield from names(each, told)
    elif isinstance(value, dict):
        yield from _known(value, told)
        for each in value.values():
            yield from names(each, told)


def texts(value: JsonValue) -> Iterator[str]:
    """Yield all texts that are values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def _object(value: dict[str, JsonValue], told: Collection[str], depth: int) -> str:
    known = _known(value, told)
    fields = [f"{name}: {shape(value[name], told, depth + 1)}" for name in known]
    others = len(value) - len(known)
    if others:
        fields.append(f"and {others} more")
    return "{" + ", ".join(fields) + "}"


def _known(value: dict[str, JsonValue], told: Collection[str]) -> list[str]:
    """The names that are an API's own, and not those of teams or people."""
    if len(value) > _MOST_FIELDS:
        return []
    return [name for name in value if _NAME.fullmatch(name) and name not in told]
