"""Which events are news, and how often somebody is told."""

import json
from datetime import timedelta

import pytest

from sei_export import keys
from sei_export.errors import ServiceUnavailableError
from sei_export.executions import Told
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.notice.heard import digest
from sei_export.request.parsing import parse_request
from tests.fakes.notices import (
    ASKED,
    MACHINES,
    NOON,
    Office,
    batch_completed,
    execution,
    export_failed,
)

SERIES = "report=productivity/shape=_-_-11111111/scope_org=default"


def landed(**fields: JsonValue) -> JsonObject:
    """What ExportCompleted says, as far as it is read."""
    detail: JsonObject = {
        "executionArn": execution(name="run-2"),
        "report": "productivity",
        "request": ASKED,
        "key": f"exports/{SERIES}/range_start=2026-02-01/range_end=2026-02-28/export.csv.gz",
        "manifestKey": "manifests/m.json",
        "run": None,
        "warnings": [],
    }
    return detail | fields


def landed_as_asked(**fields: JsonValue) -> JsonObject:
    """The same, of the very series that `export_failed` is about."""
    request = parse_request(ASKED, Office().desk().defaults, NOON)
    return landed(key=keys.request_key(request), **fields)


def test_an_export_that_failed_alone_is_told_once_however_often_the_event_comes() -> None:
    office = Office()
    told = [office.hear("ExportFailed", export_failed()) for _ in range(3)]
    assert [len(it) for it in told] == [1, 0, 0]
    assert [it.kind for it in office.sent] == ["failed"]


def test_two_executions_that_fail_alike_are_told_both() -> None:
    office = Office()
    for name in ("run-1", "run-2"):
        office.hear("ExportFailed", export_failed(execution(name=name)))
    assert len(office.sent) == 2


def test_a_batch_tells_of_its_fifty_failed_exports_in_one_text() -> None:
    office = Office()
    for number in range(50):
        arn = execution(name=f"item-{number}")
        office.hear(
            "ExportFailed", export_failed(arn, run="20260301T060000-run-1", item=str(number))
        )
        part = json.dumps({"batch": {"run": "20260301T060000-run-1", "item": str(number)}})
        office.end("FAILED", arn, input=part)
    assert not office.sent
    arn = execution(MACHINES.batch)
    office.hear("BatchCompleted", batch_completed(arn))
    office.end("FAILED", arn)
    assert [it.kind for it in office.sent] == ["incomplete"]
    assert "398 of 400 landed" in office.sent[0].subject


def test_a_harvest_tells_of_its_failed_exports_in_one_text() -> None:
    office, arn = Office(), execution(MACHINES.harvest)
    for number in range(3):
        child = export_failed(arn, exportId=f"exp_{number}", dedupeId=digest("h", str(number)))
        office.hear("ExportFailed", child)
    own = export_failed(arn, error="HarvestIncompleteError", request={})
    office.hear("ExportFailed", own)
    office.end("FAILED", arn)
    assert [it.kind for it in office.sent] == ["failed"]
    assert "HarvestIncompleteError" in office.sent[0].subject


def test_a_harvest_that_is_well_again_says_so() -> None:
    office = Office()
    office.hear(
        "ExportFailed", export_failed(execution(MACHINES.harvest), error="HarvestIncompleteError")
    )
    office.now += timedelta(days=1)
    arn = execution(MACHINES.harvest, "run-2")
    for _ in range(2):
        office.end("SUCCEEDED", arn)
    assert [it.kind for it in office.sent] == ["failed", "recovered"]


def test_a_failure_of_which_only_step_functions_tells_is_told_with_its_cause() -> None:
    office, arn = Office(), execution()
    cause = "The bus is gone. Remedy: Check EventBusName."
    office.executions[arn] = Told(json.dumps(ASKED), NOON, "ConfigurationError", cause)
    office.end("FAILED", arn)
    facts = dict(office.sent[0].facts)
    assert (facts["Error"], facts["Message"], facts["Remedy"]) == (
        *("ConfigurationError", "The bus is gone.", "Check EventBusName."),
    )
    # What the machine says itself comes late, and is no news any more.
    assert office.hear("ExportFailed", export_failed(arn)) == []


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT"])
def test_what_the_platform_ends_is_told_and_again_after_a_redrive(status: str) -> None:
    office, arn = Office(), execution()
    for redrive in (0, 0, 1):
        office.end(status, arn, redriveCount=redrive)
    assert [it.kind for it in office.sent] == ["ended", "ended"]
    assert dict(office.sent[0].facts)["Error"] == status
    assert {"ABORTED": "stopped", "TIMED_OUT": "timed out"}[status] in office.sent[0].subject


def test_a_failed_batch_is_told_as_well_if_step_functions_tells_first() -> None:
    arn, run = execution(MACHINES.batch), "20260301T120000-run-1"
    said = batch_completed(arn, run=run, manifestKey=f"runs/{run}/manifest.json")
    own, office = Office(), Office()
    for each in (own, office):
        cause = f"{said['message']} Remedy: {said['remedy']}"
        each.executions[arn] = Told("{}", NOON, str(said["error"]), cause)
        each.s3.is_checking = False
        kept: JsonObject = {"name": "weekly", "totals": said["totals"]}
        each.s3.documents.write_json(str(said["manifestKey"]), kept)
    own.hear("BatchCompleted", said)
    office.end("FAILED", arn)
    assert office.sent == own.sent


