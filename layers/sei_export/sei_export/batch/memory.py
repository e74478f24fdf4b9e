"""What a batch learns for the next one: which teams of a tree are too large to export whole."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sei_export import keys
from sei_export.batch.cuts import Cut
from sei_export.batch.item import Item
from sei_export.batch.ledger import Fate, Ledger, Line
from sei_export.batch.record import PlanRecord
from sei_export.orgtree import OrgTree, TreeName

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Learned:
    """What to remember of a batch.

    Attributes:
        cuts: By `keys.cut_key`, those that are to be written anew.
        splits: By `keys.cut_key`, the teams that were split, in this batch or from its start.
    """

    cuts: Mapping[str, Cut]
    splits: Mapping[str, tuple[str, ...]]


def learn(record: PlanRecord, ledger: Ledger) -> Learned:
    """Compare what a batch knew with what came of it.

    Args:
        record: The batch as it was planned.
        ledger: Its account, with nothing left to do.
    """
    of_cut: defaultdict[str | None, list[Line]] = defaultdict(list)
    for line in ledger.lines.values():
        of_cut[_cut_key(line.item)].append(line)
    cuts: dict[str, Cut] = {}
    splits: dict[str, tuple[str, ...]] = {}
    for key, before in record.cuts.items():
        lines = of_cut[key]
        split = [line for line in lines if line.fate is Fate.SPLIT]
        too_large = {_team(line.item, record.trees): _why(line) for line in split}
        split_at_once = {each.team_id for each in record.opened if each.cut == key}
        after = before.after(
            today=record.day,
            too_large=too_large,
            landed_whole={
                _team(line.item, record.trees) for line in lines if line.fate is Fate.LANDED
            },
            split_and_landed={
                _team(line.item, record.trees) for line in split if _landed(line, ledger.lines)
            },
        )
        if after != before:
            cuts[key] = after
        if all_split := too_large.keys() | split_at_once:
            splits[key] = tuple(sorted(all_split))
    return Learned(cuts, splits)


def _cut_key(item: Item) -> str | None:
    return keys.cut_key(item.request, item.tree) if item.tree else None


def _team(item: Item, trees: Mapping[TreeName, OrgTree]) -> str:
    """The team of an item; of a whole tree, its root."""
    name = item.tree_name
    return item.team or (trees[name].root.id if name and name in trees else "")


def _why(line: Line) -> str:
    """What it was split for, in short."""
    failure = line.failure
    return f"{failure.error}: {failure.message}"[:_SHOWN_CHARACTERS] if failure else ""


def _landed(line: Line, lines: Mapping[str, Line]) -> bool:
    """Whether anything that came in an item's place has landed."""
    if line.fate is Fate.SPLIT:
        return any(_landed(lines[part], lines) for part in line.replaced_by)
    return line.fate is Fate.LANDED
