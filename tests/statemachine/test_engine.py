"""The engine's retries are AWS's: counts of their own, waits that grow, and ends."""

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.engine import End, Engine
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.retries import longest_task

RETRY: list[JsonValue] = [
    {
        "ErrorEquals": ["A", "B"],
        "IntervalSeconds": 2,
        "BackoffRate": 3,
        "MaxAttempts": 3,
        "MaxDelaySeconds": 10,
        "JitterStrategy": "FULL",
    },
    {"ErrorEquals": ["C"], "MaxAttempts": 0},
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 1},
]
TASK: JsonObject = {
    "Type": "Task",
    "Arguments": {},
    "TimeoutSeconds": 60,
    "Retry": RETRY,
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    "Next": "Done",
}
STATES: JsonObject = {"Task": TASK, "Caught": {"Type": "Succeed"}, "Done": {"Type": "Succeed"}}


def _run(*errors: str) -> tuple[End, Engine]:
    """One execution whose task fails so, and then answers."""
    left = iter(errors)

    def answer(_: str, __: JsonValue) -> JsonValue:
        error = next(left, None)
        if error:
            raise StateError(error, "why")
        return {}

    engine = Engine(answer, retrying=True)
    return engine.run({"StartAt": "Task", "States": STATES}), engine


@pytest.mark.parametrize(
    ("errors", "waits", "state"),
    [
        pytest.param("", [], "Done", id="no error"),
        pytest.param("A", [1], "Done", id="one"),
        pytest.param("AAA", [1, 3, 5], "Done", id="up to the longest"),
        pytest.param("ABA", [1, 3, 5], "Done", id="one count for all of a retrier"),
        pytest.param("AAAA", [1, 3, 5], "Caught", id="too often"),
        pytest.param("C", [], "Caught", id="never again"),
        pytest.param("XX", [5], "Caught", id="any other, without jitter"),
        pytest.param("AXAA", [1, 5, 3, 5], "Done", id="each retrier counts for itself"),
        pytest.param("AAAX", [1, 3, 5, 5], "Done", id="another one after the last"),
    ],
)
def test_a_task_is_tried_again_as_its_state_says(
    errors: str, waits: list[float], state: str
) -> None:
    end, engine = _run(*errors)
    assert engine.slept == waits
    assert end.state == state
    assert engine.jsonata.millis == Engine(lambda *_: None).jsonata.millis + sum(
        round(1000 * wait) for wait in waits
    )


@pytest.mark.parametrize("error", ["States.Runtime", "States.DataLimitExceeded"])
def test_what_nothing_catches_is_not_tried_again(error: str) -> None:
    end, engine = _run(error)
    assert (end.error, engine.slept) == (error, [])


def test_a_task_takes_at_most_all_its_tries_and_waits() -> None:
    assert longest_task(TASK) == 60 + (60 + 1) + (60 + 3) + (60 + 5) + (60 + 5)


def test_the_children_of_a_distributed_map_get_what_its_selector_makes_of_the_items() -> None:
    given: list[JsonValue] = []

    def children(inputs: list[JsonValue]) -> JsonValue:
        given.extend(inputs)
        return {}

    exports: JsonObject = {
        "Type": "Map",
        "ItemReader": {"Arguments": {"Key": "{% $states.input.key %}"}},
        "ItemSelector": {
            "item": "{% $states.context.Map.Item.Value %}",
            "run": "{% $states.input.run %}",
        },
        "Next": "Done",
    }
    engine = Engine(lambda _, asked: [asked, 2], {"key": "k", "run": "r"}, children=children)
    end = engine.run({"StartAt": "Exports", "States": {"Exports": exports, **STATES}})
    assert end.state == "Done"
    assert given == [{"item": {"Key": "k"}, "run": "r"}, {"item": 2, "run": "r"}]
