"""HTTP calls to the API: a key that goes to one place, and answers read whole or streamed.

Two sessions: calls with the key follow no redirect and go only to the base URL's own origin;
links that lead elsewhere are fetched without the key, over https, from public addresses only.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import requests

from sei_export.api import bodies, links
from sei_export.api.sentkey import Key, KeyHeader, SentKey
from sei_export.api.sessions import keyed_session, keyless_session
from sei_export.api.tries import ATTEMPTS, tried
from sei_export.api.urls import BaseUrl, with_parameters, without_query, written
from sei_export.clock import Deadline
from sei_export.errors import AuthenticationError, ExportTimedOutError, ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
"""Longest silence of the API before a call counts as failed."""

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_THERE = _REFUSED | {HTTPStatus.NOT_FOUND}
"""Also without the key, which what is outside of the prefix does not get."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call with the key.

    Attributes:
        method: HTTP's.
        url: Where to.
        params: Query parameters, unless the URL carries them.
        body: Sent as JSON.
        headers: More request headers.
        legacy: Of the legacy API, which makes the report before it answers.
        is_file: Of a file that an earlier call was told about: a refusal may be about its link.
    """

    method: str
    url: str
    params: Mapping[str, str]
    body: JsonObject | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    legacy: bool = False
    is_file: bool = False


class HttpClient:
    """Calls to one base URL.

    Args:
        base_url: The API.
        key: Its key.
        deadline: By when calls have to end.
        key_header: How the account takes its key.
        fresh_key: Whether the first call reads the key past its cache, so that a new one counts.
    """

    def __init__(
        self,
        base_url: BaseUrl,
        key: Key,
        deadline: Deadline,
        key_header: KeyHeader = KeyHeader.AUTHORIZATION,
        *,
        fresh_key: bool = False,
    ) -> None:
        self._base_url = base_url
        self._key = SentKey(key, key_header, fresh=fresh_key)
        self.deadline = deadline
        self._with_key = keyed_session(deadline)
        self._without_key = keyless_session(deadline, allow_loopback=base_url.is_loopback)

    def within(self, seconds: float) -> "HttpClient":
        """Make a client whose calls end in so many seconds, and no later than this one's."""
        deadline = self.deadline.earlier(max(self.deadline.left() - seconds, 0.0))
        return HttpClient(self._base_url, self._key.source, deadline, self._key.header)

    @property
    def mask(self) -> Mask:
        """Hides the key in what messages quote, and the key that a rotated one has replaced."""
        return self._key.mask

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
            body's text for messages. The key is hidden in both.

        Raises:
            AuthenticationError: 401 or 403, also with the key read afresh.
            RateLimitedError: 429 to the last try.
            ServiceUnavailableError: 5xx, 408, 425 or no connection to the last try.
            ProtocolError: A redirect, an answer of more than `bodies.MAX_BYTES`, or no HTTP.
            ConfigurationError: The key cannot be used.
        """
        name = self._name(method, url)
        with self._call(_Asked(method, url, params, body)) as response:
            if response.is_redirect:
                raise ProtocolError(f"{name} answered with a redirect.")
            content = bodies.read_whole(response, name, self.deadline)
            try:
                parsed: JsonValue = self.mask.hide_in(json.loads(content))
            except (ValueError, RecursionError):
                parsed = None
            return response.status_code, parsed, bodies.excerpt(content, self.mask)

    @contextmanager
    def post(
        self, url: str, params: Mapping[str, str], body: JsonObject
    ) -> Iterator[requests.Response]:
        """Call the legacy API, whose answer is a file; the body is not read yet.

        Raises:
            As `json`.
        """
        with self._call(_Asked("POST", url, params, body, legacy=True)) as response:
            yield response

    def excerpt(self, response: requests.Response) -> str:
        """The beginning of an answer's body, for a message; the key is hidden."""
        name = self._name(response.request.method or "", response.url)
        return bodies.excerpt(bodies.read_whole(response, name, self.deadline), self.mask)

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Open a download, following redirects, with the key only where it belongs.

        The body is not read yet and is not decoded by `response.raw.read(decode_content=False)`.

        Raises:
            As `json`; ProtocolError also for a link that may not be followed, or is refused while
            the key is not.
        """
        urls: tuple[str, ...] = (url,)
        for _ in range(links.MAX_REDIRECTS + 1):
            with self._first_there(urls, params, headers) as response:
                if not response.is_redirect:
                    self._look_at_refusal(response)
                    yield response
                    return
                # A link that has the key in it may lead anywhere: it goes there without.
                location = self.mask.hide(links.location_of(response.headers["location"]))
                urls = links.redirected(response.url, location, self._base_url)
        raise ProtocolError(f"The download was redirected more than {links.MAX_REDIRECTS} times.")

    @contextmanager
    def _first_there(
        self, urls: tuple[str, ...], params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Open the first of some URLs that has something; the last one in any case."""
        *others, last = urls
        for url in others:
            with self._open(url, params, headers) as response:
                if response.status_code not in _NOT_THERE:
                    yield response
                    return
        with self._open(last, params, headers) as response:
            yield response

    @contextmanager
    def _open(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        # First of all: what is compared with the base URL has to be what is sent.
        url = written(url)
        if links.needs_key(url, self._base_url):
            asked = _Asked("GET", url, params, headers=headers, is_file=True)
            with self._call(asked) as response:
                yield response
            return

        def send() -> requests.Response:
            return self._send(self._without_key, _Asked("GET", url, {}, headers=headers), {})

        with tried(send, f"GET {links.shown_link(url)}", self.deadline) as response:
            yield response

    def _look_at_refusal(self, response: requests.Response) -> None:
        """Raise what a refusal elsewhere means: it is about the link, since no key was sent."""
        url, status = response.url, response.status_code
        if links.is_refusal(status) and not self._base_url.owns(url):
            body = bodies.read_whole(response, f"GET {links.shown_link(url)}", self.deadline)
            text = self.mask.hide(body.decode(errors="replace"))
            raise links.refused_elsewhere(url, status, text)

    @contextmanager
    def _call(self, asked: _Asked) -> Iterator[requests.Response]:
        """A call with the key: one more time with a fresh one if it is refused."""
        name = self._name(asked.method, asked.url)
        for is_last in (False, True):
            key = self._key.headers(fresh=is_last, legacy=asked.legacy)

            def send(key: dict[str, str] = key) -> requests.Response:
                # Sockets know no limit below zero; a second is what every try gets.
                silence = max(self.deadline.left(), 1.0) if asked.legacy else READ_SECONDS
                try:
                    return self._send(self._with_key, asked, key, silence)
                except requests.ReadTimeout:
                    if asked.legacy:
                        raise _too_slow(silence) from None
                    raise

            with tried(send, name, self.deadline, 1 if is_last else ATTEMPTS) as response:
                status = response.status_code
                if status not in _REFUSED:
                    if status < HTTPStatus.BAD_REQUEST:
                        self._key.note_success()
                    yield response
                    return
                if not is_last:
                    logger.warning("%d: reading the API key again", status)
                    continue
                text = bodies.excerpt(bodies.read_whole(response, name, self.deadline), self.mask)
                if asked.is_file and status == HTTPStatus.FORBIDDEN and self._key.is_known_good:
                    raise links.refused_at_home(name, status, text)
                raise AuthenticationError(f"{name} answered {status}: {text}")

    def _send(
        self,
        session: requests.Session,
        asked: _Asked,
        key: Mapping[str, str],
        silence: float = READ_SECONDS,
    ) -> requests.Response:
        url = with_parameters(written(asked.url), asked.params)
        request = requests.Request(
            asked.method, url, headers={**asked.headers, **key}, json=asked.body
        )
        prepared = session.prepare_request(request)
        # As it was given: requests decodes and encodes anew, and walks dot segments.
        prepared.url = url
        remaining = max(self.deadline.left(), 1.0)
        return session.send(
            prepared,
            timeout=(min(CONNECT_SECONDS, remaining), min(silence, remaining)),
            allow_redirects=False,
            stream=True,
        )

    def _name(self, method: str, url: str) -> str:
        """Name a call for messages, without what its URL may have of a secret."""
        return self.mask.hide(f"{method} {without_query(url)}")


def _too_slow(seconds: float) -> ExportTimedOutError:
    """The legacy API makes a report before it answers: nothing came of it in time."""
    return ExportTimedOutError(
        f"The API did not answer with the report in the function's {seconds:.0f} s.",
        remedy="Ask for less: a shorter range of dates, fewer metrics, a smaller team.",
    )
