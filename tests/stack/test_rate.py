"""The API's limit is never reached at the default settings."""

from collections.abc import Iterator

import pytest

from local.cloud.processes import free_pair
from local.cloud.stack import LocalCloud, Options
from local.paths import LOCAL
from tests.stack.harness import Harness
from tests.stack.test_batch import export_of, plant, run_batch, team

TEAMS = 40
MOST_CALLS = 640
"""A minute, by the proof of docs/design.md for the default MaxConcurrency of 10. That no pace but
this one keeps to it, tests/statemachine/test_scale.py shows in virtual time."""


@pytest.fixture(scope="module")
def unhurried() -> Iterator[Harness]:
    """A stack whose waits are as long as on AWS."""
    options = Options(
        state=LOCAL / "test-rate",
        aws_port=free_pair(),
        wait_scale="1",
        simulator_arguments=("--queued-seconds", "0", "--processing-seconds", "0"),
    )
    cloud = LocalCloud(options, print)
    cloud.down()
    try:
        yield Harness(cloud.aws, cloud.up())
    finally:
        cloud.down()


def test_at_the_default_settings_no_call_is_refused(unhurried: Harness) -> None:
    tree = plant(unhurried, team("Root", *(team(f"Team {n}") for n in range(TEAMS))))
    unhurried.simulator.limit(MOST_CALLS)
    run = run_batch(unhurried, export_of(tree, "leaves"))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    statuses = unhurried.simulator.statuses()
    assert sum(statuses.values()) >= 4 * TEAMS
    assert statuses[429] == 0
