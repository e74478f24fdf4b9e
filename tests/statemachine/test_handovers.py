"""What each state hands to a function, to a child and to the event bus."""

from typing import cast

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import hostile
from tests.statemachine.bus import Bus
from tests.statemachine.engine import STARTED
from tests.statemachine.jsonata_of_aws import Jsonata, StateError
from tests.statemachine.walks import (
    CHILD,
    CLOSED,
    DEFINITIONS,
    EXPORT,
    FAILED,
    LANDED,
    PAGE,
    PASSING,
    PLANNED,
    REFUSED,
    SCRIPTS,
    Run,
    Script,
)

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:run"
GIVEN: JsonObject = {"report": "sprint"}
READY: JsonValue = {"status": "completed"}
FIRST: JsonValue = {"exportId": "exp_1", "report": "sprint"}
TWO: JsonValue = [FIRST, {"exportId": "exp_2", "report": "sprint"}]


ALONE: JsonObject = {"run": None, "item": None}
"""What an export says that is not part of a batch."""

OF_BATCH: JsonObject = {"run": "r", "item": "1"}
"""What the export of `CHILD` says."""


def _given(run: Run, task: str) -> list[JsonObject]:
    """Each payload that a function got."""
    return [
        cast("JsonObject", cast("JsonObject", arguments)["Payload"])
        for asked, arguments in run.asked
        if asked == task
    ]


def _entries(run: Run) -> list[JsonObject]:
    """Each event that was put, also those that the bus refused."""
    return [
        cast("list[JsonObject]", cast("JsonObject", arguments)["Entries"])[0]
        for asked, arguments in run.asked
        if asked.startswith("Publish")
    ]


def test_the_functions_of_an_export_get_what_they_need() -> None:
    polls: list[JsonValue | StateError] = [{"status": "queued"}, READY]
    script: Script = {
        "CreateExport": [PASSING, EXPORT],
        "CheckExport": polls,
        "DownloadExport": [LANDED],
    }
    run = Run("export", script, GIVEN)
    first = {"input": GIVEN, "inputBytes": 19, "executionArn": ARN, "startedAt": STARTED, **ALONE}
    # Relative dates stay what they were when it is tried again.
    assert _given(run, "CreateExport") == [first, first]
    assert _given(run, "CheckExport") == [{"export": EXPORT, "executionArn": ARN, **ALONE}] * 2
    assert _given(run, "DownloadExport") == [
        {
            "export": EXPORT,
            "executionArn": ARN,
            "polls": 2,
            "attempts": 1,
            # From the second try of CreateExport: two waits of 5 s.
            "tookSeconds": 10,
            **ALONE,
        }
    ]


def test_a_legacy_reports_function_gets_the_report() -> None:
    legacy: JsonObject = EXPORT | {"legacy": True}
    run = Run("export", {"CreateExport": [legacy], "FetchReport": [LANDED]}, GIVEN)
    assert _given(run, "FetchReport") == [{"export": legacy, "executionArn": ARN, **ALONE}]


def test_attempts_count_the_exports_that_were_made() -> None:
    second: JsonObject = EXPORT | {"exportId": "exp_2"}
    script: Script = {
        "CreateExport": [EXPORT, EXPORT, second],
        "CheckExport": [FAILED, READY],
        "DownloadExport": [LANDED],
    }
    (given,) = _given(Run("export", script), "DownloadExport")
    assert (given["export"], given["attempts"], given["polls"]) == (second, 2, 2)


def test_the_functions_of_a_harvest_get_the_place_in_the_list_and_the_export() -> None:
    cursor: JsonObject = {"report": "sprint", "page": 2}
    pages: list[JsonValue | StateError] = [PAGE | {"cursor": cursor}, PAGE]
    run = Run("harvest", {"ListExports": pages, "LandExport": [LANDED]}, GIVEN)
    name = "20260301T060000-run.harvest"
    listed = {"input": GIVEN, "inputBytes": 19, "executionArn": ARN, "startedAt": STARTED}
    assert _given(run, "ListExports") == [
        listed | {"run": name, "page": 1, "cursor": {}},
        listed | {"run": name, "page": 2, "cursor": cursor},
    ]
    landed = {"export": FIRST, "executionArn": ARN, "polls": 0, "attempts": 0}
    assert _given(run, "LandExport") == [landed, landed]
    assert _given(run, "CloseHarvest") == [
        {
            "run": name,
            "pages": 2,
            "failed": 0,
            "more": False,
            "failure": None,
            "executionArn": ARN,
            "startedAt": STARTED,
        }
    ]


