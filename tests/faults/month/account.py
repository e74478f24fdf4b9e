"""An AWS account over a year: the batch machine, its children and the export machine, for real.

Real: the definitions, the steps, their HTTP over loopback connections. In memory: S3 and the bus.
Virtual: all time. Children that would run at the same time run one after the other, each by a clock
of its own.
"""

import heapq
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.batch.defaults import BatchDefaults
from sei_export.clock import Clock, Deadline
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.land import Landing
from sei_export.steps.check_export import check_export
from sei_export.steps.close_batch import close_batch
from sei_export.steps.create_export import create_export
from sei_export.steps.download_export import download_export
from sei_export.steps.plan_batch import plan_batch
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.events import FakeEvents
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import DEFAULTS, nothing_runs
from tests.faults.month.direct import DirectCalls, Server
from tests.statemachine.bus import Bus
from tests.statemachine.engine import CAUSE_CHARACTERS, End, Engine
from tests.statemachine.jsonata_of_aws import Jsonata, StateError
from tests.statemachine.walks import definition_of

CONCURRENCY = 10
_SECONDS = 900
_RETENTION = timedelta(days=730)
_ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:Machine"
_DEFINITIONS = {
    name: definition_of(
        name,
        ExportStateMachineArn=_ARN,
        # As the template's own.
        ExportTimeoutMinutes="180",
        MaxRestarts="2",
        MaxConcurrency=str(CONCURRENCY),
    )
    for name in ("batch", "child", "export")
}


class StoppedError(BaseException):
    """Somebody stops the execution; nothing may catch that."""


