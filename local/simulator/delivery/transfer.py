"""The bytes of a file on their way: at a pace, and counted."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from starlette.concurrency import iterate_in_threadpool

from local.simulator.delivery.wire import Wire
from local.simulator.world.journal import Call

_CHUNK_BYTES = 256 * 1024
_CHUNKS_PER_SECOND = 20


async def paced(
    path: Path, start: int, size: int, bytes_per_second: int | None
) -> AsyncIterator[bytes]:
    """Yield bytes of a file from `start` on, as fast as they are taken unless told otherwise."""
    pace = bytes_per_second or 0
    chunk_bytes = min(_CHUNK_BYTES, max(1, pace // _CHUNKS_PER_SECOND)) if pace else _CHUNK_BYTES
    begun, done = time.monotonic(), 0
    async for data in iterate_in_threadpool(_read(path, start, size, chunk_bytes)):
        done += len(data)
        if pace:
            await asyncio.sleep(begun + done / pace - time.monotonic())
        yield data


async def counted(
    body: AsyncIterator[bytes], call: Call, wire: Wire | None
) -> AsyncIterator[bytes]:
    """Record in the journal how much of a body went out; all of it, if there is no wire to ask."""
    call.sent_bytes = 0
    async for data in body:
        yield data
        if wire is None or await wire.flushed():
            call.sent_bytes += len(data)


def _read(path: Path, start: int, size: int, chunk_bytes: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while size and (data := source.read(min(size, chunk_bytes))):
            size -= len(data)
            yield data
