"""Bodies that come a byte at a time: what reads them looks at no clock, and ends all the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sei_export.api.sessions import keyed_session
from sei_export.api.watchdog import Watchdog
from sei_export.clock import Deadline
from sei_export.download.body import Body
from sei_export.download.source import Source
from sei_export.errors import ExportTimedOutError
from tests.fakes.bodies import CHUNKED, CSV, ETAG, chunks
from tests.fakes.loopback import Dripping, Loopback, reply

SECONDS = 0.2
"""By the real clock: that is what this is about."""

LENGTH = 10**9
ENDLESS = [
    pytest.param(Dripping(reply(200, CSV, length=LENGTH)), id="with a length"),
    pytest.param(Dripping(reply(200, CSV, length=-1)), id="ended by closing"),
    pytest.param(
        Dripping(reply(200, chunks(CSV), CHUNKED, length=-1), chunks(b"x")), id="in chunks"
    ),
    pytest.param(
        Dripping(reply(200, b"fffff\r\n", CHUNKED, length=-1)), id="in the middle of a chunk"
    ),
    pytest.param(
        Dripping(reply(200, chunks(CSV) + b"0\r\n", CHUNKED, length=-1), b"a: b\r\n"),
        id="in a trailer",
    ),
]


@contextmanager
def _dripping(answer: Dripping, seconds: float) -> Iterator[tuple[Body, Loopback]]:
    with Loopback(lambda _: answer) as server, keyed_session() as session:
        yield (
            Body(
                Source(
                    lambda headers: session.get(server.origin, headers=headers, stream=True),
                    Deadline.after(seconds),
                )
            ),
            server,
        )


@pytest.mark.parametrize("answer", ENDLESS)
def test_given_a_byte_now_and_then_then_the_time_is_up_in_the_middle_of_a_read(
    answer: Dripping,
) -> None:
    with _dripping(answer, SECONDS) as (body, server):
        with pytest.raises(ExportTimedOutError, match="not finished in the function's time"):
            list(body.pieces())
        assert not body.is_end_told
        assert not server.dripped_out
        assert len(server.received) == 1


def test_given_an_earlier_end_while_it_is_read_then_that_counts() -> None:
    answer = Dripping(reply(200, bytes(2**20), ETAG, length=LENGTH))
    with _dripping(answer, 3600) as (body, server):
        body.read_ahead(1, 3600)
        body.end_earlier(3600 - SECONDS)
        with pytest.raises(ExportTimedOutError, match="not finished in the function's time"):
            list(body.pieces())
        assert not server.dripped_out


class Line:
    """Stands for a connection's body that counts how often it is shut down."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.times = 0
        self._failure = failure

    def read(self, size: int, /, *, decode_content: bool) -> bytes:
        """Nothing."""
        del size, decode_content
        return b""

    def shutdown(self) -> None:
        """Fail, if it is to."""
        self.times += 1
        if self._failure:
            raise self._failure


def test_given_a_connection_that_ended_in_time_then_it_is_left_alone() -> None:
    line, watchdog = Line(), Watchdog()
    with watchdog.over(line, Deadline.after(3600)):
        pass
    watchdog.set(Deadline.after(-1))
    assert (line.times, watchdog.has_barked) == (0, False)


def _waiting() -> set[threading.Timer]:
    """The deadlines that somebody waits for."""
    timers = {each for each in threading.enumerate() if isinstance(each, threading.Timer)}
    return {each for each in timers if not each.finished.is_set()}


def test_given_a_connection_that_ended_in_time_then_nobody_waits_for_its_deadlines() -> None:
    others, watchdog = _waiting(), Watchdog()
    with watchdog.over(Line(), Deadline.after(3600)):
        watchdog.set(Deadline.after(7200))
        assert len(_waiting() - others) == 1
    assert _waiting() <= others


@pytest.mark.parametrize("failure", [OSError(), ValueError(), RuntimeError()], ids=repr)
def test_given_a_connection_that_ends_just_now_then_it_does_not_matter(failure: Exception) -> None:
    line, others, watchdog = Line(failure), _waiting(), Watchdog()
    with watchdog.over(line, Deadline.after(-1)):
        # Until its thread has dealt with the failure.
        for timer in _waiting() - others:
            timer.join(30)
    assert line.times == 1
    # urllib3 says so of a body that was read to its end meanwhile.
    assert watchdog.has_barked is not isinstance(failure, RuntimeError)
