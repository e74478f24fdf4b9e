"""Errors, by the names that the state machine matches.

::

    SeiExportError
    ├── InvalidRequestError         the input is wrong
    ├── ConfigurationError          the stack's settings or its API key are wrong
    ├── PassingError
    │   └── ServiceUnavailableError Harness or AWS: 5xx, timeout, connection
    ├── ApiError
    │   ├── AuthenticationError     401 or 403, also with the key read afresh
    │   ├── ExportRejectedError     another 4xx on create
    │   ├── RateLimitedError        429; a PassingError, too
    │   ├── ProtocolError           an answer that the API does not document
    │   └── ExportNotFoundError     404 or 410 on status or download
    ├── ExportEndedError
    │   ├── ExportFailedError       the API says that the export failed
    │   ├── ExportCancelledError    the API says that it was cancelled
    │   └── ExportTimedOutError     not ready at the deadline, or too slow to download
    ├── HarvestIncompleteError      not everything that a harvest found has landed
    ├── BatchIncompleteError        something that a batch was to land is missing
    ├── CorruptDownloadError        the file is not the complete CSV that it claims to be
    └── StorageError                S3 refuses

The class's name becomes the `Error` of a failed task in Step Functions, and the text its
`errorMessage`: what happened, then ``Remedy:`` and what to do. The state machine splits the two
at the last such word for the `ExportFailed` event, so that nothing that a message quotes can be
taken for the remedy. A `PassingError` may have ``Retry-After:`` and seconds between them: the state
machine waits for so long.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

REMEDY_MARK = " Remedy: "
RETRY_MARK = " Retry-After: "

LONGEST_RETRY_SECONDS = 99_999_999
"""What a Wait state can wait at most."""

_ENDS = (".", "!", "?", "…")

EXPORT_MARK = " Export: "
"""Stands before the export's id, at the end of the message with which an execution fails."""

NEW_MARK = "; an identical request gets a new one from "
"""Stands after it, before the end of the time in which the API hands the same export out again."""

MOST_MESSAGE_CHARACTERS, MOST_REMEDY_CHARACTERS = 30_000, 2_000
"""As JSON writes them in ASCII, the longest of all ways to count. Step Functions cuts a cause at
32,768 characters, which is the whole JSON of a function's error: cut, it is no JSON any more, and
its end, the remedy, is lost."""

_CUT = " … (cut)"

_MOST_LISTED = 40
"""Problems in one message: nobody corrects more at a time."""


class SeiExportError(Exception):
    """Base of all errors that this package raises on purpose.

    Args:
        message: What happened, a sentence or more. Never holds a secret.
        remedy: What the reader can do; each class has a default.
    """

    default_remedy: ClassVar[str] = "Look at the function's log for this execution."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = _fitting(message, MOST_MESSAGE_CHARACTERS)
        self.remedy = _fitting(remedy or self.default_remedy, MOST_REMEDY_CHARACTERS)
        super().__init__(f"{sentence(self.message)}{REMEDY_MARK}{self.remedy}")


