"""Reading a body to its end, over as many connections as it takes.

HTTP libraries return short data without an error in several cases, so the length is checked here.
A body that breaks off goes on where it stopped, if the server can do that and the file is still the
same (RFC 9110: Range with If-Range); else from its beginning, and what was read before is compared,
not trusted.
"""

import hashlib
import logging
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from urllib3.exceptions import HTTPError, ReadTimeoutError

from sei_export.download.source import Response, Source
from sei_export.download.validators import (
    content_length,
    content_range,
    has_ranges,
    is_chunked,
    validator,
)
from sei_export.errors import CorruptDownloadError, ExportTimedOutError, ServiceUnavailableError

logger = logging.getLogger(__name__)

READ_BYTES = 1024 * 1024
"""One read from the connection: small reads cost several times as much CPU."""

_LEAST_READ_BYTES = 16 * 1024
_LONG_READ_SECONDS = 1.0
"""A slower source is read in smaller pieces: nothing looks at the clock during a read."""

FRUITLESS_TRIES = 3
"""Connections in a row that bring nothing new before a body counts as broken."""

PROGRESS_SECONDS = 30.0
"""Between two lines in the log about a long transfer."""

_PAUSE_SECONDS = 1.0


class _BrokenError(Exception):
    """A connection ended before the body did."""


