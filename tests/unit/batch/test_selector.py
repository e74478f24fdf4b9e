"""Which teams of an org tree a plan's entry selects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.selector import WHOLE, Selector, read_selector, select
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree
from tests.fakes.batch_items import TREE
from tests.fakes.orgtree_strategies import antichains, leaves_of, row_tree, trees


def _ids(tree: OrgTree) -> list[str]:
    return [team.id for team in tree.teams()]


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


@pytest.mark.parametrize(
    "given_name",
    ["Caf\u00e9 Team", "Cafe\u0301 Team", " Caf\u00e9\u00a0 Team", "Caf\u00e9 Te\u00adam"],
)
def test_a_name_that_looks_like_a_teams_is_that_teams(given_name: str) -> None:
    tree = row_tree([(0, "1", "Root"), (1, "2", "Cafe\u0301\u00a0Team"), (1, "3", "Cafe Team")])
    assert _selected([given_name], tree) == ["2"]


def test_of_teams_that_look_alike_the_exact_one_is_meant_or_the_message_tells_them_apart() -> None:
    tree = row_tree([(0, "1", "Root"), (1, "2", "R D"), (1, "3", "R\u00a0D")])
    assert _selected(["R\u00a0D"], tree) == ["3"]
    [problem] = _told(["R  D"], tree)
    assert problem == (
        'exports[0].teams[0] is "R  D": 2 teams have this name: give an id, such as 2: "R D", '
        '3: "R\\u00a0D".'
    )


def test_given_an_unknown_name_then_the_names_are_told_as_the_api_writes_them() -> None:
    tree = row_tree([(0, "1", "Root"), (1, "2", "R\u00a0D"), (1, "3", "Pl\u0430tform")])
    [problem] = _told(["Platform"], tree)
    assert problem == (
        'exports[0].teams[0] is "Platform": allowed are "Root" (1), "R\\u00a0D" (2), '
        '"Pl\u0430tform" (3); did you mean "Pl\u0430tform" (3)? '
        '("Platform" is not "Pl\\u0430tform")'
    )


def test_given_a_team_in_two_others_then_none_of_them_goes_with_it() -> None:
    rows = [(0, "1", "Root"), (1, "2", "A"), (2, "4", "C"), (1, "3", "B"), (2, "4", "C")]
    assert _selected(["4"], row_tree(rows)) == ["4"]
    for outer, name in (("2", "A"), ("3", "B")):
        [problem] = _told([outer, "4"], row_tree(rows))
        assert problem == (
            f'exports[0].teams[1] is "4": team "{name}" ({outer}) is listed too, whose export '
            "includes this one."
        )


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
            '[0] is "Platfrom": allowed are "Engineering" (1), "Platform" (2), "Payments, '
            'Billing" (3), "Mobile" (4), "Mobile" (6), "Product" (5), "Solo" (7); did you mean '
            '"Platform" (2)?',
            id="an unknown name",
        ),
        pytest.param(
            [2, 99],
            '[1] is "99": allowed are "Engineering" (1), "Platform" (2), "Payments, Billing" (3), '
            '"Mobile" (4), "Mobile" (6), "Product" (5), "Solo" (7).',
            id="an unknown id",
        ),
        pytest.param(
            ["Mobile"],
            '[0] is "Mobile": 2 teams have this name: give an id, such as 4, 6.',
            id="an ambiguous name",
        ),
        pytest.param(
            ["Solo", "7"], '[1] is "7": team "Solo" (7) is listed twice.', id="by name and by id"
        ),
        pytest.param(
            [4, "Platform"],
            '[0] is "4": team "Platform" (2) is listed too, whose export includes this one.',
            id="inside another",
        ),
        pytest.param(
            ["Engineering", 6],
            '[1] is "6": team "Engineering" (1) is listed too, whose export includes this one.',
            id="inside the root",
        ),
        pytest.param([-2], "[0] is -2: a team's id or name is allowed.", id="a negative number"),
        pytest.param(
            [2**53],
            "[0] is 9007199254740992: a number so large may arrive changed: give it as a text.",
            id="a number that others round",
        ),
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
    assert problem.startswith(r'exports[0].teams[0] is "Team-4321": allowed are "Team\n0" (0), ')
    assert problem.endswith(r', "Team\n19" (19) and 4980 more; did you mean "Team\n4321" (4321)?')


@given(data=st.data())
def test_any_selection_covers_each_leaf_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    selector = data.draw(st.sampled_from(["none", "leaves", "top"]) | st.integers(0, 9))
    found = select(tree, _read(selector), Problems(), "teams")
    leaves = [leaf.id for team in found for leaf in leaves_of(team)]
    assert leaves == [leaf.id for leaf in leaves_of(tree.root)]


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
