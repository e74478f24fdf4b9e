"""Calls with the key: retries, the deadline, a rotated key, and what messages may hold."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sei_export.api.bodies import MAX_BYTES
from sei_export.api.calls import HttpClient
from sei_export.api.tries import ATTEMPTS
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    ConfigurationError,
    PassingError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from tests.fakes.loopback import RESET, Answer, Held, Loopback, Received, pair, reply
from tests.fakes.messages import told
from tests.fakes.timing import KEY, FakeClock, FakeKey

PARAMS = {"orgIdentifier": "acme"}
FINE = reply(200, {"fine": True})


class Caller:
    """A client of one server."""

    def __init__(
        self,
        server: Loopback,
        key: FakeKey | None = None,
        seconds: float = 100,
        *,
        fresh_key: bool = False,
    ) -> None:
        self.clock = FakeClock()
        self.key = key or FakeKey()
        self.base = BaseUrl.parse(f"{server.origin}/sei/api/")
        deadline = self.clock.deadline(seconds)
        self.client = HttpClient(self.base, self.key, deadline, fresh_key=fresh_key)

    def call(self, path: str = "v2/exports") -> tuple[int, object, str]:
        """Status, value and excerpt of a GET."""
        return self.client.json("GET", self.base.join(path), PARAMS)


# --- one call ---


def test_when_called_then_key_parameters_and_body_arrive_once() -> None:
    with Loopback([FINE]) as server:
        caller = Caller(server)
        answer = caller.client.json("POST", caller.base.join("v2/x?a=1"), PARAMS, {"b": ["ü"]})
    assert answer == (200, {"fine": True}, '{"fine": true}')
    [received] = server.received
    assert (received.method, received.path) == ("POST", "/sei/api/v2/x")
    assert received.query == {"a": ["1"], "orgIdentifier": ["acme"]}
    assert received.authorization == f"ApiKey {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept-encoding"] == "identity"
    assert json.loads(received.body) == {"b": ["ü"]}


def test_given_a_parameter_in_the_url_when_called_then_it_is_not_sent_twice() -> None:
    with Loopback([FINE]) as server:
        Caller(server).call("v2/x?orgIdentifier=other&empty=")
    assert server.received[0].query == {"orgIdentifier": ["other"], "empty": [""]}


@pytest.mark.parametrize("status", [200, 202, 204, 400, 404, 409, 422])
def test_given_an_answer_below_500_when_called_then_it_is_final(status: int) -> None:
    with Loopback([reply(status)]) as server:
        caller = Caller(server)
        assert caller.call() == (status, None, "(an empty body)")
    assert len(server.received) == 1
    assert caller.clock.slept == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Sign in</html>", id="html"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"cut": ', id="cut short"),
        pytest.param(b"\xff\xfe\xfd", id="not text"),
        pytest.param(b"[" * 200_000, id="nested without end"),
        pytest.param(b'{"a": ' + b"1" * 5000 + b"}", id="a number without end"),
    ],
)
def test_given_a_body_that_is_not_json_when_called_then_there_is_no_value(body: bytes) -> None:
    with Loopback([reply(200, body)]) as server:
        assert Caller(server).call()[:2] == (200, None)


@pytest.mark.parametrize("depth", [900, 2000, 5000])
def test_given_a_body_that_is_nested_deeply_when_called_then_the_call_does_not_fail(
    depth: int,
) -> None:
    # How deep Python looks depends on who calls.
    with Loopback([reply(200, b"[" * depth + b"]" * depth)]) as server:
        assert Caller(server).call()[0] == 200


def test_given_a_long_ugly_body_when_called_then_its_excerpt_is_one_short_line() -> None:
    with Loopback([reply(400, b"<p>\r\n\tno\x1b[31m\x00 team" + b"x" * 5000)]) as server:
        excerpt = Caller(server).call()[2]
    assert excerpt.startswith("<p> no [31m team")
    assert excerpt.isprintable()
    assert len(excerpt) == 300


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        pytest.param(MAX_BYTES, True, id="largest"),
        pytest.param(MAX_BYTES + 1, False, id="one byte more"),
    ],
)
def test_given_a_huge_answer_when_called_then_reading_stops_at_the_bound(
    size: int, *, fits: bool
) -> None:
    with Loopback([reply(200, b'"' + b"a" * (size - 2) + b'"')]) as server:
        caller = Caller(server)
        if fits:
            assert caller.call()[1] == "a" * (size - 2)
            return
        with pytest.raises(ProtocolError, match=f"more than {MAX_BYTES} bytes"):
            caller.call()


def test_given_a_redirect_when_called_then_it_is_not_followed() -> None:
    with pair(lambda _: reply(302, headers={"Location": other.origin}), []) as (server, other):
        with pytest.raises(ProtocolError, match="redirect"):
            Caller(server).call()
        assert other.connections == 0


# --- retries ---


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
    ("failure", "error"),
    [
        pytest.param(reply(408), ServiceUnavailableError, id="408"),
        pytest.param(reply(425), ServiceUnavailableError, id="425"),
        pytest.param(reply(429), RateLimitedError, id="429"),
        pytest.param(reply(503), ServiceUnavailableError, id="503"),
        pytest.param(RESET, ServiceUnavailableError, id="connection reset"),
    ],
)
def test_given_a_lasting_failure_when_called_then_three_tries_are_all(
    failure: Answer, error: type[SeiExportError]
) -> None:
    with Loopback(lambda _: failure) as server:
        caller = Caller(server)
        with pytest.raises(error):
            caller.call()
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
    chance: float, waits: list[float]
) -> None:
    with Loopback([reply(429), reply(429), FINE]) as server:
        caller = Caller(server)
        caller.clock.chance = chance
        caller.call()
    assert caller.clock.slept == waits


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
@pytest.mark.parametrize("status", [408, 425, 429, 503])
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
def test_given_retry_after_beyond_the_deadline_when_called_then_it_fails_without_waiting(
    retry_after: str,
) -> None:
    with Loopback([reply(429, headers={"Retry-After": retry_after}), FINE]) as server:
        caller = Caller(server, seconds=100)
        with pytest.raises(RateLimitedError):
            caller.call()
    assert len(server.received) == 1
    assert caller.clock.slept == []


@pytest.mark.parametrize(
    ("retry_after", "told"),
    [
        pytest.param("200", 200, id="seconds"),
        pytest.param("100.2", 101, id="fraction, up to the whole second"),
        pytest.param("Sun, 01 Mar 2026 12:03:20 GMT", 200, id="date"),
        pytest.param("1e300", 99_999_999, id="more than a Wait state can"),
    ],
)
@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimitedError), (503, ServiceUnavailableError)]
)
def test_given_retry_after_beyond_the_deadline_when_called_then_the_error_tells_it(
    status: int, error: type[PassingError], retry_after: str, told: int
) -> None:
    answer = reply(status, headers={"Retry-After": retry_after})
    with Loopback([answer]) as server, pytest.raises(error) as caught:
        Caller(server, seconds=100).call()
    assert caught.value.retry_after == told
    assert f" answered {status} at try 1 of 3. Retry-After: {told}. Remedy: " in str(caught.value)


def test_given_retry_after_at_the_last_try_when_called_then_the_error_tells_it() -> None:
    with Loopback(lambda _: reply(429, headers={"Retry-After": "7"})) as server:
        caller = Caller(server, seconds=100)
        with pytest.raises(RateLimitedError) as caught:
            caller.call()
    assert caller.clock.slept == [7.0, 7.0]
    assert " at try 3 of 3. Retry-After: 7. Remedy: " in str(caught.value)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}])
def test_given_no_time_to_wait_when_called_then_the_error_tells_none(
    headers: dict[str, str],
) -> None:
    answer = reply(429, headers=headers)
    with Loopback(lambda _: answer) as server, pytest.raises(RateLimitedError) as caught:
        Caller(server).call()
    assert caught.value.retry_after is None
    assert "Retry-After" not in str(caught.value)


def test_given_a_deadline_between_two_waits_when_called_then_only_the_first_is_waited() -> None:
    with Loopback(lambda _: reply(503)) as server:
        caller = Caller(server, seconds=1.2)
        with pytest.raises(ServiceUnavailableError):
            caller.call()
    assert caller.clock.slept == [0.5]
    assert len(server.received) == 2


def test_given_calls_before_when_called_then_they_count_against_the_same_deadline() -> None:
    with Loopback([reply(503), FINE, reply(503), FINE]) as server:
        caller = Caller(server, seconds=0.9)
        assert caller.call()[0] == 200
        with pytest.raises(ServiceUnavailableError):
            caller.call()
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Held(), id="no answer"),
        pytest.param(Held(b"HTTP/1.1 200 OK\r\nContent-Le"), id="half an answer"),
        pytest.param(Held(reply(200, b'{"a": ', length=9)), id="half a body"),
    ],
)
@pytest.mark.timeout(15)  # a hang if the time left were not heeded
def test_given_silence_when_little_time_is_left_then_the_call_gives_up(answer: Answer) -> None:
    with Loopback([answer]) as server:
        caller = Caller(server, seconds=0.4)
        with pytest.raises(ServiceUnavailableError, match="Timeout"):
            caller.call()
    assert len(server.received) == 1


def test_given_a_body_shorter_than_it_said_when_called_then_the_service_is_unavailable() -> None:
    with Loopback([reply(200, b'{"a": 1}', length=20)]) as server:
        caller = Caller(server)
        with pytest.raises(ServiceUnavailableError, match="broke off"):
            caller.call()


# --- the key ---


REFUSALS = pytest.mark.parametrize("status", [401, 403])


@REFUSALS
def test_given_a_rotated_key_when_refused_then_a_fresh_one_is_tried_once(status: int) -> None:
    with Loopback([reply(status), FINE]) as server:
        caller = Caller(server, FakeKey(["old", "new"]))
        assert caller.call()[0] == 200
    assert [it.authorization for it in server.received] == ["ApiKey old", "ApiKey new"]
    assert caller.clock.slept == []


@REFUSALS
def test_given_a_wrong_key_when_refused_twice_then_it_is_an_authentication_error(
    status: int,
) -> None:
    with Loopback(lambda _: reply(status, {"message": "Token is not valid"})) as server:
        caller = Caller(server)
        with pytest.raises(AuthenticationError, match=rf"{status}.*Token is not valid"):
            caller.call()
    assert len(server.received) == 2
    assert caller.key.fresh_reads == 1


@REFUSALS
def test_given_a_key_that_was_read_afresh_when_refused_then_it_is_read_once_more(
    status: int,
) -> None:
    with Loopback(lambda _: reply(status)) as server:
        caller = Caller(server, FakeKey(["old", "new", "newer"]), fresh_key=True)
        with pytest.raises(AuthenticationError):
            caller.call()
    assert [it.authorization for it in server.received] == ["ApiKey new", "ApiKey newer"]


def test_given_a_fresh_key_asked_for_when_called_twice_then_the_second_takes_the_cached() -> None:
    with Loopback([reply(503), FINE, FINE]) as server:
        caller = Caller(server, FakeKey(["old", "new", "newer"]), fresh_key=True)
        caller.call()
        caller.call()
    assert [it.authorization for it in server.received] == ["ApiKey new"] * 3
    assert caller.key.fresh_reads == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param([503, 503, 401, 503], ServiceUnavailableError, id="failing with both keys"),
        pytest.param([403, 429], RateLimitedError, id="limited with the fresh key"),
        pytest.param([503, 503, 403, 401], AuthenticationError, id="failing, then wrong"),
    ],
)
def test_given_failures_and_a_refusal_when_called_then_one_try_follows_with_the_fresh_key(
    answers: list[int], error: type[SeiExportError]
) -> None:
    with Loopback([*(reply(status) for status in answers), FINE]) as server:
        with pytest.raises(error):
            Caller(server).call()
        assert len(server.received) == len(answers)


def test_given_an_unusable_key_when_called_then_nothing_is_sent() -> None:
    class Unset(FakeKey):
        def read(self, *, fresh: bool = False) -> str:
            raise ConfigurationError(f"unset, fresh={fresh}")

    with Loopback([FINE]) as server:
        with pytest.raises(ConfigurationError):
            Caller(server, Unset()).call()
        assert server.connections == 0


def test_given_a_proxy_and_a_netrc_when_called_then_neither_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pair([FINE], lambda _: reply(502)) as (server, proxy):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        assert Caller(server).call()[0] == 200
        assert proxy.connections == 0
    assert server.received[0].authorization == f"ApiKey {KEY}"


# --- messages ---


def _echo(status: int, wrap: Callable[[str], bytes]) -> Callable[[Received], Answer]:
    """An API that repeats the header it got."""
    return lambda received: reply(status, wrap(str(received.authorization)))


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda it: json.dumps({"message": f"bad {it}"}).encode(), id="json"),
        pytest.param(lambda it: f"<p>{it}</p>".encode(), id="html"),
        pytest.param(lambda it: b" " * 1180 + it.encode(), id="at the excerpt's end"),
    ],
)
def test_given_an_api_that_repeats_the_key_when_called_then_it_stays_secret(
    status: int, wrap: Callable[[str], bytes]
) -> None:
    with Loopback(_echo(status, wrap)) as server:
        try:
            seen = repr(Caller(server).call())
        except AuthenticationError as error:
            seen = str(error)
    assert "ApiKey" in seen
    assert KEY[:8] not in seen


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(429), id="429"),
        pytest.param(reply(503), id="503"),
        pytest.param(reply(403), id="403"),
        pytest.param(reply(302, headers={"Location": "/elsewhere"}), id="redirect"),
        pytest.param(RESET, id="connection reset"),
        pytest.param(reply(200, b"{}", length=9), id="broken off"),
    ],
)
def test_given_a_query_when_a_call_fails_then_neither_it_nor_the_key_is_told(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "sei_export")
    with Loopback(lambda _: answer) as server:
        with pytest.raises(SeiExportError) as caught:
            Caller(server).call("v2/x?signature=s3cr3t")
        assert server.received[0].query["signature"] == ["s3cr3t"]
    text = told(caught.value, caplog)
    assert "/sei/api/v2/x" in text
    assert "s3cr3t" not in text
    assert KEY not in text
