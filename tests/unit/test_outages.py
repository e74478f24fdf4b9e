"""Whose status page a reader is sent to when a service is not available: AWS's or Harness's."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.exceptions import EndpointConnectionError

from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.key import ApiKey
from sei_export.api.trees import list_trees
from sei_export.api.urls import BaseUrl
from sei_export.errors import ServiceUnavailableError
from tests.fakes.events import FakeEvents
from tests.fakes.loopback import RESET, Answer, Loopback, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import manifest, request, request_of
from tests.fakes.timing import FakeClock, FakeKey

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

AWS, HARNESS = "AWS Health Dashboard", "Harness status page"

REFUSED = refusal("InternalError", 500)
UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.example")
OUTAGES = [pytest.param(REFUSED, id="5xx"), pytest.param(UNREACHABLE, id="no connection")]


# --- AWS ---


def _ask_s3(outage: Exception) -> None:
    s3 = FakeS3()
    s3.before("any", raising(outage))
    s3.store.head("exports/a")


def _stage(outage: Exception) -> None:
    s3 = FakeS3()
    s3.before("create_multipart_upload", raising(outage))
    staging = s3.staging("staging/a/")
    staging.begin('"abc"', 5, staging.left())


def _announce(outage: Exception) -> None:
    events = FakeEvents()
    events.before = raising(outage)
    events.bus.export_completed(manifest(request()))


def _refuse_entry(outage: Exception) -> None:
    events = FakeEvents()
    events.refuse = type(outage).__name__
    events.bus.export_completed(manifest(request()))


class _AbsentSecretsManager:
    """Stands for boto3's client of Secrets Manager, in an outage."""

    def __init__(self, outage: Exception) -> None:
        self._outage = outage

    def get_secret_value(self, **_: object) -> dict[str, str]:
        """As boto3's client fails."""
        raise self._outage


def _read_key(outage: Exception) -> None:
    client = cast("SecretsManagerClient", _AbsentSecretsManager(outage))
    ApiKey("arn:secret", SecretsProvider(boto3_client=client)).read()


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize(
    ("call", "service"),
    [
        pytest.param(_ask_s3, "S3", id="S3"),
        pytest.param(_stage, "S3", id="S3, staging"),
        pytest.param(_announce, "event bus", id="EventBridge"),
        pytest.param(_refuse_entry, "event bus", id="EventBridge, of one entry"),
        pytest.param(_read_key, "Secrets Manager", id="Secrets Manager"),
    ],
)
def test_an_outage_of_a_service_of_aws_names_awss_page(
    call: Callable[[Exception], None], service: str, outage: Exception
) -> None:
    with pytest.raises(ServiceUnavailableError, match=service) as caught:
        call(outage)
    assert AWS in caught.value.remedy
    assert "Harness" not in str(caught.value)


# --- Harness ---


def _client(server: Loopback) -> SeiClient:
    base = BaseUrl.parse(f"{server.origin}/sei/api")
    http = HttpClient(base, FakeKey(), FakeClock().deadline(100))
    return SeiClient(http, base, "acme", "metrics")


def _create(client: SeiClient) -> object:
    return client.create(request())


def _fetch(client: SeiClient) -> object:
    with client.fetch(request_of("team-report")) as response:
        return response.raw.read()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(503), id="5xx"),
        pytest.param(RESET, id="no connection"),
        pytest.param(reply(403, b"", length=9), id="broken off"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(_create, id="create"),
        pytest.param(list_trees, id="org trees"),
        pytest.param(_fetch, id="legacy"),
    ],
)
def test_an_outage_of_the_api_names_harnesss_page(
    call: Callable[[SeiClient], object], answer: Answer
) -> None:
    with (
        Loopback(lambda _: answer) as server,
        pytest.raises(ServiceUnavailableError, match="/sei/api/v2/") as caught,
    ):
        call(_client(server))
    assert HARNESS in caught.value.remedy
    assert "AWS" not in str(caught.value)
