"""Reading a body to its end, over as many connections as it takes.

HTTP libraries return short data without an error in several cases, so the length is checked here.
A body that breaks off goes on where it stopped, if the server can do that and names the file each
time (RFC 9110: Range with If-Range); else from its beginning, and what was read before is compared,
not trusted.
"""

import hashlib
import logging
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from sei_export.api.watchdog import Watchdog
from sei_export.download.breaks import BrokenError, breaking, opened
from sei_export.download.known import Known
from sei_export.download.source import Response, Source
from sei_export.download.validators import is_chunked
from sei_export.errors import CorruptDownloadError, ExportTimedOutError, ServiceUnavailableError

logger = logging.getLogger(__name__)

READ_BYTES = 1024 * 1024
"""One read from the connection: small reads cost several times as much CPU."""

_LEAST_READ_BYTES = 16 * 1024
_LONG_READ_SECONDS = 1.0
"""A slower source is read in smaller pieces: nothing looks at the clock during a read."""

FRUITLESS_TRIES = 3
"""Connections in a row that bring nothing new before a body counts as broken."""

_LEAST_PROGRESS_BYTES = 64 * 1024
_LEAST_SHARE = 100
"""Less than these bytes, and than this part of the file, counts as nothing new."""

PROGRESS_SECONDS = 30.0
"""Between two lines in the log about a long transfer."""

_SHORT = "its end is missing"

_PAUSE_SECONDS = 1.0
"""Before another connection, however much the last one brought: each is two calls to the API."""


