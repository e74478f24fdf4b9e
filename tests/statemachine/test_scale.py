"""A batch stays under the API's limits at every concurrency that the template allows.

In virtual time: every export ends as early as it can, Step Functions takes no time, and functions
take a little or none. `docs/design.md` has the proof.
"""

import random
from collections.abc import Sequence

import pytest

from benchmarks.simulation import scale
from benchmarks.simulation.policy import Machine
from benchmarks.simulation.scale import Course
from benchmarks.simulation.trips import HARSH, Definitions, Speed, Trip
from tests.statemachine import machine
from tests.statemachine.jsonata_of_aws import Jsonata

DEFINITIONS = Definitions()
INSTANT = Speed(0.0, 0.0)
EXPORTS = 1200
"""More than the largest concurrency gets through in a minute."""

CONCURRENCIES = range(1, int(str(scale.parameter("MaxValue"))) + 1)


def _ages(polls: int, speed: Speed) -> list[float]:
    ages = Machine().polls(0.0, speed.call)
    return [next(ages) for _ in range(polls)]


def _highest(trips: Sequence[Trip], concurrency: int) -> int:
    pause = scale.pausing(DEFINITIONS, concurrency)
    course = scale.run(trips, concurrency, pause)
    assert course.seconds > 60
    return course.highest()


@pytest.fixture(params=[HARSH, INSTANT], ids=["functions take 0.2 s", "no time at all"])
def speed(request: pytest.FixtureRequest) -> Speed:
    given = request.param
    assert isinstance(given, Speed)
    return given


@pytest.mark.parametrize("concurrency", CONCURRENCIES)
def test_exports_that_are_done_at_their_first_poll(concurrency: int, speed: Speed) -> None:
    trips = [DEFINITIONS.landed(_ages(1, speed), speed)] * EXPORTS
    assert _highest(trips, concurrency) <= 800 + 3 * concurrency < scale.LIMIT


@pytest.mark.parametrize("concurrency", CONCURRENCIES)
def test_exports_that_are_refused_at_once(concurrency: int, speed: Speed) -> None:
    trips = [DEFINITIONS.refused(speed)] * EXPORTS * 2
    assert _highest(trips, concurrency) <= 800 + 3 * concurrency < scale.LIMIT


@pytest.mark.parametrize("concurrency", CONCURRENCIES)
def test_legacy_reports_that_come_at_once(concurrency: int, speed: Speed) -> None:
    trips = [DEFINITIONS.fetched(speed)] * EXPORTS
    assert _highest(trips, concurrency) <= 60 / 0.19 + concurrency < scale.LEGACY_LIMIT


@pytest.mark.parametrize("concurrency", CONCURRENCIES)
def test_any_mix_of_them(concurrency: int, speed: Speed) -> None:
    chance = random.Random(concurrency)  # noqa: S311 - the same mix every time
    kinds = [
        DEFINITIONS.refused(speed),
        DEFINITIONS.fetched(speed),
        *(DEFINITIONS.landed(_ages(polls, speed), speed) for polls in (1, 1, 2, 3)),
    ]
    weights = [chance.random() ** 3 for _ in kinds]
    trips = chance.choices(kinds, weights, k=3 * EXPORTS)
    assert _highest(trips, concurrency) <= 800 + 3 * concurrency < scale.LIMIT


@pytest.mark.parametrize("concurrency", CONCURRENCIES)
def test_exports_that_are_done_at_a_deadline_which_cuts_their_last_wait_short(
    concurrency: int,
) -> None:
    # A minute is the shortest that ExportTimeoutMinutes allows.
    ages = [*range(5, 60, 5), 55.0]
    trips = [DEFINITIONS.landed(ages, INSTANT)] * EXPORTS
    assert _highest(trips, concurrency) <= 800 + 4 * concurrency < scale.LIMIT


@pytest.mark.parametrize(
    ("concurrency", "pause", "legacy"), [(1, 1, 1), (10, 1, 2), (22, 2, 5), (23, 2, 5), (40, 7, 8)]
)
def test_the_pause_is_no_longer_than_the_limits_ask_for(
    concurrency: int, pause: int, legacy: int
) -> None:
    found = [DEFINITIONS.pause(concurrency, legacy=it) for it in (False, True)]
    assert found == [pause, legacy]


@pytest.mark.parametrize(("name", "state"), [("batch", "RunExports"), ("harvest", "LandExports")])
def test_as_many_exports_run_at_a_time_as_the_stack_says(name: str, state: str) -> None:
    definition = machine.load(machine.ALL[0].with_name(f"{name}.asl.json"))
    most = machine.states(definition)[state]["MaxConcurrency"]
    for concurrency in (CONCURRENCIES[0], CONCURRENCIES[-1]):
        said = most.replace("${MaxConcurrency}", str(concurrency))
        assert Jsonata().fill(said, {}) == concurrency


def test_the_pause_is_what_keeps_it_there() -> None:
    trips = [DEFINITIONS.landed(_ages(1, HARSH), HARSH)] * EXPORTS
    unpaced = scale.run(trips, CONCURRENCIES[-1], lambda _: 0.0)
    assert unpaced.highest() > scale.LIMIT


def test_the_default_concurrency_is_far_from_the_limits() -> None:
    default = int(str(scale.parameter("Default")))
    trips = [DEFINITIONS.landed(_ages(1, HARSH), HARSH)] * EXPORTS
    assert _highest(trips, default) <= 0.4 * scale.LIMIT


def test_the_highest_window_has_both_its_ends() -> None:
    assert Course(200.0, [0.0, 1.0, 60.0, 150.0, 200.0]).highest() == 3
    assert Course(0.0, []).highest() == 0


def test_histories_are_far_from_their_limit_whatever_the_number_of_items() -> None:
    found = scale.simulate(teams=3)["events"]
    assert isinstance(found, dict)
    assert found["batch"] == 31
    assert found["child"] == 19
    most = [found["batch_longest"], DEFINITIONS.landed(_ages(250, HARSH), HARSH).events]
    assert all(isinstance(it, int) and it < scale.EVENTS_LIMIT / 5 for it in most)


def test_a_simulation_reports_every_load_at_every_concurrency() -> None:
    section = scale.simulate(teams=60)
    rows = section["rows"]
    assert isinstance(rows, list)
    assert len(rows) == 25
    for row in rows:
        assert isinstance(row, dict)
        assert isinstance(row["share"], float)
        assert row["share"] < 1 or not row["paced"]
