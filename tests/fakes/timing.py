"""A clock that moves only by sleeping, and an API key that can be rotated."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sei_export.clock import Clock, Deadline

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = "pat.account.0123456789"


@dataclass
class FakeClock:
    """Stands for time and chance, as `sei_export.clock.Clock`: starts at zero seconds, at noon.

    Attributes:
        chance: What chance gives, from 0 to 1.
        slept: Every sleep, in seconds.
        on_sleep: Called at the end of each sleep.
    """

    chance: float = 0.0
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    @property
    def clock(self) -> Clock:
        """The clock that the exporter looks at."""
        return Clock(
            monotonic=lambda: sum(self.slept),
            now=lambda: NOON + timedelta(seconds=sum(self.slept)),
            sleep=self._sleep,
            chance=lambda: self.chance,
        )

    def deadline(self, seconds: float) -> Deadline:
        """Make the deadline so many seconds from now."""
        return Deadline.after(seconds, self.clock)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.on_sleep()


@dataclass
class FakeKey:
    """Stands for the stack's secret, as `sei_export.api.calls.Key`: a fresh reading rotates it.

    Attributes:
        values: The value now, and those after each rotation.
        fresh_reads: How often it was read past the cache.
    """

    values: list[str] = field(default_factory=lambda: [KEY])
    fresh_reads: int = 0

    def read(self, *, fresh: bool = False) -> str:
        """Read the key, or the next one if `fresh`."""
        if fresh:
            self.fresh_reads += 1
            if len(self.values) > 1:
                del self.values[0]
        return self.values[0]
