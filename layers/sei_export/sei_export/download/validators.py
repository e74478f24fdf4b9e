"""What an answer's headers say of the file: which state of it, how long, from which byte on."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from sei_export.errors import CorruptDownloadError, ProtocolError

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,18})", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
_MOST_DIGITS = 18
"""Of a length: no file is longer, and Python reads no number of more than 4,300."""


class Range(NamedTuple):
    """Which bytes a partial answer has.

    Attributes:
        start: The first of them.
        last: The last of them.
        total: The whole file's length; None if the answer does not tell.
    """

    start: int
    last: int
    total: int | None


def validator(headers: Mapping[str, str]) -> str:
    """Name the state of a file's bytes, not only their meaning (RFC 9110).

    Returns:
        A strong ETag or a Last-Modified that is old enough; empty if there is neither.
    """
    etag = headers.get("etag", "")
    if etag:
        return "" if etag[:2].upper() == "W/" else etag
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):
        return ""
    # Within the second that it names, the file may have changed again.
    return modified if age >= timedelta(seconds=1) else ""


def content_length(headers: Mapping[str, str]) -> int | None:
    """Read a body's length; None if no header tells it.

    Raises:
        CorruptDownloadError: It is longer than any file.
    """
    if headers.get("transfer-encoding", "identity").lower() != "identity":
        return None
    # One that is repeated, as some proxies do, is the same (RFC 9110).
    stated = {text.strip() for text in headers.get("content-length", "").split(",")}
    text = stated.pop()
    if stated or not _DIGITS.fullmatch(text):
        return None
    if len(text) > _MOST_DIGITS:
        raise CorruptDownloadError(
            f"The download's length is said to be a number of {len(text)} digits."
        )
    return int(text)


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Tell whether a body comes in chunks, whose last one is empty and tells its end.

    Raises:
        ProtocolError: It is encoded on its way in a form that was not asked for, and that nothing
            here undoes.
    """
    coding = headers.get("transfer-encoding", "identity")
    if coding.lower() not in {"identity", "chunked"}:
        raise ProtocolError(f"The download came with Transfer-Encoding {coding[:80]!r}.")
    return coding.lower() == "chunked"


def content_range(headers: Mapping[str, str]) -> Range | None:
    """Read which bytes a partial answer has; None if no header tells it, or what cannot be."""
    stated = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if not stated:
        return None
    start, last = int(stated[1]), int(stated[2])
    total = None if stated[3] == "*" else int(stated[3])
    if last < start or (total is not None and last >= total):
        return None
    return Range(start, last, total)


def length_of_all(headers: Mapping[str, str]) -> int | None:
    """Read how long the whole file is from the refusal of a range; None if that does not tell."""
    stated = _UNSATISFIED.fullmatch(headers.get("content-range", ""))
    return int(stated[1]) if stated else None


def has_ranges(headers: Mapping[str, str]) -> bool:
    """Tell whether the server says that it can go on in the middle of the file."""
    units = headers.get("accept-ranges", "").lower().split(",")
    return "bytes" in {unit.strip() for unit in units}
