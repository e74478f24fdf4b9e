"""Somebody is on call for half a year: what the exports come to is the truth, or it is named.

30 teams in two trees, 12 months made up for and half a year of schedules. Four teams are bad in
four ways: one is too large, one fails for an hour, one's files are damaged, one's export is lost.
"""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

from sei_export.jsontypes import JsonObject
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.month import backfill, world
from tests.faults.month.desk import Desk, Run, objects, start_of
from tests.faults.month.vendor import Team
from tests.faults.month.world import ENGINEERING, OPERATIONS


def test_after_half_a_year_on_call_all_is_landed_or_named_and_none_counts_twice(
    amount: Amount, count: Count
) -> None:
    desk = Desk(world.WHOLE if amount.everything else world.SAMPLE)
    for step in (
        backfill.a_dry_run,
        backfill.a_backfill_that_is_stopped_and_goes_on,
        _a_cut_that_is_remembered,
        _a_team_that_is_renamed,
        _a_run_that_is_repeated,
        _a_team_that_is_split,
        _a_tree_that_is_emptied,
        _a_team_that_is_removed,
        _a_late_run_that_ends_after_a_newer_one,
        _rows_of_teams,
        _a_team_that_is_refused_to_the_end,
    ):
        step(desk)
    _check_that_each_is_landed_or_named(desk, count)


def _month(desk: Desk, month: int, day: int = 2, given: JsonObject | None = None) -> Run:
    """A run of the schedule, with the months before."""
    at = datetime(2025, month, day, 6, tzinfo=UTC)
    return desk.start(_scheduled(month) if given is None else given, at)


def _scheduled(month: int) -> JsonObject:
    return {"scheduledTime": f"2025-{month:02}-02T06:00:00Z"}


def _before(month: int) -> list[str]:
    return world.previous(date(2025, month, 2))


def _asks_whole(run: Run) -> bool:
    return world.BIG in {it.team for it in run.creates}


def _a_cut_that_is_remembered(desk: Desk) -> None:
    run = _month(desk, 1, 20, {})
    assert {*run.warnings} == {"cutRemembered"}
    told = run.warnings["cutRemembered"]
    assert f"Team Team {world.BIG} ({world.BIG}) is exported as the teams inside it" in told
    assert "has been since 2025-01-10" in told
    assert not _asks_whole(run)
    assert (run.total("changed"), run.total("split"), run.manifest["rounds"]) == (0, 0, 1)
    desk.expect(run, _before(1))


def _a_team_that_is_renamed(desk: Desk) -> None:
    trees = desk.vendor.trees
    team = trees[ENGINEERING].find(world.RENAMED)
    assert team
    named = replace(team, name="Payments")
    trees[ENGINEERING] = world.changed(trees[ENGINEERING], world.RENAMED, named)
    run = _month(desk, 2)
    assert {*run.warnings} == {"teamsRenamed", "cutRemembered"}
    assert (
        f'"Payments" ({world.RENAMED}) was "Team {world.RENAMED}"' in run.warnings["teamsRenamed"]
    )
    # The new month, and the team's month before: its name is in its rows.
    assert run.total("changed") == run.total("landed") / 2 + 1
    desk.expect(run, _before(2))


def _a_run_that_is_repeated(desk: Desk) -> None:
    before = [(it["key"], it["versionId"]) for it in desk.files]
    run = _month(desk, 2, 3, _scheduled(2))
    assert ({*run.warnings}, run.total("changed")) == ({"cutRemembered"}, 0)
    assert [(it["key"], it["versionId"]) for it in desk.files] == before
    desk.expect(run, _before(2))


def _a_team_that_is_split(desk: Desk) -> None:
    """And another one's figures of a month before are corrected."""
    trees = desk.vendor.trees
    team = trees[ENGINEERING].find(world.DIVIDED)
    assert team
    first, *others = team.people
    inside = (Team("141", "Left", (first,)), Team("142", "Right", tuple(others)))
    divided = Team(team.id, team.name, inside=inside)
    trees[ENGINEERING] = world.changed(trees[ENGINEERING], world.DIVIDED, divided)
    desk.vendor.restate(ENGINEERING, world.RESTATED, "2025-01-01")
    run = _month(desk, 3)
    assert {*run.warnings} == {"teamsNew", "teamsRenamed"}
    assert '"Left" (141), "Right" (142)' in run.warnings["teamsNew"]
    assert f'"Team 104" ({world.DIVIDED}) contains teams now' in run.warnings["teamsRenamed"]
    # After 28 days the whole is tried again; it is still too large.
    assert _asks_whole(run)
    assert run.total("split") == 2
    # Of the month before: both parts, and what was corrected.
    assert run.total("changed") == run.total("landed") / 2 + 3
    desk.expect(run, _before(3))
    of_team = {start_of(it) for it in desk.files if it["team"] == world.DIVIDED}
    assert of_team == {*desk.size.starts}


