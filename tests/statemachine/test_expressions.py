"""The definition's JSONata, evaluated by the engine that the local cloud uses too."""

import json

import jsonata
import pytest

from sei_export.jsontypes import JsonValue
from tests.statemachine import machine

STATES = machine.states(machine.load())
MINUTE = 60_000


def _evaluate(expression: JsonValue, now: int = 0, **variables: JsonValue) -> JsonValue:
    text = str(expression)
    assert text.startswith("{% ")
    assert text.endswith(" %}")
    program = jsonata.Jsonata(text[3:-3])
    program.register_lambda("parse", json.loads)  # Step Functions' own function
    program.register_lambda("millis", lambda: now)
    result: JsonValue = program.evaluate(None, variables)
    return result


@pytest.mark.parametrize(
    ("age", "expected", "remaining", "seconds"),
    [
        pytest.param(0, 0, 3600, 5, id="new: the least"),
        pytest.param(24, 0, 3600, 5, id="24 s old: still the least"),
        pytest.param(100, 0, 3600, 20, id="a fifth of its age"),
        pytest.param(299, 0, 3600, 59, id="whole seconds"),
        pytest.param(4000, 0, 3600, 60, id="old: the most"),
        pytest.param(4000, 0, 12, 12, id="no longer than to the deadline"),
        pytest.param(4000, 0, -5, 0, id="past the deadline: at once"),
        pytest.param(0, 300, 9000, 210, id="known: seven tenths of the last one"),
        pytest.param(100, 300, 9000, 110, id="known: the rest of seven tenths"),
        pytest.param(205, 300, 9000, 5, id="known: the last 5 s of seven tenths"),
        pytest.param(0, 7200, 9000, 1800, id="known: half an hour at most"),
        pytest.param(0, 300, 90, 90, id="known: no longer than to the deadline"),
        pytest.param(210, 300, 9000, 10, id="known: then a twentieth of its age"),
        pytest.param(20, 10, 9000, 5, id="known: at least 5 s"),
        pytest.param(9000, 300, 9000, 60, id="known: at most 60 s"),
        pytest.param(0, 3, 9000, 5, id="known: a quick one"),
    ],
)
def test_the_wait_grows_with_the_exports_age(
    age: int, expected: int, remaining: int, seconds: int
) -> None:
    now = 10_000_000
    waited = _evaluate(
        STATES["WaitForExport"]["Seconds"],
        now,
        export={"expectedSeconds": expected},
        createdMillis=now - age * 1000,
        deadlineMillis=now + remaining * 1000,
        retried=0,
    )
    assert waited == seconds


@pytest.mark.parametrize(
    ("retried", "remaining", "seconds"), [(1, 3600, 80), (6, 3600, 180), (6, 100, 100)]
)
def test_what_was_tried_again_is_polled_later(retried: int, remaining: int, seconds: int) -> None:
    waited = _evaluate(
        STATES["WaitForExport"]["Seconds"],
        10_000_000,
        export={},
        createdMillis=0,
        deadlineMillis=10_000_000 + remaining * 1000,
        retried=retried,
    )
    assert waited == seconds


