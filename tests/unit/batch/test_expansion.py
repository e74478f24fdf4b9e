"""A batch's items: together everything that the plan asks for, and nothing twice."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import keys
from sei_export.batch.expansion import children, expand
from sei_export.batch.item import Item
from sei_export.batch.plan import MAX_ITEMS, Plan
from sei_export.batch.selector import select
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Team
from sei_export.request.reports import REPORTS, Report
from tests.fakes.batch_items import EITHER, OF_TREES, RUN, TREE, TREE_NAME, cut, expanded, expansion
from tests.fakes.orgtree_strategies import (
    antichains,
    leaves_of,
    row_tree,
    some_ids,
    trees,
)
from tests.fakes.plans import read_plan
from tests.fakes.request_strategies import requests
from tests.fakes.samples import asked, least, parsed


def _teams(items: Collection[Item]) -> list[str | None]:
    return [item.team for item in items]


def _found(tree: OrgTree, item: Item) -> Team:
    team = tree.root if item.team is None else tree.find(item.team)
    assert team
    return team


# --- one item ---


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=20)
@given(data=st.data())
def test_a_plain_entry_is_the_one_item_that_its_request_is(
    report: Report, data: st.DataObject
) -> None:
    entry = data.draw(requests(report))
    request = parsed(entry)
    [item] = expanded(entry, tree=None)
    assert item.request == request
    assert item.id == request.fingerprint[:16]
    assert item.key == keys.data_key(Export.of(request, "exp_1", "", reused=False))
    assert (item.tree, item.team, item.team_name) == (request.tree, request.team, None)
    assert (item.entry, item.tries, item.replaces) == (0, 1, None)


@pytest.mark.parametrize("report", OF_TREES)
def test_a_team_has_the_scope_that_the_report_wants(report: str) -> None:
    [item] = expanded(cut(["Platform"], report))
    of_tree: JsonObject = {} if report in EITHER else {"orgTreeName": "Engineering"}
    assert item.request.canonical()["scope"] == of_tree | {"teamId": "2"}
    assert (item.tree, item.team, item.team_name) == ("Engineering", "2", "Platform")
    assert "/scope_team=2/" in item.key
    # It is itself an input that gives the same item.
    assert expanded(item.request.canonical(), tree=None)[0].id == item.id


@pytest.mark.parametrize("report", OF_TREES)
@pytest.mark.parametrize("teams", ["none", ["Engineering"], [1]], ids=str)
def test_the_root_is_the_whole_tree(report: str, teams: JsonValue) -> None:
    [item] = expanded(cut(teams, report))
    assert item.request.canonical() == parsed(least(report)).canonical()
    assert (item.tree, item.team, item.team_name) == ("Engineering", None, None)
    assert item.tree_name == TREE_NAME


def test_whatever_has_no_tree_is_one_item() -> None:
    entries = [least("sprint", scope={"teamId": "2"}), least("team-report")]
    items = expanded(*entries, too_large=["", "1", "2"])
    assert _teams(items) == ["2", "6036"]
    assert [(item.tree, item.tree_name) for item in items] == [(None, None)] * 2


def _of_another_table(plan: Plan) -> Plan:
    """The plan with a word in each request that this version's table refuses."""
    fields: JsonObject = {"options": {"granularity": "hourly"}}
    exports = (
        replace(it, requests=tuple(replace(each, fields=fields) for each in it.requests))
        for it in plan.exports
    )
    return replace(plan, exports=tuple(exports))


def test_a_request_that_was_read_once_is_not_read_again() -> None:
    # Whatever reads a request by the table would refuse these.
    entries = (cut("top", dateRange={"period": "previous-month"}, lookback=2), cut("leaves"))
    plan = _of_another_table(read_plan({"exports": [*entries]}))
    found = expand(plan, {TREE_NAME: TREE}, {}, RUN)
    assert len(found.items) == 2 * 3 + 4
    platform = found.items[0]
    assert [part.team for part in children(platform, TREE, RUN, 2)] == ["3", "4"]
    with pytest.raises(InvalidRequestError, match=r'options\.granularity is "hourly"'):
        Item.from_json(platform.to_json())


# --- many ---


