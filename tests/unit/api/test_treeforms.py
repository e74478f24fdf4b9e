"""Reading an org tree's teams in the forms that the API documents."""

import pytest
from hypothesis import given

from sei_export.api.treeforms import read_tree
from sei_export.errors import ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Team
from tests.fakes.orgtree_strategies import ENGINEERING, nested, trees

TREE = read_tree(ENGINEERING, "Engineering")


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


def test_given_five_thousand_levels_then_nothing_recurses() -> None:
    answer: JsonObject = {"refId": 5000, "name": "Innermost"}
    for ref_id in reversed(range(1, 5000)):
        answer = {"refId": ref_id, "name": "Outer", "children": [answer]}
    tree = read_tree(answer, "Deep")
    assert [*(team.id for team in tree.teams())] == [str(ref_id) for ref_id in range(1, 5001)]
    assert len([*tree.ancestors("5000")]) == 4999
