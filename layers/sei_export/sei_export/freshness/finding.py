"""What a look finds that will keep exports from coming."""

from typing import NamedTuple

from sei_export.jsontypes import JsonObject

SCHEDULE_DISABLED = "ScheduleDisabled"
DEAD_LETTERS = "DeadLetters"
KEY_UNUSABLE = "ApiKeyUnusable"
KEY_REFUSED = "ApiKeyRefused"
KEY_OLD = "ApiKeyOld"


class Finding(NamedTuple):
    """One thing to be mended.

    Attributes:
        code: Its kind; it is told once until it clears.
        message: What is so.
        remedy: What to do.
    """

    code: str
    message: str
    remedy: str

    def to_json(self) -> JsonObject:
        """As in events."""
        return self._asdict()
