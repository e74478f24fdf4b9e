"""Reading an org tree's teams in the forms that the API documents."""

import pytest
from hypothesis import given

from sei_export.api.lists import Totals
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


@pytest.mark.parametrize("field", ["leaf", "children"])
def test_given_a_list_of_which_one_tells_what_is_inside_then_it_is_not_flat(field: str) -> None:
    told: JsonValue = {"refId": 1, "name": "Engineering", field: None}
    tree = read_tree([told, {"refId": 2, "name": "B"}], "Engineering")
    assert not tree.is_flat
    assert [team.id for team in tree.teams()] == [MADE_ROOT, "1", "2"]


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
        pytest.param([2, None], "a team is not an object: 2", id="no object in a list"),
        pytest.param(
            "x" * 99, f"is not an object: '{'x' * 79}.", id="of a long text the beginning"
        ),
        pytest.param(
            {"refId": 1, "name": "A", "children": [{"refId": "1", "name": "B"}]},
            "team 1 is inside itself",
            id="inside itself, once as text",
        ),
        pytest.param(
            {"refId": 1, "children": [{"refId": 2, "children": [{"refId": 1}]}]},
            "team 1 is inside itself",
            id="inside itself, further down",
        ),
        pytest.param(
            [{"refId": 1, "children": [{"refId": 2}]}, {"refId": 1, "children": [{"refId": 3}]}],
            "team 1 is in it twice, with other teams inside",
            id="twice, with other teams inside",
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


# --- odd teams ---


def _tree(*children: JsonValue, **root: JsonValue) -> OrgTree:
    return read_tree(
        {"refId": 1, "name": "Engineering", "children": [*children], **root}, "Engineering"
    )


def _leaf(ref_id: JsonValue, name: JsonValue = "Leaf") -> JsonObject:
    return {"refId": ref_id, "name": name}


@pytest.mark.parametrize("name", [None, "", " ", 5, ["A"]])
def test_given_a_team_without_a_name_then_it_is_called_by_its_id(
    name: JsonValue, caplog: pytest.LogCaptureFixture
) -> None:
    tree = _tree(_leaf(2, name), _leaf(3))
    assert tree.root.children == (Team("2", "2"), Team("3", "Leaf"))
    assert caplog.messages == ["In org tree Engineering: team 2 has no name"]


@pytest.mark.parametrize("name", [None, " "])
def test_given_a_root_without_a_name_then_it_has_the_trees(name: JsonValue) -> None:
    assert _tree(name=name).root == Team("1", "Engineering")


def test_given_teams_without_an_id_then_the_others_are_as_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inner: JsonObject = {"name": "Group", "children": [_leaf(2)]}
    tree = _tree(inner, None, _leaf("x", "Odd"), _leaf(3), 7)
    assert tree.root.children == (
        Team("?1", "Group", (Team("2", "Leaf"),)),
        Team("?2", "(no name)"),
        Team("?3", "Odd"),
        Team("3", "Leaf"),
        Team("?4", "(no name)"),
    )
    assert [team.is_unnamed for team in tree.root.children] == [True, True, True, False, True]
    assert len(caplog.messages) == 4
    assert caplog.messages[-1] == "In org tree Engineering: a team without a usable id: 7"


def test_given_a_root_without_an_id_then_it_is_a_made_one() -> None:
    assert _tree(_leaf(2), refId=None).root == Team(MADE_ROOT, "Engineering", (Team("2", "Leaf"),))


def test_given_an_odd_entry_of_a_flat_list_then_it_is_a_team_and_not_the_root() -> None:
    tree = read_tree([_leaf(None, "Engineering"), _leaf(2), None], "Engineering")
    assert tree.is_flat
    assert (tree.root.id, [team.id for team in tree.root.children]) == (
        MADE_ROOT,
        ["?1", "2", "?2"],
    )


@pytest.mark.parametrize("name", ["Caf\u00e9", "Cafe\u0301", " Caf\u00e9\u00a0"])
def test_given_a_flat_list_then_its_root_may_only_look_like_the_trees_name(name: str) -> None:
    assert read_tree([_leaf(2), _leaf(1, name)], "Caf\u00e9").root.id == "1"


# --- a team in two places ---

SHARED: JsonObject = {"refId": 4, "name": "Shared", "children": [_leaf(8, "Inner")]}


def test_given_a_team_in_two_others_then_it_is_inside_both() -> None:
    also: JsonObject = {**SHARED, "name": "By another name"}
    tree = _tree(
        {"refId": 2, "name": "A", "children": [SHARED]},
        {"refId": 3, "name": "B", "children": [also, _leaf(5)]},
    )
    shared = Team("4", "Shared", (Team("8", "Inner"),))
    assert tree.root.children == (
        Team("2", "A", (shared,)),
        Team("3", "B", (shared, Team("5", "Leaf"))),
    )
    assert {team.id for team in tree.ancestors("8")} == {"4", "2", "3", "1"}


def test_given_a_team_in_places_of_other_depths_then_it_is_inside_both() -> None:
    inner: JsonObject = {"refId": 3, "name": "B", "children": [SHARED]}
    tree = _tree({"refId": 2, "name": "A", "children": [inner]}, SHARED)
    assert [team.id for team in tree.root.children] == ["2", "4"]
    assert {team.id for team in tree.ancestors("8")} == {"4", "3", "2", "1"}


@pytest.mark.parametrize("name", ["Shared", "Another"])
def test_given_a_team_twice_in_one_place_then_it_is_there_once(name: str) -> None:
    nested_twice = _tree(SHARED, _leaf(5), {**SHARED, "name": name})
    assert [team.id for team in nested_twice.root.children] == ["4", "5"]
    flat = read_tree([_leaf(1, "A"), _leaf(2), _leaf(1, name)], "Engineering")
    assert [team.id for team in flat.teams()] == [MADE_ROOT, "1", "2"]


def test_given_thousands_of_teams_in_two_places_then_it_takes_no_time() -> None:
    leaves: list[JsonValue] = [_leaf(number) for number in range(100, 5100)]
    both: list[JsonValue] = [{"refId": at, "name": "A", "children": leaves} for at in (2, 3)]
    tree = _tree(*both)
    assert len([*tree.teams()]) == 5003
    assert [team.id for team in tree.at_depth(None)] == [str(n) for n in range(100, 5100)]


# --- what is promised ---


@pytest.mark.parametrize("promised", [Totals(), Totals(1), Totals(3), Totals(0, 1), Totals(2, 9)])
def test_given_no_more_promised_than_there_is_then_the_tree_is_read(promised: Totals) -> None:
    answer: JsonValue = {"refId": 1, "name": "A", "children": [_leaf(2), _leaf(3)]}
    assert len([*read_tree([answer], "A", promised).teams()]) == 3


@pytest.mark.parametrize(("promised", "missing"), [(Totals(4), 2), (Totals(None, 3), 2)])
def test_given_more_promised_than_there_is_then_the_tree_is_not_whole(
    promised: Totals, missing: int
) -> None:
    with pytest.raises(ProtocolError, match=rf"of its teams, {missing} are not there\."):
        read_tree([_leaf(1), _leaf(2)], "A", promised)
