"""Retries as AWS does them: which retrier is for an error, how often, and how long it waits."""

from typing import cast

from sei_export.jsontypes import JsonObject
from tests.statemachine.jsonata_of_aws import HALF

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_INTERVAL_SECONDS, _BACKOFF_RATE, _MAX_ATTEMPTS = 1, 2.0, 3
UNCAUGHT = frozenset({"States.Runtime", "States.DataLimitExceeded"})
"""Of errors, those that States.ALL does not match."""


def entries(state: JsonObject, kind: str) -> list[JsonObject]:
    """A state's Retry, Catch or Choices."""
    return cast("list[JsonObject]", state.get(kind, []))


def matching(state: JsonObject, kind: str, error: str) -> int | None:
    """Which of a state's retriers or catchers is for an error: the first that names it."""
    for at, entry in enumerate(entries(state, kind)):
        names = cast("list[str]", entry["ErrorEquals"])
        if error in names or ("States.ALL" in names and error not in UNCAUGHT):
            return at
    return None


def attempts(retrier: JsonObject) -> int:
    """How many tries it adds."""
    return int(_number(retrier, "MaxAttempts", _MAX_ATTEMPTS))


def seconds(retrier: JsonObject, used: int, chance: float = HALF) -> float:
    """How long it waits after so many tries of its own."""
    interval = _number(retrier, "IntervalSeconds", _INTERVAL_SECONDS)
    longest = interval * _number(retrier, "BackoffRate", _BACKOFF_RATE) ** used
    longest = min(longest, _number(retrier, "MaxDelaySeconds", longest))
    return longest * chance if retrier.get("JitterStrategy") == "FULL" else longest


def longest_task(state: JsonObject) -> float:
    """Seconds that one visit of a task may take at most, with all its tries and waits."""
    each = float(cast("float", state["TimeoutSeconds"]))
    waits = (
        seconds(retrier, used)
        for retrier in entries(state, "Retry")
        for used in range(attempts(retrier))
    )
    return each + sum(each + wait for wait in waits)


def _number(retrier: JsonObject, name: str, default: float) -> float:
    return float(cast("float", retrier.get(name, default)))
