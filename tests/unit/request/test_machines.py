"""An input that belongs to another state machine."""

from itertools import permutations
from pathlib import Path

import pytest

from sei_export.batch.plan import parse_plan
from sei_export.errors import InvalidRequestError
from sei_export.harvest.filters import parse_harvest
from sei_export.input.problems import folded
from sei_export.jsontypes import JsonObject
from sei_export.request.machines import BATCH, EXPORT, HARVEST, Machine, check_belongs
from sei_export.request.parsing import parse_request
from sei_export.request.reports import REPORTS
from tests.fakes.harvests import HARVEST_DEFAULTS
from tests.fakes.samples import BATCH_DEFAULTS, DEFAULTS, STARTED_AT, asked, least

MACHINES = [EXPORT, BATCH, HARVEST]
ROOT = Path(__file__).parents[3]


def _told(given: JsonObject, here: Machine) -> str:
    """What the machine says of an input; empty if it may be its own."""
    try:
        check_belongs(given, here)
    except InvalidRequestError as error:
        [problem] = error.problems
        return problem
    return ""


@pytest.mark.parametrize(
    ("here", "given", "problem"),
    [
        pytest.param(
            EXPORT,
            {"name": "weekly", "exports": [asked()]},
            "exports belongs to a batch's plan: start the state machine that has BatchStateMachine "
            "in its name. This one, ExportStateMachine, takes a request.",
            id="a plan, at the export machine",
        ),
        pytest.param(
            EXPORT,
            {"resume": "20260301T060000Z-x", "dryRun": True},
            "resume belongs to a batch's plan: start the state machine that has BatchStateMachine "
            "in its name. This one, ExportStateMachine, takes a request.",
            id="a run to go on with, at the export machine",
        ),
        pytest.param(
            EXPORT,
            {"report": "sprint", "dateFrom": "2026-01-01", "dateTo": "2026-01-31"},
            "dateFrom and dateTo belong to a harvest's filters: start the state machine that has "
            "HarvestStateMachine in its name. This one, ExportStateMachine, takes a request.",
            id="filters, at the export machine",
        ),
        pytest.param(
            BATCH,
            asked(),
            "dateRange belongs to a request: start the state machine that has ExportStateMachine "
            'in its name, or put it into a plan, as in {"exports": [{"report": "productivity"}]}. '
            "This one, BatchStateMachine, takes a batch's plan.",
            id="a request, at the batch machine",
        ),
        pytest.param(
            BATCH,
            {"report": "productivity"},
            "report belongs to a request: start the state machine that has ExportStateMachine in "
            'its name, or put it into a plan, as in {"exports": [{"report": "productivity"}]}. '
            "This one, BatchStateMachine, takes a batch's plan.",
            id="a report alone, at the batch machine",
        ),
        pytest.param(
            BATCH,
            {"report": "sprint", "dateFrom": "2026-01-01"},
            "dateFrom belongs to a harvest's filters: start the state machine that has "
            "HarvestStateMachine in its name. This one, BatchStateMachine, takes a batch's plan.",
            id="filters, at the batch machine",
        ),
        pytest.param(
            HARVEST,
            {"exports": [asked()], "limit": 5},
            "exports belongs to a batch's plan: start the state machine that has BatchStateMachine "
            "in its name. This one, HarvestStateMachine, takes a harvest's filters.",
            id="a plan, at the harvest machine",
        ),
        pytest.param(
            HARVEST,
            {"dryRun": True},
            "dryRun belongs to a batch's plan: start the state machine that has BatchStateMachine "
            "in its name. This one, HarvestStateMachine, takes a harvest's filters.",
            id="a dry run, at the harvest machine",
        ),
        pytest.param(
            HARVEST,
            asked(metrics=[], options={}, metricGroups=[]),
            "dateRange and metrics and options belong to a request: start the state machine that "
            "has ExportStateMachine in its name. This one, HarvestStateMachine, takes a harvest's "
            "filters.",
            id="a request, at the harvest machine",
        ),
        pytest.param(
            EXPORT,
            {"Ex_ports": []},
            "Ex_ports belongs to a batch's plan: start the state machine that has "
            "BatchStateMachine in its name. This one, ExportStateMachine, takes a request.",
            id="a plan in another spelling",
        ),
    ],
)
def test_an_input_of_another_machine_is_told_whose_it_is(
    here: Machine, given: JsonObject, problem: str
) -> None:
    assert _told(given, here) == problem


@pytest.mark.parametrize(
    ("here", "given"),
    [
        pytest.param(EXPORT, {}, id="nothing"),
        pytest.param(EXPORT, {"report": "sprint"}, id="a request without dates"),
        pytest.param(EXPORT, {"report": "sprint", "teamId": "4"}, id="a request without scope"),
        pytest.param(EXPORT, asked(dryRun=True), id="a request with a plan's flag"),
        pytest.param(EXPORT, asked(limit=5), id="a request with a filter"),
        pytest.param(BATCH, {}, id="the stack's plan"),
        pytest.param(BATCH, {"dryRun": True, "report": "sprint"}, id="a plan with a report"),
        pytest.param(BATCH, {"exports": [], "dateRange": {}}, id="a plan with dates"),
        pytest.param(HARVEST, {"report": "sprint"}, id="one report"),
        pytest.param(HARVEST, {"limit": 5, "options": {}}, id="filters with options"),
        pytest.param(HARVEST, {"zzz": 1}, id="nobody's"),
    ],
)
def test_what_may_be_the_machines_own_is_left_to_its_reader(
    here: Machine, given: JsonObject
) -> None:
    assert _told(given, here) == ""


@pytest.mark.parametrize("report", REPORTS)
def test_a_request_of_any_report_is_known_by_the_other_machines(report: str) -> None:
    assert _told(least(report), EXPORT) == ""
    assert "ExportStateMachine" in _told(least(report), BATCH).split("This one")[0]
    assert "ExportStateMachine" in _told(least(report), HARVEST).split("This one")[0]


def test_each_machine_asks_first_whose_an_input_is() -> None:
    plan: JsonObject = {"exports": [asked()]}
    with pytest.raises(InvalidRequestError, match="BatchStateMachine in its name"):
        parse_request(plan, DEFAULTS, STARTED_AT)
    with pytest.raises(InvalidRequestError, match="ExportStateMachine in its name"):
        parse_plan(asked(), BATCH_DEFAULTS, STARTED_AT)
    with pytest.raises(InvalidRequestError, match="BatchStateMachine in its name"):
        parse_harvest(plan, HARVEST_DEFAULTS, STARTED_AT)


def test_no_field_tells_two_machines() -> None:
    for one, other in permutations(MACHINES, 2):
        assert not one.marks & other.marks
    assert not any(folded("report") in machine.marks for machine in MACHINES)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_machines_name_is_the_templates_of_which_cloudformation_makes_the_consoles(
    machine: Machine,
) -> None:
    template = (ROOT / "template.yaml").read_text()
    _, resource = template.split(f"\n  {machine.name}:\n    Type: AWS::Serverless::StateMachine\n")
    # With a name of its own it would be shown by that.
    assert "\n      Name:" not in resource.split("\n\n", 1)[0]
