"""What a JSON answer looks like: types, names of fields that are known, and none of its values.

A field may be called after a team or a person, so others are only counted.
"""

from collections.abc import Collection, Iterator

from sei_export.jsontypes import JsonValue

_MOST_ENTRIES = 20
_DEEPEST = 5


def shape(value: JsonValue, known: Collection[str], depth: int = 0) -> str:
    """Describe a value.

    Args:
        value: An answer, or a part of it.
        known: Names of fields that are told.
        depth: How deep inside the answer it is.
    """
    if isinstance(value, dict):
        return "{…}" if depth >= _DEEPEST else _object(value, known, depth)
    if isinstance(value, list):
        inner = dict.fromkeys(shape(each, known, depth + 1) for each in value[:_MOST_ENTRIES])
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


def names(value: JsonValue) -> Iterator[str]:
    """Yield the names of all fields."""
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from names(each)


def others(count: int) -> str:
    """Tell how many fields there are that are not named."""
    return f"{count} other field{'s' if count > 1 else ''}"


def _object(value: dict[str, JsonValue], known: Collection[str], depth: int) -> str:
    told = [name for name in value if name in known]
    fields = [f"{name}: {shape(value[name], known, depth + 1)}" for name in told]
    if left := len(value) - len(told):
        fields.append(others(left))
    return "{" + ", ".join(fields) + "}"
