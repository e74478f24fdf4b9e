"""What only the state machine knows of a run, as the functions' payloads have it."""

import json
from datetime import UTC, datetime

import pytest

from local.paths import ROOT
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.input.run import BatchRun, ExportRun
from sei_export.jsontypes import JsonObject, JsonValue

EXPORT: JsonObject = {"executionArn": "arn:x", "polls": 3, "attempts": 2, "export": {}}
BATCH: JsonObject = {
    "run": "weekly 2026/03",
    "executionArn": "arn:b",
    "startedAt": "2026-03-15T07:00:00.25+01:00",
    "input": {},
}


def _event(name: str) -> JsonObject:
    content: JsonObject = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return content


def test_the_run_of_an_export_is_read_of_its_payload() -> None:
    assert ExportRun.read(EXPORT) == ExportRun(execution_arn="arn:x", polls=3, attempts=2)


def test_the_run_of_one_call_has_no_polls_and_one_attempt() -> None:
    payload: JsonObject = {"executionArn": "arn:x", "polls": 9, "attempts": 9}
    assert ExportRun.of_one_call(payload) == ExportRun("arn:x", polls=0, attempts=1)
    assert ExportRun.of_one_call({"executionArn": "arn:x"}) == ExportRun("arn:x", 0, 1)


def test_an_export_of_a_batch_has_its_run_and_item() -> None:
    of_batch: JsonObject = {"run": "20260301T060000-weekly", "item": "item-1"}
    for found in (ExportRun.read(EXPORT | of_batch), ExportRun.of_one_call(EXPORT | of_batch)):
        assert (found.batch, found.item) == ("20260301T060000-weekly", "item-1")
    alone = ExportRun.read(EXPORT | {"run": None, "item": None})
    assert (alone.batch, alone.item) == (None, None)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        pytest.param(61.5, 61.5, id="measured"),
        pytest.param(0, 0, id="at once"),
        pytest.param(None, None, id="not measured"),
        pytest.param("61", None, id="text"),
        pytest.param(True, None, id="true"),
        pytest.param(-0.5, None, id="a clock that was set back"),
    ],
)
def test_an_export_took_the_seconds_that_the_state_machine_measured(
    given: JsonValue, seconds: float | None
) -> None:
    assert ExportRun.read(EXPORT | {"tookSeconds": given}).took_seconds == seconds


def test_the_run_of_a_batch_is_read_of_its_payload() -> None:
    run = BatchRun.read(BATCH)
    assert (run.name, run.execution_arn) == ("weekly 2026/03", "arn:b")
    assert run.started_at == datetime(2026, 3, 15, 6, 0, 0, 250_000, UTC)


def test_the_payloads_in_the_folder_of_events_can_be_read() -> None:
    assert ExportRun.read(_event("download_export")).polls == 3
    assert ExportRun.of_one_call(_event("fetch_report")).attempts == 1
    assert BatchRun.read(_event("plan_batch")).name == "by-hand"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        pytest.param("executionArn", None, "the function's payload needs it as text", id="arn"),
        pytest.param("executionArn", "", "the function's payload needs it as text", id="empty arn"),
        pytest.param("polls", None, "the payload needs it as a whole number", id="polls"),
        pytest.param("polls", "3", "the payload needs it as a whole number", id="polls as text"),
        pytest.param("attempts", -1, "the payload needs it as a whole number", id="attempts"),
        pytest.param("run", "", "the function's payload needs it as text", id="an empty run"),
        pytest.param("item", {}, "the function's payload needs it as text", id="another item"),
    ],
)
def test_an_exports_run_without_a_field_is_refused_by_its_name(
    name: str, value: JsonValue, kind: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ExportRun.read(EXPORT | {name: value})
    assert caught.value.problems == (f"{name} is missing: {kind}.",)
    assert caught.value.remedy == BY_HAND


def test_one_call_without_an_execution_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="executionArn is missing"):
        ExportRun.of_one_call({"polls": 0, "attempts": 1})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        pytest.param(
            "run", None, "run is missing: the function's payload needs it as text.", id="run"
        ),
        pytest.param(
            "executionArn",
            7,
            "executionArn is missing: the function's payload needs it as text.",
            id="arn",
        ),
        pytest.param(
            "startedAt",
            None,
            "startedAt is missing: the function's payload needs it as text.",
            id="start",
        ),
        pytest.param(
            "startedAt",
            "2026-03-15T06:00:00",
            "startedAt is not a time such as 2026-03-01T06:00:00Z.",
            id="a start without a zone",
        ),
    ],
)
def test_a_batchs_run_without_a_field_is_refused_by_its_name(
    name: str, value: JsonValue, problem: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        BatchRun.read(BATCH | {name: value})
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