def test_each_window_has_each_team_oldest_first() -> None:
    items = expanded(cut("top", dateRange={"period": "previous-month"}, lookback=2), cut([3]))
    assert [(item.entry, item.team, item.request.start.isoformat()) for item in items] == [
        (0, "2", "2026-01-01"),
        (0, "5", "2026-01-01"),
        (0, "7", "2026-01-01"),
        (0, "2", "2026-02-01"),
        (0, "5", "2026-02-01"),
        (0, "7", "2026-02-01"),
        (1, "3", "2024-01-01"),
    ]


def test_equal_requests_are_one_item_that_of_the_first_entry() -> None:
    items = expanded(cut("top"), cut(["Platform"]), cut("top", metrics=[]))
    assert [(item.entry, item.team) for item in items] == [(0, "2"), (0, "5"), (0, "7")]
    assert len({item.id for item in items}) == 3


def test_every_problem_of_every_list_is_told_with_its_path() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        expanded(cut(["Platfrom"]), asked(), cut([2, "Mobile"], "sprint"))
    assert [problem.split(" ", 1)[0] for problem in caught.value.problems] == [
        "exports[0].scope.teams[0]",
        "exports[2].scope.teams[1]",
    ]


def test_problems_of_the_stacks_plan_are_told_apart() -> None:
    plan = read_plan({}, batch_plan={"exports": [cut([99])]})
    with pytest.raises(InvalidRequestError) as caught:
        expand(plan, {TREE_NAME: TREE}, {}, RUN)
    [problem] = caught.value.problems
    assert problem.startswith('BatchPlan.exports[0].scope.teams[0] is "99": allowed are ')


def test_a_tree_that_is_to_be_cut_must_be_known() -> None:
    # Whoever reads the trees has refused the plan: here it is this project's own mistake.
    told = r"exports\[1\] selects teams of a tree that was not read\."
    with pytest.raises(AssertionError, match=told):
        expanded(asked(), cut("leaves"), tree=None)


def test_more_items_than_fit_are_refused_before_they_are_made() -> None:
    rows = [(min(1, i), str(i), "x") for i in range(201)]
    fifty: JsonObject = {"from": "2025-01-01", "to": "2025-02-19", "window": "day"}
    entry = cut("leaves", dateRange=None, backfill=fifty)
    assert len(expanded(entry, tree=row_tree(rows))) == MAX_ITEMS
    with pytest.raises(InvalidRequestError) as caught:
        expanded(entry, asked(), tree=row_tree(rows))
    assert caught.value.problems == (
        "exports are 10001 items, one for each team and window of time: at most 10000 are allowed.",
    )


# --- what is known to be too large ---


@pytest.mark.parametrize(
    ("teams", "too_large", "expected"),
    [
        pytest.param("none", [MADE_ROOT], ["2", "5", "7"], id="the tree"),
        pytest.param("none", ["1"], ["2", "5", "7"], id="the tree, by the root's id"),
        pytest.param("none", ["1", "2", "7"], ["3", "4", "5", "7"], id="and a team in it"),
        pytest.param("none", ["2", "5"], [None], id="teams, and the tree is not"),
        pytest.param("top", ["5", "1"], ["2", "6", "7"], id="a team of the top"),
        pytest.param(["Platform"], ["2", "3"], ["3", "4"], id="a listed team, and a leaf"),
    ],
)
@pytest.mark.parametrize("report", OF_TREES)
def test_what_is_too_large_is_replaced_by_what_is_in_it(
    report: str, teams: JsonValue, too_large: list[str], expected: list[str | None]
) -> None:
    items = expanded(cut(teams, report), too_large=too_large, of=report)
    assert _teams(items) == expected


def test_a_team_that_is_named_alone_is_split_where_its_tree_is_known() -> None:
    entry = asked(scope={"orgTreeName": "Engineering", "teamId": "2"})
    assert [item.team_name for item in expanded(entry)] == ["Platform"]
    assert _teams(expanded(entry, too_large=["2"])) == ["3", "4"]
    root = asked(scope={"orgTreeName": "Engineering", "teamId": "1"})
    assert [(item.team, item.team_name) for item in expanded(root)] == [("1", "Engineering")]
    assert _teams(expanded(root, too_large=[MADE_ROOT])) == ["2", "5", "7"]


