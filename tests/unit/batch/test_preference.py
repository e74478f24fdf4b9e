"""Which files of a plan that asks for rows twice its list has."""

import pytest

from sei_export import keys
from sei_export.batch.expansion import Expansion, children, expand
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, Team
from tests.fakes.batch_items import RUN, TREE, TREE_NAME, cut
from tests.fakes.plans import plan_of, read_plan
from tests.fakes.samples import least

YEAR: JsonObject = {"start": "2024-01-01", "end": "2024-12-31"}
FEBRUARY: JsonObject = {"start": "2024-02-01", "end": "2024-02-29"}
MAY: JsonObject = {"start": "2024-05-01", "end": "2024-05-31"}
NEXT_YEAR: JsonObject = {"start": "2025-01-01", "end": "2025-12-31"}


def _expanded(*entries: JsonValue, splits: tuple[str, ...] = (), tree: OrgTree = TREE) -> Expansion:
    plan = read_plan(plan_of(*entries))
    known = {keys.cut_key(plan.exports[0].requests[0]): splits} if splits else {}
    return expand(plan, {TREE_NAME: tree}, known, RUN)


def _left_out(*entries: JsonValue, tree: OrgTree = TREE) -> list[tuple[int, str | None]]:
    items = _expanded(*entries, tree=tree).items
    return [(item.entry, item.team) for item in items if not item.listed]


@pytest.mark.parametrize(
    ("first", "second", "left_out"),
    [
        pytest.param(["Platform"], ["Platform"], ["2"], id="the same team"),
        pytest.param(["Platform"], ["3", "Solo"], ["3"], id="a team inside it"),
        pytest.param(["3"], ["Platform", "Solo"], ["2"], id="a team around it"),
        pytest.param(["3"], ["4", "Solo"], [], id="teams beside it"),
        pytest.param("none", ["Solo"], ["7"], id="the tree, and a team"),
        pytest.param(["3"], "none", [None], id="a team, and the tree"),
        pytest.param(["1"], "none", [None], id="the root, and the tree"),
    ],
)
def test_of_rows_in_two_entries_the_first_entry_has_them(
    first: JsonValue, second: JsonValue, left_out: list[str | None]
) -> None:
    asked = cut(first, dateRange=YEAR), cut(second, dateRange=FEBRUARY)
    assert _left_out(*asked) == [(1, team) for team in left_out]


def test_other_days_reports_and_options_are_no_doubles() -> None:
    year = cut(["Platform"], dateRange=YEAR)
    assert _left_out(year, cut(["Platform"], dateRange=NEXT_YEAR)) == []
    assert _left_out(year, cut(["Platform"], "sprint", dateRange=FEBRUARY)) == []
    weekly: JsonObject = {"granularity": "weekly"}
    assert _left_out(year, cut(["Platform"], dateRange=FEBRUARY, options=weekly)) == []


def test_what_is_left_out_takes_nothing() -> None:
    entries = (
        cut(["3"], dateRange=FEBRUARY),
        cut("none", dateRange=YEAR),
        cut(["Solo"], dateRange=MAY),
    )
    # The tree's year gives way to a team's February, so Solo's May has nothing before it.
    assert _left_out(*entries) == [(1, None)]


def test_windows_of_one_entry_are_apart() -> None:
    entry = {name: value for name, value in cut("leaves").items() if name != "dateRange"}
    months: JsonObject = {"from": "2024-01-01", "to": "2024-12-31", "window": "month"}
    assert _left_out({**entry, "backfill": months}) == []


def test_of_two_teams_that_share_one_the_first_has_its_rows() -> None:
    shared = Team("8", "Shared", ())
    teams = Team("2", "Platform", (shared,)), Team("5", "Product", (shared,))
    tree = OrgTree("Engineering", Team("1", "Engineering", (*teams, Team("7", "Solo", ()))))
    platform = cut(["2"], dateRange=YEAR)
    assert _left_out(platform, cut(["5"], dateRange=FEBRUARY), tree=tree) == [(1, "5")]
    assert _left_out(platform, cut(["8"], dateRange=FEBRUARY), tree=tree) == [(1, "8")]
    assert _left_out(platform, cut(["7"], dateRange=FEBRUARY), tree=tree) == []
    assert _left_out(platform, cut(["5"], dateRange=NEXT_YEAR), tree=tree) == []


def test_teams_of_a_tree_that_is_not_named_are_compared_by_their_ids() -> None:
    sprint = [
        least("sprint", scope={"teamId": team}, dateRange=days)
        for team, days in (("8", YEAR), ("9", YEAR), ("8", FEBRUARY))
    ]
    assert _left_out(*sprint) == [(2, "8")]


def test_the_parts_of_an_item_are_listed_as_it_is() -> None:
    items = _expanded(
        cut(["Platform"], dateRange=YEAR), cut(["Platform"], dateRange=FEBRUARY)
    ).items
    for item, listed in zip(items, (True, False), strict=True):
        parts = children(item, TREE, RUN, 2)
        assert [part.listed for part in parts] == [listed, listed]


def test_what_is_split_from_the_start_is_listed_as_its_parts_are() -> None:
    entries = cut(["3"], dateRange=YEAR), cut(["Platform"], dateRange=FEBRUARY)
    expansion = _expanded(*entries, splits=("2",))
    assert [(it.entry, it.team, it.listed) for it in expansion.items] == [
        (0, "3", True),
        (1, "3", False),
        (1, "4", True),
    ]
    assert [each.listed for each in expansion.opened] == [False]
    assert [it.listed for it in _expanded(entries[1], splits=("2",)).opened] == [True]
