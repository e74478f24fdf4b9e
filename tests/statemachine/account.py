"""A batch on an account that runs few functions at once, in virtual time, by the definitions.

Every invocation for which there is no room is answered as Lambda does, and what the machines do
then is what their retriers say.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from sei_export.batch.item import Item
from sei_export.batch.ledger import Fate, Ledger, balance
from sei_export.batch.outcomes import Outcome
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.samples import landed, task_failed
from tests.fakes.turns import Turns
from tests.statemachine.bus import Bus
from tests.statemachine.engine import End, Engine
from tests.statemachine.jsonata_of_aws import Jsonata, StateError

RUN = "weekly"
SMALL_SECONDS = 1.0
"""Of every function but the one that moves the file."""
MAKING_SECONDS = 120.0
"""Until an export is ready at the API."""


@dataclass
class Lambda:
    """All functions of one account.

    Attributes:
        room: How many may run at once.
        ends: When each of those that run ends, in milliseconds.
        refused: By state, how often there was no room.
        most: The most that ever ran at once.
    """

    room: int
    ends: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    most: int = 0

    def invoke(self, state: str, now: float, seconds: float) -> None:
        """Run a function from now on, if there is room.

        Raises:
            StateError: There is none.
        """
        self.ends = [end for end in self.ends if end > now]
        if len(self.ends) >= self.room:
            self.refused[state] += 1
            said = "Rate Exceeded. (Service: Lambda, Status Code: 429)"
            raise StateError("Lambda.TooManyRequestsException", said)
        self.ends.append(now + 1000 * seconds)
        self.most = max(self.most, len(self.ends))


@dataclass
class Batch:
    """One execution of the batch's machine, with all that it starts.

    Attributes:
        definitions: By machine, `child` among them.
        functions: The account's.
        items: Of the first round.
        concurrency: How many children run at a time.
        moving_seconds: How long the download of a file takes.
        bus: Where events go.
        rounds: The items of each round.
        outcomes: Of each round, what was written down.
    """

    definitions: dict[str, JsonObject]
    functions: Lambda
    items: Sequence[Item]
    concurrency: int
    moving_seconds: float
    bus: Bus = field(default_factory=Bus)
    rounds: list[Sequence[Item]] = field(default_factory=list)
    outcomes: list[dict[str, Outcome]] = field(default_factory=list)
    clocks: dict[int, int] = field(default_factory=dict)

    def run(self) -> End:
        """Run it to its end."""
        self.chance = random.Random(1).random  # noqa: S311 - the same chance every time
        self.engine = Engine(
            self._of_batch, retrying=True, children=self._children, chance=self.chance
        )
        return self.engine.run(self.definitions["batch"])

    def ledger(self) -> Ledger:
        """The account of all rounds until now."""
        number = len(self.rounds) + 1
        return balance(self.rounds, self.outcomes, lambda _: (), RUN, number)

    def _of_batch(self, state: str, arguments: JsonValue) -> JsonValue:
        if state.startswith("Publish"):
            return self.bus.put(arguments)
        if state == "RunExports":
            self.outcomes.append({})
            return [item.to_json() for item in self.rounds[-1]]
        self._invoke(self.engine, state, SMALL_SECONDS)
        following = self.items if state == "PlanBatch" else self.ledger().following
        if not following:
            landed_all = {line.fate for line in self.ledger().lines.values()} == {Fate.LANDED}
            return {"Payload": {"status": "COMPLETE" if landed_all else "PARTIAL"}}
        self.rounds.append(following)
        going_on: JsonObject = {"status": "CONTINUE", "round": len(self.rounds), "itemsKey": "key"}
        return {"Payload": going_on}

    def _children(self, given: list[JsonValue]) -> JsonValue:
        """As many at a time as may; whoever is the earliest goes on."""
        left = iter(given)
        workers = range(min(self.concurrency, len(given)))
        self.clocks = dict.fromkeys(workers, self.engine.jsonata.millis)
        self.turns = Turns(len(workers), lambda them: min(them, key=lambda it: self.clocks[it]))
        threads = [threading.Thread(target=self._work, args=(it, left)) for it in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.engine.jsonata.millis = max(self.clocks.values())
        return []

    def _work(self, worker: int, left: Iterator[JsonValue]) -> None:
        self.turns.enter(worker)
        try:
            for given in left:
                self._child(worker, cast("JsonObject", given))
                self.turns.take()
        finally:
            self.turns.leave()

    def _child(self, worker: int, given: JsonObject) -> None:
        item = Item.from_json(given["item"])

        def answer(state: str, arguments: JsonValue) -> JsonValue:
            if state == "RunExport":
                return self._export(worker, engine.jsonata, item)
            self._wait_for_turn(worker, engine)
            self._invoke(engine, state, SMALL_SECONDS)
            payload = cast("JsonObject", cast("JsonObject", arguments)["Payload"])
            outcome = Outcome.of(payload)
            self.outcomes[-1][item.id] = outcome
            return {"Payload": outcome.to_json()}

        clock = Jsonata(self.clocks[worker])
        engine = Engine(answer, given, jsonata=clock, retrying=True, chance=self.chance)
        engine.run(self.definitions["child"])
        self.clocks[worker] = engine.jsonata.millis

    def _export(self, worker: int, clock: Jsonata, item: Item) -> JsonValue:
        """The export's own execution, in its child's time."""
        ready = float("inf")

        def answer(state: str, arguments: JsonValue) -> JsonValue:
            nonlocal ready
            if state.startswith("Publish"):
                return self.bus.put(arguments)
            self._wait_for_turn(worker, engine)
            moves = state == "DownloadExport"
            self._invoke(engine, state, self.moving_seconds if moves else SMALL_SECONDS)
            if state == "CreateExport":
                ready = engine.jsonata.millis + 1000 * MAKING_SECONDS
                return {"Payload": {"exportId": f"exp_{item.id}", "report": "productivity"}}
            if state == "CheckExport":
                done = engine.jsonata.millis >= ready
                return {"Payload": {"status": "completed" if done else "processing"}}
            return {"Payload": landed(item)["result"]}

        engine = Engine(
            answer,
            item.request.canonical(),
            jsonata=clock,
            retrying=True,
            chance=self.chance,
            started=_iso(clock.millis),
        )
        end = engine.run(self.definitions["export"])
        if end.error is not None:
            message, _, remedy = end.cause.rpartition(" Remedy: ")
            failed = cast("JsonObject", task_failed(end.error, message, remedy)["failure"])
            raise StateError(str(failed["Error"]), str(failed["Cause"]))
        return {"Output": end.output}

    def _wait_for_turn(self, worker: int, engine: Engine) -> None:
        self.clocks[worker] = engine.jsonata.millis
        self.turns.take()

    def _invoke(self, engine: Engine, state: str, seconds: float) -> None:
        self.functions.invoke(state, engine.jsonata.millis, seconds)
        engine.jsonata.millis += round(1000 * seconds)


def _iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def without(definition: JsonObject, name: str) -> JsonObject:
    """A definition whose states know nothing of an error."""
    bare = json.dumps(definition).replace(f'"{name}", ', "").replace(f', "{name}"', "")
    return cast("JsonObject", json.loads(bare))
