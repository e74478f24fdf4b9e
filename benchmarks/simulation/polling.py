"""What polling costs and how late it notices, by simulation.

    python -m benchmarks.simulation.polling [--exports 3000]

The state machine's own policy against fixed and exponential waits, over durations that are
lognormal: half of the exports take less than a minute, one in twenty more than ten, none more than
two hours.
"""

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from benchmarks.bench import results
from benchmarks.simulation.costs import SMALL_GB, Cost
from benchmarks.simulation.policy import Machine
from sei_export.batch.estimate import CALL_SECONDS

_MEDIAN_SECONDS = 60.0
_P95_SECONDS = 600.0
_LONGEST_SECONDS = 7200.0
_P95 = 1.6449
"""Standard deviations from the median to the 95th percentile."""

_TRANSITIONS = 3
"""Of a poll: Wait, Task, Choice."""

type Polls = Callable[[float], Iterator[float]]
"""From the duration of the last export of the same kind to the ages at which to poll."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When to poll.

    Attributes:
        title: For the table.
        polls: The ages.
        spread: Of this run's duration around the last one's, as a standard deviation of the
            logarithm; None: nothing is known about this kind of export.
    """

    title: str
    polls: Polls
    spread: float | None = None


def main() -> None:
    """Simulate and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exports", type=int, default=3000)
    section = simulate(parser.parse_args().exports)
    print(json.dumps(section, indent=1))
    results.save("polling", section)


def simulate(exports: int) -> results.Section:
    """Every policy on the same exports."""
    machine = Machine()

    def ours(last: float) -> Iterator[float]:
        return machine.polls(last, CALL_SECONDS)

    policies = (
        Policy("fixed 5 s", lambda _: _waiting(lambda _: 5.0)),
        Policy("fixed 30 s", lambda _: _waiting(lambda _: 30.0)),
        Policy(
            "exponential: 5 s, times 1.5, at most 60 s",
            lambda _: _waiting(lambda poll: min(5 * 1.5**poll, 60.0)),
        ),
        Policy("**ours**, first run", ours),
        Policy("**ours**, repeated, durations vary by 20 %", ours, spread=0.2),
        Policy("**ours**, repeated, durations vary by 40 %", ours, spread=0.4),
    )
    return {"exports": exports, "policies": [_row(policy, exports) for policy in policies]}


def durations(chance: random.Random, spread: float) -> tuple[float, float]:
    """Of the last export of a kind, and of this one, in seconds.

    Args:
        chance: The source of chance.
        spread: Of this one's around the last one's, as a standard deviation of the logarithm.
    """
    sigma = math.log(_P95_SECONDS / _MEDIAN_SECONDS) / _P95
    last = min(chance.lognormvariate(math.log(_MEDIAN_SECONDS), sigma), _LONGEST_SECONDS)
    return last, min(last * math.exp(spread * chance.gauss()), _LONGEST_SECONDS)


def _row(policy: Policy, exports: int) -> results.Section:
    chance = random.Random(1)  # noqa: S311 - the same exports for every policy
    polls: list[int] = []
    lags: list[float] = []
    shares: list[float] = []
    for _ in range(exports):
        last, duration = durations(chance, policy.spread or 0.0)
        ages = policy.polls(0.0 if policy.spread is None else last)
        made, age = next((at, age) for at, age in enumerate(ages, start=1) if age >= duration)
        polls.append(made)
        lags.append(age - duration)
        shares.append((age - duration) / duration)
    calls = statistics.mean(polls)
    cost = Cost(
        transitions=calls * _TRANSITIONS,
        invocations=calls,
        gb_seconds=calls * CALL_SECONDS * SMALL_GB,
        puts=0,
    )
    return {
        "title": policy.title,
        "calls": calls,
        "transitions": cost.transitions,
        "gb_seconds": cost.gb_seconds,
        "dollars": 1000 * cost.dollars,
        "lag_mean": statistics.mean(lags),
        "lag_p95": statistics.quantiles(lags, n=20)[-1],
        "share": statistics.mean(shares),
    }


def _waiting(wait: Callable[[int], float]) -> Iterator[float]:
    """Ages at polls between which so many seconds are waited; the poll's number begins at 0."""
    age = 0.0
    for poll in count():
        age += wait(poll)
        yield age
        age += CALL_SECONDS


if __name__ == "__main__":
    main()
