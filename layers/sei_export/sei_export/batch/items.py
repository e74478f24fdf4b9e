"""The items of a batch: one export each, together everything that the plan asks for, once."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sei_export import keys
from sei_export.batch.entry import PlannedExport
from sei_export.batch.plan import MAX_ITEMS, Plan
from sei_export.batch.selector import select
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND, count_field, text_field
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, Team, TreeKey
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import read_canonical
from sei_export.request.reports import REPORTS, Scope

FIRST_ROUND = 1

_ID_DIGITS = 16
_IDENTIFIERS = ("orgIdentifier", "projectIdentifier")


@dataclass(frozen=True, slots=True)
class Item:
    """One export of a batch.

    Attributes:
        id: Equal for requests that ask for the same.
        name: Of the export's execution.
        input: The execution's input, `ExportRequest.canonical`.
        entry: The index in the plan's exports of the one that asks for it, for messages.
        tree: The org tree; None where the entry names none.
        team: The team's id, or a legacy report's collection; None for the whole tree.
        team_name: The team's name, where the tree tells it.
        key: The key that its CSV will have.
        tries: How many executions it has had, the one to come included.
        replaces: The id of the item that was too large and is exported in parts.
    """

    id: str
    name: str
    input: JsonObject
    entry: int
    tree: str | None
    team: str | None
    team_name: str | None
    key: str
    tries: int = 1
    replaces: str | None = None

    @property
    def tree_key(self) -> TreeKey | None:
        """The org tree; None where the entry names none."""
        if self.tree is None:
            return None
        org, project = (str(self.input.get(name)) for name in _IDENTIFIERS)
        return org, project, self.tree

    def request(self) -> ExportRequest:
        """The request that the input is.

        Raises:
            InvalidRequestError: It is none, as when a function is invoked by hand.
        """
        try:
            return read_canonical(self.input)
        except InvalidRequestError as error:
            problems = [f"input: {problem}" for problem in error.problems]
            raise InvalidRequestError(problems, remedy=BY_HAND) from None

    def to_json(self) -> JsonObject:
        """The form in the bucket and in the state machine."""
        return {
            "id": self.id,
            "name": self.name,
            "input": self.input,
            "entry": self.entry,
            "tree": self.tree,
            "team": self.team,
            "teamName": self.team_name,
            "key": self.key,
            "tries": self.tries,
            "replaces": self.replaces,
            # For the pace, which the state machine keeps.
            "legacy": REPORTS[str(self.input["report"])].is_legacy,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Item":
        """Read it back; `request` looks into the input.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand.
        """
        if not isinstance(given, dict):
            raise InvalidRequestError(["item is not an object."], remedy=BY_HAND)
        asked = given.get("input")
        if not isinstance(asked, dict):
            raise InvalidRequestError(["input is not an object."], remedy=BY_HAND)
        return cls(
            id=text_field(given, "id"),
            name=text_field(given, "name"),
            input=asked,
            entry=count_field(given, "entry"),
            tree=_optional(given, "tree"),
            team=_optional(given, "team"),
            team_name=_optional(given, "teamName"),
            key=text_field(given, "key"),
            tries=count_field(given, "tries"),
            replaces=_optional(given, "replaces"),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A team, or a tree, that is known to be too large, and so is exported as the teams inside it.

    Attributes:
        cut: `keys.cut_key`, where that is known from.
        team_id: The team's; of a tree, its root's.
        request: What would have been asked for.
        team_name: The team's name.
        is_tree: Whether it is the whole tree.
    """

    cut: str
    team_id: str
    request: ExportRequest
    team_name: str
    is_tree: bool


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a plan comes to.

    Attributes:
        items: Of the first round, in the plan's order, the oldest windows first.
        opened: What was split from the start.
    """

    items: tuple[Item, ...]
    opened: tuple[Opened, ...]


def expand(
    plan: Plan,
    trees: Mapping[TreeKey, OrgTree],
    splits: Mapping[str, Collection[str]],
    run: str,
) -> Expansion:
    """The items of a batch's first round.

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
    for entry, (planned, choice) in enumerate(zip(plan.exports, chosen, strict=True)):
        for request in planned.requests:
            for scope, team_name in choice.scopes:
                item = _item(replace(request, scope=scope), entry, request.tree, team_name, run)
                items.setdefault(item.id, item)
    _refuse_overlaps(plan, items.values(), trees)
    opened = (
        Opened(keys.cut_key(request), team.id, request, team.name, team is choice.root)
        for planned, choice in zip(plan.exports, chosen, strict=True)
        for request in planned.requests
        for team in choice.opened
    )
    return Expansion(tuple(items.values()), tuple(opened))


