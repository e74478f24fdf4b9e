"""What has become of the org trees since the last complete run."""

import pytest

from sei_export.batch.comparison import compare
from sei_export.orgtree import OrgTree, Row, TreeName
from tests.fakes.orgtree_strategies import row_tree

ROWS: list[Row] = [
    *((0, "1", "Engineering"), (1, "2", "Platform"), (2, "3", "Core"), (2, "4", "Data")),
    *((1, "5", "Product"), (1, "7", "Solo")),
]
NAME = TreeName("acme", "metrics", "Engineering")


def _tree(rows: list[Row], name: str = "Engineering") -> OrgTree:
    return OrgTree(name, row_tree(rows).root)


def _warned(rows: list[Row]) -> list[tuple[str, str]]:
    found = compare({NAME: _tree(ROWS)}, {NAME: _tree(rows)}, "run-1")
    return [(it.code, it.message) for it in found]


def test_given_the_same_teams_then_there_is_nothing_to_tell_whatever_their_order() -> None:
    assert _warned(ROWS) == []
    assert _warned([ROWS[0], ROWS[5], ROWS[4], *ROWS[1:4]]) == []


def test_given_a_team_that_is_gone_and_one_that_is_new_then_both_are_named() -> None:
    assert _warned([*ROWS[:5], (1, "8", "Mobile")]) == [
        ("teamsGone", '1 team is gone from org tree Engineering since run run-1: "Solo" (7).'),
        ("teamsNew", '1 team is new in org tree Engineering since run run-1: "Mobile" (8).'),
    ]


def test_given_teams_that_were_renamed_or_moved_then_they_are_named_with_what_they_were() -> None:
    rows: list[Row] = [
        *((0, "1", "Engineering"), (1, "2", "Platform"), (2, "3", "Kernel")),
        *((1, "5", "Product"), (2, "4", "Data"), (1, "7", "Solo")),
    ]
    [(code, message)] = _warned(rows)
    assert code == "teamsRenamed"
    assert message == (
        '3 teams are renamed or moved in org tree Engineering since run run-1: "Kernel" (3) was '
        '"Core", "Product" (5) contains teams now, "Data" (4) is inside "Product" (5) now.'
    )


def test_given_a_parent_that_contains_none_any_more_then_that_is_told() -> None:
    [gone, changed] = _warned([ROWS[0], ROWS[1], *ROWS[4:]])
    assert gone[0] == "teamsGone"
    assert changed[1].endswith('"Platform" (2) contains no teams any more.')


def test_given_many_then_ten_are_named_and_the_rest_is_counted() -> None:
    new: list[Row] = [(1, str(100 + it), f"New {it}") for it in range(12)]
    [(code, message)] = _warned([*ROWS, *new])
    assert code == "teamsNew"
    assert message.startswith("12 teams are new in ")
    assert message.count('"New ') == 10
    assert message.endswith(" and 2 more.")


def test_given_a_tree_of_another_name_with_the_same_teams_then_it_was_renamed() -> None:
    renamed = TreeName("acme", "metrics", "R&D")
    rows: list[Row] = [(0, "1", "R&D"), *ROWS[1:5]]
    found = compare({NAME: _tree(ROWS)}, {renamed: _tree(rows, "R&D")}, "run-1")
    assert [it.code for it in found] == ["treeRenamed", "teamsGone"]
    assert found[0].message == (
        "Org tree Engineering of run run-1 is R&D now: its files have other keys from here on, and "
        "the old ones stay where they are."
    )


@pytest.mark.parametrize(("more", "renamed"), [(0, True), (1, False)])
def test_a_tree_with_half_of_its_teams_from_one_that_is_gone_is_that_one_and_with_fewer_not(
    more: int, *, renamed: bool
) -> None:
    rows: list[Row] = [(0, "1", "R&D"), (1, "2", "Platform"), (1, "91", "A"), (1, "92", "B")]
    rows += [(1, f"10{it}", "C") for it in range(more)]
    name = TreeName("acme", "metrics", "R&D")
    found = compare({NAME: _tree(ROWS)}, {name: _tree(rows, "R&D")}, "run-1")
    assert ("treeRenamed" in {it.code for it in found}) is renamed


def test_given_another_tree_or_project_then_nothing_was_renamed() -> None:
    before = {NAME: _tree(ROWS)}
    rows: list[Row] = [(0, "91", "Sales"), (1, "92", "East"), (1, "3", "Core")]
    assert compare(before, {TreeName("acme", "metrics", "Sales"): _tree(rows, "Sales")}, "r") == []
    elsewhere = TreeName("acme", "other", "R&D")
    assert compare(before, {elsewhere: _tree(ROWS, "R&D")}, "r") == []


def test_given_two_trees_whose_roots_have_no_id_then_that_makes_them_no_renamed_one() -> None:
    one, two = (_tree([(0, "", name), (1, team, "A")], name) for name, team in ("X1", "Y2"))
    names = [TreeName("acme", "metrics", name) for name in "XY"]
    assert compare({names[0]: one}, {names[1]: two}, "run-1") == []


def test_given_a_tree_that_is_still_there_then_another_with_its_teams_is_another() -> None:
    both = {NAME: _tree(ROWS), TreeName("acme", "metrics", "Copy"): _tree(ROWS, "Copy")}
    assert compare({NAME: _tree(ROWS)}, both, "run-1") == []
