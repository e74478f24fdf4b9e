"""The inputs in `events/` start the state machine and each function, as they are."""

import json
from pathlib import Path

import pytest

from local.paths import ROOT
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness
from tests.statemachine import machine

EVENTS = ROOT / "events"
FUNCTIONS = {folder.name for folder in (ROOT / "functions").iterdir()}
INPUTS = sorted(
    file.name for file in EVENTS.glob("*.json") if file.stem not in {"harvest", *FUNCTIONS}
)


def _read(name: str) -> JsonObject:
    content: JsonObject = json.loads((EVENTS / name).read_text())
    return content


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_from_events_runs_to_its_end(stack: Harness, name: str) -> None:
    given = _read(name)
    run = stack.run(given, stack.batch_machine if "exports" in given else None)
    assert (run.status, run.cause) == ("SUCCEEDED", "")


def test_the_functions_inputs_work_one_after_the_other(stack: Harness) -> None:
    export = _invoke(stack, "CreateExport", _read("create_export.json"))
    check = _read("check_export.json")
    assert set(export) == set(_object(check["export"]))
    while (status := _invoke(stack, "CheckExport", check | {"export": export})) != {
        "status": "completed"
    }:
        assert status["status"] in {"queued", "processing"}
    result = _invoke(stack, "DownloadExport", _read("download_export.json") | {"export": export})
    assert stack.csv(str(result["key"])) == stack.simulator.content(str(result["exportId"]))


def test_the_inputs_for_the_harvest_and_the_legacy_report_work_too(stack: Harness) -> None:
    run = stack.run(_read("harvest.json"), machine=stack.stack.outputs["HarvestStateMachineArn"])
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    page = _invoke(stack, "ListExports", _read("list_exports.json"))
    counts = {"listed", "known", "givenUp", "pending", "unusable", "missing"}
    assert set(page) == counts | {"exports", "cursor"}
    closed = _invoke(stack, "CloseHarvest", _read("close_harvest.json"))
    assert closed["manifestKey"] == "runs/by-hand.harvest/manifest.json"
    result = _invoke(stack, "FetchReport", _read("fetch_report.json"))
    assert stack.csv(str(result["key"])).decode().count("\n") >= int(str(result["rows"])) > 0


def test_the_inputs_for_the_functions_of_a_batch_work_one_after_the_other(stack: Harness) -> None:
    planned = _invoke(stack, "PlanBatch", _read("plan_batch.json"))
    given = _read("record_outcome.json")
    items = json.loads(stack.raw(str(planned["itemsKey"])))
    assert items == [given["item"]]
    outcome = _invoke(stack, "RecordOutcome", given)
    assert _object(outcome["failure"])["error"] == "ExportTimedOutError"
    closed = _invoke(stack, "CloseBatch", _read("close_batch.json"))
    # The whole tree timed out: its top teams are next.
    assert (closed["status"], closed["round"]) == ("CONTINUE", 2)
    assert len(json.loads(stack.raw(str(closed["itemsKey"])))) == 3


def test_the_input_for_the_check_of_parameters_works_too(stack: Harness) -> None:
    answer = _invoke(stack, "CheckParameters", _read("check_parameters.json"))
    assert answer["Status"] == "SUCCESS"


def test_the_input_for_a_dry_look_at_freshness_works_too(stack: Harness) -> None:
    found = _invoke(stack, "CheckFreshness", _read("check_freshness.json"))
    assert (found["announced"], found["unknown"]) == (None, [])


@pytest.mark.parametrize(
    "stem",
    [
        *("CreateExport", "CheckExport", "DownloadExport", "FetchReport", "ListExports"),
        *("PlanBatch", "RecordOutcome", "CloseBatch", "CloseHarvest", "CheckParameters"),
    ],
)
def test_a_function_without_its_input_says_what_it_needs(stack: Harness, stem: str) -> None:
    answer = stack.aws.functions.invoke(
        FunctionName=stack.stack.outputs[f"{stem}FunctionArn"], Payload=b"{}"
    )
    error = json.loads(answer["Payload"].read())
    assert error["errorType"] == "InvalidRequestError"
    assert " is missing: " in error["errorMessage"]


@pytest.mark.parametrize("file", machine.ALL)
def test_the_service_finds_nothing_wrong_with_the_definition(stack: Harness, file: Path) -> None:
    answer = stack.aws.states.validate_state_machine_definition(
        definition=file.read_text(), type="STANDARD"
    )
    assert answer["result"] == "OK"


def _invoke(stack: Harness, stem: str, payload: JsonObject) -> JsonObject:
    answer = stack.aws.functions.invoke(
        FunctionName=stack.stack.outputs[f"{stem}FunctionArn"], Payload=json.dumps(payload).encode()
    )
    result: JsonObject = json.loads(answer["Payload"].read())
    assert "FunctionError" not in dict(answer), result
    return result


def _object(value: object) -> JsonObject:
    assert isinstance(value, dict)
    return value
