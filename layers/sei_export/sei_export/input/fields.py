"""Reading a body's fields by the report's table; problems are collected, not raised."""

from dataclasses import dataclass
from unicodedata import category

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
from sei_export.jsontypes import JsonObject, JsonValue

_UNUSABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that no name has: control characters, halves of a pair, line ends."""


@dataclass(slots=True)
class FieldReader:
    """One reading of one body.

    Attributes:
        problems: Where problems go.
    """

    problems: Problems

    def read(self, fields: tuple[Field, ...], given: JsonObject, path: str = "") -> JsonObject:
        """The values of all fields, in the table's spelling and order; absent ones are left out.

        Args:
            fields: What may be there.
            given: What is there; unknown names are for the caller to find.
            path: Of `given`, with a dot at its end.
        """
        result: JsonObject = {}
        for field in fields:
            value = self._field(field, given, path)
            if value is not None:
                result[field.name] = value
        return result

    def text(self, path: str, given: JsonValue) -> str:
        """A text without surrounding spaces; empty after a problem."""
        if isinstance(given, str) and given.strip() and not _UNUSABLE & set(map(category, given)):
            return given.strip()
        self.problems.bad_value(path, given, "a non-empty string without control characters is")
        return ""

    def _field(self, field: Field, given: JsonObject, path: str) -> JsonValue:
        present = [name for name in all_names(field) if name in given]
        if isinstance(field, Names | Group):
            # A list or an object that is null is as good as absent.
            present = [name for name in present if given[name] is not None]
        if not present and field.required:
            self._missing(field, f"{path}{field.name}")
        if isinstance(field, Word):
            return self._word(field, {f"{path}{name}": given[name] for name in present})
        if isinstance(field, Names):
            return self._names(field, {f"{path}{name}": given[name] for name in present})
        if isinstance(field, Group):
            return self._group(field, given.get(field.name), path)
        return self._single(field, given[field.name], path) if present else None

    def _single(self, field: Text | Number | Flag, value: JsonValue, path: str) -> JsonValue:
        where = f"{path}{field.name}"
        if isinstance(field, Text):
            return self.text(where, value)
        if isinstance(field, Flag):
            if isinstance(value, bool):
                return value
            self.problems.bad_value(where, value, "true or false is")
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        else:
            self.problems.bad_value(where, value, "a whole number is")
        return None

    def _group(self, field: Group, given: JsonValue, path: str) -> JsonValue:
        where = f"{path}{field.name}"
        if given is None:
            if not any(isinstance(inner, Word) and _matters(inner) for inner in field.fields):
                return None
            # Its required fields are missing with it, and its defaults are sent without it.
            given = {}
        elif not isinstance(given, dict):
            self.problems.bad_value(where, given, "an object is")
            return None
        self.problems.unknown_fields(f"{where}.", given, spellings(field.fields))
        values = self.read(field.fields, given, f"{where}.")
        return values or None

    def _word(self, field: Word, given: dict[str, JsonValue]) -> JsonValue:
        spelled = {word.lower(): word for word in field.allowed}
        words: dict[str, str] = {}
        for path, value in given.items():
            if isinstance(value, str) and value.strip().lower() in spelled:
                words[path] = spelled[value.strip().lower()]
            else:
                self.problems.not_one_of(path, value, field.allowed)
        if len(set(words.values())) > 1:
            both = " and ".join(words)
            self.problems.add(f"{both} are two names of one option and differ: give one of them.")
        return next(iter(words.values()), field.default)

    def _names(self, field: Names, given: dict[str, JsonValue]) -> JsonValue:
        found: list[str] = []
        for path, value in given.items():
            if not isinstance(value, list):
                self.problems.bad_value(path, value, "a list of names is")
                continue
            found += [
                self._name(field, f"{path}[{index}]", name) for index, name in enumerate(value)
            ]
            if field.required and not value:
                self._missing(field, path)
        # The first spelling of a name is kept.
        unique = {self._key(field, name): name for name in reversed(found)}
        names: list[JsonValue] = [unique[key] for key in sorted(unique)]
        return names if names or field.sent_empty else None

    def _name(self, field: Names, path: str, given: JsonValue) -> str:
        name = self.text(path, given)
        if not name or not field.allowed:
            return name
        spelled = {word.lower(): word for word in field.allowed}
        if name.lower() not in spelled:
            self.problems.not_one_of(path, name, field.allowed)
        return spelled.get(name.lower(), name)

    def _key(self, field: Names, name: str) -> str:
        return name.upper() if field.any_case else name

    def _missing(self, field: Field, path: str) -> None:
        if isinstance(field, Word | Names) and field.allowed:
            self.problems.missing(path, f"allowed are {', '.join(field.allowed)}")
        else:
            self.problems.missing(path, "this report needs it")


def _matters(field: Word) -> bool:
    """Whether a field says something also when its object is not given."""
    return field.required or field.default is not None
