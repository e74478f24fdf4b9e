"""Refusing a team together with one inside it: its rows would come twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sei_export.batch.item import Item
from sei_export.batch.plan import Plan
from sei_export.errors import InvalidRequestError
from sei_export.orgtree import OrgTree, Team, TreeName


class _Kind(NamedTuple):
    """What items have in common whose rows would come twice."""

    tree: TreeName
    report: str
    shape: str
    start: date
    end: date


def refuse_overlaps(plan: Plan, items: Iterable[Item], trees: Mapping[TreeName, OrgTree]) -> None:
    """Compare items of the same tree, report, options and dates.

    Args:
        plan: For messages.
        items: All items of the plan.
        trees: The org trees that are known.

    Raises:
        InvalidRequestError: Two entries, or one, ask for a team and for one inside it.
    """
    alike: defaultdict[_Kind, dict[str, Item]] = defaultdict(dict)
    for item in items:
        name = item.tree_name
        if name and name in trees:
            asked = item.request
            kind = _Kind(name, asked.report.name, asked.shape_fingerprint, asked.start, asked.end)
            alike[kind][item.team or trees[name].root.id] = item
    problems: dict[tuple[int, int], str] = {}
    for kind, teams in alike.items():
        before = len(problems)
        for team_id, item in teams.items() if len(teams) > 1 else ():
            for outer in trees[kind.tree].ancestors(team_id):
                if outer.id in teams:
                    pair = (teams[outer.id].entry, item.entry)
                    problems.setdefault(pair, _problem(plan, pair, item, outer))
        chosen = (team for each in teams if (team := trees[kind.tree].find(each)))
        if len(problems) == before and (found := trees[kind.tree].in_two(chosen)):
            shared, first, second = found
            pair = (teams[first.id].entry, teams[second.id].entry)
            problems.setdefault(pair, _shared_problem(plan, pair, shared, (first, second)))
    if problems:
        raise InvalidRequestError([*problems.values()])


def _shared_problem(
    plan: Plan, pair: tuple[int, int], shared: Team, around: tuple[Team, Team]
) -> str:
    first, second = (plan.exports[entry].path for entry in pair)
    return (
        f"{second} asks for {around[1].name} and {first} for {around[0].name} with the same "
        f"report, options and dates, and team {shared.name} ({shared.id}) is in both: its rows "
        "would come twice. Allowed is one of them."
    )


def _problem(plan: Plan, pair: tuple[int, int], item: Item, outer: Team) -> str:
    first, second = (plan.exports[entry].path for entry in pair)
    whose = f"team {item.team_name} ({item.team})"
    return (
        f"{second} asks for {whose}, which is inside {outer.name} that {first} asks for with the "
        "same report, options and dates: its rows would come twice. Allowed is one of them."
    )
