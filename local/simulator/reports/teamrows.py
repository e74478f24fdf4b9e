"""Whose figures the rows of team reports hold: teams, or the sprints of teams."""

from collections.abc import Callable
from typing import Literal

from local.simulator.data import names
from local.simulator.data.periods import Period
from local.simulator.reports.scopes import Scope

type SprintLevel = Literal["team", "sprint"]

TEAMS = 6
_SPRINTS_OF_A_TEAM = 2
_ROOT = "Engineering"


def identity(level: SprintLevel = "team") -> tuple[str, ...]:
    """Return the columns that come before the figures."""
    sprint = ("Sprint",) if level == "sprint" else ()
    return ("Granularity", "Team", "Team_Hierarchy", "Start_Date", "End_Date", *sprint)


def usual(level: SprintLevel = "team") -> int:
    """Return how many rows a period has."""
    return TEAMS * _SPRINTS_OF_A_TEAM if level == "sprint" else TEAMS


def who(scope: Scope, level: SprintLevel = "team") -> Callable[[Period, int], tuple[str, ...]]:
    """Return what gives the cells of the identifying columns."""
    root = scope.org_tree_name or _ROOT

    def cells(period: Period, index: int) -> tuple[str, ...]:
        place, sprint = divmod(index, _SPRINTS_OF_A_TEAM) if level == "sprint" else (index, 0)
        _, team = names.team(place, scope.team_id)
        label, first, last = period
        named = (f"{team} Sprint {sprint + 1}",) if level == "sprint" else ()
        return (label, team, f"{root}/{team}", first, last, *named)

    return cells
