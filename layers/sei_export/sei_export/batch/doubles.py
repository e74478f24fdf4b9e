"""Warnings of what a plan may ask for twice, though it may be meant: nothing here is refused.

Rows that would come twice for certain are refused (`overlap`). Ranges of other lengths for the same
scope are of use, such as a quarter beside its months; only adding them up is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sei_export.batch.cautions import OVERLAP, shown
from sei_export.batch.item import Item
from sei_export.batch.plan import Plan
from sei_export.batch.selector import shown_team
from sei_export.input.names import form_of
from sei_export.input.problems import plain
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, Team, TreeName


class _Kind(NamedTuple):
    """What items have in common whose rows may be about the same."""

    org: str
    project: str
    tree: str | None
    report: str
    shape: str


def warn_of_doubles(
    plan: Plan,
    items: Iterable[Item],
    trees: Mapping[TreeName, OrgTree],
    shared: Iterable[tuple[Item, Item]] = (),
) -> list[Caution]:
    """Compare items of the same tree, report and options.

    Args:
        plan: For messages.
        items: All items of the plan.
        trees: The org trees that are known.
        shared: `Expansion.shared`.
    """
    kinds: defaultdict[_Kind, defaultdict[str | None, list[Item]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for item in items:
        asked = item.request
        kind = _Kind(
            asked.org, asked.project, item.tree, asked.report.name, asked.shape_fingerprint
        )
        kinds[kind][item.team].append(item)
    told: dict[tuple[int, int, str], str] = {}
    for kind, teams in kinds.items():
        tree = trees.get(TreeName(kind.org, kind.project, kind.tree)) if kind.tree else None
        for first, second, why in _pairs(teams, tree):
            one, two = sorted((first.entry, second.entry))
            told.setdefault((one, two, why), _sentence(plan, first, second, why))
    texts = [*told.values(), *_in_two_trees(plan, shared), *_two_meanings(plan, trees)]
    return [Caution(OVERLAP, text) for text in texts]


def _pairs(
    teams: Mapping[str | None, list[Item]], tree: OrgTree | None
) -> Iterator[tuple[Item, Item, str]]:
    """Items about the same days, with what they share."""
    numbers: dict[str, str] = {}
    for team, items in teams.items():
        for first, second in _touching(items, items):
            yield first, second, "the same scope"
        if team is None:
            continue
        outer = [each.id for each in tree.ancestors(team)] if tree else []
        scopes = [None if tree and each == tree.root.id else each for each in outer]
        around = [each for scope in scopes for each in teams.get(scope, ())]
        for first, second in _touching(around, items):
            yield first, second, "a scope that contains it"
        for first, second in _touching(_sharing(tree, team, teams), items):
            yield first, second, "a scope that shares a team with it"
        if team.isdecimal():
            same = numbers.setdefault(team.lstrip("0") or "0", team)
            if same != team:
                yield teams[same][0], items[0], "the same number, written otherwise"


def _sharing(tree: OrgTree | None, team: str, teams: Mapping[str | None, list[Item]]) -> list[Item]:
    """Items of other teams, neither inside nor around it, that contain a team which it does."""
    shared = tree.shared_inside(team) if tree else []
    if tree is None or not shared:
        return []
    outer = {each.id for each in tree.ancestors(team)}
    others = {
        each.id: None for it in shared for each in (tree.find(it), *tree.ancestors(it)) if each
    }
    return [
        item
        for other in others
        if other not in {team, *outer} and team not in {it.id for it in tree.ancestors(other)}
        for item in teams.get(other, ())
    ]


def _touching(these: Sequence[Item], those: Sequence[Item]) -> Iterator[tuple[Item, Item]]:
    """Pairs of one from each whose ranges of days differ and share some: not all, but some if any.

    In the order of their days, each is compared with what reaches furthest of what began before.
    """
    sides = [(it, 0) for it in these] + ([(it, 1) for it in those] if those is not these else [])
    other = 0 if those is these else 1
    furthest: dict[int, Item] = {}
    for item, side in sorted(sides, key=lambda it: (it[0].request.start, it[1])):
        before, asked = furthest.get((side + other) % 2), item.request
        if before and asked.start <= before.request.end:
            then = before.request
            if (then.start, then.end) != (asked.start, asked.end):
                yield (before, item) if side or not other else (item, before)
        mine = furthest.get(side)
        if mine is None or mine.request.end < asked.end:
            furthest[side] = item


def _sentence(plan: Plan, first: Item, second: Item, why: str) -> str:
    one, two = (plan.exports[it.entry].path for it in (first, second))
    told = (
        f"{two} asks for {_scope(second)}, {second.request.start} to {second.request.end}, and "
        f"{one} for {why}, {_scope(first)}, {first.request.start} to {first.request.end}, with the "
        "same report and options: their rows do not add up."
    )
    if "name" not in plan.given or first.listed == second.listed:
        return told
    listed, other = (one, two) if first.listed else (two, one)
    return (
        f"{told} The plan's list has those of {listed}; files of {other} that touch such days are "
        "not in it, with all their days."
    )


def _scope(item: Item) -> str:
    if item.team is None:
        return f"tree {plain(item.tree)}" if item.tree else "everything"
    return f"team {item.team}" + (f" ({plain(item.team_name)})" if item.team_name else "")


def _in_two_trees(plan: Plan, shared: Iterable[tuple[Item, Item]]) -> Iterator[str]:
    """Teams that two trees have, in reports that ask for a team by its id alone."""
    found: dict[tuple[int, int], list[tuple[Item, Item]]] = {}
    for first, second in shared:
        found.setdefault((first.entry, second.entry), []).append((first, second))
    for (one, two), pairs in found.items():
        first, second = pairs[0]
        teams = shown(dict.fromkeys(_scope(it) for it, _ in pairs))
        where = plain(first.tree) if first.tree else "none"
        also = plain(second.tree) if second.tree else "none"
        yield (
            f"{plan.exports[two].path} asks for what {plan.exports[one].path} asks for, too: "
            f"{teams}. It is exported once, and a plan's list has it with tree {where}, not with "
            f"tree {also}."
        )


def _two_meanings(plan: Plan, trees: Mapping[TreeName, OrgTree]) -> Iterator[str]:
    """Texts that are one team's id and another's name."""
    for planned in plan.exports:
        tree = trees.get(planned.tree_name) if planned.tree_name else None
        if tree is None:
            continue
        named: defaultdict[str, list[Team]] = defaultdict(list)
        for team in tree.teams() if planned.selector.teams else ():
            named[form_of(team.name)].append(team)
        for index, given in enumerate(planned.selector.teams):
            meant = tree.find(given)
            others = [it for it in named.get(form_of(given), ()) if it is not meant]
            if meant and others:
                yield (
                    f"{planned.path}.scope.teams[{index}] is the id of team {shown_team(meant)}, "
                    f"which is meant, and the name of {shown(map(shown_team, others))}."
                )
