"""What the stack's tests share: start executions, drive the simulator, listen as a consumer."""

import gzip
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import requests

from local.cloud.aws import Aws
from local.cloud.stack import Stack
from local.simulator.data.orgtrees import OrgTrees
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.schemas import DOCUMENTS, check_document, validator

PATIENCE_SECONDS = 150.0
ANY_TEAM = ("--dialect", "scope=any")
"""Of the simulator: tests are told apart by teams of their own, which are in no tree."""
_LOG_EVENTS = 10_000
SEEDED_A_DAY = 20
_ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


@dataclass(frozen=True)
class Execution:
    """An execution that has ended."""

    arn: str
    status: str
    error: str
    cause: str
    output: JsonObject
    history: list[JsonObject]

    def entered(self, state: str) -> int:
        """How often a state was entered."""
        names = [
            details.get("name")
            for event in self.history
            if isinstance(details := event.get("stateEnteredEventDetails"), dict)
        ]
        return names.count(state)


class Simulator:
    """The simulator's admin API, and what it saw."""

    def __init__(self, base_url: str) -> None:
        self._admin = base_url.partition("/prod1")[0] + "/_sim"

    def behave(self, selector: str, **scenario: JsonValue) -> None:
        """Set the behaviour of exports of one team."""
        url = f"{self._admin}/scenarios/{selector}"
        requests.put(url, json=scenario, timeout=10).raise_for_status()

    def calls(self, selector: str, step: str | None = None) -> list[JsonObject]:
        """The API calls about one team's exports, in order."""
        answer = requests.get(f"{self._admin}/requests", {"selector": selector}, timeout=10)
        calls: list[JsonObject] = answer.json()
        return [call for call in calls if step in {None, call["step"]}]

    def calls_of(self, step: str) -> list[JsonObject]:
        """The API calls of one kind, about whichever team, in order."""
        calls: list[JsonObject] = requests.get(f"{self._admin}/requests", timeout=10).json()
        return [call for call in calls if call["step"] == step]

    def calls_of_all(self) -> int:
        """How many API calls there were at all."""
        return len(requests.get(f"{self._admin}/requests", timeout=10).json())

    def exports(self, selector: str) -> list[JsonObject]:
        """The exports that were created for one team."""
        answer = requests.get(f"{self._admin}/exports", {"selector": selector}, timeout=10)
        exports: list[JsonObject] = answer.json()
        return exports

    def content(self, export_id: str) -> bytes:
        """The CSV as served, uncompressed."""
        answer = requests.get(f"{self._admin}/content/{export_id}", timeout=10)
        answer.raise_for_status()
        return answer.content

    def seed(self, report: str, team: str, count: int) -> list[str]:
        """Make completed exports of a team, from 2026-01-01 on; their ids, in order."""
        answer = requests.post(
            f"{self._admin}/exports",
            json={
                "report": report,
                "org": "default",
                "project": "demo",
                "teamId": team,
                "count": count,
                "createdAt": "2026-01-01T00:00:00Z",
                "stepSeconds": 86_400 / SEEDED_A_DAY,
            },
            timeout=30,
        )
        answer.raise_for_status()
        return [str(export["exportId"]) for export in self.exports(team)]

    def plant(self, *trees: JsonObject) -> None:
        """Have these org trees beside the usual ones."""
        usual = [tree.model_dump(by_alias=True) for tree in OrgTrees()]
        answer = requests.put(f"{self._admin}/org-trees", json=[*usual, *trees], timeout=10)
        answer.raise_for_status()

    def limit(self, calls: int) -> None:
        """Allow the key so many calls a minute."""
        answer = requests.put(f"{self._admin}/rate-limit", json={"calls": calls}, timeout=10)
        answer.raise_for_status()

    def statuses(self) -> Counter[int]:
        """How often each HTTP status was answered."""
        calls = requests.get(f"{self._admin}/requests", timeout=10).json()
        return Counter(call["status"] for call in calls)

    def refuse_connections(self, seconds: float) -> None:
        """Close the API's port for a while."""
        answer = requests.post(f"{self._admin}/outage", json={"seconds": seconds}, timeout=10)
        answer.raise_for_status()


@dataclass
class Inbox:
    """A consumer's queue behind an EventBridge rule; keeps what it received."""

    aws: Aws
    url: str
    messages: list[JsonObject] = field(default_factory=list)

    @classmethod
    def subscribe(cls, aws: Aws, bus: str, name: str, pattern: JsonObject) -> "Inbox":
        """Make queue and rule, as the README tells consumers to."""
        url = aws.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        queue_arn = arn["Attributes"]["QueueArn"]
        rule = aws.events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
                }
            ],
        }
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        aws.events.put_targets(
            Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue_arn}]
        )
        return cls(aws, url)

    def find(self, field_name: str, value: str) -> list[JsonObject]:
        """The messages whose detail has this value; waits for one, then for repeats of it."""
        deadline = time.monotonic() + 20
        while not self._matching(field_name, value) and time.monotonic() < deadline:
            self._receive()
        time.sleep(0.3)
        self._receive()
        return self._matching(field_name, value)

    def none(self, field_name: str, value: str) -> bool:
        """Whether no message has this value, now that its execution has ended."""
        time.sleep(0.3)
        self._receive()
        return not self._matching(field_name, value)

    def _matching(self, field_name: str, value: str) -> list[JsonObject]:
        return [message for message in self.messages if _dig(message, field_name) == value]

    def _receive(self) -> None:
        while True:
            answer = self.aws.sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=0
            )
            received = answer.get("Messages", [])
            if not received:
                time.sleep(0.1)
                return
            for message in received:
                event = json.loads(message["Body"])
                if event["source"] == "harness.sei.export":
                    _validate(event)
                self.messages.append(event)
                self.aws.sqs.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )


