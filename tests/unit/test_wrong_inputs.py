"""What somebody writes, and what is made of it or said to it: the messages, word by word.

Each row is an input with one thing in it that is not as the API spells it. The first table has
what is taken all the same; the second what is told, and how.
"""

from collections.abc import Callable

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.harvest.filters import parse_harvest
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import cut_key
from sei_export.request.path import request_path
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.plans import plan_of, plan_problems, read_plan
from tests.fakes.samples import STARTED_AT, asked, least, parsed, problems

PERIODS = (
    "previous-day, previous-week, previous-month, previous-quarter, previous-year, month-to-date, "
    "quarter-to-date, year-to-date"
)
REPORT_NAMES = (
    "productivity, efficiency, sprint, business-alignment, time-in-status, team-report, "
    "contributor-report"
)
FIELDS = (
    "report, scope, dateRange, metricGroups, metrics, options, orgIdentifier, projectIdentifier"
)
FORM = "a team's id, as text or as a whole number, is allowed"
NO_TEAM = (
    "a team's id is a number of at most 20 digits, such as 203758; names belong into scope.teams "
    "of a batch's plan."
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            asked(scope={"orgTreeName": "E", "teamId": 200123}),
            asked(scope={"orgTreeName": "E", "teamId": "200123"}),
            id="a team's id as a number",
        ),
        pytest.param(
            least("sprint", scope={"teamId": 0}),
            least("sprint", scope={"teamId": "0"}),
            id="a team's id as 0",
        ),
        pytest.param(
            least("team-report", collectionId=6036),
            least("team-report", collectionId="6036"),
            id="a collection as a number",
        ),
        *(
            pytest.param(
                least("business-alignment") | {"report": name},
                least("business-alignment"),
                id=f"report {name}",
            )
            for name in (
                *("Business-Alignment", "BUSINESS_ALIGNMENT", "business_alignment"),
                " business-alignment ",
            )
        ),
        pytest.param(
            least("team-report") | {"report": "Team_Report"}, least("team-report"), id="legacy"
        ),
        pytest.param(
            asked(options={"granularity": "MONTHLY"}, metricGroups=["Velocity"]),
            asked(options={"granularity": "monthly"}, metricGroups=["velocity"]),
            id="words in another case",
        ),
    ],
)
def test_another_spelling_of_one_thing_asks_for_the_same_and_lands_on_the_same_key(
    written: JsonObject, meant: JsonObject
) -> None:
    one, other = parsed(written), parsed(meant)
    assert one.canonical() == other.canonical()
    assert (one.fingerprint, one.shape_fingerprint) == (other.fingerprint, other.shape_fingerprint)
    assert (request_path(one), cut_key(one)) == (request_path(other), cut_key(other))
    [planned] = read_plan(plan_of(written)).exports
    assert planned.requests == (other,)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        *(
            pytest.param(
                {"scope": {"teamId": team}},
                f"scope.teamId is {shown}: {NO_TEAM}",
                id=f"team {team}",
            )
            for team, shown in (
                ("Platform", '"Platform"'),
                ("Squad 7", '"Squad 7"'),
                ("T-7", '"T-7"'),
            )
        ),
        *(
            pytest.param(
                {"scope": {"teamId": team}}, f"scope.teamId is {shown}: {FORM}.", id=f"team {shown}"
            )
            for team, shown in (
                *((4.0, "4.0"), (-4, "-4"), (True, "true"), (None, "null"), ("", '""')),
                ([4], "[4]"),
            )
        ),
        *(
            pytest.param(
                {"dateRange": {"period": period}},
                f'dateRange.period is "{period}": allowed are {PERIODS}{end}',
                id=period,
            )
            for period, end in (
                ("last-month", "; did you mean previous-month?"),
                ("last month", "; did you mean previous-month?"),
                ("yesterday", "; did you mean previous-day?"),
                ("this-month", "; did you mean month-to-date?"),
                ("ytd", "; did you mean year-to-date?"),
                ("last-30-days", '; did you mean "trailingDays": 30?'),
                ("Previous-Month", "; did you mean previous-month?"),
                ("previous_month", "; did you mean previous-month?"),
                ("previous-monht", "; did you mean previous-month?"),
                ("MonthToDate", "; did you mean month-to-date?"),
                ("this-week", "."),
                ("eternity", "."),
            )
        ),
        pytest.param(
            {"DateRange": {}, "report": "productivity"},
            f"DateRange is not a field: known are {FIELDS}, scheduledTime; did you mean dateRange?",
            id="field in another case",
        ),
        pytest.param(
            {"org-identifier": "x"},
            f"org-identifier is not a field: known are {FIELDS}, scheduledTime; did you mean "
            "orgIdentifier?",
            id="field with a hyphen",
        ),
        pytest.param(
            {"scope": {"team_id": "4"}},
            "scope.team_id is not a field: known are orgTreeName, teamId; did you mean teamId?",
            id="field with an underscore",
        ),
        pytest.param(
            {"options": {"METRIC LEVEL": "team"}},
            "options.METRIC LEVEL is not a field: known are aggregationLevel, metricLevel, "
            "aggregation, granularity, format; did you mean metricLevel?",
            id="option with a space",
        ),
        pytest.param(
            {"report": "Time In Status"},
            f'report is "Time In Status": allowed are {REPORT_NAMES}; did you mean time-in-status?',
            id="report with spaces",
        ),
        pytest.param(
            {"report": "sprints"},
            f'report is "sprints": allowed are {REPORT_NAMES}; did you mean sprint?',
            id="report as in the API's paths",
        ),
    ],
)
def test_a_request_that_is_wrong_in_one_thing_is_told_how_to_write_it(
    fields: JsonObject, problem: str
) -> None:
    given: JsonObject = {**asked(), **fields}
    assert problems(given) == (problem,)
    # An entry of a plan has more fields than a request.
    if "known are" not in problem:
        assert plan_problems(plan_of(given)) == (f"exports[0].{problem}",)


