"""Faults in the state machines' definitions, one for each thing that a definition says."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.mutants.mutant import Mutant
from tests.statemachine import machine

TESTS = (
    (
        *("tests/statemachine/test_definition.py", "-k", "not validator"),
        *("tests/statemachine/test_limits.py", "tests/statemachine/test_handovers.py"),
        *("tests/statemachine/test_harvest_ends.py", "tests/statemachine/test_expressions.py"),
    ),
    (
        *("tests/statemachine/test_tries.py", "tests/statemachine/test_waits.py"),
        *("tests/statemachine/test_values.py", "tests/statemachine/test_texts.py"),
    ),
    ("tests/statemachine/test_no_silent_end.py", "tests/statemachine/test_scale.py"),
)
"""The quick ones first."""

_ABSENT = "what reads it takes none as an empty one; said, so that nothing is read unassigned"
_NO_COUNT = "a count that is left out adds nothing to the sum"
EQUIVALENT: dict[str, str] = {
    "export BeginExport: Assign.export dropped": _ABSENT,
    "harvest PublishExportFailure: Output.landed dropped": _NO_COUNT,
    "harvest PublishExportFailure: Output.again dropped": _NO_COUNT,
}
"""By their names, mutants that change nothing that anybody could notice, with the reason."""

type Fault = tuple[str, JsonObject]
"""What is wrong, and the state with it."""


def mutants(*, every: bool = False) -> Iterator[Mutant]:
    """A mutant for each fault of each state of each machine.

    Args:
        every: Whether those that change nothing are among them.
    """
    for file in machine.ALL:
        definition = machine.load(file)
        name = file.name.partition(".")[0]
        for graph in machine.graphs(definition):
            states = machine.states(graph)
            for title, state in list(states.items()):
                for what, changed in _faults(state):
                    states[title] = changed
                    content = json.dumps(definition, indent=2)
                    called = f"{name} {title}: {what}"
                    if every or called not in EQUIVALENT:
                        yield Mutant(called, f"statemachine/{file.name}", content, TESTS)
                states[title] = state


def _faults(state: JsonObject) -> Iterator[Fault]:
    yield from _of_retries(state)
    yield from _of_catches(state)
    yield from _of_rules(state)
    yield from _of_expressions(state)
    yield from _of_fields(state)


def _of_retries(state: JsonObject) -> Iterator[Fault]:
    for at, entry in enumerate(machine.entries(state, "Retry")):
        names = machine.error_names(entry)
        title = f"Retry {at + 1}"
        if entry["MaxAttempts"] == 0:
            yield f"{title}: tried again", _with(state, 1, "Retry", at, "MaxAttempts")
            continue
        longest = entry["IntervalSeconds"] * entry["BackoffRate"] ** (entry["MaxAttempts"] - 1)
        for field, value in (
            *(("MaxAttempts", 0), ("MaxAttempts", entry["MaxAttempts"] + 1)),
            *(("IntervalSeconds", entry["IntervalSeconds"] * 10), ("BackoffRate", 1)),
            # One that no delay reaches is none, however much less it is.
            *(("MaxDelaySeconds", longest // 2), ("JitterStrategy", "NONE")),
        ):
            yield f"{title}: {field} {value}", _with(state, value, "Retry", at, field)
        for index, name in enumerate(names):
            if len(names) > 1:
                less = _without(state, "Retry", at, "ErrorEquals", index)
                yield f"{title}: {name} dropped", less


def _of_catches(state: JsonObject) -> Iterator[Fault]:
    for at, entry in enumerate(machine.entries(state, "Catch")):
        title = f"Catch {at + 1}"
        yield f"{title} dropped", _without(state, "Catch", at)
        for field in ("Assign", "Output"):
            if field in entry:
                yield f"{title}: {field} dropped", _without(state, "Catch", at, field)


def _of_rules(state: JsonObject) -> Iterator[Fault]:
    for at, rule in enumerate(machine.entries(state, "Choices")):
        title = f"rule {at + 1}"
        yield f"{title} dropped", _without(state, "Choices", at)
        for field in ("Assign", "Output"):
            if field in rule:
                yield f"{title}: {field} dropped", _without(state, "Choices", at, field)


SWAPS = ((" >= ", " > "), (" <= ", " < "), (" > ", " >= "), (" < ", " <= "), (" = ", " != "))
WORDS = ((" and ", " or "), (" or ", " and "), (" + ", " - "), (" - ", " + "))
QUOTED = re.compile(r"'[^']*'|/(?:\\.|[^/ ])+/[,)]")
"""Texts and regular expressions."""


def _of_expressions(state: JsonObject) -> Iterator[Fault]:
    own = {field: value for field, value in state.items() if field != "ItemProcessor"}
    for path, text in _texts(own):
        if not text.startswith("{%"):
            continue
        quoted = [found.span() for found in QUOTED.finditer(text)]
        spots = [
            (found.start(), found.end(), new)
            for old, new in (*SWAPS, *WORDS)
            for found in re.finditer(re.escape(old), text)
        ]
        spots += [
            (found.start(), found.end(), str(value))
            for found in re.finditer(r"(?<![\w.])\d{2,}(?![\w.])", text)
            for value in (int(found[0]) // 2, int(found[0]) * 2)
        ]
        for first, last, new in sorted(spots):
            if not any(begin <= first < end for begin, end in quoted):
                title = f"{'.'.join(map(str, path))}, {text[first:last].strip()} -> {new.strip()}"
                around = " ".join(text[max(0, first - 25) : last + 25].split())
                changed = text[:first] + new + text[last:]
                yield f"{title} in …{around}…", _with(state, changed, *path)


def _of_fields(state: JsonObject) -> Iterator[Fault]:
    for field in ("Assign", "Output", "ItemSelector"):
        for name in cast("JsonObject", state[field]) if isinstance(state.get(field), dict) else ():
            yield f"{field}.{name} dropped", _without(state, field, name)
    payload = cast("JsonObject", state.get("Arguments", {})).get("Payload")
    for name in payload if isinstance(payload, dict) else ():
        yield f"Payload.{name} dropped", _without(state, "Arguments", "Payload", name)
    # The bus answers at once or not at all, however long it is waited for.
    if "TimeoutSeconds" in state and "events:putEvents" not in str(state["Resource"]):
        halved = cast("int", state["TimeoutSeconds"]) // 10
        yield f"TimeoutSeconds {halved}", _with(state, halved, "TimeoutSeconds")
    if state["Type"] == "Map":
        yield "MaxConcurrency 1000", _with(state, 1000, "MaxConcurrency")
    if "ToleratedFailurePercentage" in state:
        yield "no failure tolerated", _with(state, 0, "ToleratedFailurePercentage")


def _texts(value: JsonValue, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, *path, name)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _texts(inner, *path, at)


def _with(state: JsonObject, value: JsonValue, *path: str | int) -> JsonObject:
    changed = deepcopy(state)
    _inner(changed, path[:-1])[path[-1]] = value
    return changed


def _without(state: JsonObject, *path: str | int) -> JsonObject:
    changed = deepcopy(state)
    del _inner(changed, path[:-1])[path[-1]]
    return changed


def _inner(value: JsonValue, path: tuple[str | int, ...]) -> dict[str | int, JsonValue]:
    for step in path:
        value = cast("dict[str | int, JsonValue]", value)[step]
    return cast("dict[str | int, JsonValue]", value)
