"""The exporter's HTTP, connected to a server on a loopback port."""

from sei_export.api.calls import HttpClient, Key
from sei_export.api.urls import BaseUrl
from tests.fakes.loopback import Loopback
from tests.fakes.timing import FakeClock, FakeKey

PARAMS = {"orgIdentifier": "acme"}


class Caller:
    """Stands for whoever calls the API: real calls to one server, with a clock of its own.

    Attributes:
        clock: Where waits take their time.
        base: The API.
        client: The calls.
    """

    def __init__(self, server: Loopback, key: Key | None = None, seconds: float = 100) -> None:
        self.clock = FakeClock()
        self.base = BaseUrl.parse(f"{server.origin}/sei/api/")
        self.client = HttpClient(self.base, key or FakeKey(), self.clock.deadline(seconds))

    def call(self, path: str = "v2/exports") -> tuple[int, object, str]:
        """Status, value and excerpt of a GET."""
        return self.client.json("GET", self.base.join(path), PARAMS)
