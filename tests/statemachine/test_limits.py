"""Where each rule begins to hold: one millisecond, one try, one byte before, and at it."""

from typing import cast

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.engine import STARTED_MILLIS
from tests.statemachine.jsonata_of_aws import Jsonata, StateError
from tests.statemachine.walks import DEFINITIONS, EXPORT, LANDED, PAGE, PLANNED, Run, Script

NOW = STARTED_MILLIS
STATES: dict[str, machine.Tree] = {
    f"{name} {title}": state
    for name in ("export", "harvest", "batch")
    for graph in machine.graphs(cast("machine.Tree", DEFINITIONS[name]))
    for title, state in machine.states(graph).items()
}
FAILED: JsonObject = {"error": "ExportFailedError", "message": "No.", "remedy": "Mend it."}


def _way(state: str, given: JsonValue, **variables: JsonValue) -> str:
    """Where a Choice leads now."""
    jsonata = Jsonata(NOW)
    bindings: JsonObject = {**variables, "states": {"input": given}}
    for rule in machine.entries(STATES[state], "Choices"):
        if jsonata.fill(rule["Condition"], bindings) is True:
            return str(rule["Next"])
    return str(STATES[state]["Default"])


@pytest.mark.parametrize(
    ("deadline", "way"),
    [(NOW + 60_000, "PublishFailure"), (NOW + 60_001, "WaitForReuseWindow")],
)
def test_the_failed_export_again_is_waited_for_only_where_a_minute_is_left(
    deadline: int, way: str
) -> None:
    export: JsonObject = {"exportId": "exp_1"}
    found = _way(
        "export IsExportNew", {}, export=export, failedIds="/exp_1/", deadlineMillis=deadline
    )
    assert found == way


@pytest.mark.parametrize(
    ("length", "way"), [(1, "WaitForExport"), (1000, "WaitForExport"), (1001, "PublishFailure")]
)
def test_an_id_has_at_most_1000_characters(length: int, way: str) -> None:
    export: JsonObject = {"exportId": "x" * length}
    assert _way("export IsExportNew", {}, export=export, failedIds="/", deadlineMillis=0) == way


@pytest.mark.parametrize(
    ("attempts", "reuse_ends", "deadline", "way"),
    [
        pytest.param(2, NOW, NOW + 420_001, "WaitForReuseWindow", id="a restart left, and time"),
        pytest.param(2, NOW, NOW + 420_000, "PublishFailure", id="no time"),
        pytest.param(3, NOW, NOW + 9_000_000, "PublishFailure", id="no restart left"),
        pytest.param(0, NOW + 5000, NOW + 425_000, "PublishFailure", id="no time after the window"),
        pytest.param(0, NOW + 5000, NOW + 425_001, "WaitForReuseWindow", id="time after it"),
        pytest.param(0, NOW - 9000, NOW + 420_000, "PublishFailure", id="the window is over"),
    ],
)
def test_a_failed_export_is_made_again_while_restarts_and_five_minutes_are_left(
    attempts: int, reuse_ends: int, deadline: int, way: str
) -> None:
    given: JsonObject = {"status": "failed", "failure": FAILED}
    found = _way(
        "export IsExportReady",
        given,
        attempts=attempts,
        reuseEndsMillis=reuse_ends,
        deadlineMillis=deadline,
    )
    assert found == way


@pytest.mark.parametrize("status", ["queued", "processing"])
@pytest.mark.parametrize(("deadline", "way"), [(NOW, "PublishFailure"), (NOW + 1, "WaitForExport")])
def test_a_pending_export_is_waited_for_until_the_deadline(
    status: str, deadline: int, way: str
) -> None:
    found = _way("export IsExportReady", {"status": status}, attempts=1, deadlineMillis=deadline)
    assert found == way


@pytest.mark.parametrize(
    ("downloads", "deadline", "way"),
    [
        pytest.param(199, NOW + 1, "DownloadExport", id="room and time"),
        pytest.param(200, NOW + 1, "PublishFailure", id="no room"),
        pytest.param(1, NOW, "PublishFailure", id="no time"),
    ],
)
def test_a_download_goes_on_while_there_is_room_and_time(
    downloads: int, deadline: int, way: str
) -> None:
    given: JsonObject = {"finished": False}
    found = _way("export IsDownloadFinished", given, downloads=downloads, deadlineMillis=deadline)
    assert found == way


@pytest.mark.parametrize(
    ("state", "waiting", "failing"),
    [
        ("export IsFailurePassing", "WaitToTryAgain", "PublishFailure"),
        ("harvest IsFailurePassing", "WaitToListAgain", "CloseHarvest"),
        ("batch IsFailurePassing", "WaitToPlanAgain", "PublishBatchCompleted"),
    ],
)
def test_what_may_pass_is_waited_for_if_the_wait_ends_before_the_deadline(
    state: str, waiting: str, failing: str
) -> None:
    def way(seconds: int, deadline: int) -> str:
        known: JsonObject = {"failure": {"waitSeconds": seconds}, "closing": {}}
        return _way(state, {}, **known, deadlineMillis=deadline)

    assert way(0, NOW + 1) == waiting
    assert way(0, NOW) == failing
    assert way(90, NOW + 90_001) == waiting
    assert way(90, NOW + 90_000) == failing
    assert way(-1, NOW + 90_000) == failing


