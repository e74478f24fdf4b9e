"""The estimate of a dry run, against what the state machines' definitions say themselves."""

import math
import random
import time
from itertools import islice

import pytest

from benchmarks.simulation import scale
from benchmarks.simulation.policy import Machine
from benchmarks.simulation.trips import USUAL, Definitions
from sei_export.batch import estimate as module
from sei_export.batch.estimate import Estimate, effort_of, estimate, pause_seconds, poll_ages

DEFINITIONS = Definitions()
CONCURRENCIES = range(1, 41)


@pytest.mark.parametrize("known", [0.0, 0.4, 7.2, 30.0, 61.5, 300.0, 1234.5, 4000.0, 9000.0])
def test_polls_are_those_of_the_definition(known: float) -> None:
    theirs = Machine().polls(known, module.CALL_SECONDS)
    assert list(islice(poll_ages(known), 60)) == list(islice(theirs, 60))


@pytest.mark.parametrize("seconds", [0.0, 1.0, 5.0, 33.3, 60.0, 250.0, 3600.0, 7200.0])
def test_an_export_of_known_or_unknown_duration_takes_the_calls_of_the_simulation(
    seconds: float,
) -> None:
    ages: list[float] = []
    for age in Machine().polls(seconds, module.CALL_SECONDS):
        ages.append(age)
        if age >= (seconds or module.ASSUMED_SECONDS):
            break
    trip = DEFINITIONS.landed(ages, USUAL)
    effort = effort_of(seconds, legacy=False)
    assert effort.calls == len(trip.calls) == 3 + len(ages)
    assert effort.seconds == pytest.approx(trip.seconds)


@pytest.mark.parametrize("legacy", [False, True])
def test_the_pause_is_that_of_the_definition(legacy: bool) -> None:  # noqa: FBT001 - pytest gives it by name
    ours = [pause_seconds(each, legacy=legacy) for each in CONCURRENCIES]
    assert ours == [DEFINITIONS.pause(each, legacy=legacy) for each in CONCURRENCIES]


@pytest.mark.parametrize("concurrency", [1, 5, 40])
def test_a_batch_takes_what_the_simulation_takes(concurrency: int) -> None:
    chance = random.Random(7)  # noqa: S311 - the same batch every time
    exports = [(False, round(chance.uniform(0, 400), 1)) for _ in range(100)]
    found = estimate(exports, concurrency)
    trips = []
    for _, known in exports:
        ages: list[float] = []
        for age in Machine().polls(known, module.CALL_SECONDS):
            ages.append(age)
            if age >= known:
                break
        trips.append(DEFINITIONS.landed(ages, USUAL))
    course = scale.run(trips, concurrency, scale.pausing(DEFINITIONS, concurrency))
    assert found.calls == len(course.calls)
    assert found.seconds == pytest.approx(course.seconds + 100 * module.ACCOUNT_SECONDS)


def test_a_batch_of_one_unknown_export_adds_up() -> None:
    # Polled at 5, 10.35, 15.7, ... s and then ever later: the tenth poll is the first after 60 s.
    ages = list(islice(poll_ages(0), 20))
    polls = next(at for at, age in enumerate(ages, start=1) if age >= 60)
    assert polls == 10
    found = estimate([(False, None)], 5)
    assert (found.exports, found.assumed, found.calls) == (1, 1, 3 + polls)
    assert found.seconds == pytest.approx(0.005 + 1 + 3 * 0.35 + ages[polls - 1] + 2)


def test_a_legacy_report_is_one_call_for_as_long_as_it_takes() -> None:
    found = estimate([(True, 10.0)] * 3, 1)
    assert found.calls == 3
    assert found.seconds == pytest.approx(3 * (0.005 + 1 + 0.7 + 10))
    assert found.assumed == 0


def test_nothing_to_export_takes_no_call() -> None:
    found = estimate([], 5)
    assert (found.exports, found.calls, found.seconds) == (0, 0, 0.0)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf, 1e300])
def test_whatever_the_bucket_says_it_ends(seconds: float) -> None:
    found = estimate([(False, seconds), (True, seconds)], 5)
    assert found.seconds < 3 * module.LONGEST_SECONDS
    assert found.calls >= 4 + 1


def test_its_json_is_rounded_for_people() -> None:
    assert Estimate(3, 1, 12, 61.2).to_json() == {
        "exports": 3,
        "assumedDurations": 1,
        "calls": 12,
        "durationSeconds": 62,
    }


def test_the_most_items_with_a_few_hundred_durations_are_quick() -> None:
    exports = [(False, float(number % 600)) for number in range(50_000)]
    started = time.process_time()
    found = estimate(exports, 40)
    assert found.exports == 50_000
    # A hundredth of this is usual.
    assert time.process_time() - started < 5
