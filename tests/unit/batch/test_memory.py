"""What a batch learns for the next one."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import keys
from sei_export.batch.cuts import TRIAL_DAYS, Cut, TooLarge
from sei_export.batch.memory import Learned, learn
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Team
from tests.fakes.batch_items import OF_TREES, TREE, cut
from tests.fakes.known_cuts import TODAY, ago
from tests.fakes.orgtree_strategies import some_ids, trees
from tests.fakes.rounds import TOO_LARGE, Answer, failed, settled
from tests.fakes.samples import least, parsed

CUT_KEY = keys.cut_key(parsed(least("productivity")))
NOTHING = Cut({})
NEW = TooLarge(TODAY, TODAY, f"{TOO_LARGE}: It failed.")
"""What is known of a team that a batch of today found to be too large."""
LARGE, REFUSED = failed(TOO_LARGE), failed("ExportRejectedError")


def _learned(
    *entries: JsonValue, teams: Mapping[str | None, Answer], known: Cut = NOTHING
) -> Learned:
    return learn(*settled(*entries, teams=teams, known=known))


def test_given_that_all_landed_whole_then_there_is_nothing_to_remember() -> None:
    assert _learned(cut("top"), teams={}) == Learned({}, {})


def test_given_a_whole_tree_that_was_split_then_its_root_is_remembered() -> None:
    assert _learned(cut(), teams={None: LARGE}) == Learned(
        {CUT_KEY: Cut({"1": NEW})}, {CUT_KEY: ("1",)}
    )


def test_given_a_split_in_a_split_then_both_are_remembered() -> None:
    assert _learned(cut(), teams={None: LARGE, "2": LARGE}) == Learned(
        {CUT_KEY: Cut({"1": NEW, "2": NEW})}, {CUT_KEY: ("1", "2")}
    )


def test_given_that_only_parts_of_parts_landed_then_the_outer_split_worked_too() -> None:
    teams = {None: LARGE, "2": LARGE, "4": REFUSED, "5": REFUSED, "7": REFUSED}
    assert _learned(cut(), teams=teams).cuts == {CUT_KEY: Cut({"1": NEW, "2": NEW})}


def test_given_a_split_of_which_nothing_landed_then_it_is_told_and_not_remembered() -> None:
    teams = dict.fromkeys(("2", "5", "7"), REFUSED) | {None: LARGE}
    assert _learned(cut(), teams=teams) == Learned({}, {CUT_KEY: ("1",)})


def test_given_a_leaf_that_is_too_large_then_nothing_is_learned_of_it() -> None:
    # There is nothing to split it into.
    assert _learned(cut("leaves"), teams={"3": LARGE}) == Learned({}, {})


def test_given_a_remembered_team_when_it_was_split_at_once_then_it_is_told_and_stays() -> None:
    known = Cut({"1": ago(0), "2": ago(7), "5": ago(TRIAL_DAYS)})
    # Team 5 was tried whole again, and landed.
    assert _learned(cut(), teams={}, known=known) == Learned(
        {CUT_KEY: Cut({"1": ago(0), "2": ago(7)})}, {CUT_KEY: ("1", "2")}
    )


def test_given_a_remembered_team_that_is_tried_again_in_vain_then_its_day_is_today() -> None:
    known = Cut({"1": ago(TRIAL_DAYS)})
    [after] = _learned(cut(), teams={None: LARGE}, known=known).cuts.values()
    assert after == Cut({"1": TooLarge(ago(TRIAL_DAYS).since, TODAY, NEW.why)})


def test_given_a_remembered_team_that_was_not_asked_for_then_nothing_changes() -> None:
    known = Cut({"2": ago(3)})
    assert _learned(cut(["Solo"]), teams={}, known=known) == Learned({}, {})


def test_given_what_was_known_and_what_is_new_then_both_are_told_in_order() -> None:
    known = Cut({"5": ago(3)})
    learned = _learned(cut("top"), teams={"2": LARGE}, known=known)
    assert learned == Learned({CUT_KEY: Cut({"2": NEW, **known.teams})}, {CUT_KEY: ("2", "5")})


def test_given_two_reports_then_each_is_learned_for_itself() -> None:
    # What of the other report was known was not asked for.
    known = Cut({"2": ago(3)})
    record, ledger = settled(
        cut(), cut("top", "sprint"), teams={None: LARGE}, known=known, report="sprint"
    )
    sprint = keys.cut_key(parsed(least("sprint")))
    assert learn(record, ledger) == Learned({}, {sprint: ("2",)})


def test_given_that_what_is_known_does_not_count_then_what_lands_whole_is_forgotten() -> None:
    known = Cut({"2": ago(3), "5": ago(3), "9": ago(3)})
    record, ledger = settled(cut("top"), teams={"2": LARGE}, known=known, forget=True)
    # Of what was not tried, such as another plan's teams, nothing is forgotten.
    again = TooLarge(ago(3).since, TODAY, NEW.why)
    after = Cut({"2": again, "9": ago(3)})
    assert learn(record, ledger) == Learned({CUT_KEY: after}, {CUT_KEY: ("2",)})


def test_given_items_without_a_tree_then_they_say_nothing_of_any() -> None:
    entries = (least("sprint", scope={"teamId": "2"}), least("team-report"))
    known = Cut({"2": ago(TRIAL_DAYS)})
    assert _learned(*entries, teams={}, known=known) == Learned({}, {})


def test_given_a_root_that_the_api_does_not_name_then_it_is_remembered_by_no_name() -> None:
    tree = OrgTree("Engineering", Team(MADE_ROOT, "Engineering", TREE.root.children))
    record, ledger = settled(cut(), teams={None: LARGE}, tree=tree)
    assert learn(record, ledger) == Learned(
        {CUT_KEY: Cut({MADE_ROOT: NEW})}, {CUT_KEY: (MADE_ROOT,)}
    )


def test_given_a_tree_that_could_not_be_read_then_what_was_known_stays() -> None:
    known = Cut({"1": ago(3)})
    record, ledger = settled(cut(), teams={}, known=known, tree=None)
    assert learn(record, ledger) == Learned({}, {})


@pytest.mark.parametrize("report", OF_TREES)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_learned_is_enough_for_one_round_the_next_time(
    report: str, data: st.DataObject
) -> None:
    tree = data.draw(trees())
    drawn = data.draw(some_ids(tree))
    large = [team for team in tree.teams() if team.children and team.id in drawn]
    teams: dict[str | None, Answer] = {
        None if team is tree.root else team.id: LARGE for team in large
    }
    record, ledger = settled(cut("none", report), teams=teams, report=report, tree=tree)
    learned = learn(record, ledger)
    [before] = record.cuts.values()
    [key] = record.cuts
    after = learned.cuts.get(key, before)
    again, account = settled(
        cut("none", report), teams=teams, known=after, report=report, tree=tree
    )
    assert len(account.lines) == again.item_count
    assert after.splits(TODAY) == {*learned.splits.get(key, ())}