def test_why_an_export_of_a_harvest_could_not_land_is_written_down_under_its_run() -> None:
    script: Script = {"ListExports": [PAGE], "LandExport": [REFUSED], "RecordOutcome": [REFUSED]}
    run = Run("harvest", script, GIVEN)
    (told,) = _given(run, "RecordOutcome")
    failure = cast("JsonObject", told.pop("failure"))
    assert told == {"run": "20260301T060000-run.harvest", "export": FIRST, "executionArn": ARN}
    assert [failure[it] for it in ("error", "message", "remedy")] == [
        *("StorageError", "No.", "Mend it."),
    ]
    # Also if that is refused, the export has its event, and counts.
    assert [detail["exportId"] for detail in run.bus.details] == ["exp_1", None]
    assert run.engine.variables["failed"] == 1


def test_what_ended_a_harvest_is_handed_over_when_it_is_closed() -> None:
    run = Run("harvest", {"ListExports": [PAGE | {"cursor": {"report": "sprint"}}, REFUSED]}, GIVEN)
    (closing,) = _given(run, "CloseHarvest")
    failure = cast("JsonObject", closing["failure"])
    assert (closing["pages"], failure["error"], failure["message"]) == (1, "StorageError", "No.")


def test_the_functions_of_a_batch_get_the_run_the_round_and_how_the_map_failed() -> None:
    broken = StateError("States.ExceedToleratedFailureThreshold", "No.")
    large = StateError("States.DataLimitExceeded", "No.")
    script: Script = {
        "PlanBatch": [PLANNED],
        "RunExports": [[], broken, large],
        "CloseBatch": [PLANNED | {"round": 2}, PLANNED | {"round": 3}, CLOSED],
    }
    run = Run("batch", script, GIVEN)
    name = "20260301T060000-run"
    planned = {"input": GIVEN, "inputBytes": 19, "run": name, "executionArn": ARN}
    assert _given(run, "PlanBatch") == [planned | {"startedAt": STARTED}]
    failures: list[JsonValue] = [
        None,
        {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "No."},
        {"Error": "States.DataLimitExceeded", "Cause": "No."},
    ]
    assert _given(run, "CloseBatch") == [
        {
            "run": name,
            "round": number,
            "executionArn": ARN,
            "exportArns": "${ExportStateMachineArn}",
            "mapFailure": failure,
        }
        for number, failure in enumerate(failures, 1)
    ]


def test_a_child_of_a_batch_is_given_its_item_the_run_and_the_round() -> None:
    states = cast("JsonObject", DEFINITIONS["batch"]["States"])
    selector = cast("JsonObject", states["RunExports"])["ItemSelector"]
    context: JsonObject = {"Map": {"Item": {"Value": CHILD["item"]}}}
    seen: JsonObject = {"context": context, "input": {"run": "r", "round": 1, "itemsKey": "key"}}
    assert Jsonata().fill(selector, {"states": seen}) == CHILD


def test_a_child_starts_its_item_and_records_its_result_without_request_and_columns() -> None:
    result: JsonObject = LANDED | {"request": {"a": 1}, "columns": ["A"]}
    run = Run("child", {"RunExport": [{"Output": result}], "RecordOutcome": [{}]}, CHILD)
    assert run.asked[0] == (
        "RunExport",
        {
            "StateMachineArn": "${ExportStateMachineArn}",
            "Name": "n",
            "Input": {"report": "sprint", "batch": OF_BATCH},
        },
    )
    assert _given(run, "RecordOutcome") == [CHILD | {"result": LANDED}]


@pytest.mark.parametrize("error", ["States.TaskFailed", "States.DataLimitExceeded"])
def test_a_child_records_the_failure_of_its_item(error: str) -> None:
    script: Script = {"RunExport": [StateError(error, "No.")], "RecordOutcome": [{}]}
    (given,) = _given(Run("child", script, CHILD), "RecordOutcome")
    assert given == CHILD | {"failure": {"Error": error, "Cause": "No."}}


# --- whose part an export is ---


def _started(item: JsonObject = CHILD) -> JsonObject:
    """The input with which a batch's child starts its export."""
    run = Run("child", {"RunExport": [{"Output": LANDED}], "RecordOutcome": [{}]}, item)
    return cast("JsonObject", cast("JsonObject", run.asked[0][1])["Input"])


