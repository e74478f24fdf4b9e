"""How many of the cases of a kind are tried."""

import random
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """All cases, or a sample that is the same on every machine.

    Attributes:
        everything: Whether all are tried.
    """

    everything: bool

    def of[Case](self, cases: Iterable[Case], most: int) -> list[Case]:
        """Choose cases, in their order.

        Args:
            cases: All there are.
            most: How many a sample has.
        """
        known = list(cases)
        if self.everything or len(known) <= most:
            return known
        chance = random.Random(most)  # noqa: S311 - the same cases each time
        return [known[at] for at in sorted(chance.sample(range(len(known)), most))]
