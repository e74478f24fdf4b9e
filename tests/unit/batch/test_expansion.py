"""A batch's items: together everything that the plan asks for, and nothing twice."""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import keys
from sei_export.api.treeforms import read_tree
from sei_export.batch.expansion import children, expand
from sei_export.batch.item import Item
from sei_export.batch.plan import MAX_ITEMS, parse_plan
from sei_export.batch.selector import select
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Team, TreeName
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.orgtree_strategies import ENGINEERING, antichains, row_tree, some_ids, trees
from tests.fakes.request_strategies import requests
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, least, parsed

RUN = "weekly-2026-03-15"
TREE = read_tree(ENGINEERING, "Engineering")
KEY: TreeName = ("acme", "metrics", "Engineering")
OF_TREES = [name for name, report in REPORTS.items() if not report.is_legacy]
EITHER = [name for name, report in REPORTS.items() if report.scope is Scope.TREE_OR_TEAM]


def _expand(
    *entries: JsonValue,
    tree: OrgTree | None = TREE,
    too_large: Collection[str] = (),
    of: str = "productivity",
) -> tuple[Item, ...]:
    plan = parse_plan({"exports": [*entries]}, BATCH_DEFAULTS, STARTED_AT)
    splits = {keys.cut_key(parsed(least(of))): too_large}
    return expand(plan, {KEY: tree} if tree else {}, splits, RUN).items


def _cut(teams: JsonValue, report: str = "productivity", **fields: JsonValue) -> JsonObject:
    return least(report, scope={"orgTreeName": "Engineering", "teams": teams}, **fields)


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
    [item] = _expand(entry, tree=None)
    assert item.input == request.canonical()
    assert item.request() == request
    assert item.id == request.fingerprint[:16]
    assert item.key == keys.data_key(Export.of(request, "exp_1", "", reused=False))
    assert (item.tree, item.team, item.team_name) == (request.tree, request.team, None)
    assert (item.entry, item.tries, item.replaces) == (0, 1, None)


def test_an_items_name_is_an_executions() -> None:
    [item] = _expand(asked())
    assert re.fullmatch(r"[0-9a-f]{8}-r1-[0-9a-f]{16}", item.name)
    assert item.name.endswith(item.id)
    plan = parse_plan({"exports": [asked()]}, BATCH_DEFAULTS, STARTED_AT)
    [of_another_run] = expand(plan, {}, {}, "another").items
    assert of_another_run == replace(item, name=of_another_run.name)
    assert of_another_run.name != item.name


@pytest.mark.parametrize("report", OF_TREES)
def test_a_team_has_the_scope_that_the_report_wants(report: str) -> None:
    [item] = _expand(_cut(["Platform"], report))
    of_tree: JsonObject = {} if report in EITHER else {"orgTreeName": "Engineering"}
    assert item.input["scope"] == of_tree | {"teamId": "2"}
    assert (item.tree, item.team, item.team_name) == ("Engineering", "2", "Platform")
    assert "/team=2/" in item.key
    # It is itself an input that gives the same item.
    assert _expand(item.input, tree=None)[0].id == item.id


@pytest.mark.parametrize("report", OF_TREES)
@pytest.mark.parametrize("teams", ["none", ["Engineering"], [1]], ids=str)
def test_the_root_is_the_whole_tree(report: str, teams: JsonValue) -> None:
    [item] = _expand(_cut(teams, report))
    assert item.input == parsed(least(report)).canonical()
    assert (item.tree, item.team, item.team_name) == ("Engineering", None, None)
    assert item.tree_name == KEY


def test_whatever_has_no_tree_is_one_item() -> None:
    entries = [least("sprint", scope={"teamId": "2"}), least("team-report")]
    items = _expand(*entries, too_large=["", "1", "2"])
    assert _teams(items) == ["2", "6036"]
    assert [(item.tree, item.tree_name) for item in items] == [(None, None)] * 2


# --- many ---


