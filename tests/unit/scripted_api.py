"""An API connection that answers from a script and remembers what it was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sei_export.client import SeiClient
from sei_export.http import HttpClient
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import ExportRequest
from sei_export.urls import BaseUrl

BASE_URL = BaseUrl.parse("https://app.harness.io/prod1/sei/api/")


@dataclass(frozen=True)
class Call:
    """One call: what was sent where."""

    method: str
    url: str
    params: Mapping[str, str]
    body: JsonObject | None


class ScriptedHttp(HttpClient):
    """In the place of the network: one answer, for every call."""

    def __init__(self, status: int, answer: JsonValue) -> None:
        self.calls: list[Call] = []
        self._answer = (status, answer, str(answer))

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Give the scripted answer."""
        self.calls.append(Call(method, url, params, body))
        return self._answer


@dataclass
class ScriptedApi:
    """What `connect` is, to the functions that take it.

    Attributes:
        http: The connection; its calls can be looked at.
        connected_for: The requests that a client was made for.
    """

    http: ScriptedHttp
    connected_for: list[ExportRequest] = field(default_factory=list)

    @classmethod
    def answering(cls, status: int, answer: JsonValue) -> "ScriptedApi":
        """An API that answers every call so."""
        return cls(ScriptedHttp(status, answer))

    @property
    def connect(self) -> Callable[[ExportRequest], SeiClient]:
        """Makes a real client on the scripted connection."""

        def connect(request: ExportRequest) -> SeiClient:
            self.connected_for.append(request)
            return SeiClient(self.http, BASE_URL, request.org, request.project)

        return connect
