"""The legacy call, whose answer is the file, and the two ways of sending the key."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests

from sei_export.api.calls import READ_SECONDS, HttpClient, KeyHeader
from sei_export.api.client import SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    ExportRejectedError,
    ExportTimedOutError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.export import ExportHandle
from sei_export.jsontypes import JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import SPRINT
from tests.fakes.loopback import RESET, Answer, Held, Loopback, Received, pair, reply
from tests.fakes.messages import told
from tests.fakes.samples import request, request_of
from tests.fakes.timing import KEY, FakeClock, FakeKey

PATH = "/sei/api/v2/insights/teams/reports"
EXPORT = ExportHandle("exp_1", SPRINT, "acme", "metrics")
CSV = b"Collection Name,Coding Days\nPlatform,3\n"
TEAM = request_of("team-report", productivity={"metrics": ["CODING_DAYS_PER_DEV"]})
CONTRIBUTOR = request_of("contributor-report", granularity="weekly", includeRatings=True)


@dataclass
class Api:
    """A server and a client of it."""

    server: Loopback
    client: SeiClient

    def fetch(self) -> bytes:
        """The team report's bytes."""
        with self.client.fetch(TEAM) as response:
            return _body(response)


def _body(response: requests.Response) -> bytes:
    content: bytes = response.raw.read(decode_content=False)
    return content


def _client(
    server: Loopback,
    key: FakeKey | None = None,
    header: str | None = None,
    seconds: float = 100,
) -> SeiClient:
    base = BaseUrl.parse(f"{server.origin}/sei/api/")
    styled = {"key_header": KeyHeader(header)} if header else {}
    http = HttpClient(base, key or FakeKey(), FakeClock().deadline(seconds), **styled)
    return SeiClient(http, base, "acme", "metrics")


@contextmanager
def _api(*answers: Answer, key: FakeKey | None = None, header: str | None = None) -> Iterator[Api]:
    with Loopback(answers) as server:
        yield Api(server, _client(server, key, header))


def _key_headers(received: Received) -> dict[str, str]:
    """Every header that has the key in it, by its name in lower case."""
    return {name.lower(): value for name, value in received.headers.items() if KEY in value}


# --- the call ---


@pytest.mark.parametrize("asked", [TEAM, CONTRIBUTOR], ids=["team", "contributor"])
def test_given_a_legacy_report_when_fetched_then_one_call_asks_for_csv(
    asked: ExportRequest,
) -> None:
    with _api(reply(200, CSV)) as api, api.client.fetch(asked) as response:
        assert _body(response) == CSV
    [received] = api.server.received
    assert (received.method, received.path) == ("POST", PATH)
    assert received.query == {
        "orgIdentifier": ["acme"],
        "projectIdentifier": ["metrics"],
        "format": ["csv"],
    }
    assert received.headers["content-type"] == "application/json"
    assert json.loads(received.body) == asked.body()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="no byte"),
        pytest.param(gzip.compress(CSV), id="gzip"),
        pytest.param(b'{"message": "later"}', id="what is no CSV"),
    ],
)
def test_given_an_answer_of_200_when_fetched_then_its_bytes_come_out_as_they_are(
    content: bytes,
) -> None:
    with _api(reply(200, content)) as api:
        assert api.fetch() == content


def test_when_fetched_then_the_body_is_not_read_ahead() -> None:
    # More is promised than comes: reading ahead would fail before the body is asked for.
    with _api(reply(200, CSV, length=len(CSV) + 1)) as api, api.client.fetch(TEAM) as response:
        assert response.headers["content-length"] == str(len(CSV) + 1)


def test_given_a_passing_failure_when_fetched_then_the_same_is_asked_again() -> None:
    with _api(RESET, reply(503), reply(200, CSV)) as api:
        assert api.fetch() == CSV
    assert [json.loads(received.body) for received in api.server.received] == [TEAM.body()] * 3


@pytest.mark.parametrize("status", [400, 404, 409, 422])
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param({"message": "Unknown team"}, '{"message": "Unknown team"}', id="JSON"),
        pytest.param(b"Unknown\n  team", "Unknown team", id="text"),
        pytest.param(b"", "(an empty body)", id="nothing"),
    ],
)
def test_given_a_refusal_when_fetched_then_it_is_rejected_with_the_apis_text(
    status: int, answer: JsonValue | bytes, text: str
) -> None:
    with _api(reply(status, answer)) as api, pytest.raises(ExportRejectedError) as caught:
        api.fetch()
    assert caught.value.message == f"The API refuses the report with {status}: {text}"
    assert len(api.server.received) == 1


def test_given_a_refusal_that_repeats_the_key_when_fetched_then_no_message_has_it() -> None:
    answer = reply(400, {"message": f"{KEY} is no admin"})
    with _api(answer) as api, pytest.raises(ExportRejectedError) as caught:
        api.fetch()
    assert "*** is no admin" in caught.value.message
    assert KEY not in told(caught.value)


@pytest.mark.parametrize("status", [201, 202, 204, 206, 304])
def test_given_another_success_than_200_when_fetched_then_it_is_no_file(status: int) -> None:
    with (
        _api(reply(status)) as api,
        pytest.raises(ProtocolError, match=f"answered the report with {status}"),
    ):
        api.fetch()


@pytest.mark.parametrize(
    ("status", "error", "end"),
    [
        pytest.param(401, AuthenticationError, "401: (an empty body)", id="401"),
        pytest.param(403, AuthenticationError, "403: (an empty body)", id="403"),
        pytest.param(429, RateLimitedError, "429 at try 3 of 3.", id="429"),
        pytest.param(500, ServiceUnavailableError, "500 at try 3 of 3.", id="500"),
    ],
)
def test_a_general_failure_has_the_same_name_as_at_any_call_and_tells_this_one(
    status: int, error: type[SeiExportError], end: str
) -> None:
    with _api(*[reply(status)] * 4) as api, pytest.raises(error) as caught:
        api.fetch()
    assert caught.value.message == f"POST http://127.0.0.1{PATH} answered {end}"


