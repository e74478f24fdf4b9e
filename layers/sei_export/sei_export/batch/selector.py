"""Which teams of an org tree a batch exports: `scope.teams` of a plan's entry."""

from dataclasses import dataclass

from sei_export.input.fields import read_text
from sei_export.input.ids import read_team_id
from sei_export.input.names import alike, apart, form_of
from sei_export.input.problems import Problems, named
from sei_export.jsontypes import JsonValue, is_count
from sei_export.orgtree import OrgTree, Team

_FORMS = ("none", "leaves", "top", "a depth such as 2", "a list of team ids or names")
_SHOWN_IDS = 10


@dataclass(frozen=True, slots=True)
class Selector:
    """Which teams of a tree, each an export of its own.

    In a tree `root(a(b, c), d)`, depth 0 is the root, which stands for the whole tree; depth 1 is
    a and d; depth 2 is b, c and d, since d contains none; and so is None, the leaves.

    Attributes:
        depth: How far below the root; None for the teams that contain none.
        teams: Ids or names of teams, in the place of a depth.
    """

    depth: int | None = 0
    teams: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the tree is exported as one."""
        return self.depth == 0 and not self.teams

    @property
    def is_below_root(self) -> bool:
        """Whether it means teams by where they are in the tree, not the tree itself."""
        return self.depth != 0


WHOLE = Selector()

_WORDS = {"none": WHOLE, "leaves": Selector(None), "top": Selector(1)}


def read_selector(given: JsonValue, problems: Problems, path: str) -> Selector:
    """Read one: none, leaves, top, a depth, or a list of ids (text or number) or names.

    Args:
        given: As in the plan.
        problems: Where problems go.
        path: Of what is given.
    """
    if isinstance(given, str) and given.strip().lower() in _WORDS:
        return _WORDS[given.strip().lower()]
    if is_count(given):
        return Selector(given)
    if isinstance(given, list) and given:
        listed = (_listed(f"{path}[{i}]", each, problems) for i, each in enumerate(given))
        return Selector(0, tuple(listed))
    problems.not_one_of(path, given, _FORMS)
    return WHOLE


def _listed(path: str, given: JsonValue, problems: Problems) -> str:
    if isinstance(given, str):
        return read_text(path, given, problems)
    if is_count(given):
        return read_team_id(path, given, problems, "a name is a text")
    problems.bad_value(path, given, "a team's id or name")
    return ""


def select(tree: OrgTree, selector: Selector, problems: Problems, path: str) -> tuple[Team, ...]:
    """The teams to export, none of them inside another.

    Args:
        tree: Whose.
        selector: Which.
        problems: Where problems of listed teams go: unknown ones, ambiguous names, one twice,
            one inside another.
        path: The list's.

    Returns:
        The teams, the root for the whole tree; after a problem, some.
    """
    if not selector.teams:
        return tuple(tree.at_depth(selector.depth))
    by_name: dict[str, list[Team]] = {}
    for team in tree.teams():
        by_name.setdefault(form_of(team.name), []).append(team)
    chosen: dict[str, tuple[str, str, Team]] = {}
    for index, given in enumerate(selector.teams):
        where = f"{path}[{index}]"
        found = tree.find(given) or _named(given, by_name, problems, where)
        if found and found.id in chosen:
            problems.refused(where, given, f"team {shown_team(found)} is listed twice")
        elif found:
            chosen[found.id] = (where, given, found)
    for where, given, team in chosen.values():
        outer = next((each for each in tree.ancestors(team.id) if each.id in chosen), None)
        if outer:
            problems.refused(
                where,
                given,
                f"team {shown_team(outer)} is listed too, whose export includes this one",
            )
    return tuple(team for _, _, team in chosen.values())


def _named(
    given: str, by_name: dict[str, list[Team]], problems: Problems, where: str
) -> Team | None:
    named = alike(given, by_name.get(form_of(given), []), lambda team: team.name)
    if len(named) == 1:
        return named[0]
    if named:
        ids = apart((team.id, team.name) for team in named[:_SHOWN_IDS])
        problems.refused(
            where, given, f"{len(named)} teams have this name: give an id, such as {ids}"
        )
    else:
        teams = (team for teams in by_name.values() for team in teams)
        problems.none_of_these(where, given, [(_usable(team), team.name.strip()) for team in teams])
    return None


def shown_team(team: Team) -> str:
    """Name a team for a message, with its id."""
    return named(_usable(team), team.name)


def _usable(team: Team) -> str:
    """A team's id, if the API gives it one."""
    return "" if team.is_unnamed else team.id
