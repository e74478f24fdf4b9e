"""The org trees that a plan is about, and what an operator should know of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sei_export.batch.cautions import FLAT_TREE, UNKNOWN_TEAM, UNREAD_TREE
from sei_export.batch.entry import PlannedExport
from sei_export.batch.plan import Plan
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
)
from sei_export.input.problems import plain
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, TreeName
from sei_export.request.export_request import ExportRequest

_MEND = "Correct the plan and start a new execution; nothing was created at the API."


@dataclass(frozen=True, slots=True)
class PlannedTrees:
    """The org trees of a plan.

    Attributes:
        read: Those that were read.
        warnings: What cannot be split, or is not what it seems.
    """

    read: Mapping[TreeName, OrgTree]
    warnings: tuple[Caution, ...]


def read_trees(plan: Plan, find: Callable[[ExportRequest, str], OrgTree]) -> PlannedTrees:
    """Ask for each tree once. One that is exported whole can do without: it cannot be split then.

    Args:
        plan: What is asked for.
        find: Asks for the tree that a request names, given the path of the field that does.

    Raises:
        InvalidRequestError: Trees that are needed do not exist, or have no teams where teams are
            asked for: a tree that the API tells in part must not make a complete batch.
        SeiExportError: As `find` raises, if the tree is needed, or the error passes: the state
            machine then tries again.
    """
    trees: dict[TreeName, OrgTree] = {}
    unread: dict[TreeName, SeiExportError] = {}
    problems: list[str] = []
    for planned in plan.exports:
        name = planned.tree_name
        if name is None:
            continue
        if name not in trees and name not in unread:
            try:
                trees[name] = find(planned.requests[0], f"{planned.path}.scope.orgTreeName")
            except (AuthenticationError, InvalidRequestError, ProtocolError) as error:
                unread[name] = error
        error_of_tree = unread.get(name)
        if error_of_tree and (plan.dry_run or not planned.is_whole):
            if not isinstance(error_of_tree, InvalidRequestError):
                raise error_of_tree
            problems += error_of_tree.problems
    problems += [text for planned in plan.exports if (text := _without_teams(planned, trees))]
    if problems:
        raise InvalidRequestError([*dict.fromkeys(problems)], remedy=_MEND)
    warnings = [
        Caution(UNREAD_TREE, f"Org tree {it.name} cannot be split: {why.message}")
        for it, why in unread.items()
    ]
    warnings += [it for name, tree in trees.items() if (it := _flat(plan, name, tree))]
    warnings += [it for planned in plan.exports if (it := _unknown_team(planned, trees))]
    return PlannedTrees(trees, tuple(warnings))


def in_own_spelling(
    plan: Plan, trees: Mapping[TreeName, OrgTree]
) -> tuple[Plan, Mapping[TreeName, OrgTree]]:
    """Write a plan, and the trees by name, with each tree's name as the API spells it.

    Args:
        plan: What is asked for, in names that look like those of its trees.
        trees: Its trees, by those names.
    """
    exports = tuple(
        planned.of_tree(tree.name)
        if planned.tree_name and (tree := trees.get(planned.tree_name))
        else planned
        for planned in plan.exports
    )
    spelled = {name._replace(name=tree.name): tree for name, tree in trees.items()}
    return replace(plan, exports=exports), spelled


def _without_teams(planned: PlannedExport, trees: Mapping[TreeName, OrgTree]) -> str | None:
    """That an entry asks for the teams of a tree that has none."""
    tree = trees.get(planned.tree_name) if planned.tree_name else None
    if tree is None or tree.root.children or not planned.selector.is_below_root:
        return None
    return (
        f"{planned.path}.scope.teams asks for the teams of tree {plain(tree.name)}, which has no "
        'teams: ask for the whole with "teams": "none", or look whether Harness shows any.'
    )


def _flat(plan: Plan, name: TreeName, tree: OrgTree) -> Caution | None:
    """What a flat tree means for a plan."""
    if not tree.is_flat:
        return None
    cut = any(it.tree_name == name and not it.is_whole for it in plan.exports)
    return Caution(
        FLAT_TREE,
        f"The API gives the teams of org tree {name.name} as a flat list, without telling which "
        "contain which: it cannot be split"
        + (", and a team may be exported twice, once within another." if cut else "."),
    )


def _unknown_team(planned: PlannedExport, trees: Mapping[TreeName, OrgTree]) -> Caution | None:
    """That an entry's team is not in its tree, as far as the API tells."""
    team, name = planned.requests[0].team, planned.tree_name
    tree = trees.get(name) if name else None
    if team is None or tree is None or tree.find(team):
        return None
    return Caution(
        UNKNOWN_TEAM,
        f"{planned.path}.scope.teamId {team} is not among the teams of org tree {tree.name}.",
    )
