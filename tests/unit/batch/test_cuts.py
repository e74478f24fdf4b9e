"""Which teams are too large, remembered from batch to batch."""

import json
from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.cuts import USES_BEFORE_RETRY, Cut
from sei_export.jsontypes import JsonValue

TEAMS = st.sampled_from(["", "1", "2", "3", "4"])
CUTS = st.dictionaries(TEAMS, st.integers(0, 2 * USES_BEFORE_RETRY)).map(Cut)


def _after(
    cut: Cut,
    *,
    too_large: Collection[str] = (),
    landed_whole: Collection[str] = (),
    split_and_landed: Collection[str] = (),
    split_at_once: Collection[str] = (),
) -> Cut:
    """What is known after a batch that found this and nothing else."""
    return cut.after(
        too_large=too_large,
        landed_whole=landed_whole,
        split_and_landed=split_and_landed,
        split_at_once=split_at_once,
    )


def _used(cut: Cut, batches: int) -> Cut:
    """After batches that split what is known and found nothing else."""
    for _ in range(batches):
        cut = _after(cut, split_at_once=cut.splits)
    return cut


def test_given_nothing_known_then_nothing_is_split() -> None:
    assert Cut({}).splits == frozenset()
    assert _after(Cut({}), landed_whole={"1", "2"}) == Cut({})


def test_given_parts_that_landed_then_a_team_is_split_in_each_batch_but_every_11th() -> None:
    cut = _after(Cut({}), too_large={"1"}, landed_whole={"2"}, split_and_landed={"1"})
    for _ in range(USES_BEFORE_RETRY):
        assert cut.splits == {"1"}
        cut = _after(cut, landed_whole={"2"}, split_at_once={"1"})
    assert cut.splits == frozenset()


def test_given_batches_about_other_teams_then_they_are_no_uses() -> None:
    cut = Cut({"1": USES_BEFORE_RETRY - 1, "2": 0})
    assert _after(cut, landed_whole={"3"}, split_at_once={"2"}) == Cut(
        {"1": USES_BEFORE_RETRY - 1, "2": 1}
    )


def test_given_a_retry_that_finds_it_too_large_again_then_it_is_split_as_often_again() -> None:
    cut = _after(
        _used(Cut({"1": 0}), USES_BEFORE_RETRY),
        too_large={"1"},
        landed_whole={"2", "3"},
        split_and_landed={"1"},
    )
    assert _used(cut, USES_BEFORE_RETRY - 1).splits == {"1"}
    assert _used(cut, USES_BEFORE_RETRY).splits == frozenset()


def test_given_a_retry_whose_parts_fail_then_it_is_still_known_to_be_too_large() -> None:
    cut = _after(_used(Cut({"1": 0}), USES_BEFORE_RETRY), too_large={"1"}, landed_whole={"2"})
    assert cut.splits == {"1"}


def test_given_a_retry_that_lands_whole_then_it_is_forgotten() -> None:
    cut = Cut({"1": USES_BEFORE_RETRY, "2": 3})
    assert _after(cut, landed_whole={"1"}, split_at_once={"2"}) == Cut({"2": 4})


def test_given_a_retry_that_ends_in_neither_way_then_it_is_tried_whole_once_more() -> None:
    cut = _after(Cut({"1": USES_BEFORE_RETRY}), landed_whole={"3"})
    assert "1" in cut.uses
    assert cut.splits == frozenset()


def test_given_a_split_that_did_not_work_then_it_is_not_remembered() -> None:
    assert _after(Cut({}), too_large={"1", "2"}, landed_whole={"3"}, split_and_landed={"2"}) == Cut(
        {"2": 0}
    )


def test_given_windows_of_which_one_lands_whole_then_a_team_is_split_all_the_same() -> None:
    # A backfill has a team many times: too large in one month is too large.
    for before in (Cut({}), Cut({"1": USES_BEFORE_RETRY})):
        assert _after(
            before, too_large={"1"}, landed_whole={"1"}, split_and_landed={"1"}
        ).splits == {"1"}


def test_given_the_whole_tree_whose_root_has_no_id_then_it_is_remembered_too() -> None:
    cut = Cut.from_json(
        _after(Cut({}), too_large={""}, landed_whole={"2"}, split_and_landed={""}).to_json()
    )
    assert cut.splits == {""}


@given(
    before=CUTS,
    too_large=st.sets(TEAMS),
    landed_whole=st.sets(TEAMS),
    split_and_landed=st.sets(TEAMS),
    split_at_once=st.sets(TEAMS),
)
def test_only_what_was_known_or_worked_is_known(
    before: Cut,
    too_large: set[str],
    landed_whole: set[str],
    split_and_landed: set[str],
    split_at_once: set[str],
) -> None:
    split_and_landed &= too_large
    after = before.after(
        too_large=too_large,
        landed_whole=landed_whole,
        split_and_landed=split_and_landed,
        split_at_once=split_at_once,
    )
    forgotten = landed_whole - too_large
    assert after.uses.keys() == (before.uses.keys() - forgotten) | split_and_landed
    for team, uses in after.uses.items():
        assert uses == (0 if team in too_large else before.uses[team] + (team in split_at_once))


@given(cut=CUTS)
def test_it_comes_back_from_its_file(cut: Cut) -> None:
    assert Cut.from_json(json.loads(json.dumps(cut.to_json()))) == cut


@pytest.mark.parametrize(
    "split",
    [
        None,
        [],
        "1",
        7,
        ["1"],
        {"1": "0"},
        {"1": None},
        {"1": 0.5},
        {"1": []},
        {"1": True},
        {"1": -1},
    ],
    ids=str,
)
def test_given_a_strange_file_then_nothing_is_known(split: JsonValue) -> None:
    assert Cut.from_json({"split": split}) == Cut({})
    assert Cut.from_json({"splits": {"1": 0}}) == Cut({})


def test_given_a_file_that_is_strange_in_part_then_the_rest_is_known() -> None:
    assert Cut.from_json({"split": {"1": 4, "2": "x"}, "more": 1}) == Cut({"1": 4})


# --- batches at once ---


@given(before=CUTS, after=CUTS)
def test_given_that_nobody_else_wrote_then_what_was_learned_is_written(
    before: Cut, after: Cut
) -> None:
    # A count only grows by one, or begins anew.
    uses = {
        team: count if count < before.uses.get(team, 0) else before.uses[team] + 1
        for team, count in after.uses.items()
        if team in before.uses
    } | dict.fromkeys(set(after.uses) - set(before.uses), 0)
    learned = Cut(
        {team: 0 if uses[team] < before.uses.get(team, 0) else uses[team] for team in uses}
    )
    assert before.joined(before, learned) == learned
    assert learned.joined(before, learned) == learned


def test_given_another_batch_then_what_both_learned_is_known() -> None:
    before = Cut({"whole": 3, "used": 3, "again": 9, "other": 1})
    mine = Cut({"new": 0, "used": 4, "again": 0, "other": 1})
    theirs = Cut({"whole": 3, "used": 4, "again": 9, "other": 2, "theirs": 0})
    assert theirs.joined(before, mine) == Cut(
        {"new": 0, "used": 5, "again": 0, "other": 2, "theirs": 0}
    )


def test_given_what_another_batch_landed_whole_then_a_use_does_not_bring_it_back() -> None:
    assert Cut({}).joined(Cut({"1": 3}), Cut({"1": 4})) == Cut({})
    assert Cut({}).joined(Cut({"1": 3}), Cut({"1": 0})) == Cut({"1": 0})
