"""The API's calls, in every form that its pages show."""

import json
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    ExportNotFoundError,
    ExportRejectedError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.export import ExportHandle, ExportStatus
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import parse_request
from sei_export.request.reports import PRODUCTIVITY
from tests.fakes.export_ids import LEADING_OUT, OPAQUE
from tests.fakes.loopback import Answer, Loopback, Received, pair, reply
from tests.fakes.samples import DEFAULTS, STARTED_AT, request, request_of
from tests.fakes.timing import KEY, FakeClock, FakeKey

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "/prod1/sei/api"
EXPORTS = f"{PREFIX}/v2/insights/productivity/exports"
PROJECT = {"orgIdentifier": ["acme"], "projectIdentifier": ["metrics"]}
EXPORT = ExportHandle("exp_1", PRODUCTIVITY, "acme", "metrics")
CREATED: JsonObject = {"exportId": "exp_7a8b9c0d", "createdAt": "2025-12-29T10:00:00Z"}
T1, T2 = "2025-12-29T10:00:00Z", "2025-12-29T10:01:00Z"
HTML = b"<!DOCTYPE html><title>Sign in</title>"


def _client(server: Loopback) -> SeiClient:
    base = BaseUrl.parse(f"{server.origin}{PREFIX}/")
    http = HttpClient(base, FakeKey(), FakeClock().deadline(100))
    return SeiClient(http, base, "acme", "metrics")


@contextmanager
def _api(*answers: Answer) -> "Iterator[tuple[SeiClient, Loopback]]":
    with Loopback(answers) as server:
        yield _client(server), server


def _state(**fields: JsonValue) -> bytes:
    return reply(200, {"exportId": "exp_1", "status": "completed", **fields})


# --- create ---


@pytest.mark.parametrize(
    ("status", "reused"), [pytest.param(202, False, id="new"), pytest.param(200, True, id="reused")]
)
def test_given_a_request_when_created_then_the_answer_tells_whether_it_was_reused(
    status: int, *, reused: bool
) -> None:
    asked = request(metrics=["PR_MERGED"], options={"granularity": "monthly"})
    with _api(reply(status, CREATED)) as (client, server):
        created = client.create(asked)
    assert (created.export_id, created.reused) == ("exp_7a8b9c0d", reused)
    assert created.created_at == "2025-12-29T10:00:00Z"
    [received] = server.received
    assert (received.method, received.path) == ("POST", EXPORTS)
    assert received.query == PROJECT
    assert json.loads(received.body) == asked.body()


@pytest.mark.parametrize("created_at", [1767002400000, "1767002400000", "2025-12-29T10:00:00"])
def test_given_a_time_in_another_form_when_created_then_it_is_read(created_at: JsonValue) -> None:
    with _api(reply(202, {"exportId": "exp_1", "createdAt": created_at})) as (client, _):
        assert client.create(request()).created_at == "2025-12-29T10:00:00+00:00"


@pytest.mark.parametrize("lost", [b"", reply(503)], ids=["closed", "503"])
def test_given_an_answer_that_is_lost_when_created_then_the_same_is_asked_for_again(
    lost: bytes,
) -> None:
    with _api(lost, reply(200, CREATED)) as (client, server):
        created = client.create(request())
    # An identical request gets the same export, so that none is made twice.
    assert (created.export_id, created.reused) == ("exp_7a8b9c0d", True)
    first, second = server.received
    assert (first.method, first.target, first.body) == (second.method, second.target, second.body)


@pytest.mark.parametrize(
    ("report", "create", "other"),
    [
        ("productivity", "productivity", "productivity"),
        ("efficiency", "efficiency", "efficiency"),
        ("sprint", "sprint", "sprints"),
        ("business-alignment", "ba", "ba"),
        ("time-in-status", "ticket-data", "ticket-data"),
    ],
)
def test_each_report_is_created_asked_for_downloaded_and_listed_where_its_page_says(
    report: str, create: str, other: str
) -> None:
    asked = request_of(report)
    export = ExportHandle("exp_1", asked.report, "acme", "metrics")
    with _api(reply(202, CREATED), _state(), reply(200, b"a,b\n"), reply(200, [])) as (client, it):
        client.create(asked)
        client.state(export)
        with client.download(export, None):
            pass
        client.list(asked.report, {})
    paths = [(each.method, each.path.removeprefix(PREFIX)) for each in it.received]
    assert paths == [
        ("POST", f"/v2/insights/{create}/exports"),
        ("GET", f"/v2/insights/{other}/exports/exp_1"),
        ("GET", f"/v2/insights/{other}/exports/exp_1/download"),
        ("GET", f"/v2/insights/{other}/exports"),
    ]


