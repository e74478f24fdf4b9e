"""Downloads that start in the middle, end too early, or take their time; and what is recorded."""

import asyncio
import gzip
import http.client
import socket
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import JsonValue

from local.simulator.delivery.transfer import counted
from local.simulator.world.journal import Call
from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import AUTHORIZED, EXPORTS, PROJECT, Client, Json, Reply

port = simulator.port
client = simulator.client


def fetch(client: Client, export_id: str, **headers: str) -> Reply:
    """Download with more headers than the usual ones."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"{EXPORTS}/{export_id}/download"
    return client.call("GET", path, headers=AUTHORIZED | named)


def fetch_signed(client: Client, path: str, **headers: str) -> Reply:
    """Download from a signed link."""
    return client.call("GET", path, query={}, headers=headers)


def cut_fetch(client: Client, export_id: str, **headers: str) -> tuple[int, bytes]:
    """Return the bytes promised and those received of a download that is cut."""
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(client, export_id, **headers)
    received = caught.value.partial
    assert caught.value.expected
    return len(received) + caught.value.expected, received


def signed_path(client: Client, export_id: str) -> str:
    """Return the path of the signed link that a status tells."""
    download = client.status(export_id).json["download"]
    assert isinstance(download, dict)
    return urlsplit(str(download["url"])).path


def recorded(client: Client, field: str) -> list[JsonValue]:
    """Return a field of the team's recorded calls for a file."""
    steps = {"download", "signed"}
    return [call[field] for call in client.recorded() if call["step"] in steps]


# --- ranges --------------------------------------------------------------------------------------


def test_without_ranges_a_download_has_no_validators_and_a_range_is_ignored(client: Client) -> None:
    export_id = client.created()
    reply = fetch(client, export_id, range="bytes=5-")
    assert reply.status == 200
    assert gzip.decompress(reply.body) == client.content(export_id)
    assert not {"etag", "last-modified", "accept-ranges"} & {name.lower() for name in reply.headers}


def test_with_ranges_a_download_has_validators(client: Client) -> None:
    client.scenario(ranges=True)
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.status == 200
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["etag"].startswith('"')
    assert reply.headers["etag"].endswith('"')
    modified = parsedate_to_datetime(reply.headers["last-modified"])
    assert abs(modified.timestamp() - time.time()) < 60
    assert reply.headers["content-length"] == str(len(reply.body))
    assert "content-range" not in reply.headers
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_the_etag_is_that_of_the_content(client: Client) -> None:
    client.scenario(ranges=True, rows=3)
    export_id = client.created()
    first, again = (client.download(export_id).headers["etag"] for _ in range(2))
    client.scenario(ranges=True, rows=4)
    assert first == again != client.download(export_id).headers["etag"]


@pytest.mark.parametrize("link", ["download", "signed"])
@pytest.mark.parametrize("start", [0, 1, 7, -1])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_range_gives_the_rest(
    client: Client, link: str, start: int, *, conditional: bool
) -> None:
    client.scenario(ranges=True, **({"link": link} if link == "signed" else {}))
    export_id = client.created()
    whole = client.download(export_id)
    size = len(whole.body)
    start %= size
    headers = {"range": f"bytes={start}-"}
    if conditional:
        headers["if-range"] = whole.headers["etag"]
    if link == "signed":
        reply = fetch_signed(client, signed_path(client, export_id), **headers)
    else:
        reply = fetch(client, export_id, **headers)
    assert (reply.status, reply.body) == (206, whole.body[start:])
    assert reply.headers["content-range"] == f"bytes {start}-{size - 1}/{size}"
    assert reply.headers["content-length"] == str(size - start)
    for name in ("etag", "last-modified", "accept-ranges", "content-type"):
        assert reply.headers[name] == whole.headers[name]


@pytest.mark.parametrize("sort", ["other", "weak", "date"])
@pytest.mark.parametrize("start", [3, 10**9])
def test_another_if_range_gives_the_whole_file(client: Client, sort: str, start: int) -> None:
    client.scenario(ranges=True)
    export_id = client.created()
    whole = client.download(export_id)
    condition = {
        "other": '"other"',
        "weak": f"W/{whole.headers['etag']}",
        "date": whole.headers["last-modified"],
    }[sort]
    reply = fetch(client, export_id, range=f"bytes={start}-", if_range=condition)
    assert (reply.status, reply.body) == (200, whole.body)
    assert "content-range" not in reply.headers


