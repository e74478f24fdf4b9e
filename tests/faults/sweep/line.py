"""Connections that take their time and end when they are told to, on a clock that is none."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import urllib3.util.connection

from sei_export.api import watchdog
from tests.fakes.timing import FakeClock

_PATIENCE_SECONDS = 60.0


class Line(socket.socket):
    """A real connection.

    Attributes:
        clock: Where its time passes.
        seconds_of_a_byte: How slow it is.
        most: How many bytes come at a time.
        left: How many bytes more arrive; None for all.
        end: What is raised then.
    """

    clock: FakeClock
    seconds_of_a_byte: float = 0.0
    most: int = 65_536
    left: int | None = None
    end: BaseException | Callable[[], BaseException] = ConnectionResetError()

    def settimeout(self, value: float | None) -> None:
        """Be patient: silences are told by faults, and a busy machine is none."""
        super().settimeout(None if value is None else max(value, _PATIENCE_SECONDS))

    def recv_into(self, buffer: object, nbytes: int = 0, flags: int = 0) -> int:
        """Receive what may still arrive."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # whatever can be written to
        size = min(nbytes or len(view), self.most)
        if self.left is not None:
            if not self.left:
                raise self.end() if callable(self.end) else self.end
            size = min(size, self.left)
        came = super().recv_into(view[:size], size, flags)
        if self.left is not None:
            self.left -= came
        if self.seconds_of_a_byte:
            pass_time(self.clock, came * self.seconds_of_a_byte)
        return came


def pass_time(clock: FakeClock, seconds: float) -> None:
    """Let a clock go on; in one sum, since a clock adds up whenever it is looked at."""
    clock.slept[:] = [sum(clock.slept) + seconds]


class NeverTimer:
    """Stands for `threading.Timer`, whose time is real: here it never comes."""

    daemon = True

    def __init__(self, *_: object) -> None:
        """Take what a real one takes: its time and its action are of no use here."""

    def start(self) -> None:
        """Begin to wait."""

    def cancel(self) -> None:
        """End waiting."""


@contextmanager
def lines(opening: Callable[[], None], opened: Callable[[Line], None]) -> Iterator[None]:
    """Make each connection of the HTTP library such a line.

    Args:
        opening: Called before each; may raise.
        opened: Called with each.
    """
    connect = urllib3.util.connection.create_connection

    def create(*given: object, **options: object) -> Line:
        opening()
        real = connect(*given, **options)  # type: ignore[arg-type]  # as given
        timeout = real.gettimeout()
        line = Line(fileno=real.detach())
        line.settimeout(timeout)
        opened(line)
        return line

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib3.util.connection, "create_connection", create)
        patch.setattr(watchdog, "Timer", NeverTimer)
        yield
