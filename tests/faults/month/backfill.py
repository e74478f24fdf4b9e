"""The months before the schedules, made up for: planned, stopped, resumed until all is landed."""

import math
from collections import Counter
from datetime import timedelta
from typing import cast

from tests.faults.month import world
from tests.faults.month.account import CONCURRENCY
from tests.faults.month.desk import Desk, Run

SECONDS_OF_AN_ITEM = 0.6
"""Which takes six, but ten run at a time."""


def a_dry_run(desk: Desk) -> None:
    """A dry run makes a plan, and no export."""
    run = desk.start(desk.size.backfill | {"dryRun": True})
    assert run.end
    assert run.end.state == "PlanSucceeded"
    assert isinstance(run.end.output, dict)
    assert run.end.output["itemCount"] == len(desk.size.items(desk.size.starts))
    assert (run.creates, run.event, run.manifest) == ((), None, {})


def a_backfill_that_is_stopped_and_goes_on(desk: Desk) -> None:
    """The backfill is resumed twice: as a stopped run, then for the teams that were refused."""
    vendor, size = desk.vendor, desk.size
    vendor.too_large.add(world.BIG)
    # As often as an execution creates it.
    vendor.failing[world.FLAKY, "2024-11-01"] = 3
    vendor.damaged.add(world.DAMAGED)
    vendor.lost.add((world.LOST, "2024-12-01"))
    vendor.refused |= {*world.REFUSED}
    items = size.items(size.starts)

    half = SECONDS_OF_AN_ITEM * size.leaves * size.months / 2
    stopped = desk.start(size.backfill, stop_after=half)
    assert (stopped.end, stopped.event, stopped.manifest) == (None, None, {})
    landed = {*desk.landed}
    assert 0 < len(landed) < len(items) / 2
    assert None in desk.account.ended.values()
    assert desk.files == []

    partial = desk.start({"resume": stopped.name})
    squads = world.SQUADS[world.BIG]
    missing = len(world.REFUSED) * size.months
    expected = len(items) + (len(squads) - 1) * size.months
    assert partial.status == "PARTIAL"
    assert partial.message.startswith(
        f"{missing} of {expected} items are missing: {missing} ExportRejectedError "
        f"(productivity of team {world.REFUSED[0]} (Team {world.REFUSED[0]}), {size.starts[0]} to "
    )
    assert "The API refuses the export with 400: Invalid teamId 107). Remedy: " in partial.message
    # What had landed was not asked for again, all else was.
    split = {it._replace(team=team) for it in items if it.team == world.BIG for team in squads}
    assert {*partial.creates} == (items - landed) | split
    for asked, times in Counter(partial.creates).items():
        # Three of one execution, and one more after the hour; no try meets the same export again.
        assert times <= {world.BIG: 3, world.FLAKY: 4}.get(asked.team, 2), asked
    # What is too large takes an hour to say so, as many at a time as there are slots.
    waves = math.ceil(size.months / CONCURRENCY)
    assert partial.ended - partial.started < waves * timedelta(minutes=100)
    _check_bad_teams(desk, partial)
    assert desk.files == []

    vendor.refused.clear()
    whole = desk.start(partial.resumed())
    assert sorted(whole.creates) == sorted(it for it in items if it.team in world.REFUSED)
    assert len(whole.creates) == missing
    assert whole.manifest["resumes"] == [stopped.name, partial.name]
    assert whole.warnings == {}
    assert whole.total("changed") == whole.total("landed") == expected == len(desk.files)
    desk.expect(whole, size.starts)

    refused = desk.start({"resume": whole.name})
    assert (refused.status, refused.creates) == ("FAILED", ())
    assert "it is complete: nothing is left to run" in refused.message
    desk.check_list()


def _check_bad_teams(desk: Desk, run: Run) -> None:
    """Each of the four was overcome, with no more tries than it takes."""
    big = run.lines(world.BIG)
    assert {str(line["outcome"]) for line in big} == {"split"}
    [(_, teams)] = cast("dict[str, list[str]]", run.manifest["splits"]).items()
    assert teams == [world.BIG]
    for team in (world.FLAKY, world.DAMAGED, world.LOST):
        lines = run.lines(team)
        assert len(lines) == desk.size.months
        assert {str(line["outcome"]) for line in lines} == {"landed"}
    [flaky] = [it for it in run.lines(world.FLAKY) if it["tries"] != 1]
    assert (flaky["tries"], desk.vendor.made[str(flaky["exportId"])].number) == (2, 4)
    # The second export of each; a damaged one may have been met before the stop.
    for line in (*run.lines(world.DAMAGED), *run.lines(world.LOST)[-1:]):
        assert desk.vendor.made[str(line["exportId"])].number == 2
    assert not {it.team for it in run.creates}.intersection(world.SQUADS[world.FLAKY])
