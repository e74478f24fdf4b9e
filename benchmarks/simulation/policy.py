"""When the state machine polls, by its own expressions: the definition is read, not repeated.

Of the definition, the states up to the first Wait and the loop around it are stepped through, with
a clock that only Wait states and function calls move.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import cast

import jsonata

from local.paths import ROOT

type Value = dict[str, Value] | list[Value] | str | int | float | bool | None
type Variables = dict[str, Value]

_DEFINITION = ROOT / "statemachine" / "export.asl.json"
_SUBSTITUTIONS = {"${ExportTimeoutMinutes}": "180", "${MaxRestarts}": "2"}
_STARTED = "2025-01-01T00:00:00Z"
_STARTED_MILLIS = 1_735_689_600_000


class Machine:
    """The definition's loop."""

    def __init__(self) -> None:
        text = _DEFINITION.read_text()
        for name, value in _SUBSTITUTIONS.items():
            text = text.replace(name, value)
        self._states: dict[str, dict[str, Value]] = json.loads(text)["States"]
        self._millis = float(_STARTED_MILLIS)

    def polls(self, expected_seconds: float, call_seconds: float) -> Iterator[float]:
        """The export's age, in seconds, at each poll; without end.

        Args:
            expected_seconds: How long the last export of the same kind took; 0 if unknown.
            call_seconds: How long one call of a function takes.
        """
        self._millis = float(_STARTED_MILLIS)
        variables: Variables = {}
        execution: Value = {"StartTime": _STARTED, "Id": "1", "Input": {}}
        begun: Variables = {"context": {"Execution": execution, "State": {"RetryCount": 0}}}
        export: Value = {
            "exportId": "exp_1",
            "legacy": False,
            "expectedSeconds": expected_seconds,
        }
        self._assign("BeginExport", variables, begun)
        self._assign("CreateExport", variables, begun | {"result": {"Payload": export}})
        created = self._millis
        while True:
            seconds = self._evaluate(self._states["WaitForExport"]["Seconds"], variables, begun)
            self._millis += 1000 * cast("float", seconds)
            yield (self._millis - created) / 1000
            self._millis += 1000 * call_seconds
            pending: Value = {"Payload": {"status": "processing"}}
            self._assign("CheckExport", variables, begun | {"result": pending})

    def _assign(self, state: str, variables: Variables, states: Variables) -> None:
        """All expressions of a state see the variables as they were before it."""
        assigned = cast("dict[str, Value]", self._states[state].get("Assign", {}))
        variables |= {
            name: self._evaluate(value, variables, states) for name, value in assigned.items()
        }

    def _evaluate(self, value: Value, variables: Variables, states: Variables) -> Value:
        if not isinstance(value, str) or not value.startswith("{%"):
            return value
        program = _compiled(value)
        program.register_lambda("millis", self._now)
        return cast("Value", program.evaluate(None, variables | {"states": states}))

    @property
    def _now(self) -> Callable[[], float]:
        return lambda: self._millis


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(expression.removeprefix("{%").removesuffix("%}"))
