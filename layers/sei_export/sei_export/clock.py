"""Time: a clock that tests can replace, and the moment by which work has to end."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple


class Clock(NamedTuple):
    """Clock, sleep and chance, so that tests need none of them.

    Attributes:
        monotonic: Seconds of a clock that never goes back.
        now: The time of day, for Retry-After with a date.
        sleep: Waits for so many seconds.
        chance: A number from 0 to 1, for jitter.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which an invocation's work has to end.

    Attributes:
        at: By the clock's monotonic seconds.
        clock: The clock.
    """

    at: float
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def after(cls, seconds: float, clock: Clock | None = None) -> "Deadline":
        """Make the deadline that is so many seconds from now."""
        clock = clock or Clock()
        return cls(clock.monotonic() + seconds, clock)

    def left(self) -> float:
        """Tell how many seconds are left; below zero once it has passed."""
        return self.at - self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds, which the caller has compared with those left."""
        self.clock.sleep(seconds)

    def earlier(self, seconds: float) -> "Deadline":
        """Make a deadline that keeps so many seconds of this one in reserve."""
        return replace(self, at=self.at - seconds)
