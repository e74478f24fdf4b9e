"""Causes, cut at whatever place: no state fails over one, and what they say is bounded.

Step Functions cuts a cause at 32,768 characters, in the middle of a function's JSON. What stands
before the cut decides what is known; here it is cut everywhere.
"""

import json
from collections.abc import Callable
from typing import cast

import pytest

from sei_export.batch.outcomes import Outcome
from sei_export.errors import (
    ExportFailedError,
    InvalidRequestError,
    RateLimitedError,
    SeiExportError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import machine
from tests.statemachine.engine import CAUSE_CHARACTERS, ERROR_CHARACTERS, size_of, units
from tests.statemachine.jsonata_of_aws import Jsonata, StateError
from tests.statemachine.walks import DEFINITIONS, EXPORT, FAILED, LANDED, PAGE, PLANNED, Run, Script

DESCRIBING = {
    "export": ("DescribeFailure", "Assign"),
    "harvest": ("DescribeFailure", "Assign"),
    "batch": ("DescribeFailure", "Assign"),
    "harvest's export": ("DescribeExportFailure", "Output"),
}
"""Every state that takes a cause apart, and where."""
TOLD = 'Team "é漢😀" \\ has\n\ttoo \x01 many. Retry-After: 7. Remedy: Ask for "less".'


def _states(name: str) -> dict[str, machine.Tree]:
    """All states of a machine, those inside its maps too."""
    graphs = machine.graphs(cast("machine.Tree", DEFINITIONS[name.partition("'")[0]]))
    return {title: state for graph in graphs for title, state in machine.states(graph).items()}


def _described(name: str, cause: str, error: str = "RateLimitedError") -> JsonObject:
    """What a machine makes of a caught error."""
    title, place = DESCRIBING[name]
    caught: JsonObject = {"state": "CreateExport", "error": error, "cause": cause, "calls": 1}
    known: JsonObject = {"tries": 0, "failures": 0, "failure": caught}
    bindings: JsonObject = {**known, "states": {"input": caught, "context": {"Execution": {}}}}
    expression = cast("JsonValue", _states(name)[title][place]["failure"])
    return cast("JsonObject", Jsonata(0).fill(expression, bindings))


def _written(message: str, *, ascii_only: bool, type_first: bool) -> str:
    """A function's error as some runtime writes it."""
    told = {"errorMessage": message}
    kind: JsonObject = {"errorType": "RateLimitedError", "requestId": "1"}
    content = {**kind, **told} if type_first else {**told, **kind, "stackTrace": ['  "x" {']}
    return json.dumps(content, ensure_ascii=ascii_only)


def test_these_are_all_states_that_parse_a_cause() -> None:
    parsing = [
        title
        for name in ("export", "harvest", "batch")
        for title, state in _states(name).items()
        if any("$parse(" in it for it in machine.texts(state | {"ItemProcessor": None}))
    ]
    assert sorted(parsing) == sorted(title for title, _ in DESCRIBING.values())


@pytest.mark.parametrize("name", DESCRIBING)
@pytest.mark.parametrize("ascii_only", [False, True], ids=["as it is", "escaped"])
@pytest.mark.parametrize("type_first", [False, True], ids=["message first", "type first"])
def test_given_a_cause_cut_at_each_of_its_characters_then_it_is_described(
    name: str, *, ascii_only: bool, type_first: bool
) -> None:
    cause = _written(TOLD, ascii_only=ascii_only, type_first=type_first)
    whole = cause.index(json.dumps(TOLD, ensure_ascii=ascii_only)[1:-1]) + len(
        json.dumps(TOLD, ensure_ascii=ascii_only)[1:]
    )
    message, _, remedy = TOLD.rpartition(" Remedy: ")
    for end in range(len(cause) + 1):
        found = _described(name, cause[:end])
        assert found["message"], end
        assert found["remedy"], end
        if end >= whole:
            assert (found["message"], found["remedy"]) == (message, remedy)
            assert found["waitSeconds"] == 7 + 15 or name != "export"


LETTERS = {
    "letters": "x",
    "quotes": '"',
    "backslashes": "\\",
    "control characters": "\x01",
    "wide characters": "漢",
    "emoji": "😀",
    "remedies": " Remedy: ",
    "slashes": "/",
    "a line end": "\n",
}


@pytest.mark.parametrize("name", DESCRIBING)
@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("ascii_only", [False, True], ids=["as it is", "escaped"])
def test_given_a_cause_at_the_bound_then_it_is_described_within_bounds(
    name: str, letter: str, *, ascii_only: bool
) -> None:
    # So many more before it that each letter of an escape is once the last one.
    for shift in range(13):
        told = "s" * shift + LETTERS[letter] * CAUSE_CHARACTERS
        cause = _written(told, ascii_only=ascii_only, type_first=False)[:CAUSE_CHARACTERS]
        found = _described(name, cause, "E" * 1000)
        message, remedy = str(found["message"]), str(found["remedy"])
        assert units(message) <= 25_000
        assert units(remedy) <= 4000
        assert units(str(found["error"])) <= ERROR_CHARACTERS


FOR_EACH: dict[tuple[str, str], Callable[[StateError], Script]] = {
    ("export", "CreateExport"): lambda it: {"CreateExport": [it]},
    ("export", "CheckExport"): lambda it: {"CreateExport": [EXPORT], "CheckExport": [it]},
    ("export", "DownloadExport"): lambda it: {
        "CreateExport": [EXPORT],
        "CheckExport": [{"status": "completed"}],
        "DownloadExport": [it],
    },
    ("export", "FetchReport"): lambda it: {
        "CreateExport": [EXPORT | {"legacy": True}],
        "FetchReport": [it],
    },
    ("harvest", "ListExports"): lambda it: {"ListExports": [it]},
    ("harvest", "LandExports"): lambda it: {"ListExports": [PAGE], "LandExports": [it]},
    ("harvest", "LandExport"): lambda it: {"ListExports": [PAGE], "LandExport": [it]},
    ("harvest", "CloseHarvest"): lambda it: {
        "ListExports": [PAGE],
        "LandExport": [LANDED],
        "CloseHarvest": [it],
    },
    ("batch", "PlanBatch"): lambda it: {"PlanBatch": [it]},
    ("batch", "RunExports"): lambda it: {"PlanBatch": [PLANNED], "RunExports": [it]},
    ("batch", "CloseBatch"): lambda it: {
        "PlanBatch": [PLANNED],
        "RunExports": [[]],
        "CloseBatch": [it],
    },
}
ERRORS = {
    "40 problems": InvalidRequestError(["metrics[1]" + '"x" ' * 500] * 40),
    "4,000 problems": InvalidRequestError([f"{'😀' * 300}\\"] * 4000),
    "a text of the API's": ExportFailedError('{"reason": "\\u00e9"}' * 9000, remedy="漢" * 9000),
    "a wait": RateLimitedError("\x01" * 90_000, retry_after=5),
}


@pytest.mark.parametrize(("name", "task"), FOR_EACH)
@pytest.mark.parametrize("title", ERRORS)
def test_given_the_longest_error_of_a_function_then_all_of_it_is_told(
    name: str, task: str, title: str
) -> None:
    error: SeiExportError = ERRORS[title]
    for ascii_only in (False, True):
        content = {"errorMessage": str(error), "stackTrace": ["x" * 1000] * 90}
        cause = json.dumps(content, ensure_ascii=ascii_only)[:CAUSE_CHARACTERS]
        run = Run(name, FOR_EACH[name, task](StateError("StorageError", cause)))
        if (name, task) == ("batch", "RunExports"):
            # CloseBatch is told it, and says what comes of it.
            assert ("CloseBatch", cause) in [
                (asked, given["Payload"]["mapFailure"]["Cause"])  # type: ignore[index,call-overload]  # as the definition has it
                for asked, given in run.asked
                if asked == "CloseBatch"
            ]
            continue
        run.check()
        detail = run.bus.details[0]
        assert detail["remedy"] == error.remedy
        assert str(detail["message"]).startswith(error.message[:12_000])


def _as_aws_describes(run: Run, **more: JsonValue) -> str:
    """The cause that a batch's child has of a failed export: cut, names in their order."""
    described: JsonObject = {
        "Cause": run.end.cause,
        "Error": run.end.error,
        "ExecutionArn": "arn:aws:states:eu-west-1:123456789012:execution:Export:" + "x" * 80,
        "Input": json.dumps(run.given),
        "Status": "FAILED",
        **more,
    }
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    # By UTF-16, which counts most.
    return text.encode("utf-16-le")[: 2 * CAUSE_CHARACTERS].decode("utf-16-le", "ignore")


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("batch", [True, False])
def test_the_error_of_a_batchs_export_survives_being_told_as_json_in_json(
    letter: str, *, batch: bool
) -> None:
    told = {
        "error": "ExportFailedError",
        "message": f"No. {LETTERS[letter] * 19_000}",
        "remedy": f"Mend it.{LETTERS[letter].replace(' Remedy: ', '?') * 3000}",
    }
    script: Script = {
        "CreateExport": [EXPORT | {"exportId": "x" * 999}],
        "CheckExport": [FAILED | {"status": "cancelled", "failure": cast("JsonValue", told)}],
    }
    given: JsonObject = {"padding": "x" * 90_000}
    within: JsonObject = {"batch": {"run": "weekly", "item": "1"}}
    run = Run("export", script, {**given, **within} if batch else given)
    outcome = Outcome.of(
        {"failure": {"Error": "States.TaskFailed", "Cause": _as_aws_describes(run)}}
    )
    failure = outcome.failure
    assert failure
    assert failure.message.startswith("No. ")
    if batch:
        assert failure.error == "ExportFailedError"
        assert outcome.export_id == "x" * 999
        assert outcome.execution_arn.endswith("x" * 80)
        assert failure.message == run.bus.details[0]["message"][:2000]  # type: ignore[index]  # a text
        assert failure.remedy == told["remedy"][:2000]


def test_given_a_description_cut_at_each_of_its_characters_then_an_outcome_comes_of_it() -> None:
    described: JsonObject = {
        "Cause": f"{TOLD.rpartition(' Remedy: ')[0]} Export: exp_1. Remedy: Mend it.",
        "Error": "ExportFailedError",
        "ExecutionArn": "arn:x",
        "Input": "{}",
    }
    for ascii_only in (False, True):
        text = json.dumps(described, ensure_ascii=ascii_only, separators=(",", ":"))
        known = text.index('","ExecutionArn"') + 1
        for end in range(len(text) + 1):
            outcome = Outcome.of({"failure": {"Error": "States.TaskFailed", "Cause": text[:end]}})
            assert outcome.failure
            assert outcome.failure.message
            json.dumps(outcome.to_json(), ensure_ascii=False).encode()
            if end >= known:
                assert outcome.failure.error == "ExportFailedError"
                assert (outcome.failure.remedy, outcome.export_id) == ("Mend it.", "exp_1")


@pytest.mark.parametrize("name", ["export", "harvest", "batch"])
def test_an_event_of_the_longest_failure_has_room(name: str) -> None:
    task = {"export": "CreateExport", "harvest": "ListExports", "batch": "PlanBatch"}[name]
    wrong = StateError("E" * 1000, json.dumps({"errorMessage": "漢" * 30_000}, ensure_ascii=False))
    run = Run(name, {task: [wrong]}, {"x": "x" * 99_992})
    run.check()
    assert max(map(size_of, run.bus.taken)) < 262_144
