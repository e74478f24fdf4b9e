"""What a batch takes from the stack where its input is silent."""

from dataclasses import replace

import pytest

from sei_export.jsontypes import JsonObject
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER
from tests.fakes.plans import paths, plan_problems, read_plan
from tests.fakes.samples import DEFAULTS, least, parsed

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
    assert plan.given == {"name": "default", "exports": [DEFAULTS.default_request]}


@pytest.mark.parametrize("batch_plan", [{}, WEEKLY], ids=["default request", "plan"])
def test_the_stacks_plan_can_be_run_dry(batch_plan: JsonObject) -> None:
    plan = read_plan({"dryRun": True}, batch_plan=batch_plan)
    assert plan.dry_run
    assert plan.given["dryRun"] is True


def test_what_the_input_says_of_a_dry_run_comes_before_the_stacks_plan() -> None:
    dry = WEEKLY | {"dryRun": True}
    assert read_plan({}, batch_plan=dry).dry_run
    assert not read_plan({"dryRun": False}, batch_plan=dry).dry_run
    assert paths(plan_problems({"dryRun": 1}, batch_plan=dry)) == ["dryRun"]


def test_problems_of_the_stacks_plan_are_told_apart() -> None:
    batch_plan: JsonObject = {
        "name": "",
        "dryRun": "no",
        "schedule": 1,
        "scheduledTime": "2026-03-15T06:00:00Z",
        "exports": [{"report": "x"}, 7],
    }
    assert paths(plan_problems({}, batch_plan=batch_plan)) == [
        "BatchPlan.dryRun",
        "BatchPlan.schedule",
        "BatchPlan.scheduledTime",
        "BatchPlan.name",
        "BatchPlan.exports[0].report",
        "BatchPlan.exports[0].dateRange",
        "BatchPlan.exports[1]",
    ]


def test_problems_of_the_default_request_are_told_apart() -> None:
    broken = replace(DEFAULTS, default_request={"report": "sprint"})
    assert paths(plan_problems({"scheduledTime": "x"}, broken)) == [
        "scheduledTime",
        "DefaultRequest.dateRange",
        "DefaultRequest.options.granularity",
    ]
