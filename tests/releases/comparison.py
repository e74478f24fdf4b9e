"""What a change of a schema breaks for those who read what it describes.

Readers take fields that they do not know, and nothing else that is new: a field may be added, with
whatever it has, and a description may be written anew. All else wants a new `version`, so that
readers can tell the forms apart.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.fakes.schemas import Schema

_WORDS = frozenset({"$schema", "title", "description", "examples"})
"""Keywords that are for people."""

_INSIDE = frozenset({"properties", "required", "items", "additionalProperties"})
"""Keywords that have an own comparison."""


def version_of(schema: Schema) -> str | None:
    """The `version` that a document, or an event's detail, says; None if it says none."""
    fields = schema.get("properties", {})
    own = fields.get("detail", schema).get("properties", {})
    found: str | None = own.get("version", {}).get("const")
    return found


def breaks(before: Schema, now: Schema) -> list[str]:
    """Tell what readers of the one form cannot take of the other; nothing after a new version.

    Args:
        before: The schema that they know.
        now: The schema of what they get.
    """
    is_new = version_of(now) not in {None, version_of(before)}
    return [] if is_new else [*_breaks("", before, now)]


def _breaks(path: str, before: Schema, now: Schema) -> Iterator[str]:
    where = path or "the whole"
    yield from _differing(where, before, now)
    fields, left = before.get("properties", {}), now.get("properties", {})
    for name in fields:
        if name in left:
            yield from _breaks(_join(path, name), fields[name], left[name])
        else:
            yield f"{_join(path, name)} is gone"
    for name in before.get("required", []):
        if name in left and name not in now.get("required", []):
            yield f"{_join(path, name)} may be missing"
    if ("items" in before) != ("items" in now):
        yield f"{where}: items"
    elif "items" in before:
        yield from _breaks(f"{path}[]", before["items"], now["items"])
    yield from _others(where, path, before, now)


def _differing(where: str, before: Schema, now: Schema) -> Iterator[str]:
    """Types, values and bounds: neither more nor less than before."""
    for keyword in sorted((before.keys() | now.keys()) - _WORDS - _INSIDE):
        one, other = (_canonical(keyword, each.get(keyword)) for each in (before, now))
        if one != other:
            yield f"{where}: {keyword} was {one} and is {other}"


def _others(where: str, path: str, before: Schema, now: Schema) -> Iterator[str]:
    """What stands for fields without a name; true is as good as nothing."""
    one, other = (each.get("additionalProperties", True) for each in (before, now))
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _breaks(f"{path}{{}}", one, other)
    elif one != other:
        closed = other is False
        yield f"{where}: " + ("is closed" if closed else "has other fields than before")


def _canonical(keyword: str, value: Any) -> str:  # noqa: ANN401 - whatever a schema has
    """A keyword's value as text, without the order and the form that say nothing."""
    if keyword == "type" and isinstance(value, str):
        value = [value]
    if keyword in {"type", "enum"} and isinstance(value, list):
        value = sorted(value, key=json.dumps)
    return json.dumps(value, sort_keys=True)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