def test_each_window_has_each_team_oldest_first() -> None:
    items = _expand(_cut("top", dateRange={"period": "previous-month"}, lookback=2), _cut([3]))
    assert [(item.entry, item.team, item.request().start.isoformat()) for item in items] == [
        (0, "2", "2026-01-01"),
        (0, "5", "2026-01-01"),
        (0, "7", "2026-01-01"),
        (0, "2", "2026-02-01"),
        (0, "5", "2026-02-01"),
        (0, "7", "2026-02-01"),
        (1, "3", "2024-01-01"),
    ]


def test_equal_requests_are_one_item_that_of_the_first_entry() -> None:
    items = _expand(_cut("top"), _cut(["Platform"]), _cut("top", metrics=[]))
    assert [(item.entry, item.team) for item in items] == [(0, "2"), (0, "5"), (0, "7")]
    assert len({item.id for item in items}) == 3


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param("top", ["6"], "exports[1] asks for team Mobile (6), which is inside Product "),
        pytest.param(["6"], "top", "exports[1] asks for team Mobile (6), which is inside Product "),
        pytest.param("none", "leaves", "which is inside Engineering that exports[0] asks for"),
    ],
    ids=["inside", "around", "the tree and its leaves"],
)
def test_a_team_and_one_inside_it_are_refused_also_if_two_entries_ask_for_them(
    first: JsonValue, second: JsonValue, told: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _expand(_cut(first), _cut(second))
    if first == ["6"]:
        told = "exports[0] asks for team Mobile (6), which is inside Product that exports[1]"
    assert len(caught.value.problems) == 1
    assert told in caught.value.problems[0]


def test_a_team_and_one_inside_it_of_other_reports_options_or_dates_are_no_overlap() -> None:
    february: JsonObject = {"start": "2025-02-01", "end": "2025-02-28"}
    others = (
        _cut("leaves", "sprint"),
        _cut("leaves", options={"metricLevel": "team"}),
        _cut("leaves", dateRange=february),
    )
    assert len(_expand(_cut("none"), *others)) == 1 + 3 * len([*TREE.leaves(TREE.root)])


def test_every_problem_of_every_list_is_told_with_its_path() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _expand(_cut(["Platfrom"]), asked(), _cut([2, "Mobile"], "sprint"))
    assert [problem.split(" ", 1)[0] for problem in caught.value.problems] == [
        "exports[0].scope.teams[0]",
        "exports[2].scope.teams[1]",
    ]


def test_problems_of_the_stacks_plan_are_told_apart() -> None:
    plan = parse_plan({}, DEFAULTS, {"exports": [_cut([99])]}, STARTED_AT)
    with pytest.raises(InvalidRequestError, match=r"BatchPlan\.exports\[0\]\.scope\.teams\[0\]"):
        expand(plan, {KEY: TREE}, {}, RUN)


def test_a_tree_that_is_to_be_cut_must_be_known() -> None:
    with pytest.raises(KeyError):
        _expand(_cut("leaves"), tree=None)


def test_more_items_than_fit_are_refused_before_they_are_made() -> None:
    rows = [(min(1, i), str(i), "x") for i in range(201)]
    fifty: JsonObject = {"from": "2025-01-01", "to": "2025-02-19", "window": "day"}
    entry = _cut("leaves", dateRange=None, backfill=fifty)
    assert len(_expand(entry, tree=row_tree(rows))) == MAX_ITEMS
    with pytest.raises(InvalidRequestError) as caught:
        _expand(entry, asked(), tree=row_tree(rows))
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
    items = _expand(_cut(teams, report), too_large=too_large, of=report)
    assert _teams(items) == expected


def test_a_team_that_is_named_alone_is_split_where_its_tree_is_known() -> None:
    entry = asked(scope={"orgTreeName": "Engineering", "teamId": "2"})
    assert [item.team_name for item in _expand(entry)] == ["Platform"]
    assert _teams(_expand(entry, too_large=["2"])) == ["3", "4"]
    root = asked(scope={"orgTreeName": "Engineering", "teamId": "1"})
    assert [(item.team, item.team_name) for item in _expand(root)] == [("1", "Engineering")]
    assert _teams(_expand(root, too_large=[MADE_ROOT])) == ["2", "5", "7"]


def test_a_team_that_its_tree_does_not_tell_is_left_to_the_api() -> None:
    entry = asked(scope={"orgTreeName": "Engineering", "teamId": "x9"})
    assert _teams(_expand(entry, too_large=["", "x9"])) == ["x9"]


def test_what_is_known_of_one_report_is_nothing_to_another() -> None:
    items = _expand(_cut("none"), _cut("none", "sprint"), too_large=["1"])
    assert _teams(items) == ["2", "5", "7", None]


def test_what_is_known_of_a_tree_is_kept_whatever_teams_and_days() -> None:
    key = keys.cut_key(parsed(least("sprint")))
    assert re.fullmatch(
        r"cuts/report=sprint/shape=_-sprint-\w{8}/org=acme/project=metrics/tree=Engineering/"
        r"cut\.json",
        key,
    )
    [item] = _expand(_cut([2], "sprint", dateRange={"period": "previous-day"}))
    assert keys.cut_key(item.request(), item.tree) == key
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
    plan = parse_plan({"exports": [_cut(selector, report)]}, BATCH_DEFAULTS, STARTED_AT)
    splits = {keys.cut_key(parsed(least(report))): too_large}
    items = expand(plan, {KEY: tree}, splits, RUN).items
    chosen = select(tree, plan.exports[0].selector, Problems(), "")
    wanted = Counter(leaf.id for team in chosen for leaf in tree.leaves(team))
    covered = Counter(leaf.id for item in items for leaf in tree.leaves(_found(tree, item)))
    assert covered == wanted
    assert set(wanted.values()) == {1}
    assert len({item.id for item in items}) == len({item.key for item in items}) == len(items)


# --- splitting and trying again ---


@pytest.mark.parametrize("report", OF_TREES)
def test_a_whole_tree_is_split_into_what_is_right_inside_its_root(report: str) -> None:
    [whole] = _expand(_cut("none", report))
    parts = children(whole, TREE, RUN, 2)
    expected = _expand(_cut("top", report))
    assert [replace(part, name="", replaces=None) for part in parts] == [
        replace(item, name="") for item in expected
    ]
    assert {part.replaces for part in parts} == {whole.id}
    assert all(re.fullmatch(rf"[0-9a-f]{{8}}-r2-{part.id}", part.name) for part in parts)


def test_a_part_of_a_tried_item_starts_afresh() -> None:
    [item] = _expand(_cut(["Platform"]))
    parts = children(retry(item, RUN, 2), TREE, RUN, 3)
    assert [(part.team, part.team_name, part.tries, part.entry) for part in parts] == [
        ("3", "Payments, Billing", 1, 0),
        ("4", "Mobile", 1, 0),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(_cut(["Solo"]), id="a leaf"),
        pytest.param(asked(scope={"teamId": "x9"}), id="a team that the tree does not tell"),
        pytest.param(least("sprint", scope={"teamId": "2"}), id="a team without a tree"),
        pytest.param(least("team-report", collectionId="2", teamRefId=2), id="a legacy report"),
    ],
)
def test_other_items_cannot_be_split(entry: JsonObject) -> None:
    [item] = _expand(entry)
    assert children(item, TREE, RUN, 2) == ()


