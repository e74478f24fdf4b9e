"""No state of any machine can end an execution without its event.

Each machine is run by its definition through every one of its states, with answers, errors, causes
and inputs that nothing should ever give, and with a bus that refuses.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import pytest
from jsonschema import ValidationError

from sei_export.jsontypes import JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.bus import Bus
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import DEFINITIONS, PAGE, SCRIPTS, Run, Script, given_to, named

NAMED = [pytest.param(name, script, id=f"{name} {title}") for name, title, script in named()]


def _visits() -> Iterator[tuple[str, str, Script, int]]:
    """Each visit of a task in the first script that has it."""
    known: set[tuple[str, str]] = set()
    for name, _, script in named():
        for task in script:
            if (name, task) not in known:
                known.add((name, task))
                for at in range(len(script[task])):
                    yield name, task, script, at


VISITS = [
    pytest.param(name, task, script, at, id=f"{name} {task} {at + 1}")
    for name, task, script, at in _visits()
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_these_runs_enter_every_state_of_every_machine(name: str) -> None:
    visited = {
        state
        for refusals in (0, 1)
        for script in SCRIPTS[name].values()
        for state in Run(name, script, given_to(name), Bus(refusals)).engine.visited
    }
    definition = cast("machine.Tree", DEFINITIONS[name])
    graphs = [definition] if name == "batch" else machine.graphs(definition)
    assert visited == {state for graph in graphs for state in machine.states(graph)}


@pytest.mark.parametrize(("name", "script"), NAMED)
@pytest.mark.parametrize("refusals", [0, 1])
def test_every_way_ends_with_its_event_at_the_first_try_or_the_second(
    name: str, script: Script, refusals: int
) -> None:
    Run(name, script, given_to(name), Bus(refusals)).check()


@pytest.mark.parametrize(("name", "task", "script", "at"), VISITS)
def test_given_hostile_answers_when_run_then_it_ends_with_its_event(
    name: str, task: str, script: Script, at: int
) -> None:
    assert _wrong(name, task, script, at, hostile.ANSWERS) == {}


@pytest.mark.parametrize(
    ("name", "task", "script", "at"), [visit for visit in VISITS if visit.values[-1] == 0]
)
def test_given_hostile_errors_and_causes_when_run_then_it_ends_with_its_event(
    name: str, task: str, script: Script, at: int
) -> None:
    assert _wrong(name, task, script, at, hostile.FAILURES) == {}


def _wrong(
    name: str,
    task: str,
    script: Script,
    at: int,
    bad: Mapping[str, JsonValue | StateError],
) -> dict[str, str]:
    """What of the bad ones a machine does not survive, and why."""
    wrong: dict[str, str] = {}
    for title, answer in bad.items():
        changed = [*script[task][:at], answer]
        try:
            Run(name, script | {task: changed}, given_to(name)).check()
        except (AssertionError, ValidationError) as error:
            wrong[title] = str(error)
    return wrong


def test_given_pages_without_end_when_harvested_then_it_ends_with_its_event() -> None:
    endless: JsonValue = PAGE | {"exports": [], "cursor": {"report": "sprint"}}
    run = Run("harvest", {"ListExports": [endless]})
    run.check()
    assert run.end.error == "HarvestIncompleteError"


@pytest.mark.parametrize("name", ["export", "harvest", "batch"])
@pytest.mark.parametrize("title", hostile.INPUTS)
def test_given_a_hostile_input_when_refused_then_the_execution_ends_with_its_event(
    name: str, title: str
) -> None:
    run = Run(name, SCRIPTS[name]["is refused"], hostile.INPUTS[title])
    run.check()
    assert run.end.error == "StorageError" or title == "a great depth"
