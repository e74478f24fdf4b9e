"""An API connection that answers from a script and remembers what it was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sei_export.api.calls import HttpClient
from sei_export.api.client import Connect, InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.jsontypes import JsonObject, JsonValue

BASE_URL = BaseUrl.parse("https://app.harness.io/prod1/sei/api/")


@dataclass(frozen=True)
class Call:
    """One call: what was sent where."""

    method: str
    url: str
    params: Mapping[str, str]
    body: JsonObject | None


class ScriptedHttp(HttpClient):
    """In the place of the network: answers in their order, the last one again and again."""

    def __init__(self, status: int, answers: Sequence[JsonValue]) -> None:
        self.calls: list[Call] = []
        self._status = status
        self._answers = answers

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Give the scripted answer."""
        answer = self._answers[min(len(self.calls), len(self._answers) - 1)]
        self.calls.append(Call(method, url, params, body))
        return self._status, answer, str(answer)


@dataclass
class ScriptedApi:
    """What `connect` is, to the functions that take it.

    Attributes:
        http: The connection; its calls can be looked at.
        connected_for: The organizations and projects that a client was made for.
    """

    http: ScriptedHttp
    connected_for: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def answering(cls, status: int, *answers: JsonValue) -> "ScriptedApi":
        """An API that answers so, the last one also to every call more."""
        return cls(ScriptedHttp(status, answers))

    @property
    def connect(self) -> Connect:
        """Makes a real client on the scripted connection."""

        def connect(target: InProject) -> SeiClient:
            self.connected_for.append((target.org, target.project))
            return SeiClient(self.http, BASE_URL, target.org, target.project)

        return connect
