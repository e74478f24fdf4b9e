"""What may pass is waited for by a Wait state: as long as the API asks for, or ever longer.

Chance is always a half here: 15 of up to 30 seconds, and half of each backoff.
"""

import pytest

from sei_export.jsontypes import JsonValue
from tests.statemachine import hostile
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import EXPORT, LANDED, PAGE, PLANNED, SCRIPTS, Run, Script

COMPLETED: JsonValue = {"status": "completed"}


def _limited(seconds: object = None, error: str = "RateLimitedError") -> StateError:
    told = "" if seconds is None else f" Retry-After: {seconds}."
    message = f"POST /exports answered 429 at try 1 of 3.{told} Remedy: Wait."
    return StateError(error, hostile.raised(message, error))


def _export(*created: JsonValue | StateError, **others: list[JsonValue | StateError]) -> Script:
    done: Script = {"CheckExport": [COMPLETED], "DownloadExport": [LANDED]}
    return {"CreateExport": [*created], **done, **others}


@pytest.mark.parametrize("error", ["RateLimitedError", "ServiceUnavailableError"])
@pytest.mark.parametrize(
    ("name", "script", "state"),
    [
        pytest.param("export", _export("?", EXPORT), "CreateExport", id="create"),
        pytest.param(
            "export", _export(EXPORT, CheckExport=["?", COMPLETED]), "CheckExport", id="poll"
        ),
        pytest.param(
            "export", _export(EXPORT, DownloadExport=["?", LANDED]), "DownloadExport", id="download"
        ),
        pytest.param(
            "export",
            {"CreateExport": [EXPORT | {"legacy": True}], "FetchReport": ["?", LANDED]},
            "FetchReport",
            id="legacy report",
        ),
        pytest.param(
            "harvest",
            {"ListExports": ["?", PAGE], "LandExport": [LANDED]},
            "ListExports",
            id="list",
        ),
        pytest.param(
            "harvest", {"ListExports": [PAGE], "LandExport": ["?", LANDED]}, "LandExport", id="land"
        ),
        pytest.param(
            "batch",
            SCRIPTS["batch"]["is complete"] | {"PlanBatch": ["?", PLANNED]},
            "PlanBatch",
            id="plan",
        ),
    ],
)
def test_given_a_retry_after_of_200_s_when_refused_then_so_long_nothing_is_asked(
    name: str, script: Script, state: str, error: str
) -> None:
    refused = _limited(200, error)
    run = Run(
        name,
        {
            task: [refused if it == "?" else it for it in answers]
            for task, answers in script.items()
        },
    )
    run.check()
    assert run.end.error is None
    # And up to half a minute, so that not all who wait come back in the same second.
    assert 215 in run.engine.waited
    assert run.engine.visited.count(state) == 2
    between = run.engine.visited[run.engine.visited.index(state) + 1 :]
    assert any(entered.startswith("WaitTo") for entered in between[: between.index(state)])


@pytest.mark.parametrize(("seconds", "waited"), [(0, 15), (1, 16), (3000, 3015)])
def test_what_the_api_asks_for_is_waited_for(seconds: int, waited: int) -> None:
    run = Run("export", _export(_limited(seconds), EXPORT))
    assert run.end.error is None
    assert run.engine.waited[0] == waited


@pytest.mark.parametrize("seconds", [3600, 86_400, 999_999_999])
def test_given_a_wait_beyond_the_deadline_then_it_fails_at_once(seconds: int) -> None:
    run = Run("export", _export(_limited(seconds), EXPORT))
    run.check()
    assert run.end.error == "RateLimitedError"
    assert run.end.cause == (
        f"POST /exports answered 429 at try 1 of 3. Retry-After: {seconds}. Remedy: Wait."
    )
    assert run.engine.waited == []


@pytest.mark.parametrize("seconds", ["soon", "-5", "1" * 10, "", "0x10"])
def test_given_what_is_no_time_then_the_machines_own_is_waited_for(seconds: str) -> None:
    run = Run("export", _export(_limited(seconds), EXPORT))
    assert run.engine.waited[0] == 15


def test_given_a_text_that_quotes_another_time_then_the_last_one_counts() -> None:
    message = "It said: Retry-After: 3000. Retry-After: 20. Remedy: Retry-After: 40."
    refused = StateError("RateLimitedError", hostile.raised(message))
    assert Run("export", _export(refused, EXPORT)).engine.waited[0] == 35


