"""A fault that stays: the execution ends in time, with the event that says so."""

import random

import pytest

from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.cases import go_through, singles
from tests.faults.sweep.scenarios import SCENARIOS
from tests.faults.sweep.world import World

_MOST = 60
"""Of each way, a seeded sample: each case takes many tries."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_given_a_fault_that_stays_then_the_promises_hold(
    world: World, name: str, amount: Amount, count: Count, caplog: pytest.LogCaptureFixture
) -> None:
    every = list(singles(world, SCENARIOS[name], lasting=True))
    some = random.Random(name).sample(every, _MOST)  # noqa: S311 - the same cases each time
    chosen = amount.of(some, 8)
    count("lasting faults", **go_through(world, chosen, caplog, passing=False))
