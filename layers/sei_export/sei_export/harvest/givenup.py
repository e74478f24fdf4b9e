"""Exports that cannot be landed, however often it is tried: in how many harvests they failed.

After three of them an export is left alone, so that one damaged file does not make every harvest
fail for as long as the API lists it.
"""

from dataclasses import dataclass

from sei_export.errors import (
    CorruptDownloadError,
    ExportCancelledError,
    ExportFailedError,
    ExportNotFoundError,
)
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject, JsonValue

MOST_FAILURES = 3
"""Harvests in which an export may fail before it is left alone."""

VERSION = "1"

_ITS_OWN = frozenset(
    error.__name__
    for error in (
        *(CorruptDownloadError, ExportNotFoundError),
        *(ExportFailedError, ExportCancelledError),
    )
)
"""Errors about the export itself. All others are about the API, the key, S3 or the stack, or pass:
what somebody mends there lands the next time."""

_OF_THE_STACK = "AllowUnverifiableBody"
"""In the remedy of a file that a parameter would accept: it may well be whole."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One harvest in which an export could not be landed.

    Attributes:
        run: The harvest.
        error: The error's name.
        at: When that harvest ended, ISO 8601.
    """

    run: str
    error: str
    at: str

    @classmethod
    def from_json(cls, given: JsonValue) -> "Trial | None":
        """Read it back; None for what is no such form."""
        match given:
            case {"run": str(run), "error": str(error), "at": str(at)}:
                return cls(run, error, at)
        return None

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        return {"run": self.run, "error": self.error, "at": self.at}


@dataclass(frozen=True, slots=True)
class Trials:
    """What is remembered of an export that could not be landed.

    Attributes:
        all: The harvests, the first one first.
        reason: What the last one ended with; None if there was none.
    """

    all: tuple[Trial, ...] = ()
    reason: Failure | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether a harvest leaves it alone."""
        return len(self.all) >= MOST_FAILURES

    @classmethod
    def from_json(cls, content: JsonObject) -> "Trials":
        """Read it back; an empty or strange one knows nothing."""
        given, reason = content.get("failures"), content.get("reason")
        found = [Trial.from_json(each) for each in given] if isinstance(given, list) else []
        return cls(
            tuple(each for each in found if each),
            Failure.from_json(reason) if isinstance(reason, dict) else None,
        )

    def to_json(self, export_id: str, report: str) -> JsonObject:
        """Write the form in the bucket."""
        return {
            "version": VERSION,
            "exportId": export_id,
            "report": report,
            "givenUp": self.is_given_up,
            "count": len(self.all),
            "reason": self.reason.to_json() if self.reason else None,
            "failures": [each.to_json() for each in self.all],
        }

    def after(self, run: str, failure: Failure, at: str) -> "Trials":
        """Tell what is known after a harvest, which counts once however often it is closed."""
        is_its_own = failure.error in _ITS_OWN and _OF_THE_STACK not in failure.remedy
        if not is_its_own or run in {each.run for each in self.all}:
            return self
        return Trials((*self.all, Trial(run, failure.error, at)), failure)
