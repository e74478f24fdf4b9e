"""Work on a thread beside the caller's, for steps that release Python's lock."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WAITING = 4
"""Pieces that may wait for the thread: enough to even out, little to hold in memory."""


class Aside:
    """Hands pieces to a function on another thread, in order."""

    def __init__(self, work: Callable[[bytes], None]) -> None:
        self._work = work
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def put(self, piece: bytes) -> None:
        """Hand over a piece; the first one is worked on at once, as most files have no second.

        Raises:
            Whatever the function raised for an earlier piece.
        """
        if self._error is not None:
            raise self._error
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="aside", daemon=True)
            self._work(piece)
            return
        if not self._thread.is_alive() and self._thread.ident is None:
            self._thread.start()
        self._queue.put(piece)

    def finish(self) -> None:
        """Wait until all pieces are done.

        Raises:
            Whatever the function raised.
        """
        self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End the thread, if there is one."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (piece := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._work(piece)
                except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                    self._error = error


@contextmanager
def aside(work: Callable[[bytes], None]) -> Iterator[Aside]:
    """An `Aside` whose thread ends with the block, however that ends."""
    worker = Aside(work)
    try:
        yield worker
    finally:
        worker.stop()
