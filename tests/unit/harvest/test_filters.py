"""What a harvest lists: an input's filters, checked before any call."""

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.harvest.filters import LISTED_REPORTS, Harvest, parse_harvest
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.samples import STARTED_AT


def _parsed(given_input: JsonValue) -> Harvest:
    return parse_harvest(given_input, HARVEST_DEFAULTS, STARTED_AT)


def _problems(given_input: JsonValue) -> tuple[str, ...]:
    with pytest.raises(InvalidRequestError) as caught:
        _parsed(given_input)
    assert caught.value.remedy == InvalidRequestError.default_remedy
    return caught.value.problems


LEAST = {
    "scope": "all",
    "sortBy": "createdAt",
    "sortOrder": "asc",
    "dateFrom": "2026-03-08",
}


@pytest.mark.parametrize("given", [{}, {"Comment": "Insert your JSON here"}])
def test_given_no_filters_then_everybodys_of_seven_days_are_listed_oldest_first(
    given: JsonObject,
) -> None:
    harvest = _parsed(given)
    assert (harvest.filters, harvest.limit) == (LEAST, 50)
    assert [report.name for report in harvest.reports] == [*LISTED_REPORTS]
    assert (harvest.org, harvest.project) == ("acme", "metrics")


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        pytest.param({"status": "COMPLETED"}, {"status": "completed"}, id="the one status"),
        pytest.param({"scope": "Mine"}, {"scope": "mine"}, id="scope"),
        pytest.param({"teamId": " 456 "}, {"teamId": "456"}, id="team"),
        pytest.param({"teamId": 456}, {"teamId": "456"}, id="team, a number"),
        pytest.param({"createdBy": "jane@x.org"}, {"createdBy": "jane@x.org"}, id="creator"),
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
def test_given_a_filter_then_it_is_in_the_apis_own_spelling(
    given: JsonObject, changes: dict[str, str]
) -> None:
    assert _parsed(given).filters == LEAST | changes


@pytest.mark.parametrize("limit", [1, 100], ids=["smallest", "largest"])
def test_a_pages_size_stands_beside_the_filters(limit: int) -> None:
    harvest = _parsed({"limit": limit})
    assert (harvest.filters, harvest.limit) == (LEAST, limit)


def test_given_an_end_alone_then_there_is_no_beginning() -> None:
    expected = {name: value for name, value in LEAST.items() if name != "dateFrom"}
    assert _parsed({"dateTo": "2025-12-31"}).filters == expected | {"dateTo": "2025-12-31"}


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
            {"teamId": "Platform"},
            'teamId is "Platform": a team\'s id is a number of at most 20 digits, such as 203758; '
            "without teamId all teams' exports are listed.",
            id="team, by name",
        ),
        pytest.param(
            {"teamId": 4.5},
            "teamId is 4.5: a non-empty string without control characters is allowed.",
            id="team, a fraction",
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
            f'report is "team-report": allowed are {", ".join(LISTED_REPORTS)}.',
            id="a report that has no list",
        ),
        pytest.param(
            {"report": None}, f"report is null: allowed are {', '.join(LISTED_REPORTS)}.", id="null"
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
def test_given_a_wrong_filter_then_it_is_told_with_what_is_allowed(
    given: JsonObject, problem: str
) -> None:
    assert _problems(given) == (problem,)


def test_given_a_comment_beside_filters_then_it_is_as_unknown_as_any_field() -> None:
    [problem] = _problems({"Comment": "Insert your JSON here", "report": "sprint"})
    assert problem.startswith("Comment is not a field: known are status, scope, teamId, ")


def test_given_many_wrong_filters_then_all_are_told_at_once() -> None:
    given: JsonObject = {
        "page": 3,
        "teamID": "4",
        "status": 1,
        "scope": "x",
        "createdBy": "",
        "limit": -1,
        "sortBy": None,
        "sortOrder": "up",
        "retry": 1,
        "report": "x",
        "orgIdentifier": 1,
        "projectIdentifier": [],
        "dateFrom": "x",
        "dateTo": 7,
    }
    problems = _problems(given)
    assert {problem.split(" ", 1)[0] for problem in problems} == set(given)
    assert len(problems) == len(given)


@pytest.mark.parametrize(
    ("given", "retries"), [({}, False), ({"retry": False}, False), ({"retry": True}, True)]
)
def test_what_is_left_alone_is_tried_again_if_that_is_asked_for_and_the_api_hears_nothing_of_it(
    given: JsonObject, *, retries: bool
) -> None:
    harvest = _parsed(given)
    assert (harvest.retries, harvest.filters) == (retries, LEAST)
    assert harvest.to_json()["retry"] is retries


@pytest.mark.parametrize("given", [None, [], "productivity", 1])
def test_given_no_object_then_it_is_refused(given: JsonValue) -> None:
    assert _problems(given) == ("The input is not a JSON object.",)


@pytest.mark.parametrize("report", LISTED_REPORTS)
def test_given_one_report_then_it_alone_is_listed(report: str) -> None:
    spelled = f" {report.title().replace('-', '_')} "
    for name in (report, spelled):
        assert _parsed({"report": name}).reports == (REPORTS[report],)


def test_the_reports_that_have_a_list_are_all_but_the_legacy_ones() -> None:
    listed = ["productivity", "efficiency", "sprint", "business-alignment", "time-in-status"]
    assert [*LISTED_REPORTS] == listed
    assert {*REPORTS} - {*listed} == {"team-report", "contributor-report"}
