"""One fault at any exchange of a download that takes several invocations."""

import random

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.cases import go_through, singles
from tests.faults.sweep.scenarios import SCENARIOS
from tests.faults.sweep.world import World

_MOST = 1200
"""Of each way, a seeded third: each takes long."""


@pytest.mark.parametrize("name", [it.name for it in SCENARIOS.values() if it.seconds_of_a_byte])
def test_given_one_fault_then_the_promises_hold(
    world: World, name: str, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    every = list(singles(world, SCENARIOS[name]))
    some = random.Random(name).sample(every, _MOST)  # noqa: S311 - the same cases each time
    chosen = amount.of(some, 50)
    count("single faults", **go_through(world, chosen, caplog))