def test_given_a_redirect_when_fetched_then_the_key_stays_here() -> None:
    with pair(lambda _: reply(307, headers={"Location": other.origin}), []) as (server, other):
        with pytest.raises(ProtocolError, match="307"), _client(server).fetch(TEAM):
            pass
        assert other.connections == 0


# --- silence ---


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Held(), id="no answer"),
        pytest.param(Held(b"HTTP/1.1 200 OK\r\nContent-Le"), id="half an answer"),
    ],
)
@pytest.mark.parametrize("seconds", [0.4, 0, -5], ids=["little", "none", "less than none"])
@pytest.mark.timeout(15)  # a hang if the time left were not heeded
def test_given_silence_for_all_the_time_left_when_fetched_then_it_was_asked_once(
    answer: Answer, seconds: float
) -> None:
    with Loopback(lambda _: answer) as server:
        client = _client(server, seconds=seconds)
        with pytest.raises(ExportTimedOutError) as caught, client.fetch(TEAM):
            pass
        assert len(server.received) == 1
    assert caught.value.message.startswith("The API did not answer with the report in ")
    assert "a shorter range of dates" in caught.value.remedy
    assert KEY not in told(caught.value)


# Kept open: a connection that is closed after the answer has forgotten its limit.
OPEN = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na,b"


def _silence_limit(response: requests.Response) -> float | None:
    """How long the response's socket waits for a byte."""
    connection = response.raw.connection
    assert connection
    limit: float | None = connection.sock.gettimeout()
    return limit


def test_given_more_time_than_other_calls_wait_then_a_report_may_take_it_all() -> None:
    seconds = 10 * READ_SECONDS
    with Loopback([OPEN, OPEN, reply(503), OPEN]) as server:
        client = _client(server, seconds=seconds)
        with client.download(EXPORT, None) as response:
            assert _silence_limit(response) == READ_SECONDS
        with client.fetch(TEAM) as response:
            assert _silence_limit(response) == seconds
        # A wait before a second try takes from it.
        with client.fetch(TEAM) as response:
            assert _silence_limit(response) == client.deadline.left() < seconds


# --- the key ---


def test_given_a_legacy_report_when_fetched_then_both_headers_have_the_key() -> None:
    with _api(reply(200, CSV)) as api:
        api.fetch()
    [received] = api.server.received
    assert _key_headers(received) == {"authorization": f"ApiKey {KEY}", "x-api-key": KEY}


def test_given_a_rotated_key_when_fetched_then_both_headers_have_the_new_one() -> None:
    with _api(reply(401), reply(200, CSV), key=FakeKey(["pat.old", KEY])) as api:
        assert api.fetch() == CSV
    first, second = api.server.received
    assert (first.authorization, first.headers["x-api-key"]) == ("ApiKey pat.old", "pat.old")
    assert _key_headers(second) == {"authorization": f"ApiKey {KEY}", "x-api-key": KEY}
    assert second.body == first.body


def _create(client: SeiClient) -> object:
    return client.create(request())


def _state(client: SeiClient) -> object:
    return client.state(EXPORT)


def _list(client: SeiClient) -> object:
    return client.list(SPRINT, {})


def _download(client: SeiClient) -> object:
    with client.download(EXPORT, None) as response:
        return _body(response)


def _fetch(client: SeiClient) -> object:
    with client.fetch(TEAM) as response:
        return _body(response)


EVERY_CALL = pytest.mark.parametrize(
    ("call", "legacy"),
    [
        pytest.param(_create, False, id="create"),
        pytest.param(_state, False, id="status"),
        pytest.param(_list, False, id="list"),
        pytest.param(_download, False, id="download"),
        pytest.param(_fetch, True, id="fetch"),
    ],
)
ANSWER = reply(200, {"exportId": "exp_1", "status": "completed", "exports": []})


@EVERY_CALL
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, {"authorization": f"ApiKey {KEY}"}, id="by default"),
        pytest.param("Authorization", {"authorization": f"ApiKey {KEY}"}, id="authorization"),
        pytest.param("SEI_API_KEY", {"sei_api_key": KEY}, id="the older page's header"),
    ],
)
def test_given_a_header_then_every_call_has_the_key_there_and_nowhere_else(
    call: Callable[[SeiClient], object],
    header: str | None,
    expected: dict[str, str],
    *,
    legacy: bool,
) -> None:
    with _api(ANSWER, header=header) as api:
        call(api.client)
    [received] = api.server.received
    assert _key_headers(received) == expected | ({"x-api-key": KEY} if legacy else {})


def test_given_the_older_header_and_a_rotated_key_then_that_header_has_the_new_one() -> None:
    key = FakeKey(["pat.old", KEY])
    with _api(reply(401), ANSWER, key=key, header="SEI_API_KEY") as api:
        api.client.list(SPRINT, {})
    first, second = api.server.received
    assert (first.headers["SEI_API_KEY"], second.headers["SEI_API_KEY"]) == ("pat.old", KEY)
    assert (first.authorization, second.authorization) == (None, None)


def test_given_the_older_header_and_a_link_elsewhere_then_the_key_does_not_go_there() -> None:
    with pair([], [reply(200, CSV)]) as (server, other):
        client = _client(server, header="SEI_API_KEY")
        link = f"http://127.0.0.1:{other.port}/file"
        with client.download(EXPORT, link) as response:
            assert _body(response) == CSV
    [received] = other.received
    assert _key_headers(received) == {}
    assert received.headers["SEI_API_KEY"] is None