@pytest.mark.parametrize(
    ("report", "fields", "problem"),
    [
        pytest.param(
            "efficiency",
            {"metricGroups": ["deployment-frequency"]},
            'metricGroups[0] is "deployment-frequency": allowed are lttc, df, '
            "deployment_frequency, mttr, cfr, summary, work_items, rating; did you mean "
            "deployment_frequency?",
            id="metric group",
        ),
        pytest.param(
            "sprint",
            {"options": {"granularity": "SPRINT", "computationMode": "story points"}},
            'options.computationMode is "story points": allowed are STORY_POINTS, TICKETS; did '
            "you mean STORY_POINTS?",
            id="option",
        ),
        pytest.param(
            "sprint",
            {"scope": {"teamId": "Platform"}},
            f'scope.teamId is "Platform": {NO_TEAM}',
            id="a name as the whole scope",
        ),
        pytest.param(
            "contributor-report",
            {"collectionId": 2**53},
            "collectionId is 9007199254740992: a non-empty string without control characters is "
            "allowed.",
            id="a collection that others round",
        ),
    ],
)
def test_words_of_other_reports_are_offered_the_same_way(
    report: str, fields: JsonObject, problem: str
) -> None:
    assert problems(least(report, **fields)) == (problem,)


PLAN_FIELDS = "name, exports, dryRun, forgetCuts, scheduledTime"
ENTRY_OF_A_MONTH: JsonObject = {"from": "2024-01-01", "to": "2024-03-31", "window": "month"}


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        pytest.param(
            plan_of(asked(), dry_run=True),
            f"dry_run is not a field: known are {PLAN_FIELDS}; did you mean dryRun?",
            id="field of the plan",
        ),
        pytest.param(
            plan_of(asked(Lookback=2)),
            f"exports[0].Lookback is not a field: known are {FIELDS}, backfill, lookback; did you "
            "mean lookback?",
            id="field of an entry",
        ),
        pytest.param(
            plan_of(asked(scope={"orgTreeName": "E", "teams": "Leaf"})),
            'exports[0].scope.teams is "Leaf": allowed are none, leaves, top, a depth such as 2, a '
            "list of team ids or names; did you mean leaves?",
            id="teams",
        ),
        pytest.param(
            plan_of(asked(scope={"teamId": "Platform"})),
            f'exports[0].scope.teamId is "Platform": {NO_TEAM}',
            id="team's name in an entry",
        ),
        pytest.param(
            plan_of(
                {**asked(), "dateRange": None, "backfill": ENTRY_OF_A_MONTH | {"window": "Month"}}
            ),
            'exports[0].backfill.window is "Month": allowed are day, week, month, quarter, year; '
            "did you mean month?",
            id="window in another case",
        ),
    ],
)
def test_a_plan_that_is_wrong_in_one_thing_is_told_how_to_write_it(
    plan: JsonObject, problem: str
) -> None:
    assert plan_problems(plan) == (problem,)


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        pytest.param(problems, {"Metrics": 1}, id="request"),
        pytest.param(lambda given: plan_problems(plan_of(given)), {"Metrics": 1}, id="plan"),
    ],
)
def test_a_message_is_short_whatever_is_written(
    read: Callable[[JsonValue], tuple[str, ...]], wrong: JsonObject
) -> None:
    for text in ("x" * 90_000, "-_ " * 30_000, "\ud800" * 15_000):
        given = asked(report=text, **wrong, scope={"teamId": text}, dateRange={"period": text})
        assert all(len(problem) < 1000 for problem in read(given))


def test_a_harvests_filter_in_another_spelling_is_offered_too() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_harvest(
            {"date_from": "2026-01-01", "sortBy": "created-at"}, HARVEST_DEFAULTS, STARTED_AT
        )
    assert caught.value.problems == (
        (
            "date_from is not a field: known are status, scope, teamId, createdBy, limit, sortBy, "
            "sortOrder, retry, report, dateFrom, dateTo, orgIdentifier, projectIdentifier; did you "
            "mean dateFrom?"
        ),
        (
            'sortBy is "created-at": allowed are createdAt, completedAt, status; did you mean '
            "createdAt?"
        ),
    )
