"""The SEI API's calls for one organization and project.

The vendor's pages contradict each other in places; every documented form is accepted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import NamedTuple, Protocol
from urllib.parse import quote

import requests

from sei_export.api.answers import (
    Created,
    Listed,
    State,
    read_created,
    read_listed,
    read_object,
    read_state,
)
from sei_export.api.lists import Totals, read_list
from sei_export.api.reasons import stated_error
from sei_export.api.unknown import is_unknown
from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from sei_export.errors import (
    ExportNotFoundError,
    ExportRejectedError,
    ProtocolError,
)
from sei_export.export import ExportHandle
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.masking import Mask
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import Report

_MOST_OF_A_REASON = 500
"""Characters of what the API says; a message has more to tell."""


class ListedPage(NamedTuple):
    """One page of the list of exports.

    Attributes:
        entries: In the API's order.
        totals: What the API says of how much all pages have.
    """

    entries: tuple[Listed, ...]
    totals: Totals


class InProject(Protocol):
    """Whatever belongs to an organization and a project."""

    @property
    def org(self) -> str:
        """The Harness organization."""

    @property
    def project(self) -> str:
        """The Harness project."""


class Calls(Protocol):
    """What is used of `HttpClient`."""

    @property
    def deadline(self) -> Deadline:
        """By when calls have to end."""

    def within(self, seconds: float) -> "Calls":
        """The same for calls that have to end in so many seconds."""

    def json(
        self, method: str, url: str, params: Mapping[str, str], body: JsonObject | None = None
    ) -> tuple[int, JsonValue, str]:
        """Call and read the answer whole: status, JSON or None, an excerpt of the text."""

    def post(
        self, url: str, params: Mapping[str, str], body: JsonObject
    ) -> AbstractContextManager[requests.Response]:
        """Call the legacy API, whose answer is a file."""

    def stream(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> AbstractContextManager[requests.Response]:
        """Open a download."""

    @property
    def mask(self) -> Mask:
        """Hides the key."""

    def excerpt(self, response: requests.Response) -> str:
        """Quote the beginning of an answer's body."""


