"""The exporter's HTTP, connected to a server on a loopback port."""

from sei_export.api.calls import HttpClient
from sei_export.api.urls import BaseUrl
from tests.fakes.loopback import Loopback
from tests.fakes.timing import FakeClock, FakeKey

PARAMS = {"orgIdentifier": "acme"}


class Caller:
    """A client of one server."""

    def __init__(self, server: Loopback, key: FakeKey | None = None, seconds: float = 100) -> None:
        self.clock = FakeClock()
        self.key = key or FakeKey()
        self.base = BaseUrl.parse(f"{server.origin}/sei/api/")
        self.client = HttpClient(self.base, self.key, self.clock.deadline(seconds))

    def call(self, path: str = "v2/exports") -> tuple[int, object, str]:
        """Status, value and excerpt of a GET."""
        return self.client.json("GET", self.base.join(path), PARAMS)
