"""The API key changes at every call in turn: nothing fails, and no process is refused twice."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from sei_export import keys
from sei_export.api.client import Connect, InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.batch.item import Item
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.steps.check_export import check_export
from sei_export.steps.close_batch import close_batch
from sei_export.steps.create_export import create_export
from sei_export.steps.download_export import download_export
from sei_export.steps.fetch_report import fetch_report
from sei_export.steps.plan_batch import plan_batch
from sei_export.steps.record_outcome import record_outcome
from tests.fakes import slow_line
from tests.fakes.batches import BATCH_ARN, NOW
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.rotation import Rotation
from tests.fakes.s3 import FakeS3
from tests.fakes.samples import BATCH_DEFAULTS, DEFAULTS, asked, export_arn, least, nothing_runs
from tests.fakes.slow_calls import SlowCalls
from tests.fakes.stage import CSV, GZ
from tests.fakes.timing import FakeClock
from tests.faults.amount import Amount
from tests.faults.conftest import Count

STARTED = "2026-03-15T06:00:00Z"


@dataclass
class Account:
    """Stands for all that the functions work with: an API, a bucket, a bus, warm processes.

    Attributes:
        rotation: When the key changes, and who was refused.
        warm: How many processes of each function take turns.
        exports: By id, how often each was asked for.
        s3: The bucket.
        events: The bus.
        turn: Executions so far.
    """

    rotation: Rotation
    warm: int = 1
    exports: dict[str, int] = field(default_factory=dict)
    s3: FakeS3 = field(default_factory=FakeS3)
    events: FakeEvents = field(default_factory=FakeEvents)
    turn: int = 0

    def __post_init__(self) -> None:
        self.server = Loopback(self._answer)
        self.documents = {
            "org-trees": reply(200, [{"id": 1, "name": "Engineering"}]),
            "org-trees/1/teams": reply(200, ENGINEERING),
            "insights/teams/reports": reply(200, CSV, {"Content-Type": "text/csv"}),
        }

    def run(self, given: JsonObject, name: str) -> JsonObject:
        """One execution of the export machine, to its end."""
        self.turn += 1
        arn = export_arn(name)
        payload: JsonObject = {"input": given, "executionArn": arn, "startedAt": STARTED}
        read_json = self.s3.documents.read_json
        export = create_export(payload, DEFAULTS, self.connect("create_export"), read_json, dict)
        payload = {"export": export, "executionArn": arn, "polls": 2, "attempts": 1}
        if export["legacy"]:
            return fetch_report(payload, self.connect("fetch_report"), self.landing)
        for expected in ("processing", "completed"):
            answer = check_export(payload, self.connect("check_export"))
            assert answer["status"] == expected
        connect = self.connect("download_export")
        return download_export(payload, connect, self.landing, self.s3.staging)

    def connect(self, function: str) -> Connect:
        """Make clients for an invocation in one of the function's warm processes."""
        base = BaseUrl.parse(f"{self.server.origin}/sei/api/")

        def make(asked_for: InProject) -> SeiClient:
            environment = f"{function} {self.turn % self.warm}"
            http = self.rotation.http(environment, base, FakeClock().deadline(100))
            return SeiClient(http, base, asked_for.org, asked_for.project)

        return make

    @property
    def landing(self) -> Landing:
        """What lands files in the bucket."""
        return Landing(self.s3.store, self.s3.documents, self.events.bus)

    def _answer(self, received: Received) -> Answer:
        refusal = self.rotation.refuse(received)
        if refusal is not None:
            return refusal
        path = received.path.removeprefix("/sei/api/v2/")
        if path in self.documents:
            return self.documents[path]
        if received.method == "POST":
            export_id = f"exp_{len(self.exports)}"
            self.exports[export_id] = 0
            return reply(202, {"exportId": export_id, "createdAt": STARTED})
        if path.endswith("/download"):
            return reply(200, GZ)
        export_id = path.rpartition("/")[2]
        self.exports[export_id] += 1
        status = "PROCESSING" if self.exports[export_id] == 1 else "COMPLETED"
        return reply(200, {"status": status, "completedAt": STARTED})