@pytest.mark.parametrize("title", [*SCRIPTS["export"]])
def test_what_a_batchs_child_starts_tells_its_run_and_item(title: str) -> None:
    """To every function, for its log, and in the event of its failure, whatever failed."""
    run = Run("export", SCRIPTS["export"][title], _started())
    tasks = ("CreateExport", "CheckExport", "DownloadExport", "FetchReport")
    told = [*(given for task in tasks for given in _given(run, task)), *run.bus.details]
    assert told
    assert [{name: each[name] for name in OF_BATCH} for each in told] == [OF_BATCH] * len(told)


def test_the_run_that_children_tell_is_the_batchs_events() -> None:
    batch = Run("batch", SCRIPTS["batch"]["is complete"])
    (detail,) = batch.bus.details
    # What CloseBatch is given of the run is what the map was given.
    seen: JsonObject = {
        "input": _given(batch, "CloseBatch")[0],
        "context": {"Map": {"Item": {"Value": CHILD["item"]}}},
    }
    states = cast("dict[str, JsonObject]", DEFINITIONS["batch"]["States"])
    child = Jsonata(0).fill(states["RunExports"]["ItemSelector"], {"states": seen})
    started = _started(cast("JsonObject", child))
    assert started["batch"] == {"run": detail["run"], "item": "1"}


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(REFUSED, id="it refuses"),
        pytest.param(StateError("Lambda.Unknown", "Exit status 1."), id="its process dies"),
        pytest.param(StateError("States.DataLimitExceeded", "No."), id="the input is too large"),
    ],
)
def test_an_export_that_fails_before_createexport_answers_names_run_item_and_report(
    error: StateError,
) -> None:
    first, brief = _entries(Run("export", {"CreateExport": [error]}, _started(), Bus(1)))
    for entry in (first, brief):
        detail = cast("JsonObject", entry["Detail"])
        assert {name: detail[name] for name in OF_BATCH} == OF_BATCH
        assert (detail["report"], detail["exportId"]) == ("sprint", None)


def test_run_and_item_change_nothing_else_of_an_export() -> None:
    script: Script = SCRIPTS["export"]["fails for good"]
    (alone,), (part,) = (_entries(Run("export", script, it)) for it in (GIVEN, _started()))
    told = cast("JsonObject", alone["Detail"])
    assert part == alone | {"Detail": told | OF_BATCH}
    # The same child's start is asked for with the same words, so that it starts once.
    assert _started() == _started()


@pytest.mark.parametrize(
    "given",
    [
        {},
        [],
        "batch",
        {"batch": None},
        {"batch": "r"},
        {"batch": [OF_BATCH, OF_BATCH]},
        {"batch": {"run": "r"}},
        {"batch": {"run": "r", "item": 1}},
        {"batch": {"run": "", "item": "1"}},
        {"batch": {"run": {"run": "r"}, "item": "1"}},
        {"report": "", "batch": {}},
        {"report": 7},
    ],
)
def test_an_input_that_names_no_batch_and_no_report_has_an_event_with_neither(
    given: JsonValue,
) -> None:
    (detail,) = Run("export", SCRIPTS["export"]["is refused"], given).bus.details
    assert [detail[name] for name in ("run", "item", "report")] == [None] * 3


def test_what_a_harvest_could_not_land_is_no_part_of_a_batch() -> None:
    given: JsonObject = {"report": "sprint", "batch": OF_BATCH}
    details = Run("harvest", SCRIPTS["harvest"]["cannot land one"], given).bus.details
    assert [(each["exportId"], each["run"], each["item"]) for each in details] == [
        ("exp_1", None, None),
        (None, None, None),
    ]


@pytest.mark.parametrize("name", ["export", "harvest", "batch"])
def test_every_event_says_its_stack_also_in_brief(name: str) -> None:
    entries = _entries(Run(name, SCRIPTS[name]["is refused"], GIVEN, Bus(1)))
    assert len(entries) == 2
    stacks = {str(cast("JsonObject", each["Detail"])["stack"]) for each in entries}
    assert stacks == {"${StackName}"}


# --- events ---


@pytest.mark.parametrize("name", ["export", "harvest", "batch"])
def test_a_failure_is_told_apart_by_its_execution_alone(name: str) -> None:
    """Consumers leave out what they have seen: the second try of an event, not another one."""
    script: Script = SCRIPTS[name]["is refused"]
    first, brief = _entries(Run(name, script, GIVEN, Bus(1)))
    (other,) = _entries(Run(name, script, GIVEN, execution="another"))
    ids = [cast("JsonObject", it["Detail"])["dedupeId"] for it in (first, brief, other)]
    assert ids[0] == ids[1] != ids[2]
    assert {it["EventBusName"] for it in (first, brief, other)} == {"${EventBusName}"}
    assert first["Resources"] == [ARN]


