"""CheckParameters: what is wrong with two parameters ends a deployment, and nothing else does."""

import json
from collections.abc import Mapping

import pytest

from sei_export.batch.defaults import BatchDefaults
from sei_export.errors import ConfigurationError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.settings import batch_defaults
from sei_export.steps import check_parameters as step
from sei_export.steps.check_parameters import check_parameters
from tests.fakes.parameter_check import EVENT, deploys, given
from tests.fakes.s3_failures import refusal
from tests.fakes.timing import FakeClock

ENTRY: JsonObject = {"report": "sprint", "dateRange": {"period": "previous-week"}}
WEEKLY: JsonObject = {**ENTRY, "options": {"granularity": "WEEKLY"}}


def _plan(*entries: JsonValue, **fields: JsonValue) -> str:
    return json.dumps({"exports": [*entries], **fields})


def _ask(properties: JsonValue, kind: str = "Create") -> JsonObject:
    """What is answered to a request, by hand."""
    event: JsonObject = {**EVENT, "RequestType": kind, "ResourceProperties": properties}
    return check_parameters(event, batch_defaults, deploys, FakeClock().clock)


WRONG = [
    pytest.param(
        {"BATCH_PLAN": _plan({**WEEKLY, "options": {"granularity": "daily"}}, name="a b")},
        "The parameter BatchPlan has 2 problems: (1) name is "
        '"a b": a name of 1 to 64 letters, digits, - and _ is allowed. (2) '
        'exports[0].options.granularity is "daily": allowed are SPRINT, WEEKLY, MONTHLY, '
        "QUARTERLY.",
        id="problems of a plan",
    ),
    pytest.param(
        {"BATCH_PLAN": "{exports: []}"},
        "The parameter BatchPlan is not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1).",
        id="a plan that is no JSON",
    ),
    pytest.param(
        {"BATCH_PLAN": "[]"}, "The parameter BatchPlan is not a JSON object.", id="a list"
    ),
    pytest.param(
        {"BATCH_PLAN": "  "},
        "The parameter BatchPlan is not JSON: Expecting value: line 1 column 3 (char 2).",
        id="a blank plan",
    ),
    pytest.param(
        {"BATCH_PLAN": _plan(WEEKLY, {**WEEKLY, "scope": {"teams": "leafs"}})},
        'The parameter BatchPlan has 1 problem: (1) exports[1].scope.teams is "leafs": allowed are '
        "none, leaves, top, a depth such as 2, a list of team ids or names; did you mean leaves?",
        id="teams",
    ),
    pytest.param(
        {"BATCH_PLAN": "{}", "DEFAULT_REQUEST": json.dumps(ENTRY)},
        "The parameter DefaultRequest has 1 problem: (1) options.granularity is missing: allowed "
        "are SPRINT, WEEKLY, MONTHLY, QUARTERLY.",
        id="a default request that is the plan, told once",
    ),
    pytest.param(
        {"DEFAULT_REQUEST": '{"report": "x", "dateRange": {"trailingDays": 7}}', "BATCH_PLAN": "7"},
        'The parameter DefaultRequest has 1 problem: (1) report is "x": allowed are productivity, '
        "efficiency, sprint, business-alignment, time-in-status, team-report, contributor-report. "
        "The parameter BatchPlan is not a JSON object.",
        id="both",
    ),
    pytest.param(
        {"DEFAULT_REQUEST": json.dumps({**WEEKLY, "scope": {"teams": "leaves"}})},
        "The parameter DefaultRequest has 1 problem: (1) scope.teams is not a field: known are "
        "orgTreeName, teamId, orgIdentifier, projectIdentifier; did you mean teamId?",
        id="what only a plan may have",
    ),
    pytest.param(
        {"DEFAULT_REQUEST": json.dumps({**WEEKLY, "scheduledTime": "x"}), "BATCH_PLAN": "{}"},
        "The parameter DefaultRequest has 1 problem: (1) scheduledTime is not a field: ",
        id="what only a request may have, in a plan",
    ),
    pytest.param(
        {"ORG_TREE_NAME": " "},
        "The parameter DefaultRequest has 1 problem: (1) scope.orgTreeName is missing: give it, or "
        "set the stack's parameter OrgTreeName. The parameter BatchPlan has 1 problem: (1) "
        "exports[0].scope.orgTreeName is missing: give it, or set the stack's parameter "
        "OrgTreeName.",
        id="what they take from the stack",
    ),
    pytest.param(
        {"SCHEDULE_TIMEZONE": "Mars/Base", "BATCH_PLAN": "{}"},
        'The parameter DefaultRequest has 1 problem: (1) dateRange.timezone is "Mars/Base": a name '
        "such as Europe/Berlin is allowed.",
        id="the time zone",
    ),
]