@dataclass(slots=True)
class Body:
    """One body, over one connection or more.

    Attributes:
        source: Where it comes from.
        received: Bytes that came; to begin with, those that another reader has got.
        total: The body's length, once the server has told it.
        validator: Names this state of the file, for If-Range; empty if the server gives none.
        ranges: Whether the server says that it can go on in the middle.
        chunked: Whether it comes in chunks, the last of which tells the end.
        broke_off: Whether reading ended because connections broke off again and again.
    """

    source: Source
    received: int = 0
    total: int | None = None
    validator: str = ""
    ranges: bool = False
    chunked: bool = False
    broke_off: bool = False
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _noted: float = field(init=False)
    _began: float = 0.0
    _read_bytes: int = READ_BYTES
    _held: deque[bytes] = field(default_factory=deque)
    _rest: Generator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._noted = self.source.deadline.clock.monotonic()
        self._rest = self._over_connections()

    def pieces(self) -> Generator[bytes]:
        """The bytes as they came, undecoded, all that are missing, each once.

        Raises:
            CorruptDownloadError: It breaks off again and again, or differs from one try to the
                next.
            ExportTimedOutError: There is no time left for the rest.
            ServiceUnavailableError: It stalls again and again.
            SeiExportError: As `source.open` raises.
        """
        try:
            while self._held:
                yield self._held.popleft()
            yield from self._rest
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._rest.close()

    def read_ahead(self, size: int, seconds: float) -> None:
        """Read up to so many bytes, for so long; `pieces` begins with them.

        Raises:
            SeiExportError: As `pieces` raises.
        """
        until = self.source.deadline.clock.monotonic() + seconds
        while self.received < size and self.source.deadline.clock.monotonic() < until:
            piece = next(self._rest, b"")
            if not piece:
                return
            self._held.append(piece)

    def end_earlier(self, seconds: float) -> None:
        """Keep so many seconds of the time in reserve from now on."""
        self.source = replace(self.source, deadline=self.source.deadline.earlier(seconds))

    @property
    def can_go_on(self) -> bool:
        """Whether the server can go on in the middle, and tells whether the file is the same."""
        return self.ranges and bool(self.validator)

    @property
    def can_go_on_elsewhere(self) -> bool:
        """Whether another reader can go on with it: that needs to know where it ends."""
        return self.can_go_on and self.total is not None

    @property
    def is_end_told(self) -> bool:
        """Whether the server told where the body ends: by a length, or by chunks."""
        return self.total is not None or self.chunked

    @property
    def length(self) -> int:
        """The body's length, where that is known; what came so far elsewhere."""
        return self.received if self.total is None else self.total

    @property
    def seconds_needed(self) -> float:
        """How long the rest takes at the pace so far; 0 if its length is unknown."""
        if self.total is None or not self.received:
            return 0.0
        spent = self.source.deadline.clock.monotonic() - self._began
        return spent * (self.total - self.received) / self.received

    def _over_connections(self) -> Generator[bytes]:
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
                if pause >= self.source.deadline.left():
                    raise self._out_of_time() from None
                logger.warning(
                    "The download broke off after %d bytes (%s); going on.",
                    self.received,
                    type(error).__name__,
                )
                self.source.deadline.sleep(pause)
            else:
                return

    def _connection(self) -> Iterator[bytes]:
        headers: dict[str, str] = {}
        if self.received and self.can_go_on:
            headers = {"Range": f"bytes={self.received}-", "If-Range": self.validator}
        with self.source.open(headers) as response:
            if response.status_code == HTTPStatus.PARTIAL_CONTENT:
                self._check_range(response)
            elif self.received:
                self._skip(response)
            else:
                self._begin(response)
            yield from self._read(response)

    def _begin(self, response: Response) -> None:
        self.validator = validator(response.headers)
        self.ranges = has_ranges(response.headers)
        self.chunked = is_chunked(response.headers)
        self.total = content_length(response.headers)
        self._began = self.source.deadline.clock.monotonic()

    def _check_range(self, response: Response) -> None:
        stated = content_range(response.headers)
        if stated is None or stated.start != self.received:
            raise CorruptDownloadError(
                f"The server went on at another place than byte {self.received}: "
                f"{response.headers.get('content-range')!r}."
            )
        self._learn_total(stated.total)
        if self.total is None:
            raise CorruptDownloadError("The server went on without telling the file's length.")

    def _learn_total(self, stated: int | None) -> None:
        if None not in (stated, self.total) and stated != self.total:
            raise CorruptDownloadError("The file's length changed during the download.")
        self.total = self.total if stated is None else stated

    def _skip(self, response: Response) -> None:
        """Read again what was handed on before, to prove that it is the same.

        A server may say that it has ranges and send everything all the same: its validator is
        proof enough then.
        """
        proven = self.can_go_on
        if proven and validator(response.headers) != self.validator:
            # What was handed on has no digest to prove it by.
            raise CorruptDownloadError("The file changed during the download.")
        self._learn_total(content_length(response.headers))
        again, left = hashlib.sha256(), self.received
        while left:
            piece: bytes = response.raw.read(min(READ_BYTES, left), decode_content=False)
            if not piece:
                raise _BrokenError
            again.update(piece)
            left -= len(piece)
            self.look_at_clock()
        if not proven and again.digest() != self._digest.digest():
            raise CorruptDownloadError("The file changed during the download.")

    def _read(self, response: Response) -> Iterator[bytes]:
        while True:
            asked_at = self.source.deadline.clock.monotonic()
            piece: bytes = response.raw.read(self._read_bytes, decode_content=False)
            if not piece:
                break
            if self.source.deadline.clock.monotonic() - asked_at > _LONG_READ_SECONDS:
                self._read_bytes = max(self._read_bytes // 4, _LEAST_READ_BYTES)
            self.received += len(piece)
            if not self.can_go_on:
                self._digest.update(piece)
            yield piece
            self.look_at_clock()
        if self.total is not None and self.received < self.total:
            raise _BrokenError
        if self.total is not None and self.received > self.total:
            raise CorruptDownloadError(
                f"The download has {self.received} bytes, its length was said to be {self.total}."
            )

    def look_at_clock(self) -> None:
        """Note the progress now and then.

        Raises:
            ExportTimedOutError: There is no time left.
        """
        if self.source.deadline.left() <= 0:
            raise self._out_of_time()
        now = self.source.deadline.clock.monotonic()
        if now - self._noted >= PROGRESS_SECONDS:
            self._noted = now
            logger.info("%d bytes of %s so far.", self.received, self.total or "an unknown number")

    def _out_of_time(self) -> ExportTimedOutError:
        why = (
            ""
            if self.can_go_on_elsewhere
            else ", and the server cannot go on in the middle of a file"
        )
        return ExportTimedOutError(
            f"The download was not finished in the function's time: {self.received} bytes of "
            f"{self.total or 'an unknown number'} came{why}.",
            remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
        )

    def _gave_up(self, error: Exception) -> CorruptDownloadError | ServiceUnavailableError:
        self.broke_off = True
        if isinstance(error, ReadTimeoutError):
            return ServiceUnavailableError(
                f"The download stalled after {self.received} bytes.",
                remedy="Start a new execution later; it resumes where this one stopped if the "
                "server can do that. Check the Harness status page.",
            )
        return CorruptDownloadError(
            f"The download broke off after {self.received} bytes of "
            f"{self.total or 'an unknown number'}, {FRUITLESS_TRIES} times in a row "
            f"({type(error).__name__})."
        )