def test_another_try_is_the_same_item_in_another_execution() -> None:
    [item] = _expand(asked())
    again = retry(item, RUN, 3)
    assert again == replace(item, tries=2, name=item.name.replace("-r1-", "-r3-"))
    assert retry(again, RUN, 4).tries == 3


@settings(max_examples=50)
@given(data=st.data())
def test_splitting_ends_with_the_leaves_each_once(data: st.DataObject) -> None:
    tree = data.draw(trees())
    waiting = [*_expand(_cut("none", "sprint"), tree=tree)]
    ended: list[Item] = []
    while waiting:
        item = waiting.pop(0)
        parts = children(item, tree, RUN, 2)
        waiting += parts
        ended += [] if parts else [item]
    leaves = sorted(leaf.id for leaf in tree.leaves(tree.root))
    assert sorted(_found(tree, item).id for item in ended) == leaves


# --- the form in files ---


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=20)
@given(data=st.data())
def test_an_item_comes_back_from_its_file(report: Report, data: st.DataObject) -> None:
    for item in _expand(data.draw(requests(report)), _cut("top")):
        tried = retry(item, RUN, 2)
        for each in (item, tried, replace(item, replaces="0123")):
            again = Item.from_json(json.loads(json.dumps(each.to_json())))
            assert again == each
            assert again.request() == each.request()


