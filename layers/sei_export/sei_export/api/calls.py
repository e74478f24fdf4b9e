"""HTTP calls to the API: short retries within one deadline, and a key that goes to one place.

Two sessions: calls with the key follow no redirect and go only to the base URL's own origin;
links that lead elsewhere are fetched without the key, over https, from public addresses only.
"""

import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from sei_export.api.sessions import keyed_session, keyless_session
from sei_export.api.urls import BaseUrl, is_loopback, origin_of, without_query
from sei_export.errors import (
    ApiError,
    AuthenticationError,
    ExportTimedOutError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject, JsonValue

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Tries of one call, the first included. One more follows a 401, with a fresh key."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 8.0
CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
"""Longest silence of the API before a call counts as failed."""

MAX_REDIRECTS = 5
MAX_JSON_BYTES = 4 * 1024 * 1024
_SHOWN_CHARACTERS = 300


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


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, sleep and chance, so that tests need none of them.

    Attributes:
        monotonic: Seconds of a clock that never goes back.
        now: The time of day, for Retry-After with a date.
        sleep: Waits for so many seconds.
        chance: A number from 0 to 1, for jitter.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class HttpClient:
    """Calls to one base URL.

    Args:
        base_url: The API.
        key: Its key.
        seconds: The whole time that this client may take, from now on.
        timing: Clock and chance.
        key_header: How the account takes its key.
    """

    def __init__(
        self,
        base_url: BaseUrl,
        key: Key,
        seconds: float,
        timing: Timing | None = None,
        key_header: KeyHeader = KeyHeader.AUTHORIZATION,
    ) -> None:
        self._base_url = base_url
        self._key = key
        self._key_header = key_header
        self._timing = timing or Timing()
        self._deadline = self._timing.monotonic() + seconds
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
            ProtocolError: A redirect, or an answer of more than `MAX_JSON_BYTES`.
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
            return response.status_code, parsed, _excerpt(content)

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
        return _excerpt(self._read(response, _call_name("", response.url)))

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Open a download, following redirects, with the key only where it belongs.

        The body is not read yet and is not decoded by `response.raw.read(decode_content=False)`.

        Raises:
            As `json`; ProtocolError also for a link that may not be followed.
        """
        for _ in range(MAX_REDIRECTS + 1):
            with self._open(url, params, headers) as response:
                if not response.is_redirect:
                    yield response
                    return
                url = _redirected(url, response.headers["location"])
        raise ProtocolError(f"The download was redirected more than {MAX_REDIRECTS} times.")

    @contextmanager
    def _open(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        try:
            owned = self._base_url.owns(url)
            scheme, host, _ = origin_of(urlsplit(url))
        except ValueError as error:
            raise ProtocolError(f"The download link cannot be followed: {error}.") from None
        if owned:
            with self._call("GET", url, params, None, headers=headers) as response:
                yield response
            return
        if scheme != "https" and not (self._base_url.is_loopback and is_loopback(host)):
            raise ProtocolError(f"The download link leads to {host} without TLS.")
        # Without its path too: a link that opens the file to whoever has it is a secret.
        name = f"GET {scheme}://{host}/…"

        def send() -> requests.Response:
            return self._send(self._without_key, "GET", url, {}, headers)

        with self._try(send, name) as response:
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
                silence = max(self.seconds_left(), 1.0) if legacy else READ_SECONDS
                try:
                    return self._send(
                        self._with_key, method, url, query, sent, body, silence=silence
                    )
                except requests.ReadTimeout:
                    if legacy:
                        raise _too_slow(silence) from None
                    raise

            name = _call_name(method, url)
            with self._try(send, name, tries=1 if fresh else ATTEMPTS) as response:
                if response.status_code == HTTPStatus.UNAUTHORIZED and not fresh:
                    logger.warning("401: reading the API key again")
                    fresh = True
                    continue
                if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                    text = _excerpt(self._read(response, name))
                    raise AuthenticationError(f"{name} answered {response.status_code}: {text}")
                yield response
                return

    @contextmanager
    def _try(
        self,
        send: Callable[[], requests.Response],
        name: str,
        tries: int = ATTEMPTS,
    ) -> Iterator[requests.Response]:
        """The tries of one call, until an answer that is neither 429 nor 5xx."""
        for attempt in range(1, tries + 1):
            failure: ApiError
            retry_after: str | None = None
            try:
                response = send()
            except requests.RequestException as error:
                # The chain is cut: requests' messages carry whole URLs, signatures included.
                failure = ServiceUnavailableError(f"{name} failed: {_reason(error)}.")
            else:
                with response:
                    status = response.status_code
                    if status != HTTPStatus.TOO_MANY_REQUESTS and status < 500:  # noqa: PLR2004 - 5xx
                        yield response
                        return
                    retry_after = response.headers.get("retry-after")
                    kind = RateLimitedError if status < 500 else ServiceUnavailableError  # noqa: PLR2004 - 5xx
                    failure = kind(f"{name} answered {status} at try {attempt} of {tries}.")
            wait = self._wait(attempt, retry_after)
            if attempt == tries or wait >= self.seconds_left():
                raise failure from None
            logger.warning("%s Next try in %.1f s.", failure.message, wait)
            self._timing.sleep(wait)

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
        remaining = max(self.seconds_left(), 1.0)
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
    def timing(self) -> Timing:
        """Clock and chance."""
        return self._timing

    def seconds_left(self) -> float:
        """How long calls may still take."""
        return self._deadline - self._timing.monotonic()

    def _wait(self, attempt: int, retry_after: str | None) -> float:
        """Seconds until the next try: what the server says, else exponential with jitter."""
        stated = _seconds(retry_after, self._timing.now()) if retry_after else None
        if stated is not None:
            return max(stated, 0.0)
        ceiling = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
        # Half fixed, half chance: a 429 without Retry-After needs some distance in any case.
        return ceiling * (1 + self._timing.chance()) / 2

    def _read(self, response: requests.Response, name: str) -> bytes:
        """A body, without the key in case that the API repeats it: messages quote bodies."""
        return _read_limited(response, name).replace(self._key.read().encode(), b"***")


def _missing(params: Mapping[str, str], url: str) -> dict[str, str]:
    """The parameters that a link does not carry already."""
    present = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return {name: value for name, value in params.items() if name not in present}


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise ProtocolError("The download was redirected to what is not a URL.") from None


def _read_limited(response: requests.Response, name: str) -> bytes:
    try:
        content: bytes = response.raw.read(MAX_JSON_BYTES + 1, decode_content=True)
    except (HTTPError, OSError) as error:
        raise ServiceUnavailableError(f"{name} broke off: {type(error).__name__}.") from None
    if len(content) > MAX_JSON_BYTES:
        raise ProtocolError(f"{name} answered with more than {MAX_JSON_BYTES} bytes.")
    return content


def _excerpt(content: bytes) -> str:
    """The beginning of a body for a message, in one line."""
    text = content[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text[:_SHOWN_CHARACTERS] or "(an empty body)"


def _too_slow(seconds: float) -> ExportTimedOutError:
    """The legacy API makes a report before it answers: nothing came of it in time."""
    return ExportTimedOutError(
        f"The API did not answer with the report in the function's {seconds:.0f} s.",
        remedy="Ask for less: a shorter range of dates, fewer metrics, a smaller team.",
    )


def _call_name(method: str, url: str) -> str:
    return f"{method} {without_query(url)}"


def _reason(error: requests.RequestException) -> str:
    """The innermost cause's class, which tells refused from reset from timed out."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    names = dict.fromkeys((type(error).__name__, type(cause).__name__))
    return " / ".join(names)


def _seconds(retry_after: str, now: datetime) -> float | None:
    """Retry-After in seconds from now: a number or an HTTP date; None for anything else."""
    try:
        seconds = float(retry_after)
    except ValueError:
        pass
    else:
        return seconds if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
