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
from sei_export.jsontypes import JsonValue
from sei_export.landing.land import Landing
from sei_export.steps.download_export import download_export
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.stage import CSV, DATA_KEY, GZ, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.server:
        yield stage


def test_given_a_completed_export_when_landed_then_its_file_is_there(stage: Stage) -> None:
    result = stage.land()
    assert stage.contents == [CSV]
    assert (result["exportId"], result["key"]) == ("exp_1", DATA_KEY)
    assert [received.path.rpartition("exports/")[2] for received in stage.server.received] == [
        "exp_1",
        "exp_1/download",
    ]


def test_given_a_signed_link_when_landed_then_it_is_asked_for_afresh_and_kept_nowhere(
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


def test_given_a_link_whose_connection_breaks_when_landed_then_a_fresh_one_goes_on_from_there(
    stage: Stage,
) -> None:
    def answer(received: Received) -> Answer:
        if received.query["signature"] == ["1"]:
            # From now on the first one has expired.
            stage.state["download"] = {"url": f"{other.origin}/file?signature=2"}
            return reply(200, GZ[:9], {"Accept-Ranges": "bytes", "ETag": '"a"'}, length=len(GZ))
        told = {"Content-Range": f"bytes 9-{len(GZ) - 1}/{len(GZ)}"}
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


def test_given_an_export_that_is_gone_when_a_break_is_to_be_mended_then_nothing_is_written() -> (
    None
):
    answers = iter([reply(200, GZ[:9], length=len(GZ)), reply(404)])

    class Vanishing(Stage):
        def _answer(self, received: Received) -> Answer:
            if received.path.endswith("/download"):
                return next(answers)
            return super()._answer(received)

    vanishing = Vanishing()
    with vanishing.server, pytest.raises(ExportNotFoundError):
        vanishing.land()
    assert vanishing.journal == []


@pytest.mark.parametrize("status", ["QUEUED", "processing", "failed", "cancelled"])
def test_given_an_export_that_is_no_longer_complete_when_landed_then_it_is_refused(
    stage: Stage, status: str
) -> None:
    stage.state["status"] = status
    with pytest.raises(ProtocolError, match=status.lower()):
        stage.land()
    assert len(stage.server.received) == 1
    assert stage.s3.calls == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(reply(404), ExportNotFoundError, id="gone"),
        pytest.param(reply(410), ProtocolError, id="another 4xx"),
        pytest.param(reply(503), ServiceUnavailableError, id="unavailable"),
    ],
)
def test_given_no_file_when_landed_then_nothing_is_written(
    stage: Stage, answer: Answer, error: type[SeiExportError]
) -> None:
    stage.body = answer
    with pytest.raises(error):
        stage.land()
    assert stage.journal == []


@pytest.mark.parametrize("given", [None, "exp_1", {}, {"exportId": "exp_1", "request": {}}])
def test_given_no_export_when_landed_then_the_input_is_refused_before_any_call(
    stage: Stage, given: JsonValue
) -> None:
    with pytest.raises(InvalidRequestError):
        download_export(
            given,
            Run("arn:x", 0, 1),
            stage.connect,
            Landing(stage.s3.store, stage.s3.documents, stage.events.bus),
            stage.s3.staging,
        )
    assert stage.server.connections == 0
    assert stage.s3.calls == []
