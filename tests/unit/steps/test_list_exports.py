"""ListExports: what others created and what has not landed, page by page."""

import json

import pytest

from sei_export.errors import InvalidRequestError, StorageError
from sei_export.export import Export
from sei_export.harvest.filters import LISTED_REPORTS
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import given_up_key, landed_key, page_key
from sei_export.request.reports import REPORTS
from sei_export.steps.list_exports import list_exports
from tests.fakes.harvests import HARVEST_DEFAULTS, list_entries, list_entry
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import size_of
from tests.fakes.scripted_api import BASE_URL, ScriptedApi

RUN = "20260315T060000-nightly.harvest"
PATHS = {
    "productivity": "v2/insights/productivity/exports",
    "efficiency": "v2/insights/efficiency/exports",
    "sprint": "v2/insights/sprints/exports",
    "business-alignment": "v2/insights/ba/exports",
    "time-in-status": "v2/insights/ticket-data/exports",
}


def _list(
    api: ScriptedApi,
    given: JsonValue,
    cursor: JsonValue = None,
    s3: FakeS3 | None = None,
) -> JsonObject:
    payload: JsonObject = {
        "input": given,
        "cursor": cursor,
        "executionArn": "arn:x",
        "startedAt": "2026-03-15T06:00:00Z",
        "run": RUN,
        "page": 1,
    }
    s3 = s3 or FakeS3()
    return list_exports(payload, HARVEST_DEFAULTS, api.connect, s3.documents)


def _asked(s3: FakeS3) -> list[tuple[str, str]]:
    """What S3 was asked about marks."""
    return [call for call in s3.calls if call[1].startswith("landed/")]


def _ids(page: JsonObject) -> list[str]:
    exports = page["exports"]
    assert isinstance(exports, list)
    return [Export.from_json(export).export_id for export in exports]


def _counts(page: JsonObject) -> JsonObject:
    return {name: page[name] for name in ("listed", "known", "pending", "unusable")}


def _written(s3: FakeS3) -> JsonObject:
    """What was written down of the page."""
    return s3.documents.read_json(page_key(RUN, 1)).content


def _found(export_id: str) -> JsonObject:
    """How a page has an export of sprints that is to land."""
    return {"report": "sprint", "exportId": export_id, "hasFailed": False, "why": None}


def _nothing(*, listed: int = 0, known: int = 0) -> JsonObject:
    """A page in which nothing is new, but for where to go on."""
    return {
        "exports": [],
        "listed": listed,
        "known": known,
        "givenUp": 0,
        "pending": 0,
        "unusable": 0,
        "missing": 0,
    }


def _without_cursor(page: JsonObject) -> JsonObject:
    return {name: value for name, value in page.items() if name != "cursor"}


def _next(page: JsonObject) -> tuple[JsonValue, ...]:
    """The report and the number of the next page; nothing after the last one."""
    cursor = page["cursor"]
    assert isinstance(cursor, dict)
    return (cursor["report"], cursor["page"]) if cursor else ()


# --- the call ---


