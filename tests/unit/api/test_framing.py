"""Bodies in chunks over real connections: what of them is an end, and what is a break."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import trustme

from sei_export.api.bodies import read_whole
from sei_export.api.sessions import keyed_session, keyless_session
from sei_export.download.body import Body
from sei_export.download.source import Source
from sei_export.errors import CorruptDownloadError, ServiceUnavailableError
from tests.fakes.bodies import CHUNKED, CSV, END, chunks
from tests.fakes.loopback import Loopback, reply
from tests.fakes.timing import FakeClock

SESSIONS = pytest.mark.parametrize(
    "session",
    [
        pytest.param(keyed_session, id="with the key"),
        pytest.param(lambda: keyless_session(allow_loopback=True), id="without"),
    ],
)


@contextmanager
def _body(
    session: Callable[[], requests.Session],
    content: bytes,
    authority: Path | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Body]:
    answer = reply(200, content, CHUNKED, length=-1)
    with Loopback(lambda _: answer, tls=tls) as server, session() as connected:
        if authority:
            connected.verify = str(authority)
        yield Body(
            Source(
                lambda headers: connected.get(server.origin, headers=headers, stream=True),
                FakeClock().deadline(1000),
            )
        )


PADDED = b"%08x\r\n%b\r\n" % (len(CSV), CSV)


@SESSIONS
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(chunks(CSV) + END, id="plain"),
        pytest.param(PADDED + b"00000000\r\n\r\n", id="padded by zeros"),
        pytest.param(b"%X \r\n%b\r\n" % (len(CSV), CSV) + END, id="capitals and a blank"),
        pytest.param(b"%x\n%b\r\n0\n\n" % (len(CSV), CSV), id="lines ended as in Unix"),
        pytest.param(b"%x;a=b\r\n%b\r\n0;c\r\n\r\n" % (len(CSV), CSV), id="extensions"),
        pytest.param(chunks(CSV) + b"0\r\nDigest: x\r\n\r\n", id="a trailer"),
        pytest.param(chunks(CSV) + b"0\r\n", id="no line after the last chunk"),
    ],
)
def test_chunks_with_a_last_one_are_a_whole_body(
    session: Callable[[], requests.Session], content: bytes
) -> None:
    with _body(session, content) as body:
        assert b"".join(body.pieces()) == CSV
        assert body.is_end_told


@SESSIONS
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(b"", id="cut before a size"),
        pytest.param(b"0", id="cut in a size padded by zeros"),
        pytest.param(b"0\r", id="cut in a size's line"),
        pytest.param(b"0;a", id="cut in an extension"),
        pytest.param(b"-5\r\nabcde\r\n0\r\n\r\n", id="below zero"),
        pytest.param(b"-1\r\nabcde\r\n0\r\n\r\n", id="one below zero"),
        pytest.param(b"-0\r\n\r\n", id="no plain zero"),
        pytest.param(b"+0\r\n\r\n", id="a signed zero"),
        pytest.param(b"0_0\r\n\r\n", id="an underscore"),
        pytest.param(b"0x0\r\n\r\n", id="a prefix"),
        pytest.param(b" 0\r\n\r\n", id="a blank before it"),
        pytest.param(b"\r\n\r\n", id="no size"),
        pytest.param(b"zz\r\n\r\n", id="no number"),
        pytest.param(b"f" * 5000 + b"\r\n", id="5,000 digits"),
        pytest.param(b"f" * 70_000 + b"\r\n", id="a line without end"),
        pytest.param(b"ffffffffffffffff\r\nabc", id="more than there can be"),
    ],
)
def test_chunks_whose_last_size_is_none_are_a_broken_body(
    session: Callable[[], requests.Session], end: bytes
) -> None:
    with (
        _body(session, chunks(CSV) + end) as body,
        pytest.raises(CorruptDownloadError, match=r"broke off .*3 times in a row"),
    ):
        list(body.pieces())
    assert not body.is_end_told


@SESSIONS
@pytest.mark.parametrize("end", [b"", b"0", b"zz\r\n\r\n"], ids=["none", "cut", "no number"])
def test_a_short_body_whose_last_size_is_none_broke_off_as_broken_http(
    session: Callable[[], requests.Session], end: bytes
) -> None:
    answer = reply(200, chunks(b"{}") + end, CHUNKED, length=-1)
    with Loopback([answer]) as server, session() as connected:
        response = connected.get(server.origin, stream=True)
        with pytest.raises(ServiceUnavailableError) as caught:
            read_whole(response, "GET x", FakeClock().deadline(1000))
    assert caught.value.message == "GET x broke off: broken HTTP / IncompleteRead."


@pytest.fixture
def tls() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """A certificate's authority, and a server's side of TLS with such a certificate."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as file:
        yield Path(file), context


@SESSIONS
def test_over_tls_chunks_are_read_as_well(
    session: Callable[[], requests.Session], tls: tuple[Path, ssl.SSLContext]
) -> None:
    with _body(session, chunks(CSV) + END, *tls) as body:
        assert b"".join(body.pieces()) == CSV
        assert body.is_end_told
    with (
        _body(session, chunks(CSV) + b"0", *tls) as body,
        pytest.raises(CorruptDownloadError, match=r"broke off .*3 times in a row"),
    ):
        list(body.pieces())
