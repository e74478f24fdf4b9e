"""Redrive: what a failure ends stays ended; what the platform ended goes on, with time to do so.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

import json
from collections.abc import Iterator
from typing import cast

import pytest

from sei_export.jsontypes import JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.engine import ABORTED
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import (
    DEFINITIONS,
    EXPORT,
    PAGE,
    SCRIPTS,
    Run,
    Script,
    given_to,
)

DAYS = 3
"""Longer than every deadline: of an export one day, of a download 20 hours."""
MINUTE = 60_000
SUCCEEDING = {
    "export": ("lands", "fails, is made again and lands", "is a legacy report"),
    "harvest": ("lands",),
    "batch": ("is complete", "waits for new exports"),
}
FAILING = [
    pytest.param(name, title, id=f"{name} {title}")
    for name, scripts in SCRIPTS.items()
    for title in scripts
    if name != "child" and title not in (*SUCCEEDING[name], "is only planned")
]
LAST = {"export": "ExportFailed", "harvest": "HarvestFailed", "batch": "BatchFailed"}


def _resumable(name: str) -> set[str]:
    """States in which time passes, so that the platform may end an execution there."""
    states = machine.states(cast("machine.Tree", DEFINITIONS[name]))
    return {title for title, state in states.items() if state["Type"] in {"Task", "Wait", "Map"}}


def _stops(name: str, title: str) -> Iterator[int]:
    """Where the platform may end a run of a script."""
    visited = Run(name, SCRIPTS[name][title], given_to(name)).engine.visited
    for at, state in enumerate(visited, 1):
        if state in _resumable(name):
            yield at


STOPS = [
    pytest.param(name, SCRIPTS[name][title], at, id=f"{name} {title}, at its {at}.")
    for name, titles in SUCCEEDING.items()
    for title in titles
    for at in _stops(name, title)
]


@pytest.mark.parametrize(("name", "script", "at"), STOPS)
def test_given_a_run_that_the_platform_ended_anywhere_when_redriven_days_later_then_it_succeeds(
    name: str, script: Script, at: int
) -> None:
    run = Run(name, script, given_to(name), stopped_at=at)
    assert run.end.error == ABORTED
    run.redrive(DAYS)
    run.check()
    assert run.end.error is None, run.end


@pytest.mark.parametrize(("name", "title"), FAILING)
def test_given_a_failure_when_redriven_then_it_fails_again_at_once_and_tells_nobody(
    name: str, title: str
) -> None:
    run = Run(name, SCRIPTS[name][title], given_to(name))
    assert run.end.state == LAST[name]
    ended, told, asked = run.end, len(run.bus.taken), len(run.asked)
    run.redrive(DAYS)
    assert (run.end.state, run.end.error) == (ended.state, ended.error)
    assert (len(run.bus.taken), len(run.asked)) == (told, asked)


PENDING: JsonValue = {"status": "processing"}
COMPLETED: JsonValue = {"status": "completed"}
UNFINISHED: JsonValue = {"finished": False, "receivedBytes": 1, "totalBytes": None}
LIMITED = StateError("RateLimitedError", hostile.raised("429. Remedy: Wait."))


@pytest.mark.parametrize(
    ("name", "script", "state", "error", "minutes"),
    [
        pytest.param(
            "export",
            {"CreateExport": [EXPORT], "CheckExport": [PENDING]},
            "WaitForExport",
            "ExportTimedOutError",
            60,
            id="an export that never ends",
        ),
        pytest.param(
            "export",
            {"CreateExport": [LIMITED]},
            "CreateExport",
            "RateLimitedError",
            60,
            id="a creation that is limited for ever",
        ),
        pytest.param(
            "export",
            {"CreateExport": [EXPORT], "CheckExport": [COMPLETED], "DownloadExport": [LIMITED]},
            "DownloadExport",
            "RateLimitedError",
            1200,
            id="a download that is limited for ever",
        ),
        pytest.param(
            "harvest",
            {"ListExports": [PAGE | {"cursor": {"report": "sprint"}, "exports": []}, LIMITED]},
            "ListExports",
            "RateLimitedError",
            360,
            id="a list that is limited for ever",
        ),
        pytest.param(
            "batch",
            {"PlanBatch": [LIMITED]},
            "PlanBatch",
            "RateLimitedError",
            360,
            id="a plan that is limited for ever",
        ),
    ],
)
def test_a_redriven_run_has_as_long_as_a_new_one_and_no_longer(
    name: str, script: Script, state: str, error: str, minutes: int
) -> None:
    at = Run(name, script).engine.visited.index(state) + 1
    run = Run(name, script, stopped_at=at)
    begun = run.engine.jsonata.millis + DAYS * 24 * 60 * MINUTE
    waits = len(run.engine.waited)
    run.redrive(DAYS)
    run.check()
    assert run.end.error == error
    assert len(run.engine.waited) >= waits + 5
    waited = run.engine.jsonata.millis - begun
    assert waited <= (minutes + 16) * MINUTE
    if error == "ExportTimedOutError":
        assert waited >= minutes * MINUTE


def test_a_redriven_download_has_twenty_hours_from_then_on() -> None:
    script: Script = {
        "CreateExport": [EXPORT],
        "CheckExport": [COMPLETED],
        "DownloadExport": [UNFINISHED],
    }
    at = Run("export", script).engine.visited.index("DownloadExport") + 1
    run = Run("export", script, stopped_at=at)
    run.redrive(DAYS)
    left = cast("int", run.engine.variables["deadlineMillis"]) - run.engine.jsonata.millis
    assert left == 20 * 60 * MINUTE
    # What ends it is the history's room, as ever.
    assert run.engine.visited.count("DownloadExport") == 201


@pytest.mark.parametrize(
    ("name", "title"),
    [("export", "lands"), ("harvest", "lands"), ("batch", "is complete")],
)
def test_given_a_deadline_that_knows_of_no_redrive_then_it_ends_the_redriven_run(
    name: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = json.dumps(DEFINITIONS[name]).replace(".RedriveTime", ".RedrivenAt")
    monkeypatch.setitem(DEFINITIONS, name, json.loads(definition))
    ends = set[str | None]()
    for at in _stops(name, title):
        run = Run(name, SCRIPTS[name][title], given_to(name), stopped_at=at)
        run.redrive(DAYS)
        ends.add(run.end.error)
    assert ends - {None}
