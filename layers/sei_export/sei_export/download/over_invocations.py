"""One file on its way from the API into the bucket, over one invocation or several.

::

    nothing ──── fits into one invocation ───────────────▶ landed
      │  ▲                                                    ▲
      │  └─── changed or corrupt: discarded, counted ┐        │
      ▼                                              │        │
    staging ──── last part ───▶ whole ──── verified ─┴────────┘
     │   ▲
     └───┘ the invocation's time is up: parts are kept

Most files fit: verified on the way, nothing kept but the result. One that is too slow is staged
first, then verified and landed from there, so that every byte is verified in one pass (`staging`).

What the server names another file than before is begun anew, whether it is one or each of the
server's nodes has a name of its own for the same bytes: the second time as ever, the third time
without going on in the middle, so that names do not matter any more.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from sei_export.bucket.parts import PART_BYTES, Parts, part_bytes
from sei_export.download.body import Body
from sei_export.download.known import Known
from sei_export.download.source import Source
from sei_export.download.staging import Staging, Stored
from sei_export.download.ticket import Left, Ticket
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject

logger = logging.getLogger(__name__)

HANDOVER_SECONDS = 15.0
"""Kept, when an invocation's time runs out, for the parts on their way and for publishing."""

_END_SECONDS = 5.0
"""Kept to finish the first part: handing over before there is one would keep nothing."""

MOST_CORRUPTIONS = 3
"""Of one staged file. The state machine's own count starts anew each time it goes on."""

MOST_CHANGES = 2
"""Of one file: then names say nothing, and it has to come without them."""

_LOOK_BYTES = PART_BYTES
_LOOK_SECONDS = 60.0
"""The pace is judged by the beginning, before any part of it is sent."""

_SHARE_OF_TIME = 0.5
"""What takes more of an invocation's time than this is staged: the pace may drop, and verifying
may take longer than reading."""


