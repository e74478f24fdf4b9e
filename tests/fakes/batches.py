"""Batches on a bucket, round after round, as the state machine runs them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sei_export import keys
from sei_export.batch.item import Item
from sei_export.batch.ledger import MAX_ROUNDS
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.close_batch import close_batch
from sei_export.steps.plan_batch import plan_batch
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import BATCH_DEFAULTS, landed, task_failed
from tests.fakes.scripted_api import ScriptedApi

BATCH_ARN = "arn:aws:states:eu-west-1:123456789012:execution:Batch:weekly"
NOW = datetime(2026, 3, 15, 7, 30, tzinfo=UTC)

type Ended = JsonObject | None
"""`result` or `failure` of an item; None: nobody wrote it down."""

type Ending = Callable[[Item], Ended]
"""What becomes of an item."""


def too_large(name: str = "run-1") -> JsonObject:
    """How an export ends that a smaller scope may cure."""
    return task_failed("ExportTimedOutError", "Not ready.", "Export less.", name)


def refused(message: str = "No.", remedy: str = "Ask.") -> JsonObject:
    """How an export ends that failed for good."""
    return task_failed("ExportRejectedError", message, remedy)


def teams_end(teams: dict[str | None, Ended]) -> Ending:
    """What becomes of the items of some teams, None for the whole tree; all others land."""
    return lambda item: teams[item.team] if item.team in teams else landed(item)


@dataclass
class Batch:
    """One batch after another on one bucket, of one tree.

    Attributes:
        s3: The bucket.
        tree: What the API answers about the tree's teams.
        run: The current batch.
        number: Its round.
        ran: Teams of each of its rounds.
        now: The clock.
        running: ARNs of executions that run.
        retention: After how long the bucket deletes files.
    """

    s3: FakeS3 = field(default_factory=FakeS3)
    tree: JsonValue = field(default_factory=lambda: ENGINEERING)
    run: str = "weekly"
    number: int = 0
    ran: list[list[str | None]] = field(default_factory=list)
    now: datetime = NOW
    running: set[str] = field(default_factory=set)
    retention: timedelta | None = None

    def plan(self, *entries: JsonValue, run: str = "weekly", **fields: JsonValue) -> JsonObject:
        """PlanBatch."""
        return self.start({"name": "weekly", "exports": [*entries], **fields}, run)

    def start(self, given: JsonObject, run: str) -> JsonObject:
        """PlanBatch with any input."""
        self.run, self.number, self.ran = run, 1, []
        api = ScriptedApi.answering(200, [{"id": 1, "name": "Engineering"}], [], self.tree)
        payload: JsonObject = {
            "input": given,
            "run": run,
            "executionArn": BATCH_ARN,
            "startedAt": "2026-03-15T06:00:00Z",
        }
        return plan_batch(
            payload,
            BATCH_DEFAULTS,
            api.connect,
            self.s3.documents,
            self.running.__contains__,
            self.retention,
        )

    @property
    def items(self) -> list[Item]:
        """Those of the current round."""
        return [
            Item.from_json(each)
            for each in self.s3.documents.read_list(keys.round_key(self.run, self.number))
        ]

    def record(self, answer: Ending) -> None:
        """The Map: an outcome of each item."""
        items = self.items
        self.ran.append([item.team for item in items])
        for item in items:
            ended = answer(item)
            if ended is not None:
                given: JsonObject = {"run": self.run, "round": self.number, "item": item.to_json()}
                documents = self.s3.documents
                record_outcome({**given, **ended}, documents, documents, lambda: self.now)

    def close(self, map_failure: JsonValue = None) -> JsonObject:
        """CloseBatch."""
        payload: JsonObject = {"run": self.run, "round": self.number, "executionArn": BATCH_ARN}
        if map_failure is not None:
            payload["mapFailure"] = map_failure
        return close_batch(payload, self.s3.documents, lambda: self.now)

    def settle(self, answer: Ending) -> JsonObject:
        """All rounds, as the state machine runs them."""
        while True:
            self.record(answer)
            closed = self.close()
            if closed["status"] != "CONTINUE":
                return closed
            assert closed["round"] == self.number + 1 <= MAX_ROUNDS
            self.number += 1
            seconds = closed["waitSeconds"]
            assert isinstance(seconds, int)
            self.now += timedelta(seconds=seconds)

    def settled(self, *entries: JsonValue, answer: Ending, run: str = "weekly") -> JsonObject:
        """A whole batch."""
        self.plan(*entries, run=run)
        return self.settle(answer)

    @property
    def manifest_key(self) -> str:
        """Where the current batch's is."""
        return keys.run_manifest_key(self.run)

    @property
    def manifest(self) -> JsonObject:
        """The current batch's; empty if there is none."""
        return self.s3.documents.read_json(self.manifest_key).content

    @property
    def progress(self) -> JsonObject:
        """How far the current batch is; empty if nobody has told."""
        return self.s3.documents.read_json(keys.progress_key(self.run)).content

    @property
    def lines(self) -> list[JsonObject]:
        """The items of the manifest."""
        lines = self.manifest["items"]
        assert isinstance(lines, list)
        return [line for line in lines if isinstance(line, dict)]

    def line(self, team: str | None) -> JsonObject:
        """The manifest's one item of a team."""
        [line] = [line for line in self.lines if line["team"] == team]
        return line

    def fates(self) -> dict[JsonValue, JsonValue]:
        """The manifest's outcomes by team."""
        return {str(line["team"]): line["outcome"] for line in self.lines}
