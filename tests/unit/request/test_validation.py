"""Refusing an input: every problem, by path, with what is allowed."""

import json

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonValue
from sei_export.request.parsing import parse_request
from sei_export.request.reports import REPORTS
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, parsed, problems, request

RANGE_FORMS = 'start and end, or period, or trailingDays, as in {"period": "previous-month"}'
TEXT = "a non-empty string without control characters is allowed."
FIELDS = (
    "report, scope, dateRange, metricGroups, metrics, options, orgIdentifier, projectIdentifier, "
    "scheduledTime"
)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param(
            {"report": "productivty"},
            f'report is "productivty": allowed are {", ".join(REPORTS)}; '
            "did you mean productivity?",
            id="report, misspelled",
        ),
        pytest.param(
            {"report": 7}, f"report is 7: allowed are {', '.join(REPORTS)}.", id="report, number"
        ),
        pytest.param(
            {"metricGroup": []},
            f"metricGroup is not a field: known are {FIELDS}; did you mean metricGroups?",
            id="unknown field",
        ),
        pytest.param(
            {"Comment": "monthly"},
            f"Comment is not a field: known are {FIELDS}.",
            id="a comment beside other fields",
        ),
        pytest.param(
            {"scope": "Engineering"},
            'scope is "Engineering": an object with orgTreeName, with or without teamId is '
            "allowed.",
            id="scope, text",
        ),
        pytest.param(
            {"scope": {"teamID": "4"}},
            "scope.teamID is not a field: known are orgTreeName, teamId; did you mean teamId?",
            id="scope, unknown field",
        ),
        pytest.param(
            {"scope": {"orgTreeName": "  "}}, f'scope.orgTreeName is "  ": {TEXT}', id="tree, blank"
        ),
        pytest.param(
            {"scope": {"orgTreeName": "a\nb"}},
            rf'scope.orgTreeName is "a\nb": {TEXT}',
            id="tree, two lines",
        ),
        pytest.param({"orgIdentifier": ""}, f'orgIdentifier is "": {TEXT}', id="org, empty"),
        pytest.param(
            {"projectIdentifier": ["x"]}, f'projectIdentifier is ["x"]: {TEXT}', id="project, list"
        ),
        pytest.param(
            {"dateRange": None}, f"dateRange is missing: give {RANGE_FORMS}.", id="range, null"
        ),
        pytest.param(
            {"dateRange": "2024"},
            f'dateRange is "2024": an object with {RANGE_FORMS} is allowed.',
            id="range, text",
        ),
        pytest.param(
            {"dateRange": {}},
            f"dateRange is {{}}: exactly one of {RANGE_FORMS} is allowed.",
            id="range, empty",
        ),
        pytest.param(
            {"dateRange": {"timezone": "UTC"}},
            f'dateRange is {{"timezone": "UTC"}}: exactly one of {RANGE_FORMS} is allowed.',
            id="range, zone alone",
        ),
        pytest.param(
            {"dateRange": {"period": "previous-day", "trailingDays": 3}},
            'dateRange is {"period": "previous-day", "trailingDays": 3}: exactly one of '
            f"{RANGE_FORMS} is allowed.",
            id="range, two forms",
        ),
        pytest.param(
            {"dateRange": {"start": "2024-01-01", "period": "previous-day"}},
            'dateRange is {"start": "2024-01-01", "period": "previous-day"}: exactly one of '
            f"{RANGE_FORMS} is allowed.",
            id="range, half of one form and another",
        ),
        pytest.param(
            {"dateRange": {"period": "previous-day", "timeZone": "UTC"}},
            "dateRange.timeZone is not a field: known are start, end, period, trailingDays, "
            "timezone; did you mean timezone?",
            id="range, unknown field",
        ),
        pytest.param(
            {"dateRange": {"start": "2024-01-01"}},
            "dateRange.end is missing: give a day such as 2026-01-31.",
            id="end, absent",
        ),
        pytest.param(
            {"dateRange": {"start": None, "end": "2024-01-01"}},
            "dateRange.start is missing: give a day such as 2026-01-31.",
            id="start, null",
        ),
        *(
            pytest.param(
                {"dateRange": {"start": "2024-01-01", "end": day}},
                f"dateRange.end is {shown}: a day of the calendar such as 2026-01-31 is allowed.",
                id=f"end, {name}",
            )
            for day, shown, name in (
                ("2023-02-29", '"2023-02-29"', "no leap year"),
                ("2024-13-01", '"2024-13-01"', "month 13"),
                ("31-12-2024", '"31-12-2024"', "day first"),
                ("20241231", '"20241231"', "no hyphens"),
                ("2024-W52-1", '"2024-W52-1"', "ISO week"),
                ("2024-12-31T00:00:00Z", '"2024-12-31T00:00:00Z"', "a time"),
                ("2024-1-1", '"2024-1-1"', "one digit"),
                (20241231, "20241231", "number"),
            )
        ),
        pytest.param(
            {"dateRange": {"start": "2024-02-01", "end": "2024-01-31"}},
            "dateRange.start 2024-02-01 is after dateRange.end 2024-01-31.",
            id="range, reversed",
        ),
        pytest.param(
            {"dateRange": {"start": "2024-01-01", "end": "2024-01-31", "timezone": "UTC"}},
            "dateRange.timezone is for relative ranges; start and end need none.",
            id="range, zone with days",
        ),
        pytest.param(
            {"dateRange": {"period": "last-month"}},
            'dateRange.period is "last-month": allowed are previous-day, previous-week, '
            "previous-month, previous-quarter, previous-year, month-to-date, quarter-to-date, "
            "year-to-date; did you mean previous-month?",
            id="period, unknown",
        ),
        pytest.param(
            {"dateRange": {"period": ["previous-day"]}},
            'dateRange.period is ["previous-day"]: allowed are previous-day, previous-week, '
            "previous-month, previous-quarter, previous-year, month-to-date, quarter-to-date, "
            "year-to-date.",
            id="period, list",
        ),
        pytest.param(
            {"dateRange": {"period": "previous-day", "timezone": "Mars"}},
            'dateRange.timezone is "Mars": a name such as Europe/Berlin is allowed.',
            id="zone, unknown",
        ),
        *(
            pytest.param(
                {"dateRange": {"trailingDays": days}},
                f"dateRange.trailingDays is {shown}: a whole number from 1 to 3660 is allowed.",
                id=f"trailing, {shown}",
            )
            for days, shown in (
                (0, "0"),
                (-1, "-1"),
                (3661, "3661"),
                (1.5, "1.5"),
                (True, "true"),
                ("30", '"30"'),
                (None, "null"),
            )
        ),
        pytest.param(
            {"metrics": "PR_MERGED"},
            'metrics is "PR_MERGED": a list of names is allowed.',
            id="metrics, text",
        ),
        pytest.param(
            {"metrics": ["PR_MERGED", 5]}, f"metrics[1] is 5: {TEXT}", id="metrics, a number"
        ),
        pytest.param({"metrics": [""]}, f'metrics[0] is "": {TEXT}', id="metrics, empty name"),
        pytest.param(
            {"metricGroups": {"velocity": True}},
            'metricGroups is {"velocity": true}: a list of names is allowed.',
            id="groups, object",
        ),
        pytest.param(
            {"metricGroups": ["activity", "volicity"]},
            'metricGroups[1] is "volicity": allowed are activity, velocity, volume, quality, '
            "collaboration; did you mean velocity?",
            id="groups, misspelled",
        ),
        pytest.param(
            {"metricGroups": [None]}, f"metricGroups[0] is null: {TEXT}", id="groups, null"
        ),
        pytest.param({"options": []}, "options is []: an object is allowed.", id="options, list"),
        pytest.param(
            {"options": {"granularty": "weekly"}},
            "options.granularty is not a field: known are aggregationLevel, metricLevel, "
            "aggregation, granularity, format; did you mean granularity?",
            id="options, unknown",
        ),
        pytest.param(
            {"options": {"granularity": "daily"}},
            'options.granularity is "daily": allowed are weekly, monthly, quarterly.',
            id="granularity, not of this report",
        ),
        pytest.param(
            {"options": {"granularity": None}},
            "options.granularity is null: allowed are weekly, monthly, quarterly.",
            id="granularity, null",
        ),
        pytest.param(
            {"options": {"format": "json"}},
            'options.format is "json": allowed are csv.',
            id="format, not CSV",
        ),
        pytest.param(
            {"options": {"aggregationLevel": "teem"}},
            'options.aggregationLevel is "teem": allowed are developer, team; did you mean team?',
            id="level, under the name that was given",
        ),
        pytest.param(
            {"options": {"metricLevel": "team", "aggregationLevel": "developer"}},
            "options.aggregationLevel and options.metricLevel are two names of one option and "
            "differ: give one of them.",
            id="level, twice and different",
        ),
        *(
            pytest.param(
                {"scheduledTime": moment},
                f"scheduledTime is {shown}: a time such as 2026-03-01T06:00:00Z is allowed.",
                id=f"nominal time, {name}",
            )
            for moment, shown, name in (
                ("now", '"now"', "words"),
                ("2026-03-01T06:00:00", '"2026-03-01T06:00:00"', "no zone"),
                ("0001-01-01T00:00:00Z", '"0001-01-01T00:00:00Z"', "the calendar's beginning"),
                (1772344800, "1772344800", "number"),
            )
        ),
    ],
)
def test_a_problem_is_told_by_path_with_what_is_allowed(
    fields: dict[str, JsonValue], problem: str
) -> None:
    assert problems(asked(**fields)) == (problem,)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("営業\u3000第一", id="ideographic space"),
        pytest.param("\U0001f469\u200d\U0001f4bb", id="zero-width joiner"),
        pytest.param("a\u00a0b", id="no-break space"),
        pytest.param("\u202eabc", id="direction mark"),
        pytest.param('R&D / "Core"', id="punctuation"),
        pytest.param("\U000f0000", id="private use"),
    ],
)
def test_a_name_may_hold_any_other_character(name: str) -> None:
    one = parsed(asked(scope={"orgTreeName": name}, orgIdentifier=name))
    assert (one.tree, one.org) == (name, name)


