"""What is remembered from one look to the next, so that each thing is told once."""

from dataclasses import dataclass
from datetime import datetime

from sei_export import dates
from sei_export.jsontypes import JsonObject


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last look has left.

    Attributes:
        first_look_at: Since when anybody looks: from then on something is expected.
        looked_at: When that last look was, as it is written down; empty before the first one.
        missed: The period that was last told as missed; empty if there was none.
        told: The codes of findings that were told, and have not cleared.
    """

    first_look_at: datetime
    looked_at: str = ""
    missed: str = ""
    told: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, content: JsonObject, now: datetime) -> "Memory":
        """Read it back; where there is nothing, somebody looks for the first time."""
        told = content.get("told")
        return cls(
            first_look_at=dates.read_moment(content.get("firstLookAt")) or now,
            looked_at=str(content.get("lookedAt") or ""),
            missed=str(content.get("missed") or ""),
            told=frozenset(map(str, told)) if isinstance(told, list) else frozenset(),
        )

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "firstLookAt": dates.format_moment(self.first_look_at),
            "lookedAt": self.looked_at,
            "missed": self.missed,
            "told": [*sorted(self.told)],
        }
