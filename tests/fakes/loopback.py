"""A server on a loopback port that says exactly the bytes that a test gives it."""

import http.client
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, urlsplit

from sei_export.jsontypes import JsonValue

RESET = b"<reset>"
"""An answer: the connection is torn down."""

_FENCE = b"<fence>\n"
_HELD_SECONDS = 30.0
"""Bound of a held connection, for a test that fails to end it."""


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """Every value of every parameter."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def authorization(self) -> str | None:
        """The header that carries the key."""
        header: str | None = self.headers["authorization"]
        return header


@dataclass(frozen=True)
class Held:
    """An answer: these bytes, then silence on an open connection."""

    start: bytes = b""


@dataclass(frozen=True)
class Dripping:
    """An answer: these bytes, then drops as long as somebody listens, one after the other."""

    start: bytes
    drops: bytes = b"x"
    seconds: float = 0.002


type Answer = bytes | Held | Dripping


class Loopback:
    """Stands for any server: answers from a list or by a function, and remembers what arrived.

    Args:
        answers: What it says to one request after the other.
        listening: Whether it accepts connections from the beginning.
        tls: Its side of TLS, if it speaks that.

    Attributes:
        received: Requests, in order.
        strays: Bytes of connections that sent no request in plain HTTP.
        dripped_out: Whether somebody listened to drops until there were no more.
    """

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[Received], Answer],
        *,
        listening: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.received: list[Received] = []
        self._connections = 0
        self.strays = b""
        self.dripped_out = False
        self._answers = answers if callable(answers) else _one_by_one(answers)
        self._ended = threading.Event()
        self._fenced = threading.Event()
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                # A client may hang up at any time.
                with suppress(OSError):
                    owner.handle(self)

        class Server(socketserver.ThreadingTCPServer):
            def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - the form's
                # On the one thread that accepts, so in order: a fence is counted last.
                owner.count()
                return True

        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self.port = int(self._server.server_address[1])
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        if listening:
            self.listen()
        self._thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        """Its URL, without a path."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many were opened until now, also those without a request."""
        # The last in the queue, so that all before it have been accepted.
        with socket.create_connection(("127.0.0.1", self.port)) as fence:
            fence.sendall(_FENCE)
            self._fenced.wait(_HELD_SECONDS)
            self._fenced.clear()
        self._connections -= 1
        return self._connections

    def count(self) -> None:
        """One more connection has been accepted."""
        self._connections += 1

    def listen(self) -> None:
        """Accept connections from now on; until then they are refused."""
        self._server.server_activate()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        if self._thread:
            self._thread.join()

    def handle(self, connection: socketserver.StreamRequestHandler) -> None:
        """Serve one request and close."""
        request = _read(connection)
        if request == _FENCE:
            self._fenced.set()
            return
        if request is None:
            return
        if isinstance(request, bytes):
            self.strays += request
            return
        self.received.append(request)
        answer = self._answers(request)
        if answer == RESET:
            # Zero seconds to linger: the other side sees a reset, not an end.
            option = struct.pack("ii", 1, 0)
            connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
            connection.connection.close()
            return
        connection.wfile.write(answer if isinstance(answer, bytes) else answer.start)
        connection.wfile.flush()
        if isinstance(answer, Held):
            self._ended.wait(_HELD_SECONDS)
        if isinstance(answer, Dripping):
            for _ in range(int(_HELD_SECONDS / answer.seconds)):
                connection.wfile.write(answer.drops)
                connection.wfile.flush()
                self._ended.wait(answer.seconds)
            self.dripped_out = True


def reply(
    status: int = 200,
    body: bytes | JsonValue = b"",
    headers: dict[str, str] | None = None,
    *,
    length: int | None = None,
) -> bytes:
    """A whole answer. What is not bytes is sent as JSON.

    Args:
        status: The HTTP status.
        body: The body.
        headers: More headers.
        length: What Content-Length claims instead of the truth; -1 leaves the header out.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    claimed = len(content) if length is None else length
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Connection: close"]
    if claimed >= 0:
        lines.append(f"Content-Length: {claimed}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def pair(
    first: Iterable[Answer] | Callable[[Received], Answer],
    second: Iterable[Answer] | Callable[[Received], Answer],
) -> Iterator[tuple[Loopback, Loopback]]:
    """Two servers, two origins."""
    with Loopback(first) as one, Loopback(second) as two:
        yield one, two


def _one_by_one(answers: Iterable[Answer]) -> Callable[[Received], Answer]:
    left = iter(answers)

    def answer(_: Received) -> Answer:
        return next(left, reply(418, {"message": "the test expected no such call"}))

    return answer


def _read(connection: socketserver.StreamRequestHandler) -> Received | bytes | None:
    try:
        line = connection.rfile.readline()
    except OSError:
        return None
    if not line:
        return None
    if not line.rstrip().endswith((b"HTTP/1.1", b"HTTP/1.0")):
        return line
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = http.client.parse_headers(connection.rfile)
    body = connection.rfile.read(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)
