"""One call of the API: with a pause before it, counted, and read up to a bound."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError

from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.sentkey import KeyHeader
from sei_export.api.sessions import keyed_session
from sei_export.api.urls import BaseUrl, with_parameters
from sei_export.clock import Deadline
from sei_export.jsontypes import JsonObject, JsonValue

MOST_CALLS = 120
"""Of a whole run; the API's own limit is 1000 in a minute."""

MOST_BYTES = 4 * 1024 * 1024
_SECONDS = 30.0
_WAIT_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 60.0


class EnoughError(Exception):
    """The run ends here; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer.

    Attributes:
        status: HTTP's.
        headers: By lower-case name.
        json: The body; None where it is no JSON.
    """

    status: int
    headers: Mapping[str, str]
    json: JsonValue

    @property
    def fields(self) -> JsonObject:
        """The body's fields; none if it is no object."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def is_success(self) -> bool:
        """Whether the API did what it was asked for."""
        return self.status < HTTPStatus.MULTIPLE_CHOICES


class _GivenKey:
    """The key that was given, which no second reading changes."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, *, fresh: bool = False) -> str:  # noqa: ARG002 - there is no cache
        return self._key


@dataclass(slots=True)
class Asker:
    """Calls one project of an API.

    Attributes:
        base_url: The API.
        key: Its key.
        header: What carries the key.
        org: The Harness organization.
        project: The Harness project.
        deadline: By when the run ends.
        pause_seconds: Before each call.
        calls: How many there were.
        waited: Whether each 429 said when to come back.
    """

    base_url: BaseUrl
    key: str
    header: KeyHeader
    org: str
    project: str
    deadline: Deadline
    pause_seconds: float
    calls: int = 0
    waited: list[bool] = field(default_factory=list[bool])

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
    ) -> Heard:
        """Make a call.

        Raises:
            EnoughError: The key is refused, there is no connection, an answer breaks off, or it is
                enough.
        """
        heard = self.ask_with(self.key_headers(), method, path, query, body)
        if heard.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise EnoughError(
                f"The API answers {heard.status}: check SEI_API_KEY, SEI_ORG and SEI_PROJECT; some "
                "accounts take SEI_KEY_HEADER=SEI_API_KEY."
            )
        return heard

    def ask_with(
        self,
        headers: Mapping[str, str],
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
    ) -> Heard:
        """Make a call with the key wherever these headers have it; a refusal is an answer.

        Raises:
            EnoughError: As `ask`, but for the key.
        """
        params = {"orgIdentifier": self.org, "projectIdentifier": self.project, **(query or {})}
        url = with_parameters(self.base_url.join(path), params)
        heard = self._once(method, url, headers, body)
        if heard.status == HTTPStatus.TOO_MANY_REQUESTS:
            stated = heard.headers.get("retry-after", "")
            self.waited.append(bool(stated))
            wait = float(stated) if stated.isdecimal() else _WAIT_SECONDS
            self.deadline.sleep(min(wait, _LONGEST_WAIT_SECONDS))
            heard = self._once(method, url, headers, body)
            if heard.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise EnoughError("The API answers 429 again after a pause: try later.")
        return heard

    def client(self) -> SeiClient:
        """The product's own client, for one call that counts as one here.

        Raises:
            EnoughError: As `rest`.
        """
        self.rest()
        deadline = Deadline.after(max(self.deadline.left(), 1.0), self.deadline.clock)
        http = HttpClient(self.base_url, _GivenKey(self.key), deadline, self.header)
        return SeiClient(http, self.base_url, self.org, self.project)

    def key_headers(self) -> dict[str, str]:
        """The headers that carry the key."""
        is_authorization = self.header is KeyHeader.AUTHORIZATION
        return {self.header.value: f"ApiKey {self.key}" if is_authorization else self.key}

    def rest(self) -> None:
        """Pause before a call, and count it.

        Raises:
            EnoughError: There were enough, or they took too long.
        """
        if self.calls >= MOST_CALLS:
            raise EnoughError(f"That were {MOST_CALLS} calls, which is as many as there may be.")
        if self.deadline.left() <= self.pause_seconds:
            raise EnoughError("The time is over.")
        self.deadline.sleep(self.pause_seconds)
        self.calls += 1

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: JsonObject | None
    ) -> Heard:
        self.rest()
        try:
            with keyed_session() as session:
                request = requests.Request(method, url, headers=dict(headers), json=body)
                response = session.send(
                    session.prepare_request(request),
                    timeout=_SECONDS,
                    stream=True,
                    allow_redirects=False,
                )
                with response:
                    content = response.raw.read(MOST_BYTES, decode_content=True)
        except (requests.RequestException, OSError) as fault:
            # Its message has the whole URL.
            raise EnoughError(f"The API cannot be reached: {type(fault).__name__}.") from None
        except HTTPError as fault:
            raise EnoughError(
                f"An answer breaks off ({type(fault).__name__}): its question is unanswered."
            ) from None
        try:
            parsed: JsonValue = json.loads(content)
        except (ValueError, RecursionError):
            parsed = None
        named = {name.lower(): value for name, value in response.headers.items()}
        return Heard(response.status_code, named, parsed)
