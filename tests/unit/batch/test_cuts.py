"""Which teams are too large, remembered from batch to batch."""

import json
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.cuts import TRIAL_DAYS, Cut, TooLarge
from sei_export.jsontypes import JsonValue

TEAMS = st.sampled_from(["", "1", "2", "3", "4"])
DAYS = st.dates(date(2026, 1, 1), date(2026, 6, 30))
KNOWN = st.builds(
    lambda one, two, why: TooLarge(min(one, two), max(one, two), why), DAYS, DAYS, st.text()
)
CUTS = st.dictionaries(TEAMS, KNOWN).map(Cut)

TODAY = date(2026, 3, 15)
WHY = "ExportTimedOutError: Not ready."


def _known(tried: date, since: date | None = None, why: str = WHY) -> TooLarge:
    return TooLarge(since or tried, tried, why)


def _after(
    cut: Cut,
    today: date = TODAY,
    *,
    too_large: Mapping[str, str] | None = None,
    landed_whole: set[str] | None = None,
    split_and_landed: set[str] | None = None,
) -> Cut:
    """What is known after a batch that found this and nothing else."""
    return cut.after(
        today=today,
        too_large=too_large or {},
        landed_whole=landed_whole or set(),
        split_and_landed=split_and_landed or set(),
    )


def test_given_nothing_known_then_nothing_is_split() -> None:
    assert Cut({}).splits(TODAY) == frozenset()
    assert _after(Cut({}), landed_whole={"1", "2"}) == Cut({})


def test_given_parts_that_landed_then_a_team_is_split_for_a_month_whatever_runs_meanwhile() -> None:
    cut = _after(Cut({}), too_large={"1": WHY}, landed_whole={"2"}, split_and_landed={"1"})
    assert cut == Cut({"1": TooLarge(TODAY, TODAY, WHY)})
    for days in range(TRIAL_DAYS):
        day = TODAY + timedelta(days)
        assert cut.splits(day) == {"1"}
        cut = _after(cut, day, landed_whole={"2"})
    assert cut.splits(TODAY + timedelta(TRIAL_DAYS)) == frozenset()


