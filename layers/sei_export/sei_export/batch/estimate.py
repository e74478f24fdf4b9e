"""What a batch would take at least, for a dry run: nothing is asked and nothing created.

Of one round in which everything succeeds at once. What Step Functions itself takes, retries,
splits, logs, traces, events and large files come on top.
"""

import heapq
import math
from collections import Counter
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

SMALL_GB, LARGE_GB, ACCOUNT_GB = 0.25, 0.75, 1.0
"""The functions' memory, as in template.yaml: of those that make a call, of those that move a file,
and of PlanBatch and CloseBatch."""

_LEAST_WAIT = 5
BATCH_INVOCATIONS = 2
"""PlanBatch and CloseBatch."""

# List prices of us-east-1, without free tiers, read in November 2026:
# https://aws.amazon.com/step-functions/pricing/ (standard workflows),
# https://aws.amazon.com/lambda/pricing/ (arm64, first tier), https://aws.amazon.com/s3/pricing/.
TRANSITION_DOLLARS = 25e-6
GB_SECOND_DOLLARS = 0.0000133334
INVOCATION_DOLLARS = 0.2e-6
PUT_DOLLARS = 0.005e-3

# The states that are entered, each a transition at that price; a test compares them with the
# definitions.
BATCH_STATES = (
    *("BeginBatch", "PlanBatch", "IsPlanToRun", "RunExports", "CloseBatch", "IsBatchClosed"),
    *("PublishBatchCompleted", "IsBatchComplete", "BatchSucceeded"),
)
CHILD_STATES = ("PaceExport", "RunExport", "RecordOutcome", "OutcomeRecorded")
EXPORT_STATES = (
    *("BeginExport", "CreateExport", "IsExportNew"),
    *("DownloadExport", "IsDownloadFinished", "ExportSucceeded"),
)
POLL_STATES = ("WaitForExport", "CheckExport", "IsExportReady")
LEGACY_STATES = ("BeginExport", "CreateExport", "IsExportNew", "FetchReport", "ExportSucceeded")

CHILD_START = 1
"""A Distributed Map is charged one more transition for each child that it starts:
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html."""

EXPORT_PUTS = 6
"""Object, manifest, mark before and after the event, outcome; and series, but of legacy reports."""

BATCH_PUTS = 5
"""Plan, items, manifest, and the Map's own two."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a batch would take at least.

    Attributes:
        exports: How many.
        assumed: Of how many the duration was not known.
        calls: To the SEI API.
        transitions: Of all state machines' executions.
        gb_seconds: Of all functions.
        seconds: From the batch's start to its end.
        dollars: At AWS.
    """

    exports: int
    assumed: int
    calls: int
    transitions: int
    gb_seconds: float
    seconds: float
    dollars: float

    def to_json(self) -> JsonObject:
        """Its part of a dry run's output."""
        return {
            "exports": self.exports,
            "assumedDurations": self.assumed,
            "calls": self.calls,
            "transitions": self.transitions,
            "lambdaGbSeconds": round(self.gb_seconds, 1),
            "durationSeconds": math.ceil(self.seconds),
            "dollars": round(self.dollars, 4),
        }


@dataclass(frozen=True, slots=True)
class Effort:
    """What one export takes.

    Attributes:
        calls: To the SEI API.
        transitions: Of its execution and of the Map's child around it.
        invocations: Of functions.
        gb_seconds: Of those.
        puts: Objects written.
        seconds: For which it keeps one of MaxConcurrency, without the pause before it.
    """

    calls: int
    transitions: int
    invocations: int
    gb_seconds: float
    puts: int
    seconds: float


def estimate(exports: Sequence[tuple[bool, float | None]], max_concurrency: int) -> Estimate:
    """What a batch would take.

    Args:
        exports: For each, in the order of the round: whether it is a legacy report, and how many
            seconds the last one of its kind took; 0 or None if unknown.
        max_concurrency: How many run at a time.
    """
    groups = Counter((legacy, _known(seconds)) for legacy, seconds in exports)
    busy: dict[tuple[bool, float], float] = {}
    calls, transitions, invocations, puts = 0, len(BATCH_STATES), BATCH_INVOCATIONS, BATCH_PUTS
    account = ACCOUNT_SECONDS * len(exports)
    gb_seconds = ACCOUNT_GB * account
    for (legacy, seconds), number in groups.items():
        effort = effort_of(seconds, legacy=legacy)
        calls += number * effort.calls
        transitions += number * effort.transitions
        invocations += number * effort.invocations
        puts += number * effort.puts
        gb_seconds += number * effort.gb_seconds
        busy[legacy, seconds] = effort.seconds + pause_seconds(max_concurrency, legacy=legacy)
    slots = (busy[legacy, _known(seconds)] for legacy, seconds in exports)
    return Estimate(
        exports=len(exports),
        assumed=sum(number for (_, seconds), number in groups.items() if not seconds),
        calls=calls,
        transitions=transitions,
        gb_seconds=gb_seconds,
        seconds=account + _makespan(slots, max_concurrency),
        dollars=priced(transitions, invocations, gb_seconds, puts),
    )


def effort_of(known_seconds: float, *, legacy: bool) -> Effort:
    """What one export takes.

    Args:
        known_seconds: How long the last one of its kind took, and so this one; 0 if unknown.
        legacy: Whether it is a legacy report: one call, as long as the report takes.
    """
    seconds = known_seconds or ASSUMED_SECONDS
    if legacy:
        return Effort(
            calls=1,
            transitions=CHILD_START + len(CHILD_STATES) + len(LEGACY_STATES),
            invocations=3,
            gb_seconds=SMALL_GB * 2 * CALL_SECONDS + LARGE_GB * seconds,
            puts=EXPORT_PUTS - 1,
            seconds=2 * CALL_SECONDS + seconds,
        )
    ages = poll_ages(known_seconds)
    polls, age = next((at, age) for at, age in enumerate(ages, start=1) if age >= seconds)
    states = len(CHILD_STATES) + len(EXPORT_STATES) + polls * len(POLL_STATES)
    return Effort(
        # Create; each poll; and the status once more before the file.
        calls=1 + polls + 2,
        transitions=CHILD_START + states,
        invocations=3 + polls,
        gb_seconds=SMALL_GB * (2 + polls) * CALL_SECONDS + LARGE_GB * LANDING_SECONDS,
        puts=EXPORT_PUTS,
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


def priced(transitions: int, invocations: int, gb_seconds: float, puts: int) -> float:
    """Dollars at AWS."""
    return (
        transitions * TRANSITION_DOLLARS
        + invocations * INVOCATION_DOLLARS
        + gb_seconds * GB_SECOND_DOLLARS
        + puts * PUT_DOLLARS
    )


def _known(seconds: float | None) -> float:
    """How long the last one took, if that is a duration at all; 0 if it is not."""
    return min(seconds, LONGEST_SECONDS) if seconds and seconds > 0 else 0.0


def _makespan(busy: Iterable[float], slots: int) -> float:
    """When the last one ends, if each starts as soon as one of the slots is free."""
    free = [0.0] * slots
    for seconds in busy:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
