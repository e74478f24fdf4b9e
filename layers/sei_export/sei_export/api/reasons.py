"""Why the API refuses something or why an export failed, in its own words.

No page documents the shape: known names first, then whatever an answer has beside what is known.
"""

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from sei_export.jsontypes import JsonObject, JsonValue

_NAMES = (
    "error",
    "errors",
    "failureReason",
    "failureMessage",
    "failure",
    "reason",
    "statusReason",
    "statusMessage",
    "errorMessage",
    "errorDetails",
    "message",
    "detailedMessage",
    "detail",
    "details",
    "responseMessages",
)
_WORDS = ("message", "detail", "reason", "description", "error", "title")
"""What says it in an object that stands where a text was expected."""

_PLACES = ("field", "path", "location")
"""What such an object is about."""

_NO_REASON = (
    *("exportId", "id", "status", "report", "createdAt", "createdBy", "startedAt", "updatedAt"),
    *("completedAt", "expiresAt", "download", "downloadUrl"),
)
"""Fields of an export that do not say why it failed."""

_PHRASES = {status.phrase.casefold() for status in HTTPStatus}
_DOUBTS = ("not", "n't", "fail", "error", "unable", "unsuccess", "without success")
_MAX_LISTED = 5


def stated_error(answer: JsonValue) -> str | None:
    """Read the error that an answer states under one of the known names, in one line.

    What says only the HTTP status once more, or that all is well, counts where nothing else does
    or not at all.
    """
    if not isinstance(answer, dict):
        return None
    found = [text for name in _NAMES if (text := _text(answer.get(name)))]
    telling = [text for text in found if not _is_good_news(text)]
    return next((text for text in telling if text.casefold() not in _PHRASES), None) or next(
        iter(telling), None
    )


def failure_reason(fields: JsonObject) -> str | None:
    """Read why an export ended without a file: as stated, or else all that may say it."""
    if stated := stated_error(fields):
        return stated
    return _dumped({name: value for name, value in fields.items() if _may_tell(name, value)})


def _text(value: JsonValue) -> str | None:
    """What a value says, in one line; None for nothing."""
    if not isinstance(value, list):
        return _one(value)
    texts = [text for each in value[:_MAX_LISTED] if (text := _one(each))]
    more = f" … and {len(value) - _MAX_LISTED} more" if len(value) > _MAX_LISTED else ""
    return "; ".join(dict.fromkeys(texts)) + more if texts else None


def _one(value: JsonValue) -> str | None:
    if isinstance(value, dict):
        said = next(_said(value, _WORDS), None)
        about = next(_said(value, _PLACES), None)
        return f"{about}: {said}" if said and about else said or _dumped(value)
    return _line(value) if isinstance(value, str) else None


def _said(value: JsonObject, names: Iterable[str]) -> Iterator[str]:
    """The texts under some names, also of an object under one of them."""
    for name in names:
        each = value.get(name)
        inner = each.get("message") if isinstance(each, dict) else each
        if isinstance(inner, str) and (text := _line(inner)):
            yield text


def _line(text: str) -> str | None:
    """A text in one line, of what can be printed: JSON may have halves of pairs, which cannot."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or None


def _dumped(value: JsonObject) -> str | None:
    """An object as it is, without what is empty in it."""
    rest = {name: each for name, each in value.items() if each not in (None, "", [], {})}
    try:
        return _line(json.dumps(rest, ensure_ascii=False)) if rest else None
    except RecursionError:
        return None


def _is_good_news(text: str) -> bool:
    """Whether a text is a success' one, such as "Export created successfully"."""
    plain = text.casefold()
    return plain.startswith("using existing export") or (
        "success" in plain and not any(doubt in plain for doubt in _DOUBTS)
    )


def _may_tell(name: str, value: JsonValue) -> bool:
    return name not in _NO_REASON and not (isinstance(value, str) and _is_good_news(value))
