"""The HTTP server: uvicorn on a socket that can go away for a while."""

import asyncio
import socket

import uvicorn

from local.simulator.delivery.wire import WireProtocol
from local.simulator.service.app import create_app
from local.simulator.world.settings import PREFIX
from local.simulator.world.state import Simulator

# Longer than clients keep idle connections, so that none is closed under their next request.
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 1
_RETRY_SECONDS = 0.05


class SimulatorServer(uvicorn.Server):
    """Serves a simulator, and prints one line when it is ready.

    Args:
        simulator: what to serve.
        host: the address to listen on.
        port: the port, or 0 for a free one.
    """

    def __init__(self, simulator: Simulator, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(simulator, self.stop_listening),
                http=WireProtocol,
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._address = (host, port)
        self._outage: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; OSError if the port is taken."""
        await self._listen(sockets)
        host, port = self._address
        print(f"SEI simulator ready: http://{host}:{port}{PREFIX}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, during an outage too."""
        if self._outage:
            self._outage.cancel()
        await super().shutdown(sockets)

    async def stop_listening(self, seconds: float) -> None:
        """Close the port and every connection; open the port again after a number of seconds."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, WireProtocol):
                connection.drop()
        if self._outage:
            self._outage.cancel()
        self._outage = asyncio.create_task(self._listen_again(seconds))

    async def _listen_again(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while True:
            try:
                return await self._listen(None)
            except OSError:  # somebody took the port meanwhile
                await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, sockets: list[socket.socket] | None) -> None:
        # asyncio sends small answers at once only on a socket that says that it is TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(self._address)
        except OSError:
            listener.close()
            raise
        self._address = (self._address[0], listener.getsockname()[1])
        # Without a lifespan, uvicorn's startup does no more than listen and can be repeated.
        await super().startup([*(sockets or []), listener])
