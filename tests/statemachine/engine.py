"""Step Functions in small: runs a definition to its end, with AWS's limits and AWS's strictness.

Every task answers what the test says. A state's retries are over at once, unless they are asked
for: what they cannot mend is what most tests are about.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine.jsonata_of_aws import QUERY_ERROR, Jsonata, StateError
from tests.statemachine.retries import attempts, entries, matching, seconds

STATE_BYTES = 262_144
CAUSE_CHARACTERS, ERROR_CHARACTERS = 32_768, 256
HISTORY_EVENTS = 25_000
ABORTED = "ABORTED"
"""No error's name: the platform ended it."""

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
_EVENTS = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Task": 5, "Map": 4}
"""Of a state's visit: entered and exited, where it is not the last; a task is also scheduled,
started and ends, a Map started and ends."""
_EVENTS_OF_A_TRY = {"Task": 3, "Map": 2}
"""That failed: scheduled or not, started, failed."""
_EVENTS_OF_AN_ITERATION = 2
_EVENTS_OF_A_WAITING_TASK = 1
"""Submitted, where the end of what was started is waited for."""
_EVENTS_OF_A_MAP_RUN = 2
"""Started and ended, of a Distributed Map's one. Its children have histories of their own."""

STARTED = "2026-03-01T06:00:00.000Z"
STARTED_MILLIS = 1_772_344_800_000

type Way = tuple[str, str]
"""A state's name and one of its ways: `Next`, `Default`, `Choices 1`, `Catch 1`, or `Retry 1` and
the name of an error there, which is taken when those retries are over. Counted from 1."""

type Answer = Callable[[str, JsonValue], JsonValue]
"""What a task or a Distributed Map returns, by state and arguments; may raise StateError."""

type Children = Callable[[list[JsonValue]], JsonValue]
"""Runs the children of a Distributed Map, each of which is given one of these."""


@dataclass
class End:
    """How an execution ended.

    Attributes:
        state: Its last state.
        output: What the last state was given, or put out.
        error: The error's name; None after a success.
        cause: The error's text.
    """

    state: str
    output: JsonValue
    error: str | None = None
    cause: str = ""