@pytest.mark.parametrize(
    ("given_input", "changes"),
    [
        pytest.param({"report": "sprint"}, {}, id="as usual"),
        pytest.param({"report": "sprint", "limit": 1}, {"limit": "1"}, id="another page's size"),
        pytest.param(
            {"report": "sprint", "scope": "MINE", "dateTo": "2025-12-31"},
            {"scope": "mine", "dateTo": "2025-12-31", "dateFrom": None},
            id="filters",
        ),
    ],
)
def test_given_filters_then_the_api_is_asked_with_them_for_a_page_of_the_project(
    given_input: JsonObject, changes: dict[str, str | None]
) -> None:
    api = ScriptedApi.answering(200, [])
    _list(api, given_input, {"report": "sprint", "page": 4})
    [call] = api.http.calls
    usual: dict[str, str | None] = {
        "orgIdentifier": "acme",
        "projectIdentifier": "metrics",
        "scope": "all",
        "sortBy": "createdAt",
        "sortOrder": "asc",
        "dateFrom": "2026-03-08",
        "limit": "50",
        "page": "4",
    }
    asked = {name: value for name, value in (usual | changes).items() if value is not None}
    assert (call.method, call.url) == ("GET", BASE_URL.join(PATHS["sprint"]))
    assert (call.params, call.body) == (asked, None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"input": {"limit": 0}}, "limit is 0: ", id="a wrong filter"),
        pytest.param({"input": None}, "The input is not a JSON object.", id="no input"),
        pytest.param({"cursor": {"page": 1}}, "cursor is {'page': 1}: ", id="a strange cursor"),
        pytest.param({"startedAt": None}, "startedAt is missing: ", id="no start"),
        pytest.param({"run": None}, "run is missing: ", id="no run"),
        pytest.param({"page": None}, "page is missing: ", id="no page"),
    ],
)
def test_given_another_payload_then_it_is_refused_before_any_call(
    changes: JsonObject, problem: str
) -> None:
    api, s3 = ScriptedApi.answering(200, []), FakeS3()
    payload: JsonObject = {"input": {}, "cursor": {}, "startedAt": "2026-03-15T06:00:00Z"}
    payload |= {"run": RUN, "page": 1, **changes}
    with pytest.raises(InvalidRequestError) as caught:
        list_exports(payload, HARVEST_DEFAULTS, api.connect, s3.documents)
    [told] = caught.value.problems
    assert told.startswith(problem)
    assert (api.connected_for, api.http.calls, s3.calls) == ([], [], [])


def test_given_another_project_then_it_is_listed_and_its_exports_say_so() -> None:
    api = ScriptedApi.answering(200, list_entries("exp_1"))
    page = _list(api, {"orgIdentifier": " other ", "projectIdentifier": "else"})
    assert api.connected_for == [("other", "else")]
    assert page["exports"] == [
        {
            "exportId": "exp_1",
            "report": "productivity",
            "request": None,
            "requestFingerprint": None,
            "reused": True,
            "createdAt": "2026-03-14T10:00:00Z",
            "orgIdentifier": "other",
            "projectIdentifier": "else",
            "legacy": False,
            "expectedSeconds": 0.0,
        }
    ]


# --- pages ---


def test_when_paged_to_the_end_then_every_report_was_asked_once_a_page() -> None:
    full, short, empty = list_entries("exp_1", "exp_2"), list_entries("exp_3"), list_entries()
    # Productivity has a full page and a short one, sprint a full one, time-in-status a short one.
    api = ScriptedApi.answering(200, full, short, empty, empty, full, empty, empty, short, empty)
    found: list[str] = []
    cursor: JsonValue = {}
    for _ in range(9):
        page = _list(api, {"limit": 2}, json.loads(json.dumps(cursor)))
        found += _ids(page)
        cursor = page["cursor"]
    assert [
        (call.url.removeprefix(f"{BASE_URL.text}/"), call.params["page"]) for call in api.http.calls
    ] == [
        (PATHS["productivity"], "0"),
        (PATHS["productivity"], "1"),
        # A short page is not the last: the API may give fewer than it was asked for.
        (PATHS["productivity"], "2"),
        (PATHS["efficiency"], "0"),
        (PATHS["sprint"], "0"),
        (PATHS["sprint"], "1"),
        (PATHS["business-alignment"], "0"),
        (PATHS["time-in-status"], "0"),
        (PATHS["time-in-status"], "1"),
    ]
    assert cursor == {}
    assert found == ["exp_1", "exp_2", "exp_3", "exp_1", "exp_2", "exp_3"]


@pytest.mark.parametrize("report", LISTED_REPORTS)
def test_given_one_report_then_only_its_list_is_read_to_the_end(report: str) -> None:
    api = ScriptedApi.answering(200, list_entries("exp_1", "exp_2"), list_entries())
    first = _list(api, {"report": report, "limit": 2}, {})
    assert _next(first) == (report, 1)
    second = _list(api, {"report": report, "limit": 2}, first["cursor"])
    assert second == {**_nothing(), "cursor": {}}
    assert {call.url for call in api.http.calls} == {BASE_URL.join(PATHS[report])}
    exports = first["exports"]
    assert isinstance(exports, list)
    assert {Export.from_json(export).report.name for export in exports} == {report}


def test_given_a_page_without_a_completed_one_then_the_next_page_is_still_read() -> None:
    items: JsonValue = [list_entry("exp_1", status="FAILED"), list_entry("exp_2", status="queued")]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint", "limit": 2})
    assert _without_cursor(page) == _nothing()
    assert _next(page) == ("sprint", 1)