@dataclass
class Account:
    """Runs batches, one after the other.

    Attributes:
        plan: The stack's BatchPlan.
        vendor: Answers what the functions ask the API.
        now: When the next execution starts; after one, when it ended.
        stops_at: When the batch under way is stopped.
        meanwhile: What happens while its exports run.
        ended: How export executions ended, by name; None for those that were stopped.
    """

    plan: JsonObject
    vendor: Server
    now: datetime
    stops_at: datetime | None = None
    meanwhile: Callable[[], object] | None = None
    ended: dict[str, End | None] = field(default_factory=dict)
    s3: FakeS3 = field(default_factory=FakeS3)
    events: FakeEvents = field(default_factory=FakeEvents)
    bus: Bus = field(default_factory=Bus)
    _engines: list[Engine] = field(default_factory=list)

    def run(self, given: JsonValue, name: str) -> tuple[str, End | None]:
        """Run one execution of the batch machine.

        Returns:
            The run; and how it ended, None if it was stopped.
        """
        engine = self._engine(given, name, self.now)
        engine.children = self._children
        end: End | None = None
        try:
            end = self._execute(engine, "batch")
        except StoppedError:
            self.stops_at = None
        self.now = _moment(engine)
        return str(engine.variables["run"]), end

    @property
    def moment(self) -> datetime:
        """By the clock of the execution under way."""
        return _moment(self._engines[-1]) if self._engines else self.now

    # --- machines ---

    def _engine(self, given: JsonValue, name: str, at: datetime) -> Engine:
        return Engine(
            self._answer,
            given,
            name,
            jsonata=Jsonata(round(at.timestamp() * 1000)),
            retrying=True,
            started=f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        )

    def _execute(self, engine: Engine, machine: str) -> End:
        with self._under_way(engine):
            return engine.run(_DEFINITIONS[machine])

    @contextmanager
    def _under_way(self, engine: Engine) -> Iterator[None]:
        self._engines.append(engine)
        try:
            yield
        finally:
            self._engines.pop()

    def _children(self, inputs: list[JsonValue]) -> JsonValue:
        """A Distributed Map: so many children at a time, in the order of its items."""
        batch = self._engines[-1]
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            self.now = _moment(batch)
            happens()
            batch.jsonata.millis = round(self.now.timestamp() * 1000)
        slots = [batch.jsonata.millis] * CONCURRENCY
        for at, given in enumerate(inputs):
            child = self._engine(given, f"child-{at}", _time(heapq.heappop(slots)))
            try:
                # Whatever it ends with, CloseBatch has to notice by itself.
                self._execute(child, "child")
            except StoppedError:
                assert self.stops_at
            heapq.heappush(slots, child.jsonata.millis)
        batch.jsonata.millis = max(slots)
        self._look_whether_stopped()
        return {}

    def _export(self, given: JsonObject) -> JsonValue:
        """What startExecution.sync:2 comes to."""
        name = str(given["Name"])
        if name in self.ended:
            raise StateError("StepFunctions.ExecutionAlreadyExistsException", name)
        assert given["StateMachineArn"] == _ARN
        self.ended[name] = None
        caller = self._engines[-1]
        engine = self._engine(given["Input"], name, self.moment)
        try:
            end = self.ended[name] = self._execute(engine, "export")
        finally:
            caller.jsonata.millis = engine.jsonata.millis
        arn = f"{_ARN.replace(':stateMachine:', ':execution:')}:{name}"
        about: JsonObject = {"ExecutionArn": arn, "StateMachineArn": _ARN, "Name": name}
        if end.error is None:
            return {**about, "Status": "SUCCEEDED", "Output": end.output}
        failed = {**about, "Status": "FAILED", "Error": end.error, "Cause": end.cause}
        raise StateError("States.TaskFailed", json.dumps(failed)[:CAUSE_CHARACTERS])

    def _answer(self, state: str, arguments: JsonValue) -> JsonValue:
        self._look_whether_stopped()
        given = cast("JsonObject", arguments)
        if state == "RunExports":
            return cast("JsonValue", self.s3.documents.read_list(str(given["Key"])))
        if state == "RunExport":
            return self._export(given)
        if state.startswith("Publish"):
            return self.bus.put(given)
        self.s3.now = self.moment
        try:
            return {"Payload": self._step(state, json.loads(json.dumps(given["Payload"])))}
        except Exception as error:  # noqa: BLE001 - as the runtime does
            said = {"errorMessage": str(error), "errorType": type(error).__name__}
            raise StateError(type(error).__name__, json.dumps(said)) from None

    def _look_whether_stopped(self) -> None:
        if self.stops_at and self.moment >= self.stops_at:
            raise StoppedError

    # --- functions ---

    def _step(self, state: str, payload: JsonObject) -> JsonValue:
        documents = self.s3.documents
        landing = Landing(self.s3.store, documents, self.events.bus, retention=_RETENTION)
        defaults = BatchDefaults(
            DEFAULTS, Parameter("BatchPlan", json.dumps(self.plan)), CONCURRENCY
        )
        steps: dict[str, Callable[[], JsonObject]] = {
            "PlanBatch": lambda: plan_batch(
                payload, defaults, self._connect, documents, nothing_runs
            ),
            "RecordOutcome": lambda: record_outcome(
                payload, documents, documents, lambda: self.moment
            ),
            "CloseBatch": lambda: close_batch(payload, documents, lambda: self.moment),
            "CreateExport": lambda: create_export(
                payload, DEFAULTS, self._connect, documents.read_json, dict
            ),
            "CheckExport": lambda: check_export(payload, self._connect),
            "DownloadExport": lambda: download_export(
                payload, self._connect, landing, self.s3.staging
            ),
        }
        return cast("JsonValue", json.loads(json.dumps(steps[state]())))

    def _connect(self, target: InProject) -> SeiClient:
        base = BaseUrl.parse("https://app.harness.io/prod1/sei/api/")
        clock = Clock(
            monotonic=self._seconds,
            now=lambda: self.moment,
            sleep=self._sleep,
            chance=lambda: 0.5,
        )
        calls = DirectCalls(self.vendor, base, Deadline.after(_SECONDS, clock))
        return SeiClient(calls, base, target.org, target.project)

    def _seconds(self) -> float:
        return self.moment.timestamp()

    def _sleep(self, seconds: float) -> None:
        self._engines[-1].jsonata.millis += round(1000 * seconds)


def _moment(engine: Engine) -> datetime:
    return _time(engine.jsonata.millis)


def _time(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)