@pytest.mark.parametrize("beyond", [0, 1, 10**60])
def test_a_range_that_starts_at_the_end_or_later_is_not_satisfiable(
    client: Client, beyond: int
) -> None:
    client.scenario(ranges=True)
    export_id = client.created()
    size = len(client.download(export_id).body)
    reply = fetch(client, export_id, range=f"bytes={size + beyond}-")
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["content-range"] == f"bytes */{size}"


def test_no_range_of_an_empty_file_is_satisfiable(client: Client) -> None:
    client.scenario(ranges=True, content="empty")
    export_id = client.created()
    assert client.download(export_id).status == 200
    reply = fetch(client, export_id, range="bytes=0-")
    assert (reply.status, reply.headers["content-range"]) == (416, "bytes */0")


@pytest.mark.parametrize("value", ["bytes=1-2", "bytes=-5", "bytes=1-,3-", "lines=1-", "bytes=x-"])
def test_ranges_of_other_forms_are_ignored(client: Client, value: str) -> None:
    client.scenario(ranges=True)
    export_id = client.created()
    reply = fetch(client, export_id, range=value)
    assert (reply.status, reply.body) == (200, client.download(export_id).body)


@pytest.mark.parametrize(
    "fields",
    [
        {"ranges": True, "framing": "chunked"},
        {"ranges": True, "framing": "close"},
        {"ranges": True, "corrupt": "truncate-chunked"},
        {"ranges": True, "corrupt": "truncate-close"},
        {"bytesPerSecond": 0},
        {"faults": {"download": [{"cutAfterBytes": -1}]}},
        {"faults": {"download": [{"cutAfterBytes": 1, "status": 503}]}},
        {"faults": {"status": [{"cutAfterBytes": 1}]}},
        {"faults": {"report": [{"cutAfterBytes": 1}]}},
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(client: Client, fields: Json) -> None:
    assert client.put_scenario(fields).status == 422


# --- cuts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ranges", [False, True])
def test_cuts_are_consumed_one_per_call(client: Client, *, ranges: bool) -> None:
    cuts: Json = {"download": [{"cutAfterBytes": 0}, {"cutAfterBytes": 9}, {"status": 503}]}
    client.scenario(ranges=ranges, faults=cuts)
    export_id = client.created()
    promises = [cut_fetch(client, export_id) for _ in range(2)]
    assert client.download(export_id).status == 503
    whole = client.download(export_id).body
    assert promises == [(len(whole), b""), (len(whole), whole[:9])]
    assert recorded(client, "status") == [200, 200, 503, 200]
    assert recorded(client, "sentBytes") == [0, 9, None, len(whole)]


def test_a_cut_of_more_than_there_is_spares_the_body(client: Client) -> None:
    client.scenario(faults={"download": [{"cutAfterBytes": 10**9}]})
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.headers["connection"] == "close"
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_a_download_that_is_cut_again_and_again_is_resumed_to_its_end(client: Client) -> None:
    cuts: Json = {"download": [{"cutAfterBytes": count} for count in (11, 0, 300_000)]}
    client.scenario(ranges=True, rows=20_000, encoding="plain", faults=cuts)
    export_id = client.created()
    total, received = cut_fetch(client, export_id)
    assert len(received) == 11
    for expected in (0, 300_000):
        promised, more = cut_fetch(client, export_id, range=f"bytes={len(received)}-")
        assert (promised, len(more)) == (total - len(received), expected)
        received += more
    last = fetch(client, export_id, range=f"bytes={len(received)}-")
    assert last.status == 206
    assert received + last.body == client.content(export_id)
    assert recorded(client, "status") == [200, 206, 206, 206]
    assert recorded(client, "sentBytes") == [11, 0, 300_000, len(last.body)]
    assert recorded(client, "range") == [None, "bytes=11-", "bytes=11-", "bytes=300011-"]


def test_a_partial_answer_that_is_cut_says_what_it_is(client: Client) -> None:
    client.scenario(ranges=True, faults={"download": [{"cutAfterBytes": 5}]})
    export_id = client.created()
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=5)
    path = f"{EXPORTS}/{export_id}/download?{urlencode(PROJECT)}"
    connection.request("GET", path, headers=AUTHORIZED | {"range": "bytes=2-"})
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    connection.close()
    whole = client.download(export_id)
    size = len(whole.body)
    assert (response.status, response.reason) == (206, "Partial Content")
    assert response.headers["content-length"] == str(size - 2)
    assert response.headers["content-range"] == f"bytes 2-{size - 1}/{size}"
    assert response.headers["etag"] == whole.headers["etag"]


def cut_signed(client: Client, path: str) -> int:
    """Return how many bytes came from a signed link that is cut."""
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch_signed(client, path)
    return len(caught.value.partial)


def test_a_cut_meets_a_signed_link(client: Client) -> None:
    client.scenario(link="signed", ranges=True, faults={"download": [{"cutAfterBytes": 4}]})
    path = signed_path(client, client.created())
    assert cut_signed(client, path) == 4
    assert fetch_signed(client, path).status == 200


def test_a_cut_meets_the_target_of_a_redirect(client: Client) -> None:
    cuts: Json = {"download": [{"cutAfterBytes": 4}, {"status": 503}, {"cutAfterBytes": 6}]}
    client.scenario(link="redirect", faults=cuts)
    export_id = client.created()
    redirect = client.download(export_id)
    path = urlsplit(redirect.headers["location"]).path
    assert cut_signed(client, path) == 4
    assert fetch_signed(client, path).status == 200
    assert [client.download(export_id).status for _ in range(2)] == [503, 302]
    assert cut_signed(client, path) == 6
    assert fetch_signed(client, path).status == 200


# --- pace ----------------------------------------------------------------------------------------


def test_a_pace_holds_for_whole_partial_and_cut_answers(client: Client) -> None:
    export_id = client.created()
    size = len(client.download(export_id).body)
    cuts: Json = {"download": [{"delaySeconds": 0}, {"delaySeconds": 0}, {"cutAfterBytes": size}]}
    client.scenario(ranges=True, bytesPerSecond=size * 2, faults=cuts)
    for start, seconds in ((0, 0.5), (size // 2, 0.25), (0, 0.5)):
        begun = time.monotonic()
        assert len(fetch(client, export_id, range=f"bytes={start}-").body) == size - start
        assert seconds - 0.05 < time.monotonic() - begun < 5


def test_a_slow_body_comes_in_small_pieces(client: Client) -> None:
    client.scenario(bytesPerSecond=1)
    export_id = client.created()
    with socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        key = AUTHORIZED["authorization"]
        path = f"{EXPORTS}/{export_id}/download?{urlencode(PROJECT)}"
        request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {key}\r\n\r\n"
        connection.sendall(request.encode())
        received = b""
        while not received.partition(b"\r\n\r\n")[2]:
            received += connection.recv(65536)
        assert received.partition(b"\r\n\r\n")[2] == b"\x1f"
        assert recorded(client, "sentBytes") == [1]


# --- the journal ---------------------------------------------------------------------------------


def test_the_range_of_any_call_is_recorded_and_sent_bytes_of_files_only(client: Client) -> None:
    client.scenario(ranges=True)
    export_id = client.created()
    client.status(export_id)
    whole = fetch(client, export_id).body
    fetch(client, export_id, range="bytes=3-")
    fetch(client, export_id, range="bytes=999999999-")
    calls = [(call["step"], call["range"], call["sentBytes"]) for call in client.recorded()]
    assert calls == [
        ("create", None, None),
        ("status", None, None),
        ("download", None, len(whole)),
        ("download", "bytes=3-", len(whole) - 3),
        ("download", "bytes=999999999-", None),
    ]


def test_the_sent_bytes_of_a_client_that_goes_away_are_fewer(client: Client) -> None:
    client.scenario(rows=200_000, encoding="plain")
    export_id = client.created()
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)
    path = f"{EXPORTS}/{export_id}/download?{urlencode(PROJECT)}"
    connection.request("GET", path, headers=AUTHORIZED)
    response = connection.getresponse()
    size = int(response.headers["content-length"])
    assert len(response.read(1000)) == 1000
    response.close()
    connection.close()
    sent = recorded(client, "sentBytes")[0]
    assert isinstance(sent, int)
    assert sent < size
    time.sleep(0.2)
    assert recorded(client, "sentBytes") == [sent]


class _BreakingWire:
    """A connection that breaks while the second bytes wait to be sent."""

    def __init__(self) -> None:
        self._flushes = iter((True, False))

    async def write(self, data: bytes) -> bool:
        raise NotImplementedError

    async def flushed(self) -> bool:
        return next(self._flushes)

    def hang_up(self) -> None:
        raise NotImplementedError


def test_bytes_that_were_written_but_never_left_are_not_counted() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"123"
        yield b"45678"

    async def send() -> int | None:
        call = Call(
            at=0, step="download", method="GET", path="/", query={}, body=None, header_names=[]
        )
        assert [data async for data in counted(body(), call, _BreakingWire())] == [b"123", b"45678"]
        return call.sent_bytes

    assert asyncio.run(send()) == 3
