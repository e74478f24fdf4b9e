"""Nothing breaks for those who read what releases before have described."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from local.paths import ROOT
from tests.fakes.schemas import FOLDER, Schema, published
from tests.releases.comparison import breaks, version_of

RELEASES = ROOT / "tests" / "releases"
FROZEN = sorted(RELEASES.glob("*/*.json"))
PRESENT = sorted(FOLDER.glob("*.json"))
COPY = "cp events/schemas/*.json tests/releases/1.0/"


def _frozen(release: str, name: str) -> Schema:
    return published(name, RELEASES / release)


@pytest.mark.parametrize(
    ("release", "name"),
    [pytest.param(it.parent.name, it.stem, id=f"{it.parent.name} {it.stem}") for it in FROZEN],
)
def test_readers_of_a_release_can_read_what_is_written_now(release: str, name: str) -> None:
    assert breaks(_frozen(release, name), published(name)) == []


@pytest.mark.parametrize("name", [it.stem for it in PRESENT])
def test_each_schema_is_frozen_in_the_version_that_it_has(name: str) -> None:
    versions = {version_of(_frozen(it.parent.name, name)) for it in FROZEN if it.stem == name}
    assert version_of(published(name)) in versions, f"Freeze it: {COPY}"
    assert None not in versions


def test_the_readme_tells_how_to_freeze() -> None:
    assert COPY in (RELEASES / "README.md").read_text()


def _fields(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each field of a schema, its own name last."""
    for name, inner in schema.get("properties", {}).items():
        yield (*path, "properties", name)
        yield from _fields(inner, (*path, "properties", name))
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from _fields(schema[keyword], (*path, keyword))


def _at(schema: Schema, way: tuple[str, ...]) -> Schema:
    for step in way:
        schema = schema[step]
    return schema


@pytest.mark.parametrize("name", [it.stem for it in PRESENT])
def test_every_field_says_what_it_is(name: str) -> None:
    schema = published(name)
    silent = [way for way in _fields(schema) if not _at(schema, way).get("description")]
    assert silent == []
    # A text that is there has something in it, unless its form says so already.
    said = [_at(schema, way) for way in _fields(schema)]
    texts = [it for it in said if "string" in (it.get("type") or ())]
    assert [it for it in texts if not {"minLength", "pattern", "format"} & {*it}] == []


@pytest.mark.parametrize("name", [it.stem for it in PRESENT])
def test_no_published_schema_closes_an_object(name: str) -> None:
    assert '"additionalProperties": false' not in (FOLDER / f"{name}.json").read_text()


@pytest.mark.parametrize("name", [it.stem for it in PRESENT])
def test_each_single_field_of_a_schema_is_missed(name: str) -> None:
    """Where it goes, gets another name, may be null, or may be missing."""
    before = published(name)
    ways = [*_fields(before)]
    assert len(ways) > len(before["properties"])
    for *outer, field in ways:
        for change in (_gone, _renamed, _nullable, _optional):
            now = copy.deepcopy(before)
            if change(_at(now, tuple(outer[:-1])), field):
                assert any(field in it for it in breaks(before, now)), (outer, field, change)


def _gone(holder: Schema, field: str) -> bool:
    del holder["properties"][field]
    return True


def _renamed(holder: Schema, field: str) -> bool:
    holder["properties"][f"{field.upper()}_"] = holder["properties"].pop(field)
    return True


def _nullable(holder: Schema, field: str) -> bool:
    schema = holder["properties"][field]
    types = schema.get("type", [])
    schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
    # What can be null already stays as it is.
    return "null" not in types and "enum" not in schema


def _optional(holder: Schema, field: str) -> bool:
    if field not in holder["required"]:
        return False
    holder["required"].remove(field)
    return True


# --- the comparison itself ---

GONE = "gone"
"""In place of a value: the keyword goes."""

FORM: Schema = {
    "title": "Form",
    "description": "Of a test.",
    "type": "object",
    "required": ["version", "key", "status", "previous", "items"],
    "properties": {
        "version": {"const": "1"},
        "key": {"type": "string", "minLength": 1, "pattern": "^exports/"},
        "status": {"enum": ["new", "restated", None]},
        "rows": {"type": "integer", "minimum": 0},
        "previous": {
            "type": ["object", "null"],
            "required": ["rows"],
            "properties": {"rows": {"type": "integer"}},
        },
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string"}, "kind": {"const": "export"}},
            },
        },
        "splits": {"type": "object", "additionalProperties": {"type": "string"}},
        "request": {},
    },
}
EVENT: Schema = {"type": "object", "properties": {"detail": FORM}}
ITEM = ("properties", "items", "items")


def _changed(form: Schema, way: tuple[str, ...], value: Any) -> Schema:  # noqa: ANN401 - a schema's
    """A copy with another value at the end of a way."""
    changed = copy.deepcopy(form)
    holder = _at(changed, way[:-1])
    if value == GONE:
        del holder[way[-1]]
    else:
        holder[way[-1]] = value
    return changed


