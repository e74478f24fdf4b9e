"""Sends an export's file in the framing that its scenario asks for."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from local.simulator.delivery.ranges import Part, part_of
from local.simulator.delivery.transfer import counted, paced
from local.simulator.delivery.wire import RawResponse
from local.simulator.world.exports import Export
from local.simulator.world.scenario import CutFault, Scenario
from local.simulator.world.spool import Order
from local.simulator.world.state import Simulator, simulator_of

_SMALL_ROWS = 1000


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
    altered = scenario.altered.get(export.report.name, ())
    seed = export.fingerprint + (" altered" if table.start in altered else "")
    return Order(table, seed, rows, encoding, scenario)


async def deliver(
    request: Request, order: Order, more_headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer that sends a file, or a part of it, whole or cut in its middle."""
    file = await asyncio.wrap_future(simulator_of(request).spool.render(order))
    scenario = order.scenario
    is_download: bool = request.state.call.is_download
    part = Part(0, file.size)
    if scenario.ranges and is_download:
        part = await run_in_threadpool(part_of, file, request.headers)
    if part.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Response(status_code=part.status, headers=part.headers)
    headers = {"content-type": scenario.content_type, **part.headers, **(more_headers or {})}
    sent, cut = _sent(part, scenario, request.state.cut)
    framing = scenario.sent_framing
    if framing == "length":
        headers["content-length"] = str(part.size)
    elif framing == "chunked" and cut:
        headers["transfer-encoding"] = "chunked"
    body = paced(file.path, part.start, sent, scenario.bytes_per_second)
    if is_download:
        body = counted(body, request.state.call, getattr(request.state, "wire", None))
    if framing == "close" or cut:
        return RawResponse(request.state.wire, headers, body, part.status)
    return StreamingResponse(body, part.status, headers)


def _sent(part: Part, scenario: Scenario, cut: CutFault | None) -> tuple[int, bool]:
    """Return how many bytes are sent, and whether the connection ends there."""
    size = part.size // 2 if scenario.cut else part.size
    return min(size, cut.cut_after_bytes) if cut else size, scenario.cut or cut is not None
