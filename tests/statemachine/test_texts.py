"""What events and executions say: all that a function told, and no more than fits."""

import pytest

from sei_export.batch.outcomes import Outcome
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.samples import task_failed
from tests.statemachine import machine
from tests.statemachine.bus import Bus
from tests.statemachine.engine import STARTED_MILLIS
from tests.statemachine.jsonata_of_aws import Jsonata
from tests.statemachine.walks import (
    CHILD,
    EXPORT,
    FAILED,
    LANDED,
    PAGE,
    PARTIAL,
    PLANNED,
    RECORDED,
    REFUSED,
    Run,
    Script,
)

NEW = "; an identical request gets a new one from 2026-03-01T06:30:00Z"
"""What is said of an export that the API would hand out once more: for half an hour."""

TOLD: JsonObject = {"error": "ExportFailedError", "message": "No such team.", "remedy": "Mend it."}
UNTOLD = {
    "export": ("ProtocolError", "CheckExport told no reason. Export: exp_1."),
    "batch": ("BatchIncompleteError", "CloseBatch told no reason."),
}


def _failing(name: str, failure: JsonValue, status: str = "") -> Run:
    """A run that ends with the failure that a function returns."""
    scripts: dict[str, Script] = {
        "export": {
            "CreateExport": [EXPORT],
            "CheckExport": [FAILED | {"status": status or "cancelled", "failure": failure}],
        },
        "batch": {
            "PlanBatch": [PLANNED],
            "RunExports": [[]],
            "CloseBatch": [PARTIAL | {"status": status or "PARTIAL", "failure": failure}],
        },
    }
    return Run(name, scripts[name])


@pytest.mark.parametrize(
    ("name", "status", "after"),
    [
        ("export", "failed", " Export: exp_1."),
        ("export", "cancelled", f" Export: exp_1{NEW}."),
        ("batch", "PARTIAL", ""),
        ("batch", "FAILED", ""),
    ],
)
def test_what_a_function_says_of_a_failure_is_what_the_event_says(
    name: str, status: str, after: str
) -> None:
    (detail,) = _failing(name, TOLD, status).bus.details
    assert {it: detail[it] for it in TOLD} == TOLD | {"message": f"{TOLD['message']}{after}"}


@pytest.mark.parametrize("name", UNTOLD)
@pytest.mark.parametrize("nothing", ["", None, 5, [], {}])
def test_what_a_function_leaves_out_of_a_failure_is_said_in_general(
    name: str, nothing: JsonValue
) -> None:
    (detail,) = _failing(name, dict.fromkeys(TOLD, nothing)).bus.details
    assert (detail["error"], detail["message"]) == UNTOLD[name]
    assert str(detail["remedy"]).startswith("Deploy the state machine")


@pytest.mark.parametrize(("name", "after"), [("export", " Export: exp_1."), ("batch", "")])
def test_what_a_function_says_of_a_failure_is_cut_to_what_fits(name: str, after: str) -> None:
    failure: JsonValue = {"error": "E" * 101, "message": "m" * 20_001, "remedy": "r" * 4001}
    (detail,) = _failing(name, failure).bus.details
    assert detail["error"] == "E" * 100
    assert detail["message"] == "m" * 20_000 + after
    assert detail["remedy"] == "r" * 4000


def test_a_status_that_nobody_knows_is_told_up_to_100_characters() -> None:
    run = Run("export", {"CreateExport": [EXPORT], "CheckExport": [{"status": "s" * 101}]})
    assert f"does not know: {'s' * 100}. Export: exp_1." in run.end.cause


@pytest.mark.parametrize("refusals", [0, 1])
def test_an_exports_event_names_report_and_id_up_to_their_lengths(refusals: int) -> None:
    created: JsonValue = EXPORT | {"exportId": "x" * 1001, "report": "r" * 101}
    run = Run("export", {"CreateExport": [created]}, bus=Bus(refusals))
    (detail,) = run.bus.details
    assert (detail["report"], detail["exportId"]) == ("r" * 100, "x" * 1000)
    said = f"{detail['message']} Remedy: {detail['remedy']}"
    assert str(detail["message"]).endswith(f" Export: {'x' * 1000}.")
    assert run.end.cause == said


@pytest.mark.parametrize("refusals", [0, 1])
def test_a_harvests_event_names_the_report_of_its_input_up_to_its_length(refusals: int) -> None:
    run = Run("harvest", {"ListExports": [REFUSED]}, {"report": "r" * 101}, Bus(refusals))
    (detail,) = run.bus.details
    assert (detail["report"], detail["exportId"]) == ("r" * 100, None)


def test_an_event_of_a_harvested_export_names_report_and_id_up_to_their_lengths() -> None:
    page = PAGE | {"exports": [{"exportId": "x" * 1001, "report": "r" * 101}]}
    run = Run("harvest", {"ListExports": [page], "LandExport": [REFUSED]})
    detail = run.bus.details[0]
    assert (detail["report"], detail["exportId"]) == ("r" * 100, "x" * 1000)
    assert (detail["error"], detail["message"], detail["remedy"]) == (
        *("StorageError", "No.", "Mend it."),
    )


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        pytest.param(
            {"finished": False, "receivedBytes": 1, "totalBytes": 9},
            "ExportTimedOutError",
            "Only 1 of 9 bytes of export exp_1 came in 7 invocations.",
            id="never ends",
        ),
        pytest.param(
            {},
            "ProtocolError",
            "DownloadExport returned neither a result nor how far it came.",
            id="says nothing",
        ),
    ],
)
def test_an_export_that_a_harvest_cannot_land_has_an_event_that_says_why(
    answer: JsonValue, error: str, said: str
) -> None:
    run = Run("harvest", {"ListExports": [PAGE], "LandExport": [answer]})
    detail = run.bus.details[0]
    assert (detail["exportId"], detail["error"], detail["message"]) == ("exp_1", error, said)
    assert run.engine.variables["failed"] == 1


