"""What an answer's headers say of the file: which state of it, how long, from which byte on."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


class Range(NamedTuple):
    """Which bytes a partial answer has.

    Attributes:
        start: The first of them.
        total: The whole file's length; None if the answer does not tell.
    """

    start: int
    total: int | None


def validator(headers: Mapping[str, str]) -> str:
    """Name the state of a file's bytes, not only their meaning (RFC 9110).

    Returns:
        A strong ETag or a Last-Modified that is old enough; empty if there is neither.
    """
    etag = headers.get("etag", "")
    if etag:
        return "" if etag.startswith("W/") else etag
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):
        return ""
    # Within the second that it names, the file may have changed again.
    return modified if age >= timedelta(seconds=1) else ""


def content_length(headers: Mapping[str, str]) -> int | None:
    """Read a body's length; None if no header tells it."""
    if is_chunked(headers):
        return None
    stated = headers.get("content-length", "")
    return int(stated) if stated.isdecimal() else None


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Tell whether a body comes in chunks, whose last one is empty and tells its end."""
    return "chunked" in headers.get("transfer-encoding", "").lower()


def content_range(headers: Mapping[str, str]) -> Range | None:
    """Read which bytes a partial answer has; None if no header tells it."""
    stated = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if not stated:
        return None
    return Range(int(stated[1]), None if stated[2] == "*" else int(stated[2]))


def has_ranges(headers: Mapping[str, str]) -> bool:
    """Tell whether the server says that it can go on in the middle of the file."""
    return headers.get("accept-ranges", "").lower() == "bytes"
