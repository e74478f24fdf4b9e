"""Warnings of a batch: what its owner should know that fails nothing.

The codes are a contract: `events/schemas/BatchManifest.json`.
"""

from collections.abc import Iterable, Mapping

from sei_export.batch.cuts import Cut
from sei_export.batch.record import Opened
from sei_export.input.problems import plain
from sei_export.manifest import Caution

UNREAD_TREE = "unreadTree"
FLAT_TREE = "flatTree"
UNKNOWN_TEAM = "unknownTeam"
CUT_REMEMBERED = "cutRemembered"
TEAMS_GONE = "teamsGone"
TEAMS_NEW = "teamsNew"
TEAMS_RENAMED = "teamsRenamed"
TREE_RENAMED = "treeRenamed"
OVERLAP = "overlap"
ITEM_WARNINGS = "itemWarnings"

SHOWN = 10
"""Teams in one warning."""


def of_cuts(opened: Iterable[Opened], cuts: Mapping[str, Cut]) -> list[Caution]:
    """Warn of each team that is not exported as one, since once it could not be.

    Args:
        opened: What the batch splits from its start, perhaps for many ranges of days.
        cuts: By `keys.cut_key`, what is known of trees.
    """
    found: dict[tuple[str, str], Caution] = {}
    for each in opened:
        known = cuts[each.cut].teams.get(each.team_id)
        if known:
            whole = f"Org tree {plain(each.team_name)}"
            team = whole if each.is_tree else f"Team {plain(each.team_name)} ({each.team_id})"
            found[each.cut, each.team_id] = Caution(
                CUT_REMEMBERED,
                f"{team} is exported as the teams inside it for {each.report}, and has been since "
                f"{known.since}: the last try of the whole, on {known.tried}, ended with "
                f"{known.why or 'an error'} The whole is tried again from {known.tried_again} on, "
                'or now, with {"forgetCuts": true} in the plan.',
            )
    return [*found.values()]


def shown(names: Iterable[str]) -> str:
    """List so many names as a message takes."""
    listed = [*names]
    more = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {more} more" if more > 0 else "")
