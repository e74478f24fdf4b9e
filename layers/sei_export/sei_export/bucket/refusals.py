"""What S3's refusals mean here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError

NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})

UPLOAD_GONE = "NoSuchUpload"
"""Of a multipart upload that was completed or aborted."""

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_PASSING = frozenset(
    {
        *("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout"),
        # After a conflict S3 may have dropped the parts: another try sends them again.
        UPLOAD_GONE,
        # A twin has sent one again, which may change its ETag: another try lists them anew.
        "InvalidPart",
    }
)


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
    except (ClientError, BotoCoreError) as error:
        if condition and _is_lost_race(error, condition):
            raise LostRaceError from error
        raise translated(error, step) from error


def code_of(error: ClientError | BotoCoreError) -> str:
    """Name the refusal: by S3's code, or by what went wrong on the way to S3."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__


def translated(error: ClientError | BotoCoreError, step: str) -> SeiExportError:
    """Judge S3's code: what passes is worth another try, what S3 refuses is not."""
    code = code_of(error)
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code not in _PASSING and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return StorageError(f"S3 answered {code} when {step}.")
    return ServiceUnavailableError(
        f"S3 was not available when {step} ({code}).",
        remedy="Start a new execution later; check the AWS Health Dashboard.",
    )


def _is_lost_race(error: ClientError | BotoCoreError, condition: Mapping[str, str]) -> bool:
    """Whether the condition did not hold; an object that is gone is refused as not found."""
    code = code_of(error)
    return code in _LOST_RACE or ("IfMatch" in condition and code in NOT_FOUND)
