"""Wherever an API's links lead, the key goes home only, and all else to public addresses by TLS.

What a connection would lead to and what is sent over it is looked at where it leaves the HTTP
library, not where the exporter decides.
"""

import itertools
import re
from dataclasses import dataclass

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import ConfigurationError, ProtocolError, SeiExportError
from tests.fakes.loopback import reply
from tests.fakes.messages import told
from tests.fakes.stage import export
from tests.fakes.timing import KEY, FakeClock, FakeKey
from tests.faults import urls
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.wires import Sent, Wires

MIXED = 400
ELSEWHERE = "https://files.example/file"


_PARTS = re.compile(
    r"(?P<scheme>(?i:https?))://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]*))?"
    r"(?P<path>/[^?#]*)?[?]?#?"
)
"""A URL as anybody reads it who knows none but the plainest forms, with nothing after its path."""


@dataclass
class Home:
    """A base URL, as its parts are read here, and not as the exporter reads them.

    Attributes:
        base: The URL.
    """

    base: str

    def __post_init__(self) -> None:
        # Tabs and line ends are none of a URL's, wherever they are.
        parts = _PARTS.fullmatch(re.sub(r"[\t\r\n]", "", self.base).strip())
        assert parts, f"{self.base!r} was taken, and can be read in several ways"
        self.tls = parts["scheme"].lower() == "https"
        self.host = parts["host"].lower().strip("[]")
        self.port = int(parts["port"] or (443 if self.tls else 80))
        self.prefix = (parts["path"] or "").rstrip("/")
        self.is_here = not self.tls

    def check(self, sent: Sent) -> None:
        """What went over one connection may have gone there."""
        if KEY.encode() in sent.content:
            self.check_place(sent)
            assert urls.is_below(sent.target, self.prefix), sent
            return
        may_stay_here = self.is_here and urls.is_loopback(sent.address)
        assert may_stay_here or (sent.tls and urls.is_public(sent.address)), sent

    def check_place(self, sent: Sent) -> None:
        """A connection was made to this origin."""
        place = (sent.tls, sent.host.lower().strip("[]"), sent.port)
        assert place == (self.tls, self.host, self.port), (self.base, sent)


WAYS = ("a link", "a redirect", "a redirect from elsewhere")


def _answers(way: str, link: str) -> list[bytes]:
    """What the API says of the export, and the redirects before the file."""
    header = link.encode("utf-8", "surrogatepass")
    start = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
    moved = start + header + b"\r\n\r\n"
    return {
        "a link": [_completed(link)],
        "a redirect": [_completed(None), moved],
        "a redirect from elsewhere": [_completed(ELSEWHERE), moved],
    }[way]


def _completed(link: str | None) -> bytes:
    return reply(200, {"status": "COMPLETED", "downloadUrl": link})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("base", urls.BASES)
def test_given_any_link_then_the_key_goes_home_only_and_all_else_to_public_addresses_by_tls(
    base: str,
    way: str,
    amount: Amount,
    count: Count,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    home, wires = Home(base), Wires()
    wires.plug_in(monkeypatch)
    came = {"followed_with_the_key": 0, "followed_without_it": 0, "refused": 0}
    for pattern in amount.of(urls.links(f"{base} {way}", MIXED), 100):
        link = urls.filled(pattern, base, KEY)
        wires.clear()
        caplog.clear()
        wires.answers = _answers(way, link)
        error = _opened(base)
        for sent in wires.sent:
            if sent.content:
                home.check(sent)
        if error is not None:
            assert isinstance(error, ProtocolError | ConfigurationError), (link, error)
            said = told(error, caplog)
            assert KEY not in said
            assert urls.SIGNATURE not in said, (link, said)
            came["refused"] += 1
        else:
            with_key = KEY.encode() in wires.sent[-1].content
            came["followed_with_the_key" if with_key else "followed_without_it"] += 1
    assert all(came.values())
    count("links that an API may give", **came)


def _opened(base: str) -> SeiExportError | None:
    """Open the file of an export; what that was refused with."""
    parsed = BaseUrl.parse(base)
    http = HttpClient(parsed, FakeKey(), FakeClock().deadline(100))
    client = SeiClient(http, parsed, "acme", "metrics")
    try:
        link = client.state(export()).link
        with client.download(export(), link) as response:
            response.raw.read(decode_content=False)
    except SeiExportError as error:
        return error
    return None


def test_a_base_url_is_either_refused_or_the_key_goes_where_anybody_reads_that_it_leads(
    amount: Amount, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = Wires()
    wires.plug_in(monkeypatch)
    came = {"refused": 0, "taken": 0}
    patterns = amount.of(urls.links("base URLs", MIXED), 200)
    # No sample is without these.
    hosts = ("{host}", "localhost")
    patterns += [f"{it}://{host}{{prefix}}/" for it in urls.SCHEMES for host in hosts]
    for pattern, base in itertools.product(patterns, urls.BASES[:2]):
        # With a query, none is.
        given = urls.filled(pattern.replace(urls.QUERIES[1], ""), base, KEY)
        wires.clear()
        wires.answers = [_completed(None)]
        try:
            error = _opened(given)
        except ConfigurationError:
            came["refused"] += 1
            continue
        came["taken"] += 1
        assert error is None, (given, error)
        home = Home(given)
        # The status call and the file's.
        assert [KEY.encode() in sent.content for sent in wires.sent] == [True, True], given
        for sent in wires.sent:
            assert sent.tls or urls.is_loopback(sent.address), (given, sent)
            home.check_place(sent)
            path = urls.decoded(sent.target)
            assert path.startswith(f"{urls.decoded(home.prefix)}/v2/"), (given, sent)
            assert not {".", ".."}.intersection(re.split(r"[/\\]", path)), (given, sent)
    assert all(came.values())
    count("base URLs", **came)
