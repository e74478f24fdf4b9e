"""What each look asks, what it finds, and when nobody can tell; by AWS's own descriptions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from sei_export.errors import ConfigurationError, SeiExportError
from sei_export.freshness.looks import KeyAge, Letters, Project, Schedule, look_at_key
from tests.fakes.loopback import Answer, reply
from tests.fakes.tree_api import TreeApi
from tests.fakes.watches import SCHEDULE_ARN

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from sei_export.api.client import Connect

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/letters"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf"
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ASKED = {"GroupName": "default", "Name": "monthly"}


@pytest.fixture
def stub(request: pytest.FixtureRequest) -> Iterator[Stubber]:
    """A client of the service that a test names, whose calls are told beforehand."""
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    with Stubber(session.create_client(request.param, region_name="eu-west-1")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


# --- the schedule ---


def _schedule(stub: Stubber) -> Schedule:
    return Schedule(cast("EventBridgeSchedulerClient", stub.client), SCHEDULE_ARN)


@pytest.mark.parametrize("stub", ["scheduler"], indirect=True)
def test_a_schedule_that_is_on_is_no_finding(stub: Stubber) -> None:
    stub.add_response("get_schedule", {"State": "ENABLED"}, ASKED)
    assert _schedule(stub).look() is None


@pytest.mark.parametrize("stub", ["scheduler"], indirect=True)
def test_a_schedule_that_somebody_disabled_is_found(stub: Stubber) -> None:
    stub.add_response("get_schedule", {"State": "DISABLED"}, ASKED)
    found = _schedule(stub).look()
    assert found
    assert found.code == "ScheduleDisabled"
    assert "The schedule default/monthly is DISABLED, although ScheduleState" in found.message


@pytest.mark.parametrize("stub", ["scheduler"], indirect=True)
def test_a_schedule_that_is_gone_is_found(stub: Stubber) -> None:
    stub.add_client_error("get_schedule", "ResourceNotFoundException")
    found = _schedule(stub).look()
    assert found
    assert (found.code, "is not there any more" in found.message) == ("ScheduleDisabled", True)


@pytest.mark.parametrize("stub", ["scheduler"], indirect=True)
def test_whether_the_schedule_is_on_is_not_known_if_aws_does_not_say(stub: Stubber) -> None:
    stub.add_client_error("get_schedule", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        _schedule(stub).look()


# --- dead letters ---


@pytest.mark.parametrize("stub", ["sqs"], indirect=True)
@pytest.mark.parametrize(
    ("count", "said"), [("0", None), ("1", "A message waits in"), ("7", "7 messages wait in")]
)
def test_letters_that_nobody_got_are_found(stub: Stubber, count: str, said: str | None) -> None:
    asked = {"QueueUrl": QUEUE, "AttributeNames": ["ApproximateNumberOfMessages"]}
    answer = {"Attributes": {"ApproximateNumberOfMessages": count}}
    stub.add_response("get_queue_attributes", answer, asked)
    found = Letters(cast("SQSClient", stub.client), QUEUE).look()
    if said is None:
        assert found is None
    else:
        assert found
        assert (found.code, said in found.message) == ("DeadLetters", True)
        assert f"aws sqs receive-message --queue-url {QUEUE}" in found.remedy


# --- the key ---


def _age(stub: Stubber, most_days: int) -> KeyAge:
    return KeyAge(cast("SecretsManagerClient", stub.client), SECRET, most_days)


@pytest.mark.parametrize("stub", ["secretsmanager"], indirect=True)
@pytest.mark.parametrize(
    ("age", "is_old"),
    [
        (timedelta(days=89, hours=23), False),
        (timedelta(days=90), True),
        (timedelta(days=400), True),
    ],
)
def test_a_key_is_old_from_its_day_on(stub: Stubber, age: timedelta, *, is_old: bool) -> None:
    stub.add_response("get_secret_value", {"CreatedDate": NOW - age}, {"SecretId": SECRET})
    found = _age(stub, 90).look(NOW)
    assert (found is not None) == is_old
    if found:
        assert found.code == "ApiKeyOld"
        assert f"{age.days} days ago; KeyMaxAgeDays is 90" in found.message


@pytest.mark.parametrize("stub", ["secretsmanager"], indirect=True)
def test_where_no_age_is_too_old_nobody_asks_for_it(stub: Stubber) -> None:
    assert _age(stub, 0).look(NOW) is None


@pytest.mark.parametrize("stub", ["secretsmanager"], indirect=True)
def test_a_key_that_is_not_there_has_no_age(stub: Stubber) -> None:
    stub.add_client_error("get_secret_value", "ResourceNotFoundException")
    assert _age(stub, 90).look(NOW) is None
    stub.add_client_error("get_secret_value", "InternalServiceError", http_status_code=500)
    with pytest.raises(ClientError):
        _age(stub, 90).look(NOW)


def _tried(refusal: Answer | None) -> TreeApi:
    api = TreeApi()
    api.refusal = refusal
    return api


def test_a_key_that_the_api_takes_is_no_finding_and_costs_one_call() -> None:
    api = _tried(None)
    with api.server:
        assert look_at_key(api.connect, Project("acme", "metrics")) is None
    (call,) = api.server.received
    assert call.path.endswith("/v2/org-trees")
    query = call.query
    assert query["pageSize"] == ["1"]
    assert (query["orgIdentifier"], query["projectIdentifier"]) == (["acme"], ["metrics"])


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_api_refuses_is_found(status: int) -> None:
    api = _tried(reply(status, {"message": "no"}))
    with api.server:
        found = look_at_key(api.connect, Project("acme", "metrics"))
    assert found
    assert found.code == "ApiKeyRefused"
    assert str(status) in found.message
    assert "Store a key that is valid" in found.remedy


@pytest.mark.parametrize("status", [429, 500, 503, 404])
def test_what_says_nothing_of_the_key_is_no_finding(status: int) -> None:
    api = _tried(reply(status, {"message": "no"}))
    with api.server, pytest.raises(SeiExportError):
        look_at_key(api.connect, Project("acme", "metrics"))


def test_a_key_that_nobody_has_stored_is_found() -> None:
    def connect(_: object) -> object:
        raise ConfigurationError("The API key's secret has no value yet.", remedy="Store the key.")

    found = look_at_key(cast("Connect", connect), Project("acme", "metrics"))
    assert found
    assert found == ("ApiKeyUnusable", "The API key's secret has no value yet.", "Store the key.")