class SeiClient:
    """Calls for one organization and project.

    Args:
        http: The connection.
        base_url: The API.
        org: Query parameter `orgIdentifier`, sent with every call.
        project: Query parameter `projectIdentifier`, sent with every call.
    """

    def __init__(self, http: Calls, base_url: BaseUrl, org: str, project: str) -> None:
        self._http = http
        self._base_url = base_url
        self._params = {"orgIdentifier": org, "projectIdentifier": project}

    @property
    def deadline(self) -> Deadline:
        """By when calls have to end."""
        return self._http.deadline

    @property
    def mask(self) -> Mask:
        """Hides the key in what messages quote of a file."""
        return self._http.mask

    def within(self, seconds: float) -> "SeiClient":
        """Make a client whose calls have to end in so many seconds."""
        org, project = self._params.values()
        return SeiClient(self._http.within(seconds), self._base_url, org, project)

    def create(self, request: ExportRequest) -> Created:
        """Ask for an export. An identical one of the last 30 minutes is handed out again.

        Raises:
            ExportRejectedError: The API refuses the request.
            ProtocolError: The answer is not what the API documents.
            SeiExportError: As `HttpClient.json` raises.
        """
        url = self._base_url.join(request.report.create_path)
        status, answer, text = self._http.json("POST", url, self._params, request.body())
        if status >= HTTPStatus.BAD_REQUEST:
            raise ExportRejectedError(
                f"The API refuses the export with {status}: {self._reason(answer, text)}",
                is_level_unknown=status == HTTPStatus.BAD_REQUEST
                and _is_level_unknown(request, answer, text),
            )
        fields = read_object(answer, text, "create")
        return read_created(fields, reused=status == HTTPStatus.OK)

    def state(self, export: ExportHandle) -> State:
        """Ask where an export is.

        Raises:
            ExportNotFoundError: The API does not know it, or no more.
            ProtocolError: The answer is not what the API documents.
            SeiExportError: As `HttpClient.json` raises.
        """
        export_id = export.export_id
        url = self._base_url.join(_path(export))
        status, answer, text = self._http.json("GET", url, self._params)
        if status == HTTPStatus.NOT_FOUND:
            raise ExportNotFoundError(f"The API does not know export {export_id}: {text}")
        if status == HTTPStatus.GONE:
            raise ExportNotFoundError(f"The API has export {export_id} no more: {text}")
        if status >= HTTPStatus.BAD_REQUEST:
            raise ProtocolError(
                f"The status of export {export_id} was answered with {status}: "
                f"{self._reason(answer, text)}"
            )
        state = read_state(read_object(answer, text, "status"))
        return state._replace(error=self._shown(state.error)) if state.error else state

    def list(self, report: Report, filters: Mapping[str, str]) -> ListedPage:
        """Ask for one page of a report's exports.

        Args:
            report: Which report.
            filters: The API's query parameters, `page` and `limit` among them.

        Raises:
            ProtocolError: The answer is not a list in any of the forms that are known.
            SeiExportError: As `HttpClient.json` raises.
        """
        answer, text = self.get(report.path, filters, f"The list of {report.name} exports")
        found = read_list(answer, text, "export")
        return ListedPage(tuple(map(read_listed, found.entries)), found.totals)

    def get(self, path: str, query: Mapping[str, str], name: str) -> tuple[JsonValue, str]:
        """Ask for what is not an export.

        Args:
            path: Below the base URL.
            query: The call's query parameters.
            name: The call's name, for messages.

        Returns:
            The answer, and the beginning of its text for messages.

        Raises:
            ProtocolError: A 4xx: the API is another than documented.
            SeiExportError: As `HttpClient.json` raises.
        """
        url = self._base_url.join(path)
        status, answer, text = self._http.json("GET", url, {**self._params, **query})
        if status >= HTTPStatus.BAD_REQUEST:
            raise ProtocolError(f"{name} was answered with {status}: {self._reason(answer, text)}")
        return answer, text

    def _reason(self, answer: JsonValue, text: str) -> str:
        """What the API says of a refusal, or the beginning of its answer."""
        stated = stated_error(answer)
        return self._shown(stated) if stated else text

    def _shown(self, reason: str) -> str:
        """The API's words for a message: without the key, and only then cut."""
        return self._http.mask.hide(reason)[:_MOST_OF_A_REASON]

    @contextmanager
    def fetch(self, request: ExportRequest) -> Iterator[requests.Response]:
        """Ask for a legacy report and open its body.

        Raises:
            ExportRejectedError: The API refuses the request.
            ProtocolError: Another answer than 200.
            SeiExportError: As `HttpClient.post` raises.
        """
        url = self._base_url.join(request.report.create_path)
        params = {**self._params, "format": "csv"}
        with self._http.post(url, params, request.body()) as response:
            status = response.status_code
            if status >= HTTPStatus.BAD_REQUEST:
                raise ExportRejectedError(
                    f"The API refuses the report with {status}: {self._http.excerpt(response)}"
                )
            if status != HTTPStatus.OK:
                raise ProtocolError(f"The API answered the report with {status}.")
            yield response

    @contextmanager
    def download(
        self,
        export: ExportHandle,
        link: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """Open the file's body: all of it, a part, or the refusal of a part that was asked for.

        Args:
            export: Which export.
            link: Where the API says that it is; None for the documented path.
            headers: More request headers, such as Range.

        Raises:
            ExportNotFoundError: The API does not have the file, or no more.
            ProtocolError: Another 4xx, or a link that may not be followed.
            SeiExportError: As `HttpClient.stream` raises.
        """
        export_id = export.export_id
        path = f"{_path(export)}/download"
        url = self._base_url.resolve(link) if link else self._base_url.join(path)
        with self._http.stream(url, self._params, headers or {}) as response:
            if response.status_code == HTTPStatus.NOT_FOUND:
                raise ExportNotFoundError(f"The API does not have the file of export {export_id}.")
            if response.status_code == HTTPStatus.GONE:
                raise ExportNotFoundError(f"The file of export {export_id} has expired.")
            answers = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}
            if headers and "Range" in headers:
                # Whether the file ends where the range begins is for the reader to judge.
                answers.add(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            if response.status_code not in answers:
                raise ProtocolError(
                    f"The download of export {export_id} was answered with {response.status_code}."
                )
            yield response


def _is_level_unknown(request: ExportRequest, answer: JsonValue, text: str) -> bool:
    name, level = request.level_name, request.level
    return bool(name and level and is_unknown(name, level, answer, text))


def _path(export: ExportHandle) -> str:
    """Where an export is: its id is opaque, and may have what means something in a path."""
    return f"{export.report.path}/{quote(export.export_id, safe='')}"


type Connect = Callable[[InProject], SeiClient]
"""Makes the client for an organization and project."""
