"""Reading a body's fields by the report's table; problems are collected, not raised."""

from unicodedata import category

from sei_export.input.ids import MAX_EXACT
from sei_export.input.kinds import (
    Field,
    Flag,
    Group,
    Names,
    Number,
    Text,
    Word,
    all_names,
    spellings,
)
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue, is_count

_UNUSABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that no name has: control characters, halves of a pair, line ends."""


def read_fields(
    fields: tuple[Field, ...], given: JsonObject, problems: Problems, path: str = ""
) -> JsonObject:
    """Read the values of all fields, in the table's spelling and order; leave absent ones out.

    A word that is given by one of its other names keeps that.

    Args:
        fields: What may be there.
        given: What is there; unknown names are for the caller to find.
        problems: Where problems go.
        path: Of `given`, with a dot at its end.
    """
    result: JsonObject = {}
    for field in fields:
        value = _field(field, given, problems, path)
        if value is not None:
            result[_name_kept(field, given)] = value
    return result


def read_text(path: str, given: JsonValue, problems: Problems) -> str:
    """Read a text, without surrounding spaces; empty after a problem."""
    if isinstance(given, str) and given.strip() and not _UNUSABLE & set(map(category, given)):
        return given.strip()
    problems.bad_value(path, given, "a non-empty string without control characters")
    return ""


def _name_kept(field: Field, given: JsonObject) -> str:
    """The name of what is read: a word's as given, if it is given by one."""
    names = [name for name in all_names(field) if name in given]
    return names[0] if isinstance(field, Word) and len(names) == 1 else field.name


def _field(field: Field, given: JsonObject, problems: Problems, path: str) -> JsonValue:
    present = [name for name in all_names(field) if name in given]
    if isinstance(field, Names | Group):
        # A list or an object that is null is as good as absent.
        present = [name for name in present if given[name] is not None]
    if not present and field.required:
        _missing(field, f"{path}{field.name}", problems)
    if isinstance(field, Word):
        return _word(field, {f"{path}{name}": given[name] for name in present}, problems)
    if isinstance(field, Names):
        return _names(field, {f"{path}{name}": given[name] for name in present}, problems)
    if isinstance(field, Group):
        return _group(field, given.get(field.name), problems, path)
    return _single(field, given[field.name], problems, path) if present else None


def _single(
    field: Text | Number | Flag, value: JsonValue, problems: Problems, path: str
) -> JsonValue:
    where = f"{path}{field.name}"
    if isinstance(field, Text):
        number = field.or_number and is_count(value) and value <= MAX_EXACT
        return str(value) if number else read_text(where, value, problems)
    if isinstance(field, Flag):
        if isinstance(value, bool):
            return value
        problems.bad_value(where, value, "true or false")
    elif is_count(value):
        return value
    else:
        problems.bad_value(where, value, "a whole number")
    return None


def _group(field: Group, given: JsonValue, problems: Problems, path: str) -> JsonValue:
    where = f"{path}{field.name}"
    if given is None:
        if not any(isinstance(inner, Word) and _matters(inner) for inner in field.fields):
            return None
        # Its required fields are missing with it, and its defaults are sent without it.
        given = {}
    elif not isinstance(given, dict):
        problems.bad_value(where, given, "an object")
        return None
    problems.unknown_fields(f"{where}.", given, spellings(field.fields))
    values = read_fields(field.fields, given, problems, f"{where}.")
    return values or None


def _word(field: Word, given: dict[str, JsonValue], problems: Problems) -> JsonValue:
    spelled = {word.lower(): word for word in field.allowed}
    words: dict[str, str] = {}
    for path, value in given.items():
        if isinstance(value, str) and value.strip().lower() in spelled:
            words[path] = spelled[value.strip().lower()]
        else:
            problems.not_one_of(path, value, field.allowed)
    if len(set(words.values())) > 1:
        both = " and ".join(words)
        problems.add(f"{both} are two names of one option and differ: give one of them.")
    return next(iter(words.values()), field.default)


def _names(field: Names, given: dict[str, JsonValue], problems: Problems) -> JsonValue:
    found: list[str] = []
    for path, value in given.items():
        if not isinstance(value, list):
            problems.bad_value(path, value, "a list of names")
            continue
        found += [
            _name(field, f"{path}[{index}]", name, problems) for index, name in enumerate(value)
        ]
        if field.required and not value:
            _missing(field, path, problems)
    # The first spelling of a name is kept.
    unique = {_key(field, name): name for name in reversed(found)}
    names: list[JsonValue] = [unique[key] for key in sorted(unique)]
    return names if names or field.sent_empty else None


def _name(field: Names, path: str, given: JsonValue, problems: Problems) -> str:
    name = read_text(path, given, problems)
    if not name or not field.allowed:
        return name
    spelled = {word.lower(): word for word in field.allowed}
    if name.lower() not in spelled:
        problems.not_one_of(path, name, field.allowed)
    return spelled.get(name.lower(), name)


def _key(field: Names, name: str) -> str:
    return name.upper() if field.any_case else name


def _missing(field: Field, path: str, problems: Problems) -> None:
    if isinstance(field, Word | Names) and field.allowed:
        problems.missing(path, f"allowed are {', '.join(field.allowed)}")
    else:
        problems.missing(path, "this report needs it")


def _matters(field: Word) -> bool:
    """Whether a field says something also when its object is not given."""
    return field.required or field.default is not None
