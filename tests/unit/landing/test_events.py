"""What is put on the event bus."""

import inspect
import json

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.events import BUS, STACK, FakeEvents
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import export_arn, manifest, request

ARN = export_arn("run-1")
LANDED = manifest(request(), columns=["team", "Größe —"])


def _dedupe_id(**fields: JsonValue) -> object:
    events = FakeEvents()
    events.bus.export_completed(manifest(request(), **fields))
    return events.details[0]["dedupeId"]


def test_when_an_export_is_announced_then_the_entry_carries_its_manifest_in_brief() -> None:
    events = FakeEvents()
    events.bus.export_completed(LANDED)
    [entry] = events.entries
    assert entry["Source"] == "harness.sei.export"
    assert entry["DetailType"] == "ExportCompleted"
    assert entry.get("EventBusName") == BUS
    assert entry.get("Resources") == [ARN]
    detail = json.loads(entry["Detail"])
    own = {"dedupeId": detail["dedupeId"], "stack": STACK}
    assert detail == own | LANDED.brief()
    assert "Größe —" in entry["Detail"]


def test_given_an_announced_export_when_its_execution_repeats_it_then_the_ids_agree() -> None:
    first = _dedupe_id()
    assert isinstance(first, str)
    assert len(first) == 64
    assert _dedupe_id(changed=False, polls=7) == first
    assert _dedupe_id(run="20260301T060000-weekly", item="item-1") == first


@pytest.mark.parametrize(
    ("field", "other"),
    [
        pytest.param("exportId", "exp_2", id="another export"),
        pytest.param("executionArn", f"{ARN}2", id="another execution"),
    ],
)
def test_another_export_or_execution_has_another_id(field: str, other: str) -> None:
    assert _dedupe_id(**{field: other}) != _dedupe_id()


# --- what EventBridge takes ---

ENTRY_BYTES = 256 * 1024


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param([""] * 65_535, id="as many names as a header can have"),
        pytest.param(["樹" * 20_000], id="one of 60 KiB"),
        pytest.param(["樹" * 50] * 400, id="many long ones"),
    ],
)
def test_given_any_header_and_request_then_the_entry_has_less_than_256_kib(
    columns: list[JsonValue],
) -> None:
    events = FakeEvents()
    asked: JsonObject = {"metrics": [f"METRIC_{number}" for number in range(20_000)]}
    events.bus.export_completed(manifest(request(), columns=columns, request=asked))
    [entry] = events.entries
    written = "".join(str(value) for value in entry.values())
    assert len(written.encode()) < ENTRY_BYTES / 2


def test_given_warnings_then_the_event_has_them() -> None:
    events = FakeEvents()
    warning: JsonObject = {"code": "noRows", "message": "The file has no rows."}
    events.bus.export_completed(manifest(request(), warnings=[warning]))
    assert events.details[0]["warnings"] == [warning]


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_given_a_request_that_eventbridge_refuses_then_the_event_goes_out_without_it(
    code: str,
) -> None:
    events = FakeEvents()
    events.refuse_if = lambda detail: code if detail["request"] else None
    events.bus.export_completed(LANDED)
    assert events.details == [LANDED.brief() | events.details[0] | {"request": None}]


def test_given_a_call_that_eventbridge_refuses_then_the_event_goes_out_without_a_request() -> None:
    events = FakeEvents()
    once = iter([refusal("ValidationException", 400)])

    def refuse() -> None:
        for error in once:
            raise error

    events.before = refuse
    events.bus.export_completed(LANDED)
    assert [detail["request"] for detail in events.details] == [None]


def test_given_an_event_that_is_refused_without_a_request_too_then_that_is_told() -> None:
    events = FakeEvents()
    events.refuse = "MalformedDetail"
    with pytest.raises(ServiceUnavailableError, match="MalformedDetail: not now"):
        events.bus.export_completed(LANDED)
    assert events.entries == []


# --- refusals ---

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


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_given_an_entry_that_may_not_be_put_then_the_configuration_is_wrong(code: str) -> None:
    events = FakeEvents()
    events.refuse = code
    with pytest.raises(ConfigurationError, match=rf"refuses ExportCompleted \({code}\)"):
        events.bus.export_completed(LANDED)


OF_THE_SDK = [
    kind
    for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(kind, Exception)
]


@pytest.mark.parametrize("kind", OF_THE_SDK, ids=lambda kind: kind.__name__)
def test_whatever_the_sdk_raises_has_a_documented_name(kind: type[Exception]) -> None:
    of_a_service = issubclass(kind, ClientError)

    def fail() -> None:
        # Without what each wants for its message.
        raise kind({}, "PutEvents") if of_a_service else kind.__new__(kind, "why")

    events = FakeEvents()
    events.before = fail
    with pytest.raises((ServiceUnavailableError, ConfigurationError)) as caught:
        events.bus.export_completed(LANDED)
    assert of_a_service or kind.__name__ in caught.value.message


def test_what_the_sdk_refuses_to_send_is_not_tried_again() -> None:
    events = FakeEvents()
    events.before = raising(ParamValidationError(report="Invalid length of EventBusName"))
    with pytest.raises(ConfigurationError, match="ParamValidationError"):
        events.bus.export_completed(LANDED)
