"""Which states an execution enters, by the definitions' own choices: they are read, not repeated.

Every task answers what the caller says. The clock stands still, so that no deadline is reached.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import cast

import jsonata

from benchmarks.simulation.policy import Value, Variables
from local.paths import ROOT

type Definition = dict[str, Value]
type Answers = Mapping[str, Sequence[Value]]
"""What each task returns at each visit, the last one again and again; a `Refusal` fails it."""

_MOMENT = "2025-01-01T00:00:00Z"
_MILLIS = 1_735_689_600_000
_EXECUTION: Value = {"StartTime": _MOMENT, "Id": "1", "Name": "run", "Input": {}}

_EVENTS = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Task": 5, "Map": 4}
"""Of a state's visit in an execution's history. Entered and exited; a task is also scheduled,
started and succeeded, a Distributed Map's run started and succeeded."""

_EVENTS_OF_EXECUTION = 2
"""Started and succeeded or failed."""


class Refusal(dict[str, Value]):
    """An error that a task ends with, instead of an answer."""


def load(name: str, **substitutions: object) -> Definition:
    """A definition.

    Args:
        name: The file's name without its ending.
        substitutions: What the template puts in.
    """
    text = (ROOT / "statemachine" / f"{name}.asl.json").read_text()
    for key, value in substitutions.items():
        text = text.replace(f"${{{key}}}", str(value))
    return cast("Definition", json.loads(text))


def child(definition: Definition, state: str) -> Definition:
    """What a Map runs for each item."""
    return cast("Definition", _states(definition)[state]["ItemProcessor"])


def walk(definition: Definition, given: Value, answers: Answers) -> list[str]:
    """The states in the order in which they are entered.

    Args:
        definition: With everything put in.
        given: The execution's input.
        answers: Of tasks and Maps, by state; `{}` for those that are not there.
    """
    left = {name: chain(each[:-1], repeat(each[-1])) for name, each in answers.items()}
    variables: Variables = {}
    entered: list[str] = []
    name: str | None = cast("str", definition["StartAt"])
    while name is not None:
        entered.append(name)
        state = _states(definition)[name]
        name, given = _step(state, given, variables, left.get(name, repeat({})))
    return entered


def events(definition: Definition, entered: Sequence[str]) -> int:
    """How many the history has of an execution that took this way without a retry."""
    return _EVENTS_OF_EXECUTION + sum(
        # What is started and waited for is submitted, too.
        _EVENTS[str(state["Type"])] + (".sync" in str(state.get("Resource")))
        for state in (_states(definition)[name] for name in entered)
    )


def evaluate(value: Value, variables: Variables) -> Value:
    """A field of a definition; what is not an expression stays as it is."""
    if isinstance(value, dict):
        return {name: evaluate(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, variables) for each in value]
    if not isinstance(value, str) or not value.startswith("{%"):
        return value
    return cast("Value", _compiled(value).evaluate(None, variables))


def _step(
    state: dict[str, Value], given: Value, variables: Variables, answers: Iterator[Value]
) -> tuple[str | None, Value]:
    """Where it goes on, and with what."""
    context: Value = {"Execution": _EXECUTION, "State": {"RetryCount": 0}}
    states: Variables = {"context": context, "input": given}
    chosen = state
    if state["Type"] in {"Task", "Map"}:
        answer = next(answers)
        if isinstance(answer, Refusal):
            states["errorOutput"] = dict(answer)
            chosen = cast("list[dict[str, Value]]", state["Catch"])[0]
        else:
            given = states["result"] = answer
    elif state["Type"] == "Choice":
        chosen = next(
            (
                rule
                for rule in cast("list[dict[str, Value]]", state["Choices"])
                if evaluate(rule["Condition"], variables | {"states": states}) is True
            ),
            state,
        )
    seen = variables | {"states": states}
    given = evaluate(chosen["Output"], seen) if "Output" in chosen else given
    # All expressions of a state see the variables as they were before it.
    variables |= cast("Variables", evaluate(chosen.get("Assign", {}), seen))
    return cast("str | None", chosen.get("Next", chosen.get("Default"))), given


def _states(definition: Definition) -> dict[str, dict[str, Value]]:
    return cast("dict[str, dict[str, Value]]", definition["States"])


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    program = jsonata.Jsonata(expression.removeprefix("{%").removesuffix("%}"))
    program.register_lambda("parse", json.loads)  # Step Functions' own function
    program.register_lambda("millis", lambda: _MILLIS)
    return program
