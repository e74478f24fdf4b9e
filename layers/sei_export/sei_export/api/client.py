"""The SEI API's calls for one organization and project.

The vendor's pages contradict each other in places; every documented form is accepted.
"""

import itertools
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import requests

from sei_export.api.answers import (
    ListedTree,
    check_tree_id,
    read_list,
    read_listed_tree,
    read_object,
    read_text,
    stated_error,
)
from sei_export.api.calls import HttpClient, Timing
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    CorruptDownloadError,
    ExportNotFoundError,
    ExportRejectedError,
    ProtocolError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import Report
from sei_export.status import ExportStatus

logger = logging.getLogger(__name__)

TREES_IN_PAGE = 50
"""As in the API's own example; a page with fewer is the last one."""

_TREES_PATH = "v2/org-trees"

_EXPORT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""Shown as `exp_7a8b9c0d` and called Base36: opaque, but it goes into a path and a log."""


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to a create call.

    Attributes:
        export_id: Checked, safe in a path.
        reused: The API handed out an existing export of an identical request.
        created_at: As the API writes it, or None.
    """

    export_id: str
    reused: bool
    created_at: str | None


@dataclass(frozen=True, slots=True)
class State:
    """The answer to a status call.

    Attributes:
        status: Where the export is.
        error: The API's own words for a failure, or None.
        link: Where the file is, as the API writes it; None means the documented path.
        created_at: As the API writes it, or None.
        completed_at: As the API writes it, or None.
    """

    status: ExportStatus
    error: str | None = None
    link: str | None = None
    created_at: str | None = None
    completed_at: str | None = None


class InProject(Protocol):
    """Whatever belongs to an organization and a project."""

    @property
    def org(self) -> str:
        """The Harness organization."""

    @property
    def project(self) -> str:
        """The Harness project."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One export in a list.

    Attributes:
        export_id: Safe in a path; empty if the entry has none that is.
        status: As the API writes it, or None.
        created_at: As the API writes it, or None.
    """

    export_id: str
    status: str | None
    created_at: str | None


