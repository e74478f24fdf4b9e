"""Inputs of expressions as they were recorded, and with each thing that is read made hostile."""

import copy
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.jsonata_of_aws import Evaluation, Jsonata, StateError

type Path = tuple[str, ...]

GONE = "gone"
VALUES: dict[str, JsonValue] = {
    "null": None,
    "false": False,
    "zero": 0,
    "minus one": -1,
    "a fraction": 0.1,
    "fifteen digits": 999_999_999_999_999,
    "sixteen digits": 9_007_199_254_740_991,
    "far below zero": -1e21,
    "no text": "",
    "quotes": "a \"b\" \\ 'c'\n",
    "wide characters": "é漢😀\u2028",
    "a number as text": "7",
    "a wrong date": "2026-02-30T25:61:00Z",
    "a right date": "2026-02-28T23:59:59.999Z",
    "an empty list": [],
    "one number in a list": [7],
    "one text in a list": ["completed"],
    "one object in a list": [{"a": 1}],
    "a list in a list": [[7]],
    "300 numbers": list(range(300)),
    "3000 characters": "x" * 3000,
    "an empty object": {},
    "an object": {"status": "completed", "error": "x", "exportId": "e"},
    GONE: None,
}
"""By what they are. JSONata makes no difference between one thing and a list of it in places."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """An expression's input with one thing replaced.

    Attributes:
        path: What is replaced.
        value: By which of `VALUES`.
        seen: What the port made of it.
    """

    path: str
    value: str
    seen: Evaluation


def mutations(recorded: Iterable[Evaluation]) -> Iterator[Mutation]:
    """Everything that an expression reads, replaced by everything hostile, one at a time."""
    for each in recorded:
        for path in sorted(_reads(each.expression)):
            if not _is_there(each.bindings, path[:-1]) or path[0] not in each.bindings:
                continue
            for title in VALUES:
                if path == ("states",) or (title == GONE and len(path) == 1):
                    # Step Functions' own; and a variable that nobody has set is refused.
                    continue
                bindings = _replaced(each.bindings, path, title)
                yield Mutation(".".join(path), title, _evaluated(each, bindings))


def _reads(expression: str) -> set[Path]:
    """What an expression reads, also by a name that it gives to a part of the rest."""
    found = {tuple(it.split(".")) for it in re.findall(r"\$([a-z]\w*(?:\.\w+)*)", expression)}
    for name, path in re.findall(r"\$(\w+) := \$([a-z][\w.]*)", expression):
        inner = re.findall(rf"\${name}\.([\w.]+)", expression)
        found |= {(*path.split("."), *it.split(".")) for it in inner}
    return found


def _is_there(value: JsonValue, path: Path) -> bool:
    for name in path:
        if not isinstance(value, dict):
            return False
        value = value.get(name)
    return isinstance(value, dict)


def _replaced(bindings: JsonObject, path: Path, title: str) -> JsonObject:
    changed = copy.deepcopy(bindings)
    inner = changed
    for name in path[:-1]:
        inner = cast("JsonObject", inner[name])
    if title == GONE:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = VALUES[title]
    return changed


def _evaluated(recorded: Evaluation, bindings: JsonObject) -> Evaluation:
    jsonata = Jsonata(recorded.millis)
    with suppress(StateError):
        jsonata.fill(f"{{% {recorded.expression} %}}", bindings)
    return jsonata.seen[0]
