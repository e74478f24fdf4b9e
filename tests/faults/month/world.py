"""The organisation whose exports somebody is on call for, and its plans."""

from dataclasses import dataclass, replace
from datetime import date

from sei_export.jsontypes import JsonObject, JsonValue
from tests.faults.month.vendor import Asked, Team

ENGINEERING, OPERATIONS = "Engineering", "Operations"

# Of the one tree, without teams inside.
DAMAGED, LOST, RENAMED, DIVIDED, REMOVED, RESTATED = "101", "102", "103", "104", "105", "106"
REFUSED = ("107", "108", "109")
PART = "12"
"""A part of that tree, with teams inside."""

# Of the other tree, with teams inside.
BIG, FLAKY = "201", "202"
SQUADS = {BIG: ("211", "212", "213"), FLAKY: ("221", "222")}

_PEOPLE = 3


@dataclass(frozen=True)
class Size:
    """How much there is.

    Attributes:
        leaves: Teams of the one tree.
        tops: Teams of the other one, of which some contain others.
        months: How many are made up for.
    """

    leaves: int
    tops: int
    months: int

    @property
    def starts(self) -> list[str]:
        """The first days of the months that are made up for."""
        return [f"2024-{month:02}-01" for month in range(13 - self.months, 13)]

    @property
    def backfill(self) -> JsonObject:
        """The plan that makes up for them."""
        days: JsonObject = {"from": self.starts[0], "to": "2024-12-31", "window": "month"}
        return {"name": "monthly", "exports": _entries({"backfill": days})}

    def trees(self) -> dict[str, Team]:
        """Both trees, as they are at first."""
        leaves = tuple(_team(str(101 + at)) for at in range(self.leaves))
        half = len(leaves) // 2
        parts = (
            Team("11", "Products", inside=leaves[:half]),
            Team(PART, "Platforms", inside=leaves[half:]),
        )
        tops = (_top(str(201 + at)) for at in range(self.tops))
        return {
            ENGINEERING: Team("1", ENGINEERING, inside=parts),
            OPERATIONS: Team("2", OPERATIONS, inside=tuple(tops)),
        }

    def items(self, starts: list[str]) -> set[Asked]:
        """What a plan asks for at first."""
        return {
            Asked(tree, str(first + at), start, "developer")
            for tree, first, count in (
                (ENGINEERING, 101, self.leaves),
                (OPERATIONS, 201, self.tops),
            )
            for at in range(count)
            for start in starts
        }


WHOLE, SAMPLE = Size(24, 6, 12), Size(9, 3, 3)


def _team(team_id: str) -> Team:
    people = tuple(f"person {team_id}-{at}" for at in range(_PEOPLE))
    return Team(team_id, f"Team {team_id}", people)


def _top(team_id: str) -> Team:
    inside = tuple(map(_team, SQUADS.get(team_id, ())))
    return Team(team_id, f"Team {team_id}", inside=inside) if inside else _team(team_id)


def _entries(days: JsonObject, level: str = "developer") -> list[JsonValue]:
    return [
        {
            "report": "productivity",
            "scope": {"orgTreeName": tree, "teams": teams},
            "options": {"metricLevel": level, "granularity": "monthly"},
            **days,
        }
        for tree, teams in ((ENGINEERING, "leaves"), (OPERATIONS, "top"))
    ]


_PREVIOUS: JsonObject = {"dateRange": {"period": "previous-month"}}
MONTHLY: JsonObject = {"name": "monthly", "exports": _entries(_PREVIOUS | {"lookback": 2})}
"""The stack's own plan."""

OF_TEAMS: JsonObject = {"name": "teams", "exports": _entries(_PREVIOUS, "team")[1:]}
"""Rows about teams, which those of the teams inside do not add up to."""


def previous(day: date, count: int = 2) -> list[str]:
    """The first days of the last months before one, oldest first."""
    months = [day.year * 12 + day.month - 1 - back for back in range(count, 0, -1)]
    return [f"{month // 12}-{month % 12 + 1:02}-01" for month in months]


def changed(root: Team, team_id: str, *into: Team) -> Team:
    """A tree with other teams in the place of one, or with none."""
    inside: list[Team] = []
    for each in root.inside:
        inside += into if each.id == team_id else [changed(each, team_id, *into)]
    return replace(root, inside=tuple(inside))
