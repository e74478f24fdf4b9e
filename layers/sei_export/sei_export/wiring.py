"""The real parts, made when first needed and kept for the next invocation."""

from functools import cache
from typing import TYPE_CHECKING, Protocol

from sei_export.client import Connect, InProject, SeiClient
from sei_export.http import HttpClient, KeyHeader
from sei_export.secret import ApiKey
from sei_export.settings import ApiSettings, event_bus_name, export_bucket

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from botocore.config import Config

    from sei_export.landing import Landing
    from sei_export.storage import ObjectStore

_MARGIN_SECONDS = 3.0
"""Kept for telling about a failure before Lambda ends the invocation."""


class Context(Protocol):
    """What is used of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def connector(context: Context) -> Connect:
    """A maker of clients that end in time with this invocation."""

    def connect(target: InProject) -> SeiClient:
        settings = ApiSettings.load()
        key = ApiKey(settings.api_key_secret_arn, _secrets())
        seconds = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
        header = KeyHeader(settings.api_key_header)
        http = HttpClient(settings.base_url, key, seconds, key_header=header)
        return SeiClient(http, settings.base_url, target.org, target.project)

    return connect


@cache
def object_store() -> "ObjectStore":
    """The export bucket."""
    import boto3

    from sei_export.storage import CONNECTIONS, ObjectStore

    s3 = boto3.client("s3", config=_config(max_pool_connections=CONNECTIONS))
    return ObjectStore(s3, export_bucket())


@cache
def landing() -> "Landing":
    """Bucket and event bus."""
    import boto3

    from sei_export.events import EventBus
    from sei_export.landing import Landing

    bus = EventBus(boto3.client("events", config=_config()), event_bus_name())
    return Landing(object_store(), bus)


@cache
def _secrets() -> "SecretsProvider":
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto_config=_config())


def _config(max_pool_connections: int = 1) -> "Config":
    from botocore.config import Config

    return Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=max_pool_connections,
        # Checksums are our own where it matters; TLS protects what is sent, so that signing need
        # not hash every part.
        request_checksum_calculation="when_required",
        s3={"payload_signing_enabled": False},
    )
