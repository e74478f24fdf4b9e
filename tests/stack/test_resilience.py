"""What passes by itself is waited for, with no more calls than the policy allows."""

import pytest

from sei_export.api.tries import ATTEMPTS
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness, new_team, request_for


@pytest.mark.parametrize(
    ("faults", "step", "calls"),
    [
        pytest.param({"create": [{"status": 429}]}, "create", 2, id="429 without Retry-After"),
        pytest.param({"create": [{"status": 503}] * 2}, "create", 3, id="503 twice on create"),
        pytest.param(
            {"download": [{"status": 503}] * 2}, "download", 3, id="503 twice on download"
        ),
        pytest.param({"create": [{"disconnect": True}]}, "create", 2, id="connection closed"),
        pytest.param(
            {"create": [{"status": 401}]}, "create", 2, id="401 once: the key is read again"
        ),
        pytest.param(
            {"download": [{"status": 403}]}, "download", 2, id="403 once: the key is read again"
        ),
        pytest.param(
            {"create": [{"status": 503}] * (ATTEMPTS + 1)},
            "create",
            ATTEMPTS + 2,
            id="503 for longer than one call: the state machine tries again",
        ),
    ],
)
def test_a_passing_fault_is_overcome_with_as_few_calls_as_it_takes(
    stack: Harness, faults: JsonObject, step: str, calls: int
) -> None:
    team = new_team()
    stack.simulator.behave(team, faults=faults)
    run = stack.run(request_for(team))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert len(stack.simulator.calls(team, step)) == calls
    assert len(stack.simulator.exports(team)) == 1


def test_a_refused_connection_is_overcome(stack: Harness) -> None:
    team = new_team()
    stack.simulator.refuse_connections(1.5)
    run = stack.run(request_for(team))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert len(stack.simulator.calls(team, "create")) == 1
    refused = [
        line
        for line in stack.log_lines("CreateExport")
        if "ConnectionRefusedError" in line and run.arn in line
    ]
    assert 1 <= len(refused) < ATTEMPTS


def test_a_download_that_finds_no_connection_goes_on_after_the_state_machines_wait(
    stack: Harness,
) -> None:
    team = new_team()
    stack.simulator.behave(team, faults={"download": [{"disconnect": True}] * ATTEMPTS})
    run = stack.run(request_for(team))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert run.entered("WaitToTryAgain") == 1
    assert run.entered("DownloadExport") == 2
    assert len(stack.simulator.calls(team, "download")) == ATTEMPTS + 1
