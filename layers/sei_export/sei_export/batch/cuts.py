"""Which teams of a tree are too large to export whole, remembered from batch to batch.

A team that had to be split is split at once the next time, and tried whole again now and then: the
API, or the team, may have become quicker.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sei_export.jsontypes import JsonObject, JsonValue, is_count

USES_BEFORE_RETRY = 10
"""A try costs one round if it is in vain, so it is made in one batch out of so many."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is known of one kind of export of one tree.

    Attributes:
        uses: By id of a team that was split: in how many batches since it was tried whole.
    """

    uses: Mapping[str, int]

    @classmethod
    def from_json(cls, content: JsonObject) -> "Cut":
        """Read it; an empty or strange one knows nothing."""
        given: JsonValue = content.get("split", {})
        pairs = given.items() if isinstance(given, dict) else ()
        return cls({team: uses for team, uses in pairs if is_count(uses)})

    def to_json(self) -> JsonObject:
        """The form in the bucket."""
        return {"split": dict(self.uses)}

    @property
    def splits(self) -> frozenset[str]:
        """Teams to split at once."""
        return frozenset(team for team, uses in self.uses.items() if uses < USES_BEFORE_RETRY)

    def after(
        self,
        *,
        too_large: Collection[str],
        landed_whole: Collection[str],
        split_and_landed: Iterable[str],
        split_at_once: Collection[str],
    ) -> "Cut":
        """Tell what is known after a batch.

        Args:
            too_large: Teams that the batch found to be too large.
            landed_whole: Teams that it landed whole.
            split_and_landed: Of the too large ones, those of whose parts any has landed.
            split_at_once: Teams that it split from the start, by what was known.
        """
        uses = {
            team: 0 if team in too_large else count + (team in split_at_once)
            for team, count in self.uses.items()
            if team not in landed_whole or team in too_large
        }
        return Cut(uses | dict.fromkeys(set(split_and_landed) - set(self.uses), 0))

    def joined(self, before: "Cut", after: "Cut") -> "Cut":
        """Tell what is known if this was written while a batch came from `before` to `after`.

        What that batch found out is added to what others have, and what it used is counted.

        Args:
            before: What the batch knew at its start.
            after: What it would write if nobody else had written.
        """
        if self == after:
            return self
        uses = {
            team: count for team, count in self.uses.items() if team not in _gone(before, after)
        }
        for team, count in after.uses.items():
            known = before.uses.get(team)
            if known is None or count < known:
                uses[team] = 0
            elif count > known and team in uses:
                uses[team] += count - known
        return Cut(uses)


def _gone(before: Cut, after: Cut) -> set[str]:
    """Teams that a batch has landed whole."""
    return set(before.uses) - set(after.uses)
