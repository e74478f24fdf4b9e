"""One fault at any exchange of a harvest: what passes lands, and each export has its event."""

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep import harvest
from tests.faults.sweep.cases import kinds
from tests.faults.sweep.plan import Fault
from tests.faults.sweep.world import World


def test_given_one_fault_then_the_promises_hold(
    world: World, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "sei_export")
    met = world.harvest().plan.met
    faults = [Fault(kind, it.number) for it in met for kind in kinds()[it.place]]
    figures = {"landed": 0, "failed_with_an_event": 0}
    broken: list[str] = []
    for fault in amount.of(faults, 60):
        caplog.clear()
        journey = world.harvest((fault,))
        try:
            figures[harvest.check(journey, caplog.text)] += 1
            harvest.check_end(journey)
        except AssertionError as error:
            broken.append(f"{fault}\n{error}")
    assert not broken, f"{len(broken)} promises were broken:\n\n{'\n\n'.join(broken[:5])}"
    count("single faults of a harvest", **figures)
