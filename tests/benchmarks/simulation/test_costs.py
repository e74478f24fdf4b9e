"""What a batch costs, against figures that are worked out by hand."""

import random

import pytest

from benchmarks.simulation import costs
from benchmarks.simulation.costs import Cost
from benchmarks.simulation.policy import Machine
from benchmarks.simulation.trips import USUAL, Definitions, Trip
from local.gates.template import load_template
from tests.template.template import resource

DEFINITIONS = Definitions()
STATES = len(DEFINITIONS.batch_path())


def _landed(seconds: float, *, known: float) -> tuple[int, Trip]:
    """How often an export is polled that takes so long, and its trip."""
    ages: list[float] = []
    for age in Machine().polls(known, USUAL.call):
        ages.append(age)
        if age >= seconds:
            break
    return len(ages), DEFINITIONS.landed(ages, USUAL)


def test_memory_is_that_of_the_template() -> None:
    template = load_template()
    usual = template["Globals"]["Function"]["MemorySize"]
    memory = dict.fromkeys(("CreateExport", "CheckExport", "RecordOutcome"), costs.SMALL_GB)
    memory |= dict.fromkeys(("DownloadExport", "FetchReport"), costs.LARGE_GB)
    memory |= dict.fromkeys(("PlanBatch", "CloseBatch"), costs.ACCOUNT_GB)
    for name, gigabytes in memory.items():
        assert resource(template, f"{name}Function").get("MemorySize", usual) == 1024 * gigabytes


def test_a_batch_of_one_unknown_export_adds_up() -> None:
    polls, trip = _landed(60.0, known=0.0)
    assert polls == 10
    cost = costs.of_batch(STATES, [trip.cost])
    assert cost.transitions == 9 + 1 + 5 + 6 + 3 * polls
    assert (cost.invocations, cost.puts) == (2 + 3 + polls, 14)
    landing, account = 0.75 * 2.0, 1.0 * 0.005
    assert cost.gb_seconds == pytest.approx(account + 0.25 * (2 + polls) * 0.35 + landing)
    assert cost.dollars == pytest.approx(
        cost.transitions * 25e-6
        + cost.invocations * 0.2e-6
        + cost.gb_seconds * 0.0000133334
        + 14 * 5e-6
    )


def test_a_batch_of_many_known_exports_adds_up() -> None:
    chance = random.Random(7)  # noqa: S311 - the same batch every time
    known = [round(chance.uniform(0, 400), 1) for _ in range(100)]
    trips = [_landed(seconds, known=seconds) for seconds in known]
    polls = sum(polled for polled, _ in trips)
    cost = costs.of_batch(STATES, [trip.cost for _, trip in trips])
    assert cost.transitions == 9 + 100 * (1 + 5 + 6) + 3 * polls
    assert (cost.invocations, cost.puts) == (2 + 300 + polls, 7 + 700)
    seconds = 0.25 * 0.35 * (200 + polls) + 100 * (0.75 * 2.0 + 0.005)
    assert cost.gb_seconds == pytest.approx(seconds)


def test_legacy_reports_are_a_short_way_each() -> None:
    cost = costs.of_batch(STATES, [DEFINITIONS.fetched(USUAL).cost] * 3)
    assert cost.transitions == 9 + 3 * (1 + 5 + 5)
    assert (cost.invocations, cost.puts) == (2 + 9, 7 + 18)


def test_nothing_to_export_costs_the_batchs_own_states_and_functions() -> None:
    assert costs.of_batch(STATES, []) == Cost(9, 2, 0.0, 7)