def test_a_team_that_its_tree_does_not_tell_is_left_to_the_api() -> None:
    entry = asked(scope={"orgTreeName": "Engineering", "teamId": "99"})
    assert _teams(expanded(entry, too_large=["", "99"])) == ["99"]


def test_what_is_known_of_one_report_is_nothing_to_another() -> None:
    items = expanded(cut("none"), cut("none", "sprint"), too_large=["1"])
    assert _teams(items) == ["2", "5", "7", None]


def test_what_is_known_of_a_tree_is_kept_whatever_teams_and_days() -> None:
    key = keys.cut_key(parsed(least("sprint")))
    assert re.fullmatch(
        r"cuts/report=sprint/shape=_-sprint-\w{8}/scope_org=acme/scope_project=metrics/scope_tree=Engineering/"
        r"cut\.json",
        key,
    )
    [item] = expanded(cut([2], "sprint", dateRange={"period": "previous-day"}))
    assert keys.cut_key(item.request, item.tree) == key
    assert keys.cut_key(parsed(least("productivity", scope={"teamId": "2"}))) == keys.cut_key(
        parsed(least("productivity"))
    )


def _selectors(tree: OrgTree) -> st.SearchStrategy[JsonValue]:
    listed: st.SearchStrategy[JsonValue] = antichains(tree).map(lambda teams: [t.id for t in teams])
    return st.sampled_from(["none", "top", "leaves"]) | st.integers(0, 8) | listed


@settings(max_examples=200)
@given(data=st.data())
def test_items_cover_each_leaf_of_what_is_selected_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    report = data.draw(st.sampled_from(OF_TREES))
    selector = data.draw(_selectors(tree))
    too_large = data.draw(some_ids(tree) | some_ids(tree).map(lambda ids: {*ids, MADE_ROOT}))
    plan = read_plan({"exports": [cut(selector, report)]})
    splits = {keys.cut_key(parsed(least(report))): too_large}
    items = expand(plan, {TREE_NAME: tree}, splits, RUN).items
    chosen = select(tree, plan.exports[0].selector, Problems(), "")
    wanted = Counter(leaf.id for team in chosen for leaf in leaves_of(team))
    covered = Counter(leaf.id for item in items for leaf in leaves_of(_found(tree, item)))
    assert covered == wanted
    assert set(wanted.values()) == {1}
    assert len({item.id for item in items}) == len({item.key for item in items}) == len(items)


# --- splitting and trying again ---


@pytest.mark.parametrize("report", OF_TREES)
def test_a_whole_tree_is_split_into_what_is_right_inside_its_root(report: str) -> None:
    [whole] = expanded(cut("none", report))
    parts = children(whole, TREE, RUN, 2)
    expected = expanded(cut("top", report))
    assert [replace(part, name="", replaces=None) for part in parts] == [
        replace(item, name="") for item in expected
    ]
    assert {part.replaces for part in parts} == {whole.id}
    assert all(re.fullmatch(rf"[0-9a-f]{{8}}-r2-{part.id}", part.name) for part in parts)


def test_a_part_of_a_tried_item_starts_afresh() -> None:
    [item] = expanded(cut(["Platform"]))
    parts = children(item.retried(RUN, 2), TREE, RUN, 3)
    assert [(part.team, part.team_name, part.tries, part.entry) for part in parts] == [
        ("3", "Payments, Billing", 1, 0),
        ("4", "Mobile", 1, 0),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(cut(["Solo"]), id="a leaf"),
        pytest.param(asked(scope={"teamId": "99"}), id="a team that the tree does not tell"),
        pytest.param(least("sprint", scope={"teamId": "2"}), id="a team without a tree"),
        pytest.param(least("team-report", collectionId="2", teamRefId=2), id="a legacy report"),
    ],
)
def test_other_items_cannot_be_split(entry: JsonObject) -> None:
    [item] = expanded(entry)
    assert children(item, TREE, RUN, 2) == ()


@settings(max_examples=50)
@given(data=st.data())
def test_splitting_ends_with_the_leaves_each_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    waiting = [*expanded(cut("none", "sprint"), tree=tree)]
    ended: list[Item] = []
    while waiting:
        item = waiting.pop(0)
        parts = children(item, tree, RUN, 2)
        waiting += parts
        ended += [] if parts else [item]
    leaves = sorted(leaf.id for leaf in leaves_of(tree.root))
    assert sorted(_found(tree, item).id for item in ended) == leaves