@pytest.mark.parametrize(("calls", "more"), [(6, True), (7, False)])
def test_an_export_of_a_harvest_has_seven_invocations(calls: int, *, more: bool) -> None:
    unfinished: JsonObject = {"calls": calls, "result": {"finished": False}}
    assert (_way("harvest IsExportLanded", unfinished) == "LandExport") is more
    passing: JsonObject = {"calls": calls, "failure": {"waitSeconds": 0}}
    assert (_way("harvest IsExportFailurePassing", passing) == "WaitToLandAgain") is more
    lasting: JsonObject = {"calls": calls, "failure": {"waitSeconds": -1}}
    assert _way("harvest IsExportFailurePassing", lasting) == "RecordOutcome"


@pytest.mark.parametrize(
    ("counts", "more"),
    [
        ({"pages": 785}, True),
        ({"pages": 786}, False),
        ({"landed": 785}, True),
        ({"landed": 786}, False),
        ({"again": 999}, True),
        ({"again": 1000}, False),
        ({"failed": 49}, True),
        ({"failed": 50}, False),
        ({"failed": 49, "pages": 281}, True),
        ({"failed": 49, "pages": 282}, False),
        ({"pages": 250, "landed": 250, "again": 300, "failed": 4}, True),
        ({"pages": 250, "landed": 250, "again": 300, "failed": 5}, False),
    ],
)
def test_a_harvest_goes_on_while_its_history_has_room(
    counts: dict[str, JsonValue], *, more: bool
) -> None:
    known: dict[str, JsonValue] = {**dict.fromkeys(("pages", "landed", "again", "failed"), 0)}
    found = _way("harvest IsMoreToList", {"more": True}, **known | counts)
    assert found == ("ListExports" if more else "CloseHarvest")
    assert _way("harvest IsMoreToList", {"more": False}, **known | counts) == "CloseHarvest"


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({"status": "CONTINUE", "round": 12}, "RunExports"),
        ({"status": "CONTINUE", "round": 13}, "PublishBatchCompleted"),
    ],
)
def test_a_batch_has_twelve_rounds(given: JsonObject, way: str) -> None:
    assert _way("batch IsBatchClosed", given) == way


@pytest.mark.parametrize("state", [it for it in STATES if "Catch" in STATES[it]])
def test_what_all_does_not_match_is_caught_in_the_same_way(state: str) -> None:
    first, second = machine.entries(STATES[state], "Catch")
    assert first | {"ErrorEquals": []} == second | {"ErrorEquals": []}


def _variables(state: str, **variables: JsonValue) -> JsonObject:
    execution: JsonObject = {"StartTime": "2026-03-01T06:00:00.000Z", "Name": "n"}
    context: JsonObject = {"Execution": execution, "State": {"RetryCount": 3}}
    payload: JsonObject = {"Payload": PAGE}
    seen: JsonObject = {**variables, "states": {"context": context, "result": payload}}
    return cast("JsonObject", Jsonata(NOW + 5).fill(STATES[state]["Assign"], seen))


def test_deadlines_are_of_the_stack_for_an_export_and_six_hours_for_lists_and_plans() -> None:
    assert _variables("export BeginExport")["deadlineMillis"] == STARTED_MILLIS + 3_600_000
    assert _variables("harvest BeginHarvest")["deadlineMillis"] == STARTED_MILLIS + 21_600_000
    assert _variables("batch BeginBatch")["deadlineMillis"] == STARTED_MILLIS + 21_600_000
    counts = dict.fromkeys(("pages", "failed", "again"), 0)
    listed = _variables("harvest ListExports", **counts)
    assert listed["deadlineMillis"] == NOW + 5 + 21_600_000
    assert listed["again"] == 3


def test_the_retries_of_a_page_count_when_it_fails_in_the_end() -> None:
    states: JsonObject = {"context": {"State": {"RetryCount": 3}}, "errorOutput": {"Error": "E"}}
    for catcher in machine.entries(STATES["harvest ListExports"], "Catch"):
        assigned = Jsonata(NOW).fill(catcher["Assign"], {"failures": 2, "states": states})
        assert cast("JsonObject", assigned)["failures"] == 5


def test_a_download_has_twenty_hours_from_when_the_file_is_ready() -> None:
    (rule,) = (
        rule
        for rule in machine.entries(STATES["export IsExportReady"], "Choices")
        if rule["Next"] == "DownloadExport"
    )
    assigned = cast(
        "JsonObject", Jsonata(NOW).fill(rule["Assign"], {"createdMillis": NOW - 61_500})
    )
    assert assigned == {"deadlineMillis": NOW + 20 * 3_600_000, "tookSeconds": 61.5}
    unfinished: JsonValue = {"finished": False, "receivedBytes": 1, "totalBytes": 9}
    polled: Script = {"CreateExport": [EXPORT], "CheckExport": [{"status": "completed"}]}
    run = Run("export", polled | {"DownloadExport": [unfinished]})
    assert run.engine.visited.count("DownloadExport") == 200
    assert "Only 1 of 9 bytes of export exp_1 came in 200 invocations." in run.end.cause