@pytest.mark.parametrize(("settings", "reason"), WRONG)
def test_a_wrong_parameter_is_refused_with_all_its_problems(
    settings: dict[str, str], reason: str
) -> None:
    for kind in ("Create", "Update"):
        answer = _ask(given(**settings), kind)
        assert answer["Status"] == "FAILED"
        assert str(answer["Reason"]).startswith(reason)
        if not reason.endswith(" "):
            assert answer["Reason"] == reason


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="the sample's"),
        pytest.param({"BATCH_PLAN": "{}"}, id="the default request alone"),
        pytest.param({"BATCH_PLAN": _plan(WEEKLY, {**WEEKLY, "lookback": 3})}, id="a plan"),
    ],
)
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_what_can_be_run_is_taken(settings: dict[str, str], kind: str) -> None:
    answer = _ask(given(**settings), kind)
    assert answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": step.PHYSICAL_ID,
        "StackId": EVENT["StackId"],
        "RequestId": EVENT["RequestId"],
        "LogicalResourceId": EVENT["LogicalResourceId"],
    }


def test_a_deletion_is_taken_without_looking_at_anything() -> None:
    looked_at: list[Mapping[str, str]] = []

    def look(settings: Mapping[str, str]) -> BatchDefaults:
        looked_at.append(settings)
        return batch_defaults(settings)

    for properties in (given(BATCH_PLAN="{"), 7):
        event: JsonObject = {**EVENT, "RequestType": "Delete", "ResourceProperties": properties}
        answer = check_parameters(event, look, deploys, FakeClock().clock)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", step.PHYSICAL_ID)
    assert looked_at == []


def test_a_rollback_goes_back_to_whatever_was_deployed(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[str] = []

    def rolls_back(stack: str) -> bool:
        asked.append(stack)
        return True

    # Newer code may refuse what an older one took.
    event: JsonObject = {
        **EVENT,
        "ResourceProperties": given(BATCH_PLAN="{"),
        "OldResourceProperties": given(),
    }
    for kind, status in (("Update", "SUCCESS"), ("Create", "FAILED")):
        request = {**event, "RequestType": kind}
        answer = check_parameters(request, batch_defaults, rolls_back, FakeClock().clock)
        assert answer["Status"] == status
    assert asked == [EVENT["StackId"]]
    assert "let pass" in caplog.text


def test_given_a_stack_that_cannot_be_asked_then_the_deployment_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: str) -> bool:
        raise refusal("AccessDenied", 403)

    event: JsonObject = {
        **EVENT,
        "RequestType": "Update",
        "ResourceProperties": given(BATCH_PLAN="{"),
    }
    answer = check_parameters(event, batch_defaults, fail, FakeClock().clock)
    assert answer["Status"] == "SUCCESS"
    assert "could not be checked" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ConfigurationError("The environment variable X is not set."), id="settings"),
        pytest.param(KeyError("x"), id="a fault of the check"),
        pytest.param(MemoryError(), id="no memory"),
    ],
)
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_given_a_check_that_fails_itself_then_the_deployment_goes_on(
    error: Exception, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Mapping[str, str]) -> BatchDefaults:
        raise error

    answer = check_parameters({**EVENT, "RequestType": kind}, fail, deploys, FakeClock().clock)
    assert answer["Status"] == "SUCCESS"
    assert "could not be checked" in caplog.text