@dataclass
class RotatingLine(slow_line.Slow):
    """Stands for a download over several invocations, in one warm process.

    Attributes:
        rotation: When the key changes.
    """

    rotation: Rotation = field(default_factory=Rotation)

    def connect(self, asked: InProject) -> SeiClient:
        """A new invocation."""
        self.clock = FakeClock()
        base = BaseUrl.parse(f"{self.server.origin}/sei/api")
        deadline = self.clock.deadline(self.seconds)
        http = self.rotation.http("download_export", base, deadline)
        return SeiClient(SlowCalls(http, self), base, asked.org, asked.project)

    def _answer(self, received: Received) -> Answer:
        return self.rotation.refuse(received) or super()._answer(received)


def _runs(rotation: Rotation) -> None:
    """Two exports and two legacy reports, in the same processes."""
    account = Account(rotation)
    with account.server:
        for number, report in enumerate(("productivity", "team-report") * 2):
            span: JsonObject = {"start": f"202{number}-01-01", "end": f"202{number}-12-31"}
            result = account.run(least(report, dateRange=span), f"run-{number}")
            assert (result["rows"], result["status"]) == (2, "completed")
            assert result["changed"] is True
    assert len(account.exports) == 2
    assert len(account.events.entries) == 4


def _batch(rotation: Rotation) -> None:
    """A batch of four teams, whose children are shared out to two processes of each function."""
    account = Account(rotation, warm=2)
    documents = account.s3.documents
    with account.server:
        entry = asked(scope={"orgTreeName": "Engineering", "teams": "leaves"})
        given: JsonObject = {"name": "weekly", "exports": [entry]}
        payload: JsonObject = {
            "input": given,
            "run": "weekly",
            "executionArn": BATCH_ARN,
            "startedAt": STARTED,
        }
        plan_batch(payload, BATCH_DEFAULTS, account.connect("plan_batch"), documents, nothing_runs)
        items = [*map(Item.from_json, documents.read_list(keys.round_key("weekly", 1)))]
        for item in items:
            told = item.to_json()
            sent = told["input"]
            assert isinstance(sent, dict)
            result = account.run(sent, item.name)
            ended: JsonObject = {"run": "weekly", "round": 1, "item": told, "result": result}
            record_outcome(ended, documents, documents, lambda: NOW)
    payload = {"run": "weekly", "round": 1, "executionArn": BATCH_ARN}
    closed = close_batch(payload, documents, lambda: NOW)
    totals = closed["totals"]
    assert isinstance(totals, dict)
    assert (closed["status"], totals["landed"]) == ("COMPLETE", len(items))
    assert len(account.exports) == len(items) > 1


def _download(rotation: Rotation) -> None:
    """A download over several invocations of one process."""
    line = RotatingLine(rotation=rotation)
    with line.server:
        results = line.finish()
    assert len(results) > 2
    slow_line.assert_landed(line, slow_line.GZ)


type Scene = Callable[[Rotation], None]

SCENES = [
    pytest.param("of a run", _runs, 60, id="run"),
    pytest.param("of a batch", _batch, 25, id="batch"),
    pytest.param("of a download", _download, 6, id="download"),
]
WAYS = [(status, overlap) for status in (401, 403) for overlap in (0, 1, 4)]
"""How the API refuses the old key, and for how many calls it still takes it."""


def _calls_of(scene: Scene) -> int:
    rotation = Rotation()
    scene(rotation)
    assert not rotation.refused
    return rotation.calls


@pytest.mark.parametrize(("what", "scene", "most"), SCENES)
def test_given_a_new_key_at_any_call_then_nothing_fails(
    what: str, scene: Scene, most: int, amount: Amount, count: Count
) -> None:
    cases = [(*way, at) for way in WAYS for at in range(1, _calls_of(scene) + 1)]
    for status, overlap, at in amount.of(cases, most):
        rotation = Rotation(at, status, overlap)
        scene(rotation)
        assert rotation.calls >= at
        assert all(times == 1 for times in rotation.refused.values()), rotation
        came_of = "landed_after_a_refused_call" if rotation.refused else "landed_unnoticed"
        count(f"a new key in the middle {what}", **{came_of: 1})
