"""Warnings of what a plan may ask for twice."""

from sei_export.batch.doubles import warn_of_doubles
from sei_export.batch.expansion import expand
from sei_export.batch.plan import Plan
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, Row, Team, TreeName
from tests.fakes.batch_items import RUN, TREE, TREE_NAME, cut
from tests.fakes.orgtree_strategies import row_tree
from tests.fakes.plans import plan_of, read_plan
from tests.fakes.samples import least

QUARTER: JsonObject = {"start": "2024-01-01", "end": "2024-03-31"}
FEBRUARY: JsonObject = {"start": "2024-02-01", "end": "2024-02-29"}
APRIL: JsonObject = {"start": "2024-04-01", "end": "2024-04-30"}


def _warned(*entries: JsonValue, tree: OrgTree = TREE) -> list[str]:
    return _warned_of(read_plan(plan_of(*entries)), tree)


def _warned_of(plan: Plan, tree: OrgTree = TREE) -> list[str]:
    trees = {TREE_NAME: tree}
    found = warn_of_doubles(plan, expand(plan, trees, {}, RUN).items, trees)
    assert {it.code for it in found} <= {"overlap"}
    return [it.message for it in found]


def test_given_ranges_that_share_days_for_one_scope_then_a_pair_is_told() -> None:
    entries = cut("none", dateRange=QUARTER), cut("none", dateRange=FEBRUARY)
    [told] = _warned(*entries)
    assert told == (
        "exports[1] asks for tree Engineering, 2024-02-01 to 2024-02-29, and exports[0] for the "
        "same scope, tree Engineering, 2024-01-01 to 2024-03-31, with the same report and options: "
        "their rows do not add up."
    )
    assert len(_warned(*reversed(entries))) == 1


def test_of_a_plan_with_a_name_it_is_told_what_its_list_has() -> None:
    entries = cut("none", dateRange=QUARTER), cut("none", dateRange=FEBRUARY)
    for asked in (entries, reversed(entries)):
        [told] = _warned_of(read_plan(plan_of(*asked) | {"name": "weekly"}))
        assert told.endswith(
            "do not add up. The plan's list has those of exports[0]; files of exports[1] that "
            "touch such days are not in it, with all their days."
        )


def test_given_a_range_around_a_year_of_months_then_it_is_told_once() -> None:
    months: JsonObject = {"from": "2024-01-01", "to": "2024-12-31", "window": "month"}
    entry = {name: value for name, value in cut("leaves").items() if name != "dateRange"}
    year: JsonObject = {"start": "2024-01-01", "end": "2024-12-31"}
    assert len(_warned({**entry, "backfill": months}, cut("leaves", dateRange=year))) == 1
    assert _warned({**entry, "backfill": months}) == []


def test_given_ranges_apart_or_another_report_or_other_options_then_nothing_is_told() -> None:
    assert _warned(cut("none", dateRange=QUARTER), cut("none", dateRange=APRIL)) == []
    assert _warned(cut("none", dateRange=QUARTER), cut("none", "sprint", dateRange=FEBRUARY)) == []
    teams = cut("none", dateRange=FEBRUARY, options={"metricLevel": "team"})
    assert _warned(cut("none", dateRange=QUARTER), teams) == []
    assert _warned(cut(["Platform"], dateRange=QUARTER), cut(["Solo"], dateRange=FEBRUARY)) == []


def test_given_a_team_beside_its_tree_with_other_dates_then_it_is_told() -> None:
    entries = cut(["Platform"], dateRange=FEBRUARY), cut("none", dateRange=QUARTER)
    [told] = _warned(*entries)
    assert "exports[0] asks for team 2 (Platform), 2024-02-01 to 2024-02-29" in told
    assert "exports[1] for a scope that contains it, tree Engineering" in told
    [told] = _warned(*reversed(entries))
    assert "exports[1] asks for team 2 (Platform), 2024-02-01 to 2024-02-29" in told
    assert "exports[0] for a scope that contains it, tree Engineering" in told
    [told] = _warned(cut(["Platform"], dateRange=QUARTER), cut(["3"], dateRange=FEBRUARY))
    assert "for a scope that contains it, team 2 (Platform)" in told


def test_given_teams_that_share_one_with_other_dates_then_it_is_told() -> None:
    shared = Team("8", "Shared", ())
    teams = Team("2", "Platform", (shared,)), Team("5", "Product", (shared,))
    tree = OrgTree("Engineering", Team("1", "Engineering", teams))
    asked = cut(["2"], dateRange=QUARTER), cut(["5"], dateRange=FEBRUARY)
    [told] = _warned(*asked, tree=tree)
    assert "exports[1] for a scope that shares a team with it, team 5 (Product)" in told
    assert _warned(asked[0], cut(["5"], dateRange=APRIL), tree=tree) == []


def test_given_a_team_of_two_trees_that_is_asked_for_by_its_id_alone_then_it_is_told() -> None:
    other = TreeName("acme", "metrics", "Research")
    entries = [
        least("efficiency", scope={"orgTreeName": tree, "teams": ["3"]})
        for tree in ("Engineering", "Research")
    ]
    plan = read_plan(plan_of(*entries))
    trees = {TREE_NAME: TREE, other: OrgTree("Research", TREE.root)}
    expansion = expand(plan, trees, {}, RUN)
    [told] = warn_of_doubles(plan, expansion.items, trees, expansion.shared)
    assert told.message == (
        "exports[1] asks for what exports[0] asks for, too: team 3 (Payments, Billing). It is "
        "exported once, and a plan's list has it with tree Engineering, not with tree Research."
    )


def test_given_one_number_written_in_two_ways_then_it_is_told() -> None:
    scopes = (least("sprint", scope={"teamId": team}) for team in ("8", "008", "80"))
    [told] = _warned(*scopes)
    assert told.startswith("exports[1] asks for team 008, ")
    assert "and exports[0] for the same number, written otherwise, team 8, " in told


def test_given_a_number_that_is_an_id_and_another_teams_name_then_what_is_meant_is_told() -> None:
    rows: list[Row] = [(0, "1", "Engineering"), (1, "42", "Answers"), (1, "43", "42")]
    tree = OrgTree("Engineering", row_tree(rows).root)
    [told] = _warned(cut([42]), tree=tree)
    assert told == (
        'exports[0].scope.teams[0] is the id of team "Answers" (42), which is meant, and the name '
        'of "42" (43).'
    )
    assert _warned(cut(["Answers", 43]), tree=tree) == []