@pytest.mark.parametrize("properties", [None, [], {}, {"BATCH_PLAN": ["x"]}])
def test_given_properties_that_the_template_does_not_send_then_the_deployment_goes_on(
    properties: JsonValue, caplog: pytest.LogCaptureFixture
) -> None:
    assert _ask(properties)["Status"] == "SUCCESS"
    assert "could not be checked" in caplog.text


@pytest.mark.parametrize("letter", ['"', "\\", "é", "漢", "😀", "x"])
def test_a_reason_is_bounded_and_the_log_has_all_of_it(
    letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    # All of them fit into a message, which counts a letter as JSON in ASCII writes it.
    length = 59 if letter.isascii() else 30
    fields = {f"{letter * length}{number}": 1 for number in range(40)}
    stack = "arn:aws:cloudformation:ap-southeast-1:123456789012:stack/" + "s" * 128 + "/" + "0" * 36
    event: JsonObject = {
        **EVENT,
        "StackId": stack,
        "LogicalResourceId": "L" * 255,
        "ResourceProperties": given(BATCH_PLAN=_plan(WEEKLY, **fields)),
    }
    answer = check_parameters(event, batch_defaults, deploys, FakeClock().clock)
    reason = str(answer["Reason"])
    assert reason.startswith("The parameter BatchPlan has 40 problems: (1) ")
    assert reason.endswith("(cut; the function's log has all)")
    assert len(json.dumps(answer, ensure_ascii=False).encode()) <= 4096
    assert "(40) " in caplog.text


def test_both_texts_together_are_refused_when_a_function_has_no_room_for_them() -> None:
    teams: list[JsonValue] = ["a" * 60] * 31
    plan = _plan({**WEEKLY, "scope": {"orgTreeName": "t", "teams": teams}})
    request = {"DEFAULT_REQUEST": json.dumps({**WEEKLY})}
    properties = given(BATCH_PLAN=plan, **request)
    room = -step.bytes_beyond({name: str(value) for name, value in properties.items()})
    assert room > 0
    assert _ask(given(BATCH_PLAN=plan + " " * room, **request))["Status"] == "SUCCESS"
    answer = _ask(given(BATCH_PLAN=plan + " " * (room + 1), **request))
    assert answer["Reason"] == (
        "The parameters do not fit into the settings of the function PlanBatch, which have 4,096 "
        "bytes, each quote and line end counted twice: BatchPlan and DefaultRequest together are 1 "
        "bytes too long. Remedy: Shorten the plan, or give it as the input of a schedule of your "
        "own."
    )


def test_what_a_function_has_room_for_with_short_settings_is_not_refused() -> None:
    plan = _plan({**WEEKLY, "scope": {"orgTreeName": "t", "teams": ["a" * 60] * 20}})
    request = json.dumps({**WEEKLY}) + " " * (1200 - len(json.dumps({**WEEKLY})))
    padded = plan + " " * (1500 - len(plan))
    assert _ask(given(BATCH_PLAN=padded, DEFAULT_REQUEST=request))["Status"] == "SUCCESS"


@pytest.mark.parametrize("name", ["BATCH_PLAN", "DEFAULT_REQUEST"])
def test_what_is_to_run_later_may_be_about_days_to_come(name: str) -> None:
    days: JsonObject = {"start": "2099-01-01", "end": "2099-03-31"}
    entry: JsonObject = {**WEEKLY, "dateRange": days}
    text = _plan(entry) if name == "BATCH_PLAN" else json.dumps(entry)
    assert _ask(given(**{name: text}))["Status"] == "SUCCESS"
