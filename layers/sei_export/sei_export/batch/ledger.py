"""A batch's account: what was expected, what became of it, and what to do about the rest.

Nothing is carried from round to round but what is in the bucket: the items of each round and their
outcomes. So closing a round can be repeated, and what nobody wrote down is missing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sei_export.batch.item import Item
from sei_export.batch.outcomes import Failure, Outcome
from sei_export.batch.plan import MAX_ITEMS

MAX_TRIES = 3
"""Of one item. Each of them is an execution with its own hours of patience."""

MAX_ROUNDS = 12
"""Of a batch: the depth to which a tree is split, and the tries."""

_SPLITTABLE = frozenset({"ExportTimedOutError", "ExportFailedError"})
"""What a smaller scope may cure."""

_OF_SIZE = re.compile(
    r"\b(too (large|big|many|much|long|slow|heavy)|time[ -]?outs?|timed[ -]?out|exceed|memory|size)"
    r"|(?<!rate )limit",
    re.IGNORECASE,
)
"""Words by which the API says that a smaller scope would help. Without them a failed export is
tried whole once more: a bad hour of the API must not cut a tree for a month."""

_TRIES_BEFORE_SPLIT = 2
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
    "Start the batch again with the same input: what has landed is found unchanged.",
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
    following: dict[str, Item] = {}
    # Of all rounds: what was not due yet was in none since.
    for line in [*ledger.lines.values()]:
        item = line.item
        if number > MAX_ROUNDS or line.fate is Fate.LANDED:
            continue
        parts = tuple(children(item)) if _may_be_too_large(line) else ()
        # The parts come in the item's place.
        fits = len(ledger.lines) - 1 + len(following) + len(parts) <= MAX_ITEMS
        if parts and fits:
            following |= {part.id: part for part in parts if part.id not in ledger.lines}
        elif _may_pass(line):
            following[item.id] = item.retried(run, number, _not_before(line))
    ledger.following = tuple(following.values())
    _mark_splits(ledger, rounds, children)
    return ledger


def _line(item: Item, outcome: Outcome | None, unknown: Failure) -> Line:
    if outcome is None:
        return Line(item, Fate.MISSING, None, unknown)
    if outcome.failure:
        return Line(item, Fate.FAILED, outcome, outcome.failure)
    return Line(item, Fate.LANDED, outcome)


def _may_be_too_large(line: Line) -> bool:
    """Whether what an item failed with is taken for a matter of its size."""
    failure = line.failure
    if failure is None or failure.error not in _SPLITTABLE:
        return False
    says_so = failure.error != "ExportFailedError" or _OF_SIZE.search(failure.message) is not None
    return says_so or line.item.tries >= _TRIES_BEFORE_SPLIT


def _may_pass(line: Line) -> bool:
    """Whether the same item is worth another try."""
    error = line.failure.error if line.failure else ""
    if error == "ExportFailedError":
        return not _may_be_too_large(line)
    return error not in _PERMANENT and line.item.tries < MAX_TRIES


def _not_before(line: Line) -> str | None:
    """When another try would get another export; None for at once."""
    same = line.failure is not None and line.failure.error in _HANDED_OUT_AGAIN
    return line.outcome.new_from if same and line.outcome else None


def _mark_splits(
    ledger: Ledger, rounds: Sequence[Sequence[Item]], children: Callable[[Item], Iterable[Item]]
) -> None:
    """What was split is not missing: its parts are expected in its place."""
    known = {item.id for items in rounds for item in items}
    known |= {item.id for item in ledger.following}
    for key, line in ledger.lines.items():
        if line.fate is Fate.FAILED and _may_be_too_large(line):
            parts = tuple(part.id for part in children(line.item))
            if parts and known.issuperset(parts):
                ledger.lines[key] = Line(line.item, Fate.SPLIT, line.outcome, line.failure, parts)
