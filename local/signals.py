"""Signals that end a command: raised once, and kept back while something must not be torn."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal asks to end: Ctrl-C, `kill`, or a terminal that closes.

    Attributes:
        exit_code: What a shell expects of a command that a signal ended.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def raise_once() -> None:
    """Raise Interrupted at the first signal and ignore later ones: by then, things are stopping.

    Call it in the main thread.
    """

    def interrupt(number: int, _frame: FrameType | None) -> None:
        ignore()
        raise Interrupted(number)

    for number in _ENDING:
        # Of the three only a hangup is ignored on purpose, by nohup.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def ignore() -> None:
    """Ignore every signal that would end the command."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred() -> Iterator[None]:
    """Keep signals back until the block has ended; then the first of them acts.

    Only the main thread gets signals, so in any other this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def keep(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number in _ENDING:
        signal.signal(number, keep)
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
        for first in came[:1]:
            signal.raise_signal(first)
