"""Why exports failed, and what a run that lacks some of them says of it in short."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sei_export import dates
from sei_export.errors import EXPORT_MARK, NEW_MARK
from sei_export.jsontypes import JsonObject

_SHOWN_ERRORS = 5
_SHOWN_OF_EACH = 3
_SHOWN_CHARACTERS = 300
"""Of one message: all of it is in the manifest."""

_OF_ONE_EXECUTION = re.compile(r"(then )?start (a|the) (new|batch|execution)", re.IGNORECASE)
"""How a remedy begins that is about an export by itself: a run has one way back for all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an export failed.

    Attributes:
        error: The error's name.
        message: What happened.
        remedy: What to do.
    """

    error: str
    message: str
    remedy: str

    def to_json(self) -> JsonObject:
        """As in events."""
        return {"error": self.error, "message": self.message, "remedy": self.remedy}

    @classmethod
    def from_json(cls, content: JsonObject) -> "Failure":
        """Read it back; what is not there is empty."""
        return cls(*(str(content.get(name, "")) for name in ("error", "message", "remedy")))


def export_at_end(message: str) -> tuple[str, str | None, str | None]:
    """Take off what the export machine puts at the end of what it says.

    Returns:
        The message; the export's id; until when the API may hand it out again.
    """
    said, mark, last = message.rpartition(EXPORT_MARK)
    if not mark or not last.endswith("."):
        return message, None, None
    export_id, mark, moment = last[:-1].rpartition(NEW_MARK)
    if mark and dates.normalize_moment(moment, "") == moment:
        return said, export_id or None, moment
    return said, last[:-1] or None, None


type Failed = tuple[str, Failure]
"""What failed, named for people, and why."""


def describe(failed: Sequence[Failed]) -> str:
    """Say of each error how many failed so, the first few of them, and what the first one said."""
    kinds = _kinds(failed)
    parts = [_describe(error, each) for error, each in [*kinds.items()][:_SHOWN_ERRORS]]
    if len(kinds) > _SHOWN_ERRORS:
        parts.append(f"and {len(kinds) - _SHOWN_ERRORS} more kinds of errors, in the manifest")
    return "; ".join(parts)


def remedies(failed: Sequence[Failed]) -> list[str]:
    """One for each error, without what is only about an execution by itself."""
    found: list[str] = []
    for error, each in _kinds(failed).items():
        sentences = re.split(r"(?<=[.!?]) ", each[0][1].remedy)
        cure = " ".join(it for it in sentences if not _OF_ONE_EXECUTION.match(it))
        if cure and len(found) < _SHOWN_ERRORS:
            found.append(f"{error}: {cure}")
    return found


def _kinds(failed: Sequence[Failed]) -> Mapping[str, Sequence[Failed]]:
    kinds: dict[str, list[Failed]] = {}
    for each in failed:
        kinds.setdefault(each[1].error, []).append(each)
    return kinds


def _describe(error: str, failed: Sequence[Failed]) -> str:
    whose = [named for named, _ in failed[:_SHOWN_OF_EACH]]
    if len(failed) > _SHOWN_OF_EACH:
        whose.append(f"and {len(failed) - _SHOWN_OF_EACH} more")
    message = failed[0][1].message[:_SHOWN_CHARACTERS].rstrip(" .")
    return f"{len(failed)} {error} ({'; '.join(whose)}: {message})"
