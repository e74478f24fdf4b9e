"""Where the key may go, and where a download's link may lead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.links import MAX_REDIRECTS
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
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
        assert arrived.method == "GET"
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
        assert len(server.received) == MAX_REDIRECTS + 1 == 6


def test_given_as_many_redirects_as_allowed_when_followed_then_the_file_is_reached() -> None:
    with Loopback([*[_to("/api/file")] * MAX_REDIRECTS, FILE]) as server:
        assert _at(server).get(f"{server.origin}/api/file")[0] == 200


# --- what a link is made of ---


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/f%2fa%7e%41?X-Sig=a%2fb%2F%7E+c", id="encoded in every way"),
        pytest.param("/a/../b/./c?x=..", id="dot segments"),
        pytest.param("//a//b", id="empty segments"),
        pytest.param("/a?", id="empty query"),
        pytest.param("/a?b=%zz%", id="stray percent signs"),
        pytest.param("/a;v=1/b?c=d&e&f=[1]", id="all kinds of signs"),
        pytest.param("?a=b", id="no path"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_an_absolute_link_when_opened_then_it_arrives_byte_for_byte(
    target: str, *, redirected: bool
) -> None:
    with pair(lambda _: _to(url), [FILE]) as (server, other):
        url = f"{other.origin}{target}"
        assert _at(server).get(f"{server.origin}/api/file" if redirected else url)[0] == 200
    assert other.received[0].target == (target if target.startswith("/") else f"/{target}")


def test_given_the_apis_own_link_when_opened_then_parameters_are_added_to_what_is_given() -> None:
    with Loopback([FILE]) as server:
        _at(server).get(f"{server.origin}/api/f%2fa?sig=a%2fb+c#top")
    assert server.received[0].target == "/api/f%2fa?sig=a%2fb+c&orgIdentifier=acme"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        pytest.param("/api/büro ü?a=ß", "/api/b%C3%BCro%20%C3%BC?a=%C3%9F", id="UTF-8"),
        pytest.param(b"/api/b\xfcro".decode("latin-1"), "/api/b%FCro", id="Latin-1"),
    ],
)
def test_given_a_redirect_that_is_not_ascii_when_followed_then_its_bytes_are_kept(
    location: str, target: str
) -> None:
    raw = location.encode("latin-1" if target.endswith("%FCro") else "utf-8")
    answer = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " + raw + b"\r\n\r\n"
    with Loopback([answer, FILE]) as server:
        base = f"{server.origin}/api/"
        client = HttpClient(BaseUrl.parse(base), FakeKey(), FakeClock().deadline(100))
        with client.stream(f"{base}file", {}, {}) as response:
            assert response.status_code == 200
    assert server.received[1].target == target
    assert server.received[1].authorization == f"ApiKey {KEY}"


@pytest.mark.parametrize("missing", [404, 401, 403])
def test_given_a_redirect_to_a_path_when_nothing_is_there_then_it_is_below_the_prefix(
    missing: int,
) -> None:
    def answer(received: Received) -> Answer:
        return {
            "/api/moved": _to("/v2/file?token=1"),
            "/v2/file": reply(missing),
            "/api/v2/file": FILE,
        }[received.path]

    with Loopback(answer) as server:
        assert _at(server).get(f"{server.origin}/api/moved") == (200, b"a,b\n")
    moved, as_given, below = server.received
    assert (_carries_the_key(as_given), as_given.query) == (False, {"token": ["1"]})
    assert (_carries_the_key(moved), _carries_the_key(below)) == (True, True)
    assert below.query == {"token": ["1"], "orgIdentifier": ["acme"]}


@pytest.mark.parametrize(
    ("location", "paths"),
    [
        pytest.param("/v2/file", ["/v2/file"], id="something is there"),
        pytest.param("/api/v2/file", ["/api/v2/file"], id="below the prefix already"),
        pytest.param("v2/file", ["/api/v2/file"], id="relative"),
        pytest.param("//127.0.0.1:{port}/v2/file", ["/v2/file"], id="with a host"),
        pytest.param("http://127.0.0.1:{port}/v2/file", ["/v2/file"], id="absolute"),
    ],
)
def test_given_a_redirect_when_followed_then_nothing_else_is_asked(
    location: str, paths: list[str]
) -> None:
    with Loopback(
        lambda it: _to(location.format(port=server.port)) if it.path == "/api/moved" else FILE
    ) as server:
        assert _at(server).get(f"{server.origin}/api/moved")[0] == 200
    assert [received.path for received in server.received[1:]] == paths


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/../admin", id="plain"),
        pytest.param("/api/%2e%2e/admin", id="encoded"),
        pytest.param("/api/.%2E/admin", id="half encoded"),
        pytest.param("/api/%252e%252e/admin", id="encoded twice"),
        pytest.param("/api/..%2fadmin", id="with an encoded slash"),
        pytest.param("/api/..%5cadmin", id="with an encoded backslash"),
        pytest.param("/api/..\\admin", id="with a backslash"),
        pytest.param("/api/..;a=b/admin", id="with a parameter"),
        pytest.param("/api/./file", id="one dot"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_dot_segments_when_opened_then_the_key_does_not_walk(
    path: str, *, redirected: bool
) -> None:
    with Loopback(lambda _: _to(f"{server.origin}{path}")) as server:
        start = "/api/file" if redirected else path
        with pytest.raises(ProtocolError, match="dot segments"):
            _at(server).get(f"{server.origin}{start}")
        assert server.connections == int(redirected)


def test_given_the_key_in_a_redirect_elsewhere_when_followed_then_it_does_not_go_there() -> None:
    with pair(lambda _: _to(f"{other.origin}/f?k={KEY}"), [FILE]) as (server, other):
        assert _at(server).get(f"{server.origin}/api/file")[0] == 200
    assert other.received[0].target == "/f?k=***"


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://a..b.com/x", id="empty label"),
        pytest.param("https://.b.com/x", id="empty label first"),
        pytest.param(f"https://{'a' * 64}.com/x", id="long label"),
        pytest.param(f"https://{'a.' * 127}com/x", id="long host"),
        pytest.param(f"https://a.example:{'9' * 5000}/x", id="long port"),
        pytest.param("https://a.example:-1/x", id="negative port"),
        pytest.param("https://[::g]/x", id="bad IPv6"),
        pytest.param("https://[v1.a]/x", id="IP of the future"),
        pytest.param("https://[1.2.3.4]/x", id="IPv4 in brackets"),
        pytest.param("https://a\ud800b/x", id="half a character"),
        pytest.param("https://bücher.example/x", id="not ASCII"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_a_host_that_cannot_be_when_opened_then_it_is_a_protocol_error(
    link: str, *, redirected: bool
) -> None:
    if redirected:
        link = link.replace("\ud800", "\x00").encode().decode("latin-1")
    with Loopback(lambda _: _to(link)) as server, pytest.raises(ProtocolError):
        _at(server).get(f"{server.origin}/api/file" if redirected else link)


# --- elsewhere ---


def test_given_a_failing_server_elsewhere_when_opened_then_it_is_tried_again() -> None:
    with pair([], [reply(503), reply(429), FILE]) as (server, other):
        downloader = _at(server)
        assert downloader.get(f"{other.origin}/file")[0] == 200
    assert downloader.clock.slept == [0.5, 1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 409])
@pytest.mark.parametrize("redirected", [False, True], ids=["link", "redirect"])
def test_given_a_refusal_elsewhere_when_opened_then_it_is_the_links_fault_not_the_keys(
    status: int, *, redirected: bool
) -> None:
    xml = (
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired"
        b"</Message><SignatureProvided>s3cr3t</SignatureProvided></Error>"
    )
    with pair(lambda _: _to(url), lambda _: reply(status, xml)) as (server, other):
        url = f"{other.origin}/file"
        downloader = _at(server)
        with pytest.raises(ProtocolError) as caught:
            downloader.get(f"{server.origin}/api/file" if redirected else url)
    assert caught.value.message == (
        "The link to the file, at http://127.0.0.1/…, was refused with "
        f"{status}: AccessDenied: Request has expired."
    )
    assert "fresh link" in caught.value.remedy
    assert "HarnessBaseUrl" not in str(caught.value)
    assert "s3cr3t" not in told(caught.value)
    assert len(other.received) == 1
    assert downloader.key.fresh_reads == 0


def test_given_a_refusal_elsewhere_that_is_no_text_when_opened_then_it_is_the_links_fault() -> None:
    with (
        pair([], [reply(403, b"\xff\xfe")]) as (server, other),
        pytest.raises(ProtocolError, match=r"was refused with 403\."),
    ):
        _at(server).get(f"{other.origin}/file")


@pytest.mark.parametrize("status", [404, 410, 416])
def test_given_no_file_elsewhere_when_opened_then_the_caller_knows_what_it_means(
    status: int,
) -> None:
    with pair([], lambda _: reply(status)) as (server, other):
        assert _at(server).get(f"{other.origin}/file")[0] == status


def test_given_a_403_of_the_file_alone_when_opened_then_it_is_the_links_fault() -> None:
    def answer(received: Received) -> Answer:
        return reply(403, b"Link expired") if received.path == "/api/file" else reply(200, {})

    with Loopback(answer) as server:
        downloader = _at(server)
        client = HttpClient(downloader.base, downloader.key, downloader.clock.deadline(100))
        client.json("GET", f"{server.origin}/api/status", PARAMS)
        with (
            pytest.raises(ProtocolError, match=r"403, though the API .*: Link expired") as caught,
            client.stream(f"{server.origin}/api/file", PARAMS, {}),
        ):
            pass
    assert "fresh link" in caught.value.remedy
    assert "HarnessBaseUrl" not in str(caught.value)
    assert [received.path for received in server.received] == [
        "/api/status",
        *["/api/file"] * 2,
    ]


@pytest.mark.parametrize(
    ("statuses", "keys"),
    [
        pytest.param([403, 403], ["a"], id="no call before"),
        pytest.param([400, 403, 403], ["a"], id="no success before"),
        pytest.param([200, 403, 403], ["a", "b"], id="another key before"),
        pytest.param([200, 401, 401], ["a"], id="401, which is about the key"),
    ],
)
def test_given_a_refusal_that_may_be_the_keys_when_opened_then_it_is_named(
    statuses: list[int], keys: list[str]
) -> None:
    with Loopback([reply(status) for status in statuses]) as server:
        base = BaseUrl.parse(f"{server.origin}/api/")
        client = HttpClient(base, FakeKey(keys), FakeClock().deadline(100))
        for _ in statuses[:-2]:
            client.json("GET", f"{server.origin}/api/status", PARAMS)
        with (
            pytest.raises(AuthenticationError),
            client.stream(f"{server.origin}/api/file", PARAMS, {}),
        ):
            pass


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
