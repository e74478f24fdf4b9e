"""Which teams of a tree are too large to export whole, remembered from batch to batch.

A team that had to be split is split at once the next time, and tried whole again after a month: the
API, or the team, may have become quicker. A monthly plan so tries it each time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sei_export.jsontypes import JsonObject, JsonValue

TRIAL_DAYS = 28
"""A month, also from one 2nd of February to the 2nd of March."""

_LAST = date.max - timedelta(TRIAL_DAYS)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """What is known of a team that is too large.

    Attributes:
        since: The day on which it was split for the first time.
        tried: The last day on which it was tried whole.
        why: What its export ended with then.
    """

    since: date
    tried: date
    why: str

    @property
    def tried_again(self) -> date:
        """The first day on which a batch tries it whole again."""
        return self.tried + timedelta(TRIAL_DAYS)

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {"since": self.since.isoformat(), "tried": self.tried.isoformat(), "why": self.why}

    @classmethod
    def from_json(cls, given: JsonValue) -> "TooLarge | None":
        """Read it back; None for what is no such form."""
        match given:
            case {"since": str(since), "tried": str(tried), "why": str(why)}:
                try:
                    known = cls(date.fromisoformat(since), date.fromisoformat(tried), why)
                except ValueError:
                    return None
                return known if known.tried <= _LAST else None
        return None


@dataclass(frozen=True, slots=True)
class Cut:
    """What is known of one kind of export of one tree.

    Attributes:
        teams: By id, those that had to be split.
    """

    teams: Mapping[str, TooLarge]

    @classmethod
    def from_json(cls, content: JsonObject) -> "Cut":
        """Read it; an empty or strange one knows nothing."""
        given: JsonValue = content.get("split", {})
        pairs = given.items() if isinstance(given, dict) else ()
        return cls({team: known for team, it in pairs if (known := TooLarge.from_json(it))})

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {"split": {team: known.to_json() for team, known in self.teams.items()}}

    def splits(self, today: date) -> frozenset[str]:
        """Teams to split at once."""
        return frozenset(team for team, known in self.teams.items() if today < known.tried_again)

    def after(
        self,
        *,
        today: date,
        too_large: Mapping[str, str],
        landed_whole: Iterable[str],
        split_and_landed: Iterable[str],
    ) -> "Cut":
        """Tell what is known after a batch.

        Args:
            today: The day on which it was planned.
            too_large: Teams that the batch found to be too large, each with its error.
            landed_whole: Teams that it landed whole.
            split_and_landed: Of the too large ones, those of whose parts any has landed.
        """
        new = {team: TooLarge(today, today, too_large[team]) for team in split_and_landed}
        gone = {*landed_whole} - too_large.keys()
        known = {
            team: replace(was, tried=max(was.tried, today), why=too_large[team])
            if team in too_large
            else was
            for team, was in self.teams.items()
            if team not in gone
        }
        return Cut(new | known)

    def joined(self, before: "Cut", after: "Cut") -> "Cut":
        """Tell what is known if this was written while a batch came from `before` to `after`.

        Args:
            before: What the batch knew at its start.
            after: What it would write if nobody else had written.
        """
        gone = before.teams.keys() - after.teams.keys()
        found = {team: it for team, it in after.teams.items() if it != before.teams.get(team)}
        stays = {
            team: it
            for team, it in self.teams.items()
            # What another batch has found out since it was landed whole stays.
            if team not in gone or it != before.teams[team]
        }
        return Cut(stays | {team: _both(stays.get(team), it) for team, it in found.items()})


def _both(known: TooLarge | None, found: TooLarge) -> TooLarge:
    """What two batches have found out about one team."""
    if known is None:
        return found
    later = max(known, found, key=lambda it: it.tried)
    return replace(later, since=min(known.since, found.since))
