"""Rounds of batches in memory: their items, and what becomes of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sei_export import keys
from sei_export.batch.cuts import Cut
from sei_export.batch.expansion import children
from sei_export.batch.item import Item
from sei_export.batch.ledger import MAX_ROUNDS, Ledger, balance
from sei_export.batch.outcomes import Outcome
from sei_export.batch.record import PlanRecord
from sei_export.failures import Failure
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree
from tests.fakes.batch_items import RUN, TREE, TREE_NAME, cut, expanded, expansion
from tests.fakes.samples import landed, least, parsed

LANDED = Outcome("arn", {"rows": 1}, None)
TOO_LARGE = "ExportTimedOutError"

type Answer = Outcome | None
"""None: nobody wrote it down."""


def failed(error: str, message: str = "It failed.", new_from: str | None = None) -> Outcome:
    """An export that failed with the error of a name."""
    return Outcome("arn", None, Failure(error, message, "Mend it."), new_from=new_from)


def first_round(
    *teams: JsonValue, tree: OrgTree = TREE, report: str = "productivity"
) -> list[Item]:
    """A first round of all that these selectors ask for; one plan must not have overlaps."""
    items: dict[str, Item] = {}
    for each in teams:
        items |= {item.id: item for item in expanded(cut(each, report), tree=tree)}
    return [*items.values()]


@dataclass
class Rounds:
    """A batch without a bucket, with what becomes of each item.

    Attributes:
        first: The items of its first round.
        answer: What becomes of an item.
        tree: The tree.
        rounds: The items of all rounds until now.
        outcomes: What was written down.
        ended: By item id, what became of it at each try.
    """

    first: list[Item]
    answer: Callable[[Item], Answer]
    tree: OrgTree = TREE
    rounds: list[list[Item]] = field(default_factory=list)
    outcomes: list[dict[str, Outcome]] = field(default_factory=list)
    ended: dict[str, list[Answer]] = field(default_factory=dict)

    def step(self, items: Iterable[Item]) -> Ledger:
        """Run a round and close it."""
        self.rounds.append([*items])
        found: dict[str, Outcome] = {}
        for item in self.rounds[-1]:
            outcome = self.answer(item)
            self.ended.setdefault(item.id, []).append(outcome)
            if outcome:
                found[item.id] = outcome
        self.outcomes.append(found)
        return balance(self.rounds, self.outcomes, self.parts, RUN, len(self.rounds) + 1)

    def parts(self, item: Item) -> tuple[Item, ...]:
        """What a too large item is split into."""
        return children(item, self.tree, RUN, len(self.rounds) + 1)

    def settle(self) -> Ledger:
        """Run all rounds; no more than there may be."""
        ledger = self.step(self.first)
        while ledger.following:
            assert len(self.rounds) < MAX_ROUNDS
            ledger = self.step(ledger.following)
        return ledger


def of_teams(teams: Mapping[str | None, Answer]) -> Callable[[Item], Answer]:
    """What becomes of the items of some teams, None for the whole tree; all others land."""
    return lambda item: teams.get(item.team, LANDED)


def settled(
    *entries: JsonValue,
    teams: Mapping[str | None, Answer],
    known: Cut | None = None,
    report: str = "productivity",
    tree: OrgTree | None = TREE,
    forget: bool = False,
) -> tuple[PlanRecord, Ledger]:
    """A batch as it was planned, and its account when it has ended.

    Args:
        entries: The plan's.
        teams: What becomes of the items of some teams, None for the whole tree; all others land.
        known: What was known before.
        report: Of which that was known.
        tree: The tree; None where it could not be read.
        forget: Whether the plan says that what was known does not count.
    """
    known = known or Cut({})
    too_large = () if forget else known.splits(date(2026, 3, 15))
    planned = expansion(*entries, tree=tree, too_large=too_large, of=report)
    record = PlanRecord(
        run="weekly",
        name="weekly",
        execution_arn="arn:x",
        started_at="2026-03-15T06:00:00Z",
        scheduled_time="2026-03-15T06:00:00Z",
        plan={"forgetCuts": True} if forget else {},
        warnings=(),
        trees={TREE_NAME: tree} if tree else {},
        cuts={keys.cut_key(parsed(least(report))): known},
        opened=planned.opened,
        item_count=len(planned.items),
    )

    def answer(item: Item) -> Answer:
        return teams[item.team] if item.team in teams else Outcome.of(landed(item))

    return record, Rounds([*planned.items], answer, tree or TREE).settle()
