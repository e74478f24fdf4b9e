"""What is put on the event bus."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.jsontypes import JsonValue
from tests.fakes.events import BUS, FakeEvents
from tests.fakes.s3 import raising, refusal
from tests.fakes.samples import export_arn, manifest, request

ARN = export_arn("run-1")
LANDED = manifest(request(), columns=["team", "Größe —"], versionId=None)


def _dedupe_id(**fields: JsonValue) -> object:
    events = FakeEvents()
    events.bus.export_completed(manifest(request(), **fields))
    return events.details[0]["dedupeId"]


def test_when_an_export_is_announced_then_the_entry_carries_its_manifest_whole() -> None:
    events = FakeEvents()
    events.bus.export_completed(LANDED)
    [entry] = events.entries
    assert entry["Source"] == "harness.sei.export"
    assert entry["DetailType"] == "ExportCompleted"
    assert entry.get("EventBusName") == BUS
    assert entry.get("Resources") == [ARN]
    detail = json.loads(entry["Detail"])
    assert detail == {"version": "1", "dedupeId": detail["dedupeId"], **LANDED.to_json()}
    assert "Größe —" in entry["Detail"]


def test_given_an_announced_export_when_its_execution_repeats_it_then_the_ids_agree() -> None:
    first = _dedupe_id()
    assert isinstance(first, str)
    assert len(first) == 64
    assert _dedupe_id(changed=False, polls=7) == first


@pytest.mark.parametrize(
    ("field", "other"),
    [
        pytest.param("exportId", "exp_2", id="another export"),
        pytest.param("executionArn", f"{ARN}2", id="another execution"),
    ],
)
def test_another_export_or_execution_has_another_id(field: str, other: str) -> None:
    assert _dedupe_id(**{field: other}) != _dedupe_id()


UNTOLD = (
    "The file has landed; check the AWS Health Dashboard, then start a new execution to announce "
    "it."
)


def test_given_a_bus_that_refuses_the_entry_then_it_is_an_error_with_its_code() -> None:
    events = FakeEvents()
    events.refuse = "InternalFailure"
    with pytest.raises(ServiceUnavailableError) as caught:
        events.bus.export_completed(LANDED)
    assert caught.value.message == (
        f"The event bus {BUS} did not take ExportCompleted: InternalFailure: not now."
    )
    assert caught.value.remedy == UNTOLD


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(refusal("InternalException", 500), "InternalException", id="internal"),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://x"),
            "EndpointConnectionError",
            id="no answer",
        ),
    ],
)
def test_given_a_bus_that_fails_then_it_is_an_error_with_the_reason(
    failure: Exception, reason: str
) -> None:
    events = FakeEvents()
    events.before = raising(failure)
    with pytest.raises(ServiceUnavailableError) as caught:
        events.bus.export_completed(LANDED)
    assert caught.value.message == f"The event bus {BUS} did not take ExportCompleted: {reason}."
    assert caught.value.remedy == UNTOLD
    assert events.entries == []


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AccessDeniedException", "ResourceNotFoundException"]
)
def test_given_a_bus_that_may_not_be_used_then_the_configuration_is_wrong(code: str) -> None:
    events = FakeEvents()
    events.before = raising(refusal(code, 400))
    with pytest.raises(ConfigurationError) as caught:
        events.bus.export_completed(LANDED)
    assert caught.value.message == f"The event bus {BUS} refuses ExportCompleted ({code})."
    assert "the parameter EventBusName and the role's events:PutEvents" in caught.value.remedy
