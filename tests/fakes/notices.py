"""A desk over fakes, and the events that it hears."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sei_export import dates
from sei_export.executions import Told
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.notice.desk import Desk
from sei_export.notice.heard import Heard, digest
from sei_export.notice.states import Machines
from sei_export.notice.text import Notice
from sei_export.request.defaults import RequestDefaults
from tests.fakes.s3 import FakeS3

STACK = "sei-export"
KEYS_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ACCOUNT = "arn:aws:states:eu-west-1:123456789012"
MACHINES = Machines(
    *(f"{_ACCOUNT}:stateMachine:{it}StateMachine-1" for it in ("Export", "Batch", "Harvest"))
)
ASKED: JsonObject = {
    "report": "productivity",
    "scope": {"orgTreeName": "Engineering", "teamId": "456"},
    "dateRange": {"start": "2026-02-01", "end": "2026-02-28"},
}


def execution(machine: str = MACHINES.export, name: str = "run-1") -> str:
    """The ARN of an execution."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


_DEFAULT = Parameter("DefaultRequest", json.dumps(ASKED))


@dataclass
class Office:
    """A desk, what it has sent, and what Step Functions would say.

    Attributes:
        s3: The bucket.
        sent: The texts.
        executions: What Step Functions tells, by ARN.
        now: The clock.
        fail: Raised once by what sends, if it is set.
    """

    s3: FakeS3 = field(default_factory=FakeS3)
    sent: list[Notice] = field(default_factory=list)
    executions: dict[str, Told] = field(default_factory=dict)
    now: datetime = NOON
    fail: Exception | None = None

    def hear(self, kind: str, detail: JsonObject, *, after: timedelta = timedelta()) -> list[str]:
        """Hand an event over; the subjects of what was sent."""
        event: JsonObject = {
            "detail-type": kind,
            "time": dates.format_moment(self.now + after),
            "detail": detail,
        }
        return self.desk().tell(Heard.of(event))

    def end(self, status: str, arn: str, **fields: JsonValue) -> list[str]:
        """Hand over Step Functions' event, as AWS documents it: without error and cause."""
        machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
        detail: JsonObject = {
            "executionArn": arn,
            "stateMachineArn": machine,
            "name": name,
            "status": status,
            "startDate": int(NOON.timestamp() * 1000),
            "stopDate": int(NOON.timestamp() * 1000) + 1000,
            "input": "{}",
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": None,
        }
        return self.hear("Step Functions Execution Status Change", detail | fields)

    def desk(self) -> Desk:
        """The desk."""
        return Desk(
            stack=STACK,
            machines=MACHINES,
            documents=self.s3.documents,
            ask=self.executions.get,
            send=self._send,
            defaults=RequestDefaults(
                "default",
                "metrics",
                "Engineering",
                "UTC",
                _DEFAULT,
            ),
            secret_arn=KEYS_ARN,
            now=lambda: self.now,
        )

    def _send(self, notice: Notice) -> None:
        if self.fail:
            error, self.fail = self.fail, None
            raise error
        self.sent.append(notice)


def export_failed(arn: str = execution(), **fields: JsonValue) -> JsonObject:
    """The detail of an ExportFailed event."""
    return {
        "version": "1",
        "dedupeId": digest("ExportFailed", arn),
        "error": "AuthenticationError",
        "message": "The API answered 401.",
        "remedy": "Store a key that is valid.",
        "report": "productivity",
        "request": ASKED,
        "exportId": None,
        "run": None,
        "item": None,
        "stack": STACK,
        "executionArn": arn,
        **fields,
    }


def batch_completed(arn: str = execution(MACHINES.batch), **fields: JsonValue) -> JsonObject:
    """The detail of a BatchCompleted event of a batch that is not complete."""
    return {
        "version": "1",
        "dedupeId": digest("BatchCompleted", arn),
        "name": "weekly",
        "run": "20260301T060000-run-1",
        "status": "PARTIAL",
        "totals": {"expected": 400, "landed": 398, "failed": 2},
        "bucket": "landing",
        "manifestKey": "runs/20260301T060000-run-1/manifest.json",
        "error": "BatchIncompleteError",
        "message": "2 ExportFailedError (team 1; team 2: it is too large).",
        "remedy": "Narrow them.",
        "warnings": [],
        "stack": STACK,
        "executionArn": arn,
        **fields,
    }
