"""No execution comes near the 25,000 events that a history has room for.

Each machine is driven through the longest way that the parameters' bounds allow, while each call
is tried again as often as its state says and nothing takes time but Wait states.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest

from local.gates.template import load_template
from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.engine import ABORTED, HISTORY_EVENTS, Engine
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import CHILD, EXPORT, FAILED, PLANNED, definition_of
from tests.statemachine.worst import LIMITED, LOST, Course, Worst

MOST_EVENTS = 20_000
YOUNG_SECONDS = 1200
"""An export's age up to which polls come more often than once a minute."""

ALL_TRIES = 1000


def _bounds() -> dict[str, str]:
    """The parameters at their largest."""
    parameters = load_template()["Parameters"]
    names = ("ExportTimeoutMinutes", "MaxRestarts", "MaxConcurrency")
    return {name: str(parameters[name]["MaxValue"]) for name in names}


BOUNDS = _bounds()


def _longest_export(*, failing: bool) -> Course:
    """Polled as often as can be: made again as soon as polls are rarer, ready at the deadline."""
    made: list[int] = []

    def course(state: str, engine: Engine) -> JsonValue | StateError:
        count = cast("dict[str, int]", engine.variables)
        now = engine.jsonata.millis
        if state.startswith("Publish"):
            return LOST
        if failing and count["tries"] < 9:
            return LIMITED
        if state == "CreateExport":
            made.append(now)
            created = EXPORT | {"exportId": f"exp_{len(made)}", "expectedSeconds": 1}
            return {"Payload": created}
        if state == "DownloadExport":
            return {"Payload": {"finished": False, "receivedBytes": 1, "totalBytes": 9}}
        if now - made[-1] > 1000 * YOUNG_SECONDS and count["attempts"] <= int(
            BOUNDS["MaxRestarts"]
        ):
            return {"Payload": FAILED}
        ready = count["deadlineMillis"] - now < 61_000
        return {"Payload": {"status": "completed" if ready else "processing"}}

    return course


def _longest_batch(state: str, engine: Engine) -> JsonValue | StateError:
    """As many rounds as there may be, with a wait before each."""
    if state == "PlanBatch":
        tries = cast("int", engine.variables["tries"])
        return LIMITED if tries < 9 else {"Payload": PLANNED}
    if state == "RunExports":
        return StateError("States.TaskFailed", "No.")
    if state == "CloseBatch":
        number = cast("int", engine.variables["round"]) + 1
        return {"Payload": PLANNED | {"round": number, "waitSeconds": 1}}
    return LOST


def _lost(*_: object) -> StateError:
    return LOST


def _counted(worst: Worst) -> int:
    """Events, counted once more from what was entered and tried again."""
    each = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Task": 5, "Map": 6}
    types = [worst.states[name] for name in worst.engine.visited]
    waiting = sum(".sync" in str(state.get("Resource")) for state in types)
    found = 2 + sum(each[str(state["Type"])] for state in types) + waiting
    for name, tries in (worst.asked - Counter(worst.engine.visited)).items():
        found += tries * (3 if worst.states[name]["Type"] == "Task" else 4)
        found += tries * (".sync" in str(worst.states[name].get("Resource")))
    return found


def _cases() -> Iterator[object]:
    export = definition_of("export", **BOUNDS)
    for tries in (0, 4, ALL_TRIES):
        for failing in (False, True):
            course = _longest_export(failing=failing)
            title = f"export, {tries} retries, {'failing' if failing else 'polled'}"
            yield pytest.param(export, course, tries, {}, id=title)
    yield pytest.param(definition_of("batch", **BOUNDS), _longest_batch, ALL_TRIES, {}, id="batch")
    yield pytest.param(definition_of("child", **BOUNDS), _lost, ALL_TRIES, CHILD, id="child")


@pytest.mark.parametrize(("definition", "course", "tries", "given"), list(_cases()))
def test_the_longest_history_is_far_from_its_limit(
    definition: JsonObject, course: Course, tries: int, given: JsonValue
) -> None:
    worst = Worst(definition, course, tries, given)
    assert worst.end.error != "States.Runtime"
    assert worst.engine.events == _counted(worst) < MOST_EVENTS


def test_a_history_that_is_full_is_noticed() -> None:
    text = (machine.EXPORT.parent / "export.asl.json").read_text()
    assert text.count(" + 20 * $retried") == 2
    for key, value in BOUNDS.items():
        text = text.replace(f"${{{key}}}", value)
    bound = " or 3 * $polls + $repeatedPolls >= 6000"
    assert text.count(bound) == 1
    definition: JsonObject = machine.parse(text.replace(" + 20 * $retried", "").replace(bound, ""))
    worst = Worst(definition, _longest_export(failing=False), 4)
    assert worst.engine.events >= HISTORY_EVENTS
    assert worst.end.error == "States.Runtime"


def _never_ready(state: str, _: Engine) -> JsonValue | StateError:
    if state.startswith("Publish"):
        return LOST
    if state == "CreateExport":
        return {"Payload": EXPORT | {"expectedSeconds": 1}}
    return {"Payload": {"status": "processing"}}


@pytest.mark.parametrize("tries", [0, 4])
def test_an_export_that_is_redriven_late_ends_before_its_history_is_full(tries: int) -> None:
    definition = definition_of("export", **BOUNDS)
    visits = len(Worst(definition, _never_ready, tries).engine.visited)
    worst = Worst(definition, _never_ready, tries, stops=lambda seen: seen > visits - 20)
    assert worst.end.error == ABORTED
    engine = worst.engine
    engine.stops = lambda _: False
    at = datetime.fromtimestamp(engine.jsonata.millis / 1000, UTC)
    end = engine.redrive(definition, worst.end, f"{at:%Y-%m-%dT%H:%M:%S}.000Z")
    assert end.error == "ExportTimedOutError"
    assert engine.events < HISTORY_EVENTS
    # Nobody took the polls from it that one deadline has.
    assert len(engine.visited) > visits
