"""ListExports: what others created and what has not landed, page by page."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sei_export.errors import InvalidRequestError, StorageError
from sei_export.export import Export
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import landed_key
from sei_export.request.reports import REPORTS
from sei_export.steps.list_exports import list_exports
from tests.fakes.s3 import FakeS3, raising, refusal
from tests.fakes.scripted_api import BASE_URL, ScriptedApi

STARTED_AT = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)
DEFAULTS = HarvestDefaults("acme", "metrics", export_time=timedelta(hours=3))
LISTABLE = ["productivity", "efficiency", "sprint", "business-alignment", "time-in-status"]
PATHS = {
    "productivity": "v2/insights/productivity/exports",
    "efficiency": "v2/insights/efficiency/exports",
    "sprint": "v2/insights/sprints/exports",
    "business-alignment": "v2/insights/ba/exports",
    "time-in-status": "v2/insights/ticket-data/exports",
}


def _item(export_id: str, **fields: JsonValue) -> JsonObject:
    return {
        "exportId": export_id,
        "status": "COMPLETED",
        "createdAt": "2026-03-14T10:00:00Z",
        **fields,
    }


def _items(*export_ids: str) -> list[JsonValue]:
    return [_item(export_id) for export_id in export_ids]


def _list(
    api: ScriptedApi,
    given: JsonValue,
    cursor: JsonValue = None,
    s3: FakeS3 | None = None,
) -> JsonObject:
    store = (s3 or FakeS3()).store
    return list_exports(given, cursor, STARTED_AT, DEFAULTS, api.connect, store)


def _ids(page: JsonObject) -> list[str]:
    exports = page["exports"]
    assert isinstance(exports, list)
    return [Export.from_json(export).export_id for export in exports]


def _counts(page: JsonObject) -> JsonObject:
    return {name: page[name] for name in ("listed", "known", "pending", "unusable")}


def _nothing(*, cursor: JsonObject, listed: int = 0, known: int = 0) -> JsonObject:
    """A page in which nothing is new."""
    return {
        "exports": [],
        "listed": listed,
        "known": known,
        "pending": 0,
        "unusable": 0,
        "cursor": cursor,
    }


def _query(given: JsonObject) -> dict[str, str]:
    """What the API is asked for, without the project."""
    api = ScriptedApi.answering(200, [])
    _list(api, given)
    (call,) = api.http.calls
    params = dict(call.params)
    assert (params.pop("orgIdentifier"), params.pop("projectIdentifier")) == ("acme", "metrics")
    return params


LEAST_QUERY = {
    "scope": "all",
    "sortBy": "createdAt",
    "sortOrder": "asc",
    "dateFrom": "2026-03-08",
    "limit": "50",
    "page": "0",
}


# --- filters ---


@pytest.mark.parametrize("given", [{}, {"Comment": "Insert your JSON here"}])
def test_given_no_filters_then_everybodys_of_the_last_seven_days_are_asked_for_oldest_first(
    given: JsonObject,
) -> None:
    assert _query(given) == LEAST_QUERY


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        pytest.param({"status": "COMPLETED"}, {"status": "completed"}, id="the one status"),
        pytest.param({"scope": "Mine"}, {"scope": "mine"}, id="scope"),
        pytest.param({"teamId": " 456 "}, {"teamId": "456"}, id="team"),
        pytest.param({"createdBy": "jane@x.org"}, {"createdBy": "jane@x.org"}, id="creator"),
        pytest.param({"limit": 1}, {"limit": "1"}, id="smallest page"),
        pytest.param({"limit": 100}, {"limit": "100"}, id="largest page"),
        pytest.param({"sortBy": "completedat"}, {"sortBy": "completedAt"}, id="sorting"),
        pytest.param({"sortOrder": "DESC"}, {"sortOrder": "desc"}, id="order"),
        pytest.param({"dateFrom": "2025-12-01"}, {"dateFrom": "2025-12-01"}, id="from a day"),
        pytest.param(
            {"dateFrom": "2025-12-01", "dateTo": "2025-12-01"},
            {"dateFrom": "2025-12-01", "dateTo": "2025-12-01"},
            id="one day",
        ),
    ],
)
def test_given_a_filter_then_the_api_gets_it_in_its_own_spelling(
    given: JsonObject, changes: dict[str, str]
) -> None:
    assert _query(given) == LEAST_QUERY | changes


def test_given_an_end_alone_then_there_is_no_beginning() -> None:
    expected = {name: value for name, value in LEAST_QUERY.items() if name != "dateFrom"}
    assert _query({"dateTo": "2025-12-31"}) == expected | {"dateTo": "2025-12-31"}


def test_given_another_project_then_it_is_listed_and_its_exports_say_so() -> None:
    api = ScriptedApi.answering(200, _items("exp_1"))
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


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        pytest.param(
            {"status": "failed"}, 'status is "failed": allowed are completed.', id="status"
        ),
        pytest.param(
            {"scope": "team"}, 'scope is "team": allowed are all, default, mine.', id="scope"
        ),
        pytest.param(
            {"teamId": 456},
            "teamId is 456: a non-empty string without control characters is allowed.",
            id="team",
        ),
        pytest.param(
            {"limit": 0}, "limit is 0: a whole number from 1 to 100 is allowed.", id="no limit"
        ),
        pytest.param(
            {"limit": 101}, "limit is 101: a whole number from 1 to 100 is allowed.", id="limit"
        ),
        pytest.param(
            {"limit": "50"}, 'limit is "50": a whole number is allowed.', id="limit, text"
        ),
        pytest.param(
            {"limit": True}, "limit is true: a whole number is allowed.", id="limit, true"
        ),
        pytest.param(
            {"sortBy": "name"},
            'sortBy is "name": allowed are createdAt, completedAt, status.',
            id="sorting",
        ),
        pytest.param(
            {"report": "team-report"},
            f'report is "team-report": allowed are {", ".join(LISTABLE)}.',
            id="a report that has no list",
        ),
        pytest.param(
            {"report": None}, f"report is null: allowed are {', '.join(LISTABLE)}.", id="null"
        ),
        pytest.param(
            {"dateFrom": "2026-02-30"},
            'dateFrom is "2026-02-30": a day of the calendar such as 2026-01-31 is allowed.',
            id="no day",
        ),
        pytest.param(
            {"dateFrom": None},
            "dateFrom is missing: give a day such as 2026-01-31.",
            id="null day",
        ),
        pytest.param(
            {"dateFrom": "2026-03-02", "dateTo": "2026-03-01"},
            "dateFrom 2026-03-02 is after dateTo 2026-03-01.",
            id="reversed days",
        ),
        pytest.param(
            {"projectIdentifier": ""},
            'projectIdentifier is "": a non-empty string without control characters is allowed.',
            id="project",
        ),
    ],
)
def test_given_a_wrong_filter_then_it_is_refused_before_any_call(
    given: JsonObject, problem: str
) -> None:
    api = ScriptedApi.answering(200, [])
    s3 = FakeS3()
    with pytest.raises(InvalidRequestError) as caught:
        _list(api, given, s3=s3)
    assert caught.value.problems == (problem,)
    assert (api.connected_for, api.http.calls, s3.calls) == ([], [], [])


def test_given_a_comment_beside_filters_then_it_is_as_unknown_as_any_field() -> None:
    api = ScriptedApi.answering(200, [])
    with pytest.raises(InvalidRequestError) as caught:
        _list(api, {"Comment": "Insert your JSON here", "report": "sprint"})
    [problem] = caught.value.problems
    assert problem.startswith("Comment is not a field: known are status, scope, teamId, ")
    assert api.connected_for == []


def test_given_many_wrong_filters_then_all_are_told_at_once() -> None:
    api = ScriptedApi.answering(200, [])
    given: JsonObject = {
        "page": 3,
        "teamID": "4",
        "status": 1,
        "scope": "x",
        "createdBy": "",
        "limit": -1,
        "sortBy": None,
        "sortOrder": "up",
        "report": "x",
        "orgIdentifier": 1,
        "projectIdentifier": [],
        "dateFrom": "x",
        "dateTo": 7,
    }
    with pytest.raises(InvalidRequestError) as caught:
        _list(api, given)
    told = {problem.split(" ", 1)[0] for problem in caught.value.problems}
    assert told == set(given)
    assert len(caught.value.problems) == len(given)
    assert api.connected_for == []


@pytest.mark.parametrize("given", [None, [], "productivity", 1])
def test_given_no_object_then_it_is_refused(given: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _list(ScriptedApi.answering(200, []), given)
    assert caught.value.problems == ("The input is not a JSON object.",)


# --- pages ---


def test_when_paged_to_the_end_then_every_report_that_has_a_list_was_asked_once_a_page() -> None:
    full, short, empty = _items("exp_1", "exp_2"), _items("exp_3"), _items()
    # Productivity has a full page and a short one, sprint a full one and an empty one.
    api = ScriptedApi.answering(200, full, short, empty, full, empty, empty, short)
    found: list[str] = []
    cursor: JsonValue = {}
    for _ in range(7):
        page = _list(api, {"limit": 2}, json.loads(json.dumps(cursor)))
        found += _ids(page)
        cursor = page["cursor"]
    assert [
        (call.url.removeprefix(f"{BASE_URL.text}/"), call.params["page"]) for call in api.http.calls
    ] == [
        (PATHS["productivity"], "0"),
        (PATHS["productivity"], "1"),
        (PATHS["efficiency"], "0"),
        (PATHS["sprint"], "0"),
        (PATHS["sprint"], "1"),
        (PATHS["business-alignment"], "0"),
        (PATHS["time-in-status"], "0"),
    ]
    assert cursor == {}
    assert found == ["exp_1", "exp_2", "exp_3", "exp_1", "exp_2", "exp_3"]


def test_the_reports_that_have_a_list_are_all_but_the_legacy_ones() -> None:
    assert [name for name, report in REPORTS.items() if not report.is_legacy] == LISTABLE


@pytest.mark.parametrize("report", LISTABLE)
def test_given_one_report_then_only_its_list_is_read_to_the_end(report: str) -> None:
    api = ScriptedApi.answering(200, _items("exp_1", "exp_2"), _items())
    first = _list(api, {"report": report, "limit": 2}, {})
    assert first["cursor"] == {"report": report, "page": 1}
    second = _list(api, {"report": report, "limit": 2}, first["cursor"])
    assert second == _nothing(cursor={})
    assert {call.url for call in api.http.calls} == {BASE_URL.join(PATHS[report])}
    exports = first["exports"]
    assert isinstance(exports, list)
    assert {Export.from_json(export).report.name for export in exports} == {report}


def test_the_page_counts_as_full_by_all_its_entries_not_by_the_completed_ones() -> None:
    items: JsonValue = [_item("exp_1", status="FAILED"), _item("exp_2", status="queued")]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint", "limit": 2})
    assert page == _nothing(cursor={"report": "sprint", "page": 1})


@pytest.mark.parametrize("cursor", [None, {}], ids=["null", "empty"])
def test_given_no_cursor_then_the_first_page_is_read(cursor: JsonValue) -> None:
    api = ScriptedApi.answering(200, [])
    _list(api, {}, cursor)
    [call] = api.http.calls
    assert (call.url, call.params["page"]) == (BASE_URL.join(PATHS["productivity"]), "0")


@pytest.mark.parametrize(
    ("given", "cursor"),
    [
        pytest.param({}, {"report": "team-report", "page": 0}, id="a legacy report"),
        pytest.param({}, {"report": "x", "page": 0}, id="an unknown report"),
        pytest.param({}, {"page": 0}, id="no report"),
        pytest.param({}, {"report": "sprint"}, id="no page"),
        pytest.param({}, {"report": "sprint", "page": "1"}, id="a page in text"),
        pytest.param({}, {"report": "sprint", "page": -1}, id="a page before the first"),
        pytest.param({}, {"report": "sprint", "page": True}, id="a page that is true"),
        pytest.param({}, {"report": "sprint", "page": 1.0}, id="a page with a point"),
        pytest.param({}, "sprint", id="text"),
        pytest.param({}, [], id="a list"),
        pytest.param({}, 0, id="a number"),
        pytest.param({}, False, id="false"),
        pytest.param({"report": "sprint"}, {"report": "efficiency", "page": 0}, id="not asked for"),
    ],
)
def test_given_a_cursor_from_elsewhere_then_it_is_refused(
    given: JsonObject, cursor: JsonValue
) -> None:
    api = ScriptedApi.answering(200, [])
    with pytest.raises(InvalidRequestError) as caught:
        _list(api, given, cursor)
    [problem] = caught.value.problems
    assert problem.startswith("cursor is ")
    assert "in events/" in caught.value.remedy
    assert api.http.calls == []


# --- what is in a page ---


@pytest.mark.parametrize(
    "status", ["failed", "CANCELLED", "Queued", "processing", "ARCHIVED", "not completed"]
)
def test_given_exports_in_other_states_also_unknown_ones_then_only_completed_ones_count(
    status: str,
) -> None:
    items: JsonValue = [
        _item("exp_1", status=status),
        _item("exp_2", status="completed"),
        _item("exp_3", status=" Completed"),
        _item("exp_4", status=None),
    ]
    page = _list(ScriptedApi.answering(200, items), {})
    assert _ids(page) == ["exp_2", "exp_3", "exp_4"]
    assert _counts(page) == {"listed": 3, "known": 0, "pending": 0, "unusable": 0}


def test_given_an_export_twice_in_a_page_then_it_counts_once() -> None:
    page = _list(ScriptedApi.answering(200, _items("exp_1", "exp_2", "exp_1")), {})
    assert _ids(page) == ["exp_1", "exp_2"]
    assert page["listed"] == 2


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param("2026-03-14T11:00:00.123+01:00", "2026-03-14T10:00:00Z", id="another zone"),
        pytest.param("recently", "", id="unreadable"),
        pytest.param(None, "", id="none"),
    ],
)
def test_the_time_of_an_export_is_the_apis_or_left_open(written: JsonValue, normal: str) -> None:
    page = _list(ScriptedApi.answering(200, [_item("exp_1", createdAt=written)]), {})
    exports = page["exports"]
    assert isinstance(exports, list)
    assert Export.from_json(exports[0]).created_at == normal


def test_given_exports_that_have_landed_then_they_are_left_out_and_counted() -> None:
    s3 = FakeS3()
    s3.add(landed_key(REPORTS["sprint"], "exp_2"), b"{}")
    # Another report's export of the same id is another export.
    s3.add(landed_key(REPORTS["efficiency"], "exp_3"), b"{}")
    api = ScriptedApi.answering(200, _items("exp_1", "exp_2", "exp_3"))
    page = _list(api, {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_1", "exp_3"]
    assert _counts(page) == {"listed": 3, "known": 1, "pending": 0, "unusable": 0}


@pytest.mark.parametrize(
    ("created_at", "pending"),
    [
        pytest.param("2026-03-15T02:59:59Z", 0, id="just old enough"),
        pytest.param("2026-03-15T03:59:59+01:00", 0, id="just old enough, in another zone"),
        pytest.param("2026-03-15T03:00:00Z", 1, id="not quite old enough"),
        pytest.param("2026-03-15T05:59:59Z", 1, id="just created"),
        pytest.param("2026-03-15T06:30:00Z", 1, id="of a clock that is ahead"),
        pytest.param(None, 0, id="of an unknown age"),
    ],
)
def test_given_an_export_that_an_execution_may_be_about_to_land_then_it_is_left_to_it(
    created_at: JsonValue, pending: int
) -> None:
    s3 = FakeS3()
    items: JsonValue = [*_items("exp_1"), _item("exp_2", createdAt=created_at)]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_1", "exp_2"][: 2 - pending]
    assert _counts(page) == {"listed": 2, "known": 0, "pending": pending, "unusable": 0}
    assert len(s3.calls) == 2 - pending


def test_given_an_entry_whose_id_cannot_be_one_then_it_is_counted_and_the_others_go_on() -> None:
    api = ScriptedApi.answering(200, [*_items("../x", "exp_1"), _item("exp_2", exportId=None)])
    page = _list(api, {"report": "sprint", "limit": 3})
    assert _ids(page) == ["exp_1"]
    assert _counts(page) == {"listed": 1, "known": 0, "pending": 0, "unusable": 2}
    # It counts for the page's size.
    assert page["cursor"] == {"report": "sprint", "page": 1}


def test_given_a_page_of_every_kind_then_its_counts_add_up() -> None:
    s3 = FakeS3()
    s3.add(landed_key(REPORTS["sprint"], "exp_1"), b"{}")
    s3.add(landed_key(REPORTS["sprint"], "exp_5"), b"{}")
    items: JsonValue = [
        *_items("exp_1", "exp_2", "exp_3", "exp_3"),
        _item("exp_4", status="failed"),
        # Also if it has landed: it is not looked for.
        _item("exp_5", createdAt="2026-03-15T05:00:00Z"),
        _item("a b"),
    ]
    page = _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert _ids(page) == ["exp_2", "exp_3"]
    assert _counts(page) == {"listed": 4, "known": 1, "pending": 1, "unusable": 1}


def test_given_a_page_then_s3_is_asked_once_for_each_completed_export() -> None:
    s3 = FakeS3()
    items: JsonValue = [*_items("exp_1", "exp_2", "exp_1"), _item("exp_9", status="failed")]
    _list(ScriptedApi.answering(200, items), {"report": "sprint"}, s3=s3)
    assert sorted(s3.calls) == [
        ("head_object", landed_key(REPORTS["sprint"], "exp_1")),
        ("head_object", landed_key(REPORTS["sprint"], "exp_2")),
    ]


def test_given_all_of_a_full_page_landed_then_the_next_page_is_still_read() -> None:
    s3 = FakeS3()
    for export_id in ("exp_1", "exp_2"):
        s3.add(landed_key(REPORTS["sprint"], export_id), b"{}")
    api = ScriptedApi.answering(200, _items("exp_1", "exp_2"))
    page = _list(api, {"report": "sprint", "limit": 2}, s3=s3)
    assert page == _nothing(listed=2, known=2, cursor={"report": "sprint", "page": 1})


def test_given_a_bucket_that_refuses_then_nothing_counts_as_new() -> None:
    s3 = FakeS3()
    s3.before("head_object", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match="AccessDenied"):
        _list(ScriptedApi.answering(200, _items("exp_1")), {}, s3=s3)
