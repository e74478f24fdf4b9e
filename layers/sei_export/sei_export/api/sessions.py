"""HTTP sessions: what they follow, what they read of the environment, where they connect to."""

import ipaddress
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sei_export.api.framing import Http, Https
from sei_export.errors import ProtocolError

if TYPE_CHECKING:
    import socket


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = Https


class _Adapter(HTTPAdapter):
    """Connects as `framing` reads."""

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the signature is requests'
        **pool_kwargs: object,
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _HttpsPool, "http": _HttpPool}


class _PublicAdapter(_Adapter):
    """Connects to public addresses only, and to loopback where a simulator is the API."""

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        super().__init__(pool_maxsize=1)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the signature is requests'
        **pool_kwargs: object,
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        loopback = self._allow_loopback

        # Checked on the connected socket, before any byte is sent: a name that resolves
        # differently the second time changes nothing.
        class PublicHttps(Https):
            def _new_conn(self) -> "socket.socket":
                return checked(super()._new_conn(), allow_loopback=loopback)

        class PublicHttp(Http):
            def _new_conn(self) -> "socket.socket":
                return checked(super()._new_conn(), allow_loopback=loopback)

        class HttpsPool(_HttpsPool):
            ConnectionCls = PublicHttps

        class HttpPool(_HttpPool):
            ConnectionCls = PublicHttp

        self.poolmanager.pool_classes_by_scheme = {"https": HttpsPool, "http": HttpPool}


def checked(connection: "socket.socket", *, allow_loopback: bool) -> "socket.socket":
    """The connection, if it leads to where a link may lead.

    Raises:
        ProtocolError: It leads to a private, link-local or other special address.
    """
    address = ipaddress.ip_address(connection.getpeername()[0].split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        allowed = allow_loopback
    else:
        allowed = address.is_global and not address.is_multicast
    if not allowed:
        connection.close()
        raise ProtocolError(f"The download link leads to the private address {address}.")
    return connection


class _Session(requests.Session):
    """Leaves redirects alone.

    Also when told not to follow one, requests reads its body whole and parses its target, unless
    this method, which gets the answer to look at, says that there is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - as above
        return None


def keyed_session() -> requests.Session:
    """For calls with the key, to the API's own origin."""
    session = _Session()
    # Neither .netrc nor proxies from the environment: .netrc would replace the key.
    session.trust_env = False
    session.headers["Accept-Encoding"] = "identity"
    session.headers["User-Agent"] = "sei-export"
    adapter = _Adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def keyless_session(*, allow_loopback: bool) -> requests.Session:
    """For links that lead elsewhere: public addresses only, and loopback if that is allowed."""
    session = keyed_session()
    adapter = _PublicAdapter(allow_loopback=allow_loopback)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
