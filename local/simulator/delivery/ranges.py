"""Which part of a file a download asks for: all of it, or what follows a number of bytes.

A range of any other form is ignored, as RFC 9110 allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

from local.simulator.world.spool import Rendered

_FROM = re.compile("bytes=([0-9]{1,99})-", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """The bytes that an answer promises, and what it says about them."""

    start: int
    size: int
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def part_of(file: Rendered, asked: Mapping[str, str]) -> Part:
    """Return what a request's headers ask for; nothing, if that starts at the end or later."""
    validators = {
        "accept-ranges": "bytes",
        "etag": file.etag,
        "last-modified": formatdate(file.modified, usegmt=True),
    }
    wanted = _FROM.fullmatch(asked.get("range", ""))
    if not wanted or asked.get("if-range", file.etag) != file.etag:
        return Part(0, file.size, HTTPStatus.OK, validators)
    start = int(wanted[1])
    if start >= file.size:
        where = {"content-range": f"bytes */{file.size}"}
        return Part(0, 0, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, validators | where)
    where = {"content-range": f"bytes {start}-{file.size - 1}/{file.size}"}
    return Part(start, file.size - start, HTTPStatus.PARTIAL_CONTENT, validators | where)
