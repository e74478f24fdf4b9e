"""What is remembered of exports that differ in their dates only: how long the last ones took.

By this system's own clock, from the create call until the export was seen to be completed: the
API's times may be skewed, or an older export's that was handed out again.
"""

from dataclasses import dataclass
from statistics import median

from sei_export.jsontypes import JsonObject, read_seconds

_KEPT = 5

_BEYOND_SHORTEST_SECONDS = 300.0
"""How much later than the shortest the first look at an export may come."""

FIRST_LOOK = 0.7
"""The part of the expected time that the state machine sleeps through, without a look."""


@dataclass(frozen=True, slots=True)
class Series:
    """What is remembered of exports that differ in their dates only.

    Attributes:
        seconds: How long the last few took, the oldest first.
    """

    seconds: tuple[float, ...] = ()

    @property
    def expected_seconds(self) -> float:
        """How long the next one will take; 0 if unknown.

        The median, so that one that is out of line moves nothing; and so bounded that the first
        look comes at most 5 minutes after the shortest would have been ready.
        """
        if not self.seconds:
            return 0.0
        longest = (min(self.seconds) + _BEYOND_SHORTEST_SECONDS) / FIRST_LOOK
        return min(median(self.seconds), longest)

    def after(self, seconds: float) -> "Series":
        """Remember one more."""
        return Series((*self.seconds, seconds)[-_KEPT:])

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {"seconds": [*self.seconds]}

    @classmethod
    def from_json(cls, content: JsonObject) -> "Series":
        """Read it; an empty or strange one knows nothing."""
        given = content.get("seconds")
        if not isinstance(given, list):
            return cls()
        try:
            return cls(tuple(read_seconds(each) for each in given)[-_KEPT:])
        except TypeError:
            return cls()
