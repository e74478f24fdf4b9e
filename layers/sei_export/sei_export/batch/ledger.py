"""A batch's account: what was expected, what became of it, and what to do about the rest.

Nothing is carried from round to round but what is in the bucket: the items of each round and their
outcomes. So closing a round can be repeated, and what nobody wrote down is missing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sei_export.batch.item import Item
from sei_export.batch.outcomes import Outcome
from sei_export.batch.plan import MAX_ITEMS
from sei_export.failures import Failure

MAX_TRIES = 3
"""Of one item. Each of them is an execution with its own hours of patience."""

MAX_ROUNDS = 12
"""Of a batch: the depth to which a tree is split, and the tries."""

_FAILED = "ExportFailedError"
_SPLITTABLE = frozenset({"ExportTimedOutError", _FAILED})
"""What a smaller scope may cure."""

_OF_SIZE = re.compile(
    r"\b(too (large|big|many|much|long|slow|heavy)|time[ -]?outs?|timed[ -]?out|exceed|memory|size)"
    r"|(?<!rate )limit",
    re.IGNORECASE,
)
"""Words by which the API says that a smaller scope would help. Without them a failed export is
tried whole once more: a bad hour of the API must not cut a tree for a month."""

_OF_THE_HOUR = re.compile(
    r"rate[ -]?limit|too many (requests|exports|concurrent)|quota|try (it )?again|\blater\b",
    re.IGNORECASE,
)
"""Words by which it says that another hour would, whatever else it says."""

_FAILURES_BEFORE_SPLIT = 2
"""Of an export that fails without a word about its size; one without parts has no more either."""

_HANDED_OUT_AGAIN = frozenset({"CorruptDownloadError", "ExportNotFoundError", "ExportFailedError"})
"""What the next try would meet again, as long as the API hands out the same export."""

_PERMANENT = frozenset(
    {
        *("InvalidRequestError", "ConfigurationError", "AuthenticationError"),
        *("ExportRejectedError", "ExportCancelledError", "StorageError"),
        *_SPLITTABLE,
    }
)
"""What another try would not change."""

NEVER_STARTED = Failure(
    "BatchIncompleteError",
    "There is no outcome: the item never started, its execution died, or it could not be recorded.",
    'Start the batch with {"resume": "<its run>"}: only what is missing runs.',
)


class Fate(StrEnum):
    """What became of an item."""

    LANDED = "landed"
    FAILED = "failed"
    MISSING = "missing"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Line:
    """One item's line.

    Attributes:
        item: As it was run last.
        fate: What became of it.
        outcome: What was written down, if anything was.
        failure: Why it has not landed.
        replaced_by: The ids of the items that it was split into.
    """

    item: Item
    fate: Fate
    outcome: Outcome | None = None
    failure: Failure | None = None
    replaced_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Ledger:
    """The account of one batch.

    Attributes:
        lines: By item id, in the order in which they came up.
        following: Items of the next round; empty if there is nothing more to do.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    following: tuple[Item, ...] = ()


def balance(
    rounds: Sequence[Sequence[Item]],
    outcomes: Sequence[Mapping[str, Outcome]],
    children: Callable[[Item], Iterable[Item]],
    run: str,
    number: int,
    unknown: Failure = NEVER_STARTED,
) -> Ledger:
    """Draw up the account after some rounds.

    Args:
        rounds: The items of each round, from the first on; also of runs that this one goes on with.
        outcomes: Of each round, by item id; what is not there is missing.
        children: The items that a too large one is split into for the next round; none for a leaf.
        run: The batch.
        number: Of the round to come.
        unknown: Why the items of the last round without an outcome have none.
    """
    ledger = Ledger()
    for items, found in zip(rounds, outcomes, strict=True):
        why = unknown if items is rounds[-1] else NEVER_STARTED
        for item in items:
            ledger.lines[item.id] = _line(item, found.get(item.id), why)
    past = _Past.of(rounds, outcomes)
    following: dict[str, Item] = {}
    # Of all rounds: what was not due yet was in none since.
    for line in [*ledger.lines.values()]:
        item = line.item
        if number > MAX_ROUNDS or line.fate is Fate.LANDED:
            continue
        parts = tuple(children(item)) if past.is_too_large(line) else ()
        # The parts come in the item's place.
        fits = len(ledger.lines) - 1 + len(following) + len(parts) <= MAX_ITEMS
        if parts and fits:
            following |= {part.id: part for part in parts if part.id not in ledger.lines}
            _place(ledger, parts)
        elif past.may_pass(line):
            following[item.id] = item.retried(run, number, _not_before(line))
    ledger.following = tuple(following.values())
    _mark_splits(ledger, rounds, children, past)
    return ledger