def _read(api: ScriptedApi, s3: FakeS3, given: JsonObject) -> list[JsonObject]:
    """All pages of a harvest, each landed before the next."""
    pages: list[JsonObject] = []
    cursor: JsonValue = {}
    while cursor or not pages:
        pages.append(_list(api, given, json.loads(json.dumps(cursor)), s3))
        for export_id in _ids(pages[-1]):
            s3.add(landed_key(REPORTS["sprint"], export_id), b"{}")
        cursor = pages[-1]["cursor"]
        assert len(pages) < 20
    return pages


def test_given_a_server_that_ignores_the_page_then_a_page_with_nothing_new_is_the_last() -> None:
    api, s3 = ScriptedApi.answering(200, list_entries(*"abcde")), FakeS3()
    first, second = _read(api, s3, {"report": "sprint", "limit": 5})
    assert _ids(first) == [*"abcde"]
    # Nothing of it counts again.
    assert second == {**_nothing(), "cursor": {}}
    assert [call.params["page"] for call in api.http.calls] == ["0", "1"]
    assert len(_asked(s3)) == 5


def test_given_the_same_page_for_ever_when_more_is_promised_then_that_is_missing() -> None:
    answer: JsonObject = {"data": {"content": list_entries(*"abcde"), "totalElements": 12}}
    pages = _read(ScriptedApi.answering(200, answer), FakeS3(), {"report": "sprint", "limit": 5})
    assert [page["missing"] for page in pages] == [0, 7]


def test_given_a_server_that_gives_fewer_than_asked_for_then_all_pages_are_read() -> None:
    script: list[JsonValue] = [list_entries(*"ab"), list_entries(*"cd"), list_entries(*"e"), []]
    api = ScriptedApi.answering(200, *script)
    pages = _read(api, FakeS3(), {"report": "sprint", "limit": 50})
    assert [_ids(page) for page in pages] == [[*"ab"], [*"cd"], ["e"], []]
    assert [page["missing"] for page in pages] == [0, 0, 0, 0]


def test_given_a_server_that_gives_all_at_once_then_a_page_goes_on_in_parts() -> None:
    ids = [f"exp_{number}" for number in range(230)]
    api, s3 = ScriptedApi.answering(200, list_entries(*ids)), FakeS3()
    pages = _read(api, s3, {"report": "sprint"})
    assert [len(_ids(page)) for page in pages] == [50, 50, 50, 50, 30, 0]
    assert [call.params["page"] for call in api.http.calls] == ["0"] * 5 + ["1"]
    assert [export_id for page in pages for export_id in _ids(page)] == ids
    # As many as the state machine reckons with; Step Functions' limit of a result is 256 KiB.
    assert max(size_of(page) for page in pages) < 100_000


def test_given_an_export_on_two_pages_then_it_counts_once() -> None:
    api = ScriptedApi.answering(200, list_entries(*"abc"), list_entries(*"cde"), [])
    pages = _read(api, FakeS3(), {"report": "sprint", "limit": 3})
    assert [_ids(page) for page in pages] == [[*"abc"], [*"de"], []]
    assert [page["listed"] for page in pages] == [3, 2, 0]


@pytest.mark.parametrize("written", [1773482400000, "1773482400000", "2026-03-14T10:00:00"])
def test_given_a_time_in_another_form_then_the_export_has_it(written: JsonValue) -> None:
    items: list[JsonValue] = [list_entry("exp_1", createdAt=written)]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"})
    exports = page["exports"]
    assert isinstance(exports, list)
    assert Export.from_json(exports[0]).created_at == "2026-03-14T10:00:00Z"


@pytest.mark.parametrize("written", [1773554400000, "1773554400", "2026-03-15T06:00:00"])
def test_given_a_young_export_whose_time_has_another_form_then_it_is_left_alone(
    written: JsonValue,
) -> None:
    items: list[JsonValue] = [list_entry("exp_1", createdAt=written)]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"})
    assert _counts(page) == {"listed": 1, "known": 0, "pending": 1, "unusable": 0}