ALLOWED = [
    pytest.param(("properties", "later"), {"type": "string"}, id="a new field"),
    pytest.param(
        ("properties", "later"),
        {"type": "object", "additionalProperties": False},
        id="a new field of any form",
    ),
    pytest.param(("properties", "previous", "properties", "later"), {}, id="a new field inside"),
    pytest.param((*ITEM, "properties", "later"), {"type": "null"}, id="a new field of items"),
    pytest.param(
        ("required",), [*FORM["required"], "later"], id="a new field that is always there"
    ),
    pytest.param(("required",), [*FORM["required"], "rows"], id="a field that is always there now"),
    pytest.param(("required",), FORM["required"][::-1], id="another order"),
    pytest.param(
        ("properties", "status", "enum"), [None, "restated", "new"], id="values in another order"
    ),
    pytest.param(("properties", "rows", "type"), ["integer"], id="a type as a list of one"),
    pytest.param(
        ("properties", "previous", "type"), ["null", "object"], id="types in another order"
    ),
    pytest.param(("properties", "rows", "description"), "Data records.", id="a description"),
    pytest.param(("description",), GONE, id="no description"),
    pytest.param(("title",), "Another", id="another title"),
    pytest.param(("additionalProperties",), True, id="said to be open"),
]


@pytest.mark.parametrize(("way", "value"), ALLOWED)
def test_what_readers_can_take_breaks_nothing(way: tuple[str, ...], value: object) -> None:
    assert breaks(FORM, _changed(FORM, way, value)) == []


BREAKING = [
    pytest.param(("properties", "key"), GONE, "key is gone", id="a field removed"),
    pytest.param(
        ("properties",),
        {("rowCount" if name == "rows" else name): it for name, it in FORM["properties"].items()},
        "rows is gone",
        id="a field renamed",
    ),
    pytest.param(
        ("properties", "previous", "properties", "rows"),
        GONE,
        "previous.rows is gone",
        id="a field removed inside",
    ),
    pytest.param(
        (*ITEM, "properties", "id"), GONE, "items[].id is gone", id="a field removed of items"
    ),
    pytest.param(("properties",), GONE, "key is gone", id="all fields removed"),
    pytest.param(
        ("properties", "rows", "type"),
        ["integer", "null"],
        'rows: type was ["integer"] and is ["integer", "null"]',
        id="null added",
    ),
    pytest.param(
        ("properties", "rows", "type"),
        "number",
        'rows: type was ["integer"] and is ["number"]',
        id="a type widened",
    ),
    pytest.param(
        ("properties", "previous", "type"),
        "object",
        'previous: type was ["null", "object"] and is ["object"]',
        id="a type narrowed",
    ),
    pytest.param(
        ("properties", "rows", "type"),
        GONE,
        'rows: type was ["integer"] and is null',
        id="no type any more",
    ),
    pytest.param(
        ("properties", "request", "type"),
        "object",
        'request: type was null and is ["object"]',
        id="a type where there was none",
    ),
    pytest.param(
        ("properties", "splits", "additionalProperties", "type"),
        "integer",
        'splits{}: type was ["string"] and is ["integer"]',
        id="the type of fields without names",
    ),
    pytest.param(
        ("properties", "status", "enum"),
        ["new", "restated", "restored", None],
        "status: enum was",
        id="a value added",
    ),
    pytest.param(
        ("properties", "status", "enum"), ["new", None], "status: enum was", id="a value removed"
    ),
    pytest.param(
        ("properties", "status", "enum"),
        ["new", "restated", "null"],
        "status: enum was",
        id="a value of another type",
    ),
    pytest.param(
        ("required",), FORM["required"][:-1], "items may be missing", id="a field not always there"
    ),
    pytest.param(("required",), GONE, "key may be missing", id="nothing always there"),
    pytest.param(
        (*ITEM, "required"), [], "items[].id may be missing", id="a field of items not always there"
    ),
    pytest.param(
        (*ITEM, "properties", "kind", "const"),
        "team",
        'items[].kind: const was "export" and is "team"',
        id="a const changed",
    ),
    pytest.param(
        ("properties", "version"),
        {"type": "string"},
        'version: const was "1" and is null',
        id="no version any more",
    ),
    pytest.param(
        ("properties", "key", "pattern"), "^files/", "key: pattern was", id="a pattern changed"
    ),
    pytest.param(
        ("properties", "key", "minLength"),
        GONE,
        "key: minLength was 1 and is null",
        id="an empty text allowed",
    ),
    pytest.param(
        ("properties", "rows", "minimum"), 1, "rows: minimum was 0 and is 1", id="a bound changed"
    ),
    pytest.param(("properties", "items", "items"), GONE, "items: items", id="items of any form"),
    pytest.param(("additionalProperties",), False, "the whole: is closed", id="the whole closed"),
    pytest.param((*ITEM, "additionalProperties"), False, "items[]: is closed", id="items closed"),
    pytest.param(
        ("properties", "splits", "additionalProperties"),
        GONE,
        "splits: has other fields",
        id="other fields than before",
    ),
]


@pytest.mark.parametrize(("way", "value", "told"), BREAKING)
def test_what_readers_cannot_take_is_told(way: tuple[str, ...], value: object, told: str) -> None:
    now = _changed(FORM, way, value)
    found = breaks(FORM, now)
    assert [it for it in found if it.startswith(told)]
    # In the detail of an event, too.
    inside = [
        it
        for it in breaks(EVENT, _changed(EVENT, ("properties", "detail"), now))
        if told.removeprefix("the whole") in it
    ]
    assert inside
    assert all(it.startswith("detail") for it in inside)


@pytest.mark.parametrize(("way", "value", "told"), BREAKING)
def test_a_new_version_may_change_anything(way: tuple[str, ...], value: object, told: str) -> None:
    now = _changed(FORM, way, value)
    now.setdefault("properties", {})["version"] = {"const": "2"}
    assert breaks(FORM, now) == [], told
    event = _changed(EVENT, ("properties", "detail"), now)
    assert breaks(EVENT, event) == []