@pytest.mark.parametrize(
    "character",
    ["\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"],
    ids=ascii,
)
def test_a_name_has_no_character_that_lines_or_utf_8_cannot_carry(character: str) -> None:
    (problem,) = problems(asked(scope={"orgTreeName": f"a{character}b"}))
    assert problem.startswith("scope.orgTreeName is ")
    assert problem.isprintable()
    assert problem.encode()


def test_without_a_report_the_allowed_ones_are_listed() -> None:
    given_input = asked()
    del given_input["report"]
    assert problems(given_input) == (f"report is missing: allowed are {', '.join(REPORTS)}.",)


@pytest.mark.parametrize("report", ["team-reprot", None])
def test_with_an_unknown_report_what_any_report_takes_is_no_other_problem(
    report: JsonValue,
) -> None:
    (problem,) = problems(
        {
            "report": report,
            "scope": "not known to be wrong",
            "collectionId": 7,
            "dateStart": "2024-01-01",
            "dateEnd": "2024-12-31",
        }
    )
    assert problem.startswith("report is ")


def test_with_an_unknown_report_dates_and_what_no_report_takes_are_still_checked() -> None:
    found = problems({"report": "x", "zzz": 1, "dateStart": "2024-01-02", "dateEnd": "2024-01-01"})
    assert [text.split(" ", 1)[0] for text in found] == ["zzz", "report", "dateStart"]