@dataclass(slots=True)
class Body:
    """One body, over one connection or more.

    Attributes:
        source: Where it comes from.
        known: What is known of the file; to begin with, what another reader has got of it.
        broke_off: Whether reading ended because connections broke off again and again.
    """

    source: Source
    known: Known = field(default_factory=Known)
    broke_off: bool = False
    _end_told: bool = False
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _noted: float = field(init=False)
    _began: float = field(init=False)
    _read_bytes: int = READ_BYTES
    _held: deque[bytes] = field(default_factory=deque)
    _watchdog: Watchdog = field(default_factory=Watchdog)
    _rest: Generator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._noted = self._began = self.source.deadline.clock.monotonic()
        self._rest = self._over_connections()

    def pieces(self) -> Generator[bytes]:
        """The bytes as they came, undecoded, all that are missing, each once.

        Raises:
            CorruptDownloadError: It breaks off again and again, or differs from one try to the
                next.
            ExportTimedOutError: There is no time left for the rest.
            ServiceUnavailableError: It stalls, or cannot be opened, again and again.
            ProtocolError: It comes in an encoding that nobody asked for.
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
        while self.known.received < size and self.source.deadline.clock.monotonic() < until:
            piece = next(self._rest, b"")
            if not piece:
                return
            self._held.append(piece)

    def end_earlier(self, seconds: float) -> None:
        """Keep so many seconds of the time in reserve from now on."""
        self.source = replace(self.source, deadline=self.source.deadline.earlier(seconds))
        self._watchdog.set(self.source.deadline)

    @property
    def is_end_told(self) -> bool:
        """Whether the server told where the body ends, and it did end there; false until it has.

        By a length, or by the last of its chunks. A connection that is closed tells nothing: it may
        have broken.
        """
        return self._end_told

    @property
    def seconds_needed(self) -> float:
        """How long the rest takes at the pace so far; 0 if its length is unknown."""
        received, total = self.known.received, self.known.total
        if total is None or not received:
            return 0.0
        spent = self.source.deadline.clock.monotonic() - self._began
        return spent * (total - received) / received

    def _over_connections(self) -> Generator[bytes]:
        fruitless = 0
        while True:
            before = self.known.received
            try:
                yield from self._connection()
            except BrokenError as broken:
                if self.known.is_whole:
                    # What is missing is the connection's own end.
                    self._end_told = True
                    return
                gained = self.known.received - before
                fruitless = 0 if gained >= self._least_progress else fruitless + 1
                if fruitless >= FRUITLESS_TRIES:
                    raise self._gave_up(broken) from None
                pause = _PAUSE_SECONDS * max(fruitless, 1)
                if pause >= self.source.deadline.left():
                    raise self._out_of_time() from None
                logger.warning(
                    "The download broke off after %d bytes (%s); going on.",
                    self.known.received,
                    broken.reason,
                )
                self.source.deadline.sleep(pause)
            else:
                return

    @property
    def _least_progress(self) -> int:
        return max(min(_LEAST_PROGRESS_BYTES, self.known.length // _LEAST_SHARE), 1)

    def _connection(self) -> Iterator[bytes]:
        asked = self.known.headers()
        with (
            opened(self.source, asked) as response,
            self._watchdog.over(response.raw, self.source.deadline),
        ):
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.known.end(response.headers)
                self._end_told = True
                return
            chunked = is_chunked(response.headers)
            if asked and response.status_code == HTTPStatus.PARTIAL_CONTENT:
                self.known.join(response.headers)
            elif self.known.received:
                self._skip(response)
            else:
                self.known.begin(response)
                self._began = self.source.deadline.clock.monotonic()
            yield from self._read(response)
            self._end_told = chunked or self.known.is_whole

    def _skip(self, response: Response) -> None:
        """Read again what was handed on before, to prove that it is the same.

        A server may say that it has ranges and send everything all the same: that it names the same
        file is proof enough then.
        """
        self.known.begin_again(response)
        again, left = hashlib.sha256(), self.known.received
        while left:
            piece = self._take(response, left)
            if not piece:
                raise BrokenError(_SHORT)
            if not self.known.can_go_on:
                again.update(piece)
            left -= len(piece)
            self.look_at_clock()
        if not self.known.can_go_on and again.digest() != self._digest.digest():
            raise self.known.another("The file changed during the download.")

    def _read(self, response: Response) -> Iterator[bytes]:
        while piece := self._take(response, READ_BYTES):
            self.known.received += len(piece)
            if self.known.total is not None and self.known.received > self.known.total:
                raise CorruptDownloadError(
                    f"The download has {self.known.received} bytes, its length was said to be "
                    f"{self.known.total}."
                )
            if not self.known.can_go_on:
                self._digest.update(piece)
            yield piece
            self.look_at_clock()
        if self.known.total is not None and not self.known.is_whole:
            raise BrokenError(_SHORT)

    def _take(self, response: Response, most: int) -> bytes:
        """Read once: as much as fits into a second at the pace so far, and no more than `most`."""
        asked_at = self.source.deadline.clock.monotonic()
        with breaking():
            piece = response.raw.read(min(self._read_bytes, most), decode_content=False)
        if self.source.deadline.clock.monotonic() - asked_at > _LONG_READ_SECONDS:
            self._read_bytes = max(self._read_bytes // 4, _LEAST_READ_BYTES)
        if not piece and self._watchdog.has_barked:
            raise self._out_of_time()
        return piece

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
            logger.info("%d bytes of %s so far.", self.known.received, self.known.told_length)

    def _out_of_time(self) -> ExportTimedOutError:
        why = ""
        if not self.known.resuming:
            why = ", and the server names the file anew each time, so that none can go on with it"
        elif not self.known.can_go_on_elsewhere:
            why = ", and the server cannot go on in the middle of a file"
        return ExportTimedOutError(
            f"The download was not finished in the function's time: {self.known.received} bytes of "
            f"{self.known.told_length} came{why}.",
            remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
        )

    def _gave_up(self, broken: BrokenError) -> CorruptDownloadError | ServiceUnavailableError:
        self.broke_off = True
        received, times = self.known.received, f"{FRUITLESS_TRIES} times in a row"
        if broken.silent or broken.unopened:
            how = "stalled" if broken.silent else f"could not be opened, {times}"
            return ServiceUnavailableError(
                f"The download {how} after {received} bytes ({broken.reason}).",
                remedy="Start a new execution later; it resumes where this one stopped if the "
                "server can do that. Check the Harness status page.",
            )
        return CorruptDownloadError(
            f"The download broke off after {received} bytes of {self.known.told_length}, {times} "
            f"({broken.reason})."
        )
