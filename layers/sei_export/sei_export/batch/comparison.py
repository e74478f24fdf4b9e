"""What has become of the org trees since the last complete run of the same plan.

A batch knows only which teams there are today: one that is gone is missed by nobody. So today's
trees are compared with those that the last complete run was planned with.
"""

from collections.abc import Mapping

from sei_export.batch.cautions import TEAMS_GONE, TEAMS_NEW, TEAMS_RENAMED, TREE_RENAMED, shown
from sei_export.batch.selector import shown_team
from sei_export.input.problems import plain, quoted
from sei_export.manifest import Caution
from sei_export.orgtree import MADE_ROOT, OrgTree, Team, TreeName

_ALIKE = 0.5
"""Of the teams of two trees of different names: with so many in both they are one, renamed."""


def compare(
    before: Mapping[TreeName, OrgTree], now: Mapping[TreeName, OrgTree], run: str
) -> list[Caution]:
    """Warn of teams that are gone, new, renamed or moved, and of trees that were renamed.

    Args:
        before: The trees of the last complete run.
        now: Today's.
        run: The name of that run.
    """
    found: list[Caution] = []
    for name, tree in now.items():
        was = before.get(name)
        if was is None:
            was = _renamed(name, tree, {it: old for it, old in before.items() if it not in now})
            if was is None:
                continue
            found.append(
                Caution(
                    TREE_RENAMED,
                    f"Org tree {plain(was.name)} of run {run} is {plain(tree.name)} now: its files "
                    "have other keys from here on, and the old ones stay where they are.",
                )
            )
        found += _of_teams(was, tree, run)
    return found


def _renamed(name: TreeName, tree: OrgTree, gone: Mapping[TreeName, OrgTree]) -> OrgTree | None:
    """The tree that this one was, among those of other names in the same project."""
    teams = _ids(tree)
    for other, old in gone.items():
        same = teams & _ids(old)
        if other[:2] == name[:2] and same and len(same) >= _ALIKE * len(teams):
            return old
    return None


def _ids(tree: OrgTree) -> set[str]:
    """Of all teams; a root that the API does not name is that of any tree."""
    return {team.id for team in tree.teams() if team.id != MADE_ROOT}


def _of_teams(was: OrgTree, tree: OrgTree, run: str) -> list[Caution]:
    before, now = ({team.id: team for team in it.teams()} for it in (was, tree))
    whose = f"org tree {plain(tree.name)} since run {run}"
    told = {
        TEAMS_GONE: ("gone from", [before[each] for each in before if each not in now]),
        TEAMS_NEW: ("new in", [now[each] for each in now if each not in before]),
    }
    found = [
        Caution(code, f"{_count(teams)} {what} {whose}: {shown(map(shown_team, teams))}.")
        for code, (what, teams) in told.items()
        if teams
    ]
    # The root has the tree's name.
    both = [each for each in now if each in before and each != tree.root.id]
    changed = [text for each in both if (text := _changed(before[each], now[each], (was, tree)))]
    if changed:
        count = _count(changed)
        found.append(
            Caution(TEAMS_RENAMED, f"{count} renamed or moved in {whose}: {shown(changed)}.")
        )
    return found


def _changed(before: Team, now: Team, trees: tuple[OrgTree, OrgTree]) -> str | None:
    """How a team was renamed, moved, or came to contain teams."""
    said = []
    if before.name != now.name:
        said.append(f"was {quoted(before.name)}")
    around = [{outer.id for outer in tree.around(now.id)} for tree in trees]
    if around[0] != around[1]:
        named = [shown_team(outer) for outer in trees[1].around(now.id)]
        said.append(f"is inside {' and '.join(named) or 'no other'} now")
    if bool(before.children) != bool(now.children):
        said.append("contains teams now" if now.children else "contains no teams any more")
    return f"{shown_team(now)} {' and '.join(said)}" if said else None


def _count(found: list[Team] | list[str]) -> str:
    return f"{len(found)} team is" if len(found) == 1 else f"{len(found)} teams are"
