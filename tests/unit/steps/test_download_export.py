"""DownloadExport: asks the API afresh, then lands what it gives."""

import json
from collections.abc import Iterator

import pytest

from sei_export.errors import (
    ExportNotFoundError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject
from sei_export.steps.download_export import download_export
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.samples import outdated
from tests.fakes.stage import CSV, DATA_KEY, GZ, REQUEST, Stage, export


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.server:
        yield stage


def _download(stage: Stage, changes: JsonObject) -> JsonObject:
    """One call of the function, with something changed in its payload."""
    payload: JsonObject = {
        "export": export().to_json(),
        "executionArn": "arn:x",
        "polls": 3,
        "attempts": 1,
    }
    return download_export(payload | changes, stage.connect, stage.landing, stage.s3.staging)


def test_given_a_completed_export_when_landed_then_its_file_is_there(stage: Stage) -> None:
    result = stage.land()
    assert stage.contents == [CSV]
    assert (result["exportId"], result["key"]) == ("exp_1", DATA_KEY)
    assert [received.path.rpartition("exports/")[2] for received in stage.server.received] == [
        "exp_1",
        "exp_1/download",
    ]


FIRST: JsonObject = {"run": "20260301T060000-first", "item": "item-1"}
SECOND: JsonObject = FIRST | {"run": "20260301T060000-second"}


def _whose(said: JsonObject) -> JsonObject:
    return {name: said[name] for name in FIRST}


def test_given_an_export_of_a_batch_then_result_manifest_and_event_name_run_and_item(
    stage: Stage,
) -> None:
    result = stage.land(of_batch=FIRST)
    [detail] = stage.events.details
    assert _whose(result) == _whose(stage.manifest) == _whose(detail) == FIRST


def test_given_two_batches_that_want_the_same_then_they_are_twins_as_ever(stage: Stage) -> None:
    stage.land(run="run-1", of_batch=FIRST)
    result = stage.land(run="run-2", of_batch=SECOND)
    assert stage.contents == [CSV]
    assert (result["changed"], result["reason"]) == (False, None)
    # Each has its event, about the same version.
    first, second = stage.events.details
    assert (_whose(first), _whose(second)) == (FIRST, SECOND)
    names = ("exportId", "key", "versionId", "requestFingerprint", "contentSha256", "stack")
    assert [first[name] for name in names] == [second[name] for name in names]


def test_given_a_newer_file_then_the_late_exports_output_names_its_own_batch(stage: Stage) -> None:
    stage.land("exp_2", created_at="2026-03-02T06:00:00Z", of_batch=SECOND)
    late = stage.land(run="run-2", of_batch=FIRST)
    assert late["superseded"] is True
    assert _whose(late) == FIRST
    assert _whose(stage.manifest) == SECOND


def test_given_a_signed_link_when_landed_then_it_is_fresh_and_kept_nowhere(
    stage: Stage,
) -> None:
    with Loopback(lambda _: stage.body) as other:
        stage.state["download"] = {"url": f"{other.origin}/file?X-Amz-Signature=s3cr3t"}
        result = stage.land()
        stage.land()
    assert [received.query for received in other.received] == [{"X-Amz-Signature": ["s3cr3t"]}] * 2
    assert [received.path for received in stage.server.received] == [
        "/sei/api/v2/insights/productivity/exports/exp_1"
    ] * 2
    version = stage.s3.current(DATA_KEY)
    kept = json.dumps([result, stage.manifest, stage.events.details]) + repr(version)
    assert "s3cr3t" not in kept


def test_given_a_link_that_breaks_when_landed_then_a_fresh_one_goes_on_from_there(
    stage: Stage,
) -> None:
    def answer(received: Received) -> Answer:
        if received.query["signature"] == ["1"]:
            # From now on the first one has expired.
            stage.state["download"] = {"url": f"{other.origin}/file?signature=2"}
            return reply(200, GZ[:9], {"Accept-Ranges": "bytes", "ETag": '"a"'}, length=len(GZ))
        told = {"ETag": '"a"', "Content-Range": f"bytes 9-{len(GZ) - 1}/{len(GZ)}"}
        return reply(206, GZ[9:], told)

    with Loopback(answer) as other:
        stage.state["download"] = {"url": f"{other.origin}/file?signature=1"}
        stage.land()
    assert stage.contents == [CSV]
    first, second = other.received
    assert (first.query, first.headers["range"]) == ({"signature": ["1"]}, None)
    assert (second.query, second.headers["range"]) == ({"signature": ["2"]}, "bytes=9-")
    assert second.headers["if-range"] == '"a"'
    assert [received.path.rpartition("exports/")[2] for received in stage.server.received] == [
        "exp_1",
        "exp_1",
    ]


def test_given_an_export_that_is_gone_when_a_break_is_mended_then_nothing_is_written() -> None:
    answers = iter([reply(200, GZ[:9], length=len(GZ)), reply(404)])

    class Vanishing(Stage):
        def _answer(self, received: Received) -> Answer:
            if received.path.endswith("/download"):
                return next(answers)
            return super()._answer(received)

    vanishing = Vanishing()
    with (
        vanishing.server,
        pytest.raises(ExportNotFoundError, match="not have the file of export exp_1"),
    ):
        vanishing.land()
    assert vanishing.journal == []


@pytest.mark.parametrize("status", ["QUEUED", "processing", "failed", "cancelled"])
def test_given_an_export_that_is_no_longer_complete_when_landed_then_it_is_refused(
    stage: Stage, status: str
) -> None:
    stage.state["status"] = status
    with pytest.raises(ProtocolError) as caught:
        stage.land()
    assert caught.value.message == f"Export exp_1 was completed and is now {status.lower()}."
    assert len(stage.server.received) == 1
    assert stage.s3.calls == []


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        pytest.param(
            reply(404), ExportNotFoundError, "not have the file of export exp_1", id="gone"
        ),
        pytest.param(
            reply(409), ProtocolError, "export exp_1 was answered with 409", id="another 4xx"
        ),
        pytest.param(reply(410), ExportNotFoundError, "of export exp_1 has expired", id="expired"),
        pytest.param(
            reply(503), ServiceUnavailableError, "exp_1/download answered 503", id="unavailable"
        ),
    ],
)
def test_given_no_file_when_landed_then_nothing_is_written(
    stage: Stage, answer: Answer, error: type[SeiExportError], told: str
) -> None:
    stage.body = answer
    with pytest.raises(error, match=told):
        stage.land()
    assert stage.journal == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            {"export": None}, "export is missing: give what CreateExport returned.", id="nothing"
        ),
        pytest.param(
            {"export": "exp_1"}, "export is missing: give what CreateExport returned.", id="text"
        ),
        pytest.param({"export": {}}, "export.exportId is not an export's id.", id="no export"),
        pytest.param(
            {"export": {"exportId": "exp_1", "request": {}}},
            "export.report is not a report.",
            id="an id alone",
        ),
        pytest.param(
            {"executionArn": None},
            "executionArn is missing: the function's payload needs it as text.",
            id="no execution",
        ),
        pytest.param(
            {"polls": "3"}, "polls is missing: the payload needs it as a whole number.", id="polls"
        ),
        pytest.param(
            {"attempts": None},
            "attempts is missing: the payload needs it as a whole number.",
            id="attempts",
        ),
    ],
)
def test_given_another_payload_when_landed_then_it_is_refused_before_any_call(
    stage: Stage, changes: JsonObject, problem: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _download(stage, changes)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
    assert stage.server.connections == 0
    assert stage.s3.calls == []


def test_given_a_request_of_another_table_then_the_export_is_said_to_exist(stage: Stage) -> None:
    stored = outdated(REQUEST.canonical())
    with pytest.raises(InvalidRequestError) as caught:
        _download(stage, {"export": {**export().to_json(), "request": stored}})
    assert caught.value.problems == (
        (
            'export.request: options.granularity is "hourly": allowed are weekly, monthly, '
            "quarterly."
        ),
    )
    assert "nothing was sent" not in str(caught.value)
    assert caught.value.remedy.startswith("Export exp_1 exists at the API, ")
    assert stage.server.connections == 0