@pytest.mark.parametrize("given_input", [None, [], "productivity", 5, True])
def test_an_input_that_is_no_object_is_refused(given_input: JsonValue) -> None:
    assert problems(given_input) == ("The input is not a JSON object.",)


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        {
            "report": "productivity",
            "extra": 1,
            "orgIdentifier": "",
            "projectIdentifier": 2,
            "scope": {"orgTreeName": "", "teamId": "A", "x": 1},
            "dateRange": {"period": "never", "timezone": "Mars", "x": 1},
            "metricGroups": ["x1", 1],
            "metrics": [2, "fine", ""],
            "options": {"metricLevel": 1, "granularity": "x", "x": 1},
            "scheduledTime": "x",
        }
    )
    assert [text.split(" ", 1)[0] for text in found] == [
        "scheduledTime",
        "extra",
        "orgIdentifier",
        "projectIdentifier",
        "scope.x",
        "scope.orgTreeName",
        "scope.teamId",
        "dateRange.x",
        "dateRange.timezone",
        "dateRange.period",
        "metricGroups[0]",
        "metricGroups[1]",
        "metrics[0]",
        "metrics[2]",
        "options.x",
        "options.metricLevel",
        "options.granularity",
    ]


def test_both_ends_of_a_range_are_checked() -> None:
    found = problems(asked(dateRange={"start": "x", "end": 1}))
    assert [text.split(" ", 1)[0] for text in found] == ["dateRange.start", "dateRange.end"]


def test_the_error_carries_the_problems_and_says_that_nothing_was_sent() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_request(asked(metrics=1), DEFAULTS, STARTED_AT)
    assert str(caught.value) == (
        "The request has 1 problem: (1) metrics is 1: a list of names is allowed. "
        "Remedy: Correct the input and start a new execution; nothing was sent to the API."
    )


def _metrics_that_make_requests_of(size: int) -> list[JsonValue]:
    def bytes_of(names: list[JsonValue]) -> int:
        return len(json.dumps(request(metrics=names).canonical()))

    names: list[JsonValue] = [f"METRIC_{number:05}" for number in range(1900)]
    return [*names, "Z" * (size - bytes_of([*names, "Z"]) + 1)]


def test_a_request_that_states_and_events_have_room_for_passes() -> None:
    assert problems(asked(metrics=_metrics_that_make_requests_of(32 * 1024))) == ()


def test_a_larger_request_is_refused() -> None:
    names = _metrics_that_make_requests_of(32 * 1024)
    names[-1] = f"{names[-1]}Z"
    assert problems(asked(metrics=names)) == (
        "The request has 32769 bytes; at most 32768 are allowed.",
    )
