"""Reading an org tree's teams, of which the API documents two forms."""

from collections.abc import Iterable, Iterator, Mapping

from sei_export.api.answers import read_id
from sei_export.errors import ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import MADE_ROOT, OrgTree, Row, grow


def read_tree(answer: JsonValue, name: str) -> OrgTree:
    """Read a tree's teams.

    Args:
        answer: `{"refId", "name", "leaf", "children"}`, or a list of such, or a flat list of
            `{"refId", "name"}`. In the last, the first entry of the tree's name is the root.
            Where nothing says what the root is, one is made.
        name: The tree's.

    Raises:
        ProtocolError: It is no such form, or a team is in it twice.
    """
    entries = [_team(each, name) for each in (answer if isinstance(answer, list) else [answer])]
    is_flat = len(entries) > 1 and not any({"children", "leaf"} & {*each} for each in entries)
    root, others = _root(entries, name, is_flat=is_flat)
    rows = [root, *_rows(others, name)]
    seen: set[str] = set()
    for _, team_id, _ in rows:
        if team_id in seen:
            raise _odd(name, f"team {team_id} is in it twice")
        seen.add(team_id)
    return OrgTree(name, grow(rows), is_flat)


def _root(entries: list[JsonObject], name: str, *, is_flat: bool) -> tuple[Row, list[JsonObject]]:
    """The root, and what is right inside it."""
    if len(entries) == 1:
        root = entries[0]
        return _row(0, root, name), _children(root, name)
    if is_flat:
        for index, entry in enumerate(entries):
            row = _row(0, entry, name)
            if row[2].strip() == name.strip():
                return row, entries[:index] + entries[index + 1 :]
    return (0, MADE_ROOT, name), entries


def _rows(teams: Iterable[JsonObject], name: str) -> Iterator[Row]:
    """All teams in order, each before those inside it."""
    waiting = [(1, team) for team in reversed([*teams])]
    while waiting:
        depth, team = waiting.pop()
        yield _row(depth, team, name)
        waiting += [(depth + 1, child) for child in reversed(_children(team, name))]


def _children(team: JsonObject, name: str) -> list[JsonObject]:
    # `leaf` is not looked at: what is inside a team is what counts.
    children = team.get("children") or []
    if not isinstance(children, list):
        raise _odd(name, f"children of team {_ref_id(team, name)} is not a list", children)
    return [_team(child, name) for child in children]


def _team(given: JsonValue, name: str) -> JsonObject:
    if isinstance(given, dict):
        return given
    raise _odd(name, "a team is not an object", given)


def _row(depth: int, team: JsonObject, name: str) -> Row:
    team_id, team_name = _ref_id(team, name), team.get("name")
    if not isinstance(team_name, str) or not team_name.strip():
        raise _odd(name, f"name of team {team_id} is not a text", team_name)
    return depth, team_id, team_name


def _ref_id(team: Mapping[str, JsonValue], name: str) -> str:
    ref_id = read_id(team.get("refId"))
    if ref_id is None:
        raise _odd(name, "refId of a team is not a number", team.get("refId"))
    return ref_id


def _odd(name: str, what: str, *given: JsonValue) -> ProtocolError:
    shown = "".join(f": {repr(each)[:80]}" for each in given)
    return ProtocolError(f"The API's answer about org tree {name!r} cannot be read: {what}{shown}.")
