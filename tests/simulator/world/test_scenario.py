"""What a scenario does to exports, links, files and transfers."""

import gzip
import http.client
import io
import socket
import time
import zlib
from urllib.parse import urlencode, urlsplit

import pytest

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import EXPORTS, KEY, PROJECT, Client, Json, table

port = simulator.port
client = simulator.client


# --- status --------------------------------------------------------------------------------------


def test_a_scenario_applies_to_the_tree_if_the_scope_has_no_team(client: Client) -> None:
    client.scenario(outcome="cancelled")
    tree = client.created(scope={"orgTreeName": client.team})
    team_of_tree = client.created(scope={"orgTreeName": client.team, "teamId": "unaffected"})
    assert client.status(tree).json["status"] == "cancelled"
    assert client.status(team_of_tree).json["status"] == "completed"


def test_a_deleted_scenario_has_no_effect(client: Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.call("DELETE", f"/_sim/scenarios/{client.team}").status == 204
    assert client.status(export_id).json["status"] == "completed"


def test_durations_of_a_scenario(client: Client) -> None:
    client.scenario(queuedSeconds=0.3, processingSeconds=0.3)
    export_id = client.created()
    seen = []
    for _ in range(3):
        body = client.status(export_id).json
        seen.append(body["status"])
        assert ("download" in body) is (body["status"] == "completed")
        time.sleep(0.32)
    assert seen == ["queued", "processing", "completed"]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("never", "processing"),
        ("ARCHIVED", "ARCHIVED"),
    ],
)
def test_outcomes(client: Client, outcome: str, status: str) -> None:
    client.scenario(outcome=outcome)
    body = client.status(client.created()).json
    assert body["status"] == status
    assert ("error" in body) is (outcome == "failed")
    assert "download" not in body
    assert "completedAt" not in body


def test_the_text_of_a_failure(client: Client) -> None:
    client.scenario(outcome="failed")
    export_id = client.created()
    assert client.status(export_id).json["error"] == "Invalid teamId"
    client.scenario(outcome="failed", error="Too large")
    assert client.status(export_id).json["error"] == "Too large"


@pytest.mark.parametrize(
    ("case", "status"), [("lower", "completed"), ("upper", "COMPLETED"), ("mixed", "Completed")]
)
def test_the_case_of_statuses(client: Client, case: str, status: str) -> None:
    client.scenario(statusCase=case)
    body = client.status(client.created()).json
    assert body["status"] == status
    assert "download" in body


# --- links ---------------------------------------------------------------------------------------


def test_link_flat(client: Client) -> None:
    client.scenario(link="flat")
    export_id = client.created()
    body = client.status(export_id).json
    assert body["downloadUrl"] == f"/v2/insights/productivity/exports/{export_id}/download"
    assert "download" not in body


def test_link_none(client: Client) -> None:
    client.scenario(link="none")
    body = client.status(client.created()).json
    assert body["status"] == "completed"
    assert not {"download", "downloadUrl"} & set(body)


def link_of(client: Client, export_id: str) -> str:
    download = client.status(export_id).json["download"]
    assert isinstance(download, dict)
    return str(download["url"])


def test_link_absolute_needs_the_key(client: Client) -> None:
    client.scenario(link="absolute")
    export_id = client.created()
    url = link_of(client, export_id)
    assert url == f"http://127.0.0.1:{client.port}{EXPORTS}/{export_id}/download"
    path = urlsplit(url).path
    assert client.call("GET", path, headers={}).status == 401
    assert client.call("GET", path).status == 200


def test_link_signed_needs_no_key(client: Client) -> None:
    client.scenario(link="signed")
    export_id = client.created()
    url = link_of(client, export_id)
    assert url.startswith(f"http://127.0.0.1:{client.port}/signed/")
    reply = client.call("GET", urlsplit(url).path, query={}, headers={})
    assert reply.status == 200
    assert gzip.decompress(reply.body) == client.content(export_id)
    assert client.call("GET", "/signed/unknown", headers={}).status == 404


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "SEI_API_KEY"])
def test_link_signed_refuses_credentials_and_records_it(client: Client, header: str) -> None:
    client.scenario(link="signed")
    path = urlsplit(link_of(client, client.created())).path
    assert client.call("GET", path, headers={header: "s3cret"}).status == 400
    last = client.recorded()[-1]
    assert (last["step"], last["status"]) == ("signed", 400)
    assert isinstance(last["headerNames"], list)
    assert header.lower() in last["headerNames"]


