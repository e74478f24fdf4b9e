"""A valid request: its one canonical form, its fingerprints, and its dates."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import data_key
from sei_export.request.parsing import parse_request, read_canonical
from sei_export.request.reports import REPORTS, Report
from tests.fakes.request_strategies import requests, rewritten
from tests.fakes.samples import DEFAULTS, STARTED_AT, least, parsed, problems, request, request_of

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
            "aggregationLevel": "team",
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


def test_fingerprints_are_digests_of_sorted_json_in_utf8_as_they_always_were() -> None:
    one = request_of("time-in-status", scope={"teamId": "007"}, issueStatuses=["Überprüft", "b"])
    asked_for = (
        '{"dateRange":{"end":"2024-12-31","start":"2024-01-01"},"issueStatuses":["b","Überprüft"],'
        '"orgIdentifier":"acme","projectIdentifier":"metrics","report":"time-in-status",'
        '"scope":{"teamId":"007"}}'
    )
    shaping = '{"issueStatuses":["b","Überprüft"],"report":"time-in-status"}'
    assert one.fingerprint == sha256(asked_for.encode()).hexdigest()
    assert one.shape_fingerprint == sha256(shaping.encode()).hexdigest()[:8]


def test_the_shape_of_a_report_is_a_digest_of_what_shapes_it_wherever_that_stands() -> None:
    one = request_of("contributor-report", granularity="weekly", includeRatings=True)
    shaping = (
        '{"granularity":"WEEKLY","includeRatings":true,"productivityContributors":{"metrics":[]},'
        '"report":"contributor-report"}'
    )
    assert one.shape_fingerprint == sha256(shaping.encode()).hexdigest()[:8]


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


# --- the team of a legacy report ---


def test_a_contributor_reports_team_is_its_collection() -> None:
    one = request_of("contributor-report", collectionId="77")
    assert (one.tree, one.team) == (None, "77")


@pytest.mark.parametrize(
    ("collection", "number", "team"),
    [
        pytest.param("77", 77, "77", id="the same number"),
        pytest.param(" 077 ", 77, "077", id="the same with a zero before it"),
        pytest.param("0", 0, "0", id="zero"),
        pytest.param("77", 7, "77:7", id="another number"),
        pytest.param("70", 7, "70:7", id="a number with a zero behind it"),
        pytest.param("Platform", 77, "Platform:77", id="a name"),
        pytest.param("X77", 77, "X77:77", id="a name with the number in it"),
        pytest.param("7" * 600, 7, f"{'7' * 600}:7", id="a number of many digits"),
    ],
)
def test_a_team_reports_team_is_its_collection_and_its_number_if_they_differ(
    collection: str, number: int, team: str
) -> None:
    one = request_of("team-report", collectionId=collection, teamRefId=number)
    assert (one.tree, one.team) == (None, team)


def test_more_digits_than_python_reads_are_no_number_to_it() -> None:
    fields: JsonObject = {"collectionId": "7" * 5000, "teamRefId": 7}
    assert replace(request_of("team-report"), fields=fields).team == f"{'7' * 5000}:7"
    # From an input they do not come so far.
    [problem] = problems(least("team-report", **fields))
    assert problem.startswith("scope and identifiers make an S3 key of 5")


# --- rows about people, and about teams ---


@pytest.mark.parametrize(
    ("report", "level", "aggregated"),
    [
        pytest.param("productivity", None, False, id="productivity as usual"),
        pytest.param("productivity", "developer", False, id="productivity of developers"),
        pytest.param("productivity", "team", True, id="productivity of teams"),
        pytest.param("efficiency", None, True, id="efficiency"),
        pytest.param("sprint", None, True, id="sprint as usual"),
        pytest.param("sprint", "sprint", True, id="sprint of sprints"),
        pytest.param("business-alignment", None, True, id="business-alignment"),
        pytest.param("time-in-status", None, True, id="time-in-status as usual"),
        pytest.param("team-report", None, True, id="team-report"),
        pytest.param("contributor-report", None, True, id="contributor-report"),
    ],
)
def test_rows_that_cannot_be_made_of_child_teams_are_those_about_teams(
    report: str, level: str | None, *, aggregated: bool
) -> None:
    base = least(report).get("options")
    options = {**(base if isinstance(base, dict) else {}), "metricLevel": level}
    one = request_of(report, **({"options": options} if level else {}))
    assert one.is_aggregated is aggregated