@dataclass
class Engine:
    """One execution.

    Attributes:
        answer: What tasks return.
        given: The input.
        name: The execution's name.
        jsonata: Evaluates.
        variables: By name.
        visited: All states, in the order in which they were entered.
        waited: Seconds that Wait states took, each.
        events: In the history so far, with its first and its last.
        retrying: Whether a task that fails is tried again as its state says.
        slept: Seconds between the tries of a state, each.
        chance: What jitter makes of them; None: as the expressions' own.
        broken: What inline Maps fail with, by state, instead of running.
        started: When it was started.
        stops: Whether the platform ends it as it enters a state, given how many it has entered.
        redriven: When it was redriven last, if it was.
        children: Runs those of a Distributed Map; without it the answer is what they come to, with
            it the items that its reader finds.
        taken: Ways that were taken, in order: the state, and which of its ways.
        retried: How often the state was tried again that is or was the last one.
    """

    answer: Answer
    given: JsonValue = field(default_factory=dict)
    name: str = "run"
    jsonata: Jsonata = field(default_factory=lambda: Jsonata(STARTED_MILLIS))
    variables: JsonObject = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    events: int = 2
    retrying: bool = False
    slept: list[float] = field(default_factory=list)
    chance: Callable[[], float] | None = None
    broken: Mapping[str, StateError] = field(default_factory=dict)
    taken: list[Way] = field(default_factory=list)
    started: str = STARTED
    children: Children | None = None
    stops: Callable[[int], bool] = lambda _: False
    redriven: str | None = None
    retried: int = 0

    def run(self, definition: JsonObject) -> End:
        """Run it to its end."""
        return self._run(definition, self.given, str(definition["StartAt"]))

    def redrive(self, definition: JsonObject, end: End, moment: str) -> End:
        """Go on where it ended: all that it had is kept, and its last state is entered again.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        """
        self.redriven = moment
        self.events += 1
        return self._run(definition, end.output, end.state)

    def _run(self, definition: JsonObject, given: JsonValue, name: str) -> End:
        states = cast("dict[str, JsonObject]", definition["States"])
        while True:
            self.visited.append(name)
            state = states[name]
            if self.stops(len(self.visited)):
                return End(name, given, ABORTED)
            self.events += _EVENTS[str(state["Type"])] + _more_events(state)
            if self.events >= HISTORY_EVENTS:
                return End(name, given, "States.Runtime", "The history is full.")
            try:
                if state["Type"] == "Succeed":
                    return End(name, given)
                if state["Type"] == "Fail":
                    return self._failed(name, state, given)
                following, given = self._step(name, state, given)
            except StateError as error:
                return End(name, given, error.error, error.cause or "")
            name = following

    def _step(self, name: str, state: JsonObject, given: JsonValue) -> tuple[str, JsonValue]:
        self.retried = 0
        seen: JsonObject = {"context": self._context(), "input": given}
        if state["Type"] in {"Task", "Map"}:
            try:
                seen["result"] = _fitting(self._tried(name, state, given))
                seen["context"] = self._context()
                left = self._left(state, seen, seen["result"])
                self.taken.append((name, "Next"))
                return str(state["Next"]), left
            except StateError as error:
                # A failed evaluation has an event of its own.
                self.events += error.error == QUERY_ERROR
                at = matching(state, "Catch", error.error)
                if at is None:
                    raise
                seen["context"] = self._context()
                self.taken.append((name, f"Catch {at + 1}"))
                catcher = entries(state, "Catch")[at]
                cause: JsonObject = {} if error.cause is None else {"Cause": error.cause}
                output: JsonObject = {"Error": error.error, **cause}
                caught = {**seen, "errorOutput": output}
                caught.pop("result", None)
                return str(catcher["Next"]), self._left(catcher, caught, output)
        if state["Type"] == "Choice":
            rule = self._chosen(name, state, seen)
            return str(rule.get("Next", rule.get("Default"))), self._left(rule, seen, given)
        if state["Type"] == "Wait":
            self._wait(self._fill(state["Seconds"], seen))
        self.taken.append((name, "Next"))
        return str(state["Next"]), self._left(state, seen, given)

    def _tried(self, name: str, state: JsonObject, given: JsonValue) -> JsonValue:
        """What a state's work comes to, with its retries."""
        tries: Counter[int] = Counter()
        while True:
            self.retried = tries.total()
            try:
                return self._result(name, state, given)
            except StateError as error:
                at = matching(state, "Retry", error.error)
                if at is None or not self.retrying:
                    raise
                entry = entries(state, "Retry")[at]
                if tries[at] >= attempts(entry):
                    named = error.error in cast("list[str]", entry["ErrorEquals"])
                    known = error.error if named else "States.ALL"
                    self.taken.append((name, f"Retry {at + 1} {known}"))
                    raise
                self._wait_to_retry(entry, tries[at])
                self.events += _EVENTS_OF_A_TRY[str(state["Type"])] + _more_events(state)
                tries[at] += 1

    def _wait_to_retry(self, entry: JsonObject, tries: int) -> None:
        chance = self.chance() if self.chance else self.jsonata.chance
        self.slept.append(seconds(entry, tries, chance))
        self.jsonata.millis += round(1000 * self.slept[-1])

    def _result(self, name: str, state: JsonObject, given: JsonValue) -> JsonValue:
        seen: JsonObject = {"context": self._context(), "input": given}
        if state["Type"] == "Task":
            return self.answer(name, _fitting(self._fill(state["Arguments"], seen)))
        if "ItemProcessor" in state:
            # As AWS evaluates them; nothing here depends on what they come to.
            self._fill([state.get("MaxConcurrency", 0), state.get("ResultWriter", {})], seen)
        if "Items" not in state:
            reader = cast("JsonObject", state["ItemReader"])
            found = self.answer(name, _fitting(self._fill(reader["Arguments"], seen)))
            if self.children is None:
                return found
            read = cast("list[JsonValue]", found)
            return self.children([self._selected(state, seen, item) for item in read])
        if name in self.broken:
            raise self.broken[name]
        items = self._fill(state["Items"], seen)
        if not isinstance(items, list):
            raise StateError(QUERY_ERROR, "Items are no list.")
        return [self._iteration(state, seen, item) for item in items]

    def _iteration(self, state: JsonObject, seen: JsonObject, item: JsonValue) -> JsonValue:
        outer, retried = self.variables, self.retried
        self.variables = dict(outer)
        self.events += _EVENTS_OF_AN_ITERATION
        try:
            given = self._selected(state, seen, item)
            inner = cast("JsonObject", state["ItemProcessor"])
            end = self._run(inner, given, str(inner["StartAt"]))
        finally:
            self.variables, self.retried = outer, retried
        if end.error is not None:
            raise StateError(end.error, end.cause)
        return end.output

    def _selected(self, state: JsonObject, seen: JsonObject, item: JsonValue) -> JsonValue:
        context: JsonObject = self._context() | {"Map": {"Item": {"Value": item}}}
        return self._fill(state["ItemSelector"], {**seen, "context": context})

    def _chosen(self, name: str, state: JsonObject, seen: JsonObject) -> JsonObject:
        for at, rule in enumerate(entries(state, "Choices")):
            holds = self._fill(rule["Condition"], seen)
            if not isinstance(holds, bool):
                raise StateError(QUERY_ERROR, f"{rule['Condition']} is {holds!r}.")
            if holds:
                self.taken.append((name, f"Choices {at + 1}"))
                return rule
        self.taken.append((name, "Default"))
        return state

    def _wait(self, seconds: JsonValue) -> None:
        whole = isinstance(seconds, int | float) and seconds == int(seconds)
        if not whole or not 0 <= cast("float", seconds) <= 99_999_999:
            raise StateError(QUERY_ERROR, f"Seconds are {seconds!r}.")
        self.waited.append(cast("float", seconds))
        self.jsonata.millis += int(1000 * cast("float", seconds))

    def _left(self, entry: JsonObject, seen: JsonObject, default: JsonValue) -> JsonValue:
        """What a state, a rule or a catcher puts out; its variables are set then."""
        output = self._fill(entry["Output"], seen) if "Output" in entry else default
        assigned = cast("JsonObject", self._fill(entry.get("Assign", {}), seen))
        _fitting(assigned)
        self.variables = self.variables | assigned
        return _fitting(output)

    def _failed(self, name: str, state: JsonObject, given: JsonValue) -> End:
        seen: JsonObject = {"context": self._context(), "input": given}
        error, cause = (self._fill(state[field], seen) for field in ("Error", "Cause"))
        if not isinstance(error, str) or not isinstance(cause, str):
            raise StateError(QUERY_ERROR, "Error or Cause is no text.")
        if units(error) > ERROR_CHARACTERS or units(cause) > CAUSE_CHARACTERS:
            raise StateError("States.Runtime", "Error or Cause is too long.")
        return End(name, given, error, cause)

    def _fill(self, template: JsonValue, seen: JsonObject) -> JsonValue:
        return self.jsonata.fill(template, self.variables | {"states": seen})

    def _context(self) -> JsonObject:
        execution: JsonObject = {
            "Id": f"arn:aws:states:eu-west-1:123456789012:execution:Machine:{self.name}",
            "Name": self.name,
            "StartTime": self.started,
            "Input": self.given,
            "RedriveCount": 1 if self.redriven else 0,
            # Only of one that was redriven.
            **({"RedriveTime": self.redriven} if self.redriven else {}),
        }
        return {"Execution": execution, "State": {"RetryCount": self.retried}}


def _more_events(state: JsonObject) -> int:
    """What each try of a state has beyond those of its type."""
    if ".sync" in str(state.get("Resource")):
        return _EVENTS_OF_A_WAITING_TASK
    return _EVENTS_OF_A_MAP_RUN if "ItemReader" in state else 0


def size_of(value: JsonValue) -> int:
    """Bytes of a value as Step Functions writes it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def units(text: str) -> int:
    """Its length in UTF-16: no page of AWS's says how it counts, and this counts most."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(value: JsonValue) -> JsonValue:
    if size_of(value) > STATE_BYTES:
        raise StateError("States.DataLimitExceeded", "Too large.")
    return value


def leaves(value: JsonValue, depth: int = 0) -> Iterator[tuple[JsonValue, int]]:
    """All that a value holds, with how deep each is."""
    left: list[tuple[JsonValue, int]] = [(value, depth)]
    while left:
        each, at = left.pop()
        yield each, at
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        left += [(one, at + 1) for one in inner]
