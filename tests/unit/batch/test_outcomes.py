"""How one item of a batch ended: what its child of the Map has, and the form in the bucket."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.outcomes import RESULT_FIELDS, Outcome
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.samples import CAUSE_CHARACTERS, export_arn, task_failed
from tests.fakes.stage import CSV, DATA_KEY, Stage

ARN = export_arn("run-1")

_TEXTS = st.text(max_size=40)


def _described(**fields: JsonValue) -> JsonObject:
    """An export's execution that did not succeed, in the form of AWS."""
    cause = json.dumps({"ExecutionArn": ARN, "Input": "{}", **fields})
    return {"failure": {"Error": "States.TaskFailed", "Cause": cause}}


def _plain(error: str, cause: str) -> JsonObject:
    return {"failure": {"Error": error, "Cause": cause}}


def _failure(given: JsonObject) -> Failure:
    outcome = Outcome.of(given)
    assert outcome.landed is None
    assert outcome.failure
    return outcome.failure


# --- from what a child of the Map has ---


def test_given_the_result_of_a_landed_export_then_what_a_batch_keeps_of_it_is_kept() -> None:
    stage = Stage()
    with stage.server:
        result = stage.land()
    outcome = Outcome.of({"result": result})
    assert outcome == Outcome(
        execution_arn=str(result["executionArn"]),
        landed={name: result[name] for name in RESULT_FIELDS},
        failure=None,
    )
    assert outcome.landed
    assert (outcome.landed["key"], outcome.landed["csvBytes"]) == (DATA_KEY, len(CSV))
    assert {"exportId", "rows", "sizeBytes", "contentSha256", "attempts"} <= outcome.landed.keys()


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"status": "processing", "key": "exports/x"}, id="one that goes on"),
        pytest.param({"status": "failed"}, id="one that failed"),
        pytest.param({"status": None}, id="no status"),
        pytest.param({"exportId": "exp_1", "rows": 3}, id="no word about the status"),
    ],
)
def test_given_a_result_of_another_form_then_it_has_not_landed(result: JsonObject) -> None:
    failure = _failure({"result": result})
    assert (failure.error, failure.message) == (
        "ProtocolError",
        "The export ended without a result.",
    )
    assert failure.remedy


@pytest.mark.parametrize(
    "given_child",
    [
        pytest.param({}, id="neither"),
        pytest.param({"result": "completed"}, id="a result that is text"),
        pytest.param({"result": None}, id="a result that is null"),
        pytest.param({"result": [{"status": "completed"}]}, id="a result that is a list"),
        pytest.param({"failure": "x"}, id="a failure that is text"),
        pytest.param({"failure": {}}, id="a failure of nothing"),
    ],
)
def test_given_neither_result_nor_failure_then_it_failed_with_something_to_read(
    given_child: JsonObject,
) -> None:
    failure = _failure(given_child)
    assert failure.error == "States.TaskFailed"
    assert failure.message == "States.TaskFailed without a message."
    assert failure.remedy


def test_given_a_failed_execution_as_aws_tells_it_then_it_is_the_exports_own_error() -> None:
    outcome = Outcome.of(task_failed("ExportRejectedError", "No team 9.", "Name another.", "x-1"))
    assert outcome == Outcome(
        execution_arn=export_arn("x-1"),
        landed=None,
        failure=Failure("ExportRejectedError", "No team 9.", "Name another."),
    )


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_given_an_execution_that_ended_without_an_error_then_its_status_is_told(
    status: str,
) -> None:
    outcome = Outcome.of(_described(Status=status))
    assert outcome.execution_arn == ARN
    assert outcome.failure
    assert outcome.failure.error == "States.TaskFailed"
    assert outcome.failure.message == f"The export's execution ended with {status}."
    assert outcome.failure.remedy


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        pytest.param(
            {"Status": "ABORTED", "Error": "Stopped"},
            "Stopped",
            "Stopped without a message.",
            id="an error alone",
        ),
        pytest.param(
            {"Status": "ABORTED", "Cause": "By hand."},
            "States.TaskFailed",
            "By hand.",
            id="a cause",
        ),
        pytest.param(
            {"Status": "FAILED", "Error": "States.Runtime", "Cause": "Odd."},
            "States.Runtime",
            "Odd.",
            id="both, without a remedy",
        ),
    ],
)
def test_given_an_execution_with_part_of_an_error_then_the_rest_is_filled_in(
    fields: JsonObject, error: str, message: str
) -> None:
    failure = _failure(_described(**fields))
    assert (failure.error, failure.message) == (error, message)
    assert failure.remedy.startswith("Look at the execution")


def test_given_a_failed_execution_as_the_emulator_tells_it_then_its_error_is_known() -> None:
    outcome = Outcome.of(_plain("ExportTimedOutError", "Not ready. Remedy: Export less."))
    assert outcome == Outcome(
        "", None, Failure("ExportTimedOutError", "Not ready.", "Export less.")
    )


@pytest.mark.parametrize(
    "cause",
    [
        "The task ran out of time.",
        "{",
        '{"ExecutionArn": "arn:aws:states:::x", "Status": "FAILED", "Error": "Exp',
        "null",
        "7",
        "[]",
        '"x"',
        "{}",
        pytest.param("[" * 30_000, id="too deep for JSON"),
    ],
)
def test_given_a_cause_that_describes_no_execution_then_it_is_the_message(cause: str) -> None:
    outcome = Outcome.of(_plain("States.Timeout", cause))
    assert outcome.execution_arn == ""
    assert outcome.failure
    assert (outcome.failure.error, outcome.failure.message) == ("States.Timeout", cause[:2000])


