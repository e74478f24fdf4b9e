"""Which of a run's files its list has, where the plan asks for rows twice.

Entries of one plan may share days of the same scope, such as the year to date beside the month
before: both land, and their rows do not add up. Of such files a list has those of the entry that
stands first in the plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sei_export import keys
from sei_export.batch.dayset import DaySet
from sei_export.batch.item import Item
from sei_export.batch.record import Opened
from sei_export.orgtree import OrgTree, TreeName
from sei_export.request.path import tree_path


@dataclass(frozen=True, slots=True)
class Ask:
    """What an entry of a plan came to.

    Attributes:
        entry: The entry's index.
        path: `tree_path`: report, shape, organization, project and tree.
        tree: The org tree; None where the entry names none.
        team: The team's id; None for the whole tree.
        start: First day.
        end: Last day.
        is_file: Whether there will be a file; else it only tells of rows that are missing.
    """

    entry: int
    path: str
    tree: TreeName | None
    team: str | None
    start: date
    end: date
    is_file: bool

    @classmethod
    def of_item(cls, item: Item) -> "Ask":
        """One of an item."""
        asked = item.request
        path = tree_path(asked, asked.tree or item.tree)
        return cls(
            entry=item.entry,
            path=path,
            tree=item.tree_name,
            team=item.team,
            start=asked.start,
            end=asked.end,
            is_file=True,
        )

    @classmethod
    def of_opened(cls, entry: int, tree: TreeName | None, opened: Opened) -> "Ask":
        """One of what is split from the start."""
        team = None if opened.is_tree else opened.team_id
        path = keys.path_of_cut(opened.cut)
        return cls(
            entry=entry,
            path=path,
            tree=tree,
            team=team,
            start=opened.start,
            end=opened.end,
            is_file=False,
        )


def preferred(asks: Sequence[Ask], trees: Mapping[TreeName, OrgTree]) -> list[bool]:
    """Tell of each whether nothing in an entry before its own has its rows.

    Args:
        asks: All of a run.
        trees: The org trees that are known.
    """
    chosen = [True] * len(asks)
    by_entry: defaultdict[int, list[int]] = defaultdict(list)
    for place, ask in enumerate(asks):
        by_entry[ask.entry].append(place)
    taken = _Taken(trees)
    for _, places in sorted(by_entry.items()):
        for place in places:
            chosen[place] = not taken.has_rows_of(asks[place])
        taken.add(asks[place] for place in places if chosen[place] and asks[place].is_file)
    return chosen


class _Taken:
    """Days of which there are files already, by path and team."""

    def __init__(self, trees: Mapping[TreeName, OrgTree]) -> None:
        self._trees = trees
        self._of_itself: dict[tuple[str, str | None], list[tuple[date, date]]] = {}
        self._inside: dict[tuple[str, str | None], list[tuple[date, date]]] = {}
        self._shared: dict[tuple[str, str], list[tuple[date, date]]] = {}
        self._sets: dict[tuple[str, str | None], tuple[DaySet, DaySet]] = {}

    def add(self, asks: Iterable[Ask]) -> None:
        """Take an entry's files."""
        for ask in asks:
            itself, *around = self._scopes(ask)
            days = ask.start, ask.end
            self._of_itself.setdefault((ask.path, itself), []).append(days)
            for outer in around:
                self._inside.setdefault((ask.path, outer), []).append(days)
            for shared in self._shared_inside(ask):
                self._shared.setdefault((ask.path, shared), []).append(days)
        self._sets = {}

    def has_rows_of(self, ask: Ask) -> bool:
        """Whether a file shares days: of the same team, one around or inside it, or one in both."""
        itself, *around = self._scopes(ask)
        of_itself, inside = self._days(ask.path, itself)
        of_others = [of_itself, inside, *(self._days(ask.path, outer)[0] for outer in around)]
        shared = [self._shared.get((ask.path, it), ()) for it in self._shared_inside(ask)]
        of_others += map(DaySet, shared)
        return any(days.has_any(ask.start, ask.end) for days in of_others)

    def _days(self, path: str, scope: str | None) -> tuple[DaySet, DaySet]:
        place = path, scope
        if place not in self._sets:
            ranges = self._of_itself.get(place, ()), self._inside.get(place, ())
            self._sets[place] = DaySet(ranges[0]), DaySet(ranges[1])
        return self._sets[place]

    def _shared_inside(self, ask: Ask) -> list[str]:
        tree = self._trees.get(ask.tree) if ask.tree else None
        return tree.shared_inside(ask.team) if tree and ask.team else []

    def _scopes(self, ask: Ask) -> Iterator[str | None]:
        """The team and all around it; None stands for the whole tree, as its root does."""
        if ask.team is None:
            yield None
            return
        tree = self._trees.get(ask.tree) if ask.tree else None
        around = [each.id for each in tree.ancestors(ask.team)] if tree else []
        root = tree.root.id if tree else None
        scopes = [None if scope == root else scope for scope in (ask.team, *around)]
        # What a tree that is not known contains is inside it all the same.
        if ask.tree and None not in scopes:
            scopes.append(None)
        yield from scopes
