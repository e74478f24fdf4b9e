"""Where the key may go, and where a download's link may lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.links import MAX_REDIRECTS
from sei_export.api.urls import BaseUrl
from sei_export.errors import ProtocolError, SeiExportError, ServiceUnavailableError
from tests.fakes.loopback import RESET, Answer, Held, Loopback, Received, pair, reply
from tests.fakes.messages import told
from tests.fakes.timing import KEY, FakeClock, FakeKey

PARAMS = {"orgIdentifier": "acme"}
FILE = reply(200, b"a,b\n")
ODD_HOST = "it has credentials, or characters that no host and port have"
PUBLIC_API = "https://app.harness.example/prod1/sei/api/"


@dataclass
class Downloader:
    """Stands for whoever downloads: real calls to one API, following its links."""

    base: BaseUrl
    key: FakeKey
    clock: FakeClock

    @classmethod
    def of(cls, base_url: str) -> "Downloader":
        """With a fresh key and clock."""
        return cls(BaseUrl.parse(base_url), FakeKey(), FakeClock())

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and raw body."""
        client = HttpClient(self.base, self.key, self.clock.deadline(100))
        with client.stream(url, PARAMS, headers or {}) as response:
            return response.status_code, response.raw.read(decode_content=False)


def _at(server: Loopback) -> Downloader:
    return Downloader.of(f"{server.origin}/api/")


def _to(url: str, status: int = 302, cookie: str = "") -> bytes:
    return reply(status, headers={"Location": url} | ({"Set-Cookie": cookie} if cookie else {}))


def _carries_the_key(received: Received) -> bool:
    return any(KEY in value for value in received.headers.values()) or KEY in received.target


def test_given_the_apis_own_link_when_opened_then_key_and_parameters_are_sent() -> None:
    with Loopback([FILE]) as server:
        assert _at(server).get(f"{server.origin}/api/file?token=1") == (200, b"a,b\n")
    assert server.received[0].authorization == f"ApiKey {KEY}"
    assert server.received[0].query == {"token": ["1"], "orgIdentifier": ["acme"]}


def test_given_a_compressed_body_when_opened_then_its_bytes_come_as_they_are() -> None:
    with Loopback([reply(200, b"\x1f\x8bnot decoded", {"Content-Encoding": "gzip"})]) as server:
        assert _at(server).get(f"{server.origin}/api/file") == (200, b"\x1f\x8bnot decoded")


def test_given_headers_of_the_callers_when_redirected_then_they_arrive_at_every_hop() -> None:
    wanted = {"Range": "bytes=5-", "If-Range": '"abc"'}
    with pair(lambda _: _to(f"{other.origin}/file"), [FILE]) as (server, other):
        assert _at(server).get(f"{server.origin}/api/file", wanted)[0] == 200
    for [arrived] in (server.received, other.received):
        assert {name: arrived.headers[name] for name in wanted} == wanted
    assert server.received[0].authorization == f"ApiKey {KEY}"


def test_given_a_callers_header_by_the_keys_name_when_opened_then_the_key_is_sent() -> None:
    with Loopback([FILE]) as server:
        _at(server).get(f"{server.origin}/api/file", {"Authorization": "other"})
    assert server.received[0].authorization == f"ApiKey {KEY}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_given_a_redirect_to_another_origin_when_followed_then_the_key_stays_behind(
    status: int,
) -> None:
    with Loopback([FILE]) as other:
        answer = _to(f"{other.origin}/signed?signature=x%2By", status, cookie="session=abc")
        with Loopback([answer]) as server:
            assert _at(server).get(f"{server.origin}/api/file")[0] == 200
    [arrived] = other.received
    assert _carries_the_key(server.received[0])
    assert not _carries_the_key(arrived)
    assert {"authorization", "x-api-key", "cookie"}.isdisjoint(map(str.lower, arrived.headers))
    assert arrived.target == "/signed?signature=x%2By"


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("http://127.0.0.1:{other}/api/file", id="another port"),
        pytest.param("http://localhost:{own}/api/file", id="another name of the same host"),
        pytest.param("http://127.0.0.1:{own}/elsewhere", id="outside the base URL's path"),
        pytest.param("http://127.0.0.1:{own}/apiary", id="a path that begins alike"),
    ],
)
def test_given_an_absolute_link_elsewhere_when_opened_then_it_gets_no_key(link: str) -> None:
    with pair(lambda _: FILE, lambda _: FILE) as (server, other):
        url = link.format(own=server.port, other=other.port)
        assert _at(server).get(url)[0] == 200
    [arrived] = server.received + other.received
    assert not _carries_the_key(arrived)
    assert "orgIdentifier" not in arrived.query


