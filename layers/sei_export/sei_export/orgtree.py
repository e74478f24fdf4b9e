"""An org tree: its teams, which of them contain which, and how it is cut into exports.

A team's export includes the teams inside it, so a cut never has a team together with one inside
it. The API may list a team in two others, which is then inside both. Trees are walked without
recursion: nothing says how deep one may be.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue

MADE_ROOT = ""
"""The id of a root that the API does not name: it stands for the whole tree."""

UNNAMED = "?"
"""Begins the made id of a team to which the API gives none that can be one."""

type Row = tuple[int, str, str]
"""A team's depth, id and name."""


class TreeName(NamedTuple):
    """Which org tree.

    Attributes:
        org: The Harness organization.
        project: The Harness project.
        name: As `orgTreeName` wants it.
    """

    org: str
    project: str
    name: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team and the teams inside it.

    Attributes:
        id: The API's `refId`, as `teamId` wants it.
        name: As the API writes it.
        children: The teams right inside it.
    """

    id: str
    name: str
    children: tuple["Team", ...] = ()

    @property
    def is_unnamed(self) -> bool:
        """Whether the API gives it no usable id, so that it cannot be exported by itself."""
        return self.id.startswith(UNNAMED)


@dataclass(frozen=True, slots=True)
class OrgTree:
    """One org tree.

    Attributes:
        name: As `orgTreeName` wants it.
        root: Contains all other teams; its export is that of the whole tree.
        is_flat: Whether the API does not tell which team contains which, so that the root's
            children may contain each other.
    """

    name: str
    root: Team
    is_flat: bool = False
    _teams: dict[str, Team] = field(init=False, repr=False, compare=False)
    _parents: dict[str, dict[str, Team]] = field(init=False, repr=False, compare=False)
    _shared: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        teams = [team for _, team in _walk(self.root)]
        # The class is frozen: these are what it says, in another order.
        object.__setattr__(self, "_teams", {team.id: team for team in teams})
        parents: dict[str, dict[str, Team]] = {}
        for team in teams:
            for child in team.children:
                parents.setdefault(child.id, {})[team.id] = team
        object.__setattr__(self, "_parents", parents)
        shared = tuple(team_id for team_id, around in parents.items() if len(around) > 1)
        object.__setattr__(self, "_shared", shared)

    def teams(self) -> Iterator[Team]:
        """List all teams, each before those inside it."""
        return iter(self._teams.values())

    def find(self, team_id: str) -> Team | None:
        """Find the team of an id."""
        return self._teams.get(team_id)

    def around(self, team_id: str) -> tuple[Team, ...]:
        """List the teams that a team is right inside of; none for the root."""
        return tuple(self._parents.get(team_id, {}).values())

    def ancestors(self, team_id: str) -> Iterator[Team]:
        """List the teams that a team is inside of, each once, the nearest first."""
        seen = {team_id}
        waiting = deque([team_id])
        while waiting:
            for outer, team in self._parents.get(waiting.popleft(), {}).items():
                if outer not in seen:
                    seen.add(outer)
                    waiting.append(outer)
                    yield team

    def in_two(self, teams: Iterable[Team]) -> tuple[Team, Team, Team] | None:
        """Find a team whose rows are in the exports of two of these teams, and those two."""
        if not self._shared:
            return None
        chosen = {team.id: team for team in teams}
        for team_id in (*self._shared, *chosen):
            outer = (team.id for team in self.ancestors(team_id))
            around = {each: chosen[each] for each in (team_id, *outer) if each in chosen}
            if len(around) > 1:
                first, second, *_ = around.values()
                return self._teams[team_id], first, second
        return None

    def shared_inside(self, team_id: str) -> list[str]:
        """List teams that are in two others, each of which is this one or inside it."""
        return [
            shared
            for shared in self._shared
            if shared == team_id or any(it.id == team_id for it in self.ancestors(shared))
        ]

    def parts(self, team: Team) -> tuple[Team, ...]:
        """List the teams that together are one; none if there are none, or nobody can tell.

        Nobody can where one of them has no id, or a team is in two of them.
        """
        if any(child.is_unnamed for child in team.children) or self.in_two(team.children):
            return ()
        return team.children

    def at_depth(self, depth: int | None) -> Iterator[Team]:
        """List the teams so far below the root, and those nearer to it that contain none.

        Args:
            depth: 0 is the root, which stands for the whole tree; None goes down to the leaves.
        """
        return _frontier(
            [self.root],
            lambda level, team: team.children if depth is None or level < depth else (),
        )

    def split(self, teams: Iterable[Team], too_large: Collection[str]) -> Iterator[Team]:
        """List teams, each too large one replaced by its parts; one without any stays.

        Args:
            teams: The teams.
            too_large: Ids; the root's, or `MADE_ROOT`, for the whole tree.
        """
        return _frontier(teams, lambda _, team: self._opened(team, too_large))

    def opened(self, teams: Iterable[Team], too_large: Collection[str]) -> Iterator[Team]:
        """List the teams that `split` replaces, each once and before those inside it."""
        waiting, seen = [*teams], set[str]()
        while waiting:
            team = waiting.pop()
            parts = self._opened(team, too_large)
            if parts and team.id not in seen:
                seen.add(team.id)
                yield team
                waiting += reversed(parts)

    def _opened(self, team: Team, ids: Collection[str]) -> tuple[Team, ...]:
        """The parts of a team that is one of these; none of another."""
        is_one = team.id in ids or (team is self.root and MADE_ROOT in ids)
        return self.parts(team) if is_one else ()

    def to_json(self) -> JsonObject:
        """Write a form for a file, flat so that JSON takes a tree of any depth."""
        teams: list[JsonValue] = [[depth, team.id, team.name] for depth, team in _walk(self.root)]
        return {"name": self.name, "isFlat": self.is_flat, "teams": teams}

    @classmethod
    def from_json(cls, given: JsonValue) -> "OrgTree":
        """Read back what `to_json` wrote.

        Raises:
            InvalidRequestError: It is not such a form.
        """
        match given:
            case {"name": str(name), "isFlat": bool(is_flat), "teams": list(teams)}:
                rows = [_row(team) for team in teams]
                depths = [-1, *(depth for depth, _, _ in rows)]
                steps = pairwise(depths)
                if rows and all(min(1, was + 1) <= now <= was + 1 for was, now in steps):
                    return cls(name, grow(rows), is_flat)
        raise _bad_form()


def grow(rows: list[Row]) -> Team:
    """Build a tree of its teams in order, each before those inside it; returns the root."""
    inside: dict[int, list[Team]] = {}
    for depth, team_id, name in reversed(rows):
        children = tuple(reversed(inside.pop(depth + 1, [])))
        inside.setdefault(depth, []).append(Team(team_id, name, children))
    return inside[0][0]


def _walk(root: Team) -> Iterator[tuple[int, Team]]:
    """All teams with their depth, each before those inside it."""
    waiting = [(0, root)]
    while waiting:
        depth, team = waiting.pop()
        yield depth, team
        waiting += [(depth + 1, child) for child in reversed(team.children)]


def _frontier(
    teams: Iterable[Team], opened: Callable[[int, Team], tuple[Team, ...]]
) -> Iterator[Team]:
    """Teams that together are these, each once: one that is opened, given its depth, by parts."""
    waiting, seen = [(0, team) for team in reversed([*teams])], set[str]()
    while waiting:
        depth, team = waiting.pop()
        if parts := opened(depth, team):
            waiting += [(depth + 1, part) for part in reversed(parts)]
        elif team.id not in seen:
            seen.add(team.id)
            yield team


def _row(given: JsonValue) -> Row:
    match given:
        case [int(depth), str(team_id), str(name)]:
            return depth, team_id, name
    raise _bad_form()


def _bad_form() -> InvalidRequestError:
    return InvalidRequestError(["tree is not what OrgTree.to_json writes."], remedy=BY_HAND)