def children(item: Item, tree: OrgTree, run: str, number: int) -> tuple[Item, ...]:
    """The items that together are one that is too large; none if it cannot be split.

    Args:
        item: The item.
        tree: The org tree that it names.
        run: The batch's name.
        number: Of the round that they are for.
    """
    team = tree.root if item.team is None else tree.find(item.team)
    # Of a flat tree nobody can tell which team contains which.
    if item.tree is None or team is None or not team.children or tree.is_flat:
        return ()
    request, parts = item.request(), list[Item]()
    for child in team.children:
        scope = _scope(request, item.tree, child)
        part = _item(replace(request, scope=scope), item.entry, item.tree, child.name, run)
        parts.append(replace(part, name=_name(run, number, part.id), replaces=item.id))
    return tuple(parts)


def retry(item: Item, run: str, number: int) -> Item:
    """The same export once more, in another execution of the round of this number."""
    return replace(item, name=_name(run, number, item.id), tries=item.tries + 1)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Of one entry: the scopes to export, each with the team's name if it is a known team's."""

    scopes: list[tuple[dict[str, str], str | None]]
    opened: list[Team]
    root: Team | None = None


def _count(plan: Plan, chosen: list[_Choice]) -> int:
    pairs = zip(plan.exports, chosen, strict=True)
    return sum(len(planned.requests) * len(choice.scopes) for planned, choice in pairs)


def _refuse_overlaps(plan: Plan, items: Iterable[Item], trees: Mapping[TreeKey, OrgTree]) -> None:
    """A team is never exported together with one inside it: its rows would come twice."""
    alike: defaultdict[tuple[object, ...], dict[str, Item]] = defaultdict(dict)
    for item in items:
        tree = trees.get(item.tree_key) if item.tree_key else None
        if tree:
            request = item.request()
            dates = (request.start, request.end)
            kind = (item.tree_key, request.report.name, request.shape_fingerprint, *dates)
            alike[kind][item.team or tree.root.id] = item
    problems: dict[tuple[int, int], str] = {}
    for (key, *_), teams in alike.items():
        tree = trees[key]  # type: ignore[index]  # as made above
        for team_id, item in teams.items() if len(teams) > 1 else ():
            for outer in tree.ancestors(team_id):
                if outer.id in teams:
                    pair = (teams[outer.id].entry, item.entry)
                    problems.setdefault(pair, _overlap(plan, pair, item, outer))
    if problems:
        raise InvalidRequestError([*problems.values()])


def _overlap(plan: Plan, pair: tuple[int, int], item: Item, outer: Team) -> str:
    first, second = (plan.exports[entry].path or "the plan" for entry in pair)
    whose = f"team {item.team_name} ({item.team})"
    return (
        f"{second} asks for {whose}, which is inside {outer.name} that {first} asks for with the "
        "same report, options and dates: its rows would come twice. Allowed is one of them."
    )


def _choose(
    planned: PlannedExport,
    trees: Mapping[TreeKey, OrgTree],
    splits: Mapping[str, Collection[str]],
    problems: Problems,
) -> _Choice:
    request, key = planned.requests[0], planned.tree_key
    tree = trees.get(key) if key else None
    # A team may be named by an id that the API does not tell: that one cannot be split.
    named = tree.find(request.team) if tree and request.team else None
    if key is None or tree is None or (request.team and not named):
        if not planned.is_whole:
            raise KeyError(key)
        return _Choice([(request.scope, None)], [])
    if named:
        teams: tuple[Team, ...] = (named,)
    else:
        teams = select(tree, planned.selector, problems, f"{planned.path}.scope.teams")
    too_large = () if tree.is_flat else splits.get(keys.cut_key(request), ())
    # The root of the tree stands for the whole of it, so its scope has no team.
    itself = named or tree.root
    scopes = [
        (request.scope, named.name if named else None)
        if team is itself
        else (_scope(request, key[2], team), team.name)
        for team in tree.split(teams, too_large)
    ]
    return _Choice(scopes, [*tree.opened(teams, too_large)], tree.root)


def _scope(request: ExportRequest, tree: str, team: Team) -> dict[str, str]:
    """A team's, as the report wants it."""
    if request.report.scope is Scope.TREE_AND_TEAM:
        return {"orgTreeName": tree, "teamId": team.id}
    return {"teamId": team.id}


def _item(
    request: ExportRequest, entry: int, tree: str | None, team_name: str | None, run: str
) -> Item:
    item_id = request.fingerprint[:_ID_DIGITS]
    return Item(
        id=item_id,
        name=_name(run, FIRST_ROUND, item_id),
        input=request.canonical(),
        entry=entry,
        tree=tree,
        team=request.team,
        team_name=team_name,
        key=keys.expected_key(request),
    )


def _name(run: str, number: int, item_id: str) -> str:
    """Of an execution: the same for the same item of the same round, so that it starts once."""
    return f"{hashlib.sha256(run.encode()).hexdigest()[:8]}-r{number}-{item_id}"


def _optional(given: JsonObject, name: str) -> str | None:
    return None if given.get(name) is None else text_field(given, name)
