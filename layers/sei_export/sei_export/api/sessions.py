"""HTTP sessions: what they follow, what they read of the environment, where they connect to."""

import ipaddress
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError

from sei_export.api.framing import Http, Https
from sei_export.api.watchdog import Watchdog
from sei_export.clock import Deadline
from sei_export.errors import ProtocolError

if TYPE_CHECKING:
    from urllib3._base_connection import BaseHTTPConnection
    from urllib3.response import BaseHTTPResponse

_UNICAST = ipaddress.ip_network("2000::/3")
"""All that there is of IPv6 for everybody. Outside of it, beside what is private, are prefixes
behind which gateways reach IPv4 addresses, private ones too: `64:ff9b::/96`, `64:ff9b:1::/48`,
`::/96`, `::ffff:0:0:0/96`; and `fec0::/10`, which was private once."""

_TRANSLATED = (
    ipaddress.ip_network("2001::/32"),  # Teredo
    ipaddress.ip_network("2001:10::/28"),  # ORCHID
    ipaddress.ip_network("2001:20::/28"),  # ORCHIDv2
    ipaddress.ip_network("2002::/16"),  # 6to4
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
)
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The third quarter of an IPv6 address whose last one is an IPv4 address."""


_LEAST_SECONDS = 1.0
_LATER_SECONDS = 1.0
_LONGEST_SECONDS = 900.0
"""What a function has."""


class _AsGiven(HTTPConnectionPool):
    """Sends a request's target byte for byte.

    urllib3 writes `%2f` as `%2F`, and whoever signed a link may have signed its text. One request
    at a time: a session here belongs to one client, and that to one thread.
    """

    ConnectionCls = Http
    deadline: Deadline | None = None
    """By when an answer has to have begun."""

    _target = ""

    def urlopen(  # type: ignore[override]  # all but the target is urllib3's affair
        self, method: str, url: str, **options: object
    ) -> "BaseHTTPResponse":
        self._target = url
        return super().urlopen(method, url, **options)  # type: ignore[arg-type]  # as given

    def _make_request(  # type: ignore[override]  # as above
        self,
        conn: "BaseHTTPConnection",
        method: str,
        url: str,  # noqa: ARG002 - urllib3's own spelling
        **options: object,
    ) -> "BaseHTTPResponse":
        watchdog = Watchdog()
        with watchdog.over(_Line(conn), self._until()):
            try:
                answer = super()._make_request(conn, method, self._target, **options)  # type: ignore[arg-type]  # as given
            except Exception:
                if watchdog.has_barked:
                    raise self._too_late() from None
                raise
        if watchdog.has_barked:
            # Headers that were cut there look like headers that ended there.
            answer.close()
            raise self._too_late()
        return answer

    def _too_late(self) -> ReadTimeoutError:
        return ReadTimeoutError(self, self._target, "The answer did not begin in time.")

    def _until(self) -> Deadline:
        """A little later than the socket's own limit of silence, whose error says more."""
        left = self.deadline.left() if self.deadline else _LONGEST_SECONDS
        return Deadline.after(max(left, _LEAST_SECONDS) + _LATER_SECONDS)


class _Line:
    """A connection that has not answered yet, to be shut down from outside.

    Args:
        connection: It; its socket is there once it is connected.
    """

    def __init__(self, connection: "BaseHTTPConnection") -> None:
        self._connection = connection

    def shutdown(self) -> None:
        """Let whoever reads from it find its end."""
        found: socket.socket | None = getattr(self._connection, "sock", None)
        if found:
            found.shutdown(socket.SHUT_RD)


class _AsGivenWithTls(_AsGiven, HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = Https  # type: ignore[assignment]  # as urllib3 itself does


class _Adapter(HTTPAdapter):
    """Reads as `framing` does, and sends a URL as it is given.

    Args:
        deadline: By when an answer has to have begun, also where its headers come a byte at a time.
    """

    def __init__(self, deadline: Deadline | None) -> None:
        self._deadline = deadline
        super().__init__()

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the signature is requests'
        **pool_kwargs: object,
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"deadline": self._deadline})
            for scheme, pool in self._pools().items()
        }

    def request_url(
        self,
        request: requests.PreparedRequest,
        proxies: Mapping[str, str] | None,  # noqa: ARG002 - there are none
    ) -> str:
        _, _, rest = str(request.url).partition("://")
        path, mark, query = rest.partition("?")
        return f"/{path.partition('/')[2]}{mark}{query}"

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        return {"https": _AsGivenWithTls, "http": _AsGiven}


class _PublicAdapter(_Adapter):
    """Connects to public addresses only, and to loopback where a simulator is the API."""

    def __init__(self, deadline: Deadline | None, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        super().__init__(deadline)

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        loopback = self._allow_loopback

        # Checked on the connected socket, before any byte is sent: a name that resolves
        # differently the second time changes nothing.
        class PublicHttps(Https):
            def _new_conn(self) -> socket.socket:
                return checked(super()._new_conn(), allow_loopback=loopback)

        class PublicHttp(Http):
            def _new_conn(self) -> socket.socket:
                return checked(super()._new_conn(), allow_loopback=loopback)

        class HttpsPool(_AsGivenWithTls):
            ConnectionCls = PublicHttps

        class HttpPool(_AsGiven):
            ConnectionCls = PublicHttp

        return {"https": HttpsPool, "http": HttpPool}


def checked(connection: socket.socket, *, allow_loopback: bool) -> socket.socket:
    """The connection, if it leads to where a link may lead.

    Raises:
        ProtocolError: It leads to a private, link-local or other special address, or to one behind
            which a gateway may reach such an address.
    """
    address = ipaddress.ip_address(connection.getpeername()[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if not (allow_loopback if address.is_loopback else _is_public(address)):
        connection.close()
        raise ProtocolError(f"The download link leads to the private address {address}.")
    return connection


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _UNICAST or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP
    ):
        return False
    if any(address in network for network in _TRANSLATED):
        return False
    return address.is_global and not address.is_multicast


class _Session(requests.Session):
    """Leaves redirects alone.

    Also when told not to follow one, requests reads its body whole and parses its target, unless
    this method, which gets the answer to look at, says that there is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - as above
        return None


def keyed_session(deadline: Deadline | None = None) -> requests.Session:
    """For calls with the key, to the API's own origin.

    Args:
        deadline: By when an answer has to have begun.
    """
    return _session(_Adapter(deadline))


def keyless_session(deadline: Deadline | None = None, *, allow_loopback: bool) -> requests.Session:
    """For links that lead elsewhere: public addresses only, and loopback if that is allowed.

    Args:
        deadline: By when an answer has to have begun.
        allow_loopback: Whether the API itself is there.
    """
    return _session(_PublicAdapter(deadline, allow_loopback=allow_loopback))


def _session(adapter: HTTPAdapter) -> requests.Session:
    session = _Session()
    # Neither .netrc nor proxies from the environment: .netrc would replace the key.
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"
    session.headers["User-Agent"] = "sei-export"
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