def _place(ledger: Ledger, parts: Iterable[Item]) -> None:
    """Tell of items that were asked for by their teams' ids alone in which tree they are."""
    for part in parts:
        line = ledger.lines.get(part.id)
        if line and line.item.tree is None:
            ledger.lines[part.id] = replace(line, item=line.item.of_tree(part))


def _line(item: Item, outcome: Outcome | None, unknown: Failure) -> Line:
    if outcome is None:
        return Line(item, Fate.MISSING, None, unknown)
    if outcome.failure:
        return Line(item, Fate.FAILED, outcome, outcome.failure)
    return Line(item, Fate.LANDED, outcome)


@dataclass(frozen=True, slots=True)
class _Past:
    """What rounds have shown of items, by their ids.

    Attributes:
        failures: How often the API said that one failed.
        replaced: Those that were split: once it was done, it stays so.
    """

    failures: Counter[str]
    replaced: frozenset[str | None]

    @classmethod
    def of(
        cls, rounds: Iterable[Iterable[Item]], outcomes: Iterable[Mapping[str, Outcome]]
    ) -> "_Past":
        """Look at all of them."""
        failures = Counter(
            item
            for found in outcomes
            for item, outcome in found.items()
            if outcome.failure and outcome.failure.error == _FAILED
        )
        return cls(failures, frozenset(item.replaces for items in rounds for item in items))

    def is_too_large(self, line: Line) -> bool:
        """Whether what an item failed with is taken for a matter of its size."""
        failure, item = line.failure, line.item
        if failure is None or failure.error not in _SPLITTABLE:
            return False
        # The part of one that was too large is likely to be so, too: rounds are few.
        known = item.id in self.replaced or item.replaces is not None
        return failure.error != _FAILED or known or self._has_shown_it(line)

    def may_pass(self, line: Line) -> bool:
        """Whether the same item is worth another try."""
        error = line.failure.error if line.failure else ""
        if error == _FAILED:
            return not self._has_shown_it(line) and line.item.tries < MAX_TRIES
        return error not in _PERMANENT and line.item.tries < MAX_TRIES

    def _has_shown_it(self, line: Line) -> bool:
        says = line.failure.message if line.failure else ""
        of_size = _OF_SIZE.search(says) and not _OF_THE_HOUR.search(says)
        return bool(of_size) or self.failures[line.item.id] >= _FAILURES_BEFORE_SPLIT


def _not_before(line: Line) -> str | None:
    """When another try would get another export; None for at once."""
    same = line.failure is not None and line.failure.error in _HANDED_OUT_AGAIN
    return line.outcome.new_from if same and line.outcome else None


def _mark_splits(
    ledger: Ledger,
    rounds: Sequence[Sequence[Item]],
    children: Callable[[Item], Iterable[Item]],
    past: _Past,
) -> None:
    """What was split is not missing: its parts are expected in its place."""
    known = {item.id for items in rounds for item in items}
    known |= {item.id for item in ledger.following}
    for key, line in ledger.lines.items():
        if line.fate is Fate.FAILED and past.is_too_large(line):
            parts = tuple(part.id for part in children(line.item))
            if parts and known.issuperset(parts):
                ledger.lines[key] = Line(line.item, Fate.SPLIT, line.outcome, line.failure, parts)