class Harness:
    """The deployed stack."""

    def __init__(self, aws: Aws, stack: Stack) -> None:
        self.aws = aws
        self.stack = stack
        self.simulator = Simulator(stack.sei_base_url)
        self.bucket = stack.outputs["ExportBucketName"]
        self.machine = stack.outputs["ExportStateMachineArn"]
        self.batch_machine = stack.outputs["BatchStateMachineArn"]
        self.executions: list[str] = []
        bus = stack.outputs["EventBusName"]
        self.events = Inbox.subscribe(
            aws,
            bus,
            "export-events",
            {"source": ["harness.sei.export"], "detail": {"stack": [stack.name]}},
        )
        self.objects = Inbox.subscribe(
            aws,
            "default",
            "export-objects",
            {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [self.bucket]},
                    "object": {"key": [{"prefix": "exports/"}]},
                },
            },
        )

    def start(self, given: object, machine: str | None = None) -> str:
        """Start an execution, of the export machine unless told otherwise."""
        started = self.aws.states.start_execution(
            stateMachineArn=machine or self.machine, input=json.dumps(given)
        )
        self.executions.append(started["executionArn"])
        return started["executionArn"]

    def wait(self, arn: str) -> Execution:
        """Wait until an execution has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            seen = self.aws.states.describe_execution(executionArn=arn)
            if seen["status"] in _ENDED:
                break
            assert time.monotonic() < deadline, f"{arn} is still {seen['status']}"
            time.sleep(0.1)
        return Execution(
            arn=arn,
            status=seen["status"],
            error=seen.get("error", ""),
            cause=seen.get("cause", ""),
            output=json.loads(seen.get("output") or "{}"),
            history=self.history(arn),
        )

    def run(self, given: object, machine: str | None = None) -> Execution:
        """Start an execution and wait until it has ended."""
        return self.wait(self.start(given, machine))

    def history(self, arn: str) -> list[JsonObject]:
        """An execution's events."""
        pages = self.aws.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [
            json.loads(json.dumps(event, default=str)) for page in pages for event in page["events"]
        ]

    def csv(self, key: str) -> bytes:
        """An object's content, uncompressed."""
        return gzip.decompress(self.raw(key))

    def raw(self, key: str) -> bytes:
        """An object's bytes."""
        return self.aws.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def manifest(self, key: str) -> JsonObject:
        """A JSON object's content."""
        content: JsonObject = json.loads(self.raw(key))
        return content

    def check_documents(self) -> int:
        """Compare each document in the bucket with its schema; how many there are."""
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        told = [key for key in found if any(keys.fullmatch(key) for keys in DOCUMENTS.values())]
        return sum(check_document(key, self.raw(key)) for key in told)

    def versions(self, prefix: str) -> list[str]:
        """Ids of all versions of all objects under a prefix."""
        answer = self.aws.s3.list_object_versions(Bucket=self.bucket, Prefix=prefix)
        return [version["VersionId"] for version in answer.get("Versions", [])]

    def open_uploads(self) -> int:
        """How many multipart uploads are open in the bucket."""
        return len(self.aws.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []))

    def log_group(self, stem: str) -> str:
        """The name of a function's log group."""
        function = self.stack.outputs[f"{stem}FunctionArn"]
        described = self.aws.functions.get_function_configuration(FunctionName=function)
        return described["LoggingConfig"]["LogGroup"]

    def log_lines(self, stem: str) -> list[str]:
        """All lines of a function's log group, such as `CreateExport`."""
        return self.lines_of(self.log_group(stem))

    def lines_of(self, log_group: str) -> list[str]:
        """All lines of a log group; the emulator ends a list at 10,000 and names no next page."""
        lines: list[str] = []
        since = 0
        while True:
            pages = self.aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=log_group, startTime=since
            )
            events = [event for page in pages for event in page["events"]]
            if len(events) < _LOG_EVENTS:
                return lines + [event["message"] for event in events]
            # Those of the last millisecond come again.
            since = events[-1]["timestamp"]
            lines += [event["message"] for event in events if event["timestamp"] < since]


def new_team() -> str:
    """The id of a team that no other test has."""
    return str(uuid.uuid4().int % 10**15)


def request_for(team: str, **changes: JsonValue) -> JsonObject:
    """A valid input for a team's productivity."""
    request: JsonObject = {
        "report": "productivity",
        "scope": {"orgTreeName": "Engineering", "teamId": team},
        "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
        "metricGroups": ["activity", "velocity"],
        "options": {"aggregationLevel": "developer", "granularity": "monthly"},
    }
    return request | changes


def _validate(event: JsonObject) -> None:
    """Every event that a consumer receives is what its schema says."""
    validator(str(event["detail-type"])).validate(event)


def _dig(message: JsonObject, path: str) -> JsonValue:
    value: JsonValue = message.get("detail")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
