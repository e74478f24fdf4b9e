"""Ways in which S3 fails, and what each is to the exporter."""

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from sei_export.errors import ServiceUnavailableError, StorageError
from tests.fakes.s3 import refusal

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
