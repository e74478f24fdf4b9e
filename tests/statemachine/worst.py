"""The longest histories: everything is tried again as often as it may be, and nothing takes time.

Jitter is what chance makes of it: no wait at all is possible, so that is what it is here.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.engine import STARTED_MILLIS, End, Engine
from tests.statemachine.jsonata_of_aws import Jsonata, StateError
from tests.statemachine.retries import attempts, entries

type Course = Callable[[str, Engine], JsonValue | StateError]
"""What the visit of a state comes to, by its name."""

LIMITED = StateError("RateLimitedError", hostile.raised("429. Retry-After: 0. Remedy: Wait."))
ALL_TRIES = 1000
"""More than any state has."""

LOST = StateError("KeyError", hostile.raised("No. Remedy: Mend it.", "KeyError"))


@dataclass
class Worst:
    """An execution that fails as often as it may at each state.

    Attributes:
        definition: Of its machine.
        course: What each visit comes to in the end.
        tries: How many tries of each visit fail before, at most; by the state's name.
        given: Its input.
        stops: Whether the platform ends it, given how many states it has entered.
    """

    definition: JsonObject
    course: Course
    tries: Callable[[str], int] = lambda _: ALL_TRIES
    given: JsonValue = field(default_factory=dict)
    stops: Callable[[int], bool] = lambda _: False

    def __post_init__(self) -> None:
        self.left: dict[str, Iterator[StateError]] = {}
        self.asked: Counter[str] = Counter()
        self.states = {
            name: cast("JsonObject", state)
            for graph in machine.graphs(cast("machine.Tree", self.definition))
            for name, state in machine.states(graph).items()
        }
        self.engine = Engine(
            self._answer,
            self.given,
            jsonata=Jsonata(STARTED_MILLIS, chance=0),
            retrying=True,
            stops=self.stops,
        )
        self.end: End = self.engine.run(self.definition)

    def _answer(self, state: str, _: JsonValue) -> JsonValue:
        self.asked[state] += 1
        left = self.left.setdefault(state, self._errors(state))
        error = next(left, None)
        if error is not None:
            raise error
        del self.left[state]
        result = self.course(state, self.engine)
        if isinstance(result, StateError):
            raise result
        return result

    def _errors(self, state: str) -> Iterator[StateError]:
        """As many of each kind as are tried again."""
        known = 0
        for entry in entries(self.states[state], "Retry"):
            name = cast("list[str]", entry["ErrorEquals"])[0].replace("States.ALL", "Any")
            for _ in range(attempts(entry)):
                known += 1
                if known <= self.tries(state):
                    yield StateError(name, hostile.raised("No."))