# --- what a child of a batch ends with ---


def _child(recorded: JsonValue, **ran: JsonValue) -> Run:
    """A batch's child, by what RecordOutcome returns."""
    return Run("child", {"RunExport": [ran or REFUSED], "RecordOutcome": [recorded]}, CHILD)


def test_a_child_whose_export_failed_ends_with_its_error_and_message_once_that_is_recorded() -> (
    None
):
    recorded = Outcome.of(task_failed("ExportRejectedError", "No team 9.", "Name another."))
    run = _child(recorded.to_json())
    assert run.engine.visited[-3:] == ["RecordOutcome", "HasItemLanded", "ItemFailed"]
    assert (run.end.error, run.end.cause) == (
        *("ExportRejectedError", "No team 9. Remedy: Name another."),
    )


def test_a_child_ends_as_what_is_recorded_says_and_not_as_it_ran() -> None:
    # Run again, it finds its execution's name taken, though its file is there.
    again = _child(RECORDED["landed"])
    assert (again.end.state, again.end.output) == ("ItemLanded", "1")
    # What ends without a file is recorded as failed.
    odd = _child(RECORDED["failed"], Output=LANDED)
    assert (odd.end.state, odd.end.error) == ("ItemFailed", "ExportFailedError")


@pytest.mark.parametrize("nothing", ["", None, 5, [], {}])
def test_a_child_that_is_told_no_reason_says_so(nothing: JsonValue) -> None:
    run = _child({"landed": None, "failure": dict.fromkeys(TOLD, nothing)})
    assert run.end.error == "ProtocolError"
    assert run.end.cause == (
        "RecordOutcome returned no outcome. Remedy: Deploy the state machine and the functions of "
        "the same version."
    )


def test_what_a_child_says_is_cut_to_what_fits() -> None:
    failure: JsonValue = {"error": "E" * 129, "message": "m" * 20_001, "remedy": "r" * 4001}
    run = _child({"landed": None, "failure": failure})
    assert run.end.error == "E" * 128
    assert run.end.cause == f"{'m' * 20_000} Remedy: {'r' * 4000}"


CREATED: Script = {"CreateExport": [EXPORT], "CheckExport": [{"status": "completed"}]}
LISTED: Script = {"ListExports": [PAGE], "LandExport": [LANDED]}
RUNNING: Script = {"PlanBatch": [PLANNED], "RunExports": [[]]}
KEY: JsonValue = {"itemsKey": "key"}


@pytest.mark.parametrize(
    ("name", "script", "function", "said"),
    [
        ("export", {"CreateExport": [{}]}, "CreateExport", "neither an export nor a legacy"),
        ("export", CREATED | {"DownloadExport": [{}]}, "DownloadExport", "neither a result nor"),
        ("harvest", {"ListExports": [{}]}, "ListExports", ""),
        ("harvest", LISTED | {"CloseHarvest": [{}]}, "CloseHarvest", "neither counts nor"),
        ("harvest", LISTED | {"CloseHarvest": [{"status": "?"}]}, "CloseHarvest", "neither"),
        ("batch", {"PlanBatch": [{}]}, "PlanBatch", "neither a plan"),
        ("batch", {"PlanBatch": [{"status": "CONTINUE"}]}, "PlanBatch", "neither a plan"),
        ("batch", {"PlanBatch": [KEY]}, "PlanBatch", "neither a plan"),
        ("batch", RUNNING | {"CloseBatch": [{"status": "PAUSED"}]}, "CloseBatch", "a status that"),
        ("batch", RUNNING | {"CloseBatch": [KEY]}, "CloseBatch", "a status that"),
    ],
)
def test_an_answer_that_nobody_knows_ends_it_and_says_whose_it_was(
    name: str, script: Script, function: str, said: str
) -> None:
    run = Run(name, script)
    run.check()
    assert function in run.end.cause
    assert said in run.end.cause
    asked = [task for task, _ in run.asked if not task.startswith("Publish")]
    # A harvest is closed whatever happens.
    assert asked[-1] == (function if function != "ListExports" else "CloseHarvest")


@pytest.mark.parametrize(
    ("downloads", "deadline", "said"),
    [
        pytest.param(200, STARTED_MILLIS + 1, "200 invocations.", id="no room"),
        pytest.param(1, STARTED_MILLIS, "20 hours.", id="no time"),
        pytest.param(200, STARTED_MILLIS, "20 hours.", id="neither"),
    ],
)
def test_a_download_that_does_not_end_says_what_was_too_short(
    downloads: int, deadline: int, said: str
) -> None:
    rule = machine.entries(machine.states(machine.load())["IsDownloadFinished"], "Choices")[1]
    variables: JsonObject = {"downloads": downloads, "deadlineMillis": deadline}
    given: JsonObject = {"input": {"receivedBytes": 1, "totalBytes": None}}
    message = rule["Assign"]["failure"]["message"]
    told = Jsonata(STARTED_MILLIS).fill(message, {**variables, "export": EXPORT, "states": given})
    assert told == f"Only 1 of null bytes of export exp_1 came in {said}"
