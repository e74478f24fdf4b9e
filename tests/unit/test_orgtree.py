"""Org trees: walking them, cutting them into exports, and their form in files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.api.treeforms import read_tree
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Row, Team
from tests.fakes.orgtree_strategies import (
    ENGINEERING,
    chain,
    leaves_of,
    row_tree,
    some_ids,
    trees,
)

TREE = read_tree(ENGINEERING, "Engineering")


def _ids(tree: OrgTree) -> list[str]:
    return [team.id for team in tree.teams()]


# --- walking and cutting ---


def test_teams_come_each_before_those_inside_it() -> None:
    assert _ids(TREE) == ["1", "2", "3", "4", "5", "6", "7"]
    assert [team.id for team in TREE.at_depth(None)] == ["3", "4", "6", "7"]
    assert [team.id for team in TREE.ancestors("3")] == ["2", "1"]
    assert [*TREE.ancestors("1")] == []
    assert TREE.find("7") == Team("7", "Solo")
    assert TREE.find("8") is None


def test_given_a_tree_of_five_thousand_levels_then_nothing_recurses() -> None:
    tree = row_tree(chain(5000))
    assert len([*tree.ancestors("5000")]) == 4999
    assert [team.id for team in tree.at_depth(None)] == ["5000"]
    assert [team.id for team in tree.at_depth(4998)] == ["4999"]
    everything = {str(ref_id) for ref_id in range(1, 5001)}
    assert [team.id for team in tree.split([tree.root], everything)] == ["5000"]
    assert len([*tree.opened([tree.root], everything)]) == 4999
    again = OrgTree.from_json(json.loads(json.dumps(tree.to_json())))
    assert _ids(again) == _ids(tree)


@given(data=st.data())
def test_a_split_covers_the_same_leaves_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    parts = [*tree.split([tree.root], data.draw(some_ids(tree)))]
    leaves = [leaf.id for part in parts for leaf in leaves_of(part)]
    assert leaves == [leaf.id for leaf in leaves_of(tree.root)]


@given(tree=trees())
def test_without_a_depth_they_are_the_teams_that_contain_none(tree: OrgTree) -> None:
    assert [*tree.at_depth(None)] == [*leaves_of(tree.root)]
    assert [*tree.at_depth(0)] == [tree.root]


@given(data=st.data())
def test_what_is_opened_is_what_a_split_replaces(data: st.DataObject) -> None:
    tree = data.draw(trees())
    too_large = data.draw(some_ids(tree))
    opened = [team.id for team in tree.opened([tree.root], too_large)]
    for team in tree.teams():
        around = {outer.id for outer in tree.ancestors(team.id)}
        is_opened = bool(team.children) and {team.id, *around} <= too_large
        assert (team.id in opened) is is_opened
    assert opened == [team_id for team_id in _ids(tree) if team_id in opened]


def test_the_whole_tree_is_too_large_by_either_of_its_names() -> None:
    for root in ("1", MADE_ROOT):
        assert [team.id for team in TREE.split([TREE.root], {root})] == ["2", "5", "7"]
        assert [*TREE.opened([TREE.root], {root})] == [TREE.root]


def test_a_too_large_team_without_teams_inside_it_stays() -> None:
    assert [team.id for team in TREE.split([TREE.root], {"1", "7", "5", "6", "99"})] == [
        "2",
        "6",
        "7",
    ]


# --- a team in two others, and teams without an id ---

TWICE: list[Row] = [
    (0, "1", "Root"),
    *[(1, "2", "A"), (2, "4", "Shared"), (3, "8", "Inner"), (2, "5", "Only A's")],
    *[(1, "3", "B"), (2, "4", "Shared"), (3, "8", "Inner")],
    (1, "6", "Apart"),
]
"""A tree with a team that is in two others."""


def _teams(tree: OrgTree, *ids: str) -> list[Team]:
    return [team for team_id in ids if (team := tree.find(team_id))]


def test_a_team_in_two_others_comes_once_and_is_inside_both() -> None:
    tree = row_tree(TWICE)
    assert _ids(tree) == ["1", "2", "4", "8", "5", "3", "6"]
    assert [team.id for team in tree.ancestors("8")] == ["4", "2", "3", "1"]
    assert [team.id for team in tree.at_depth(None)] == ["8", "5", "6"]
    assert [team.id for team in tree.at_depth(2)] == ["4", "5", "6"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        pytest.param(["2", "3", "6"], ("4", "2", "3"), id="both around it"),
        pytest.param(["4", "3"], ("4", "4", "3"), id="it and one around it"),
        pytest.param(["8", "3"], ("8", "8", "3"), id="a team inside it and one around it"),
        pytest.param(["2", "6"], None, id="one around it"),
        pytest.param(["4", "5", "6"], None, id="it alone"),
        pytest.param(["1"], None, id="the root"),
    ],
)
def test_two_teams_have_the_same_rows_if_one_team_is_in_both(
    chosen: list[str], found: tuple[str, ...] | None
) -> None:
    tree = row_tree(TWICE)
    both = tree.in_two(_teams(tree, *chosen))
    assert (tuple(team.id for team in both) if both else None) == found


@given(data=st.data())
def test_in_a_tree_without_such_a_team_no_two_parts_have_the_same_rows(
    data: st.DataObject,
) -> None:
    tree = data.draw(trees())
    parts = tree.split([tree.root], data.draw(some_ids(tree)))
    assert tree.in_two(parts) is None


def test_given_a_team_in_two_parts_then_what_is_around_them_is_not_split() -> None:
    tree = row_tree(TWICE)
    assert tree.parts(tree.root) == ()
    assert [team.id for team in tree.split([tree.root], {"1", "2"})] == ["1"]
    assert [*tree.opened([tree.root], {"1", "2"})] == []
    # Each of the two by itself can be.
    assert [team.id for team in tree.split(_teams(tree, "2"), {"2"})] == ["4", "5"]
    assert [team.id for team in tree.split(_teams(tree, "2", "3"), {"2", "3"})] == ["4", "5"]
    assert [team.id for team in tree.opened(_teams(tree, "2", "3"), {"2", "3", "4"})] == [
        "3",
        "4",
        "2",
    ]


def test_given_a_part_without_an_id_then_what_is_around_it_is_not_split() -> None:
    tree = row_tree([(0, "1", "Root"), (1, "?1", "Odd"), (2, "3", "Leaf"), (1, "2", "Even")])
    odd = tree.find("?1")
    assert odd
    assert odd.is_unnamed
    assert tree.parts(tree.root) == ()
    assert [team.id for team in tree.parts(odd)] == ["3"]
    assert [*tree.split([tree.root], {"1"})] == [tree.root]
    assert [team.id for team in tree.at_depth(None)] == ["3", "2"]


def test_given_a_file_with_a_team_inside_itself_then_walking_still_ends() -> None:
    tree = row_tree([(0, "1", "A"), (1, "2", "B"), (2, "1", "A")])
    assert [team.id for team in tree.ancestors("1")] == ["2"]


def test_a_tree_with_such_teams_comes_back_from_its_file() -> None:
    tree = row_tree([*TWICE, (1, "?1", "Odd")])
    assert OrgTree.from_json(json.loads(json.dumps(tree.to_json()))) == tree


# --- the form in files ---


@given(tree=trees(), is_flat=st.booleans())
def test_a_tree_comes_back_from_its_file(tree: OrgTree, *, is_flat: bool) -> None:
    tree = OrgTree(tree.name, tree.root, is_flat)
    assert OrgTree.from_json(json.loads(json.dumps(tree.to_json()))) == tree


def test_the_form_is_compact() -> None:
    assert row_tree(chain(2)).to_json() == {
        "name": "Engineering",
        "isFlat": False,
        "teams": [[0, "1", "Team 1"], [1, "2", "Team 2"]],
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": None}, id="no name"),
        pytest.param({"isFlat": "no"}, id="a text for a flag"),
        pytest.param({"teams": None}, id="no list"),
        pytest.param({"teams": []}, id="no root"),
        pytest.param({"teams": [[1, "1", "A"]]}, id="no depth of 0"),
        pytest.param({"teams": [[0, "1", "A"], [0, "2", "B"]]}, id="two roots"),
        pytest.param({"teams": [[0, "1", "A"], [2, "2", "B"]]}, id="a level left out"),
        pytest.param({"teams": [[0, "1", "A"], [1, 2, "B"]]}, id="an id that is a number"),
        pytest.param({"teams": [[0, "1"]]}, id="a team without a name"),
        pytest.param({"teams": [{"id": "1"}]}, id="another form of a team"),
    ],
)
def test_what_is_no_such_form_is_refused(changes: JsonObject) -> None:
    with pytest.raises(InvalidRequestError, match=r"not what OrgTree\.to_json writes"):
        OrgTree.from_json({**TREE.to_json(), **changes})


@pytest.mark.parametrize("given_value", [None, [], "Engineering", 1])
def test_what_is_no_object_is_refused(given_value: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        OrgTree.from_json(given_value)
    assert caught.value.problems == ("tree is not what OrgTree.to_json writes.",)
    assert caught.value.remedy == BY_HAND
