"""The items of a batch: one export each, together everything that the plan asks for, once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sei_export import keys
from sei_export.batch.entry import PlannedExport
from sei_export.batch.item import Item
from sei_export.batch.overlap import refuse_overlaps
from sei_export.batch.plan import MAX_ITEMS, Plan
from sei_export.batch.preference import Ask, preferred
from sei_export.batch.record import Opened
from sei_export.batch.selector import select, shown_team
from sei_export.errors import InvalidRequestError
from sei_export.input.problems import Problems
from sei_export.orgtree import OrgTree, Team, TreeName
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import Scope


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a plan comes to.

    Attributes:
        items: Of the first round, in the plan's order, the oldest windows first.
        opened: What was split from the start.
        shared: Items that are asked for by their teams' ids alone, and so are the same as of
            another tree: as they are run, and as they were asked for, too.
    """

    items: tuple[Item, ...]
    opened: tuple[Opened, ...]
    shared: tuple[tuple[Item, Item], ...] = ()


def expand(
    plan: Plan,
    trees: Mapping[TreeName, OrgTree],
    splits: Mapping[str, Collection[str]],
    run: str,
) -> Expansion:
    """Make the items of a batch's first round.

    Args:
        plan: What is asked for.
        trees: The org trees; one may be absent if all that names it exports it as one.
        splits: By `keys.cut_key`, ids of teams that are known to be too large to export; the
            root's, or an empty one, for the whole tree.
        run: The batch's name.

    Raises:
        InvalidRequestError: Teams that are no such ones, by path; a team and one inside it, of the
            same report, options and dates; or too many items.
    """
    problems = Problems()
    chosen = [_choose(planned, trees, splits, problems) for planned in plan.exports]
    count = _count(plan, chosen)
    if count > MAX_ITEMS and splits:
        # What is remembered must not make a plan too large that is not.
        return expand(plan, trees, {}, run)
    if count > MAX_ITEMS:
        problems.add(
            f"exports are {count} items, one for each team and window of time: at most "
            f"{MAX_ITEMS} are allowed."
        )
    if problems.found:
        raise InvalidRequestError(problems.found)
    items: dict[str, Item] = {}
    shared: list[tuple[Item, Item]] = []
    for entry, (planned, choice) in enumerate(zip(plan.exports, chosen, strict=True)):
        for request in planned.requests:
            for scope, team_name in choice.scopes:
                item = Item.of(replace(request, scope=scope), entry, request.tree, team_name, run)
                known = items.setdefault(item.id, item)
                if known.tree is None and item.tree:
                    items[item.id] = known.of_tree(item)
                elif known.tree_name != item.tree_name:
                    shared.append((known, item))
    refuse_overlaps(plan, items.values(), trees)
    opened = [
        (entry, planned.tree_name, Opened.of(request, team, is_tree=team is choice.root))
        for entry, (planned, choice) in enumerate(zip(plan.exports, chosen, strict=True))
        for request in planned.requests
        for team in choice.opened
    ]
    return _listed([*items.values()], opened, trees, shared)


def children(item: Item, tree: OrgTree, run: str, number: int) -> tuple[Item, ...]:
    """Make the items that together are one that is too large; none if it cannot be split.

    Args:
        item: The item.
        tree: The org tree that it names.
        run: The batch's name.
        number: Of the round that they are for.
    """
    team = tree.root if item.team is None else tree.find(item.team)
    # Of a flat tree nobody can tell which team contains which.
    if item.tree is None or team is None or tree.is_flat:
        return ()
    parts: list[Item] = []
    for child in tree.parts(team):
        request = replace(item.request, scope=_scope(item.request, item.tree, child))
        part = Item.of(request, item.entry, item.tree, child.name, run)
        part = part.in_round(run, number)
        parts.append(replace(part, replaces=item.id, listed=item.listed))
    return tuple(parts)


def _listed(
    items: Sequence[Item],
    opened: Sequence[tuple[int, TreeName | None, Opened]],
    trees: Mapping[TreeName, OrgTree],
    shared: Sequence[tuple[Item, Item]],
) -> Expansion:
    """Leave to the plan's list only what adds up."""
    asks = [
        *(Ask.of_item(item) for item in items),
        *(Ask.of_opened(entry, tree, each) for entry, tree, each in opened),
    ]
    listed = iter(preferred(asks, trees))
    return Expansion(
        tuple(replace(item, listed=next(listed)) for item in items),
        tuple(replace(each, listed=next(listed)) for _, _, each in opened),
        tuple(shared),
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """What one entry comes to.

    Attributes:
        scopes: What to export, each with its team's name where the tree tells it.
        opened: The teams that are split from the start.
        root: The root of the entry's tree, if that is known.
    """

    scopes: list[tuple[dict[str, str], str | None]]
    opened: list[Team]
    root: Team | None = None


def _count(plan: Plan, chosen: list[_Choice]) -> int:
    pairs = zip(plan.exports, chosen, strict=True)
    return sum(len(planned.requests) * len(choice.scopes) for planned, choice in pairs)


def _choose(
    planned: PlannedExport,
    trees: Mapping[TreeName, OrgTree],
    splits: Mapping[str, Collection[str]],
    problems: Problems,
) -> _Choice:
    request, key = planned.requests[0], planned.tree_name
    tree = trees.get(key) if key else None
    # A team may be named by an id that the API does not tell: that one cannot be split.
    named = tree.find(request.team) if tree and request.team else None
    if key is None or tree is None or (request.team and not named):
        if not planned.is_whole:
            raise AssertionError(f"{planned.path} selects teams of a tree that was not read.")
        return _Choice([(request.scope, None)], [])
    if named:
        teams: tuple[Team, ...] = (named,)
    else:
        teams = select(tree, planned.selector, problems, f"{planned.path}.scope.teams")
    too_large = () if tree.is_flat else splits.get(keys.cut_key(request), ())
    # The root of the tree stands for the whole of it, so its scope has no team.
    itself = named or tree.root
    exported = [*tree.split(teams, too_large)]
    _refuse_odd(tree, exported, problems, f"{planned.path}.scope.teams")
    scopes = [
        (request.scope, named.name if named else None)
        if team is itself
        else (_scope(request, key.name, team), team.name)
        for team in exported
    ]
    return _Choice(scopes, [*tree.opened(teams, too_large)], tree.root)


def _refuse_odd(tree: OrgTree, teams: list[Team], problems: Problems, path: str) -> None:
    """Refuse teams that cannot be asked for, and two that have the same rows."""
    for team in teams:
        if team.is_unnamed:
            problems.add(
                f"{path} comes to team {shown_team(team)}, for which the API gives no usable id: "
                "select the team around it, or others."
            )
    if found := tree.in_two(teams):
        shared, first, second = map(shown_team, found)
        problems.add(
            f"{path} comes to {first} and {second}, and team {shared} is in both: its rows would "
            "come twice. Select others, such as leaves."
        )


def _scope(request: ExportRequest, tree: str, team: Team) -> dict[str, str]:
    """A team's, as the report wants it."""
    if request.report.scope is Scope.TREE_AND_TEAM:
        return {"orgTreeName": tree, "teamId": team.id}
    return {"teamId": team.id}
