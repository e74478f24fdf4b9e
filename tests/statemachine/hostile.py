"""What a function, the platform or a person may hand to a state, and should not."""

import json

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.engine import CAUSE_CHARACTERS
from tests.statemachine.jsonata_of_aws import StateError

HUGE = "x" * 200_000


def nested(levels: int) -> JsonValue:
    """A list in a list in a list, so many times."""
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


ANSWERS: dict[str, JsonValue] = {
    "null": None,
    "a flag": True,
    "a number": 5,
    "a text": "x",
    "no text": "",
    "an empty list": [],
    "a list in a list": [[]],
    "an empty object": {},
    "an object in a list": [{"status": "completed", "exportId": "exp_1", "dryRun": True}],
    "status null": {"status": None},
    "status a number": {"status": 7},
    "status a list": {"status": ["failed", "queued"]},
    "status an object": {"status": {}},
    "status huge": {"status": HUGE},
    "status unknown": {"status": "paused"},
    "failed without a word": {"status": "failed"},
    "failed with null": {"status": "failed", "failure": None},
    "failed with a text": {"status": "failed", "failure": "x"},
    "failed with nothing": {"status": "failed", "failure": {}},
    "failed with other types": {
        "status": "failed",
        "failure": {"error": 5, "message": [], "remedy": {}},
    },
    "failed with empty texts": {
        "status": "failed",
        "failure": {"error": "", "message": "", "remedy": ""},
    },
    "failed at length": {
        "status": "failed",
        "failure": {"error": HUGE[:9000], "message": HUGE[:200_000], "remedy": HUGE[:9000]},
    },
    "cancelled without a word": {"status": "cancelled"},
    "id a number": {"exportId": 5},
    "id empty": {"exportId": ""},
    "id huge": {"exportId": HUGE},
    "expected a text": {"exportId": "exp_1", "expectedSeconds": "soon", "legacy": "no"},
    "expected null": {"exportId": "exp_1", "expectedSeconds": None, "report": 5, "request": 5},
    "expected for ever": {"exportId": "exp_1", "expectedSeconds": 1e300},
    "a request that no event takes": {"exportId": "exp_1", "request": {"metrics": [2**70]}},
    "a request in great depth": {"exportId": "exp_1", "request": nested(1200)},
    "a request of 100,001 bytes": {"exportId": "exp_1", "request": "x" * 100_001},
    "legacy without anything": {"legacy": True},
    "unfinished": {"finished": False},
    "unfinished with other types": {"finished": False, "receivedBytes": {}, "totalBytes": []},
    "unfinished at length": {
        "finished": False,
        "receivedBytes": HUGE[:9000],
        "totalBytes": HUGE[:30_000],
    },
    "to be continued": {"status": "CONTINUE"},
    "to be continued for ever": {"status": "CONTINUE", "round": 1, "itemsKey": "key", "run": "r"},
    "to be continued with other types": {"status": "CONTINUE", "round": "x", "itemsKey": 5},
    "complete without anything": {"status": "COMPLETE"},
    "complete with a huge key": {"status": "COMPLETE", "manifestKey": f"runs/{HUGE}"},
    "complete with other types": {"status": "COMPLETE", "totals": 5, "name": [], "manifestKey": 1},
    "complete with a figure that no event takes": {
        "status": "COMPLETE",
        "name": "weekly",
        "totals": {
            **dict.fromkeys(("expected", "landed", "failed", "missing", "split"), 0),
            **dict.fromkeys(("missingRows", "changed", "sizeBytes", "csvBytes"), 0),
            "rows": 2**70,
        },
        "manifestKey": "runs/r/manifest.json",
    },
    "partial without a word": {"status": "PARTIAL"},
    "partial with a text": {"status": "PARTIAL", "failure": "x", "totals": None},
    "failed with emoji": {
        "status": "failed",
        "failure": {"error": "😀" * 200, "message": "😀" * 60_000, "remedy": "😀" * 9000},
    },
    "partial with emoji": {
        "status": "PARTIAL",
        "failure": {"error": "😀" * 200, "message": "😀" * 60_000, "remedy": "😀" * 900},
    },
    "an id of emoji": {"exportId": "😀" * 1000},
    "partial at length": {
        "status": "PARTIAL",
        "failure": {"error": HUGE[:900], "message": HUGE[:100_000], "remedy": HUGE[:90_000]},
    },
    "exports no list": {"exports": "x", "cursor": {}, "listed": 1, "known": 0, "pending": 0},
    "counts no numbers": {
        "exports": [],
        "cursor": {},
        "listed": "1",
        "known": None,
        "pending": [],
        "unusable": {},
        "missing": {},
    },
    "exports of other types": {
        "exports": [None, 5, "x", [], {}, {"exportId": 5, "report": []}],
        "cursor": 5,
        "listed": 6,
        "known": 0,
        "pending": 0,
        "unusable": 0,
        "missing": 0,
    },
    "too many exports": {
        "exports": [{"exportId": "exp_1"}] * 101,
        "cursor": {},
        "listed": 101,
        "known": 0,
        "pending": 0,
        "unusable": 0,
        "missing": 0,
    },
    "more than a state may hold": {"status": "completed", "x": HUGE + HUGE},
}
"""By what is wrong with them, answers of functions."""


