"""What a batch of many teams takes, and how near it comes to the API's limits, by simulation.

    python -m benchmarks.simulation.scale [--teams 10000]

In virtual time and in this process. When an export is polled, how long each child of the
Distributed Map pauses and which states are entered is evaluated from the definitions; how many run
at a time is the template's. Step Functions itself takes no time here, which is the harshest for the
limits.
"""

import argparse
import heapq
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import cast

import yaml

from benchmarks.bench import results
from benchmarks.simulation import costs, polling
from benchmarks.simulation.policy import Machine, Value
from benchmarks.simulation.trips import HARSH, USUAL, Definitions, Trip
from local.paths import ROOT
from sei_export.batch.estimate import ACCOUNT_SECONDS

LIMIT, LEGACY_LIMIT = 1000, 400
"""Of the API: calls of a key in a minute; of the legacy API alone."""

EVENTS_LIMIT = 25_000
"""Of Step Functions: events in an execution's history."""

MAX_ROUNDS = 12
"""Of a batch, as `sei_export.batch.ledger` has it."""

_SPREAD = 0.2
_FOR_COMPARISON = (1, 20)
_WINDOW_SECONDS = 60.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Load:
    """A batch to simulate.

    Attributes:
        title: For the table.
        limit: Of calls in a minute.
        trips: Its exports.
    """

    title: str
    limit: int
    trips: Sequence[Trip]


@dataclass(frozen=True, slots=True)
class Course:
    """How a batch went.

    Attributes:
        seconds: From the start of the first child to the end of the last one.
        calls: When the SEI API was called, in order.
    """

    seconds: float
    calls: Sequence[float]

    def highest(self) -> int:
        """The most calls of any 60 seconds, both ends included."""
        most = first = 0
        for at, moment in enumerate(self.calls):
            while self.calls[first] < moment - _WINDOW_SECONDS - _ROUNDING:
                first += 1
            most = max(most, at - first + 1)
        return most


def main() -> None:
    """Simulate and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=10_000)
    section = simulate(parser.parse_args().teams)
    print(json.dumps(section, indent=1))
    results.save("scale", section)


def simulate(teams: int) -> results.Section:
    """Every load at every concurrency."""
    definitions = Definitions()
    default, most = (cast("int", parameter(name)) for name in ("Default", "MaxValue"))
    loads = _loads(definitions, teams)
    rows: list[results.Json] = [
        _row(definitions, load, concurrency, paced=paced)
        for load in loads
        for concurrency, paced in [
            *((each, True) for each in sorted({default, most, *_FOR_COMPARISON})),
            (most, False),
        ]
    ]
    return {
        "teams": teams,
        "default": default,
        "rows": rows,
        "events": {
            "batch": definitions.batch_events(),
            "batch_longest": definitions.batch_events(MAX_ROUNDS),
            "child": definitions.child_events(),
            "export": max(trip.events for load in loads for trip in load.trips),
            "limit": EVENTS_LIMIT,
        },
    }


def run(trips: Iterable[Trip], concurrency: int, pause: Callable[[Trip], float]) -> Course:
    """The Distributed Map: the next child starts as soon as one has ended."""
    free = [0.0] * concurrency
    calls: list[float] = []
    for trip in trips:
        begun = free[0] + pause(trip)
        calls += [begun + at for at in trip.calls]
        heapq.heapreplace(free, begun + trip.seconds)
    return Course(max(free), sorted(calls))


def pausing(definitions: Definitions, concurrency: int) -> Callable[[Trip], float]:
    """The pause before an export, by PaceExport."""
    pauses = {legacy: definitions.pause(concurrency, legacy=legacy) for legacy in (False, True)}
    return lambda trip: pauses[trip.legacy]


def parameter(field: str) -> Value:
    """A field of the template's parameter MaxConcurrency."""
    template = _Loader((ROOT / "template.yaml").read_text()).get_single_data()
    return cast("Value", template["Parameters"]["MaxConcurrency"][field])


class _Loader(yaml.SafeLoader):
    """Of a template, without what its short forms stand for."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def _loads(definitions: Definitions, teams: int) -> list[Load]:
    machine = Machine()
    chance = random.Random(1)  # noqa: S311 - the same exports every time
    drawn = [polling.durations(chance, _SPREAD) for _ in range(teams)]
    longest = max((last for last, _ in drawn), default=0.0)
    # Without knowledge all are polled at the same ages: evaluated once, to the longest.
    common = list(_through(machine, 0.0, longest))
    first = [_until(common, last) for last, _ in drawn]
    again = [list(_through(machine, last, duration)) for last, duration in drawn]
    at_once = list(islice(machine.polls(0.0, HARSH.call), 1))
    return [
        Load("first run", LIMIT, [definitions.landed(ages, USUAL) for ages in first]),
        Load(
            "repeated, durations vary by 20 %",
            LIMIT,
            [definitions.landed(ages, USUAL) for ages in again],
        ),
        Load(
            "all done at the first poll, functions take 0.2 s",
            LIMIT,
            [definitions.landed(at_once, HARSH)] * teams,
        ),
        Load(
            "all refused at once, functions take 0.2 s", LIMIT, [definitions.refused(HARSH)] * teams
        ),
        Load(
            "legacy reports only, functions take 0.2 s",
            LEGACY_LIMIT,
            [definitions.fetched(HARSH)] * teams,
        ),
    ]


def _through(machine: Machine, known: float, duration: float) -> Iterable[float]:
    """The ages of the polls, up to the one that sees the end."""
    for age in machine.polls(known, USUAL.call):
        yield age
        if age >= duration:
            return


def _until(ages: Sequence[float], duration: float) -> Sequence[float]:
    before = sum(1 for _ in takewhile(lambda age: age < duration, ages))
    return ages[: before + 1]


def _row(definitions: Definitions, load: Load, concurrency: int, *, paced: bool) -> results.Section:
    pause = pausing(definitions, concurrency) if paced else lambda _: 0.0
    course = run(load.trips, concurrency, pause)
    cost = costs.of_batch(len(definitions.batch_path()), [trip.cost for trip in load.trips])
    highest = course.highest()
    return {
        "load": load.title,
        "concurrency": concurrency,
        "paced": paced,
        "hours": (course.seconds + ACCOUNT_SECONDS * len(load.trips)) / 3600,
        "calls": len(course.calls),
        "mean": 60 * len(course.calls) / course.seconds,
        "highest": highest,
        "share": highest / load.limit,
        "limit": load.limit,
        "transitions": cost.transitions,
        "gb_seconds": cost.gb_seconds,
        "dollars": cost.dollars,
    }


if __name__ == "__main__":
    main()
