"""What S3's refusals mean here, and what else the SDK may raise instead of an answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from botocore import exceptions as sdk
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError

SDK_ERRORS = (
    # A service's own refusals, and what went wrong before or after there was an answer.
    *(ClientError, BotoCoreError),
    # These three have no base: a model's gap, an answer that is not what the model says (such as
    # XML cut short), and a body that breaks off in a way that botocore does not translate.
    *(sdk.UndefinedModelAttributeError, ResponseParserError, HTTPError),
    # Raised only where warnings are made errors.
    *(sdk.ImminentRemovalWarning, sdk.UnsupportedTLSVersionWarning),
)
"""All that the SDK raises when it is called; a test walks its classes."""

NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})

UPLOAD_GONE = "NoSuchUpload"
"""Of a multipart upload that was completed or aborted."""

_CONFLICT = "ConditionalRequestConflict"
_LOST_RACE = frozenset({"412", "PreconditionFailed", _CONFLICT})
_PASSING = frozenset(
    {
        *("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout"),
        *("Throttling", "ThrottlingException", "TooManyRequestsException"),
        # What was sent got damaged or cut on its way.
        *("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"),
        # Somebody else's call about the same key is not done yet.
        *("OperationAborted", _CONFLICT),
        # A clock, or credentials that have just run out: the next invocation has others.
        *("RequestTimeTooSkewed", "ExpiredToken"),
        # Of the KMS key, which S3 asks.
        *("KMSInternalException", "DependencyTimeoutException"),
        # After a conflict S3 may have dropped the parts: another try sends them again.
        UPLOAD_GONE,
        # A twin has sent one again, which may change its ETag: another try lists them anew.
        "InvalidPart",
    }
)
_PASSING_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_PASSING_SDK_ERRORS = (
    # The way to the service, or its answer, broke.
    *(sdk.HTTPClientError, sdk.ConnectionError, sdk.IncompleteReadError, HTTPError),
    *(sdk.ChecksumError, sdk.FlexibleChecksumError, ResponseParserError),
    # The platform had no credentials for a moment, or the SDK has spent its own retries.
    *(sdk.CredentialRetrievalError, sdk.MetadataRetrievalError, sdk.NoCredentialsError),
    sdk.CapacityNotAvailableError,
)
_SAID_CHARACTERS = 500


class LostRaceError(Exception):
    """The key no longer holds what it held when the upload began."""


def condition_on(etag: str | None) -> dict[str, str]:
    """Make the condition that the key still is as it was found: empty, or with this ETag."""
    return {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}


@contextmanager
def translating(step: str, condition: Mapping[str, str] | None = None) -> Iterator[None]:
    """Raise what S3 refuses within the block as an error of the exporter's own.

    Args:
        step: What the block does, such as `reading s3://bucket/key`.
        condition: Under which it does so: `condition_on`.

    Raises:
        LostRaceError: The condition did not hold.
        StorageError, ServiceUnavailableError: As `translated` says.
    """
    try:
        yield
    except SDK_ERRORS as error:
        if condition and _is_lost_race(error, condition):
            raise LostRaceError from error
        raise translated(error, step) from error


def code_of(error: Exception) -> str:
    """Name the refusal: by the service's code, or by what went wrong on the way to it."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__


def is_passing(error: Exception) -> bool:
    """Tell whether another try may do better: what a service or the SDK insists on stays."""
    if not isinstance(error, ClientError):
        return isinstance(error, _PASSING_SDK_ERRORS)
    # S3 puts the service in front that it has asked itself: `KMS.ThrottlingException`.
    code = code_of(error).rpartition(".")[2]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_failure = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return is_failure or code in _PASSING or status in _PASSING_STATUSES


def translated(error: Exception, step: str) -> SeiExportError:
    """Judge S3's code: what passes is worth another try, what S3 refuses is not."""
    code = code_of(error)
    if is_passing(error):
        return ServiceUnavailableError(
            f"S3 was not available when {step} ({code}).",
            remedy="Start a new execution later; check the AWS Health Dashboard.",
        )
    if isinstance(error, ClientError):
        return StorageError(f"S3 answered {code} when {step}.")
    # Nothing was sent. What the SDK says names a parameter of ours, over several lines.
    said = " ".join(str(error).split())[:_SAID_CHARACTERS]
    return StorageError(f"The AWS SDK failed with {code} when {step}: {said}.")


def _is_lost_race(error: Exception, condition: Mapping[str, str]) -> bool:
    """Whether the condition did not hold; an object that is gone is refused as not found."""
    code = code_of(error)
    return code in _LOST_RACE or ("IfMatch" in condition and code in NOT_FOUND)