@pytest.mark.parametrize(
    ("millis", "seconds"), [(NOW + 1_800_000, 1830), (NOW + 90_001, 121), (NOW, 90), (0, 90)]
)
def test_the_reuse_window_is_waited_for_to_its_end_and_a_minute_at_least(
    millis: int, seconds: int
) -> None:
    waiting = STATES["export WaitForReuseWindow"]["Seconds"]
    for retried in (0, 3):
        seen: JsonObject = {"reuseEndsMillis": millis, "retried": retried}
        assert Jsonata(NOW).fill(waiting, seen) == seconds + 20 * retried


def test_the_reuse_window_is_half_an_hour_from_the_creation_of_another_export() -> None:
    rules = machine.entries(STATES["export IsExportNew"], "Choices")
    (rule,) = (rule for rule in rules if rule["Next"] == "WaitForExport")
    assigned = Jsonata(NOW).fill(rule["Assign"], {"attempts": 1})
    assert assigned == {"attempts": 2, "reuseEndsMillis": NOW + 1_800_000}


FUNCTIONS = [
    ("export", "CreateExport", 100_000),
    ("harvest", "ListExports", 100_000),
    ("batch", "PlanBatch", 250_000),
]


@pytest.mark.parametrize(("name", "task", "most"), FUNCTIONS)
def test_an_input_is_handed_over_up_to_its_limit_and_its_size_always(
    name: str, task: str, most: int
) -> None:
    for size in (most, most + 1):
        given: JsonObject = {"x": "x" * (size - 8)}
        run = Run(name, {}, given)
        (payload,) = (_payload(arguments) for asked, arguments in run.asked if asked == task)
        assert payload["input"] == (given if size == most else None)
        assert payload["inputBytes"] == size


def _payload(arguments: JsonValue) -> JsonObject:
    return cast("JsonObject", cast("JsonObject", arguments)["Payload"])


@pytest.mark.parametrize("name", ["export", "harvest"])
def test_an_event_has_a_request_of_100_000_bytes_and_none_that_is_larger(name: str) -> None:
    for size in (100_000, 100_001):
        given: JsonObject = {"x": "x" * (size - 8)}
        run = Run(name, {}, given)
        assert run.bus.details[0]["request"] == (given if size == 100_000 else None)


@pytest.mark.parametrize(("name", "task"), [(name, task) for name, task, _ in FUNCTIONS])
def test_what_a_failure_says_is_cut_to_what_fits(name: str, task: str) -> None:
    message, remedy = "m" * 25_001, "r" * 4001
    cause = hostile.raised(f"{message} Remedy: {remedy}")
    run = Run(name, {task: [StateError("E" * 129, cause)]})
    detail = run.bus.details[0]
    assert detail["error"] == "E" * 128
    assert detail["message"] == message[:-1]
    assert detail["remedy"] == remedy[:-1]


def test_what_a_failure_of_one_harvested_export_says_is_cut_too() -> None:
    cause = hostile.raised("m" * 25_001 + " Remedy: " + "r" * 4001)
    wrong = StateError("E" * 129, cause)
    run = Run("harvest", {"ListExports": [PAGE], "LandExport": [wrong]})
    detail = run.bus.details[0]
    assert [detail[it] for it in ("error", "message", "remedy")] == [
        "E" * 128,
        "m" * 25_000,
        "r" * 4000,
    ]


def test_a_harvest_tries_pages_again_fifty_times_in_all() -> None:
    limited = StateError("RateLimitedError", hostile.raised("429. Remedy: Wait."))
    page: JsonValue = PAGE | {"exports": [], "cursor": {"report": "sprint"}}
    run = Run("harvest", {"ListExports": [limited, page] * 60})
    assert run.end.error == "RateLimitedError"
    assert run.engine.visited.count("WaitToListAgain") == 50


@pytest.mark.parametrize(("count", "landed"), [(50, True), (51, False)])
def test_a_page_has_at_most_50_exports(count: int, *, landed: bool) -> None:
    exports: JsonValue = [{"exportId": "exp_1", "report": "sprint"}] * count
    run = Run("harvest", {"ListExports": [PAGE | {"exports": exports}], "LandExport": [LANDED]})
    assert (run.end.error is None) is landed


def test_a_second_plan_or_round_of_another_number_is_no_round() -> None:
    for number, ends in ((2, "COMPLETE"), (3, "FAILED")):
        again: JsonValue = PLANNED | {"round": number}
        closed: JsonValue = {"status": "COMPLETE"}
        script: Script = {"PlanBatch": [PLANNED], "RunExports": [[]], "CloseBatch": [again, closed]}
        assert Run("batch", script).bus.details[0]["status"] == ends