@pytest.mark.parametrize("month", range(1, 13))
def test_a_monthly_plan_tries_the_whole_each_time(month: int) -> None:
    begin = date(2026, month, 2)
    then = date(2026 + month // 12, month % 12 + 1, 2)
    assert Cut({"1": _known(begin)}).splits(then) == frozenset()


def test_given_a_trial_that_finds_it_too_large_again_then_it_is_split_for_another_month() -> None:
    since = TODAY - timedelta(TRIAL_DAYS)
    again = _after(
        Cut({"1": _known(since, why="Once.")}), too_large={"1": "Again."}, split_and_landed={"1"}
    )
    assert again == Cut({"1": TooLarge(since, TODAY, "Again.")})
    assert again.splits(TODAY + timedelta(TRIAL_DAYS - 1)) == {"1"}


def test_given_a_trial_whose_parts_fail_then_it_is_still_known_to_be_too_large() -> None:
    cut = _after(Cut({"1": _known(TODAY - timedelta(40))}), too_large={"1": WHY})
    assert cut.splits(TODAY) == {"1"}


def test_given_a_trial_that_lands_whole_then_it_is_forgotten() -> None:
    cut = Cut({"1": _known(TODAY - timedelta(40)), "2": _known(TODAY)})
    assert _after(cut, landed_whole={"1"}) == Cut({"2": _known(TODAY)})


def test_given_a_trial_that_ends_in_neither_way_then_it_is_tried_whole_once_more() -> None:
    cut = _after(Cut({"1": _known(TODAY - timedelta(40))}), landed_whole={"3"})
    assert "1" in cut.teams
    assert cut.splits(TODAY) == frozenset()


def test_given_a_split_that_did_not_work_then_it_is_not_remembered() -> None:
    assert _after(
        Cut({}), too_large={"1": WHY, "2": WHY}, landed_whole={"3"}, split_and_landed={"2"}
    ) == Cut({"2": _known(TODAY)})


def test_given_windows_of_which_one_lands_whole_then_a_team_is_split_all_the_same() -> None:
    # A backfill has a team many times: too large in one month is too large.
    for before in (Cut({}), Cut({"1": _known(TODAY - timedelta(40))})):
        after = _after(before, too_large={"1": WHY}, landed_whole={"1"}, split_and_landed={"1"})
        assert after.splits(TODAY) == {"1"}


def test_given_the_whole_tree_whose_root_has_no_id_then_it_is_remembered_too() -> None:
    known = _after(Cut({}), too_large={"": WHY}, landed_whole={"2"}, split_and_landed={""})
    assert Cut.from_json(known.to_json()).splits(TODAY) == {""}


@given(
    before=CUTS,
    too_large=st.dictionaries(TEAMS, st.text()),
    landed_whole=st.sets(TEAMS),
    split_and_landed=st.sets(TEAMS),
)
def test_only_what_was_known_or_worked_is_known(
    before: Cut,
    too_large: dict[str, str],
    landed_whole: set[str],
    split_and_landed: set[str],
) -> None:
    split_and_landed &= too_large.keys()
    after = _after(
        before,
        too_large=too_large,
        landed_whole=landed_whole,
        split_and_landed=split_and_landed,
    )
    forgotten = landed_whole - too_large.keys()
    assert after.teams.keys() == (before.teams.keys() - forgotten) | split_and_landed
    for team, known in after.teams.items():
        was = before.teams.get(team)
        assert known.since == (was.since if was else TODAY)
        if team in too_large:
            assert known.why == too_large[team]
            assert known.tried == max(TODAY, was.tried if was else TODAY)
        else:
            assert known == was


@given(cut=CUTS)
def test_it_comes_back_from_its_file(cut: Cut) -> None:
    assert Cut.from_json(json.loads(json.dumps(cut.to_json()))) == cut


STRANGE: list[JsonValue] = [
    None,
    [],
    "1",
    7,
    ["1"],
    {"1": "0"},
    {"1": None},
    {"1": 3},
    {"1": []},
    {"1": {}},
    {"1": {"since": "2026-03-01", "tried": "2026-03-01"}},
    {"1": {"since": "2026-03-01", "tried": "1st of March", "why": ""}},
    {"1": {"since": 20260301, "tried": "2026-03-01", "why": ""}},
    {"1": {"since": "2026-03-01", "tried": "9999-12-31", "why": ""}},
]


@pytest.mark.parametrize("split", STRANGE, ids=str)
def test_given_a_strange_file_then_nothing_is_known(split: JsonValue) -> None:
    assert Cut.from_json({"split": split}) == Cut({})
    assert Cut.from_json({"splits": {"1": _known(TODAY).to_json()}}) == Cut({})


def test_given_a_file_that_is_strange_in_part_then_the_rest_is_known() -> None:
    known = _known(TODAY)
    assert Cut.from_json({"split": {"1": known.to_json(), "2": "x"}, "more": 1}) == Cut(
        {"1": known}
    )


# --- batches at once ---


@given(before=CUTS, after=CUTS)
def test_given_that_nobody_else_wrote_then_what_was_learned_is_written(
    before: Cut, after: Cut
) -> None:
    # A batch only ever tries later than what it knew, and never changes since when.
    learned = Cut(
        {
            team: TooLarge(was.since, max(was.tried, it.tried), it.why)
            if (was := before.teams.get(team)) and it.tried > was.tried
            else was or it
            for team, it in after.teams.items()
        }
    )
    assert before.joined(before, learned) == learned
    assert learned.joined(before, learned) == learned


def test_given_another_batch_then_what_both_learned_is_known() -> None:
    old, mid, new = (date(2026, month, 1) for month in (1, 2, 3))
    before = Cut({"whole": _known(old), "again": _known(old), "other": _known(old)})
    mine = Cut({"new": _known(mid), "again": _known(mid, old), "other": _known(old)})
    theirs = Cut(
        {
            "whole": _known(old),
            "new": _known(new),
            "again": _known(old),
            "other": _known(mid, old),
            "theirs": _known(mid),
        }
    )
    assert theirs.joined(before, mine) == Cut(
        {
            "new": _known(new, mid),
            "again": _known(mid, old),
            "other": _known(mid, old),
            "theirs": _known(mid),
        }
    )


def test_given_what_one_batch_landed_whole_and_another_found_too_large_then_it_is_known() -> None:
    old, new = _known(date(2026, 1, 1)), _known(date(2026, 3, 1))
    before = Cut({"1": old})
    assert Cut({"1": new}).joined(before, Cut({})) == Cut({"1": new})
    assert Cut({}).joined(before, Cut({"1": new})) == Cut({"1": new})
    assert Cut({}).joined(before, before) == Cut({})
