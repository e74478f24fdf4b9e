"""A dry run's estimate tells what a batch would take at least: nothing is asked, nothing created.

Of one round in which everything succeeds at once. What Step Functions itself takes, retries, splits
and large files come on top.
"""

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sei_export.jsontypes import JsonObject

ASSUMED_SECONDS = 60.0
"""Of an export whose kind was never exported. No page of the vendor's tells any duration; it is the
median with which docs/performance.md simulates."""

LONGEST_SECONDS = 86_400.0
"""The most that ExportTimeoutMinutes allows; a file in the bucket may say anything."""

CALL_SECONDS = 0.35
"""Of an invocation that makes one short call."""

LANDING_SECONDS = 2.0
"""Of DownloadExport with a small file."""

ACCOUNT_SECONDS = 0.005
"""Of PlanBatch and CloseBatch together for each item: an object read in 50 ms, ten at a time."""

_LEAST_WAIT = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a batch would take at least.

    Attributes:
        exports: How many.
        assumed: Of how many the duration was not known.
        calls: To the SEI API.
        seconds: From the batch's start to its end.
    """

    exports: int
    assumed: int
    calls: int
    seconds: float

    def to_json(self) -> JsonObject:
        """Its part of a dry run's output."""
        return {
            "exports": self.exports,
            "assumedDurations": self.assumed,
            "calls": self.calls,
            "durationSeconds": math.ceil(self.seconds),
        }


@dataclass(frozen=True, slots=True)
class Effort:
    """What one export takes.

    Attributes:
        calls: To the SEI API.
        seconds: For which it keeps one of MaxConcurrency, without the pause before it.
    """

    calls: int
    seconds: float


def estimate(exports: Sequence[tuple[bool, float | None]], max_concurrency: int) -> Estimate:
    """What a batch would take.

    Args:
        exports: For each, in the order of the round: whether it is a legacy report, and how many
            seconds the last one of its kind took; 0 or None if unknown.
        max_concurrency: How many run at a time.
    """
    kinds = [(legacy, _known(seconds)) for legacy, seconds in exports]
    efforts = {(legacy, known): effort_of(known, legacy=legacy) for legacy, known in {*kinds}}
    pauses = {legacy: pause_seconds(max_concurrency, legacy=legacy) for legacy in (False, True)}
    busy = (efforts[legacy, known].seconds + pauses[legacy] for legacy, known in kinds)
    return Estimate(
        exports=len(kinds),
        assumed=sum(not known for _, known in kinds),
        calls=sum(efforts[kind].calls for kind in kinds),
        seconds=ACCOUNT_SECONDS * len(kinds) + _makespan(busy, max_concurrency),
    )


def effort_of(known_seconds: float, *, legacy: bool) -> Effort:
    """What one export takes.

    Args:
        known_seconds: How long the last one of its kind took, and so this one; 0 if unknown.
        legacy: Whether it is a legacy report: one call, as long as the report takes.
    """
    seconds = known_seconds or ASSUMED_SECONDS
    if legacy:
        return Effort(calls=1, seconds=2 * CALL_SECONDS + seconds)
    ages = poll_ages(known_seconds)
    polls, age = next((at, age) for at, age in enumerate(ages, start=1) if age >= seconds)
    return Effort(
        # Create; each poll; and the status once more before the file.
        calls=1 + polls + 2,
        # Created, polled for the last time, landed, recorded.
        seconds=CALL_SECONDS + age + CALL_SECONDS + LANDING_SECONDS + CALL_SECONDS,
    )


def poll_ages(known_seconds: float) -> Iterator[float]:
    """The export's age at each poll, as WaitForExport of export.asl.json has it; without end.

    Args:
        known_seconds: How long the last one of its kind took; 0 if unknown.
    """
    # In whole milliseconds as the state machine's clock, so that rounding is the same too.
    millis = 0.0
    while True:
        age = millis / 1000
        sleep = 0.7 * known_seconds - age
        share = 0.05 if known_seconds > 0 else 0.2
        wait = min(1800, sleep) if sleep >= _LEAST_WAIT else min(60, max(_LEAST_WAIT, share * age))
        millis += 1000 * math.floor(wait)
        yield millis / 1000
        millis += 1000 * CALL_SECONDS


def pause_seconds(max_concurrency: int, *, legacy: bool) -> int:
    """The pause before each export, as PaceExport of batch.asl.json has it."""
    if legacy:
        return math.ceil(0.19 * max_concurrency)
    return math.ceil(max(0.075 * max_concurrency, 0.3 * max_concurrency - 5))


def _known(seconds: float | None) -> float:
    """How long the last one took, if that is a duration at all; 0 if it is not."""
    return min(seconds, LONGEST_SECONDS) if seconds and seconds > 0 else 0.0


def _makespan(busy: Iterable[float], slots: int) -> float:
    """When the last one ends, if each starts as soon as one of the slots is free."""
    free = [0.0] * slots
    for seconds in busy:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
