"""Calls with the key: what is sent, a key that was rotated, and what messages may hold."""

import json
from collections.abc import Callable

import pytest

from sei_export.api.calls import HttpClient
from sei_export.errors import (
    AuthenticationError,
    ConfigurationError,
    PassingError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from tests.fakes.caller import PARAMS, Caller
from tests.fakes.loopback import RESET, Answer, Loopback, Received, pair, reply
from tests.fakes.messages import told
from tests.fakes.timing import KEY, FakeKey

FINE = reply(200, {"fine": True})


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


def test_given_a_redirect_when_called_then_it_is_not_followed() -> None:
    with pair(lambda _: reply(302, headers={"Location": other.origin}), []) as (server, other):
        with pytest.raises(ProtocolError, match="redirect"):
            Caller(server).call()
        assert other.connections == 0


# --- the deadline ---


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


# --- the key ---


REFUSALS = pytest.mark.parametrize("status", [401, 403])


@REFUSALS
def test_given_a_rotated_key_when_refused_then_a_fresh_one_is_tried_once(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback([reply(status), FINE]) as server:
        caller = Caller(server, FakeKey(["old", "new"]))
        assert caller.call()[0] == 200
    assert [it.authorization for it in server.received] == ["ApiKey old", "ApiKey new"]
    assert caller.clock.slept == []
    assert caplog.messages == [f"{status}: reading the API key again"]


@REFUSALS
def test_given_a_wrong_key_when_refused_twice_then_it_is_an_authentication_error(
    status: int,
) -> None:
    with Loopback(lambda _: reply(status, {"message": "Token is not valid"})) as server:
        key = FakeKey()
        with pytest.raises(AuthenticationError, match=rf"{status}.*Token is not valid"):
            Caller(server, key).call()
    assert len(server.received) == 2
    assert key.fresh_reads == 1


@REFUSALS
def test_given_a_key_that_was_taken_before_when_refused_then_it_is_an_authentication_error_too(
    status: int,
) -> None:
    with Loopback([FINE, reply(status), reply(status)]) as server:
        caller = Caller(server)
        caller.call()
        with pytest.raises(AuthenticationError):
            caller.call()


def test_given_no_word_of_a_fresh_key_when_called_then_the_cached_one_is_sent() -> None:
    with Loopback([FINE]) as server:
        caller = Caller(server)
        client = HttpClient(caller.base, FakeKey(["old", "new"]), caller.clock.deadline(100))
        client.json("GET", caller.base.join("v2/exports"), PARAMS)
    assert [it.authorization for it in server.received] == ["ApiKey old"]


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
        key = FakeKey(["old", "new", "newer"])
        caller = Caller(server, key, fresh_key=True)
        caller.call()
        caller.call()
    assert [it.authorization for it in server.received] == ["ApiKey new"] * 3
    assert key.fresh_reads == 1


@pytest.mark.parametrize(
    ("answers", "error", "end"),
    [
        pytest.param(
            *([503, 503, 401, 503], ServiceUnavailableError, "503 at try 1 of 1."),
            id="failing with both keys",
        ),
        pytest.param(
            *([403, 429], RateLimitedError, "429 at try 1 of 1."), id="limited with the fresh key"
        ),
        pytest.param(
            *([503, 503, 403, 401], AuthenticationError, "401: (an empty body)"),
            id="failing, then wrong",
        ),
    ],
)
def test_given_failures_and_a_refusal_when_called_then_one_try_follows_with_the_fresh_key(
    answers: list[int], error: type[SeiExportError], end: str
) -> None:
    with Loopback([*(reply(status) for status in answers), FINE]) as server:
        with pytest.raises(error) as caught:
            Caller(server).call()
        assert caught.value.message == f"GET http://127.0.0.1/sei/api/v2/exports answered {end}"
        assert len(server.received) == len(answers)


def test_given_an_unusable_key_when_called_then_nothing_is_sent() -> None:
    class Unset:
        """Stands for a secret that has no key yet."""

        def read(self, *, fresh: bool = False) -> str:
            raise ConfigurationError(f"unset, fresh={fresh}")

    with Loopback([FINE]) as server:
        with pytest.raises(ConfigurationError, match="unset, fresh=False"):
            Caller(server, Unset()).call()
        assert server.connections == 0


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