@pytest.mark.parametrize("created_at", [None, "", "recently", {}])
def test_given_no_readable_time_when_created_then_it_is_left_open(created_at: JsonValue) -> None:
    with _api(reply(202, {"exportId": "exp_1", "createdAt": created_at})) as (client, _):
        assert client.create(request()).created_at is None


@pytest.mark.parametrize("given_id", [*OPAQUE, pytest.param(17, id="a number")])
def test_given_an_opaque_export_id_then_it_is_one_segment_of_every_path(given_id: str) -> None:
    created, state = reply(202, {"exportId": given_id}), _state()
    with _api(created, state, reply(200, b"a,b\n")) as (client, server):
        export_id = client.create(request()).export_id
        export = ExportHandle(export_id, PRODUCTIVITY, "acme", "metrics")
        client.state(export)
        with client.download(export, None):
            pass
    assert export_id == str(given_id)
    _, asked, downloaded = server.received
    quoted = asked.path.removeprefix(f"{EXPORTS}/")
    assert "/" not in quoted
    assert unquote(quoted) == export_id
    assert downloaded.path == f"{asked.path}/download"
    assert asked.query == downloaded.query == PROJECT


@pytest.mark.parametrize(
    "export_id",
    [*LEADING_OUT, pytest.param(["exp_1"], id="list"), pytest.param(True, id="true")],
)
def test_given_an_unusable_export_id_then_it_is_refused_and_shown(export_id: JsonValue) -> None:
    with (
        _api(reply(202, {"exportId": export_id})) as (client, _),
        pytest.raises(ProtocolError, match="unusable exportId") as caught,
    ):
        client.create(request())
    assert repr(export_id)[:80] in str(caught.value)


@pytest.mark.parametrize(
    "answer", [pytest.param({}, id="missing"), pytest.param({"exportId": None}, id="null")]
)
def test_given_no_export_id_when_created_then_it_is_refused(answer: JsonObject) -> None:
    with (
        _api(reply(202, answer)) as (client, _),
        pytest.raises(ProtocolError, match="has no exportId"),
    ):
        client.create(request())


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({"message": "Invalid teamId"}, "Invalid teamId", id="message"),
        pytest.param({"error": "Invalid  \n teamId"}, "Invalid teamId", id="error"),
        pytest.param({"error": {"message": "No tree X"}}, "No tree X", id="error object"),
        pytest.param({"errorMessage": "No tree X"}, "No tree X", id="errorMessage"),
        pytest.param({"detail": "No tree X"}, "No tree X", id="detail"),
        pytest.param({"error": "", "message": "No tree X"}, "No tree X", id="empty error"),
        pytest.param({"code": "E17"}, '{"code": "E17"}', id="another shape"),
        pytest.param(["No tree X"], '["No tree X"]', id="list"),
        pytest.param({"errors": ["No tree X", "No team"]}, "No tree X; No team", id="errors"),
        pytest.param(
            {"error": "Bad Request", "message": "No tree X"}, "No tree X", id="beside the phrase"
        ),
        pytest.param(b"No tree X", "No tree X", id="text"),
        pytest.param(HTML, HTML.decode(), id="html"),
        pytest.param(b"", "(an empty body)", id="nothing"),
    ],
)
def test_given_a_refusal_when_created_then_the_message_has_the_apis_own_text(
    status: int, answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(status, answer)) as (client, _), pytest.raises(ExportRejectedError) as caught:
        client.create(request())
    assert caught.value.message == f"The API refuses the export with {status}: {told}"


def test_given_an_endless_refusal_when_created_then_the_message_stays_short() -> None:
    answer = reply(400, {"message": "x" * 100_000})
    with _api(answer) as (client, _), pytest.raises(ExportRejectedError) as caught:
        client.create(request())
    assert caught.value.message == f"The API refuses the export with 400: {'x' * 500}"


# --- why ---


SECRETS = {"/": "\\/", "=": "\\u003d"}
"""How JSON may write characters of a key."""