@pytest.mark.parametrize(
    ("link", "told"),
    [
        pytest.param(
            "http://127.0.0.1:{other}\\@127.0.0.1:{own}/api/file", ODD_HOST, id="backslash"
        ),
        pytest.param(
            "http://127.0.0.1:{own}@127.0.0.1:{other}/api/file", ODD_HOST, id="own host as user"
        ),
        pytest.param("http://a:b@127.0.0.1:{own}/api/file", ODD_HOST, id="credentials"),
        pytest.param("ftp://127.0.0.1:{other}/file", "the scheme 'ftp' is neither", id="ftp"),
        pytest.param("file:///etc/passwd", "the scheme 'file' is neither", id="file"),
        pytest.param("http://[::1/file", "Invalid IPv6|not a URL", id="half an address"),
        pytest.param("http://127.0.0.1:99999/file", "Port out of range", id="no such port"),
        pytest.param("http://127.0.0.1:x/file", ODD_HOST, id="a port that is no number"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_a_link_that_is_not_plain_when_opened_then_it_is_refused_unsent(
    link: str, told: str, *, redirected: bool
) -> None:
    with pair(lambda _: _to(url), lambda _: FILE) as (server, other):
        url = link.format(own=server.port, other=other.port)
        with pytest.raises(ProtocolError, match=told):
            _at(server).get(f"{server.origin}/api/file" if redirected else url)
        assert other.connections == 0
        assert len(server.received) == int(redirected)


def test_given_a_relative_redirect_when_followed_then_the_key_comes_along() -> None:
    with Loopback([_to("../api/part?token=2"), FILE]) as server:
        assert _at(server).get(f"{server.origin}/api/file")[0] == 200
    assert server.received[1].authorization == f"ApiKey {KEY}"
    assert server.received[1].query == {"token": ["2"], "orgIdentifier": ["acme"]}


def test_given_a_redirect_whose_body_never_ends_when_followed_then_it_is_not_read() -> None:
    def answer(received: Received) -> Answer:
        if received.path == "/api/file":
            return FILE
        start = reply(302, b"<html>", {"Location": f"{server.origin}/api/file"}, length=10**9)
        return Held(start)

    with Loopback(answer) as server:
        assert _at(server).get(f"{server.origin}/api/moved")[0] == 200


@pytest.mark.parametrize("status", [300, 304])
def test_given_another_3xx_when_opened_then_it_is_the_answer(status: int) -> None:
    with Loopback([reply(status)]) as server:
        assert _at(server).get(f"{server.origin}/api/file")[0] == status


def test_given_redirects_without_end_when_followed_then_they_are_given_up() -> None:
    with Loopback(lambda _: _to("/api/file")) as server:
        with pytest.raises(ProtocolError, match=f"more than {MAX_REDIRECTS}"):
            _at(server).get(f"{server.origin}/api/file")
        assert len(server.received) == MAX_REDIRECTS + 1


def test_given_as_many_redirects_as_allowed_when_followed_then_the_file_is_reached() -> None:
    with Loopback([*[_to("/api/file")] * MAX_REDIRECTS, FILE]) as server:
        assert _at(server).get(f"{server.origin}/api/file")[0] == 200


# --- elsewhere ---


def test_given_a_failing_server_elsewhere_when_opened_then_it_is_tried_again() -> None:
    with pair([], [reply(503), reply(429), FILE]) as (server, other):
        downloader = _at(server)
        assert downloader.get(f"{other.origin}/file")[0] == 200
    assert downloader.clock.slept == [0.5, 1.0]


def test_given_a_401_elsewhere_when_opened_then_the_key_is_neither_read_nor_sent() -> None:
    with pair([], lambda _: reply(401)) as (server, other):
        downloader = _at(server)
        assert downloader.get(f"{other.origin}/file")[0] == 401
    assert len(other.received) == 1
    assert downloader.key.fresh_reads == 0


def test_given_an_https_api_when_a_link_is_http_then_nothing_is_sent() -> None:
    with Loopback([FILE]) as other:
        with pytest.raises(ProtocolError, match="without TLS"):
            Downloader.of(PUBLIC_API).get(f"{other.origin}/file")
        assert other.connections == 0


def test_given_a_simulator_when_a_link_is_http_to_another_machine_then_it_is_refused() -> None:
    with Loopback([]) as server, pytest.raises(ProtocolError, match="without TLS"):
        _at(server).get("http://files.example/file")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_given_an_https_api_when_a_link_leads_to_this_machine_then_no_byte_is_sent(
    host: str,
) -> None:
    with Loopback([FILE]) as other:
        with pytest.raises(ProtocolError, match=r"private address 127\.0\.0\.1"):
            Downloader.of(PUBLIC_API).get(f"https://{host}:{other.port}/file")
        assert other.connections == 1
    assert other.strays == b""


# --- messages ---


@pytest.mark.parametrize(
    "lead",
    [
        pytest.param(lambda other: other.origin, id="failing server"),
        pytest.param(lambda _: "https://127.0.0.1:1", id="nobody there"),
        pytest.param(lambda _: "http://files.example", id="without TLS"),
        pytest.param(lambda _: "ftp://files.example", id="not http"),
        pytest.param(lambda _: "http://files example", id="no host's name"),
        pytest.param(lambda _: "http://user:s3cr3t@files.example", id="credentials"),
        pytest.param(lambda _: "http://[", id="half an address"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_a_signed_link_when_it_fails_then_its_query_is_not_told(
    lead: Callable[[Loopback], str], caplog: pytest.LogCaptureFixture, *, redirected: bool
) -> None:
    caplog.set_level("DEBUG", "sei_export")
    with pair(lambda _: _to(url), lambda _: reply(503)) as (server, other):
        url = f"{lead(other)}/file?X-Amz-Signature=s3cr3t"
        with pytest.raises(SeiExportError) as caught:
            _at(server).get(f"{server.origin}/api/file" if redirected else url)
    assert "s3cr3t" not in told(caught.value, caplog)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(RESET, "ConnectionResetError", id="reset"),
        pytest.param(b"", "RemoteDisconnected", id="end"),
    ],
)
def test_given_a_server_elsewhere_that_hangs_up_when_opened_then_it_is_unavailable(
    answer: Answer, reason: str
) -> None:
    with pair([], lambda _: answer) as (server, other):
        with pytest.raises(ServiceUnavailableError, match=f"http://127.0.0.1/… failed: .*{reason}"):
            _at(server).get(f"{other.origin}/file")
        assert len(other.received) == 3
