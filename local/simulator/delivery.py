"""Sends an export's file in the framing that its scenario asks for."""

from collections.abc import Iterator

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from local.simulator.scenario import Scenario
from local.simulator.spool import Rendered
from local.simulator.wire import RawResponse, Wire

_CHUNK_BYTES = 256 * 1024


def deliver(file: Rendered, scenario: Scenario, wire: Wire) -> Response:
    """Return the answer that sends a file, whole or cut in its middle."""
    headers = {"content-type": scenario.content_type}
    framing = scenario.sent_framing
    if framing == "length":
        headers["content-length"] = str(file.size)
    elif framing == "chunked" and scenario.cut:
        headers["transfer-encoding"] = "chunked"
    if framing == "close" or scenario.cut:
        sent = _read(file, file.size // 2 if scenario.cut else file.size)
        return RawResponse(wire, headers, iterate_in_threadpool(sent))
    return StreamingResponse(_read(file, file.size), headers=headers)


def _read(file: Rendered, size: int) -> Iterator[bytes]:
    with file.path.open("rb") as source:
        while size and (data := source.read(min(size, _CHUNK_BYTES))):
            size -= len(data)
            yield data
