"""One file on its way from the API into the bucket, over one invocation or several.

Most fit into one: verified on the way, nothing kept but the result. One that is too slow for that
is staged first, then verified and landed from there, so that every byte is verified in one pass
(`staging`).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from sei_export.errors import CorruptDownloadError, ExportTimedOutError
from sei_export.jsontypes import JsonObject
from sei_export.staging import Staging, Stored, Ticket
from sei_export.transfer import Body, Source
from sei_export.upload import PART_BYTES, Begun, Upload, part_bytes

logger = logging.getLogger(__name__)

HANDOVER_SECONDS = 15.0
"""Kept for the parts on their way to S3 when an invocation's time runs out."""

_END_SECONDS = 5.0
"""Kept for one part, if it is the only one."""

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

    def go_on(self) -> JsonObject:
        """Land it, or get nearer to that.

        Returns:
            What `land` returns; or, to be called again in another invocation: `finished`: false,
            `receivedBytes` and `totalBytes`.

        Raises:
            CorruptDownloadError: The file is damaged or has changed: the next call begins anew. Or
                its connection broke off again and again: the next call goes on.
            ExportTimedOutError: It is too slow, and the server cannot go on in the middle of it.
            SeiExportError: As `Body.pieces`, `Staging` and `land` raise.
        """
        ticket = self.staging.ticket()
        if ticket is None:
            return self._begin()
        if self.staging.is_whole():
            return self._land_staged(ticket)
        stored = self.staging.stored(ticket)
        if stored is not None and stored.size:
            return self._go_on(ticket, stored)
        # Nothing has come so far, or the bucket's lifecycle rules have taken it away.
        self.staging.discard(ticket)
        return self._begin(staged=stored is not None)

    def _begin(self, *, staged: bool = False) -> JsonObject:
        seconds = self.source.seconds_left()
        with closing(Body(self.source)) as body:
            body.read_ahead(_LOOK_BYTES, min(_LOOK_SECONDS, seconds / 4))
            if body.total is None or not body.can_go_on_elsewhere:
                return self.land(body)
            if staged or body.seconds_needed > _SHARE_OF_TIME * seconds:
                ticket = self.staging.begin(body.validator, body.total)
                return self._stage(ticket, body, Stored(Begun(ticket.upload_id, ()), 0))
            # Time to hand over, should it get slower.
            body.source = replace(
                self.source, seconds_left=lambda: self.source.seconds_left() - HANDOVER_SECONDS
            )
            try:
                return self.land(body)
            except ExportTimedOutError:
                self.staging.begin(body.validator, body.total)
                return _unfinished(0, body.total)

    def _land_staged(self, ticket: Ticket) -> JsonObject:
        body = Body(Source(self.staging.open, self.source.seconds_left, self.source.timing))
        with self._discarding(ticket, body):
            return self.land(body)

    def _go_on(self, ticket: Ticket, stored: Stored) -> JsonObject:
        if stored.size == ticket.total:
            self.staging.upload(stored.begun).complete()
            return _unfinished(stored.size, ticket.total)
        body = Body(
            self.source,
            received=stored.size,
            total=ticket.total,
            validator=ticket.validator,
            ranges=True,
        )
        with closing(body):
            return self._stage(ticket, body, stored)

    def _stage(self, ticket: Ticket, body: Body, stored: Stored) -> JsonObject:
        """Send raw bytes until they end or the time does."""
        upload = self.staging.upload(stored.begun)
        try:
            with self._discarding(ticket, body):
                if self._send(body, upload, stored):
                    upload.complete()
                    return _unfinished(ticket.total, ticket.total)
            parts = upload.keep()
        finally:
            upload.abandon()
        if parts == len(stored.begun.parts):
            raise _too_slow(body, stored)
        return _unfinished(sum(map(part_bytes, range(1, parts + 1))), ticket.total)

    def _send(self, body: Body, upload: Upload, stored: Stored) -> bool:
        """Whether all of it is sent; else, the time is up."""
        try:
            for piece in body.pieces():
                upload.write(piece)
                # Before there is a whole part, handing over would keep nothing.
                kept = body.received - stored.size >= part_bytes(len(stored.begun.parts) + 1)
                reserve = HANDOVER_SECONDS if kept else _END_SECONDS
                if body.received != body.total and self.source.seconds_left() < reserve:
                    return False
        except ExportTimedOutError:
            return False
        upload.flush()
        return True

    @contextmanager
    def _discarding(self, ticket: Ticket, body: Body) -> Iterator[None]:
        """What turned out to be no good is of no use to the next try; a broken connection is."""
        try:
            yield
        except CorruptDownloadError:
            if not body.broke_off:
                self.staging.discard(ticket)
            raise


def _unfinished(received: int, total: int) -> JsonObject:
    logger.info("%d of %d bytes are staged; the next invocation goes on.", received, total)
    return {"finished": False, "receivedBytes": received, "totalBytes": total}


def _too_slow(body: Body, stored: Stored) -> ExportTimedOutError:
    return ExportTimedOutError(
        f"The download is too slow: {body.received - stored.size} bytes came in the function's "
        f"time, and less than a part of {part_bytes(len(stored.begun.parts) + 1)} cannot be kept.",
        remedy="Export less at a time: one team, a shorter date range, fewer metrics.",
    )