@pytest.mark.parametrize("cause", ["", None], ids=["an empty one", "none"])
def test_given_no_cause_then_the_message_says_so(cause: str | None) -> None:
    told: JsonObject = {"Error": "States.Timeout"}
    if cause is not None:
        told["Cause"] = cause
    assert _failure({"failure": told}).message == "States.Timeout without a message."


def test_given_a_message_that_quotes_a_remedy_then_the_last_one_counts() -> None:
    failure = _failure(_plain("X", "A. Remedy: B. Remedy: C."))
    assert (failure.message, failure.remedy) == ("A. Remedy: B.", "C.")


@pytest.mark.parametrize(
    ("cause", "message", "export_id"),
    [
        pytest.param("A. Export: exp_1. Remedy: B.", "A.", "exp_1", id="at the message's end"),
        pytest.param(
            "A. Export: no. Export: a b.c/=. Remedy: B.",
            "A. Export: no.",
            "a b.c/=",
            id="the last one, of any characters",
        ),
        pytest.param("A. Export: exp_1 is odd. B? Remedy: B.", None, None, id="in a sentence"),
        pytest.param("A. Export: . Remedy: B.", "A.", None, id="empty"),
        pytest.param("A. Export: exp_1.", None, None, id="without a remedy"),
    ],
)
def test_given_a_failed_export_then_its_id_is_known_apart_from_the_message(
    cause: str, message: str | None, export_id: str | None
) -> None:
    outcome = Outcome.of(_plain("X", cause))
    assert outcome.export_id == export_id
    assert outcome.failure
    assert outcome.failure.message == (message or cause.removesuffix(" Remedy: B."))
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_given_a_description_that_was_cut_after_its_cause_then_all_of_that_is_known() -> None:
    described: JsonObject = {
        "Cause": 'Of "x"\n. Export: exp_1. Remedy: Export less.',
        "Error": "ExportTimedOutError",
        "ExecutionArn": ARN,
        "Input": "x" * CAUSE_CHARACTERS,
    }
    # By the names' order, as AWS writes it.
    cause = json.dumps(described, separators=(",", ":"))[:CAUSE_CHARACTERS]
    assert Outcome.of(_plain("States.TaskFailed", cause)) == Outcome(
        ARN, None, Failure("ExportTimedOutError", 'Of "x"\n.', "Export less."), "exp_1"
    )


@pytest.mark.parametrize(
    "given_child",
    [
        pytest.param(_plain("X", "m" * CAUSE_CHARACTERS), id="a message"),
        pytest.param(_plain("X", f"m Remedy: {'r' * CAUSE_CHARACTERS}"), id="a remedy"),
        pytest.param(task_failed("X", "m" * CAUSE_CHARACTERS), id="a message, described"),
        pytest.param(task_failed("X", "m", "r" * CAUSE_CHARACTERS), id="a remedy, described"),
    ],
)
def test_given_a_huge_cause_then_its_beginning_is_kept(given_child: JsonObject) -> None:
    failure = _failure(given_child)
    assert failure.message.startswith("m")
    assert max(len(failure.message), len(failure.remedy)) <= 2000


def test_given_a_description_that_was_cut_off_then_the_error_is_still_known() -> None:
    described: JsonObject = {
        "Error": "ExportTimedOutError",
        "Cause": "Not ready.",
        "ExecutionArn": ARN,
        "Input": "x" * CAUSE_CHARACTERS,
    }
    # As AWS writes it, without spaces.
    cause = json.dumps(described, separators=(",", ":"))[:CAUSE_CHARACTERS]
    failure = _failure(_plain("States.TaskFailed", cause))
    assert failure.error == "ExportTimedOutError"
    assert failure.message
    assert len(failure.message) <= 2000


# --- the form in the bucket ---


@given(
    arn=_TEXTS,
    landed=st.dictionaries(st.sampled_from(RESULT_FIELDS), _TEXTS | st.integers(), min_size=1),
    failure=st.builds(Failure, _TEXTS, _TEXTS, _TEXTS),
)
def test_an_outcome_comes_back_from_its_file(
    arn: str, landed: dict[str, str | int], failure: Failure
) -> None:
    for outcome in (Outcome(arn, {**landed}, None), Outcome(arn, None, failure)):
        assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_the_form_in_the_bucket_is_this() -> None:
    assert Outcome(ARN, None, Failure("X", "m", "r")).to_json() == {
        "executionArn": ARN,
        "landed": None,
        "failure": {"error": "X", "message": "m", "remedy": "r"},
    }
    assert Outcome(ARN, {"rows": 1}, None).to_json() == {
        "executionArn": ARN,
        "landed": {"rows": 1},
        "failure": None,
    }


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"executionArn": ARN}, id="an execution alone"),
        pytest.param({"landed": None, "failure": None}, id="neither"),
        pytest.param({"landed": True, "failure": None}, id="a word"),
        pytest.param({"landed": [], "failure": "x"}, id="other kinds"),
        pytest.param({"landed": {}, "failure": None}, id="landed without any fact"),
        pytest.param({"status": "completed", "key": "exports/x"}, id="another file"),
    ],
)
def test_given_what_is_no_outcome_then_there_is_none(content: JsonObject) -> None:
    assert Outcome.from_json(content) is None
