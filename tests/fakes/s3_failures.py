"""Ways in which S3 fails, how a test makes it fail, and what each is to the exporter."""

import copy
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from sei_export.errors import ServiceUnavailableError, StorageError


def refusal(code: str, status: int, operation: str = "AnyOperation") -> ClientError:
    """What boto3 raises when S3 answers with an error."""
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # the rest is of no use here
        operation,
    )


def raising(error: Exception) -> Callable[[], None]:
    """An action for `FakeS3.before` and `FakeS3.after_writing`."""

    def action() -> None:
        # A copy: the traceback of one would hold a whole test's memory for as long as it lives.
        raise copy.copy(error)

    return action


LOST = EndpointConnectionError(endpoint_url="https://s3")
SILENT = ReadTimeoutError(endpoint_url="https://s3")

FAILURES = [
    pytest.param(refusal("AccessDenied", 403), StorageError, "AccessDenied", id="denied"),
    pytest.param(refusal("NoSuchBucket", 404), StorageError, "NoSuchBucket", id="no bucket"),
    pytest.param(
        refusal("KMS.DisabledException", 400), StorageError, "KMS.DisabledException", id="kms"
    ),
    pytest.param(refusal("SlowDown", 503), ServiceUnavailableError, "SlowDown", id="slow down"),
    pytest.param(refusal("SlowDown", 200), ServiceUnavailableError, "SlowDown", id="late error"),
    pytest.param(
        refusal("RequestTimeout", 400), ServiceUnavailableError, "RequestTimeout", id="timeout"
    ),
    pytest.param(refusal("InternalError", 500), ServiceUnavailableError, "Internal", id="internal"),
    pytest.param(refusal("Unheard", 502), ServiceUnavailableError, "Unheard", id="another 5xx"),
    pytest.param(LOST, ServiceUnavailableError, "EndpointConnectionError", id="no connection"),
    pytest.param(SILENT, ServiceUnavailableError, "ReadTimeoutError", id="no answer"),
]
