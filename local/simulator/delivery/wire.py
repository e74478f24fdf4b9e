"""Answers that HTTP servers do not give: cut bodies, bodies that end with the connection, none.

uvicorn frames every body properly. Here its protocol lends each request its connection, and a
`RawResponse` writes to it directly.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState


class Wire(Protocol):
    """The connection under a request."""

    async def write(self, data: bytes) -> bool:
        """Send bytes as they are, at the client's pace; False if the client is gone."""

    async def flushed(self) -> bool:
        """Wait until what was written is sent; False if the client is gone."""

    def hang_up(self) -> None:
        """Close the connection once what was written is sent."""


class WireProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with the request's connection at `request.state.wire`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: Mapping[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "wire": self}, _loop)

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Have writing paused until the last byte that was written is sent."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)

    async def write(self, data: bytes) -> bool:
        """See `Wire`."""
        # uvicorn must not answer any more, neither now nor when the application returns.
        self.cycle.response_started = True
        if not await self.flushed():
            return False
        self.transport.write(data)
        return True

    async def flushed(self) -> bool:
        """See `Wire`."""
        if self.flow.write_paused:
            await self.flow.drain()
        return not self.transport.is_closing()

    def hang_up(self) -> None:
        """See `Wire`."""
        self.cycle.response_started = self.cycle.response_complete = True
        self.transport.close()

    def drop(self) -> None:
        """Close the connection, in the middle of an answer if there is one."""
        # uvicorn has no cycle before the connection's first request.
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.close()
        else:
            self.transport.abort()


class RawResponse(Response):
    """A body that ends with the connection, whatever the headers promise.

    Args:
        wire: the request's connection.
        headers: sent as given.
        body: the bytes to send; in chunks, but without the last one, if the headers say so.
        status: the HTTP status.
    """

    def __init__(
        self, wire: Wire, headers: Mapping[str, str], body: AsyncIterator[bytes], status: int = 200
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._wire = wire
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._chunked = "transfer-encoding" in headers
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the body, and close the connection."""
        del scope, receive, send
        status = f"{self.status_code} {HTTPStatus(self.status_code).phrase}"
        head = f"HTTP/1.1 {status}\r\n{self._head}connection: close\r\n\r\n"
        going = await self._wire.write(head.encode("latin-1"))
        async for data in self._body:
            frame = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
            going = going and await self._wire.write(frame)
            if not going:
                break
        self._wire.hang_up()


class NoResponse(Response):
    """The connection is closed without any answer."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection."""
        del scope, receive, send
        self._wire.hang_up()
