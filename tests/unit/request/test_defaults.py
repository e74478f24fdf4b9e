"""What a request takes from the stack where its input is silent."""

from dataclasses import replace
from datetime import date

import pytest

from sei_export.errors import ConfigurationError
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.defaults import NO_DEFAULTS, RequestDefaults
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER, parse_request
from sei_export.request.reports import REPORTS
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, problems, request, request_of


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


def test_a_request_without_a_tree_says_where_to_give_one() -> None:
    assert problems(asked(scope={"teamId": "4"}), replace(DEFAULTS, org_tree_name="")) == (
        "scope.orgTreeName is missing: give it, or set the stack's parameter OrgTreeName.",
    )


def test_an_unknown_time_zone_of_the_stack_is_shown() -> None:
    found = problems(
        asked(dateRange={"period": "previous-day"}), replace(DEFAULTS, timezone="Mars/Base")
    )
    assert found == ('dateRange.timezone is "Mars/Base": a name such as Europe/Berlin is allowed.',)


def test_an_unusable_tree_of_the_stack_is_refused_before_the_first_call() -> None:
    found = problems(asked(scope={}), replace(DEFAULTS, org_tree_name="a\tb"))
    assert found == (
        r'scope.orgTreeName is "a\tb": a non-empty string without control characters is allowed.',
    )


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
    with pytest.raises(ConfigurationError) as caught:
        parse_request(given_input, _stack('{"report": "sprint", "scope": 1, "y": 2}'), STARTED_AT)
    message = caught.value.message
    assert message.startswith("The parameter DefaultRequest has 4 problems: (1) y is not a field")
    assert [text.split(" ")[1] for text in message.split(" (")[1:]] == [
        *("y", "scope", "dateRange", "options.granularity"),
    ]
    assert "parameter DefaultRequest and deploy again" in caught.value.remedy
    assert "input" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "is not JSON: Expecting", id="no JSON"),
        pytest.param("  ", "is not JSON: Expecting", id="blank"),
        pytest.param("[]", "is not a JSON object.", id="a list"),
        pytest.param("{}", "has 2 problems: (1) report is missing", id="empty"),
    ],
)
def test_a_default_request_that_is_none_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_request({}, _stack(text), STARTED_AT)
    assert caught.value.message.startswith(f"The parameter DefaultRequest {message}")


@pytest.mark.parametrize("text", ["{", "[]", '{"report": "x"}'])
def test_a_wrong_default_request_stops_no_request_that_says_what_it_wants(text: str) -> None:
    assert parse_request(asked(), _stack(text), STARTED_AT) == request()


def test_a_bad_nominal_time_is_the_inputs_problem_not_the_defaults() -> None:
    assert problems({"scheduledTime": "x"}, _stack('{"report": "x"}')) == (
        'scheduledTime is "x": a time such as 2026-03-01T06:00:00Z is allowed.',
    )


def _stack(default_request: str) -> RequestDefaults:
    """A stack with another DefaultRequest."""
    return replace(DEFAULTS, default_request=Parameter("DefaultRequest", default_request))


@pytest.mark.parametrize("report", REPORTS)
def test_a_request_that_says_all_by_itself_needs_nothing_of_the_stack(report: str) -> None:
    said = request_of(report)
    assert parse_request(said.canonical(), NO_DEFAULTS, STARTED_AT) == said


def test_without_a_stack_whatever_an_input_leaves_open_is_missing() -> None:
    given_input: JsonObject = {"report": "sprint", "dateRange": {"period": "previous-day"}}
    assert [problem.split(":", 1)[0] for problem in problems(given_input, NO_DEFAULTS)] == [
        "orgIdentifier is missing",
        "projectIdentifier is missing",
        "scope.orgTreeName is missing",
        "options.granularity is missing",
    ]
