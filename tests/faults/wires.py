"""Where connections would lead, and what is sent over them: sockets that reach nobody.

Names are resolved by a table, and literals by the system, without asking anybody. TLS is only
noted, so that what is sent over it can be read.
"""

import socket
from dataclasses import dataclass, field
from http import HTTPStatus
from types import ModuleType

import pytest
import urllib3.connection
import urllib3.util.connection

from tests.fakes.loopback import reply

PUBLIC, PUBLIC_6 = "8.8.4.4", "2606:4700::1111"
NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "private.example": ["10.1.2.3"],
    "metadata.example": ["169.254.169.254"],
    "mixed.example": [PUBLIC, "192.168.1.1"],
    "six.example": [PUBLIC_6],
    "nat64.example": ["64:ff9b::a00:1"],
}
"""Of hosts that have another address than a public one."""


@dataclass
class Sent:
    """A connection.

    Attributes:
        host: As it was asked for.
        port: Its port.
        address: Where it led to; empty until it did.
        tls: Whether over TLS.
        content: What was sent.
    """

    host: str
    port: int
    address: str = ""
    tls: bool = False
    content: bytes = b""

    @property
    def target(self) -> str:
        """The first line's second word."""
        return self.content.partition(b"\r\n")[0].decode("latin-1").split(" ")[1]


class _Socket(socket.socket):
    """Connected to nobody: the answer is there before the question."""

    def __init__(self, wires: "Wires") -> None:
        near, self._far = socket.socketpair()
        super().__init__(fileno=near.detach())
        self._wires = wires
        self.sent = wires.asked[-1]
        self._address: tuple[str, int] = ("", 0)

    def connect(self, address: tuple[str, int]) -> None:  # type: ignore[override]  # one form of many
        self._address = address
        self.sent = Sent(self.sent.host, self.sent.port, address[0])
        self._wires.sent.append(self.sent)

    def getpeername(self) -> tuple[str, int]:
        return self._address

    def setsockopt(self, *_: object) -> None:
        """Set nothing: options of TCP do not matter."""

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]  # bytes are all
        if not self.sent.content:
            self._far.sendall(self._wires.answer(self.sent), flags)
            self._far.shutdown(socket.SHUT_WR)
        self.sent.content += data

    def close(self) -> None:
        self._far.close()
        super().close()


@dataclass
class Wires:
    """Stands for the network.

    Attributes:
        answers: What the servers answer, in order; then the file.
        asked: Whom the system was asked for.
        sent: Connections, in order.
    """

    answers: list[bytes] = field(default_factory=list)
    asked: list[Sent] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def answer(self, _: Sent) -> bytes:
        """The next answer."""
        return self.answers.pop(0) if self.answers else reply(HTTPStatus.OK, b"a,b\n")

    def clear(self) -> None:
        """Begin anew."""
        self.answers.clear()
        self.asked.clear()
        self.sent.clear()

    def getaddrinfo(self, host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        """Resolve without asking anybody."""
        self.asked.append(Sent(host, port))
        try:
            found = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        except socket.gaierror:
            addresses = NAMES.get(host.lower(), [PUBLIC])
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))
                for address in addresses
            ]
        return list(found)

    def plug_in(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of the network that the HTTP library uses."""
        wires = self

        class Sockets(ModuleType):
            getaddrinfo = staticmethod(wires.getaddrinfo)

            def __getattr__(self, name: str) -> object:
                return getattr(socket, name)

            @staticmethod
            def socket(*_: object) -> _Socket:
                return _Socket(wires)

        def wrap(sock: _Socket, **_: object) -> object:
            sock.sent.tls = True
            return urllib3.connection._WrappedAndVerifiedSocket(sock, is_verified=True)  # type: ignore[arg-type]  # noqa: SLF001 - as the library does

        patch.setattr(urllib3.util.connection, "socket", Sockets("socket"))
        patch.setattr(urllib3.connection, "_ssl_wrap_socket_and_match_hostname", wrap)