def _escaped(text: str) -> bytes:
    return "".join(SECRETS.get(character, character) for character in text).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"status": "failed", "errors": ["no such key", "KEY"]}', id="known name"),
        pytest.param(b'{"status": "failed", "why": {"key": "KEY"}}', id="the rest"),
        pytest.param(b'{"status": "failed", "error": "%sKEY"}' % (b"x" * 480), id="at the cut"),
    ],
)
def test_given_a_failure_that_repeats_the_key_then_the_reason_has_it_not(body: bytes) -> None:
    key = "sat.abc/def==.0123456789abcdef"
    with Loopback([reply(200, body.replace(b"KEY", _escaped(key)))]) as server:
        base = BaseUrl.parse(f"{server.origin}{PREFIX}/")
        http = HttpClient(base, FakeKey([key]), FakeClock().deadline(100))
        reason = SeiClient(http, base, "acme", "metrics").state(EXPORT).error
    assert reason is not None
    assert "***" in reason
    assert "sat." not in reason
    assert len(reason) <= 500


def test_given_a_call_then_its_key_is_hidden_in_what_is_quoted_of_a_file_too() -> None:
    with _api(reply(202, CREATED)) as (client, _):
        assert client.mask.hide(KEY) == KEY
        client.create(request())
        assert client.mask.hide(f"a,{KEY}") == "a,***"


# --- status ---


@pytest.mark.parametrize("status", list(ExportStatus))
@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title, " {} ".format])
def test_given_a_status_in_any_case_then_it_is_read(
    status: ExportStatus, spell: Callable[[str], str]
) -> None:
    with _api(_state(status=spell(status.value))) as (client, server):
        assert client.state(EXPORT).status is status
    [received] = server.received
    assert (received.method, received.path) == ("GET", f"{EXPORTS}/exp_1")
    assert received.query == PROJECT


@pytest.mark.parametrize("status", ["expired", "", None, 3, ["completed"]])
def test_given_an_unknown_status_then_the_error_names_it(status: JsonValue) -> None:
    with _api(_state(status=status)) as (client, _), pytest.raises(ProtocolError) as caught:
        client.state(EXPORT)
    assert repr(status) in caught.value.message


@pytest.mark.parametrize(
    ("fields", "link"),
    [
        pytest.param({"download": {"url": "/v2/a"}}, "/v2/a", id="nested"),
        pytest.param({"downloadUrl": "/v2/b"}, "/v2/b", id="flat"),
        pytest.param({"download": {"url": "/v2/a"}, "downloadUrl": "/v2/b"}, "/v2/a", id="both"),
        pytest.param({"download": {}, "downloadUrl": "/v2/b"}, "/v2/b", id="nested without"),
        pytest.param({"download": {"url": ""}, "downloadUrl": "/v2/b"}, "/v2/b", id="empty"),
        pytest.param({"download": None, "downloadUrl": None}, None, id="null"),
        pytest.param({"download": "yes", "downloadUrl": 1}, None, id="other types"),
        pytest.param({}, None, id="none"),
    ],
)
def test_given_a_link_in_any_place_then_it_is_found(fields: JsonObject, link: str | None) -> None:
    with _api(_state(**fields)) as (client, _):
        assert client.state(EXPORT).link == link


def test_given_times_and_an_error_then_they_are_read() -> None:
    answer = _state(status="FAILED", error="Invalid teamId", createdAt=T1, completedAt=T2)
    with _api(answer) as (client, _):
        state = client.state(EXPORT)
    assert (state.error, state.created_at, state.completed_at) == ("Invalid teamId", T1, T2)


@pytest.mark.parametrize("status", [404, 410])
def test_given_an_unknown_export_when_asked_for_then_it_is_not_found(status: int) -> None:
    answer = reply(status, {"message": "Export not found"})
    with _api(answer) as (client, _), pytest.raises(ExportNotFoundError) as caught:
        client.state(EXPORT)
    assert "exp_1" in caught.value.message
    assert "Export not found" in caught.value.message


@pytest.mark.parametrize("status", [400, 409, 422])
def test_given_another_4xx_when_asked_for_then_the_message_has_the_apis_text(status: int) -> None:
    answer = reply(status, {"message": "scope is required"})
    with _api(answer) as (client, _), pytest.raises(ProtocolError) as caught:
        client.state(EXPORT)
    assert str(status) in caught.value.message
    assert "scope is required" in caught.value.message


# --- create and status ---


def _create(client: SeiClient) -> object:
    return client.create(request())


def _ask(client: SeiClient) -> object:
    return client.state(EXPORT)


