"""Sessions: what they read of the environment, and where they connect to."""

import socket
from pathlib import Path
from typing import cast

import pytest

from sei_export.api.sessions import checked, keyed_session, keyless_session
from sei_export.errors import ProtocolError
from tests.fakes.caller import Caller
from tests.fakes.loopback import Loopback, pair, reply
from tests.fakes.timing import KEY

FINE = reply(200, {"fine": True})


class _Peer:
    """Stands for a socket, connected to some address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.closed = False

    def getpeername(self) -> tuple[str, int]:
        return self.address, 443

    def close(self) -> None:
        self.closed = True

    @property
    def socket(self) -> socket.socket:
        return cast("socket.socket", self)


@pytest.mark.parametrize("allow_loopback", [False, True], ids=["public api", "simulator"])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("10.0.0.1", id="10/8"),
        pytest.param("172.16.0.1", id="172.16/12"),
        pytest.param("192.168.0.1", id="192.168/16"),
        pytest.param("169.254.169.254", id="link-local, where AWS keeps credentials"),
        pytest.param("100.64.0.1", id="carrier's"),
        pytest.param("0.0.0.0", id="unspecified"),  # noqa: S104 - refused, not bound
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("fd00::2", id="IPv6 private"),
        pytest.param("fe80::1%eth0", id="IPv6 link-local"),
        pytest.param("fd00:ec2::254", id="IPv6 where AWS keeps credentials"),
        pytest.param("::ffff:10.0.0.1", id="IPv4 in IPv6"),
        pytest.param("ff02::1", id="IPv6 multicast"),
        pytest.param("64:ff9b::a00:1", id="NAT64"),
        pytest.param("::ffff:0:a00:1", id="SIIT"),
        pytest.param("fec0::1", id="IPv6 site-local"),
        pytest.param("2001:0:a00:1::1", id="Teredo"),
        pytest.param("2001:10::1", id="ORCHID"),
        pytest.param("2001:20::1", id="ORCHIDv2"),
        pytest.param("2002:a00:1::1", id="6to4"),
        pytest.param("192.88.99.1", id="relay of 6to4"),
        pytest.param("2a00:1450::5efe:a00:1", id="ISATAP"),
        pytest.param("2a00:1450::200:5efe:a00:1", id="ISATAP, of an address said to be unique"),
    ],
)
def test_given_a_connection_to_a_private_address_then_it_is_closed(
    address: str, *, allow_loopback: bool
) -> None:
    peer = _Peer(address)
    with pytest.raises(ProtocolError, match="private address"):
        checked(peer.socket, allow_loopback=allow_loopback)
    assert peer.closed


@pytest.mark.parametrize(
    ("address", "allow_loopback"),
    [
        pytest.param("8.8.8.8", False, id="IPv4"),
        pytest.param("2001:4860:4860::8888", False, id="IPv6"),
        pytest.param("::ffff:8.8.8.8", False, id="IPv4 in IPv6"),
        pytest.param("8.8.8.8", True, id="IPv4, by a simulator"),
        pytest.param("127.0.0.1", True, id="loopback, by a simulator"),
        pytest.param("::1", True, id="IPv6 loopback, by a simulator"),
    ],
)
def test_given_a_connection_to_an_allowed_address_then_it_stays_open(
    address: str, *, allow_loopback: bool
) -> None:
    peer = _Peer(address)
    assert checked(peer.socket, allow_loopback=allow_loopback) is peer.socket
    assert not peer.closed


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_given_a_public_api_when_connected_to_this_machine_then_it_is_closed(address: str) -> None:
    peer = _Peer(address)
    with pytest.raises(ProtocolError, match=r"the private address (127\.0\.0\.1|::1)\."):
        checked(peer.socket, allow_loopback=False)
    assert peer.closed


@pytest.mark.parametrize("has_key", [True, False], ids=["with the key", "without"])
def test_a_session_asks_for_bodies_as_they_are_and_says_who_it_is(*, has_key: bool) -> None:
    made = keyed_session() if has_key else keyless_session(allow_loopback=True)
    with Loopback([FINE]) as server, made as session:
        assert session.get(server.origin).json() == {"fine": True}
    [received] = server.received
    assert received.headers["accept-encoding"] == "identity"
    assert received.headers["user-agent"] == "sei-export"


def test_given_a_proxy_and_a_netrc_when_called_then_neither_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pair([FINE], lambda _: reply(502)) as (server, proxy):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        assert Caller(server).call()[0] == 200
        assert proxy.connections == 0
    assert server.received[0].authorization == f"ApiKey {KEY}"