@pytest.mark.parametrize(
    ("cause", "message", "remedy"),
    [
        pytest.param(
            json.dumps(
                {
                    "errorMessage": "Bad {thing}. Remedy: Mend it.",
                    "errorType": "StorageError",
                    "stackTrace": [],
                }
            ),
            "Bad {thing}.",
            "Mend it.",
            id="this project's error",
        ),
        pytest.param(
            json.dumps({"errorMessage": "2026 Task timed out after 90.00 seconds"}),
            "2026 Task timed out after 90.00 seconds",
            None,
            id="Lambda's error",
        ),
        pytest.param(
            json.dumps({"errorType": "X"}), "StorageError without a message.", None, id="bare"
        ),
        pytest.param("plain text", "plain text", None, id="the platform's error"),
        pytest.param("", "StorageError without a message.", None, id="no cause"),
        pytest.param('{"errorMessage": "cut', '{"errorMessage": "cut', None, id="cut JSON"),
        pytest.param("{cut}", "{cut}", None, id="braces around what is no JSON"),
        pytest.param(
            '{"errorMessage": "A \\"b\\" \\\\ \\u00e9\\ud83d\\ude00\\n. Remedy: Mend it.", "stackT',
            'A "b" \\ é😀\n.',
            "Mend it.",
            id="JSON that was cut after its message",
        ),
        pytest.param(
            '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out."}',
            "Task timed out.",
            None,
            id="Lambda's error, the other way round",
        ),
        pytest.param(
            json.dumps({"errorMessage": 'It said "A. Remedy: Pay." Remedy: Mend it.'}),
            'It said "A. Remedy: Pay."',
            "Mend it.",
            id="a quoted remedy",
        ),
        pytest.param(
            json.dumps({"errorMessage": "A. Remedy: "}), "A. Remedy: ", None, id="an empty remedy"
        ),
        pytest.param(
            '{"errorMessage": "a \\x"}', '{"errorMessage": "a \\x"}', None, id="no escape"
        ),
        pytest.param("A. Remedy: Mend it.", "A.", "Mend it.", id="a child's error"),
    ],
)
def test_every_cause_becomes_a_message_and_a_remedy(
    cause: str, message: str, remedy: str | None
) -> None:
    assign = STATES["DescribeFailure"]["Assign"]
    described = _evaluate(assign["failure"], failure={"error": "StorageError", "cause": cause})
    assert isinstance(described, dict)
    assert (described["error"], described["message"]) == ("StorageError", message)
    if remedy is None:
        assert "log group" in str(described["remedy"])
    else:
        assert described["remedy"] == remedy


def test_the_failure_event_has_the_input_when_no_export_was_made_unless_it_is_huge() -> None:
    detail = STATES["PublishFailure"]["Arguments"]["Entries"][0]["Detail"]

    def request(given: JsonValue, export: JsonValue) -> JsonValue:
        states: JsonValue = {"context": {"Execution": {"Input": given}}}
        return _evaluate(detail["request"], states=states, export=export)

    assert request({"a": 1}, {}) == {"a": 1}
    assert request({"a": "x" * 200_000}, {}) is None
    # Of bytes, not of characters: EventBridge takes 256 KiB.
    assert request({"a": "漢" * 86_500}, {}) is None
    assert request({"a": "漢" * 15_000}, {}) == {"a": "漢" * 15_000}
    assert request({}, {"request": {"metrics": ["漢" * 86_500]}}) is None
    assert request({"a": 1}, {"request": {"report": "productivity"}}) == {"report": "productivity"}


@pytest.mark.parametrize(
    ("failed", "export_id", "again"),
    [
        pytest.param(["exp_1"], "exp_1", True, id="the same"),
        pytest.param(["exp_1", "exp_2"], "exp_1", True, id="one of two"),
        pytest.param(["exp_1"], "exp", False, id="the beginning of it"),
        pytest.param(["a|exp_1|b"], "exp_1", False, id="a part between bars"),
        pytest.param(["a|b"], "a|b", True, id="the same, with a bar"),
        pytest.param([], "exp_1", False, id="none"),
    ],
)
def test_a_failed_export_is_known_again_by_its_whole_id(
    failed: list[str], export_id: str, *, again: bool
) -> None:
    known: JsonValue = STATES["BeginExport"]["Assign"]["failedIds"]
    (rule,) = (
        rule
        for rule in machine.entries(STATES["IsExportReady"], "Choices")
        if "failedIds" in rule.get("Assign", {})
    )
    for each in failed:
        export: JsonValue = {"exportId": each}
        known = _evaluate(rule["Assign"]["failedIds"], failedIds=known, export=export)
    conditions = [
        rule["Condition"]
        for state in STATES.values()
        for rule in machine.entries(state, "Choices")
        if "failedIds" in rule["Condition"] and "millis" not in rule["Condition"]
    ]
    (condition,) = conditions
    assert _evaluate(condition, failedIds=known, export={"exportId": export_id}) is again
