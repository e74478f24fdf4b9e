"""An API connection that answers from a script and remembers what it was asked."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import requests

from sei_export.api.client import Connect, InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask

BASE_URL = BaseUrl.parse("https://app.harness.io/prod1/sei/api/")


@dataclass(frozen=True)
class Call:
    """One call: what was sent where."""

    method: str
    url: str
    params: Mapping[str, str]
    body: JsonObject | None


@dataclass(frozen=True)
class Refusal:
    """An answer of another status than the others."""

    status: int
    content: JsonValue


@dataclass
class ScriptedHttp:
    """Stands for the network, as `sei_export.api.client.Calls`: JSON answers from a script.

    Attributes:
        status: Of every answer, but of one that is a refusal's `Refusal`.
        answers: In their order, the last one again and again.
        deadline: By when calls have to end; nothing here takes time.
        mask: Hides nothing: there is no key here.
        calls: What was asked.
    """

    status: int
    answers: Sequence[JsonValue | Refusal]
    deadline: Deadline = field(default_factory=lambda: Deadline.after(100))
    mask: Mask = field(default_factory=Mask)
    calls: list[Call] = field(default_factory=list)

    def within(self, seconds: float) -> "ScriptedHttp":
        """As ever: nothing here takes time."""
        assert seconds > 0
        return self

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Give the scripted answer."""
        answer = self.answers[min(len(self.calls), len(self.answers) - 1)]
        self.calls.append(Call(method, url, params, body))
        if isinstance(answer, Refusal):
            return answer.status, answer.content, str(answer.content)
        return self.status, answer, str(answer)

    def post(
        self, url: str, params: Mapping[str, str], body: JsonObject
    ) -> AbstractContextManager[requests.Response]:
        """Fail the test: files come over a real connection, of `Loopback`."""
        raise AssertionError(url, params, body)

    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> AbstractContextManager[requests.Response]:
        """Fail the test, as `post` does."""
        raise AssertionError(url, params, headers)

    def excerpt(self, response: requests.Response) -> str:
        """Fail the test, as `post` does."""
        raise AssertionError(response)


@dataclass
class ScriptedApi:
    """Stands for the API, to the functions that take `connect`.

    Attributes:
        http: The connection; its calls can be looked at.
        connected_for: The organizations and projects that a client was made for.
    """

    http: ScriptedHttp
    connected_for: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def answering(cls, status: int, *answers: JsonValue | Refusal) -> "ScriptedApi":
        """An API that answers so, the last one also to every call more."""
        return cls(ScriptedHttp(status, answers))

    @property
    def connect(self) -> Connect:
        """Makes a real client on the scripted connection."""

        def connect(target: InProject) -> SeiClient:
            self.connected_for.append((target.org, target.project))
            return SeiClient(self.http, BASE_URL, target.org, target.project)

        return connect
