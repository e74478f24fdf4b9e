"""Collecting what is wrong with an input, so that one message can tell it all."""

import difflib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

from sei_export.input.names import difference
from sei_export.jsontypes import JsonObject, JsonValue

_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 20
"""Of what is allowed: an org tree may have thousands of teams."""


@dataclass(slots=True)
class Problems:
    """The problems of one input: sentences, each beginning with the path of a field.

    Attributes:
        found: The sentences so far.
        prefix: Stands before each path, to tell which document is meant.
    """

    found: list[str] = field(default_factory=list)
    prefix: str = ""

    def under(self, path: str) -> "Problems":
        """The same collection, for what is below a path such as `exports[2]`."""
        return Problems(self.found, f"{self.prefix}{path}.")

    def add(self, sentence: str) -> None:
        """Add a sentence as it is."""
        self.found.append(f"{self.prefix}{sentence}")

    def missing(self, path: str, hint: str) -> None:
        """A required field is absent."""
        self.add(f"{path} is missing: {hint}.")

    def bad_value(self, path: str, given: JsonValue, expected: str) -> None:
        """A value is of the wrong type or form; `expected` is a noun, such as "a whole number"."""
        self.add(f"{path} is {_shown(given)}: {expected} is allowed.")

    def not_one_of(self, path: str, given: JsonValue, allowed: Collection[str]) -> None:
        """A value is none of those allowed."""
        hint = _did_you_mean(given, allowed)
        self.add(f"{path} is {_shown(given)}: allowed are {_listed(allowed)}{hint}")

    def refused(self, path: str, given: JsonValue, reason: str) -> None:
        """A value has the right form and still cannot be: the reason has no full stop."""
        self.add(f"{path} is {_shown(given)}: {reason}.")

    def unknown_fields(self, path: str, given: JsonObject, known: Collection[str]) -> None:
        """Any field that is none of the known ones."""
        for name in given:
            if name not in known:
                hint = _did_you_mean(name, known)
                self.add(f"{path}{plain(name)} is not a field: known are {', '.join(known)}{hint}")


def plain(name: str, most: int = _SHOWN_CHARACTERS) -> str:
    """A name for a message: in one line, cut, and without what no UTF-8 can carry."""
    return _cut(name if name.isprintable() else json.dumps(name)[1:-1], most)


def _listed(allowed: Collection[str]) -> str:
    names = [plain(name) for name in islice(allowed, _SHOWN_NAMES)]
    left = len(allowed) - len(names)
    return ", ".join(names) + (f" and {left} more" if left else "")


def _shown(given: JsonValue) -> str:
    text = json.dumps(given, ensure_ascii=False)
    # A lone surrogate would make the message one that no UTF-8 can carry.
    return _cut(text if text.isprintable() else json.dumps(given))


def _cut(text: str, most: int = _SHOWN_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _did_you_mean(given: JsonValue, known: Collection[str]) -> str:
    """The end of a sentence, with the closest known name if there is one."""
    if not isinstance(given, str):
        return "."
    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(given.lower(), spelled)
    if not close:
        return "."
    meant = spelled[close[0]]
    return f"; did you mean {plain(meant)}?{difference(given, meant)}"
