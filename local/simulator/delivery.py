"""Sends an export's file in the framing that its scenario asks for."""

import asyncio
from collections.abc import Iterator, Mapping

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from local.simulator.exports import Export
from local.simulator.spool import Order, Rendered
from local.simulator.state import Simulator, simulator_of
from local.simulator.wire import RawResponse

_SMALL_ROWS = 1000
_CHUNK_BYTES = 256 * 1024


def order_of(simulator: Simulator, export: Export) -> Order:
    """Return what an export's file shall be."""
    scenario = simulator.scenarios.of(export.request.selector)
    table = export.request.table
    rows = export.rows if scenario.rows is None else scenario.rows
    compression = simulator.dialect.current.compression
    packed = (
        export.request.wants_gzip
        or compression == "always"
        or (compression == "large" and table.has_more_than(_SMALL_ROWS, rows))
    )
    encoding = scenario.sent_encoding("gzip" if packed else "plain")
    return Order(table, export.fingerprint, rows, encoding, scenario)


async def deliver(
    request: Request, order: Order, more_headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer that sends a file, whole or cut in its middle."""
    file = await asyncio.wrap_future(simulator_of(request).spool.render(order))
    scenario = order.scenario
    headers = {"content-type": scenario.content_type} | dict(more_headers or {})
    framing = scenario.sent_framing
    if framing == "length":
        headers["content-length"] = str(file.size)
    elif framing == "chunked" and scenario.cut:
        headers["transfer-encoding"] = "chunked"
    if framing == "close" or scenario.cut:
        sent = _read(file, file.size // 2 if scenario.cut else file.size)
        return RawResponse(request.state.wire, headers, iterate_in_threadpool(sent))
    return StreamingResponse(_read(file, file.size), headers=headers)


def _read(file: Rendered, size: int) -> Iterator[bytes]:
    with file.path.open("rb") as source:
        while size and (data := source.read(min(size, _CHUNK_BYTES))):
            size -= len(data)
            yield data