def _download(client: SeiClient) -> object:
    with client.download(EXPORT, None) as response:
        return response


type Step = Callable[[SeiClient], object]


@pytest.mark.parametrize(("step", "name"), [(_create, "create"), (_ask, "status")])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(HTML, "an HTML page", id="html"),
        pytest.param(b" \n<p>hi", "an HTML page", id="html after blanks"),
        pytest.param(b"OK", "not a JSON object: OK", id="text"),
        pytest.param(b"", "not a JSON object", id="nothing"),
        pytest.param(b'["exp_1"]', "not a JSON object", id="list"),
        pytest.param(b'"exp_1"', "not a JSON object", id="string"),
        pytest.param(b"null", "not a JSON object", id="null"),
    ],
)
def test_given_a_success_that_is_not_an_object_then_the_error_says_what_it_is(
    step: Step, name: str, body: bytes, told: str
) -> None:
    with _api(reply(200, body)) as (client, _), pytest.raises(ProtocolError) as caught:
        step(client)
    assert caught.value.message.startswith(f"The API answered the {name} call with {told}")


@pytest.mark.parametrize(
    ("step", "call"),
    [
        pytest.param(_create, "POST http://127.0.0.1{}", id="create"),
        pytest.param(_ask, "GET http://127.0.0.1{}/exp_1", id="status"),
        pytest.param(_download, "GET http://127.0.0.1{}/exp_1/download", id="download"),
    ],
)
@pytest.mark.parametrize(
    ("status", "error", "end"),
    [
        pytest.param(401, AuthenticationError, "401: (an empty body)", id="401"),
        pytest.param(403, AuthenticationError, "403: (an empty body)", id="403"),
        pytest.param(429, RateLimitedError, "429 at try 3 of 3.", id="429"),
        pytest.param(500, ServiceUnavailableError, "500 at try 3 of 3.", id="500"),
        pytest.param(503, ServiceUnavailableError, "503 at try 3 of 3.", id="503"),
    ],
)
def test_a_general_failure_has_one_name_at_each_step_and_tells_the_call(
    step: Step, call: str, status: int, error: type[SeiExportError], end: str
) -> None:
    with Loopback(lambda _: reply(status)) as server, pytest.raises(error) as caught:
        step(_client(server))
    assert caught.value.message == f"{call.format(EXPORTS)} answered {end}"


# --- download ---


@pytest.mark.parametrize(
    ("link", "path"),
    [
        pytest.param(None, f"{EXPORTS}/exp_1/download", id="none"),
        pytest.param("/v2/insights/x/download", f"{PREFIX}/v2/insights/x/download", id="root"),
        pytest.param("v2/insights/x", f"{PREFIX}/v2/insights/x", id="without a slash"),
        pytest.param(f"{PREFIX}/v2/x", f"{PREFIX}/v2/x", id="with the prefix"),
        pytest.param(f"{{origin}}{PREFIX}/v2/x", f"{PREFIX}/v2/x", id="absolute"),
        pytest.param(f"//{{host}}{PREFIX}/v2/x", f"{PREFIX}/v2/x", id="without a scheme"),
    ],
)
@pytest.mark.parametrize(
    ("query", "arrives"),
    [
        pytest.param("", PROJECT, id="no query"),
        pytest.param("?token=t", {"token": ["t"], **PROJECT}, id="another parameter"),
        pytest.param("?orgIdentifier=acme&projectIdentifier=metrics", PROJECT, id="both in it"),
        pytest.param("?orgIdentifier=acme", PROJECT, id="one in it"),
    ],
)
def test_given_a_link_of_the_api_when_downloaded_then_both_parameters_arrive_once(
    link: str | None, path: str, query: str, arrives: dict[str, list[str]]
) -> None:
    with _api(reply(200, b"a,b\n")) as (client, server):
        host = f"127.0.0.1:{server.port}"
        url = link.format(origin=server.origin, host=host) + query if link else None
        with client.download(EXPORT, url) as response:
            assert response.raw.read() == b"a,b\n"
    [received] = server.received
    assert received.path == path
    assert received.query == (arrives if link else PROJECT)


def test_given_a_link_with_blanks_around_when_downloaded_then_they_do_not_matter() -> None:
    with _api(reply(200, b"a,b\n")) as (client, server):
        with client.download(EXPORT, " /v2/x\n") as response:
            assert response.status_code == 200
        assert server.received[0].path == f"{PREFIX}/v2/x"


