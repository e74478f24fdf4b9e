"""What a batch takes from the stack where its input is silent."""

import json
import re
from dataclasses import replace

import pytest

from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.plan import parse_plan
from sei_export.errors import ConfigurationError, InvalidRequestError
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER
from tests.fakes.plans import paths, read_plan
from tests.fakes.samples import DEFAULTS, STARTED_AT, least, parsed

WEEKLY: JsonObject = {"name": "weekly", "exports": [least("sprint"), least("efficiency")]}


ASKS_FOR_NOTHING = pytest.mark.parametrize(
    "given_input",
    [
        pytest.param({}, id="empty"),
        pytest.param({"Comment": "Insert your JSON here"}, id="the console's own input"),
        pytest.param({"scheduledTime": "2026-03-15T06:00:00Z"}, id="the schedule's input"),
        pytest.param({"scheduledTime": NOMINAL_TIME_PLACEHOLDER, "Comment": ""}, id="both"),
    ],
)


@ASKS_FOR_NOTHING
def test_an_input_that_asks_for_nothing_runs_the_stacks_plan(given_input: JsonObject) -> None:
    plan = read_plan(given_input, batch_plan=WEEKLY)
    assert (plan.name, plan.dry_run, len(plan.exports)) == ("weekly", False, 2)
    assert plan.given == WEEKLY
    assert plan.exports[1].path == "BatchPlan.exports[1]"


@ASKS_FOR_NOTHING
def test_a_stack_without_a_plan_has_its_default_request_alone(given_input: JsonObject) -> None:
    plan = read_plan(given_input)
    assert plan.name == "default"
    assert [planned.requests for planned in plan.exports] == [(parsed({}),)]
    assert plan.exports[0].is_whole
    assert plan.given == {"name": "default", "exports": [DEFAULTS.default_request.read()]}


@pytest.mark.parametrize("batch_plan", [{}, WEEKLY], ids=["default request", "plan"])
def test_the_stacks_plan_can_be_run_dry(batch_plan: JsonObject) -> None:
    plan = read_plan({"dryRun": True}, batch_plan=batch_plan)
    assert plan.dry_run
    assert plan.given["dryRun"] is True


def test_what_the_input_says_of_a_dry_run_comes_before_the_stacks_plan() -> None:
    dry = WEEKLY | {"dryRun": True}
    assert read_plan({}, batch_plan=dry).dry_run
    assert not read_plan({"dryRun": False}, batch_plan=dry).dry_run


@pytest.mark.parametrize(
    ("given_input", "path"), [({"dryRun": 1}, "dryRun"), ({"scheduledTime": "x"}, "scheduledTime")]
)
@pytest.mark.parametrize("batch_plan", [{}, WEEKLY, {"exports": 7}])
def test_what_the_input_says_wrongly_is_its_own_problem(
    given_input: JsonObject, path: str, batch_plan: JsonObject
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_plan(given_input, batch_plan=batch_plan)
    assert paths(caught.value.problems) == [path]


def test_problems_of_the_stacks_plan_are_told_apart() -> None:
    batch_plan: JsonObject = {
        "name": "",
        "dryRun": "no",
        "schedule": 1,
        "scheduledTime": "2026-03-15T06:00:00Z",
        "exports": [{"report": "x"}, 7],
    }
    with pytest.raises(ConfigurationError) as caught:
        read_plan({}, batch_plan=batch_plan)
    message = caught.value.message
    assert message.startswith('The parameter BatchPlan has 7 problems: (1) dryRun is "no": ')
    assert [text.split(" ")[1] for text in message.split(" (")[1:]] == [
        *("dryRun", "schedule", "scheduledTime", "name"),
        *("exports[0].report", "exports[0].dateRange", "exports[1]"),
    ]
    assert "parameter BatchPlan and deploy again" in caught.value.remedy
    assert "input" not in str(caught.value)


def test_problems_of_the_default_request_are_told_apart() -> None:
    broken = _stack("{}", '{"report": "sprint"}')
    with pytest.raises(ConfigurationError) as caught:
        parse_plan({}, broken, STARTED_AT)
    assert re.fullmatch(
        r"The parameter DefaultRequest has 2 problems: \(1\) dateRange is missing: .+ "
        r"\(2\) options\.granularity is missing: .+",
        caught.value.message,
    )
    assert "parameter DefaultRequest and deploy again" in caught.value.remedy


@pytest.mark.parametrize("text", ["{", " ", "[]", "null"])
def test_a_plan_of_the_stacks_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^The parameter BatchPlan is not .*deploy again"):
        parse_plan({"dryRun": True}, _stack(text, "{}"), STARTED_AT)


@pytest.mark.parametrize("batch_plan", ["{", "[]", '{"exports": 7}'])
@pytest.mark.parametrize("default_request", ["{", "[]", '{"report": "x"}'])
def test_wrong_parameters_stop_no_plan_that_an_input_brings(
    batch_plan: str, default_request: str
) -> None:
    plan = parse_plan(WEEKLY, _stack(batch_plan, default_request), STARTED_AT)
    assert plan == read_plan(WEEKLY)
    assert plan.parameter is None


def test_a_wrong_default_request_stops_no_plan_of_the_stacks() -> None:
    stack = _stack(json.dumps(WEEKLY), "{")
    assert len(parse_plan({}, stack, STARTED_AT).exports) == 2


def _stack(batch_plan: str, default_request: str) -> BatchDefaults:
    """A stack with these parameters."""
    of_requests = replace(DEFAULTS, default_request=Parameter("DefaultRequest", default_request))
    return BatchDefaults(of_requests, Parameter("BatchPlan", batch_plan), max_concurrency=10)