@pytest.mark.parametrize(
    ("name", "script"),
    [
        pytest.param("export", {"CreateExport": [_limited()]}, id="create"),
        pytest.param("export", {"CreateExport": [EXPORT], "CheckExport": [_limited()]}, id="poll"),
        pytest.param("export", _export(EXPORT, DownloadExport=[_limited()]), id="download"),
        pytest.param("harvest", {"ListExports": [_limited()]}, id="list"),
        pytest.param("batch", {"PlanBatch": [_limited()]}, id="plan"),
    ],
)
def test_without_a_time_the_waits_double_up_to_a_quarter_of_an_hour_ten_times(
    name: str, script: Script
) -> None:
    run = Run(name, script, minutes="600")
    run.check()
    assert run.end.error == "RateLimitedError"
    # Before the first poll it is waited as before any.
    waited = [it for it in run.engine.waited if it >= 15]
    assert waited == [15, 30, 60, 120, 240, 450, 450, 450, 450, 450]


def test_a_legacy_report_is_tried_four_times_more() -> None:
    run = Run("export", {"CreateExport": [EXPORT | {"legacy": True}], "FetchReport": [_limited()]})
    assert run.end.error == "RateLimitedError"
    assert run.engine.waited == [15, 30, 60, 120]


def test_what_a_harvest_lands_is_tried_seven_times_in_all() -> None:
    run = Run("harvest", {"ListExports": [PAGE], "LandExport": [_limited()]})
    run.check()
    assert run.engine.waited == [15, 30, 60, 60, 60, 60]
    assert [detail["error"] for detail in run.bus.details] == [
        "RateLimitedError",
        "HarvestIncompleteError",
    ]


def test_what_a_harvest_lands_waits_half_an_hour_at_most() -> None:
    script: Script = {"ListExports": [PAGE], "LandExport": [_limited(1800), _limited(1801)]}
    assert Run("harvest", script).engine.waited == [1815]


TWICE: list[JsonValue | StateError] = [_limited(), _limited()]
UNFINISHED: JsonValue = {"finished": False}
MORE: JsonValue = PAGE | {"exports": [], "cursor": {"report": "sprint"}}


@pytest.mark.parametrize(
    ("name", "script"),
    [
        pytest.param(
            "export", _export(*TWICE, EXPORT, CheckExport=[*TWICE, COMPLETED]), id="create, poll"
        ),
        pytest.param(
            "export",
            _export(EXPORT, CheckExport=[*TWICE, {"status": "queued"}, *TWICE, COMPLETED]),
            id="poll, poll",
        ),
        pytest.param(
            "export",
            _export(EXPORT, CheckExport=[*TWICE, COMPLETED], DownloadExport=[*TWICE, LANDED]),
            id="poll, download",
        ),
        pytest.param(
            "export",
            _export(EXPORT, DownloadExport=[*TWICE, UNFINISHED, *TWICE, LANDED]),
            id="download, download",
        ),
        pytest.param("harvest", {"ListExports": [*TWICE, MORE, *TWICE, PAGE]}, id="list, list"),
    ],
)
def test_after_a_success_the_tries_are_counted_anew(name: str, script: Script) -> None:
    run = Run(name, script | {"LandExport": [LANDED]})
    assert run.end.error is None
    assert [wait for wait in run.engine.waited if wait >= 15][:4] == [15, 30, 15, 30]


@pytest.mark.parametrize("error", ["StorageError", "InvalidRequestError", "KeyError"])
def test_what_does_not_pass_is_not_waited_for(error: str) -> None:
    run = Run("export", _export(_limited(200, error), EXPORT))
    assert (run.end.error, run.engine.waited) == (error, [])


def test_a_day_of_polls_of_which_each_fails_at_first_fits_into_a_history() -> None:
    polls: list[JsonValue | StateError] = [_limited(), {"status": "processing"}] * 3000
    script = _export(EXPORT, CheckExport=polls)
    run = Run("export", script, minutes="1440")
    run.check()
    assert run.end.error in {"ExportTimedOutError", "RateLimitedError"}
    # As long as there is room, each is tried again; then the first failure is the last.
    assert run.engine.visited.count("WaitToTryAgain") == 200