def test_link_redirect(client: Client) -> None:
    faults: Json = {"download": [{"status": 503}, {"delaySeconds": 0}, {"status": 502}]}
    client.scenario(link="redirect", faults=faults)
    export_id = client.created()
    assert link_of(client, export_id).startswith("/v2/")
    assert client.download(export_id).status == 503
    reply = client.download(export_id)
    assert reply.status == 302
    target = urlsplit(reply.headers["location"])
    assert target.netloc == f"127.0.0.1:{client.port}"
    signed = client.call("GET", target.path, query={}, headers={})
    assert gzip.decompress(signed.body) == client.content(export_id)
    assert client.download(export_id).status == 502


# --- content and encoding ------------------------------------------------------------------------


def test_content_empty(client: Client) -> None:
    assert client.file_of(content="empty") == b""


def test_content_header_only(client: Client) -> None:
    rows = table(gzip.decompress(client.file_of(content="header-only")))
    assert len(rows) == 1
    assert rows[0][0] == "Granularity"


@pytest.mark.parametrize(("content", "start"), [("html", b"<!DOCTYPE html>"), ("json", b"{")])
def test_content_other(client: Client, content: str, start: bytes) -> None:
    body = client.file_of(content=content, encoding="plain")
    assert body.startswith(start)
    assert body == client.content(client.created())


def test_encoding_plain(client: Client) -> None:
    assert client.file_of(encoding="plain") == client.content(client.created())


def members(data: bytes) -> list[bytes]:
    found = []
    while data:
        unpacker = zlib.decompressobj(wbits=31)
        found.append(unpacker.decompress(data))
        assert unpacker.eof
        data = unpacker.unused_data
    return found


def test_encoding_gzip_multi(client: Client) -> None:
    found = members(client.file_of(encoding="gzip-multi"))
    assert len(found) == 2
    assert all(found)
    assert b"".join(found) == client.content(client.created())


def test_content_type(client: Client) -> None:
    client.scenario(contentType="application/gzip")
    assert client.download(client.created()).headers["content-type"] == "application/gzip"


@pytest.mark.parametrize("rows", [0, 1, 2, 5000])
def test_rows_are_exact(client: Client, rows: int) -> None:
    content = gzip.decompress(client.file_of(rows=rows))
    assert len(table(content)) == 1 + rows
    assert content == client.content(client.created())


# --- framing and corruption ----------------------------------------------------------------------


