"""Two faults at any two exchanges: what passes twice lands, and all other promises hold too."""

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.cases import doubles, go_through
from tests.faults.sweep.world import World

_MOST = 1000


@pytest.mark.parametrize("seed", range(10))
def test_given_two_faults_then_the_promises_hold(
    world: World, seed: int, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = amount.of(doubles(world, seed, _MOST), 30)
    count("double faults", **go_through(world, chosen, caplog))
