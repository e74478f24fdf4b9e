"""No execution comes near the 25,000 events that a history has room for.

Each machine is driven through the longest way that the parameters' bounds allow, while each call
is tried again as often as its state says and nothing takes time but Wait states.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import pytest

from local.gates.template import load_template
from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.engine import ABORTED, HISTORY_EVENTS, Engine
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import CHILD, EXPORT, FAILED, LANDED, PAGE, PLANNED, definition_of
from tests.statemachine.worst import ALL_TRIES, LIMITED, LOST, Course, Worst

MOST_EVENTS = 20_000
YOUNG_SECONDS = 1200
"""An export's age up to which polls come more often than once a minute."""


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


@dataclass
class Harvest:
    """A harvest with more pages than it can list, each of them limited as often as may be.

    Attributes:
        sizes: Exports of each page; all after these are as the last one.
        landing: From these pages on exports land, and not before; counted from 1.
        waits: How often an export is limited before.
        eager: Whether each of its calls has all tries that there are.
        listed: How many pages were.
        limited: How often a page was.
        calls: How often the export was tried that is being landed.
    """

    sizes: tuple[int, ...]
    landing: range = range(0)
    waits: int = 6
    eager: bool = False
    listed: int = 0
    limited: int = 0
    calls: int = 0

    def course(self, state: str, engine: Engine) -> JsonValue | StateError:
        """What a state's visit comes to."""
        if state == "ListExports":
            if cast("int", engine.variables["tries"]) < 9 and self.limited < 49:
                self.limited += 1
                return LIMITED
            count = self.sizes[min(self.listed, len(self.sizes) - 1)]
            self.listed += 1
            exports: JsonValue = [{"exportId": "exp_1", "report": "sprint"}] * count
            return {"Payload": PAGE | {"exports": exports, "cursor": {"report": "sprint"}}}
        if state != "LandExport":
            return LOST
        self.calls += 1
        if self.calls <= self.waits:
            return LIMITED
        self.calls = 0
        return {"Payload": LANDED} if self.listed in self.landing else LOST

    def tries(self, state: str) -> int:
        """All where no other call comes after them, so that nothing has counted them before."""
        if state == "LandExport":
            is_lost = self.calls == self.waits and self.listed not in self.landing
            return ALL_TRIES if is_lost or self.eager else 0
        is_last = self.listed >= len(self.sizes) - 1 and self.limited == 49
        return ALL_TRIES if is_last or state != "ListExports" else 0


def _harvests() -> Iterator[tuple[str, Harvest]]:
    """What fills a history: what fails, tries and pages, and at the end a page that all fails."""
    yield "failing", Harvest((*[0] * 4, 49, 50))
    yield "failing and landing late", Harvest((49, 44, *[0] * 28, 50), range(2, 31))
    yield "failing each time", Harvest((*[0] * 4, 49, 50), eager=True)
    yield "landing late", Harvest((50,), range(99))
    yield "landing at once", Harvest((50,), range(99), waits=0)
    yield "without exports", Harvest((0,))


def _counted(worst: Worst) -> int:
    """Events, counted once more from what was entered and tried again."""
    each = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Task": 5, "Map": 4}
    types = [worst.states[name] for name in worst.engine.visited]
    waiting = sum(".sync" in str(state.get("Resource")) for state in types)
    map_runs = sum("ItemReader" in state for state in types)
    iterations = sum(name in {"ExportLanded", "ExportNotLanded"} for name in worst.engine.visited)
    found = 2 + sum(each[str(state["Type"])] for state in types)
    found += waiting + 2 * map_runs + 2 * iterations
    for name, tries in (worst.asked - Counter(worst.engine.visited)).items():
        found += tries * (3 if worst.states[name]["Type"] == "Task" else 4)
        found += tries * (".sync" in str(worst.states[name].get("Resource")))
    return found


def _as_often_as(tries: int) -> Callable[[str], int]:
    return lambda _: tries


def _cases() -> Iterator[object]:
    export = definition_of("export", **BOUNDS)
    for tries in (0, 4, ALL_TRIES):
        for failing in (False, True):
            course = _longest_export(failing=failing)
            title = f"export, {tries} retries, {'failing' if failing else 'polled'}"
            yield pytest.param(export, course, _as_often_as(tries), {}, id=title)
    every = _as_often_as(ALL_TRIES)
    yield pytest.param(definition_of("batch", **BOUNDS), _longest_batch, every, {}, id="batch")
    yield pytest.param(definition_of("child", **BOUNDS), _lost, every, CHILD, id="child")
    harvest = definition_of("harvest", **BOUNDS)
    for title, each in _harvests():
        yield pytest.param(harvest, each.course, each.tries, {}, id=f"harvest, {title}")


@pytest.mark.parametrize(("definition", "course", "tries", "given"), list(_cases()))
def test_the_longest_history_is_far_from_its_limit(
    definition: JsonObject, course: Course, tries: Callable[[str], int], given: JsonValue
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
    worst = Worst(definition, _longest_export(failing=False), _as_often_as(4))
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
    visits = len(Worst(definition, _never_ready, _as_often_as(tries)).engine.visited)
    often = _as_often_as(tries)
    worst = Worst(definition, _never_ready, often, stops=lambda seen: seen > visits - 20)
    assert worst.end.error == ABORTED
    engine = worst.engine
    engine.stops = lambda _: False
    at = datetime.fromtimestamp(engine.jsonata.millis / 1000, UTC)
    end = engine.redrive(definition, worst.end, f"{at:%Y-%m-%dT%H:%M:%S}.000Z")
    assert end.error == "ExportTimedOutError"
    assert engine.events < HISTORY_EVENTS
    # Nobody took the polls from it that one deadline has.
    assert len(engine.visited) > visits
