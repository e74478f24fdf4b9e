"""Items of batches, as a plan's expansion makes them, on one org tree."""

from collections.abc import Collection

from sei_export import keys
from sei_export.api.treeforms import read_tree
from sei_export.batch.expansion import Expansion, expand
from sei_export.batch.item import Item
from sei_export.batch.plan import parse_plan
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, TreeName
from sei_export.request.reports import REPORTS, Scope
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.samples import BATCH_DEFAULTS, STARTED_AT, least, parsed

RUN = "weekly-2026-03-15"
TREE = read_tree(ENGINEERING, "Engineering")
TREE_NAME = TreeName("acme", "metrics", "Engineering")
OF_TREES = [name for name, report in REPORTS.items() if not report.is_legacy]
EITHER = [name for name, report in REPORTS.items() if report.scope is Scope.TREE_OR_TEAM]


def cut(teams: JsonValue = "none", report: str = "productivity", **fields: JsonValue) -> JsonObject:
    """An entry for some teams of the tree, with some fields replaced or added."""
    return least(report, scope={"orgTreeName": "Engineering", "teams": teams}, **fields)


def expansion(
    *entries: JsonValue,
    tree: OrgTree | None = TREE,
    too_large: Collection[str] = (),
    of: str = "productivity",
    run: str = RUN,
) -> Expansion:
    """What a plan of some entries comes to.

    Args:
        entries: The plan's.
        tree: The one org tree; None where it is not known.
        too_large: Ids of its teams that are known to be too large.
        of: The report of which that is known.
        run: The batch's name.
    """
    plan = parse_plan({"exports": [*entries]}, BATCH_DEFAULTS, STARTED_AT)
    splits = {keys.cut_key(parsed(least(of))): too_large}
    return expand(plan, {TREE_NAME: tree} if tree else {}, splits, run)


def expanded(
    *entries: JsonValue,
    tree: OrgTree | None = TREE,
    too_large: Collection[str] = (),
    of: str = "productivity",
) -> tuple[Item, ...]:
    """The items of `expansion`."""
    return expansion(*entries, tree=tree, too_large=too_large, of=of).items