class SeiClient:
    """Calls for one organization and project.

    Args:
        http: The connection.
        base_url: The API.
        org: Query parameter `orgIdentifier`, sent with every call.
        project: Query parameter `projectIdentifier`, sent with every call.
    """

    def __init__(self, http: HttpClient, base_url: BaseUrl, org: str, project: str) -> None:
        self._http = http
        self._base_url = base_url
        self._params = {"orgIdentifier": org, "projectIdentifier": project}

    @property
    def timing(self) -> Timing:
        """The connection's clock."""
        return self._http.timing

    def seconds_left(self) -> float:
        """How long calls may still take."""
        return self._http.seconds_left()

    def create(self, request: ExportRequest) -> Created:
        """Ask for an export. An identical one of the last 30 minutes is handed out again.

        Raises:
            ExportRejectedError: The API refuses the request.
            ProtocolError: The answer is not what the API documents.
            ApiError: As `HttpClient.json` raises.
        """
        url = self._base_url.join(request.report.create_path)
        status, answer, text = self._http.json("POST", url, self._params, request.body())
        if status >= HTTPStatus.BAD_REQUEST:
            raise ExportRejectedError(
                f"The API refuses the export with {status}: {stated_error(answer) or text}"
            )
        fields = read_object(answer, text, "create")
        return Created(
            export_id=check_export_id(fields.get("exportId")),
            reused=status == HTTPStatus.OK,
            created_at=read_text(fields.get("createdAt")),
        )

    def state(self, report: Report, export_id: str) -> State:
        """Where an export is.

        Raises:
            ExportNotFoundError: The API does not know it.
            ProtocolError: The answer is not what the API documents.
            ApiError: As `HttpClient.json` raises.
        """
        url = self._base_url.join(f"{report.path}/{export_id}")
        status, answer, text = self._http.json("GET", url, self._params)
        if status == HTTPStatus.NOT_FOUND:
            raise ExportNotFoundError(f"The API does not know export {export_id}: {text}")
        if status >= HTTPStatus.BAD_REQUEST:
            raise ProtocolError(
                f"The status of export {export_id} was answered with {status}: "
                f"{stated_error(answer) or text}"
            )
        fields = read_object(answer, text, "status")
        download = fields.get("download")
        nested = download.get("url") if isinstance(download, dict) else None
        return State(
            status=ExportStatus.parse(fields.get("status")),
            error=stated_error(fields),
            link=read_text(nested) or read_text(fields.get("downloadUrl")),
            created_at=read_text(fields.get("createdAt")),
            completed_at=read_text(fields.get("completedAt")),
        )

    def list(self, report: Report, filters: Mapping[str, str]) -> list[Listed]:
        """One page of a report's exports.

        Args:
            report: Which report.
            filters: The API's query parameters, `page` and `limit` among them.

        Raises:
            ProtocolError: The answer is not a list in any of the forms that are known.
            ApiError: As `HttpClient.json` raises.
        """
        answer, text = self._get(report.path, filters, f"The list of {report.name} exports")
        return [
            Listed(
                export_id=_listed_id(item),
                status=read_text(item.get("status")),
                created_at=read_text(item.get("createdAt")),
            )
            for item in read_list(answer, text, "export")
        ]

    def org_trees(self) -> tuple[ListedTree, ...]:
        """All org trees that the key may see.

        Raises:
            ProtocolError: The answer is not a list in any of the forms that are known.
            ApiError: As `HttpClient.json` raises.
        """
        found: dict[str, ListedTree] = {}
        for page in itertools.count():
            query = {"pageIndex": str(page), "pageSize": str(TREES_IN_PAGE)}
            answer, text = self._get(_TREES_PATH, query, "The list of org trees")
            listed = [read_listed_tree(item) for item in read_list(answer, text, "org tree")]
            fresh = {tree.id: tree for tree in listed if tree.id not in found}
            found |= fresh
            # A page without anything new: the API takes no page numbers.
            if len(listed) < TREES_IN_PAGE or not fresh:
                break
        return tuple(found.values())

    def teams(self, tree_id: str) -> JsonValue:
        """The teams of an org tree, in either of the forms that `read_tree` reads.

        Raises:
            ProtocolError: The answer is neither an object nor a list, or no success.
            ApiError: As `HttpClient.json` raises.
        """
        path = f"{_TREES_PATH}/{check_tree_id(tree_id)}/teams"
        # The API's one parameter in snake case: a tree may have changed a minute ago.
        query = {"there_is_no_cache": "true"}
        answer, text = self._get(path, query, f"The call for the teams of org tree {tree_id}")
        return answer if isinstance(answer, list) else read_object(answer, text, "teams")

    def _get(self, path: str, query: Mapping[str, str], name: str) -> tuple[JsonValue, str]:
        """What a call answers; a 4xx means that the API is another than documented."""
        url = self._base_url.join(path)
        status, answer, text = self._http.json("GET", url, {**self._params, **query})
        if status >= HTTPStatus.BAD_REQUEST:
            raise ProtocolError(
                f"{name} was answered with {status}: {stated_error(answer) or text}"
            )
        return answer, text

    @contextmanager
    def fetch(self, request: ExportRequest) -> Iterator[requests.Response]:
        """Ask for a legacy report and open its body.

        Raises:
            ExportRejectedError: The API refuses the request.
            ProtocolError: Another answer than 200.
            ApiError: As `HttpClient.post` raises.
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
        report: Report,
        export_id: str,
        link: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """Open the file's body.

        Args:
            report: Which report.
            export_id: Which export.
            link: Where the API says that it is; None for the documented path.
            headers: More request headers, such as Range.

        Raises:
            ExportNotFoundError: The API does not have the file.
            CorruptDownloadError: It is shorter than the range that was asked for.
            ProtocolError: Another 4xx, or a link that may not be followed.
            ApiError: As `HttpClient.stream` raises.
        """
        path = f"{report.path}/{export_id}/download"
        url = self._base_url.resolve(link) if link else self._base_url.join(path)
        with self._http.stream(url, self._params, headers or {}) as response:
            if response.status_code == HTTPStatus.NOT_FOUND:
                raise ExportNotFoundError(f"The API does not have the file of export {export_id}.")
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise CorruptDownloadError(
                    f"The file of export {export_id} is shorter now than what came of it."
                )
            if response.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                raise ProtocolError(
                    f"The download of export {export_id} was answered with {response.status_code}."
                )
            yield response


type Connect = Callable[[InProject], SeiClient]
"""Makes the client for an organization and project."""


def check_export_id(given: JsonValue) -> str:
    """An export id that is safe in a path.

    Raises:
        ProtocolError: None, or one with other characters than letters, digits, `_` and `-`.
    """
    if given is None:
        raise ProtocolError("The API's answer has no exportId.")
    if not isinstance(given, str) or not _EXPORT_ID.fullmatch(given):
        raise ProtocolError(f"The API's answer has an unusable exportId: {repr(given)[:80]}.")
    return given


def _listed_id(item: JsonObject) -> str:
    try:
        return check_export_id(item.get("exportId", item.get("id")))
    except ProtocolError as error:
        logger.warning("In the list: %s", error.message)
        return ""
