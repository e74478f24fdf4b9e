"""Collecting what is wrong with an input, so that one message can tell it all."""

import difflib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sei_export.input.names import difference
from sei_export.jsontypes import JsonObject, JsonValue

_SHOWN_CHARACTERS = 60
_SHOWN_NAMES = 20
"""Of what is allowed: an org tree may have thousands of teams."""

_JOINTS = re.compile(r"[-_\s]+")
"""What joins the parts of a word: `org-identifier`, `team_id`, `last month`."""


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

    def not_one_of(
        self, path: str, given: JsonValue, allowed: Collection[str], meant: str | None = None
    ) -> None:
        """A value is none of those allowed.

        Args:
            path: Of the value.
            given: The value.
            allowed: All that are.
            meant: What it stands for, as far as that is known: empty for none of them, None to
                look for the closest.
        """
        hint = _did_you_mean(given, allowed) if meant is None else _asked(meant)
        self.add(f"{path} is {_shown(given)}: allowed are {_listed(allowed)}{hint}")

    def none_of_these(self, path: str, given: str, allowed: Sequence[tuple[str, str]]) -> None:
        """A name is none of those of some things, which are told with their ids.

        Args:
            path: Of the name.
            given: The name.
            allowed: Id and name of each thing; the id is empty where there is none to be used.
        """
        shown = [named(*each) for each in allowed[:_SHOWN_NAMES]]
        hint = "."
        if close := _closest(given, [name for _, name in allowed]):
            meant = next(each for each in allowed if each[1] == close)
            hint = f"{_asked(named(*meant))}{difference(given, close)}"
        self.add(f"{path} is {_shown(given)}: allowed are {_joined(shown, len(allowed))}{hint}")

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


def quoted(name: str) -> str:
    """A name for a message that has others beside it: as JSON text, since names have commas."""
    return _in_json(_cut(name))


def named(thing_id: str, name: str) -> str:
    """A thing for a message: its name as JSON text, and its id, if it has one."""
    return f"{quoted(name)} ({plain(thing_id)})" if thing_id else quoted(name)


def folded(name: str) -> str:
    """Write the one form of all spellings of a word: in small letters, without what joins words."""
    return _JOINTS.sub("", name.lower())


def _listed(allowed: Collection[str]) -> str:
    return _joined([plain(name) for name in islice(allowed, _SHOWN_NAMES)], len(allowed))


def _joined(shown: list[str], count: int) -> str:
    left = count - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _shown(given: JsonValue) -> str:
    return _cut(_in_json(given))


def _in_json(given: JsonValue) -> str:
    text = json.dumps(given, ensure_ascii=False)
    # A lone surrogate would make the message one that no UTF-8 can carry.
    return text if text.isprintable() else json.dumps(given)


def _cut(text: str, most: int = _SHOWN_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _did_you_mean(given: JsonValue, known: Collection[str]) -> str:
    """The end of a sentence, with the closest known name if there is one."""
    meant = _closest(given, known) if isinstance(given, str) else None
    return f"{_asked(plain(meant))}{difference(str(given), meant)}" if meant else "."


def _asked(meant: str) -> str:
    """The end of a sentence, with what was meant if that is known."""
    return f"; did you mean {meant}?" if meant else "."


def _closest(given: str, known: Collection[str]) -> str | None:
    """The same in another spelling, or else what has most letters in common, if enough."""
    form = folded(given)
    same = next((name for name in known if form and folded(name) == form), None)
    spelled = {name.lower(): name for name in known}
    close = () if same else difflib.get_close_matches(given.lower(), spelled, n=1)
    return spelled[close[0]] if close else same
