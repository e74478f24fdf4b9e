"""Calls of the API without a network: a year of exports has tens of thousands."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Protocol
from urllib.parse import urlsplit

import requests
import urllib3

from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask


class Server(Protocol):
    """Answers calls."""

    def answer(self, path: str, body: JsonObject | None) -> tuple[int, JsonValue | bytes]:
        """Answer a call of a path with a status and JSON, or with the bytes of a file."""


@dataclass
class DirectCalls:
    """Stands for the network, as `sei_export.api.client.Calls`.

    Attributes:
        server: Answers.
        base: The API.
        deadline: By when calls have to end.
        mask: Hides nothing: there is no key here.
    """

    server: Server
    base: BaseUrl
    deadline: Deadline
    mask: Mask = field(default_factory=Mask)

    def within(self, seconds: float) -> "DirectCalls":
        """As ever: nothing here takes time."""
        assert seconds > 0
        return self

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Answer with JSON."""
        assert (method == "POST") == (body is not None)
        assert params["orgIdentifier"]
        status, answer = self.server.answer(urlsplit(url).path, body)
        assert not isinstance(answer, bytes)
        return status, answer, json.dumps(answer)

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Answer with a file."""
        assert params["orgIdentifier"]
        assert "Range" not in headers
        status, body = self.server.answer(urlsplit(url).path, None)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = requests.Response()
        response.status_code = status
        response.headers["Content-Length"] = str(len(content))
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(content), {**response.headers}, status, preload_content=False
        )
        yield response

    def post(self, url: str, params: Mapping[str, str], body: JsonObject) -> NoReturn:
        """Fail the test: no legacy report is asked for."""
        raise AssertionError(url, params, body)

    def excerpt(self, response: requests.Response) -> NoReturn:
        """Fail the test, as `post` does."""
        raise AssertionError(response)
