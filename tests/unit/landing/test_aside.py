"""Work on a thread beside the caller's: order, errors, and no thread that stays."""

import threading
from collections.abc import Callable

import pytest

from sei_export.landing.aside import Aside, aside

PIECES = [b"%d" % number for number in range(100)]
PATIENCE_SECONDS = 30
"""Bound of a wait that only a mistake makes last."""


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "aside"]


class _Worker:
    """Takes note of what it is given; fails at one piece.

    Attributes:
        done: Pieces that it was given and did not fail at.
        threads: Where it worked on each.
        failure: What it raises.
    """

    def __init__(self, fails_at: bytes | None = None, before: Callable[[], object] = int) -> None:
        self.done: list[bytes] = []
        self.threads: list[int] = []
        self.failure = ValueError("not good")
        self._fails_at = fails_at
        self._before = before

    def __call__(self, piece: bytes) -> None:
        if piece == self._fails_at:
            self._before()
            raise self.failure
        self.done.append(piece)
        self.threads.append(threading.get_ident())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
def test_given_pieces_when_finished_then_all_were_worked_on_in_their_order(count: int) -> None:
    work = _Worker()
    with aside(work) as worker:
        for piece in PIECES[:count]:
            worker.put(piece)
        worker.finish()
        assert work.done == PIECES[:count]
    assert _threads() == []


def test_given_one_piece_then_it_is_done_at_once_without_a_thread() -> None:
    work = _Worker()
    with aside(work) as worker:
        worker.put(b"1")
        assert work.done == [b"1"]
        assert _threads() == []
        worker.finish()
    assert work.threads == [threading.get_ident()]


def test_given_more_pieces_then_one_other_thread_works_on_them() -> None:
    work = _Worker()
    with aside(work) as worker:
        for piece in PIECES:
            worker.put(piece)
        assert len(_threads()) == 1
        worker.finish()
    first, *others = work.threads
    assert first == threading.get_ident()
    assert len(set(others)) == 1
    assert first not in others


@pytest.mark.timeout(PATIENCE_SECONDS)
def test_given_a_slow_worker_then_only_a_few_pieces_wait_for_it() -> None:
    slow = threading.Event()
    put: list[bytes] = []

    def work(piece: bytes) -> None:
        if piece == b"1":
            slow.wait()

    def feed() -> None:
        with aside(work) as worker:
            for piece in PIECES:
                worker.put(piece)
                put.append(piece)
                if len(put) > 20:
                    # Too many wait: no longer held up.
                    slow.set()
            worker.finish()

    feeder = threading.Thread(target=feed)
    feeder.start()
    # It cannot end by itself: the worker takes in nothing before it is released.
    feeder.join(0.2)
    held_up = feeder.is_alive()
    waiting = len(put)
    slow.set()
    feeder.join()
    assert held_up
    assert waiting <= 20
    assert put == PIECES


# --- errors ---


def test_given_a_first_piece_that_fails_then_the_error_comes_at_once() -> None:
    work = _Worker(fails_at=b"0")
    with pytest.raises(ValueError, match="not good") as caught, aside(work) as worker:
        worker.put(b"0")
    assert caught.value is work.failure


def test_given_a_failure_when_more_is_put_then_it_comes_there_and_no_more_is_done() -> None:
    work = _Worker(fails_at=b"5")
    put = []

    def feed(worker: Aside) -> None:
        for piece in PIECES:
            worker.put(piece)
            put.append(piece)

    with aside(work) as worker:
        with pytest.raises(ValueError, match="not good") as caught:
            feed(worker)
        assert caught.value is work.failure
        # It keeps coming.
        with pytest.raises(ValueError, match="not good"):
            worker.put(b"more")
        with pytest.raises(ValueError, match="not good"):
            worker.finish()
    assert len(put) < len(PIECES)
    assert work.done == PIECES[:5]
    assert _threads() == []


@pytest.mark.parametrize("count", [2, 3])
def test_given_a_failure_at_the_last_piece_when_finished_then_it_comes_there(count: int) -> None:
    work = _Worker(fails_at=PIECES[count - 1])
    with aside(work) as worker:
        for piece in PIECES[:count]:
            worker.put(piece)
        with pytest.raises(ValueError, match="not good") as caught:
            worker.finish()
    assert caught.value is work.failure
    assert work.done == PIECES[: count - 1]
    assert _threads() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError], ids=lambda it: it.__name__)
def test_given_an_error_of_any_kind_then_it_reaches_the_caller(error: type[BaseException]) -> None:
    failure = error()

    def work(piece: bytes) -> None:
        if piece == b"1":
            raise failure

    def feed() -> None:
        with aside(work) as worker:
            worker.put(b"0")
            worker.put(b"1")
            worker.finish()

    with pytest.raises(error) as caught:
        feed()
    assert caught.value is failure


# --- ends ---


@pytest.mark.timeout(PATIENCE_SECONDS)
@pytest.mark.parametrize("more", [0, 3, 1000])
def test_given_a_worker_that_fails_while_pieces_wait_then_nobody_waits_for_ever(more: int) -> None:
    full = threading.Event()
    work = _Worker(fails_at=b"1", before=full.wait)

    def feed() -> None:
        with aside(work) as worker:
            for piece in PIECES[:6]:
                worker.put(piece)
            full.set()
            for _ in range(more):
                worker.put(b"more")
            worker.finish()

    with pytest.raises(ValueError, match="not good"):
        feed()
    assert work.done == [b"0"]
    assert _threads() == []


@pytest.mark.timeout(PATIENCE_SECONDS)
def test_given_an_error_of_the_caller_while_pieces_wait_then_no_thread_stays() -> None:
    full = threading.Event()
    work = _Worker(fails_at=b"1", before=full.wait)

    def feed() -> None:
        with aside(work) as worker:
            for piece in PIECES[:6]:
                worker.put(piece)
            full.set()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        feed()
    assert _threads() == []


def test_given_a_block_that_ends_without_finishing_then_no_thread_stays() -> None:
    work = _Worker()
    with aside(work) as worker:
        for piece in PIECES:
            worker.put(piece)
    assert _threads() == []
