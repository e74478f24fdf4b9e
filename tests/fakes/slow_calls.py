"""The exporter's HTTP on a slow line: what stands between its client and the API."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from urllib3 import BaseHTTPResponse

from sei_export.api.calls import HttpClient
from sei_export.clock import Deadline
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask
from tests.fakes.timing import FakeClock

if TYPE_CHECKING:
    from tests.fakes.slow_line import Slow


@dataclass
class Wire:
    """Stands for a connection's body, at the pace that a test gives it.

    Attributes:
        raw: The real one.
        clock: Where the time passes, and nowhere else.
        pace: Bytes in a second, by place; may raise.
        came: Where the connection began and how far it was read.
    """

    raw: BaseHTTPResponse
    clock: FakeClock
    pace: Callable[[int], float]
    came: list[int]

    def read(self, size: int, *, decode_content: bool) -> bytes:
        """So many bytes, at the pace of the place where they begin."""
        pace = self.pace(self.came[1])
        piece = self.raw.read(size, decode_content=decode_content)
        self.clock.slept.append(len(piece) / pace)
        self.came[1] += len(piece)
        return piece

    def close(self) -> None:
        """As the HTTP library asks for it."""
        self.raw.close()

    def release_conn(self) -> None:
        """As the HTTP library asks for it."""
        self.raw.release_conn()


@dataclass
class SlowCalls:
    """Stands for the exporter's HTTP, as `sei_export.api.client.Calls`: real, but on a slow line.

    Attributes:
        http: The real calls.
        stage: How slow downloads are, and where each of them is noted.
    """

    http: HttpClient
    stage: "Slow"

    @property
    def deadline(self) -> Deadline:
        """The real calls'."""
        return self.http.deadline

    @property
    def mask(self) -> Mask:
        """The real calls'."""
        return self.http.mask

    def within(self, seconds: float) -> HttpClient:
        """As fast as ever."""
        return self.http.within(seconds)

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Call as fast as ever."""
        return self.http.json(method, url, params, body)

    def post(
        self, url: str, params: Mapping[str, str], body: JsonObject
    ) -> AbstractContextManager[requests.Response]:
        """Call as fast as ever: a legacy report has no second invocation."""
        return self.http.post(url, params, body)

    def excerpt(self, response: requests.Response) -> str:
        """Quote as ever."""
        return self.http.excerpt(response)

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Open a download; a file's bytes are slow, whatever else is answered is not."""
        with self.http.stream(url, params, headers) as response:
            if response.status_code not in {requests.codes.ok, requests.codes.partial}:
                yield response
                return
            at = 0
            if response.status_code == requests.codes.partial:
                at = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
            came, stage = [at, at], self.stage
            stage.came.append(came)
            response.raw = Wire(response.raw, stage.clock, stage.pace, came)
            stage.connections.append(response)
            try:
                yield response
            finally:
                stage.connections.remove(response)