@pytest.mark.parametrize("scheme", ["http:", ""], ids=["absolute", "without a scheme"])
def test_given_a_link_elsewhere_when_downloaded_then_no_key_or_parameter_goes_there(
    scheme: str,
) -> None:
    with pair([], [reply(200, b"a,b\n")]) as (server, other):
        link = f"{scheme}//127.0.0.1:{other.port}/bucket/file?signature=1"
        with _client(server).download(EXPORT, link) as response:
            assert response.raw.read() == b"a,b\n"
    [received] = other.received
    assert received.target == "/bucket/file?signature=1"
    assert received.authorization is None
    assert server.received == []


@pytest.mark.parametrize(
    ("link", "told"),
    [
        pytest.param("javascript:alert(1)", "scheme 'javascript' is neither", id="another scheme"),
        pytest.param("http://", "it has no host", id="no host"),
        pytest.param("?token=1", "has no path", id="only a query"),
        pytest.param("  ", "has no path", id="blank"),
        pytest.param("http://[::1", "Invalid IPv6 URL", id="half an address"),
    ],
)
def test_given_an_unusable_link_when_downloaded_then_nothing_is_sent(link: str, told: str) -> None:
    with Loopback([]) as server:
        with (
            pytest.raises(ProtocolError, match=f"The API's download link .*{told}"),
            _client(server).download(EXPORT, link),
        ):
            pass
        assert server.connections == 0


def test_given_no_file_when_downloaded_then_it_is_not_found() -> None:
    with (
        _api(reply(404)) as (client, _),
        pytest.raises(ExportNotFoundError, match="does not have the file of export exp_1"),
        client.download(EXPORT, None),
    ):
        pass


def test_given_a_file_that_is_gone_when_downloaded_then_it_has_expired() -> None:
    with (
        _api(reply(410)) as (client, _),
        pytest.raises(ExportNotFoundError, match="file of export exp_1 has expired") as caught,
        client.download(EXPORT, None),
    ):
        pass
    assert "HarnessBaseUrl" not in str(caught.value)


@pytest.mark.parametrize("status", [201, 204, 304, 400, 409])
def test_given_another_answer_than_a_file_when_downloaded_then_it_is_no_file(status: int) -> None:
    with (
        _api(reply(status)) as (client, _),
        pytest.raises(ProtocolError, match=f"of export exp_1 was answered with {status}"),
        client.download(EXPORT, None),
    ):
        pass


def test_given_a_range_that_is_refused_when_downloaded_then_that_is_an_answer() -> None:
    wanted = {"Range": "bytes=2-", "If-Range": '"abc"'}
    with (
        _api(reply(416, b"", {"Content-Range": "bytes */2"})) as (client, _),
        client.download(EXPORT, None, wanted) as response,
    ):
        assert response.status_code == 416
        assert response.headers["content-range"] == "bytes */2"


@pytest.mark.parametrize("headers", [None, {}, {"If-Range": '"abc"'}])
def test_given_no_range_when_one_is_refused_then_it_is_no_file(
    headers: dict[str, str] | None,
) -> None:
    with (
        _api(reply(416, b"", {"Content-Range": "bytes */2"})) as (client, _),
        pytest.raises(ProtocolError, match="answered with 416"),
        client.download(EXPORT, None, headers),
    ):
        pass


def test_given_a_range_when_downloaded_then_it_is_asked_for_and_a_part_is_an_answer() -> None:
    wanted = {"Range": "bytes=2-", "If-Range": '"abc"'}
    with _api(reply(206, b"b\n", {"Content-Range": "bytes 2-3/4"})) as (client, server):
        with client.download(EXPORT, None, wanted) as response:
            assert (response.status_code, response.raw.read()) == (206, b"b\n")
        [received] = server.received
    assert {name: received.headers[name] for name in wanted} == wanted
    assert received.authorization == f"ApiKey {KEY}"


def test_given_an_error_of_the_reader_when_downloading_then_it_comes_out_unchanged() -> None:
    def answer(_: Received) -> bytes:
        return reply(200, b"a,b\n")

    with (
        Loopback(answer) as server,
        pytest.raises(OSError, match="disk full"),
        _client(server).download(EXPORT, None),
    ):
        raise OSError("disk full")
    assert len(server.received) == 1