def test_what_is_split_from_the_start_is_told_for_each_window() -> None:
    half: JsonObject = {"from": "2025-01-01", "to": "2025-02-28", "window": "month"}
    entry = cut("none", dateRange=None, backfill=half)
    opened = expansion(entry, too_large={"1", "2", "3"}).opened
    key = keys.cut_key(parsed(least("productivity")))
    assert [(each.cut, each.team_id, each.is_tree, each.start.month) for each in opened] == [
        (key, "1", True, 1),
        (key, "2", False, 1),
        (key, "1", True, 2),
        (key, "2", False, 2),
    ]


def test_what_is_remembered_cannot_make_a_plan_too_large() -> None:
    rows = [(min(1, i), str(i), "x") for i in range(201)]
    days: JsonObject = {"from": "2025-01-01", "to": "2025-03-31", "window": "day"}
    entry = cut("none", dateRange=None, backfill=days)
    assert len(expanded(entry, tree=row_tree(rows), too_large=["0"])) == 90


# --- odd teams ---

TWICE = row_tree(
    [
        (0, "1", "Engineering"),
        *[(1, "2", "A"), (2, "4", "Shared"), (2, "5", "Only A's")],
        *[(1, "3", "B"), (2, "4", "Shared")],
        (1, "6", "Apart"),
    ]
)
ODD = row_tree([(0, "1", "Engineering"), (1, "?1", "Odd"), (2, "3", "Leaf"), (1, "2", "Even")])


def _refused(tree: OrgTree, teams: JsonValue) -> tuple[str, ...]:
    with pytest.raises(InvalidRequestError) as caught:
        expanded(cut(teams), tree=tree)
    return caught.value.problems


@pytest.mark.parametrize(
    ("tree", "teams", "exported"),
    [
        pytest.param(TWICE, "leaves", ["4", "5", "6"], id="a shared leaf, once"),
        pytest.param(TWICE, "none", [None], id="the tree around shared teams"),
        pytest.param(TWICE, ["2", "6"], ["2", "6"], id="one team around a shared one"),
        pytest.param(TWICE, ["4", "6"], ["4", "6"], id="the shared one"),
        pytest.param(ODD, "leaves", ["3", "2"], id="inside a team without an id"),
        pytest.param(ODD, "none", [None], id="the tree around a team without an id"),
        pytest.param(ODD, ["2"], ["2"], id="beside a team without an id"),
    ],
)
def test_an_odd_team_is_nothing_to_who_does_not_need_it(
    tree: OrgTree, teams: JsonValue, exported: list[str | None]
) -> None:
    assert [item.team for item in expanded(cut(teams), tree=tree)] == exported


@pytest.mark.parametrize("teams", ["top", ["2", "3"]])
def test_given_a_team_in_two_that_are_selected_then_it_is_refused(teams: JsonValue) -> None:
    assert _refused(TWICE, teams) == (
        (
            'exports[0].scope.teams comes to "A" (2) and "B" (3), and team "Shared" (4) is in '
            "both: its rows would come twice. Select others, such as leaves."
        ),
    )


@pytest.mark.parametrize("teams", ["top", ["Odd", "2"]])
def test_given_a_team_without_an_id_that_is_selected_then_it_is_refused(teams: JsonValue) -> None:
    assert _refused(ODD, teams) == (
        (
            'exports[0].scope.teams comes to team "Odd", for which the API gives no usable id: '
            "select the team around it, or others."
        ),
    )


@pytest.mark.parametrize("tree", [TWICE, ODD])
def test_given_odd_teams_inside_then_a_tree_that_is_too_large_stays_whole(tree: OrgTree) -> None:
    [item] = expanded(cut("none"), tree=tree, too_large={"1", "2"})
    assert item.team is None
    assert children(item, tree, RUN, 2) == ()


def test_a_team_around_a_shared_one_is_split_with_it() -> None:
    [item] = expanded(cut(["3"]), tree=TWICE)
    assert [part.team for part in children(item, TWICE, RUN, 2)] == ["4"]
    [item] = expanded(cut(["2"]), tree=TWICE)
    assert [part.team for part in children(item, TWICE, RUN, 2)] == ["4", "5"]