class PassingError(SeiExportError):
    """What stands in the way will pass by itself.

    Args:
        message: As for every error.
        remedy: As for every error.
        retry_after: Seconds until another try makes sense, as the API says; None or 0 if it does
            not say.

    Attributes:
        retry_after: Whole seconds, at most `LONGEST_RETRY_SECONDS`; None if nobody says.
    """

    def __init__(
        self, message: str, *, remedy: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after: int | None = None
        if retry_after and retry_after > 0:
            self.retry_after = math.ceil(min(retry_after, LONGEST_RETRY_SECONDS))
            told = f"{sentence(self.message)}{RETRY_MARK}{self.retry_after}."
            self.args = (f"{told}{REMEDY_MARK}{self.remedy}",)


def sentence(message: str) -> str:
    """End a message with a full stop, such as one that ends in what the API says."""
    return message if message.endswith(_ENDS) else f"{message}."


def _fitting(text: str, most: int) -> str:
    """Cut a text that is too long, and replace what no UTF-8 can carry."""
    text = text.encode(errors="replace").decode()
    if _length(text) <= most:
        return text
    room = most - len(_CUT)
    return (
        text[: bisect_right(range(len(text)), room, key=lambda end: _length(text[:end])) - 1] + _CUT
    )


def _length(text: str) -> int:
    """How many characters JSON takes at most for a text, and how many bytes."""
    return len(json.dumps(text)) - len('""')


def numbered(subject: str, problems: Sequence[str]) -> str:
    """Tell what is wrong with something: `The request has 2 problems: (1) … (2) …`."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    shown = problems[:_MOST_LISTED]
    listed = " ".join(f"({number}) {text}" for number, text in enumerate(shown, 1))
    if len(shown) < len(problems):
        listed += f" … and {len(problems) - len(shown)} more."
    return f"{subject} has {count}: {listed}"


class InvalidRequestError(SeiExportError):
    """The execution's input is wrong; no call was made.

    Args:
        problems: One sentence per problem, each beginning with the path of its field.
    """

    default_remedy = "Correct the input and start a new execution; nothing was sent to the API."

    def __init__(self, problems: Sequence[str], *, remedy: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(numbered("The request", problems), remedy=remedy)


class ConfigurationError(SeiExportError):
    """The API key is unset or malformed, or a setting of the stack is wrong."""

    default_remedy = "Deploy the stack again with the parameter corrected."


class ApiError(SeiExportError):
    """The SEI API did not do what was asked."""


class AuthenticationError(ApiError):
    """401 or 403 after one fresh read of the key."""

    default_remedy = (
        "Store a key that is valid for this organization and project (role Admin or Ingestion) "
        "in the stack's secret. Then start a new execution."
    )


class ExportRejectedError(ApiError):
    """The API refuses to create the export (4xx other than 401, 403, 429).

    Args:
        message: As for every error.
        remedy: As for every error.
        is_level_unknown: Whether the API says that it does not know the level's option by the name
            that was sent.
    """

    default_remedy = (
        "Check the org tree, team and options against what Harness shows for this project. Then "
        "start a new execution."
    )

    def __init__(
        self, message: str, *, remedy: str | None = None, is_level_unknown: bool = False
    ) -> None:
        self.is_level_unknown = is_level_unknown
        super().__init__(message, remedy=remedy)


class RateLimitedError(ApiError, PassingError):
    """429 for longer than one call may wait."""

    default_remedy = (
        "Spread the schedules, or export fewer teams at a time: the key's limit is 1000 requests "
        "a minute."
    )


class ProtocolError(ApiError):
    """An answer that is not what the API documents."""

    default_remedy = (
        "Check that HarnessBaseUrl is the API's base URL for your environment (it ends in "
        "/sei/api/); if it is, the API has changed and the exporter needs an update."
    )


class ExportNotFoundError(ApiError):
    """404 or 410 on status or download."""

    default_remedy = (
        "The export is gone or belongs to another project. Start a new execution 30 minutes after "
        "the first one: until then the API may hand out the same export."
    )


class ServiceUnavailableError(PassingError):
    """Harness or an AWS service did not answer for longer than one call may wait.

    Whoever raises it for one of them says in the remedy whose status to look at.
    """

    default_remedy = (
        "Start a new execution later; check the Harness status page and the AWS Health Dashboard."
    )


class ExportEndedError(SeiExportError):
    """The export ended, and not with a file."""


class ExportFailedError(ExportEndedError):
    """The API reports `failed`."""

    default_remedy = (
        "Correct what the API names, or narrow the scope to one team or a shorter date range; an "
        "identical request within 30 minutes may be handed the same failed export."
    )


class ExportCancelledError(ExportEndedError):
    """The API reports `cancelled`."""

    default_remedy = (
        "Somebody cancelled it in Harness. Start a new execution 30 minutes after the first one: "
        "until then the API may hand out the same export."
    )


class ExportTimedOutError(ExportEndedError):
    """Not ready at the execution's deadline, or too slow to download."""

    default_remedy = (
        "Raise ExportTimeoutMinutes, or export less at a time: one team, or a shorter date range."
    )


class HarvestIncompleteError(SeiExportError):
    """Not everything has landed. Declared here; CloseHarvest answers with its name."""

    default_remedy = "Start the harvest again: what has landed is skipped."


class BatchIncompleteError(SeiExportError):
    """Something expected is missing. Declared here, raised by the batch's state machine."""

    default_remedy = (
        "Start the batch again with the same input: what has landed is found unchanged."
    )


class CorruptDownloadError(SeiExportError):
    """Length, gzip, CSV or checksum disagree, or it is not CSV at all. Nothing was published."""

    default_remedy = (
        "Start a new execution 30 minutes after the first one: until then the API may hand out the "
        "same export. If it repeats, download the export in the Harness UI and compare."
    )


class StorageError(SeiExportError):
    """S3 refuses; the message has S3's code."""

    default_remedy = (
        "Check the bucket's policy, its KMS key and the function's role for what S3's code names."
    )