@pytest.mark.parametrize("cursor", [None, {}], ids=["null", "empty"])
def test_given_no_cursor_then_the_first_page_is_read(cursor: JsonValue) -> None:
    api = ScriptedApi.answering(200, [])
    _list(api, {}, cursor)
    [call] = api.http.calls
    assert (call.url, call.params["page"]) == (BASE_URL.join(PATHS["productivity"]), "0")


# --- what is in a page ---


def test_given_entries_without_a_usable_id_then_they_are_counted_and_are_not_missing() -> None:
    items: list[JsonValue] = [
        *list_entries("../x", "exp_1"),
        list_entry("exp_2", exportId=None),
        None,
    ]
    api = ScriptedApi.answering(200, {"items": items, "total": 4}, {"items": [], "total": 4})
    first, second = _read(api, FakeS3(), {"report": "sprint", "limit": 3})
    assert _ids(first) == ["exp_1"]
    assert _counts(first) == {"listed": 1, "known": 0, "pending": 0, "unusable": 3}
    assert second == {**_nothing(), "cursor": {}}


@pytest.mark.parametrize("export_id", ["exp.1", "YWJj==", " exp_1 ", "a b", "a|b", "é樹"])
def test_given_an_id_of_another_form_then_its_mark_is_looked_for_under_a_safe_key(
    export_id: str,
) -> None:
    s3 = FakeS3()
    api = ScriptedApi.answering(200, list_entries(export_id))
    assert _ids(_list(api, {"report": "sprint"}, s3=s3)) == [export_id]
    s3.add(landed_key(REPORTS["sprint"], export_id), b"{}")
    assert _counts(_list(api, {"report": "sprint"}, s3=s3))["known"] == 1


@pytest.mark.parametrize(
    ("created_at", "pending"),
    [
        pytest.param("2026-03-15T02:59:59Z", 0, id="just old enough"),
        pytest.param("2026-03-15T03:00:00Z", 1, id="not quite old enough"),
    ],
)
def test_given_a_young_export_then_s3_is_not_asked_for_it(created_at: str, pending: int) -> None:
    s3 = FakeS3()
    items: JsonValue = [*list_entries("exp_1"), list_entry("exp_2", createdAt=created_at)]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_1", "exp_2"][: 2 - pending]
    assert _counts(page) == {"listed": 2, "known": 0, "pending": pending, "unusable": 0}
    assert len(_asked(s3)) == 2 - pending
    assert _written(s3)["pending"] == [_found("exp_2")] * pending