def test_the_form_in_files_is_this() -> None:
    [item] = _expand(_cut(["Solo"]))
    assert item.to_json() == {
        "id": item.id,
        "name": item.name,
        "input": item.request().canonical(),
        "entry": 0,
        "tree": "Engineering",
        "team": "7",
        "teamName": "Solo",
        "key": item.key,
        "tries": 1,
        "replaces": None,
        "legacy": False,
    }


def test_an_item_tells_whether_it_is_of_the_legacy_api() -> None:
    [item] = _expand(least("team-report"), tree=None)
    assert item.to_json()["legacy"] is True


def test_what_is_split_from_the_start_is_told_for_each_window() -> None:
    half: JsonObject = {"from": "2025-01-01", "to": "2025-02-28", "window": "month"}
    entry = _cut("none", dateRange=None, backfill=half)
    plan = parse_plan({"exports": [entry]}, BATCH_DEFAULTS, STARTED_AT)
    cut = keys.cut_key(parsed(least("productivity")))
    opened = expand(plan, {KEY: TREE}, {cut: {"1", "2", "3"}}, RUN).opened
    assert [
        (each.cut, each.team_id, each.is_tree, each.request.start.month) for each in opened
    ] == [
        (cut, "1", True, 1),
        (cut, "2", False, 1),
        (cut, "1", True, 2),
        (cut, "2", False, 2),
    ]


def test_what_is_remembered_cannot_make_a_plan_too_large() -> None:
    rows = [(min(1, i), str(i), "x") for i in range(201)]
    days: JsonObject = {"from": "2025-01-01", "to": "2025-03-31", "window": "day"}
    entry = _cut("none", dateRange=None, backfill=days)
    assert len(_expand(entry, tree=row_tree(rows), too_large=["0"])) == 90


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"id": None}, "id is missing", id="id"),
        pytest.param({"name": 7}, "name is missing", id="name"),
        pytest.param({"input": []}, "input is not an object", id="input"),
        pytest.param({"entry": -1}, "entry is missing", id="entry"),
        pytest.param({"tree": 7}, "tree is missing", id="tree"),
        pytest.param({"team": ""}, "team is missing", id="team"),
        pytest.param({"teamName": []}, "teamName is missing", id="team's name"),
        pytest.param({"key": None}, "key is missing", id="key"),
        pytest.param({"tries": "1"}, "tries is missing", id="tries"),
        pytest.param({"replaces": 1}, "replaces is missing", id="replaces"),
    ],
)
def test_what_is_no_such_form_is_refused(changes: JsonObject, told: str) -> None:
    [item] = _expand(asked())
    with pytest.raises(InvalidRequestError, match=told) as caught:
        Item.from_json(item.to_json() | changes)
    assert caught.value.remedy.startswith("Invoke the function with a payload")


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="item is not an object"):
        Item.from_json("x")


def test_an_input_that_is_no_request_is_refused_when_it_is_read() -> None:
    [item] = _expand(asked())
    strange = Item.from_json(item.to_json() | {"input": {"report": "x"}})
    with pytest.raises(InvalidRequestError, match="input: report is") as caught:
        strange.request()
    assert caught.value.remedy.startswith("Invoke the function with a payload")
