"""What a batch has done so far, as its bucket tells: each round's items, and their outcomes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sei_export import keys
from sei_export.batch.item import Item
from sei_export.batch.outcomes import Outcome
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject

_REMEDY = "Start a batch of the same plan and nominal time: what has landed is found unchanged."


class Documents(Protocol):
    """Reads what is written in a bucket."""

    def read_list(self, key: str) -> list[JsonObject]:
        """Read the objects of a list; none if the key is empty."""

    def read_many(self, keys: Iterable[str]) -> dict[str, JsonObject]:
        """Read objects by key, each empty if the key is."""


@dataclass(frozen=True, slots=True)
class History:
    """Rounds, from the first on.

    Attributes:
        rounds: The items of each.
        outcomes: Of each, by item id; what is not there has none.
    """

    rounds: tuple[list[Item], ...] = ()
    outcomes: tuple[dict[str, Outcome], ...] = ()

    @property
    def landed(self) -> int:
        """How many of the items have landed."""
        return len({item for found in self.outcomes for item, it in found.items() if it.landed})

    def __add__(self, later: "History") -> "History":
        """Join it with the rounds of a run that went on with it."""
        return History(self.rounds + later.rounds, self.outcomes + later.outcomes)


def of_runs(documents: Documents, runs: Sequence[str]) -> History:
    """Read all rounds of runs, of which each went on with the one before.

    Raises:
        InvalidRequestError: One of them is not there as it was: what it landed would not count.
    """
    history = History()
    for run in runs:
        plan = documents.read_many([keys.plan_key(run)])[keys.plan_key(run)]
        listed = [*_listed(documents, run)]
        if plan.get("itemCount") != (len(listed[0]) if listed else 0):
            problem = (
                f'run "{run}" is not whole in the bucket any more, or it has begun nothing: start '
                'a batch of the same plan, with its "scheduledTime".'
            )
            raise InvalidRequestError([problem], remedy=_REMEDY)
        history += _history(documents, run, listed)
    return history


def of_rounds(documents: Documents, run: str, count: int) -> History:
    """Read the first rounds of a run.

    Raises:
        InvalidRequestError: An item is none, or one that this version does not allow.
    """
    numbers = range(1, count + 1)
    listed = [documents.read_list(keys.round_key(run, number)) for number in numbers]
    return _history(documents, run, listed)


def _listed(documents: Documents, run: str) -> Iterator[list[JsonObject]]:
    """The items of each round that a run has had."""
    number = 1
    while items := documents.read_list(keys.round_key(run, number)):
        yield items
        number += 1


def _history(documents: Documents, run: str, listed: Sequence[Sequence[JsonObject]]) -> History:
    history = History()
    for number, each in enumerate(listed, 1):
        items = [Item.from_json(one) for one in each]
        names = {item.id: keys.outcome_key(run, number, item.id) for item in items}
        found = documents.read_many(names.values())
        outcomes = ((item, Outcome.from_json(found[key])) for item, key in names.items())
        known = {item: outcome for item, outcome in outcomes if outcome}
        history += History((items,), (known,))
    return history
