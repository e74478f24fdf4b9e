"""Threads that go on one at a time, in an order that can be had again."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_PATIENCE_SECONDS = 60.0
"""Bound of a test whose threads do not go on."""

type Pick = Callable[[Sequence[int]], int]
"""Picks who goes on, of the numbers of those who wait, in order."""


def by_chance(seed: int) -> Pick:
    """Whoever; another order for each seed."""
    return random.Random(seed).choice  # noqa: S311 - an order


def one_after_the_other() -> Pick:
    """The next one, and the first after the last: whoever looks finds what all others find."""
    last = -1

    def pick(waiting: Sequence[int]) -> int:
        nonlocal last
        last = next((number for number in waiting if number > last), waiting[0])
        return last

    return pick


@dataclass
class Turns:
    """Stands for the scheduler: of some threads, all but one wait at each turn.

    Attributes:
        threads: How many have not left yet.
        pick: Picks who goes on.
    """

    threads: int
    pick: Pick
    _waiting: dict[int, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _own: threading.local = field(default_factory=threading.local)

    def enter(self, number: int) -> None:
        """Take turns from now on, under a number that no other thread has."""
        self._own.number = number
        self.take()

    def take(self) -> None:
        """Wait until it is this thread's turn."""
        turn = threading.Event()
        with self._lock:
            self._waiting[self._own.number] = turn
            self._wake()
        assert turn.wait(_PATIENCE_SECONDS)

    def leave(self) -> None:
        """Take no more turns."""
        with self._lock:
            self.threads -= 1
            self._wake()

    def _wake(self) -> None:
        if self._waiting and len(self._waiting) == self.threads:
            self._waiting.pop(self.pick(sorted(self._waiting))).set()
