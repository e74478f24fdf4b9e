"""A valid request: its one canonical form, its fingerprints, and its dates."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import data_key
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER, parse_request, read_canonical
from sei_export.request.reports import REPORTS, Report
from tests.fakes.request_strategies import requests, rewritten
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, parsed, problems, request, request_of

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)

FULL: JsonObject = {
    "report": "productivity",
    "scope": {"orgTreeName": "Engineering", "teamId": "456"},
    "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
    "metricGroups": ["velocity", "ACTIVITY", "velocity"],
    "metrics": ["pr_merged", "CODING_DAYS", "PR_Merged"],
    "options": {"aggregationLevel": "TEAM", "granularity": " Monthly ", "aggregation": "mean"},
    "orgIdentifier": " other-org ",
    "projectIdentifier": "other-project",
}


def test_the_canonical_form_is_sorted_spelled_as_the_api_does_and_without_repeats() -> None:
    assert parse_request(FULL, DEFAULTS, STARTED_AT).canonical() == {
        "report": "productivity",
        "orgIdentifier": "other-org",
        "projectIdentifier": "other-project",
        "scope": {"orgTreeName": "Engineering", "teamId": "456"},
        "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
        "metricGroups": ["activity", "velocity"],
        "metrics": ["CODING_DAYS", "pr_merged"],
        "options": {
            "metricLevel": "team",
            "aggregation": "mean",
            "granularity": "monthly",
            "format": "csv",
        },
    }


def test_the_body_is_the_canonical_form_without_what_goes_elsewhere() -> None:
    full = parse_request(FULL, DEFAULTS, STARTED_AT)
    elsewhere = {"report", "orgIdentifier", "projectIdentifier"}
    assert full.body() == {
        name: value for name, value in full.canonical().items() if name not in elsewhere
    }


def test_the_least_request_sends_scope_range_and_format_alone() -> None:
    least = parse_request(
        {"report": "productivity", "dateRange": {"start": "2024-02-29", "end": "2024-02-29"}},
        DEFAULTS,
        STARTED_AT,
    )
    assert least.body() == {
        "scope": {"orgTreeName": "Engineering"},
        "dateRange": {"start": "2024-02-29", "end": "2024-02-29"},
        "options": {"format": "csv"},
    }
    assert (least.org, least.project) == ("acme", "metrics")
    assert (least.level, least.granularity) == (None, None)


def test_level_and_granularity_are_the_apis_spelling() -> None:
    full = parse_request(FULL, DEFAULTS, STARTED_AT)
    assert (full.level, full.granularity) == ("team", "monthly")


def test_metric_names_pass_in_the_users_case_the_first_spelling_first() -> None:
    fields = request(metrics=["b_New", "A_new", "a_NEW"]).fields
    assert fields["metrics"] == ["A_new", "b_New"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param({}, {"orgTreeName": "Engineering"}, id="empty"),
        pytest.param(None, {"orgTreeName": "Engineering"}, id="null"),
        pytest.param({"orgTreeName": " Sales "}, {"orgTreeName": "Sales"}, id="another tree"),
        pytest.param(
            {"teamId": "4"}, {"orgTreeName": "Engineering", "teamId": "4"}, id="team alone"
        ),
    ],
)
def test_the_stack_names_the_tree_where_the_scope_does_not(
    scope: JsonValue, expected: dict[str, str]
) -> None:
    assert request(scope=scope).scope == expected


def test_both_names_of_the_level_may_say_the_same() -> None:
    options: JsonValue = {"metricLevel": "team", "aggregationLevel": "TEAM"}
    assert request(options=options).level == "team"


@pytest.mark.parametrize("field", ["metricGroups", "metrics", "options"])
@pytest.mark.parametrize("given_value", [None, "absent", "empty"])
def test_null_absent_and_empty_ask_for_the_same(field: str, given_value: str | None) -> None:
    empty: JsonValue = {} if field == "options" else []
    fields = {} if given_value == "absent" else {field: empty if given_value else None}
    assert request(**fields) == request()


@EVERY_REPORT
@settings(max_examples=40)
@given(data=st.data())
def test_every_valid_request_is_taken(report: Report, data: st.DataObject) -> None:
    assert problems(data.draw(requests(report))) == ()


@EVERY_REPORT
@settings(max_examples=40)
@given(data=st.data())
def test_the_canonical_form_reads_back_as_the_same_request_after_a_trip_through_json(
    report: Report, data: st.DataObject
) -> None:
    one = parsed(data.draw(requests(report)))
    again = read_canonical(json.loads(json.dumps(one.canonical())))
    assert again == one
    assert again.fingerprint == one.fingerprint


@EVERY_REPORT
@settings(max_examples=20)
@given(data=st.data())
def test_the_canonical_form_is_a_valid_input_too(report: Report, data: st.DataObject) -> None:
    one = parsed(data.draw(requests(report)))
    assert parsed(one.canonical()) == one


@EVERY_REPORT
@settings(max_examples=60)
@given(data=st.data())
def test_the_same_request_in_other_words_has_the_same_fingerprint_and_key(
    report: Report, data: st.DataObject
) -> None:
    given_input = data.draw(requests(report))
    one = parsed(given_input)
    other = parsed(data.draw(rewritten(report, given_input)))
    assert other.fingerprint == one.fingerprint
    assert other.shape_fingerprint == one.shape_fingerprint
    keys = {data_key(Export.of(each, "exp_1", "", reused=False)) for each in (one, other)}
    assert len(keys) == 1


def test_two_reports_that_ask_alike_are_two_requests() -> None:
    options: JsonValue = {"granularity": "MONTHLY"}
    reports = ("sprint", "business-alignment", "productivity", "time-in-status")
    asked_alike = [request_of(report, options=options) for report in reports]
    assert len({each.fingerprint for each in asked_alike}) == 4
    assert len({each.shape_fingerprint for each in asked_alike}) == 4


def test_issue_statuses_in_another_case_are_other_statuses() -> None:
    one = request_of("time-in-status", issueStatuses=["Done", "done", "Done "])
    assert one.fields["issueStatuses"] == ["Done", "done"]
    other = request_of("time-in-status", issueStatuses=["Done"])
    assert other.fingerprint != request_of("time-in-status", issueStatuses=["done"]).fingerprint


def test_a_legacy_report_is_sent_in_its_own_form() -> None:
    given_input: JsonObject = {
        "report": "team-report",
        "collectionId": " 6036 ",
        "dateRange": {"period": "previous-month"},
        "teamRefId": 123,
        "granularity": "WEEKLY",
        "productivity": {"metrics": ["PR_VELOCITY_PER_DEV", "coding_days_per_dev"]},
        "efficiency": {"metrics": [], "calculationType": "p90"},
        "includeRatings": False,
    }
    legacy = parsed(given_input)
    assert legacy.body() == {
        "collectionId": "6036",
        "dateStart": "2026-02-01",
        "dateEnd": "2026-02-28",
        "teamRefId": 123,
        "granularity": "weekly",
        "productivity": {"metrics": ["coding_days_per_dev", "PR_VELOCITY_PER_DEV"]},
        "efficiency": {"metrics": [], "calculationType": "P90"},
        "includeRatings": False,
    }
    assert legacy.canonical() == {
        "report": "team-report",
        "orgIdentifier": "acme",
        "projectIdentifier": "metrics",
        **legacy.body(),
    }
    assert (legacy.tree, legacy.team, legacy.granularity) == (None, "6036:123", "weekly")


@pytest.mark.parametrize(
    ("report", "fields", "expected"),
    [
        pytest.param(
            "productivity",
            {"options": {"metricLevel": "team", "granularity": "weekly"}},
            ("team", "weekly"),
            id="productivity",
        ),
        pytest.param("efficiency", {}, (None, "MONTHLY"), id="efficiency"),
        pytest.param(
            "sprint",
            {"options": {"metricLevel": "SPRINT", "granularity": "sprint"}},
            ("sprint", "SPRINT"),
            id="sprint",
        ),
        pytest.param(
            "time-in-status",
            {"options": {"metricLevel": "team", "granularity": "daily"}},
            ("team", "daily"),
            id="time-in-status",
        ),
        pytest.param("team-report", {"granularity": "DAILY"}, (None, "daily"), id="team-report"),
        pytest.param("contributor-report", {}, (None, None), id="contributor-report"),
    ],
)
def test_level_and_granularity_are_found_where_each_report_has_them(
    report: str, fields: JsonObject, expected: tuple[str | None, str | None]
) -> None:
    one = request_of(report, **fields)
    assert (one.level, one.granularity) == expected


def test_different_requests_have_different_fingerprints() -> None:
    different: list[dict[str, JsonValue]] = [
        {},
        {"scope": {"orgTreeName": "Engineering"}},
        {"scope": {"orgTreeName": "Engineering", "teamId": "457"}},
        {"scope": {"orgTreeName": "engineering", "teamId": "456"}},
        {"orgIdentifier": "other"},
        {"projectIdentifier": "other"},
        {"dateRange": {"start": "2024-01-02", "end": "2024-12-31"}},
        {"dateRange": {"start": "2024-01-01", "end": "2024-12-30"}},
        {"metricGroups": ["activity"]},
        {"metrics": ["activity"]},
        {"metrics": ["activity", "velocity"]},
        {"options": {"metricLevel": "team"}},
        {"options": {"granularity": "weekly"}},
    ]
    fingerprints = {request(**fields).fingerprint for fields in different}
    assert len(fingerprints) == len(different)
    assert all(len(fingerprint) == 64 for fingerprint in fingerprints)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"dateRange": {"period": "previous-month"}}, "dateRange", id="relative"),
        pytest.param({"dateRange": {"trailingDays": 3}}, "dateRange", id="trailing"),
        pytest.param({"report": "x"}, "report", id="report"),
        pytest.param({"orgIdentifier": ""}, "orgIdentifier", id="organization"),
        pytest.param({"scope": {}}, "scope.orgTreeName", id="tree"),
    ],
)
def test_what_is_no_canonical_form_is_refused(changes: JsonObject, path: str) -> None:
    canonical = request().canonical()
    with pytest.raises(InvalidRequestError) as caught:
        read_canonical({**canonical, **changes})
    assert [text.split(" ", 1)[0] for text in caught.value.problems] == [path]


@pytest.mark.parametrize(
    "name", ["report", "orgIdentifier", "projectIdentifier", "scope", "dateRange"]
)
def test_a_canonical_form_has_no_defaults(name: str) -> None:
    canonical = request().canonical()
    del canonical[name]
    with pytest.raises(InvalidRequestError) as caught:
        read_canonical(canonical)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(name)


RUNS_THE_DEFAULT = [
    pytest.param({}, id="empty"),
    pytest.param({"Comment": "Insert your JSON here"}, id="the console's own input"),
    pytest.param({"scheduledTime": "2026-03-15T06:00:00Z"}, id="the schedule's input"),
    pytest.param(
        {"scheduledTime": NOMINAL_TIME_PLACEHOLDER, "Comment": "x"}, id="not filled in, a comment"
    ),
]


@pytest.mark.parametrize("given_input", RUNS_THE_DEFAULT)
def test_an_input_that_asks_for_nothing_runs_the_default_request(given_input: JsonObject) -> None:
    one = parse_request(given_input, DEFAULTS, STARTED_AT)
    assert (one.start, one.end) == (date(2026, 2, 1), date(2026, 2, 28))
    assert one.scope == {"orgTreeName": "Engineering"}


@pytest.mark.parametrize("given_input", RUNS_THE_DEFAULT)
def test_problems_of_the_default_request_are_told_apart(given_input: JsonObject) -> None:
    broken = replace(DEFAULTS, default_request={"report": "sprint", "scope": 1, "y": 2})
    found = problems(given_input, broken)
    assert [text.split(" ", 1)[0] for text in found] == [
        "DefaultRequest.y",
        "DefaultRequest.scope",
        "DefaultRequest.dateRange",
        "DefaultRequest.options.granularity",
    ]


def test_an_empty_default_request_says_what_it_lacks() -> None:
    found = problems({}, replace(DEFAULTS, default_request={}))
    assert [text.split(":", 1)[0] for text in found] == [
        "DefaultRequest.report is missing",
        "DefaultRequest.dateRange is missing",
    ]


def test_a_bad_nominal_time_is_the_inputs_problem_not_the_defaults() -> None:
    found = problems({"scheduledTime": "x"}, replace(DEFAULTS, default_request={"report": "x"}))
    assert [text.split(" ", 1)[0] for text in found] == [
        "scheduledTime",
        "DefaultRequest.report",
        "DefaultRequest.dateRange",
    ]


def test_running_the_default_request_leaves_it_as_it_is() -> None:
    before = json.dumps(DEFAULTS.default_request)
    parse_request({}, DEFAULTS, STARTED_AT)
    assert json.dumps(DEFAULTS.default_request) == before


def test_reading_an_input_leaves_it_as_it_is() -> None:
    given_input: JsonObject = {**FULL, "scheduledTime": "2026-03-15T06:00:00Z"}
    before = json.dumps(given_input)
    parse_request(given_input, DEFAULTS, STARTED_AT)
    assert json.dumps(given_input) == before


def _days(given_input: JsonObject, started_at: str, timezone: str = "UTC") -> tuple[str, str]:
    defaults = replace(DEFAULTS, timezone=timezone)
    one = parse_request(given_input, defaults, dates.parse_moment(started_at))
    return one.start.isoformat(), one.end.isoformat()


YESTERDAY: JsonObject = {"period": "previous-day"}


@pytest.mark.parametrize(
    ("scheduled", "day"),
    [
        pytest.param("2026-03-01T23:59:00Z", "2026-02-28", id="the nominal time, a day earlier"),
        pytest.param("2026-03-01T23:59:00-02:00", "2026-03-01", id="the nominal time, by its zone"),
        pytest.param(None, "2026-03-01", id="null"),
        pytest.param(NOMINAL_TIME_PLACEHOLDER, "2026-03-01", id="placeholder not filled in"),
    ],
)
def test_relative_dates_are_anchored_at_the_nominal_time_or_else_the_start(
    scheduled: str | None, day: str
) -> None:
    given_input = asked(dateRange=YESTERDAY, scheduledTime=scheduled)
    assert _days(given_input, started_at="2026-03-02T00:01:00Z") == (day, day)


@pytest.mark.parametrize(
    "started_at", ["2026-02-01T06:00:04Z", "2026-02-03T12:00:00Z", "2027-01-01T00:00:00Z"]
)
def test_a_late_start_does_not_shift_the_range_of_a_scheduled_run(started_at: str) -> None:
    given_input: JsonObject = {"scheduledTime": "2026-02-01T06:00:00Z"}
    assert _days(given_input, started_at) == ("2026-01-01", "2026-01-31")


@pytest.mark.parametrize(
    ("stack", "own", "day"),
    [
        pytest.param("UTC", None, "2026-02-28", id="UTC"),
        pytest.param("Europe/Berlin", None, "2026-03-01", id="the stack's, already tomorrow"),
        pytest.param("UTC", "Europe/Berlin", "2026-03-01", id="the request's own"),
        pytest.param("Europe/Berlin", "America/New_York", "2026-02-28", id="the request's first"),
        pytest.param("UTC", "Pacific/Pago_Pago", "2026-02-28", id="behind"),
    ],
)
def test_relative_dates_are_days_of_the_requests_zone_or_the_stacks(
    stack: str, own: str | None, day: str
) -> None:
    zone: JsonObject = {"timezone": own} if own else {}
    given_input = asked(dateRange={**YESTERDAY, **zone})
    assert _days(given_input, started_at="2026-03-01T23:30:00Z", timezone=stack) == (day, day)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("UTC", ("2025-12-01", "2025-12-31"), id="new year"),
        pytest.param("America/New_York", ("2025-11-01", "2025-11-30"), id="still the old year"),
    ],
)
def test_the_zone_decides_which_month_was_the_last(zone: str, expected: tuple[str, str]) -> None:
    given_input = asked(dateRange={"period": "previous-month"})
    assert _days(given_input, started_at="2026-01-01T03:00:00Z", timezone=zone) == expected


def test_trailing_days_use_the_zone_too() -> None:
    given_input = asked(dateRange={"trailingDays": 2, "timezone": "Asia/Tokyo"})
    assert _days(given_input, started_at="2024-02-29T16:00:00Z") == ("2024-02-28", "2024-02-29")


@pytest.mark.parametrize("days", [1, 3660])
def test_the_bounds_of_trailing_days_are_allowed(days: int) -> None:
    one = request(dateRange={"trailingDays": days})
    assert (one.end - one.start).days == days - 1


MOMENTS = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9998, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.timezones(),
)


@given(
    MOMENTS,
    st.timezone_keys(allow_prefix=False),
    st.fixed_dictionaries({"period": st.sampled_from(sorted(dates.PERIODS))})
    | st.fixed_dictionaries({"trailingDays": st.integers(1, 3660)}),
)
def test_no_relative_range_is_empty_whenever_and_wherever(
    moment: datetime, zone: str, form: dict[str, str] | dict[str, int]
) -> None:
    given_input = asked(
        dateRange={**form, "timezone": zone}, scheduledTime=dates.format_moment(moment)
    )
    one = parse_request(given_input, DEFAULTS, STARTED_AT)
    assert one.start <= one.end
    # What is written down is absolute, so that no later state can shift it.
    assert read_canonical(one.canonical()) == one
