"""Reading an org tree's teams, of which the API documents two forms.

One odd team fails only who needs it: a team without a name is called by its id, and one without an
id has a made one, which nothing can be asked for by.
"""

import itertools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sei_export.api.lists import NO_TOTALS, Totals
from sei_export.errors import ProtocolError
from sei_export.input.ids import read_id
from sei_export.input.names import form_of
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import MADE_ROOT, UNNAMED, OrgTree, Row, grow

logger = logging.getLogger(__name__)

_NO_NAME = "(no name)"


def read_tree(answer: JsonValue, name: str, totals: Totals = NO_TOTALS) -> OrgTree:
    """Read a tree's teams.

    Args:
        answer: `{"refId", "name", "leaf", "children"}`, or a list of such, or a flat list of
            `{"refId", "name"}`. In the last, the first entry of the tree's name is the root.
            Where nothing says what the root is, one is made. A team may be in two others.
        name: The tree's.
        totals: What the answer says of how many teams there are.

    Raises:
        ProtocolError: It is no such form, a team is inside itself or twice with other teams inside,
            or there are fewer teams than the answer says.
    """
    given: list[JsonValue] = answer if isinstance(answer, list) else [answer]
    entries = [each for each in given if isinstance(each, dict)]
    if given and not entries:
        raise _odd(name, "a team is not an object", given[0])
    is_flat = len(given) > 1 and not any({"children", "leaf"} & {*each} for each in entries)
    reading = _Reading(name)
    root, others = reading.root(given, is_flat=is_flat)
    rows = [root, *reading.rows(others)]
    named = {row[1]: row[2] for row in reversed(rows)}
    if missing := totals.missing(len(named) - (MADE_ROOT in named), 1):
        raise _odd(name, f"of its teams, {missing} are not there")
    once = [*_without_repeats([(depth, each, named[each]) for depth, each, _ in rows], name)]
    return OrgTree(name, grow(once), is_flat)


@dataclass(slots=True)
class _Reading:
    """One reading of one tree.

    Attributes:
        name: The tree's.
        numbers: Of the teams without an id.
    """

    name: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def root(self, given: list[JsonValue], *, is_flat: bool) -> tuple[Row, list[JsonValue]]:
        """The root, and what is right inside it."""
        if len(given) == 1 and isinstance(given[0], dict):
            root = given[0]
            children = self.children(root)
            ref_id = read_id(root.get("refId"))
            if ref_id is None and not children:
                raise _odd(self.name, "refId of a team is not a number", root.get("refId"))
            return (0, MADE_ROOT if ref_id is None else ref_id, _name(root) or self.name), children
        if is_flat:
            for index, entry in enumerate(given):
                team = entry if isinstance(entry, dict) else {}
                ref_id, name = read_id(team.get("refId")), _name(team)
                if ref_id and name and form_of(name) == form_of(self.name):
                    return (0, ref_id, name), given[:index] + given[index + 1 :]
        return (0, MADE_ROOT, self.name), given

    def rows(self, teams: list[JsonValue]) -> Iterator[Row]:
        """All teams in order, each before those inside it."""
        waiting = [(1, team) for team in reversed(teams)]
        while waiting:
            depth, team = waiting.pop()
            yield self.row(depth, team)
            if isinstance(team, dict):
                waiting += [(depth + 1, child) for child in reversed(self.children(team))]

    def row(self, depth: int, given: JsonValue) -> Row:
        """One team."""
        team = given if isinstance(given, dict) else {}
        ref_id, name = read_id(team.get("refId")), _name(team)
        if ref_id is None:
            logger.warning("In org tree %s: a team without a usable id: %.80r", self.name, given)
            return depth, f"{UNNAMED}{next(self.numbers)}", name or _NO_NAME
        if name is None:
            logger.warning("In org tree %s: team %s has no name", self.name, ref_id)
        return depth, ref_id, name or ref_id

    def children(self, team: Mapping[str, JsonValue]) -> list[JsonValue]:
        """What is right inside a team."""
        # `leaf` is not looked at: what is inside a team is what counts.
        children = team.get("children") or []
        if not isinstance(children, list):
            shown = read_id(team.get("refId"))
            raise _odd(self.name, f"children of team {shown} is not a list", children)
        return children


def _name(team: Mapping[str, JsonValue]) -> str | None:
    name = team.get("name")
    return name if isinstance(name, str) and name.strip() else None


def _without_repeats(rows: list[Row], name: str) -> Iterator[Row]:
    """The rows without a team that stands in one place twice, and with one that stands in two."""
    first_at: dict[str, int] = {}
    path: list[tuple[str, set[str]]] = []
    """The teams around, with what each had right inside it until now."""
    around = set[str]()
    index = 0
    while index < len(rows):
        depth, team_id, _ = row = rows[index]
        around -= {outer for outer, _ in path[depth:]}
        del path[depth:]
        if team_id in around:
            raise _odd(name, f"team {team_id} is inside itself")
        first = first_at.setdefault(team_id, index)
        if first != index and _inside(rows, first) != _inside(rows, index):
            raise _odd(name, f"team {team_id} is in it twice, with other teams inside")
        siblings = path[-1][1] if path else set()
        if team_id in siblings:
            index += 1 + len(_inside(rows, index))
            continue
        siblings.add(team_id)
        path.append((team_id, set()))
        around.add(team_id)
        yield row
        index += 1


def _inside(rows: list[Row], index: int) -> list[tuple[int, str]]:
    """How far below a team those inside it are, and their ids, in an order of its own."""
    top = rows[index][0]
    below = itertools.takewhile(lambda row: row[0] > top, itertools.islice(rows, index + 1, None))
    return sorted((depth - top, team_id) for depth, team_id, _ in below)


def _odd(name: str, what: str, *given: JsonValue) -> ProtocolError:
    shown = "".join(f": {repr(each)[:80]}" for each in given)
    return ProtocolError(f"The API's answer about org tree {name!r} cannot be read: {what}{shown}.")