def test_given_exports_that_have_landed_then_they_are_left_out_and_counted() -> None:
    s3 = FakeS3()
    s3.add(landed_key(REPORTS["sprint"], "exp_2"), b"{}")
    # Another report's export of the same id is another export.
    s3.add(landed_key(REPORTS["efficiency"], "exp_3"), b"{}")
    api = ScriptedApi.answering(200, list_entries("exp_1", "exp_2", "exp_3"))
    page = _list(api, {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_1", "exp_3"]
    assert _counts(page) == {"listed": 3, "known": 1, "pending": 0, "unusable": 0}


@pytest.mark.parametrize(
    ("mark", "ids"),
    [
        pytest.param({"manifestKey": "manifests/harvested/x", "announced": False}, ["exp_1"]),
        pytest.param({"manifestKey": "manifests/harvested/x", "announced": True}, []),
        pytest.param({"manifestKey": "manifests/harvested/x", "superseded": True}, []),
        pytest.param({"manifestKey": "manifests/report=sprint/x", "announced": False}, []),
    ],
    ids=["nobody heard of it", "announced", "superseded", "of an execution, which told"],
)
def test_what_a_harvest_landed_while_nobody_could_be_told_is_landed_once_more(
    mark: JsonObject, ids: list[str]
) -> None:
    s3 = FakeS3()
    s3.documents.write_json(landed_key(REPORTS["sprint"], "exp_1"), mark)
    page = _list(ScriptedApi.answering(200, list_entries("exp_1")), {"report": "sprint"}, s3=s3)
    assert _ids(page) == ids


def test_given_a_page_of_every_kind_then_its_counts_add_up() -> None:
    s3 = FakeS3()
    s3.add(landed_key(REPORTS["sprint"], "exp_1"), b"{}")
    s3.add(landed_key(REPORTS["sprint"], "exp_5"), b"{}")
    items: JsonValue = [
        *list_entries("exp_1", "exp_2", "exp_3", "exp_3"),
        list_entry("exp_4", status="failed"),
        # Also if it has landed: it is not looked for.
        list_entry("exp_5", createdAt="2026-03-15T05:00:00Z"),
        list_entry("a/b"),
    ]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_2", "exp_3"]
    assert _counts(page) == {"listed": 4, "known": 1, "pending": 1, "unusable": 1}


def test_given_a_page_then_s3_is_asked_once_for_each_completed_export() -> None:
    s3 = FakeS3()
    items: JsonValue = [
        *list_entries("exp_1", "exp_2", "exp_1"),
        list_entry("exp_9", status="failed"),
    ]
    _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert sorted(s3.calls) == [
        ("get_object", landed_key(REPORTS["sprint"], "exp_1")),
        ("get_object", landed_key(REPORTS["sprint"], "exp_2")),
        # Whether any of them failed before is one question for all.
        ("list_objects_v2", "givenup/report=sprint/"),
        ("put_object", page_key(RUN, 1)),
    ]


def test_what_a_page_had_is_written_down_for_the_harvests_end() -> None:
    s3 = FakeS3()
    s3.add(landed_key(REPORTS["sprint"], "exp_2"), b"{}")
    s3.documents.write_json(given_up_key(REPORTS["sprint"], "exp_3"), {"failures": []})
    api = ScriptedApi.answering(200, list_entries("exp_1", "exp_2", "exp_3", "a/b"))
    page = _list(api, {"report": "sprint", "teamId": "456", "retry": True}, s3=s3)
    assert _ids(page) == ["exp_1", "exp_3"]
    assert _written(s3) == {
        "filters": {
            "reports": ["sprint"],
            "orgIdentifier": "acme",
            "projectIdentifier": "metrics",
            "scope": "all",
            "teamId": "456",
            "sortBy": "createdAt",
            "sortOrder": "asc",
            "dateFrom": "2026-03-08",
            "limit": 50,
            "retry": True,
        },
        "exports": [_found("exp_1"), _found("exp_3") | {"hasFailed": True}],
        "givenUp": [],
        "pending": [],
        "listed": 3,
        "known": 1,
        "unusable": 1,
        "missing": 0,
    }


def test_given_a_page_that_cannot_be_written_down_then_it_is_not_handed_over() -> None:
    s3 = FakeS3()
    s3.before("put_object", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match="AccessDenied"):
        _list(ScriptedApi.answering(200, list_entries("exp_1")), {}, s3=s3)


def test_given_more_that_failed_before_than_a_page_of_s3_lists_then_all_are_known() -> None:
    s3, ids = FakeS3(), [f"exp_{number}" for number in range(5)]
    trials: JsonObject = {"failures": [{"run": it, "error": "e", "at": "t"} for it in "abc"]}
    for export_id in ids:
        s3.documents.write_json(given_up_key(REPORTS["sprint"], export_id), trials)
    api = ScriptedApi.answering(200, list_entries("new", *ids))
    page = _list(api, {"report": "sprint"}, s3=s3)
    assert (_ids(page), page["givenUp"]) == (["new"], 5)
    # Another report's exports are others.
    again = _list(ScriptedApi.answering(200, list_entries(*ids)), {"report": "efficiency"}, s3=s3)
    assert (_ids(again), again["givenUp"]) == (ids, 0)


def test_given_all_of_a_full_page_landed_then_the_next_page_is_still_read() -> None:
    s3 = FakeS3()
    for export_id in ("exp_1", "exp_2"):
        s3.add(landed_key(REPORTS["sprint"], export_id), b"{}")
    api = ScriptedApi.answering(200, list_entries("exp_1", "exp_2"))
    page = _list(api, {"report": "sprint", "limit": 2}, s3=s3)
    assert _without_cursor(page) == _nothing(listed=2, known=2)
    assert _next(page) == ("sprint", 1)


def test_given_a_bucket_that_refuses_then_nothing_counts_as_new() -> None:
    s3 = FakeS3()
    s3.before("get_object", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match="AccessDenied"):
        _list(ScriptedApi.answering(200, list_entries("exp_1")), {}, s3=s3)
