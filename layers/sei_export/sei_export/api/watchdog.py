"""Ends what is being read when time is up: nothing looks at the clock during a read.

A server that sends a byte now and then keeps the read of a megabyte going for days. No timeout of a
socket ends that, since something comes all the time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from sei_export.clock import Deadline


class Watchdog:
    """Watches one connection at a time.

    Attributes:
        has_barked: Whether it has ended one: what it read has no end then, whatever it looks like.
    """

    def __init__(self) -> None:
        self.has_barked = False
        self._timer: Timer | None = None
        self._shutdown: Callable[[], None] | None = None

    @contextmanager
    def over(self, raw: object, deadline: Deadline) -> Iterator[None]:
        """Watch a connection's body within the block; only what can be shut down from outside."""
        self._shutdown = getattr(raw, "shutdown", None)
        self.set(deadline)
        try:
            yield
        finally:
            self._shutdown = None
            self._stop()

    def set(self, deadline: Deadline) -> None:
        """Watch by another deadline from now on, if there is something to watch."""
        self._stop()
        if self._shutdown:
            self._timer = Timer(deadline.left(), self._bark, [self._shutdown])
            self._timer.daemon = True
            self._timer.start()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _bark(self, shutdown: Callable[[], None]) -> None:
        self.has_barked = True
        try:
            shutdown()
        except RuntimeError:
            # urllib3's: the body has just ended, in time.
            self.has_barked = False
        except (OSError, ValueError):
            pass
