"""What a file of an export and its headers tell."""

import csv
import io
import zlib
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

import requests
from urllib3.exceptions import HTTPError

from local.live.asking import Asker
from local.live.findings import Findings
from sei_export.errors import ExportNotFoundError, ProtocolError, SeiExportError
from sei_export.export import ExportHandle

MOST_FILE_BYTES = 4 * 1024 * 1024
TOLD_HEADERS = (
    *("content-encoding", "content-length", "content-type", "transfer-encoding"),
    *("etag", "last-modified", "accept-ranges", "content-disposition", "retry-after"),
)
"""Those that matter, by name; of others only how many there are."""

_GZIP = b"\x1f\x8b"
_DEVELOPER = frozenset({"LOC_ADDED", "LOC_REMOVED"})
_TEAM = frozenset({"LOC_TOTAL", "PR_VELOCITY"})


class NoFile(StrEnum):
    """Why there is no file."""

    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """There was no answer, it broke off, or what came is damaged."""


class File(NamedTuple):
    """A file as it came, up to a bound.

    Attributes:
        status: HTTP's.
        headers: By lower-case name.
        content: The first bytes.
        plain: What is in them.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    plain: bytes

    @property
    def columns(self) -> list[str]:
        """The names in its first line."""
        text = self.plain.decode(errors="replace")
        return next(csv.reader(io.StringIO(text, newline="")), [])


def fetch(
    asker: Asker, export: ExportHandle, link: str | None, headers: Mapping[str, str] | None = None
) -> File | NoFile:
    """Open a file as the product does."""
    client = asker.client()
    try:
        with client.download(export, link, headers) as response:
            content = response.raw.read(MOST_FILE_BYTES, decode_content=False)
            named = {name.lower(): value for name, value in response.headers.items()}
            return File(response.status_code, named, content, _plain(content))
    except (ExportNotFoundError, ProtocolError):
        return NoFile.REFUSED
    except (SeiExportError, requests.RequestException, HTTPError, OSError, zlib.error):
        return NoFile.UNANSWERED


def describe(findings: Findings, file: File, size_bytes: object) -> None:
    """Note how a file comes; not what is in it."""
    told = [name for name in TOLD_HEADERS if name in file.headers]
    others = len(file.headers) - len(told)
    line = f"headers {', '.join(told)} and {others} more; {len(file.content)} bytes"
    findings.look("GET /…/exports/{exportId}/download", file.status, line, ())
    is_gzip = file.content.startswith(_GZIP)
    findings.answer("file-form", "gzip" if is_gzip else "plain")
    findings.answer("file-type", _type(file.headers.get("content-type", "")))
    findings.answer("file-encoding", _encoding(file.headers))
    findings.answer("file-end", _end(file.headers))
    findings.answer("file-etag", "there" if "etag" in file.headers else "absent")
    findings.answer("size-bytes", _size(size_bytes, file))


def describe_range(findings: Findings, part: File | NoFile) -> None:
    """Note what becomes of a request for a part of a file."""
    if isinstance(part, NoFile):
        findings.answer("file-ranges", part)
    else:
        partial = part.status == HTTPStatus.PARTIAL_CONTENT
        findings.answer("file-ranges", "a part" if partial else "the whole file")


def level_of(file: File) -> str:
    """Which level's columns a productivity file has."""
    columns = set(file.columns)
    found = {"developer": columns & _DEVELOPER, "team": columns & _TEAM}
    levels = [level for level, own in found.items() if own]
    return levels[0] if len(levels) == 1 else "no"


def emptiness_of(file: File) -> str:
    """What a file is that has no data."""
    plain = file.plain
    if not plain:
        return "no bytes"
    rows = sum(1 for _ in csv.reader(io.StringIO(plain.decode(errors="replace"), newline="")))
    return "a header" if rows == 1 else "rows"


def _plain(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    return zlib.decompressobj(wbits=31).decompress(content, MOST_FILE_BYTES)


def _type(given: str) -> str:
    media = given.partition(";")[0].strip().lower()
    known = {"text/csv", "application/gzip", "application/octet-stream", "application/x-gzip"}
    return media if media in known else "another" if media else "absent"


def _encoding(headers: Mapping[str, str]) -> str:
    given = headers.get("content-encoding", "").strip().lower()
    return given if given in {"gzip", "identity"} else "another" if given else "absent"


def _end(headers: Mapping[str, str]) -> str:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return "chunks"
    return "length" if "content-length" in headers else "the connection's end"


def _size(given: object, file: File) -> str:
    if not isinstance(given, int):
        return "absent"
    sizes = {len(file.content): "as sent", len(file.plain): "of the CSV"}
    return sizes.get(given, "another")
