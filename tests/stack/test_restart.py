"""An export that failed at the API is created again, once the API no longer hands it out."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from local.cloud.processes import free_pair
from local.cloud.stack import LocalCloud, Options
from local.paths import LOCAL
from tests.stack.harness import ANY_TEAM, Execution, Harness, new_team, request_for

SCALE = 0.002
WINDOW_SECONDS = 6.0
"""The simulator's reuse window; the state machine's 30 minutes take 3.6 s at this scale, so that
the first try comes too early."""


@pytest.fixture(scope="module")
def quick() -> Iterator[Harness]:
    """A stack of its own: hours of waiting in seconds, and hours until the deadline."""
    options = Options(
        state=LOCAL / "test-restart",
        aws_port=free_pair(),
        wait_scale=str(SCALE),
        simulator_arguments=("--queued-seconds", "0", "--processing-seconds", "0", *ANY_TEAM),
    )
    cloud = LocalCloud(options, print)
    cloud.down()
    try:
        yield Harness(cloud.aws, cloud.up())
    finally:
        cloud.down()


def test_a_failed_export_is_created_again_after_the_reuse_window(quick: Harness) -> None:
    team = new_team()
    quick.simulator.behave(
        team, outcomes=["failed", "completed"], reuseSeconds=WINDOW_SECONDS, error="Try later"
    )
    run = quick.run(request_for(team))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert (run.output["attempts"], run.output["reused"]) == (2, False)
    first, second = quick.simulator.exports(team)
    assert run.output["exportId"] == second["exportId"] != first["exportId"]
    # The failed one was handed out again at least once, which was no attempt.
    assert run.entered("CreateExport") == len(quick.simulator.calls(team, "create")) >= 3
    waits = list(_waits(run, "WaitForReuseWindow"))
    assert len(waits) == run.entered("CreateExport") - 1
    # The window's 30 minutes and up to one of chance; clocks run on while scaled waits do not, so
    # later waits are hardly shorter here.
    assert all(1700 <= wait / SCALE <= 1900 for wait in waits)


def test_an_export_that_keeps_failing_fails_after_the_restarts_with_the_apis_words(
    quick: Harness,
) -> None:
    team = new_team()
    quick.simulator.behave(team, outcome="failed", error="Invalid teamId", reuseSeconds=0.1)
    run = quick.run(request_for(team))

    assert (run.status, run.error) == ("FAILED", "ExportFailedError")
    assert "Invalid teamId" in run.cause
    assert len(quick.simulator.exports(team)) == 3  # MaxRestarts is 2
    events = quick.events.find("executionArn", run.arn)
    assert [event["detail-type"] for event in events] == ["ExportFailed"]


def _waits(run: Execution, state: str) -> Iterator[float]:
    """Real seconds that each visit to a Wait state took."""
    entered: datetime | None = None
    for event in run.history:
        for kind in ("stateEnteredEventDetails", "stateExitedEventDetails"):
            details = event.get(kind)
            if not isinstance(details, dict) or details.get("name") != state:
                continue
            moment = datetime.fromisoformat(str(event["timestamp"]))
            if kind == "stateEnteredEventDetails":
                entered = moment
            elif entered:
                yield (moment - entered).total_seconds()
