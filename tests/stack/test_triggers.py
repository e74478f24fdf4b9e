"""How executions start: from the console without input, from the schedule, for a nominal time."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from local.cloud.stack import LocalCloud
from sei_export.jsontypes import JsonObject
from sei_export.request.path import ABSENT
from tests.stack.harness import Harness
from tests.stack.test_batch import items_of, manifest_of


def _previous_month(today: datetime) -> tuple[str, str]:
    last = today.replace(day=1) - timedelta(days=1)
    return last.strftime("%Y-%m-01"), last.strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="empty input"),
        pytest.param({"Comment": "Insert your JSON here"}, id="the console's own input"),
    ],
)
def test_an_input_that_asks_for_nothing_runs_the_default_request(
    stack: Harness, given: JsonObject
) -> None:
    run = stack.run(given)
    start, end = _previous_month(datetime.now(UTC))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    key = str(run.output["key"])
    assert key.startswith("exports/report=productivity/shape=developer-monthly-")
    assert key.endswith(
        "/scope_org=default/scope_project=demo/scope_tree=Engineering"
        f"/scope_team={ABSENT}/range_start={start}/range_end={end}/export.csv.gz"
    )


def test_a_nominal_time_in_march_lands_february_whenever_the_execution_starts(
    stack: Harness,
) -> None:
    run = stack.run({"scheduledTime": "2026-03-02T06:00:00Z"})

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert "/range_start=2026-02-01/range_end=2026-02-28/" in str(run.output["key"])


def test_the_schedule_starts_a_batch_that_lands_the_previous_month(
    cloud: LocalCloud, stack: Harness
) -> None:
    before = _batches(stack)
    cloud.deploy(ScheduleExpression="rate(1 minute)", ScheduleState="ENABLED")
    deadline = time.monotonic() + 100
    try:
        while not (started := _batches(stack) - before):
            assert time.monotonic() < deadline, "the schedule started nothing"
            time.sleep(1)
    finally:
        cloud.deploy()
    run = stack.wait(started.pop())
    entered = run.history[0]["executionStartedEventDetails"]

    assert isinstance(entered, dict)
    assert set(json.loads(str(entered["input"]))) == {"scheduledTime"}
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    start, end = _previous_month(datetime.now(UTC))
    (item,) = items_of(manifest_of(stack, run))
    assert f"/range_start={start}/range_end={end}/" in str(item["key"])


def _batches(stack: Harness) -> set[str]:
    pages = stack.aws.states.get_paginator("list_executions").paginate(
        stateMachineArn=stack.batch_machine
    )
    return {item["executionArn"] for page in pages for item in page["executions"]}
