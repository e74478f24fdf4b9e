"""An org tree: its teams, which of them contain which, and how it is cut into exports.

A team's export includes the teams inside it, so a cut never has a team together with one inside
it. Trees are walked without recursion: nothing says how deep one may be.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue

MADE_ROOT = ""
"""The id of a root that the API does not name: it stands for the whole tree."""

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
    _parents: dict[str, Team] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        teams = [team for _, team in _walk(self.root)]
        # The class is frozen: these are what it says, in another order.
        object.__setattr__(self, "_teams", {team.id: team for team in teams})
        parents = {child.id: team for team in teams for child in team.children}
        object.__setattr__(self, "_parents", parents)

    def teams(self) -> Iterator[Team]:
        """List all teams, each before those inside it."""
        return iter(self._teams.values())

    def find(self, team_id: str) -> Team | None:
        """Find the team of an id."""
        return self._teams.get(team_id)

    def ancestors(self, team_id: str) -> Iterator[Team]:
        """List the teams that a team is inside of, the nearest first."""
        while team := self._parents.get(team_id):
            yield team
            team_id = team.id

    def at_depth(self, depth: int | None) -> Iterator[Team]:
        """List the teams so far below the root, and those nearer to it that contain none.

        Args:
            depth: 0 is the root, which stands for the whole tree; None goes down to the leaves.
        """
        return _frontier(self.root, lambda level, _: depth is None or level < depth)

    def split(self, teams: Iterable[Team], too_large: Collection[str]) -> Iterator[Team]:
        """List teams, each too large one replaced by those inside it; one without any stays.

        Args:
            teams: The teams.
            too_large: Ids; the root's, or `MADE_ROOT`, for the whole tree.
        """
        for team in teams:
            yield from _frontier(team, lambda _, inner: self._is_one_of(inner, too_large))

    def opened(self, teams: Iterable[Team], too_large: Collection[str]) -> Iterator[Team]:
        """List the teams that `split` replaces, each before those inside it."""
        waiting = [*teams]
        while waiting:
            team = waiting.pop()
            if team.children and self._is_one_of(team, too_large):
                yield team
                waiting += reversed(team.children)

    def _is_one_of(self, team: Team, ids: Collection[str]) -> bool:
        return team.id in ids or (team is self.root and MADE_ROOT in ids)

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


def _frontier(root: Team, is_open: Callable[[int, Team], bool]) -> Iterator[Team]:
    """Teams that together are the root: one that is open, given its depth, by those inside it."""
    waiting = [(0, root)]
    while waiting:
        depth, team = waiting.pop()
        if team.children and is_open(depth, team):
            waiting += [(depth + 1, child) for child in reversed(team.children)]
        else:
            yield team


def _row(given: JsonValue) -> Row:
    match given:
        case [int(depth), str(team_id), str(name)]:
            return depth, team_id, name
    raise _bad_form()


def _bad_form() -> InvalidRequestError:
    return InvalidRequestError(["tree is not what OrgTree.to_json writes."], remedy=BY_HAND)
