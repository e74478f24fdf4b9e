"""What exports and batches cost at AWS: what is charged for, counted, and the sum in dollars.

Retries, splits, logs, traces, events and large files come on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bench import prices
from sei_export.batch.estimate import ACCOUNT_SECONDS

SMALL_GB, LARGE_GB, ACCOUNT_GB = 0.25, 0.75, 1.0
"""The functions' memory, as in template.yaml: of those that make a call, of those that move a file,
and of PlanBatch and CloseBatch."""

CHILD_START = 1
"""A Distributed Map is charged one more transition for each child that it starts:
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html."""

OUTCOME_PUTS = 2
"""The outcome, and the name that tells what progress counts."""

EXPORT_PUTS = 5 + OUTCOME_PUTS
"""Object, manifest, mark before and after the event; series, but of legacy reports; outcome."""

BATCH_INVOCATIONS = 2
"""PlanBatch and CloseBatch."""

BATCH_PUTS = 7
"""Plan, items, manifest, the Map's own two, and progress as it begins and ends; in between that is
two in ten seconds at most."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What AWS charges for.

    Attributes:
        transitions: Of state machines' executions; a mean need not be whole.
        invocations: Of functions.
        gb_seconds: Of those.
        puts: Objects written.
    """

    transitions: float
    invocations: float
    gb_seconds: float
    puts: int

    @property
    def dollars(self) -> float:
        """The sum at list prices."""
        return (
            self.transitions * prices.TRANSITION_DOLLARS
            + self.invocations * prices.INVOCATION_DOLLARS
            + self.gb_seconds * prices.GB_SECOND_DOLLARS
            + self.puts * prices.PUT_DOLLARS
        )


def of_batch(states: int, exports: Sequence[Cost]) -> Cost:
    """What a batch of one round takes.

    Args:
        states: How many its own execution enters.
        exports: What each of its exports takes, with the Map's child around it.
    """
    account = ACCOUNT_GB * ACCOUNT_SECONDS * len(exports)
    return Cost(
        transitions=states + sum(it.transitions for it in exports),
        invocations=BATCH_INVOCATIONS + sum(it.invocations for it in exports),
        gb_seconds=account + sum(it.gb_seconds for it in exports),
        puts=BATCH_PUTS + sum(it.puts for it in exports),
    )
