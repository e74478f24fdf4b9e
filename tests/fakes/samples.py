"""Requests and settings that the unit tests share."""

import json
from datetime import UTC, datetime

from sei_export import keys
from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.item import Item
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.parameter import Parameter
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Manifest
from sei_export.request.defaults import RequestDefaults
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import parse_request

STARTED_AT = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)

DEFAULTS = RequestDefaults(
    org_identifier="acme",
    project_identifier="metrics",
    org_tree_name="Engineering",
    timezone="UTC",
    default_request=Parameter(
        "DefaultRequest",
        '{"report": "productivity", "dateRange": {"period": "previous-month"}}',
    ),
)

TREE_OR_TEAM = ["efficiency", "sprint", "business-alignment", "time-in-status"]
LEGACY = ["team-report", "contributor-report"]

_LEAST: dict[str, JsonObject] = {
    "productivity": {},
    "efficiency": {"metricGroups": ["lttc"], "options": {"granularity": "MONTHLY"}},
    "sprint": {"options": {"granularity": "SPRINT"}},
    "business-alignment": {"options": {"granularity": "MONTHLY"}},
    "time-in-status": {},
    "team-report": {"collectionId": "6036", "teamRefId": 6036},
    "contributor-report": {"collectionId": "1", "productivityContributors": {}},
}
"""What each report wants beside dates, its name and what the stack says."""


def asked(**fields: JsonValue) -> JsonObject:
    """A valid input, with some fields replaced or added."""
    return {
        "report": "productivity",
        "scope": {"orgTreeName": "Engineering", "teamId": "456"},
        "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
        **fields,
    }


def least(report: str, **fields: JsonValue) -> JsonObject:
    """The least valid input of a report, with some fields replaced or added."""
    span: JsonObject = {"start": "2024-01-01", "end": "2024-12-31"}
    return {"report": report, "dateRange": span, **_LEAST[report], **fields}


def parsed(given: JsonValue) -> ExportRequest:
    """The request of an input."""
    return parse_request(given, DEFAULTS, STARTED_AT)


def request(**fields: JsonValue) -> ExportRequest:
    """The request of `asked`."""
    return parsed(asked(**fields))


def request_of(report: str, **fields: JsonValue) -> ExportRequest:
    """The request of `least`."""
    return parsed(least(report, **fields))


def problems(
    given: JsonValue, defaults: RequestDefaults = DEFAULTS, started_at: datetime = STARTED_AT
) -> tuple[str, ...]:
    """What is wrong with an input; empty when nothing is."""
    try:
        parse_request(given, defaults, started_at)
    except InvalidRequestError as error:
        return error.problems
    return ()


BATCH_DEFAULTS = BatchDefaults(DEFAULTS, plan=Parameter("BatchPlan", "{}"), max_concurrency=10)


def nothing_runs(_: str) -> bool:
    """Tell of any execution that it is not known to run."""
    return False


def export_arn(name: str) -> str:
    """An execution of the export machine."""
    return f"arn:aws:states:eu-west-1:123456789012:execution:Export:{name}"


def manifest(asked_for: ExportRequest, **fields: JsonValue) -> Manifest:
    """What is said of a request's export that landed, with some fields of its JSON replaced."""
    fingerprint, created_at = asked_for.fingerprint, "2026-03-15T06:00:00Z"
    export = Export.of(asked_for, f"exp_{fingerprint[:16]}", created_at, reused=False)
    usual = Manifest(
        export_id=export.export_id,
        report=asked_for.report.name,
        request=asked_for.canonical(),
        request_fingerprint=fingerprint,
        reused=False,
        created_at=created_at,
        status="completed",
        attempts=1,
        bucket="landing",
        key=keys.data_key(export),
        version_id="v1",
        etag="e" * 32,
        size_bytes=100,
        csv_bytes=300,
        content_sha256="ab" * 32,
        rows=7,
        columns=("team", "PR_MERGED"),
        changed=True,
        manifest_key=keys.manifest_key(export),
        polls=3,
        completed_at="2026-03-15T06:01:30.250Z",
        duration_seconds=90.25,
        execution_arn=export_arn("run-1"),
    )
    found = Manifest.from_json(usual.to_json() | fields) if fields else usual
    assert found
    return found


def landed(item: Item, **fields: JsonValue) -> JsonObject:
    """What a child of a batch's Map has of an item whose export landed, with some fields replaced.

    `result` is the export machine's output.
    """
    result = manifest(item.request).to_json() | {"executionArn": export_arn(item.name)}
    return {"result": result | fields}


def outdated(canonical: JsonObject) -> JsonObject:
    """A canonical request as another version's table allowed it: with a granularity of its own."""
    options = canonical["options"]
    assert isinstance(options, dict)
    return canonical | {"options": options | {"granularity": "hourly"}}


def task_failed(
    error: str, message: str = "It failed.", remedy: str = "Mend it.", name: str = "run-1"
) -> JsonObject:
    """What a child of a batch's Map has of an export that failed, in the form of AWS."""
    described = {
        "ExecutionArn": export_arn(name),
        "StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:Export",
        "Name": name,
        "Status": "FAILED",
        "StartDate": 1_773_554_400_000,
        "StopDate": 1_773_554_490_250,
        "Input": "{}",
        "InputDetails": {"Included": True},
        "Error": error,
        "Cause": f"{message} Remedy: {remedy}",
    }
    return {"failure": {"Error": "States.TaskFailed", "Cause": json.dumps(described)}}


STATE_BYTES = 256 * 1024
"""Step Functions' limit of what a state takes or gives."""

CAUSE_CHARACTERS = 32_768
"""Step Functions' limit of a cause."""


def size_of(value: JsonValue) -> int:
    """Bytes of a function's answer, as Step Functions counts them."""
    return len(json.dumps(value, ensure_ascii=False).encode())
