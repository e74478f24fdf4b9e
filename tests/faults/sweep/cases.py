"""Which faults there are on each way."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.faults.sweep import aws_kinds, http_kinds, promises
from tests.faults.sweep.plan import Exchange, Fault, Kind
from tests.faults.sweep.scenarios import SCENARIOS, Scenario
from tests.faults.sweep.world import World

_MORE_EXCHANGES = 4
"""A second fault may be at an exchange that only the first one brings about."""
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One way through some faults."""

    scenario: Scenario
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return f"{self.scenario.name}: {', and '.join(map(str, self.faults))}"


@cache
def kinds() -> dict[str, list[Kind]]:
    """All kinds by their places."""
    found: dict[str, list[Kind]] = {}
    for kind in (*http_kinds.kinds(), *aws_kinds.kinds()):
        found.setdefault(kind.place, []).append(kind)
    return found


def singles(world: World, scenario: Scenario, *, lasting: bool = False) -> Iterator[Case]:
    """Every kind at every exchange of a way; of many that are alike, at the first and the last.

    Args:
        world: Where it is.
        scenario: The way.
        lasting: Whether what goes wrong stays so.
    """
    met = world.exchanges(scenario)
    alike: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in met:
        alike.setdefault((exchange.place, exchange.name), []).append(exchange)
    ends = {it for each in alike.values() for it in (each[0], each[-1])}
    for exchange in (it for it in met if it in ends):
        for kind in kinds()[exchange.place]:
            yield Case(scenario, (Fault(kind, exchange.number, lasting),))


def doubles(world: World, seed: int, most: int) -> Iterator[Case]:
    """So many pairs of faults, on any way; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same cases each time
    scenarios = list(SCENARIOS.values())
    for _ in range(most):
        scenario = chance.choice(scenarios)
        yield Case(scenario, pair(chance, world.exchanges(scenario)))


def pair(chance: random.Random, met: list[Exchange]) -> tuple[Fault, Fault]:
    """Two faults of a way with these exchanges."""
    return _any_fault(chance, met, 0), _any_fault(chance, met, _MORE_EXCHANGES)


def _any_fault(chance: random.Random, met: list[Exchange], more: int) -> Fault:
    """At an exchange that is met, or at one of some more."""
    exchange = chance.choice(met)
    number = exchange.number + chance.randint(0, more)
    return Fault(chance.choice(kinds()[exchange.place]), number)


def go_through(
    world: World, cases: Iterable[Case], log: pytest.LogCaptureFixture, *, passing: bool = True
) -> Counter[str]:
    """Go through cases and check what was promised of each.

    Args:
        world: Where.
        cases: Which.
        log: What is logged.
        passing: Whether each fault is over at the next try, so that only those with which an
            execution may fail make it fail.

    Returns:
        How many landed, how many failed with an event.
    """
    log.set_level("DEBUG", "sei_export")
    counted: Counter[str] = Counter(landed=0, failed_with_an_event=0)
    broken: list[str] = []
    for case in cases:
        log.clear()
        before = promises.visible(world.bucket(case.scenario))
        journey = world.go(case.scenario, case.faults)
        try:
            counted[promises.check(journey, before, log.text)] += 1
            if passing:
                promises.check_end(journey)
        except AssertionError as error:
            broken.append(f"{case}\n{error}")
    told = "\n\n".join(broken[:_MOST_TOLD])
    assert not broken, f"{len(broken)} promises were broken:\n\n{told}"
    return counted