@dataclass(frozen=True, slots=True)
class Download:
    """One file.

    Attributes:
        source: Where it comes from.
        staging: Where it is kept, if it takes more than one invocation.
        land: Verifies and publishes it.
    """

    source: Source
    staging: Staging
    land: Callable[[Body], JsonObject]

    def advance(self) -> JsonObject:
        """Land the file, or get nearer to that.

        Returns:
            What `land` returns; or, to be called again in another invocation: `finished`: false,
            `receivedBytes`, which is 0 where it is begun anew, and `totalBytes`.

        Raises:
            CorruptDownloadError: The file is damaged, or changes each time: the next call begins
                anew. Or its connection broke off again and again: the next call resumes.
            ExportTimedOutError: It is too slow, and the server cannot go on in the middle of it.
            SeiExportError: As `Body.pieces`, `Staging` and `land` raise.
        """
        left = self.staging.left()
        if left.corruptions >= MOST_CORRUPTIONS:
            raise CorruptDownloadError(
                f"The file was damaged, or had changed, each of {left.corruptions} times that it "
                "was downloaded."
            )
        try:
            return self._advance(left)
        except _BeginAnewError as anew:
            return _unfinished(0, anew.total)

    def _advance(self, left: Left) -> JsonObject:
        if left.ticket is None:
            return self._start(left)
        if self.staging.is_whole(left.ticket):
            return self._land_whole(left, left.ticket)
        stored = self.staging.stored(left.ticket)
        if stored is None:
            # A twin has just completed it, or the bucket's lifecycle rules have taken it away.
            whole = self.staging.is_whole(left.ticket)
            return self._land_whole(left, left.ticket) if whole else self._start(left)
        return self._resume(left, left.ticket, stored)

    def _start(self, left: Left) -> JsonObject:
        """From nothing: land it at once, or stage it where the pace says that it will not fit."""
        seconds = self.source.deadline.left()
        with self._from_start(left) as body:
            body.read_ahead(_LOOK_BYTES, min(_LOOK_SECONDS, seconds / 4))
            if body.seconds_needed > _SHARE_OF_TIME * seconds and body.known.can_go_on_elsewhere:
                return self._stage_from_start(left, body)
            try:
                return self._land(body)
            except ExportTimedOutError:
                if not body.known.can_go_on_elsewhere:
                    raise
                self.staging.begin(body.known.validator, body.known.length, left)
                return _unfinished(0, body.known.length)

    def _resume(self, left: Left, ticket: Ticket, stored: Stored) -> JsonObject:
        """From staging: on from the last part that was kept."""
        if stored.size == ticket.total:
            self.staging.complete(ticket, self.staging.parts(ticket, stored), left)
            return _unfinished(stored.size, ticket.total)
        if stored.size:
            known = Known(stored.size, ticket.total, ticket.validator, ranges=True)
            with closing(Body(self.source, known)) as body:
                return self._stage(left, ticket, body, stored)
        with self._from_start(left) as body:
            with self._discarding(left, body):
                body.read_ahead(1, _LOOK_SECONDS)
            if (body.known.validator, body.known.total) == (ticket.validator, ticket.total):
                return self._stage(left, ticket, body, stored)
            # The file is another one now, and nothing was kept of the one that it was.
            if body.known.can_go_on_elsewhere:
                return self._stage_from_start(left, body)
            return self._land(body)

    def _land_whole(self, left: Left, ticket: Ticket) -> JsonObject:
        """From whole: verify and land what is staged."""
        source = replace(self.source, open=partial(self.staging.open, ticket))
        body = Body(source)
        try:
            with closing(body), self._discarding(left, body):
                return self._land(body)
        except ExportTimedOutError:
            raise ExportTimedOutError(
                f"All {ticket.total} bytes are here, but verifying them takes longer than one "
                f"invocation: {body.known.received} were verified.",
                remedy="Give DownloadExportFunction more memory, which gives it more CPU; or "
                "export less at a time: one team, a shorter date range, fewer metrics.",
            ) from None

    def _land(self, body: Body) -> JsonObject:
        # Time to hand over, should it get slower, or for what comes after reading.
        body.end_earlier(HANDOVER_SECONDS)
        return self.land(body)

    def _stage_from_start(self, left: Left, body: Body) -> JsonObject:
        ticket = self.staging.begin(body.known.validator, body.known.length, left)
        begun = self.staging.left()
        return self._stage(begun, ticket, body, Stored((), 0))

    def _stage(self, left: Left, ticket: Ticket, body: Body, stored: Stored) -> JsonObject:
        """Send raw bytes until they end or the time does."""
        # A read that does not end by itself is ended while a part can still be finished.
        body.end_earlier(_END_SECONDS / 2)
        parts = self.staging.parts(ticket, stored)
        with self._discarding(left, body):
            try:
                if self._send(body, parts, stored):
                    self.staging.complete(ticket, parts, left)
                    return _unfinished(ticket.total, ticket.total)
                kept = parts.keep()
            finally:
                # Before anything is discarded: a part on its way would outlive that.
                parts.abandon()
        if kept == len(stored.parts):
            raise _too_slow(body, stored)
        return _unfinished(sum(map(part_bytes, range(1, kept + 1))), ticket.total)

    def _send(self, body: Body, parts: Parts, stored: Stored) -> bool:
        """Whether all of it is sent; else, the time is up."""
        try:
            for piece in body.pieces():
                parts.write(piece)
                received = body.known.received - stored.size
                is_kept = received >= part_bytes(len(stored.parts) + 1)
                reserve = HANDOVER_SECONDS if is_kept else _END_SECONDS
                if not body.known.is_whole and self.source.deadline.left() < reserve:
                    return False
        except ExportTimedOutError:
            return False
        parts.flush()
        return True

    @contextmanager
    def _from_start(self, left: Left) -> Iterator[Body]:
        """A body from its beginning, closed at the end; begun anew next time if it changes."""
        body = Body(self.source, Known(resuming=left.changes < MOST_CHANGES))
        with closing(body), self._counting_changes(left, body):
            yield body

    @contextmanager
    def _counting_changes(self, left: Left, body: Body) -> Iterator[None]:
        """Discard what is staged if the server names another file now."""
        try:
            yield
        except CorruptDownloadError as error:
            if not body.known.changed or left.changes >= MOST_CHANGES:
                raise
            logger.warning("%s It is begun anew.", error.message)
            self.staging.discard(left, changed=True)
            raise _BeginAnewError(body.known.length) from None

    @contextmanager
    def _discarding(self, left: Left, body: Body) -> Iterator[None]:
        """Discard what is staged if it turns out corrupt; keep it if a connection broke off."""
        try:
            with self._counting_changes(left, body):
                yield
        except CorruptDownloadError as error:
            if body.broke_off:
                raise ServiceUnavailableError(
                    error.message,
                    remedy="Start a new execution soon: it resumes where this one stopped.",
                ) from None
            self.staging.discard(left)
            raise


class _BeginAnewError(Exception):
    """The server has named the file anew; the next invocation begins at its beginning."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total


def _unfinished(received: int, total: int) -> JsonObject:
    logger.info("%d of %d bytes are staged; the next invocation goes on.", received, total)
    return {"finished": False, "receivedBytes": received, "totalBytes": total}


def _too_slow(body: Body, stored: Stored) -> ExportTimedOutError:
    came, part = body.known.received - stored.size, part_bytes(len(stored.parts) + 1)
    return ExportTimedOutError(
        f"The download is too slow: {came} bytes came in the function's time, and less than a part "
        f"of {part} cannot be kept.",
        remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
    )
