"""Many windows of time in one batch, and functions that are killed in the middle of one."""

import time
from contextlib import suppress

import psutil

from local.cloud import processes
from local.cloud.stack import LocalCloud
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness
from tests.stack.test_batch import (
    export_of,
    items_of,
    manifest_of,
    plant,
    run_batch,
    team,
    team_id,
)

MONTHS = 24


def backfill(report: str, scope: JsonObject, **options: str) -> JsonObject:
    """Two years of a report, month by month."""
    entry: JsonObject = {
        "report": report,
        "scope": scope,
        "backfill": {"from": "2024-01-01", "to": "2025-12-31", "window": "month"},
        "options": {"granularity": "monthly", **options},
    }
    return entry


def test_24_months_of_3_reports_land_and_only_what_was_altered_is_changed_later(
    stack: Harness,
) -> None:
    leaf = team("Team")
    tree = plant(stack, team("Root", leaf))
    of_team: JsonObject = {"teamId": team_id(leaf)}
    entries = [
        backfill("productivity", {"orgTreeName": tree, **of_team}, metricLevel="developer"),
        backfill("business-alignment", of_team),
        backfill("sprint", of_team) | {"metricGroups": ["work"]},
    ]
    # Each run gets exports of its own, not those of the run before.
    stack.simulator.behave(team_id(leaf), reuseSeconds=0)
    first = run_batch(stack, *entries)
    assert (first.status, first.cause) == ("SUCCEEDED", "")
    items = items_of(manifest_of(stack, first))
    assert len(items) == 3 * MONTHS
    assert {item["changed"] for item in items} == {True}
    assert len({str(item["key"]) for item in items}) == 3 * MONTHS

    again = run_batch(stack, *entries)
    assert (again.status, again.cause) == ("SUCCEEDED", "")
    assert {item["changed"] for item in items_of(manifest_of(stack, again))} == {False}

    stack.simulator.behave(team_id(leaf), reuseSeconds=0, altered={"productivity": ["2024-07-01"]})
    last = run_batch(stack, entries[0])
    changed = [item for item in items_of(manifest_of(stack, last)) if item["changed"]]
    assert [item["dateRange"] for item in changed] == [{"start": "2024-07-01", "end": "2024-07-31"}]


def test_functions_that_are_killed_in_the_middle_of_a_batch_lose_nothing(
    stack: Harness, cloud: LocalCloud
) -> None:
    leaves = [team(f"Team {n}") for n in range(12)]
    tree = plant(stack, team("Root", *leaves))
    arn = stack.start(
        {"name": "killed", "exports": [export_of(tree, "leaves")]}, stack.batch_machine
    )
    killed = 0
    for _ in range(4):
        time.sleep(1.0)
        killed += kill_functions(cloud)
    run = stack.wait(arn)

    assert killed
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    items = items_of(manifest_of(stack, run))
    assert {item["team"] for item in items} == {team_id(leaf) for leaf in leaves}
    for item in items:
        key = str(item["key"])
        assert stack.csv(key) == stack.simulator.content(str(item["exportId"]))
        assert len(stack.versions(key)) == 1
    assert stack.open_uploads() == 0


def kill_functions(cloud: LocalCloud) -> int:
    """Kill the processes of functions that run now, without a warning; how many there were."""
    (emulator,) = (it for it in processes.load(cloud.noted) if it.name == "the local AWS")
    killed = 0
    for process in psutil.Process(emulator.pid).children(recursive=True):
        # One may end by itself meanwhile.
        with suppress(psutil.NoSuchProcess):
            if "awslambdaric" in process.cmdline():
                process.kill()
                killed += 1
    return killed