def test_failures_of_exports_of_a_harvest_are_told_apart_by_export_and_execution() -> None:
    script: Script = {"ListExports": [PAGE | {"exports": TWO}], "LandExport": [REFUSED]}
    found = [
        (cast("JsonObject", it["Detail"])["dedupeId"], it["EventBusName"])
        for execution in ("run", "another")
        for it in _entries(Run("harvest", script, execution=execution))
    ]
    assert len(set(found)) == len(found) == 6
    assert {bus for _, bus in found} == {"${EventBusName}"}


def test_an_event_of_a_failed_export_has_its_request_and_in_brief_has_none() -> None:
    script: Script = {"CreateExport": [EXPORT], "CheckExport": [FAILED]}
    first, brief = _entries(Run("export", script, GIVEN, Bus(1)))
    detail = cast("JsonObject", first["Detail"])
    assert detail["request"] == EXPORT["request"]
    assert (detail["exportId"], detail["report"]) == ("exp_1", "productivity")
    assert brief == first | {"Detail": detail | {"request": None}}


def test_a_batchs_event_has_its_name_totals_and_warnings_and_in_brief_none() -> None:
    script: Script = {"PlanBatch": [PLANNED], "RunExports": [[]], "CloseBatch": [CLOSED]}
    first, brief = _entries(Run("batch", script, GIVEN, Bus(1)))
    detail = cast("JsonObject", first["Detail"])
    told = {key: detail[key] for key in ("name", "totals", "warnings", "manifestKey", "status")}
    assert told == {key: CLOSED[key] for key in told}
    nothing: JsonObject = {"name": None, "totals": None, "warnings": []}
    assert brief == first | {"Detail": detail | nothing}


def test_a_batch_whose_event_nobody_took_fails_with_that_unless_it_had_failed_before() -> None:
    script: Script = {"PlanBatch": [PLANNED], "RunExports": [[]], "CloseBatch": [CLOSED]}
    end = Run("batch", script, bus=Bus(1000)).end
    assert (end.state, end.error) == ("BatchFailed", "ServiceUnavailableError")
    assert "runs/r/manifest.json" in end.cause
    assert Run("batch", SCRIPTS["batch"]["is refused"], bus=Bus(1000)).end.error == "StorageError"


def test_a_harvest_and_a_batch_of_one_name_that_start_at_once_are_two_runs() -> None:
    for name in ("run", "a b", "a.harvest"):
        batch = Run("batch", SCRIPTS["batch"]["is complete"], execution=name)
        run = Run("harvest", SCRIPTS["harvest"]["lands"], execution=name).engine.variables["run"]
        assert run == f"{batch.bus.details[0]['run']}.harvest"


@pytest.mark.parametrize("name", ["run", "a_b-C9"])
def test_a_runs_name_is_its_start_and_its_executions_name(name: str) -> None:
    run = Run("batch", SCRIPTS["batch"]["is complete"], execution=name)
    assert run.bus.details[0]["run"] == f"20260301T060000-{name}"


def test_names_of_executions_that_differ_in_odd_characters_make_different_runs() -> None:
    runs = {
        str(Run("batch", SCRIPTS["batch"]["is complete"], execution=it).bus.details[0]["run"])
        for it in ("a b", "a.b", "a_b", "a/b")
    }
    assert len(runs) == 4
    assert not any(character in run for run in runs for character in " /")


def test_a_harvest_counts_what_has_no_id_or_no_event_as_failed() -> None:
    script: Script = {
        "ListExports": [PAGE | {"exports": TWO, "unusable": 3}],
        "LandExport": [REFUSED],
    }
    run = Run("harvest", script, bus=Bus(2))
    assert run.end.error == "HarvestIncompleteError"
    assert run.engine.variables["failed"] == 5


def test_a_harvests_failed_tries_count_against_its_history() -> None:
    limited = StateError("RateLimitedError", hostile.raised("429. Remedy: Wait."))
    script: Script = {"ListExports": [PAGE], "LandExport": [limited, {"finished": False}, LANDED]}
    run = Run("harvest", script)
    assert run.end.error is None
    assert [run.engine.variables[it] for it in ("landed", "failed", "again")] == [1, 0, 2]


def test_a_plan_that_passed_after_all_leaves_no_error_in_the_batchs_event() -> None:
    script: Script = {
        "PlanBatch": [PASSING, PLANNED],
        "RunExports": [[]],
        "CloseBatch": [CLOSED],
    }
    (detail,) = Run("batch", script).bus.details
    assert [detail[it] for it in ("status", "error", "message", "remedy")] == [
        "COMPLETE",
        *[None] * 3,
    ]
