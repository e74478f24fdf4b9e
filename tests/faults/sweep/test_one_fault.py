"""One fault at any exchange: what passes lands, what does not fails with its event."""

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.cases import go_through, singles
from tests.faults.sweep.scenarios import SCENARIOS
from tests.faults.sweep.world import World


@pytest.mark.parametrize("name", [it.name for it in SCENARIOS.values() if not it.seconds_of_a_byte])
def test_given_one_fault_then_the_promises_hold(
    world: World, name: str, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = amount.of(singles(world, SCENARIOS[name]), 50)
    count("single faults", **go_through(world, chosen, caplog))
