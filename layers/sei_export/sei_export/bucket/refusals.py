"""What S3's refusals mean here."""

from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError

NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_PASSING = frozenset(
    {
        *("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout"),
        # After a conflict S3 may have dropped the parts: another try sends them again.
        "NoSuchUpload",
        # A twin has sent one again, which may change its ETag: another try lists them anew.
        "InvalidPart",
    }
)


class LostRaceError(Exception):
    """The key no longer holds what it held when the upload began."""


def condition_on(etag: str | None) -> dict[str, str]:
    """That the key still is as it was found: empty, or with this ETag."""
    return {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}


def is_lost_race(error: ClientError | BotoCoreError, condition: dict[str, str]) -> bool:
    """Whether the condition did not hold; an object that is gone is refused as not found."""
    code = code_of(error)
    return code in _LOST_RACE or ("IfMatch" in condition and code in NOT_FOUND)


def code_of(error: ClientError | BotoCoreError) -> str:
    """S3's code, or what went wrong on the way to S3."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__


def translated(error: ClientError | BotoCoreError, step: str) -> SeiExportError:
    """By S3's code: what passes is worth another try, what S3 refuses is not."""
    code = code_of(error)
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code not in _PASSING and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return StorageError(f"S3 answered {code} when {step}.")
    return ServiceUnavailableError(
        f"S3 was not available when {step} ({code}).",
        remedy="Start a new execution later; check the AWS Health Dashboard.",
    )
