"""Org trees: reading the API's forms, and cutting them into teams."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.api.treeforms import read_tree
from sei_export.batch.selector import WHOLE, Selector, read_selector, select
from sei_export.errors import InvalidRequestError, ProtocolError
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Team
from tests.fakes.orgtree_strategies import (
    ENGINEERING,
    antichains,
    chain,
    nested,
    row_tree,
    some_ids,
    trees,
)

TREE = read_tree(ENGINEERING, "Engineering")


def _ids(tree: OrgTree) -> list[str]:
    return [team.id for team in tree.teams()]


def _deep(length: int) -> JsonObject:
    inner: JsonObject = {"refId": length, "name": "Innermost"}
    for ref_id in reversed(range(1, length)):
        inner = {"refId": ref_id, "name": "Outer", "children": [inner]}
    return inner


# --- the API's forms ---


def test_given_the_nested_form_then_teams_are_inside_each_other_as_in_it() -> None:
    assert TREE.root == Team(
        "1",
        "Engineering",
        (
            Team("2", "Platform", (Team("3", "Payments, Billing"), Team("4", "Mobile"))),
            Team("5", "Product", (Team("6", "Mobile"),)),
            Team("7", "Solo"),
        ),
    )
    assert (TREE.name, TREE.is_flat) == ("Engineering", False)


def test_given_one_root_in_a_list_then_it_is_the_root() -> None:
    assert read_tree([ENGINEERING], "Engineering") == TREE


def test_given_several_roots_then_they_are_inside_a_made_one() -> None:
    other: JsonObject = {"refId": "8", "name": "Engineering", "leaf": True, "children": None}
    tree = read_tree([ENGINEERING, other], "Engineering")
    assert tree.root == Team(MADE_ROOT, "Engineering", (TREE.root, Team("8", "Engineering")))
    assert not tree.is_flat


@pytest.mark.parametrize(
    ("name", "root", "children"),
    [
        pytest.param("Platform", "2", ["1", "3", "4"], id="the first entry of the tree's name"),
        pytest.param("Org", MADE_ROOT, ["1", "2", "3", "4"], id="no entry of the tree's name"),
    ],
)
def test_given_a_flat_list_then_all_teams_are_right_inside_the_root(
    name: str, root: str, children: list[str]
) -> None:
    entries: JsonValue = [
        {"refId": 1, "name": "Payments"},
        {"refId": 2, "name": " Platform "},
        {"refId": "3", "name": "Mobile"},
        {"refId": 4, "name": "Platform"},
    ]
    tree = read_tree(entries, name)
    assert tree.is_flat
    assert tree.root.id == root
    assert [team.id for team in tree.root.children] == children
    assert all(team.children == () for team in tree.root.children)


def test_given_no_teams_at_all_then_the_tree_is_a_made_root() -> None:
    assert read_tree([], "Empty").root == Team(MADE_ROOT, "Empty")


def test_given_a_single_team_in_a_list_then_nothing_is_unknown() -> None:
    assert read_tree([{"refId": 1, "name": "A"}], "Other") == OrgTree("Other", Team("1", "A"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(None, "a team is not an object: None", id="null"),
        pytest.param("<html>", "a team is not an object: '<html>'", id="text"),
        pytest.param({}, "refId of a team is not a number: None", id="empty object"),
        pytest.param({"refId": 1}, "name of team 1 is not a text: None", id="no name"),
        pytest.param({"refId": 1, "name": " "}, "name of team 1 is not a text: ' '", id="blank"),
        pytest.param({"refId": True, "name": "A"}, "not a number: True", id="a boolean"),
        pytest.param({"refId": -1, "name": "A"}, "not a number: -1", id="negative"),
        pytest.param({"refId": 1.0, "name": "A"}, "not a number: 1.0", id="a fraction"),
        pytest.param({"refId": "1a", "name": "A"}, "not a number: '1a'", id="no digits"),
        pytest.param(
            {"refId": "\u0663", "name": "A"}, "not a number", id="digits of another script"
        ),
        pytest.param({"refId": "../1", "name": "A"}, "not a number: '../1'", id="a path"),
        pytest.param({"refId": 10**20, "name": "A"}, "not a number: 1000", id="a huge number"),
        pytest.param({"refId": "1" * 21, "name": "A"}, "not a number: '111", id="a huge text"),
        pytest.param(
            {"refId": 1, "name": "A", "children": {"refId": 2}},
            "children of team 1 is not a list: {'refId': 2}",
            id="children, an object",
        ),
        pytest.param(
            {"refId": 1, "name": "A", "children": [2]}, "a team is not an object: 2", id="a child"
        ),
        pytest.param(
            [{"refId": 1, "name": "A"}, {"refId": 1, "name": "B"}],
            "team 1 is in it twice",
            id="twice in the flat form",
        ),
        pytest.param(
            {"refId": 1, "name": "A", "children": [{"refId": "1", "name": "B"}]},
            "team 1 is in it twice",
            id="inside itself, once as text",
        ),
    ],
)
def test_given_what_is_no_tree_then_the_error_names_tree_and_reason(
    answer: JsonValue, told: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_tree(answer, "Engineering")
    assert caught.value.message.startswith(
        "The API's answer about org tree 'Engineering' cannot be read: "
    )
    assert told in caught.value.message


@given(trees())
def test_any_tree_is_read_as_it_is(tree: OrgTree) -> None:
    assert read_tree(nested(tree.root), tree.name) == tree


# --- walking and cutting ---


def test_teams_come_each_before_those_inside_it() -> None:
    assert _ids(TREE) == ["1", "2", "3", "4", "5", "6", "7"]
    assert [team.id for team in TREE.leaves(TREE.root)] == ["3", "4", "6", "7"]
    assert [team.id for team in TREE.ancestors("3")] == ["2", "1"]
    assert [*TREE.ancestors("1")] == []
    solo = TREE.find("7")
    assert solo
    assert [*TREE.leaves(solo)] == [solo]
    assert TREE.find("8") is None


def test_given_a_tree_of_five_thousand_levels_then_nothing_recurses() -> None:
    tree = read_tree(_deep(5000), "Deep")
    assert len([*tree.ancestors("5000")]) == 4999
    assert [team.id for team in tree.leaves(tree.root)] == ["5000"]
    assert [team.id for team in tree.at_depth(4998)] == ["4999"]
    everything = {str(ref_id) for ref_id in range(1, 5001)}
    assert [team.id for team in tree.split([tree.root], everything)] == ["5000"]
    again = OrgTree.from_json(json.loads(json.dumps(tree.to_json())))
    assert _ids(again) == _ids(tree)


@given(data=st.data())
def test_a_split_covers_the_same_leaves_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    parts = [*tree.split([tree.root], data.draw(some_ids(tree)))]
    leaves = [leaf.id for part in parts for leaf in tree.leaves(part)]
    assert leaves == [leaf.id for leaf in tree.leaves(tree.root)]


def test_the_whole_tree_is_too_large_by_either_of_its_names() -> None:
    for root in ("1", MADE_ROOT):
        assert [team.id for team in TREE.split([TREE.root], {root})] == ["2", "5", "7"]


def test_a_too_large_team_without_teams_inside_it_stays() -> None:
    assert [team.id for team in TREE.split([TREE.root], {"1", "7", "5", "6", "99"})] == [
        "2",
        "6",
        "7",
    ]


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
    with pytest.raises(InvalidRequestError):
        OrgTree.from_json(None)


# --- selectors ---


def _read(selector: JsonValue) -> Selector:
    problems = Problems()
    found = read_selector(selector, problems, "teams")
    assert problems.found == []
    return found


def _selected(selector: JsonValue, tree: OrgTree = TREE) -> list[str]:
    problems = Problems()
    found = select(tree, _read(selector), problems, "teams")
    assert problems.found == []
    return [team.id for team in found]


def _told(selector: JsonValue, tree: OrgTree = TREE) -> list[str]:
    problems = Problems(prefix="exports[0].")
    select(tree, read_selector(selector, problems, "teams"), problems, "teams")
    return problems.found


@pytest.mark.parametrize(
    ("selector", "teams"),
    [
        pytest.param("none", ["1"], id="none"),
        pytest.param(" Leaves ", ["3", "4", "6", "7"], id="leaves"),
        pytest.param("top", ["2", "5", "7"], id="top"),
        pytest.param(0, ["1"], id="depth 0"),
        pytest.param(1, ["2", "5", "7"], id="depth 1"),
        pytest.param(2, ["3", "4", "6", "7"], id="depth 2, where it is"),
        pytest.param(10**30, ["3", "4", "6", "7"], id="deeper than the tree"),
        pytest.param(["5", 3], ["5", "3"], id="ids, text and number"),
        pytest.param([" Product ", "Payments, Billing"], ["5", "3"], id="names"),
        pytest.param(["Engineering"], ["1"], id="the root by name"),
    ],
)
def test_a_selector_selects_these_teams(selector: JsonValue, teams: list[str]) -> None:
    assert _selected(selector) == teams


def test_an_id_comes_before_a_name() -> None:
    tree = row_tree([(0, "1", "2"), (1, "2", "B")])
    assert _selected(["2"], tree) == ["2"]


def test_none_and_depth_0_export_the_tree_as_one() -> None:
    assert _read("none") == _read(0) == WHOLE
    assert WHOLE.is_whole
    others: list[JsonValue] = ["leaves", "top", 2, ["1"]]
    assert not any(_read(selector).is_whole for selector in others)


@pytest.mark.parametrize(
    ("selector", "shown"),
    [
        pytest.param("leafs", '"leafs"', id="a typing error"),
        pytest.param(-1, "-1", id="negative"),
        pytest.param(1.5, "1.5", id="a fraction"),
        pytest.param(True, "true", id="a boolean"),
        pytest.param([], "[]", id="an empty list"),
        pytest.param(None, "null", id="null"),
        pytest.param({"depth": 1}, '{"depth": 1}', id="an object"),
    ],
)
def test_given_no_selector_then_all_forms_are_told(selector: JsonValue, shown: str) -> None:
    [problem] = _told(selector)
    assert problem.startswith(
        f"exports[0].teams is {shown}: allowed are none, leaves, top, a depth such as 2, a list "
        "of team ids or names"
    )
    assert problem.endswith("; did you mean leaves?") is (selector == "leafs")


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        pytest.param(
            ["Platfrom"],
            '[0] is "Platfrom": allowed are Engineering, Platform, Payments, Billing, Mobile, '
            "Product, Solo; did you mean Platform?",
            id="an unknown name",
        ),
        pytest.param(
            [2, 99],
            '[1] is "99": allowed are Engineering, Platform, Payments, Billing, Mobile, Product, '
            "Solo.",
            id="an unknown id",
        ),
        pytest.param(
            ["Mobile"],
            '[0] is "Mobile": 2 teams have this name: give an id, such as 4, 6.',
            id="an ambiguous name",
        ),
        pytest.param(
            ["Solo", "7"], '[1] is "7": team Solo (7) is listed twice.', id="by name and by id"
        ),
        pytest.param(
            [4, "Platform"],
            '[0] is "4": team Platform (2) is listed too, whose export includes this one.',
            id="inside another",
        ),
        pytest.param(
            ["Engineering", 6],
            '[1] is "6": team Engineering (1) is listed too, whose export includes this one.',
            id="inside the root",
        ),
        pytest.param([-2], "[0] is -2: a team's id is allowed.", id="a negative number"),
        pytest.param([2.5], "[0] is 2.5: a team's id or name is allowed.", id="a fraction"),
        pytest.param([False], "[0] is false: a team's id or name is allowed.", id="a boolean"),
        pytest.param(
            [" "],
            '[0] is " ": a non-empty string without control characters is allowed.',
            id="a blank text",
        ),
    ],
)
def test_given_a_wrong_list_then_each_entry_is_told(listed: list[JsonValue], problem: str) -> None:
    assert _told(listed)[0] == f"exports[0].teams{problem}"


def test_given_thousands_of_teams_then_a_message_lists_a_few() -> None:
    rows = [(min(1, i), str(i), f"Team\n{i}") for i in range(5000)]
    [problem] = _told(["Team-4321"], row_tree(rows))
    assert problem.startswith(r'exports[0].teams[0] is "Team-4321": allowed are Team\n0, ')
    assert problem.endswith(r", Team\n19 and 4980 more; did you mean Team\n4321?")


@given(data=st.data())
def test_any_selection_covers_each_leaf_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    selector = data.draw(st.sampled_from(["none", "leaves", "top"]) | st.integers(0, 9))
    found = select(tree, _read(selector), Problems(), "teams")
    leaves = [leaf.id for team in found for leaf in tree.leaves(team)]
    assert leaves == [leaf.id for leaf in tree.leaves(tree.root)]


@given(data=st.data())
def test_any_teams_none_inside_another_can_be_listed(data: st.DataObject) -> None:
    tree = data.draw(trees())
    listed = data.draw(antichains(tree))
    by_id = [data.draw(st.booleans()) for _ in listed]
    selector: JsonValue = [
        int(team.id) if named else team.name for team, named in zip(listed, by_id, strict=True)
    ]
    assert _selected(selector, tree) == [team.id for team in listed]


@given(data=st.data())
def test_no_list_with_a_team_inside_another_is_taken(data: st.DataObject) -> None:
    tree = data.draw(trees(most=8))
    listed = data.draw(st.lists(st.sampled_from(_ids(tree)), min_size=1, unique=True))
    problems = Problems()
    found = select(tree, Selector(teams=tuple(listed)), problems, "teams")
    inside = [i for i in listed if any(team.id in listed for team in tree.ancestors(i))]
    assert len(problems.found) == len(inside)
    assert [team.id for team in found] == listed
