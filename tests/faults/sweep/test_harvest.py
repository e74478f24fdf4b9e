"""Faults at exchanges of a harvest: what passes lands, and each export has its event."""

import random
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep import harvest
from tests.faults.sweep.cases import kinds, pair
from tests.faults.sweep.plan import Fault
from tests.faults.sweep.world import World

_PAIRS = 300


def _go_through(
    world: World, cases: Iterable[tuple[Fault, ...]], log: pytest.LogCaptureFixture
) -> Counter[str]:
    """Go through harvests with faults and check what was promised of each; how each ended."""
    log.set_level("DEBUG", "sei_export")
    counted: Counter[str] = Counter(landed=0, failed_with_an_event=0)
    broken: list[str] = []
    for faults in cases:
        log.clear()
        journey = world.harvest(faults)
        try:
            counted[harvest.check(journey, log.text)] += 1
            harvest.check_end(journey)
        except AssertionError as error:
            broken.append(f"{', '.join(map(str, faults))}\n{error}")
    assert not broken, f"{len(broken)} promises were broken:\n\n{'\n\n'.join(broken[:5])}"
    return counted


def test_given_one_fault_then_the_promises_hold(
    world: World, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    met = world.harvest().plan.met
    faults = [(Fault(kind, it.number),) for it in met for kind in kinds()[it.place]]
    figures = _go_through(world, amount.of(faults, 60), caplog)
    count("single faults of a harvest", **figures)


def test_given_two_faults_then_the_promises_hold(
    world: World, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random("harvest")  # noqa: S311 - the same cases each time
    met = world.harvest().plan.met
    faults = [pair(chance, met) for _ in range(_PAIRS)]
    figures = _go_through(world, amount.of(faults, 15), caplog)
    count("double faults of a harvest", **figures)
