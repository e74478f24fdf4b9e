"""HTTP calls to the API: a key that goes to one place, and answers read whole or streamed.

Two sessions: calls with the key follow no redirect and go only to the base URL's own origin;
links that lead elsewhere are fetched without the key, over https, from public addresses only.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import requests

from sei_export.api import bodies, links
from sei_export.api.sessions import keyed_session, keyless_session
from sei_export.api.tries import ATTEMPTS, tried
from sei_export.api.urls import BaseUrl, without_query
from sei_export.clock import Deadline
from sei_export.errors import AuthenticationError, ExportTimedOutError, ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
"""Longest silence of the API before a call counts as failed."""


class KeyHeader(StrEnum):
    """The header that carries the key: `ApiKey <key>` in the first, the key alone in the other.

    The second is what an older page documents; a parameter of the stack chooses.
    """

    AUTHORIZATION = "Authorization"
    SEI_API_KEY = "SEI_API_KEY"


class Key(Protocol):
    """Where the API key comes from."""

    def read(self, *, fresh: bool = False) -> str:
        """The key, from a cache unless `fresh`."""


class HttpClient:
    """Calls to one base URL.

    Args:
        base_url: The API.
        key: Its key.
        deadline: By when calls have to end.
        key_header: How the account takes its key.
    """

    def __init__(
        self,
        base_url: BaseUrl,
        key: Key,
        deadline: Deadline,
        key_header: KeyHeader = KeyHeader.AUTHORIZATION,
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._key_header = key_header
        self.deadline = deadline
        self._with_key = keyed_session()
        self._without_key = keyless_session(allow_loopback=base_url.is_loopback)

    def json(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: JsonObject | None = None,
    ) -> tuple[int, JsonValue, str]:
        """Call the API with the key and read the answer whole.

        Returns:
            The HTTP status, the parsed body (None when it is not JSON), and an excerpt of the
            body's text for messages.

        Raises:
            AuthenticationError: 401 twice, the second time with a fresh key; or 403.
            RateLimitedError: 429 to the last try.
            ServiceUnavailableError: 5xx or no connection to the last try.
            ProtocolError: A redirect, or an answer of more than `bodies.MAX_BYTES`.
            ConfigurationError: The key cannot be used.
        """
        with self._call(method, url, params, body) as response:
            if response.is_redirect:
                raise ProtocolError(f"{_call_name(method, url)} answered with a redirect.")
            content = self._read(response, _call_name(method, url))
            try:
                parsed: JsonValue = json.loads(content)
            except (ValueError, RecursionError):
                parsed = None
            return response.status_code, parsed, bodies.excerpt(content)

    @contextmanager
    def post(
        self, url: str, params: Mapping[str, str], body: JsonObject
    ) -> Iterator[requests.Response]:
        """Call the legacy API, whose answer is a file; the body is not read yet.

        Its page names the header `x-api-key`, its examples use `authorization`: it gets both.

        Raises:
            As `json`.
        """
        with self._call("POST", url, params, body, legacy=True) as response:
            yield response

    def excerpt(self, response: requests.Response) -> str:
        """The beginning of an answer's body, for a message."""
        return bodies.excerpt(self._read(response, _call_name("", response.url)))

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Open a download, following redirects, with the key only where it belongs.

        The body is not read yet and is not decoded by `response.raw.read(decode_content=False)`.

        Raises:
            As `json`; ProtocolError also for a link that may not be followed.
        """
        for _ in range(links.MAX_REDIRECTS + 1):
            with self._open(url, params, headers) as response:
                if not response.is_redirect:
                    yield response
                    return
                url = links.redirected(url, response.headers["location"])
        raise ProtocolError(f"The download was redirected more than {links.MAX_REDIRECTS} times.")

    @contextmanager
    def _open(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        if links.needs_key(url, self._base_url):
            with self._call("GET", url, params, None, headers=headers) as response:
                yield response
            return

        def send() -> requests.Response:
            return self._send(self._without_key, "GET", url, {}, headers)

        with tried(send, f"GET {links.shown_link(url)}", self.deadline) as response:
            yield response

    @contextmanager
    def _call(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: JsonObject | None,
        *,
        headers: Mapping[str, str] | None = None,
        legacy: bool = False,
    ) -> Iterator[requests.Response]:
        """A call with the key: one more time with a fresh one after a 401."""
        query = _missing(params, url)
        fresh = False
        while True:
            key = self._key_headers(self._key.read(fresh=fresh), legacy=legacy)

            def send(key: dict[str, str] = key) -> requests.Response:
                sent = {**(headers or {}), **key}
                # Sockets know no limit below zero; a second is what every try gets.
                silence = max(self.deadline.left(), 1.0) if legacy else READ_SECONDS
                try:
                    return self._send(
                        self._with_key, method, url, query, sent, body, silence=silence
                    )
                except requests.ReadTimeout:
                    if legacy:
                        raise _too_slow(silence) from None
                    raise

            name = _call_name(method, url)
            with tried(send, name, self.deadline, 1 if fresh else ATTEMPTS) as response:
                if response.status_code == HTTPStatus.UNAUTHORIZED and not fresh:
                    logger.warning("401: reading the API key again")
                    fresh = True
                    continue
                if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                    text = bodies.excerpt(self._read(response, name))
                    raise AuthenticationError(f"{name} answered {response.status_code}: {text}")
                yield response
                return

    def _send(  # noqa: PLR0913 - one request's parts
        self,
        session: requests.Session,
        method: str,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: JsonObject | None = None,
        *,
        silence: float = READ_SECONDS,
    ) -> requests.Response:
        remaining = max(self.deadline.left(), 1.0)
        return session.request(
            method,
            url,
            params=params,
            json=body,
            headers=headers,
            timeout=(min(CONNECT_SECONDS, remaining), min(silence, remaining)),
            allow_redirects=False,
            stream=True,
        )

    def _key_headers(self, key: str, *, legacy: bool) -> dict[str, str]:
        value = f"ApiKey {key}" if self._key_header is KeyHeader.AUTHORIZATION else key
        headers = {self._key_header.value: value}
        if legacy:
            headers["x-api-key"] = key
        return headers

    @property
    def mask(self) -> Mask:
        """Hides the key in what messages quote."""
        return Mask(self._key.read())

    def _read(self, response: requests.Response, name: str) -> bytes:
        """A body, without the key in case that the API repeats it: messages quote bodies."""
        return bodies.read_whole(response, name).replace(self._key.read().encode(), b"***")


def _missing(params: Mapping[str, str], url: str) -> dict[str, str]:
    """The parameters that a link does not carry already."""
    present = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return {name: value for name, value in params.items() if name not in present}


def _too_slow(seconds: float) -> ExportTimedOutError:
    """The legacy API makes a report before it answers: nothing came of it in time."""
    return ExportTimedOutError(
        f"The API did not answer with the report in the function's {seconds:.0f} s.",
        remedy="Ask for less: a shorter range of dates, fewer metrics, a smaller team.",
    )


def _call_name(method: str, url: str) -> str:
    return f"{method} {without_query(url)}"
