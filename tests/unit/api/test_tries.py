"""The tries of one call: what is tried again, after how long, and until when."""

import pytest

from sei_export.api.tries import ATTEMPTS
from sei_export.errors import RateLimitedError, SeiExportError, ServiceUnavailableError
from tests.fakes.caller import Caller
from tests.fakes.loopback import RESET, Answer, Dripping, Held, Loopback, reply

FINE = reply(200, {"fine": True})
CALL = "GET http://127.0.0.1/sei/api/v2/exports"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(reply(408), id="408"),
        pytest.param(reply(425), id="425"),
        pytest.param(reply(429), id="429 without Retry-After"),
        pytest.param(reply(500), id="500"),
        pytest.param(reply(502, b"<html>Bad gateway</html>"), id="502"),
        pytest.param(reply(503), id="503"),
        pytest.param(reply(504), id="504"),
        pytest.param(RESET, id="connection reset"),
        pytest.param(b"", id="closed without an answer"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="not HTTP"),
    ],
)
def test_given_a_failure_twice_when_called_then_the_third_try_counts(failure: Answer) -> None:
    with Loopback([failure, failure, FINE]) as server:
        caller = Caller(server)
        assert caller.call()[0] == 200
    assert len(server.received) == 3
    assert len(caller.clock.slept) == 2


@pytest.mark.parametrize(
    ("failure", "error", "end"),
    [
        pytest.param(reply(429), RateLimitedError, "answered 429 at try 3 of 3.", id="429"),
        pytest.param(reply(503), ServiceUnavailableError, "answered 503 at try 3 of 3.", id="503"),
        pytest.param(
            RESET,
            ServiceUnavailableError,
            "failed: ConnectionError / ConnectionResetError.",
            id="connection reset",
        ),
    ],
)
def test_given_a_lasting_failure_when_called_then_three_tries_are_all(
    failure: Answer, error: type[SeiExportError], end: str
) -> None:
    with Loopback(lambda _: failure) as server:
        caller = Caller(server)
        with pytest.raises(error) as caught:
            caller.call()
    assert caught.value.message == f"{CALL} {end}"
    assert len(server.received) == ATTEMPTS == 3


def test_given_a_refused_connection_when_the_server_is_back_then_the_call_succeeds() -> None:
    with Loopback([FINE], listening=False) as server:
        caller = Caller(server)
        caller.clock.on_sleep = server.listen
        assert caller.call()[0] == 200
    assert len(caller.clock.slept) == 1


@pytest.mark.parametrize(
    ("chance", "waits"),
    [
        pytest.param(0.0, [0.5, 1.0], id="shortest"),
        pytest.param(0.5, [0.75, 1.5], id="middle"),
        pytest.param(1.0, [1.0, 2.0], id="longest"),
    ],
)
def test_given_no_retry_after_when_retried_then_waits_double_with_jitter(
    chance: float, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback([reply(429), reply(429), FINE]) as server:
        caller = Caller(server)
        caller.clock.chance = chance
        caller.call()
    assert caller.clock.slept == waits
    assert caplog.messages == [
        f"{CALL} answered 429 at try {at} of 3. Next try in {wait:.1f} s."
        for at, wait in enumerate(waits, 1)
    ]


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("-5", 0.0, id="negative"),
        pytest.param("Sun, 01 Mar 2026 12:00:09 GMT", 9.0, id="date"),
        pytest.param("Sun, 01 Mar 2026 12:00:09", 9.0, id="date without a zone"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0.0, id="date in the past"),
        pytest.param("soon", 0.5, id="a word"),
        pytest.param("", 0.5, id="empty"),
        pytest.param("inf", 0.5, id="infinite"),
        pytest.param("nan", 0.5, id="not a number"),
        pytest.param("Sun, 99 Mar 2026 12:00:09 GMT", 0.5, id="a day that is none"),
        pytest.param("Sun, 01 Mar 99999999999999999999 12:00:09 GMT", 0.5, id="year overflows"),
        pytest.param("Sun, 01 Mar 2026 12:00:09 +9999999999999", 0.5, id="zone overflows"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_given_retry_after_when_retried_then_it_is_obeyed_if_it_makes_sense(
    status: int, retry_after: str, wait: float
) -> None:
    with Loopback([reply(status, headers={"Retry-After": retry_after}), FINE]) as server:
        caller = Caller(server)
        assert caller.call()[0] == 200
    assert caller.clock.slept == [wait]


# --- the deadline ---


@pytest.mark.parametrize(
    "retry_after",
    [
        pytest.param("100", id="as long as the deadline"),
        pytest.param("1e300", id="huge number"),
        pytest.param("Sun, 01 Mar 2099 12:00:00 GMT", id="far date"),
    ],
)
def test_given_retry_after_beyond_the_deadline_when_called_then_it_fails_at_once(
    retry_after: str,
) -> None:
    with Loopback([reply(429, headers={"Retry-After": retry_after}), FINE]) as server:
        caller = Caller(server, seconds=100)
        with pytest.raises(RateLimitedError, match=f"{CALL} answered 429 at try 1 of 3"):
            caller.call()
    assert len(server.received) == 1
    assert caller.clock.slept == []


def test_given_a_deadline_between_two_waits_when_called_then_it_waits_for_one() -> None:
    with Loopback(lambda _: reply(503)) as server:
        caller = Caller(server, seconds=1.2)
        with pytest.raises(ServiceUnavailableError, match=f"{CALL} answered 503 at try 2 of 3"):
            caller.call()
    assert caller.clock.slept == [0.5]
    assert len(server.received) == 2


def test_given_calls_before_when_called_then_they_count_against_the_same_deadline() -> None:
    with Loopback([reply(503), FINE, reply(503), FINE]) as server:
        caller = Caller(server, seconds=0.9)
        assert caller.call()[0] == 200
        with pytest.raises(ServiceUnavailableError, match=f"{CALL} answered 503 at try 1 of 3"):
            caller.call()
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Held(), id="no answer"),
        pytest.param(Held(b"HTTP/1.1 200 OK\r\nContent-Le"), id="half an answer"),
        pytest.param(Held(reply(200, b'{"a": ', length=9)), id="half a body"),
        pytest.param(Dripping(b"HTTP/1.1 200 OK\r\nX: "), id="headers that never end"),
        pytest.param(Dripping(b""), id="a status that never ends"),
    ],
)
@pytest.mark.timeout(15)  # a hang if the time left were not heeded
def test_given_silence_when_little_time_is_left_then_the_call_gives_up(answer: Answer) -> None:
    with Loopback([answer]) as server:
        caller = Caller(server, seconds=0.4)
        with pytest.raises(ServiceUnavailableError, match=r"Timeout|while there was time"):
            caller.call()
        assert not server.dripped_out
    assert len(server.received) == 1