# --- list ---


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda items: items, id="bare"),
        *(
            pytest.param(lambda items, name=name: {"total": 9, name: items}, id=name)
            for name in ("exports", "content", "items", "data")
        ),
    ],
)
def test_given_a_list_in_any_form_then_its_exports_are_read(
    wrap: Callable[[list[JsonValue]], JsonValue],
) -> None:
    items: list[JsonValue] = [
        {"exportId": "exp_1", "status": "COMPLETED", "createdAt": T1, "other": 1},
        {"id": "exp_2"},
    ]
    with _api(reply(200, wrap(items))) as (client, server):
        page = client.list(PRODUCTIVITY, {"status": "completed", "page": "0"})
    first, second = page.entries
    assert (first.export_id, first.status, first.created_at) == ("exp_1", "COMPLETED", T1)
    assert (second.export_id, second.status, second.created_at) == ("exp_2", None, None)
    [received] = server.received
    assert (received.method, received.path) == ("GET", EXPORTS)
    assert received.query == {**PROJECT, "status": ["completed"], "page": ["0"]}


@pytest.mark.parametrize("answer", [[], {"exports": []}])
def test_given_an_empty_list_then_there_are_no_exports(answer: JsonValue) -> None:
    with _api(reply(200, answer)) as (client, _):
        assert client.list(PRODUCTIVITY, {}).entries == ()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({}, "the list call with something else", id="no list"),
        pytest.param({"exports": {}}, "the list call with something else", id="an object"),
        pytest.param(["exp_1"], "an entry that is no export: ", id="entries of text"),
        pytest.param(HTML, "the list call with something else: <!DOCTYPE", id="html"),
    ],
)
def test_given_another_answer_than_a_list_then_it_is_refused(
    answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(200, answer)) as (client, _), pytest.raises(ProtocolError, match=told):
        client.list(PRODUCTIVITY, {})


def test_given_a_refusal_when_listed_then_the_message_has_the_apis_text() -> None:
    answer = reply(400, {"message": "limit is too large"})
    with _api(answer) as (client, _), pytest.raises(ProtocolError, match="limit is too large"):
        client.list(PRODUCTIVITY, {})


# --- legacy reports ---


def _legacy() -> ExportRequest:
    given: JsonObject = {
        "report": "team-report",
        "collectionId": "6036",
        "teamRefId": 6036,
        "dateStart": "2024-01-01",
        "dateEnd": "2024-12-31",
        "granularity": "weekly",
    }
    return parse_request(given, DEFAULTS, STARTED_AT)


def test_given_a_legacy_report_when_fetched_then_the_answer_is_the_file() -> None:
    asked = _legacy()
    with _api(reply(200, b"a,b\n")) as (client, server), client.fetch(asked) as response:
        assert response.raw.read() == b"a,b\n"
    [received] = server.received
    assert (received.method, received.path) == ("POST", f"{PREFIX}/v2/insights/teams/reports")
    assert received.query == {**PROJECT, "format": ["csv"]}
    assert json.loads(received.body) == asked.body()
    assert received.authorization == f"ApiKey {KEY}"
    assert received.headers["x-api-key"] == KEY


@pytest.mark.parametrize("status", [400, 404, 422])
def test_given_a_refusal_when_fetched_then_the_message_has_the_apis_text_but_no_key(
    status: int,
) -> None:
    answer = reply(status, {"message": f"Unknown team for {KEY}"})
    with (
        _api(answer) as (client, _),
        pytest.raises(ExportRejectedError, match=r"Unknown team for \*\*\*"),
        client.fetch(_legacy()),
    ):
        pass


def test_given_a_refusal_that_breaks_off_when_fetched_then_the_error_names_the_call() -> None:
    with (
        _api(reply(400, b"{", length=9)) as (client, _),
        pytest.raises(ServiceUnavailableError) as caught,
        client.fetch(_legacy()),
    ):
        pass
    assert caught.value.message.startswith(
        f"POST http://127.0.0.1{PREFIX}/v2/insights/teams/reports broke off: "
    )


def test_given_a_redirect_when_fetched_then_it_is_not_followed() -> None:
    with pair(lambda _: reply(302, headers={"Location": other.origin}), []) as (server, other):
        with pytest.raises(ProtocolError, match="302"), _client(server).fetch(_legacy()):
            pass
        assert other.connections == 0


def test_given_an_export_then_its_calls_have_no_second_header_with_the_key() -> None:
    with _api(reply(202, CREATED)) as (client, server):
        client.create(request())
    [received] = server.received
    assert [name for name, value in received.headers.items() if KEY in value] == ["Authorization"]