def test_a_child_whose_input_the_event_leaves_out_is_known_by_its_execution() -> None:
    office, arn = Office(), execution(name="item-1")
    part = json.dumps({"batch": {"run": "r", "item": "i"}})
    office.executions[arn] = Told(part, NOON, "", "")
    assert office.end("ABORTED", arn, input=None) == []


def test_a_stopped_batch_says_how_far_it_was_and_how_to_go_on() -> None:
    office, arn = Office(), execution(MACHINES.batch, "run 1")
    run = f"20260301T120000-run_1.{digest('run 1')[:16]}"
    documents = office.s3.documents
    documents.write_json(f"runs/{run}/plan.json", {"name": "weekly"})
    office.s3.is_checking = False
    documents.write_json(f"runs/{run}/progress.json", {"landed": 7, "expected": 30})
    office.end("ABORTED", arn)
    assert dict(office.sent[0].facts)["Landed"] == "7 of 30"
    assert f'{{"resume": "{run}"}}' in office.sent[0].ways[0][1]
    # Its next complete run ends that.
    office.now += timedelta(hours=1)
    complete = batch_completed(execution(MACHINES.batch, "run-2"), status="COMPLETE")
    assert len(office.hear("BatchCompleted", complete)) == 1


def test_the_first_success_after_a_failure_is_told_and_no_other() -> None:
    office = Office()
    office.hear("ExportFailed", export_failed())
    office.now += timedelta(hours=1)
    for name in ("run-2", "run-3"):
        office.hear("ExportCompleted", landed_as_asked(executionArn=execution(name=name)))
    assert [it.kind for it in office.sent] == ["failed", "recovered"]


def test_a_success_of_other_exports_ends_no_failure() -> None:
    office = Office()
    office.hear("ExportFailed", export_failed())
    office.now += timedelta(hours=1)
    office.hear("ExportCompleted", landed())
    assert [it.kind for it in office.sent] == ["failed"]


def test_a_success_that_was_before_the_failure_and_comes_late_ends_nothing() -> None:
    office = Office()
    office.hear("ExportFailed", export_failed())
    office.hear("ExportCompleted", landed_as_asked(), after=timedelta(minutes=-1))
    assert [it.kind for it in office.sent] == ["failed"]


def test_an_input_that_is_no_request_is_ended_by_any_success_of_its_report() -> None:
    office = Office()
    office.hear("ExportFailed", export_failed(request={"report": "productivity", "oops": 1}))
    office.now += timedelta(hours=1)
    assert len(office.hear("ExportCompleted", landed())) == 1


def test_a_warning_is_told_once_until_it_clears() -> None:
    office = Office()
    warning: JsonObject = {"code": "noRows", "message": "The file has no rows."}
    other: JsonObject = {"code": "duplicateColumns", "message": "Twice."}
    runs: list[list[JsonValue]] = [[warning], [warning], [warning, other], [], [warning]]
    told = [
        office.hear("ExportCompleted", landed(executionArn=execution(name=f"run-{n}"), warnings=it))
        for n, it in enumerate(runs)
    ]
    assert [len(it) for it in told] == [1, 0, 1, 0, 1]
    assert "duplicateColumns" in told[2][0]
    assert "noRows" not in told[2][0]


def test_warnings_of_a_batchs_exports_are_the_batchs_to_tell() -> None:
    office = Office()
    warning: JsonObject = {"code": "noRows", "message": "The file has no rows."}
    assert not office.hear("ExportCompleted", landed(run="r", warnings=[warning]))
    complete = batch_completed(status="COMPLETE", warnings=[warning])
    assert len(office.hear("BatchCompleted", complete)) == 1


def test_what_could_not_be_sent_is_sent_at_the_next_try() -> None:
    office = Office(fail=ServiceUnavailableError("SNS is busy."))
    with pytest.raises(ServiceUnavailableError, match="SNS is busy"):
        office.hear("ExportFailed", export_failed())
    # Lambda's own second try comes a minute later.
    office.now += timedelta(minutes=1)
    assert len(office.hear("ExportFailed", export_failed())) == 1


def test_of_two_that_tell_the_same_at_once_one_waits() -> None:
    office = Office()
    inner: list[type[Exception]] = []

    def hear_again() -> None:
        office.s3.on_call = lambda: None
        try:
            office.hear("ExportFailed", export_failed())
        except ServiceUnavailableError as error:
            inner.append(type(error))

    office.fail = None
    key = f"notices/{digest('ExportFailed', execution())}.json"

    def when_claimed() -> None:
        if ("put_object", key) in office.s3.calls:
            hear_again()

    office.s3.on_call = when_claimed
    office.hear("ExportFailed", export_failed())
    assert inner == [ServiceUnavailableError]
    assert len(office.sent) == 1


def test_what_is_no_news_is_not_told() -> None:
    office = Office()
    other = "arn:aws:states:eu-west-1:123456789012:stateMachine:Other"
    assert not office.end("FAILED", execution(other))
    for status in ("RUNNING", "SUCCEEDED"):
        assert not office.end(status, execution())
    assert not office.hear("ExportCompleted", landed())
    assert not office.hear("BatchCompleted", batch_completed(status="COMPLETE"))
    assert not office.hear("Other", {})
