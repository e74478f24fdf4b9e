"""The list of a report's exports, whose shape no page documents."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sei_export.api.answers import Listed
from sei_export.api.calls import HttpClient
from sei_export.api.client import ListedPage, SeiClient
from sei_export.api.lists import Totals
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Report
from tests.fakes.loopback import Answer, Loopback, reply
from tests.fakes.timing import KEY, FakeClock, FakeKey

PREFIX = "/prod1/sei/api"
PROJECT = {"orgIdentifier": ["acme"], "projectIdentifier": ["metrics"]}
SPRINT = REPORTS["sprint"]
T1 = "2025-12-29T10:00:00Z"
ITEMS: list[JsonValue] = [
    {"exportId": "exp_1", "status": "COMPLETED", "createdAt": T1, "download": {"url": "/x"}},
    {"id": "exp_2", "status": None, "createdAt": 7},
]
READ = (Listed("exp_1", "COMPLETED", T1), Listed("exp_2", None, None))


@contextmanager
def _api(*answers: Answer) -> Iterator[tuple[SeiClient, Loopback]]:
    with Loopback(answers) as server:
        base = BaseUrl.parse(f"{server.origin}{PREFIX}/")
        http = HttpClient(base, FakeKey(), FakeClock().deadline(100))
        yield SeiClient(http, base, "acme", "metrics"), server


@pytest.mark.parametrize(
    ("wrap", "totals"),
    [
        pytest.param(lambda items: items, Totals(), id="bare"),
        pytest.param(lambda items: {"exports": items, "total": 2}, Totals(2), id="exports"),
        pytest.param(lambda items: {"content": items, "last": True}, Totals(), id="content"),
        pytest.param(lambda items: {"page": 0, "items": items}, Totals(), id="items"),
        pytest.param(lambda items: {"status": "SUCCESS", "data": items}, Totals(), id="data"),
        pytest.param(
            lambda items: {"data": {"content": items, "totalItems": 120, "totalPages": 3}},
            Totals(120, 3),
            id="one level down",
        ),
    ],
)
def test_given_a_list_in_any_shape_then_its_entries_are_read_in_order(
    wrap: Callable[[list[JsonValue]], JsonValue], totals: Totals
) -> None:
    with _api(reply(200, wrap(ITEMS))) as (client, _):
        assert client.list(SPRINT, {}) == ListedPage(READ, totals)
    with _api(reply(200, wrap([]))) as (client, _):
        assert client.list(SPRINT, {}) == ListedPage((), totals)


@pytest.mark.parametrize(
    ("report", "path"),
    [
        pytest.param(REPORTS[name], path, id=name)
        for name, path in (
            ("productivity", "v2/insights/productivity/exports"),
            ("efficiency", "v2/insights/efficiency/exports"),
            ("sprint", "v2/insights/sprints/exports"),
            ("business-alignment", "v2/insights/ba/exports"),
            ("time-in-status", "v2/insights/ticket-data/exports"),
        )
    ],
)
def test_when_listed_then_filters_and_project_go_to_the_reports_own_path(
    report: Report, path: str
) -> None:
    with _api(reply(200, [])) as (client, server):
        client.list(report, {"status": "completed", "teamId": "a b&c", "page": "3"})
    [received] = server.received
    assert (received.method, received.path) == ("GET", f"{PREFIX}/{path}")
    assert received.query == {
        **PROJECT,
        "status": ["completed"],
        "teamId": ["a b&c"],
        "page": ["3"],
    }
    assert received.body == b""
    assert received.authorization == f"ApiKey {KEY}"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({}, "something else: {}", id="an empty object"),
        pytest.param({"results": []}, "something else", id="another name"),
        pytest.param({"exports": {"a": {"items": []}}}, "something else", id="two levels down"),
        pytest.param({"data": None}, "something else", id="null"),
        pytest.param(None, "something else", id="JSON's null"),
        pytest.param("exp_1", "something else", id="a text"),
        pytest.param(b"<html>Sign in</html>", "something else: <html>Sign in", id="HTML"),
        pytest.param(b"", "something else", id="nothing"),
        pytest.param(["exp_1"], "an entry that is no export", id="an entry of text"),
    ],
)
def test_given_an_answer_that_is_no_list_of_exports_then_the_error_says_what_it_is(
    answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(200, answer)) as (client, _), pytest.raises(ProtocolError) as caught:
        client.list(SPRINT, {})
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        pytest.param({"status": "COMPLETED"}, "has no exportId", id="none"),
        pytest.param({"exportId": None, "id": None}, "has no exportId", id="null"),
        pytest.param({"exportId": "../x"}, "unusable exportId: '../x'", id="unsafe in a path"),
        pytest.param({"exportId": ""}, "unusable exportId: ''", id="empty"),
        pytest.param({"id": 5.5}, "unusable exportId: 5.5", id="a fraction"),
    ],
)
def test_given_an_entry_without_a_usable_id_then_it_has_none_and_the_others_are_read(
    entry: JsonObject, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with _api(reply(200, [ITEMS[0], {"createdAt": T1, **entry}, ITEMS[1]])) as (client, _):
        listed = client.list(SPRINT, {}).entries
    assert [item.export_id for item in listed] == ["exp_1", "", "exp_2"]
    assert listed[1].created_at == T1
    [logged] = caplog.messages
    assert told in logged


@pytest.mark.parametrize("entry", [None, "exp_9", 9, []])
def test_given_an_entry_that_is_no_object_then_it_has_no_id_and_the_others_are_read(
    entry: JsonValue,
) -> None:
    with _api(reply(200, [ITEMS[0], entry, ITEMS[1]])) as (client, _):
        listed = client.list(SPRINT, {}).entries
    assert listed == (READ[0], Listed("", None, None), READ[1])


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({"error": "limit is too large"}, "limit is too large", id="stated"),
        pytest.param(b"no such path", "no such path", id="text"),
    ],
)
def test_given_a_refusal_then_the_message_has_report_status_and_the_apis_text(
    status: int, answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(status, answer)) as (client, _), pytest.raises(ProtocolError) as caught:
        client.list(SPRINT, {})
    assert caught.value.message == f"The list of sprint exports was answered with {status}: {told}"


@pytest.mark.parametrize(
    ("status", "error", "end"),
    [
        pytest.param(401, AuthenticationError, "401: (an empty body)", id="401"),
        pytest.param(403, AuthenticationError, "403: (an empty body)", id="403"),
        pytest.param(429, RateLimitedError, "429 at try 3 of 3.", id="429"),
        pytest.param(503, ServiceUnavailableError, "503 at try 3 of 3.", id="503"),
    ],
)
def test_a_general_failure_has_the_same_name_as_at_any_call_and_tells_this_one(
    status: int, error: type[SeiExportError], end: str
) -> None:
    with _api(*[reply(status)] * 4) as (client, _), pytest.raises(error) as caught:
        client.list(SPRINT, {})
    assert caught.value.message == (
        f"GET http://127.0.0.1{PREFIX}/v2/insights/sprints/exports answered {end}"
    )


def test_given_a_passing_failure_then_the_same_page_is_asked_for_again() -> None:
    with _api(reply(503), reply(200, ITEMS)) as (client, server):
        assert client.list(SPRINT, {"page": "2"}).entries == READ
    assert [received.query["page"] for received in server.received] == [["2"], ["2"]]
