"""Reading a body to its end, over as many connections as it takes.

HTTP libraries return short data without an error in several cases, so the length is checked here.
A body that breaks off goes on where it stopped, if the server can do that and the file is still the
same (RFC 9110: Range with If-Range); else from its beginning, and what was read before is compared,
not trusted.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from sei_export.errors import CorruptDownloadError, ExportTimedOutError, ServiceUnavailableError
from sei_export.http import Timing

logger = logging.getLogger(__name__)

READ_BYTES = 1024 * 1024
"""One read from the connection: small reads cost several times as much CPU."""

FRUITLESS_TRIES = 3
"""Connections in a row that bring nothing new before a body counts as broken."""

PROGRESS_SECONDS = 30.0
"""Between two lines in the log about a long transfer."""

_PAUSE_SECONDS = 1.0
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a body comes from.

    Attributes:
        open: Opens it, with more request headers; called again to go on after a break.
        seconds_left: How long reading may still take.
        timing: Clock and sleep.
    """

    open: Callable[[Mapping[str, str]], AbstractContextManager[requests.Response]]
    seconds_left: Callable[[], float]
    timing: Timing = field(default_factory=Timing)


def read_body(source: Source) -> Generator[bytes]:
    """The body's bytes as they came, undecoded, all of them, each once.

    Closing the generator closes the connection.

    Raises:
        CorruptDownloadError: It breaks off again and again, or differs from one try to the next.
        ExportTimedOutError: There is no time left for the rest.
        ServiceUnavailableError: It stalls again and again.
        SeiExportError: As `source.open` raises.
    """
    return _Reading(source).pieces()


class _BrokenError(Exception):
    """A connection ended before the body did."""


@dataclass(slots=True)
class _Reading:
    """One body, over one connection or more.

    Attributes:
        received: Bytes handed on.
        total: The body's length, once the server has told it.
        validator: Names this state of the file, for If-Range; empty if the server gives none.
        ranges: Whether the server says that it can go on in the middle.
        digest: Of what was handed on, where going on in the middle is not possible.
        noted: When the log last had a line about it.
    """

    source: Source
    received: int = 0
    total: int | None = None
    validator: str = ""
    ranges: bool = False
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    noted: float = field(init=False)

    def __post_init__(self) -> None:
        self.noted = self.source.timing.monotonic()

    def pieces(self) -> Generator[bytes]:
        fruitless = 0
        while True:
            before = self.received
            try:
                yield from self._connection()
            except (_BrokenError, HTTPError, OSError) as error:
                fruitless = 0 if self.received > before else fruitless + 1
                if fruitless >= FRUITLESS_TRIES:
                    raise self._gave_up(error) from None
                pause = _PAUSE_SECONDS * fruitless
                if pause >= self.source.seconds_left():
                    raise self._out_of_time() from None
                logger.warning(
                    "The download broke off after %d bytes (%s); going on.",
                    self.received,
                    type(error).__name__,
                )
                self.source.timing.sleep(pause)
            else:
                return

    @property
    def _can_go_on(self) -> bool:
        return self.ranges and bool(self.validator)

    def _connection(self) -> Iterator[bytes]:
        headers: dict[str, str] = {}
        if self.received and self._can_go_on:
            headers = {"Range": f"bytes={self.received}-", "If-Range": self.validator}
        with self.source.open(headers) as response:
            if response.status_code == HTTPStatus.PARTIAL_CONTENT:
                self._check_range(response)
            elif self.received:
                self._skip(response)
            else:
                self._begin(response)
            yield from self._read(response)

    def _begin(self, response: requests.Response) -> None:
        self.validator = _validator(response.headers)
        self.ranges = response.headers.get("accept-ranges", "").lower() == "bytes"
        self.total = _content_length(response)

    def _check_range(self, response: requests.Response) -> None:
        stated = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if not stated or int(stated[1]) != self.received:
            raise CorruptDownloadError(
                f"The server went on at another place than byte {self.received}: "
                f"{response.headers.get('content-range')!r}."
            )
        self._learn_total(None if stated[2] == "*" else int(stated[2]))
        if self.total is None:
            raise CorruptDownloadError("The server went on without telling the file's length.")

    def _learn_total(self, stated: int | None) -> None:
        if None not in (stated, self.total) and stated != self.total:
            raise CorruptDownloadError("The file's length changed during the download.")
        self.total = self.total if stated is None else stated

    def _skip(self, response: requests.Response) -> None:
        """Read again what was handed on before, to prove that it is the same."""
        if self._can_go_on:
            # What was handed on has no digest to prove it by.
            raise CorruptDownloadError("The file changed during the download.")
        self._learn_total(_content_length(response))
        again, left = hashlib.sha256(), self.received
        while left:
            piece: bytes = response.raw.read(min(READ_BYTES, left), decode_content=False)
            if not piece:
                raise _BrokenError
            again.update(piece)
            left -= len(piece)
            self._look_at_clock()
        if again.digest() != self.digest.digest():
            raise CorruptDownloadError("The file changed during the download.")

    def _read(self, response: requests.Response) -> Iterator[bytes]:
        while True:
            piece: bytes = response.raw.read(READ_BYTES, decode_content=False)
            if not piece:
                break
            self.received += len(piece)
            if not self._can_go_on:
                self.digest.update(piece)
            yield piece
            self._look_at_clock()
        if self.total is not None and self.received < self.total:
            raise _BrokenError
        if self.total is not None and self.received > self.total:
            raise CorruptDownloadError(
                f"The download has {self.received} bytes, its length was said to be {self.total}."
            )

    def _look_at_clock(self) -> None:
        if self.source.seconds_left() <= 0:
            raise self._out_of_time()
        now = self.source.timing.monotonic()
        if now - self.noted >= PROGRESS_SECONDS:
            self.noted = now
            logger.info("%d bytes of %s so far.", self.received, self.total or "an unknown number")

    def _out_of_time(self) -> ExportTimedOutError:
        return ExportTimedOutError(
            f"The download was not finished in the function's time: {self.received} bytes of "
            f"{self.total or 'an unknown number'} came.",
            remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
        )

    def _gave_up(self, error: Exception) -> CorruptDownloadError | ServiceUnavailableError:
        if isinstance(error, ReadTimeoutError):
            return ServiceUnavailableError(f"The download stalled after {self.received} bytes.")
        return CorruptDownloadError(
            f"The download broke off after {self.received} bytes of "
            f"{self.total or 'an unknown number'}, {FRUITLESS_TRIES} times in a row "
            f"({type(error).__name__})."
        )


def _validator(headers: Mapping[str, str]) -> str:
    """What names the file's bytes, not only their meaning (RFC 9110); empty if nothing does."""
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


def _content_length(response: requests.Response) -> int | None:
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        return None
    stated = response.headers.get("content-length", "")
    return int(stated) if stated.isdecimal() else None