def raised(message: str, error: str = "StorageError") -> str:
    """The cause of a function's error, as Lambda hands it on."""
    content = {"errorMessage": message, "errorType": error, "stackTrace": []}
    return json.dumps(content, ensure_ascii=False)


CAUSES: dict[str, str | None] = {
    "none": None,
    "empty": "",
    "a text": "The function timed out.",
    "in braces": "{cut}",
    "one brace": "{",
    "two braces": "{}",
    "cut in a text": '{"errorMessage": "cut',
    "cut in an escape": '{"errorMessage": "cut\\u00',
    "cut, with a brace at its end": '{"errorMessage": "a {b}',
    "no message": '{"errorType": "KeyError"}',
    "null": '{"errorMessage": null, "errorType": "KeyError"}',
    "a number": '{"errorMessage": 5}',
    "a list": '["errorMessage"]',
    "an empty message": raised(""),
    "the type first": '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out."}',
    "escapes": raised('"quotes" \\ \\u0041 \\" / \n\t \u2028 \x7f é 漢 😀'),
    "escapes written out": json.dumps({"errorMessage": 'é 漢 😀 "\\"'}),
    "half a character": '{"errorMessage": "\\ud83d", "errorType": "X"}',
    "a wrong escape": '{"errorMessage": "a \\x b"}',
    "a control character": '{"errorMessage": "a \x01 b"}',
    "a remedy": raised("A. Remedy: B."),
    "two remedies": raised("A. Remedy: B. Remedy: C."),
    "a remedy alone": raised(" Remedy: B."),
    "a remedy without a word": raised("A. Remedy: "),
    "wide characters": "漢" * CAUSE_CHARACTERS,
    "wide characters in a message": raised("漢" * (CAUSE_CHARACTERS - 100)),
    "emoji in a message": raised("😀" * (CAUSE_CHARACTERS - 100)),
    "emoji in a remedy": raised(f"{'😀' * 20_000} Remedy: {'😀' * 10_000}"),
    "quotes": raised('"' * 16_000),
    "backslashes": raised("\\" * 16_000),
    "cut by Step Functions": raised("x" * CAUSE_CHARACTERS)[:CAUSE_CHARACTERS],
    "a wait": raised("429. Retry-After: 200. Remedy: Wait."),
    "a wait without end": raised("429. Retry-After: 999999999. Remedy: Wait."),
    "a wait of many digits": raised(f"429. Retry-After: {'9' * 400}. Remedy: Wait."),
    "a wait below zero": raised("429. Retry-After: -5. Remedy: Wait."),
}
"""By what is wrong with them, causes of errors; None where there is none."""

NAMES = (
    *("RateLimitedError", "ServiceUnavailableError", "StorageError", "ProtocolError"),
    *("Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown", "States.Timeout"),
    *("States.DataLimitExceeded", "States.QueryEvaluationError", "States.TaskFailed"),
    *("KeyError", "", "E" * 1000, "😀" * 200),
)
"""Names of errors."""

FAILURES: dict[str, StateError] = {
    **{f"cause: {name}": StateError("StorageError", cause) for name, cause in CAUSES.items()},
    **{
        f"passing, cause: {name}": StateError("RateLimitedError", cause)
        for name, cause in CAUSES.items()
        if "wait" in name or cause is None
    },
    **{f"name: {name[:30]}": StateError(name, raised("A. Remedy: B.", name)) for name in NAMES},
}
"""Errors of tasks."""

INPUTS: dict[str, JsonValue] = {
    "null": None,
    "a flag": False,
    "a number": 5,
    "a text": "x",
    "a list": [5],
    "a list in a list": [[{"report": "sprint"}]],
    "report a number": {"report": 5},
    "report a list": {"report": ["sprint", "efficiency"]},
    "report an object": {"report": {"a": 1}},
    "report huge": {"report": HUGE},
    "an integer beyond 64 bits": {"report": "sprint", "x": 2**70},
    "a number beyond all": {"x": 1e305},
    "a great depth": {"report": "sprint", "x": nested(1200)},
    "half a character": {"x": "\ud83d"},
    "86,500 wide characters": {"x": "漢" * 86_500},
    "60,000 emoji": {"x": "😀" * 60_000},
    "261,000 bytes": {"x": "x" * 261_000},
    "quotes": {"x": '"' * 130_000},
    "100,000 bytes": {"x": "x" * 99_992},
    "100,001 bytes": {"x": "x" * 99_993},
}
"""Inputs of executions."""


def large(given: JsonObject, size: int) -> JsonObject:
    """An input with so many bytes more."""
    return {**given, "padding": "x" * size}
