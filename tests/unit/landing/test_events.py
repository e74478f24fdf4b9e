"""What is put on the event bus."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.events import BUS, FakeEvents
from tests.fakes.s3 import raising, refusal

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Export:run-1"
RESULT: JsonObject = {
    "exportId": "exp_1",
    "executionArn": ARN,
    "columns": ["team", "Größe —"],
    "changed": True,
    "versionId": None,
}


def _dedupe_id(result: JsonObject) -> object:
    events = FakeEvents()
    events.bus.export_completed(result)
    return events.details[0]["dedupeId"]


def test_given_a_result_when_announced_then_the_entry_carries_it_whole() -> None:
    events = FakeEvents()
    events.bus.export_completed(RESULT)
    [entry] = events.entries
    assert entry["Source"] == "harness.sei.export"
    assert entry["DetailType"] == "ExportCompleted"
    assert entry.get("EventBusName") == BUS
    assert entry.get("Resources") == [ARN]
    detail = json.loads(entry["Detail"])
    assert detail == {"version": "1", "dedupeId": detail["dedupeId"], **RESULT}
    assert "Größe —" in entry["Detail"]


def test_given_the_same_export_of_one_execution_when_announced_again_then_the_ids_agree() -> None:
    first = _dedupe_id(RESULT)
    assert isinstance(first, str)
    assert len(first) == 64
    assert _dedupe_id({**RESULT, "changed": False, "polls": 7}) == first


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"exportId": "exp_2"}, id="another export"),
        pytest.param({"executionArn": f"{ARN}2"}, id="another execution"),
    ],
)
def test_given_something_else_to_announce_then_the_id_differs(other: JsonObject) -> None:
    assert _dedupe_id({**RESULT, **other}) != _dedupe_id(RESULT)


def test_given_a_bus_that_refuses_the_entry_then_it_is_an_error_with_its_code() -> None:
    events = FakeEvents()
    events.refuse = "InternalFailure"
    with pytest.raises(ServiceUnavailableError, match="InternalFailure: not now") as caught:
        events.bus.export_completed(RESULT)
    assert BUS in caught.value.message
    assert "has landed" in caught.value.remedy


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(refusal("InternalException", 500), "InternalException", id="internal"),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://x"), "EndpointConnection", id="no answer"
        ),
    ],
)
def test_given_a_bus_that_fails_then_it_is_an_error_with_the_reason(
    failure: Exception, reason: str
) -> None:
    events = FakeEvents()
    events.before = raising(failure)
    with pytest.raises(ServiceUnavailableError, match=reason):
        events.bus.export_completed(RESULT)
    assert events.entries == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_given_a_bus_that_may_not_be_used_then_the_configuration_is_wrong(code: str) -> None:
    events = FakeEvents()
    events.before = raising(refusal(code, 400))
    with pytest.raises(ConfigurationError, match=code) as caught:
        events.bus.export_completed(RESULT)
    assert BUS in caught.value.message
