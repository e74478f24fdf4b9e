"""Step Functions in small, with retries: each is waited for in virtual time, as AWS waits."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.engine import STARTED_MILLIS, UNCAUGHT, Engine
from tests.statemachine.jsonata_of_aws import HALF, Jsonata, StateError

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_INTERVAL_SECONDS, _BACKOFF_RATE, _MAX_ATTEMPTS = 1, 2.0, 3
_HISTORY_EVENTS = 3
"""Of a try that failed: scheduled, started, failed."""


@dataclass
class RememberingJsonata(Jsonata):
    """Evaluates each expression once for the same bindings: thousands of executions are alike."""

    def _evaluate(self, expression: str, bindings: JsonObject) -> JsonValue:
        names = _names_of(expression)
        known = json.dumps({name: bindings[name] for name in names if name in bindings})
        key = (expression, known, self.millis if "millis" in names else 0)
        if key not in _EVALUATED:
            _EVALUATED[key] = super()._evaluate(expression, bindings)
        return _EVALUATED[key]


_EVALUATED: dict[tuple[str, str, int], JsonValue] = {}


@cache
def _names_of(expression: str) -> frozenset[str]:
    """All that an expression may look at."""
    return frozenset(re.findall(r"\$(\w+)", expression))


@dataclass
class RetryingEngine(Engine):
    """One execution whose tasks are tried again as their states say.

    Attributes:
        retried: Seconds before each further try, with the state and the error that led to it.
    """

    jsonata: Jsonata = field(default_factory=lambda: RememberingJsonata(STARTED_MILLIS))
    retried: list[tuple[str, str, float]] = field(default_factory=list)

    def _result(self, name: str, state: JsonObject, given: JsonValue) -> JsonValue:
        # Each entering of a state begins its counts anew.
        counts: dict[int, int] = {}
        while True:
            try:
                return super()._result(name, state, given)
            except StateError as error:
                seconds = _delay(state, error.error, counts)
                if seconds is None:
                    raise
                self.retried.append((name, error.error, seconds))
                self.jsonata.millis += round(1000 * seconds)
                self.events += _HISTORY_EVENTS


def _delay(state: JsonObject, error: str, counts: dict[int, int]) -> float | None:
    """Seconds until the next try; None where there is none. The first retrier that matches counts.

    Args:
        state: The state's definition.
        error: The error's name.
        counts: How often each retrier of the state was used; one more after this.
    """
    for at, retrier in enumerate(cast("list[JsonObject]", state.get("Retry", []))):
        names = cast("list[str]", retrier["ErrorEquals"])
        if error in names or ("States.ALL" in names and error not in UNCAUGHT):
            used = counts.get(at, 0)
            if used >= _number(retrier, "MaxAttempts", _MAX_ATTEMPTS):
                return None
            counts[at] = used + 1
            return _seconds(retrier, used)
    return None


def _seconds(retrier: JsonObject, used: int) -> float:
    """How long a retrier waits after so many tries of its own."""
    interval = _number(retrier, "IntervalSeconds", _INTERVAL_SECONDS)
    seconds = interval * _number(retrier, "BackoffRate", _BACKOFF_RATE) ** used
    seconds = min(seconds, _number(retrier, "MaxDelaySeconds", seconds))
    return seconds * HALF if retrier.get("JitterStrategy") == "FULL" else seconds


def _number(retrier: JsonObject, name: str, default: float) -> float:
    return float(cast("float", retrier.get(name, default)))


def longest_task(state: JsonObject) -> float:
    """Seconds that one visit of a task may take at most, with all its tries and waits."""
    each = float(cast("float", state["TimeoutSeconds"]))
    total = each
    for retrier in cast("list[JsonObject]", state.get("Retry", [])):
        tries = int(_number(retrier, "MaxAttempts", _MAX_ATTEMPTS))
        total += sum(each + _seconds(retrier, used) for used in range(tries))
    return total
