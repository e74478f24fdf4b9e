"""One page of the API's list: where it is, and which of its exports are to land."""

import json

import pytest

from sei_export.api.answers import Listed
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.harvest.filters import LISTED_REPORTS, parse_harvest
from sei_export.harvest.page import Page, Place, next_cursor, read_cursor, read_page
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import EFFICIENCY, REPORTS, SPRINT
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.samples import STARTED_AT

HARVEST = parse_harvest({}, HARVEST_DEFAULTS, STARTED_AT)
OF_SPRINTS = parse_harvest(
    {"report": "sprint", "projectIdentifier": "other"}, HARVEST_DEFAULTS, STARTED_AT
)
YOUNG = "2026-03-15T03:00:00Z"
OLD = "2026-03-14T10:00:00Z"


def _listed(
    export_id: str, status: str | None = "COMPLETED", created_at: str | None = OLD
) -> Listed:
    return Listed(export_id, status, created_at)


def _page(*listed: Listed) -> Page:
    return read_page(listed, SPRINT, OF_SPRINTS, YOUNG)


def _ids(page: Page) -> list[str]:
    return [export.export_id for export in page.ripe]


# --- where a page is ---


@pytest.mark.parametrize("cursor", [None, {}], ids=["null", "empty"])
def test_given_no_cursor_then_it_is_the_first_page_of_the_first_report(cursor: JsonValue) -> None:
    assert read_cursor(cursor, HARVEST) == Place(REPORTS["productivity"], 0)
    assert read_cursor(cursor, OF_SPRINTS) == Place(SPRINT, 0)


@pytest.mark.parametrize("report", LISTED_REPORTS)
@pytest.mark.parametrize("number", [0, 1, 99])
def test_a_cursor_leads_to_the_page_after_the_one_that_wrote_it(report: str, number: int) -> None:
    cursor = next_cursor(HARVEST, Place(REPORTS[report], number), is_last=False)
    assert cursor == {"report": report, "page": number + 1}
    again = read_cursor(json.loads(json.dumps(cursor)), HARVEST)
    assert again == Place(REPORTS[report], number + 1)


def test_after_a_reports_last_page_comes_the_next_reports_first_until_all_are_over() -> None:
    seen = [read_cursor({}, HARVEST)]
    while cursor := next_cursor(HARVEST, seen[-1], is_last=True):
        seen.append(read_cursor(cursor, HARVEST))
    assert seen == [Place(REPORTS[name], 0) for name in LISTED_REPORTS]
    assert next_cursor(OF_SPRINTS, Place(SPRINT, 7), is_last=True) == {}


@pytest.mark.parametrize(
    ("given_input", "cursor"),
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
    given_input: JsonObject, cursor: JsonValue
) -> None:
    harvest = parse_harvest(given_input, HARVEST_DEFAULTS, STARTED_AT)
    with pytest.raises(InvalidRequestError) as caught:
        read_cursor(cursor, harvest)
    allowed = "one that this function returned" if isinstance(cursor, dict) else "an object"
    assert caught.value.problems == (f"cursor is {cursor!r}: {allowed} is allowed.",)
    assert caught.value.remedy == BY_HAND


# --- what is in a page ---


def test_an_export_of_a_list_is_one_that_somebody_else_created() -> None:
    assert _page(_listed("exp_1")) == Page(
        completed=1,
        ripe=(Export("exp_1", SPRINT, "acme", "other", None, reused=True, created_at=OLD),),
        unusable=0,
    )


def test_an_empty_page_has_nothing() -> None:
    assert _page() == Page(0, (), 0)


@pytest.mark.parametrize(
    "status", ["failed", "CANCELLED", "Queued", "processing", "ARCHIVED", "not completed", ""]
)
def test_given_exports_in_any_other_state_then_only_completed_ones_count(status: str) -> None:
    page = _page(
        _listed("exp_1", status),
        _listed("exp_2", "completed"),
        _listed("exp_3", " Completed"),
        _listed("exp_4", None),
    )
    assert (_ids(page), page.completed, page.unusable) == (["exp_2", "exp_3", "exp_4"], 3, 0)


def test_given_an_export_twice_in_a_page_then_it_counts_once() -> None:
    page = _page(_listed("exp_1"), _listed("exp_2"), _listed("exp_1"))
    assert (_ids(page), page.completed) == (["exp_1", "exp_2"], 2)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param("2026-03-14T11:00:00.123+01:00", "2026-03-14T10:00:00Z", id="another zone"),
        pytest.param("recently", "", id="unreadable"),
        pytest.param(None, "", id="none"),
    ],
)
def test_the_time_of_an_export_is_the_apis_or_left_open(written: str | None, normal: str) -> None:
    [export] = _page(_listed("exp_1", created_at=written)).ripe
    assert export.created_at == normal


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
def test_given_a_young_export_then_it_is_left_to_its_own_execution(
    created_at: str | None, pending: int
) -> None:
    page = _page(_listed("exp_1"), _listed("exp_2", created_at=created_at))
    assert (_ids(page), page.completed) == (["exp_1", "exp_2"][: 2 - pending], 2)


def test_given_an_entry_without_a_usable_id_then_it_is_counted_and_the_others_go_on() -> None:
    page = _page(_listed(""), _listed("exp_1"), _listed("", "failed"))
    assert (_ids(page), page.completed, page.unusable) == (["exp_1"], 1, 2)


def test_the_exports_of_a_page_are_of_the_report_that_was_listed() -> None:
    page = read_page([_listed("exp_1")], EFFICIENCY, HARVEST, YOUNG)
    assert [export.report for export in page.ripe] == [EFFICIENCY]