def _a_tree_that_is_emptied(desk: Desk) -> None:
    before = desk.files
    desk.vendor.emptied.add(desk.vendor.trees[OPERATIONS].id)
    run = _month(desk, 4)
    assert (run.status, run.creates, run.manifest) == ("FAILED", (), {})
    assert f"asks for the teams of tree {OPERATIONS}, which has no teams" in run.message
    assert desk.files == before
    desk.check_list()

    desk.vendor.emptied = {world.PART}
    in_part = _month(desk, 4, 3, _scheduled(4))
    assert {*in_part.warnings} == {"teamsGone", "teamsRenamed"}
    part = desk.vendor.trees[ENGINEERING].find(world.PART)
    assert part
    assert f"{len(part.inside)} teams are gone" in in_part.warnings["teamsGone"]
    assert f"({world.PART}) contains no teams any more" in in_part.warnings["teamsRenamed"]
    # The part was exported as one: nobody is missing, and nobody comes twice.
    desk.expect(in_part, _before(4))

    desk.vendor.emptied.clear()
    again = _month(desk, 4, 4, _scheduled(4))
    assert {*again.warnings} == {"teamsNew", "teamsRenamed", "cutRemembered"}
    # The last month's files of its teams are new; those of the month before are there.
    assert again.total("changed") == len(part.inside)
    desk.expect(again, _before(4))


def _a_team_that_is_removed(desk: Desk) -> None:
    trees = desk.vendor.trees
    trees[ENGINEERING] = world.changed(trees[ENGINEERING], world.REMOVED)
    run = _month(desk, 5)
    assert {*run.warnings} == {"teamsGone"}
    assert f'"Team {world.REMOVED}" ({world.REMOVED})' in run.warnings["teamsGone"]
    assert run.total("changed") == run.total("landed") / 2
    desk.expect(run, _before(5))


def _a_late_run_that_ends_after_a_newer_one(desk: Desk) -> None:
    newer: list[Run] = []
    desk.account.meanwhile = lambda: newer.append(_month(desk, 6))
    at = datetime(2025, 6, 2, 5, 50, tzinfo=UTC)
    late = desk.start(_scheduled(5), at)
    [june] = newer
    assert late.started < june.started < june.ended < late.ended
    assert late.status == "COMPLETE"
    desk.expect(june, _before(6))
    runs = {start_of(it): it["run"] for it in desk.files}
    assert [runs[start] for start in ("2025-03-01", "2025-04-01", "2025-05-01")] == [
        *(late.name, june.name, june.name)
    ]


def _rows_of_teams(desk: Desk) -> None:
    run = desk.start(world.OF_TEAMS)
    assert run.status == "PARTIAL"
    assert run.message.startswith("1 team lacks its own row")
    listed = desk.read("batches/teams/latest.json")
    missing = [(it["team"], start_of(it)) for it in objects(listed["missingRows"])]
    assert missing == [(world.BIG, "2025-05-01")]
    files = objects(listed["files"])
    tops = {it.id for it in desk.vendor.trees[OPERATIONS].inside}
    assert {it["team"] for it in files} == tops - {world.BIG} | {*world.SQUADS[world.BIG]}
    desk.beside |= {str(it["key"]) for it in files}
    desk.check_list()


def _a_team_that_is_refused_to_the_end(desk: Desk) -> None:
    before = desk.files
    team = world.REFUSED[0]
    desk.vendor.refused.add(team)
    run = _month(desk, 7)
    desk.promise(_before(7))
    assert run.status == "PARTIAL"
    assert run.message.startswith(f"2 of {run.total('expected')} items are missing: 2 Export")
    assert f"team {team} (Team {team}), 2025-05-01 to 2025-05-31; " in run.message
    assert f"team {team} (Team {team}), 2025-06-01 to 2025-06-30: " in run.message
    assert desk.files == before
    new = [it for it in run.items if start_of(it) == "2025-06-01"]
    desk.beside |= {str(it["key"]) for it in new if it["outcome"] == "landed"}
    desk.check_list()


def _check_that_each_is_landed_or_named(desk: Desk, count: Count) -> None:
    listed = {(row.team, start) for (_, start), rows in desk.book.items() for row in rows.values()}
    landed, named = set[tuple[str, str]](), set[tuple[str, str]]()
    for line in desk.runs[-1].items:
        known = landed if line["outcome"] == "landed" else named
        team = str(line["team"])
        known |= {(each, start_of(line)) for each in (team, *world.SQUADS.get(team, ()))}
    # Since then they are told apart by the teams that came, and by those that are gone.
    for run in desk.runs:
        told = [run.warnings.get(code, "") for code in ("teamsRenamed", "teamsGone")]
        gone = re.findall(r"\((\d+)\)", " ".join(told))
        months = {start_of(it) for it in run.items}
        named |= {(team, start) for team in gone for start in months}
    # Whose people are elsewhere since, who is gone, who was refused.
    missing = {
        (world.DIVIDED, "2025-01-01"),
        (world.REMOVED, "2025-03-01"),
        (world.REFUSED[0], "2025-06-01"),
    }
    assert desk.promised - listed - landed == missing <= named
    count(
        "months of teams of somebody who is on call",
        listed=len(desk.promised & listed),
        landed=len((desk.promised & landed) - listed),
        named=len(missing),
    )
    days = (desk.account.now - desk.runs[0].started).days
    count(f"batches of {days} days on call", **Counter(map(_came_of, desk.runs)))
    ended = desk.account.ended.values()
    errors = [end.error for end in ended if end]
    count(
        "exports of somebody who is on call",
        landed=errors.count(None),
        failed=len(errors) - errors.count(None),
        stopped=len(ended) - len(errors),
    )
    assert len(desk.account.bus.details) == sum(1 for it in desk.runs if it.event) + (
        len(errors) - errors.count(None)
    )


def _came_of(run: Run) -> str:
    if run.end is None:
        return "stopped"
    if run.event is None:
        return "only_planned"
    return str(run.status).lower() if run.manifest else "refused"