def raw_download(client: Client, export_id: str) -> tuple[bytes, bytes]:
    """Return head and body as they came, to the end of the connection."""
    request = (
        f"GET {EXPORTS}/{export_id}/download?{urlencode(PROJECT)} HTTP/1.1\r\n"
        f"host: localhost\r\nauthorization: ApiKey {KEY}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.port), timeout=5) as connection:
        connection.sendall(request.encode())
        received = b""
        while data := connection.recv(65536):
            received += data
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower(), body


def test_framing_chunked(client: Client) -> None:
    client.scenario(framing="chunked")
    export_id = client.created()
    reply = client.download(export_id)
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert gzip.decompress(reply.body) == client.content(export_id)


def test_framing_close(client: Client) -> None:
    client.scenario(framing="close", rows=50_000)
    export_id = client.created()
    head, body = raw_download(client, export_id)
    assert head.startswith(b"http/1.1 200 ok")
    assert b"connection: close" in head
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head
    assert gzip.decompress(body) == client.content(export_id)


def test_corrupt_truncate_length(client: Client) -> None:
    client.scenario(corrupt="truncate-length")
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.download(client.created())
    assert caught.value.expected
    assert len(caught.value.partial) > 0


def test_corrupt_truncate_chunked(client: Client) -> None:
    client.scenario(corrupt="truncate-chunked")
    export_id = client.created()
    head, body = raw_download(client, export_id)
    assert b"transfer-encoding: chunked" in head
    size, _, data = body.partition(b"\r\n")
    assert data[:2] == b"\x1f\x8b"
    assert len(data) == int(size, 16) + 2
    with pytest.raises(http.client.IncompleteRead):
        client.download(export_id)


def test_corrupt_truncate_close(client: Client) -> None:
    client.scenario(corrupt="truncate-close")
    head, body = raw_download(client, client.created())
    assert b"content-length" not in head
    with pytest.raises(EOFError):
        gzip.decompress(body)


@pytest.mark.parametrize(
    ("corrupt", "error", "words"),
    [
        ("bad-crc", gzip.BadGzipFile, "CRC"),
        ("bad-size", gzip.BadGzipFile, "length"),
        ("missing-trailer", EOFError, "."),
        ("trailing-garbage", gzip.BadGzipFile, "Not a gzipped file"),
    ],
)
def test_corrupt_gzip(client: Client, corrupt: str, error: type[Exception], words: str) -> None:
    body = client.file_of(corrupt=corrupt)
    unpacker = zlib.decompressobj(wbits=-15)
    assert unpacker.decompress(body[10:]) == client.content(client.created())
    with pytest.raises(error, match=words):
        gzip.GzipFile(fileobj=io.BytesIO(body)).read()


def test_corrupt_truncate_second_member(client: Client) -> None:
    body = client.file_of(corrupt="truncate-second-member")
    first = zlib.decompressobj(wbits=31)
    assert first.decompress(body)
    assert first.eof
    assert first.unused_data[:2] == b"\x1f\x8b"
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_corrupt_double_gzip(client: Client) -> None:
    once = gzip.decompress(client.file_of(corrupt="double-gzip"))
    assert gzip.decompress(once) == client.content(client.created())


# --- create, HTML, 404 and faults ----------------------------------------------------------------


def test_export_id_override(client: Client) -> None:
    client.scenario(exportId="../../etc/passwd")
    assert client.created() == "../../etc/passwd"


def test_export_id_omitted(client: Client) -> None:
    client.scenario(omitExportId=True)
    reply = client.create()
    assert reply.status == 202
    assert "exportId" not in reply.json
    assert str(client.recorded()[-1]["exportId"]).startswith("exp_")


def test_create_status_and_body(client: Client) -> None:
    client.scenario(createStatus=409, createBody='{"message": "busy"}')
    reply = client.create()
    assert (reply.status, reply.message) == (409, "busy")
    assert client.call("GET", "/_sim/exports", query={"selector": client.team}).items == []
    client.scenario(createStatus=400)
    assert client.create().status == 400


@pytest.mark.parametrize("step", ["create", "status", "download"])
def test_html(client: Client, step: str) -> None:
    export_id = client.created()
    client.scenario(html=[step])
    replies = {
        "create": client.create(),
        "status": client.status(export_id),
        "download": client.download(export_id),
    }
    pages = [name for name, reply in replies.items() if reply.body.startswith(b"<!DOCTYPE html>")]
    assert pages == [step]
    assert replies[step].status == 200
    assert replies[step].headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("step", ["status", "download"])
def test_not_found(client: Client, step: str) -> None:
    export_id = client.created()
    client.scenario(notFound=[step])
    replies = {"status": client.status(export_id), "download": client.download(export_id)}
    assert [name for name, reply in replies.items() if reply.status == 404] == [step]


def test_faults_are_consumed_one_per_call_and_step(client: Client) -> None:
    faults: Json = {
        "create": [{"status": 429, "headers": {"retry-after": "7"}}, {"status": 503}],
        "status": [{"status": 401}],
        "download": [{"disconnect": True}],
    }
    client.scenario(faults=faults)
    first = client.create()
    assert (first.status, first.headers["retry-after"]) == (429, "7")
    assert client.create().status == 503
    export_id = client.created()
    assert [client.status(export_id).status for _ in range(2)] == [401, 200]
    with pytest.raises(http.client.RemoteDisconnected):
        client.download(export_id)
    assert client.download(export_id).status == 200
    assert [call["status"] for call in client.recorded()] == [429, 503, 202, 401, 200, None, 200]


def test_fault_delay(client: Client) -> None:
    client.scenario(faults={"status": [{"delaySeconds": 0.3}]})
    export_id = client.created()
    started = time.monotonic()
    assert client.status(export_id).status == 200
    assert time.monotonic() - started >= 0.3


def test_faults_of_the_download_meet_a_signed_link(client: Client) -> None:
    client.scenario(link="signed", faults={"download": [{"status": 503}]})
    path = urlsplit(link_of(client, client.created())).path
    replies = [client.call("GET", path, query={}, headers={}).status for _ in range(2)]
    assert replies == [503, 200]


@pytest.mark.parametrize(
    "fields",
    [
        {"surprise": 1},
        {"outcome": ""},
        {"rows": -1},
        {"corrupt": "truncate-close", "content": "empty"},
        {"corrupt": "bad-crc", "encoding": "plain"},
        {"faults": {"status": [{"status": 503, "disconnect": True}]}},
        {"faults": {"status": [{}]}},
        {"faults": {"list": []}},
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(client: Client, fields: Json) -> None:
    assert client.put_scenario(fields).status == 422
