"""A download's body, verified as it passes and gzip on the other side.

What the first bytes say counts, not the headers: the API sends gzip with a `text/csv` header. The
body is read raw, since the HTTP stack's own decoding ends early without an error on a truncated
gzip, and a bare decompressor drops all members after the first.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Iterator

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from sei_export.csvcheck import CsvInspector
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    ServiceUnavailableError,
)

READ_BYTES = 1024 * 1024
"""One read from the connection, and the most that is inflated at a time."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
_LEVEL = 1
"""For plain bodies: the fastest level keeps 97 % of what the next ones save."""


def read_raw(
    response: requests.Response, seconds_left: Callable[[], float] = lambda: math.inf
) -> Iterator[bytes]:
    """The body's bytes as they came, all of them.

    Args:
        response: Opened, not read.
        seconds_left: How long reading may still take.

    Raises:
        ExportTimedOutError: There is no time left for the rest.
        CorruptDownloadError: It broke off, or is shorter than it said.
        ServiceUnavailableError: It stalled.
    """
    promised = _promised_length(response)
    received = 0
    while True:
        try:
            piece: bytes = response.raw.read(READ_BYTES, decode_content=False)
        except ReadTimeoutError:
            raise ServiceUnavailableError(f"The download stalled after {received} bytes.") from None
        except (HTTPError, OSError) as error:
            raise CorruptDownloadError(
                f"The download broke off after {received} bytes ({type(error).__name__})."
            ) from None
        if not piece:
            break
        received += len(piece)
        yield piece
        if seconds_left() <= 0:
            raise ExportTimedOutError(
                f"The download was not finished in the function's time: {received} bytes of "
                f"{promised or 'an unknown number'} came.",
                remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
            )
    if promised is not None and received != promised:
        raise CorruptDownloadError(
            f"The download has {received} bytes, its Content-Length is {promised}."
        )


def as_verified_gzip(pieces: Iterable[bytes], inspector: CsvInspector) -> Iterator[bytes]:
    """Pass gzip through and compress plain CSV; feed the CSV to the inspector on the way.

    The caller calls `inspector.finish()` afterwards: nothing is proven before that.

    Raises:
        CorruptDownloadError: The gzip is truncated or damaged, or the content is not CSV.
    """
    source = iter(pieces)
    first = b""
    for piece in source:
        first += piece
        if len(first) >= len(_GZIP_MAGIC):
            break
    # No CSV begins with the first half of the mark alone: that is a gzip cut short.
    if first.startswith(_GZIP_MAGIC) or first == _GZIP_MAGIC[:1]:
        yield from _pass_through(first, source, inspector)
    else:
        yield from _compress(first, source, inspector)


def _pass_through(first: bytes, rest: Iterator[bytes], inspector: CsvInspector) -> Iterator[bytes]:
    members = _Members(inspector)
    members.feed(first)
    yield first
    for piece in rest:
        members.feed(piece)
        yield piece
    members.finish()


def _compress(first: bytes, rest: Iterator[bytes], inspector: CsvInspector) -> Iterator[bytes]:
    # zlib writes neither time nor name into the header: the same CSV gives the same bytes.
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    inspector.feed(first)
    yield compressor.compress(first)
    for piece in rest:
        inspector.feed(piece)
        yield compressor.compress(piece)
    yield compressor.flush()


class _Members:
    """Inflates gzip members one after the other, each to its trailer (RFC 1952)."""

    def __init__(self, inspector: CsvInspector) -> None:
        self._inspector = inspector
        self._inflater = zlib.decompressobj(_GZIP_WINDOW)
        self._started = False
        self._pending = b""

    def feed(self, piece: bytes) -> None:
        data = piece
        more = False
        try:
            while data or more:
                if not self._started:
                    data = self._begin(data)
                    if not data:
                        return
                plain = self._inflater.decompress(data, READ_BYTES)
                self._inspector.feed(plain)
                # All input may be taken in while output still waits behind the limit.
                more = len(plain) == READ_BYTES and not self._inflater.eof
                if self._inflater.eof:
                    # zlib has compared the trailer's CRC and size with what it inflated.
                    data = self._inflater.unused_data
                    self._inflater = zlib.decompressobj(_GZIP_WINDOW)
                    self._started = False
                else:
                    data = self._inflater.unconsumed_tail
        except zlib.error as error:
            raise CorruptDownloadError(f"The gzip is damaged: {error}.") from None

    def finish(self) -> None:
        if self._started or self._pending:
            raise CorruptDownloadError("The gzip is truncated: its end is missing.")

    def _begin(self, data: bytes) -> bytes:
        """Whether a next member begins here; one byte may have to wait for the next piece."""
        data = self._pending + data
        self._pending = b""
        if len(data) < len(_GZIP_MAGIC) and _GZIP_MAGIC.startswith(data):
            self._pending = data
            return b""
        if not data.startswith(_GZIP_MAGIC):
            raise CorruptDownloadError("The gzip is followed by bytes that are not gzip.")
        self._started = True
        return data


def _promised_length(response: requests.Response) -> int | None:
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        return None
    stated = response.headers.get("content-length", "")
    return int(stated) if stated.isdecimal() else None
