"""An export between create and download: what the state machine carries from state to state."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category
from urllib.parse import unquote

from sei_export.errors import InvalidRequestError, ProtocolError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import NOT_OVER_FIELD, read_canonical
from sei_export.request.reports import REPORTS, Report

_MAX_ID_CHARACTERS = 256
_CONTROL = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that no id has: control characters, halves of a pair, line ends."""


class ExportStatus(StrEnum):
    """Every status of an export that the API documents, in lower case.

    The productivity page writes them in lower case, others in upper case, sprint in both.
    """

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @classmethod
    def parse(cls, given: object) -> "ExportStatus":
        """Read a status in any case.

        Raises:
            ProtocolError: It is not a documented status; the message names it.
        """
        if isinstance(given, str):
            try:
                return cls(given.strip().lower())
            except ValueError:
                pass
        known = ", ".join(cls)
        shown = repr(given)[:80]
        raise ProtocolError(f"The API reports the export status {shown}; known are {known}.")


@dataclass(frozen=True, slots=True)
class ExportHandle:
    """What the API has to be told to be asked about an export.

    Attributes:
        export_id: The API's name for it; a legacy report has none, and gets one of its execution.
        report: Which report.
        org: The Harness organization.
        project: The Harness project.
    """

    export_id: str
    report: Report
    org: str
    project: str

    @classmethod
    def from_json(cls, given: JsonValue) -> "ExportHandle":
        """Read the handle in the state machine's variable `export`, and nothing else of it.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand.
        """
        if not isinstance(given, dict):
            raise _by_hand("export is missing: give what CreateExport returned.")
        export_id = given.get("exportId")
        if not is_export_id(export_id):
            raise _by_hand("export.exportId is not an export's id.")
        report = REPORTS.get(str(given.get("report")))
        if report is None:
            raise _by_hand("export.report is not a report.")
        org, project = given.get("orgIdentifier"), given.get("projectIdentifier")
        if not (isinstance(org, str) and org and isinstance(project, str) and project):
            raise _by_hand("export.orgIdentifier and export.projectIdentifier are missing.")
        return cls(str(export_id), report, org, project)


@dataclass(frozen=True, slots=True)
class Export(ExportHandle):
    """One export at the API.

    Attributes:
        request: What was asked for; None for one that somebody else created.
        reused: Whether the API handed out an existing one.
        created_at: ISO 8601, the API's time or else this function's.
        expected_seconds: How long it will take, going by the last one of its kind; 0 if unknown.
    """

    request: ExportRequest | None
    reused: bool
    created_at: str
    expected_seconds: float = 0.0

    @classmethod
    def of(
        cls,
        request: ExportRequest,
        export_id: str,
        created_at: str,
        *,
        reused: bool,
        expected_seconds: float = 0.0,
    ) -> "Export":
        """Make the export of a request."""
        return cls(
            export_id=export_id,
            report=request.report,
            org=request.org,
            project=request.project,
            request=request,
            reused=reused,
            created_at=created_at,
            expected_seconds=expected_seconds,
        )

    def to_json(self) -> JsonObject:
        """Write the form in the state machine's variable `export`."""
        form: JsonObject = {
            "exportId": self.export_id,
            "report": self.report.name,
            "request": self.request.canonical() if self.request else None,
            "requestFingerprint": self.request.fingerprint if self.request else None,
            "reused": self.reused,
            "createdAt": self.created_at,
            "orgIdentifier": self.org,
            "projectIdentifier": self.project,
            "legacy": self.report.is_legacy,
            "expectedSeconds": self.expected_seconds,
        }
        is_not_over = self.request and self.request.is_not_over
        return form | {NOT_OVER_FIELD: True} if is_not_over else form

    @classmethod
    def from_json(cls, given: JsonValue) -> "Export":
        """Read the whole export back.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand; or
                the request is one that this version's table of reports does not allow.
        """
        handle = ExportHandle.from_json(given)
        content = given if isinstance(given, dict) else {}
        created_at = content.get("createdAt")
        created_at = created_at if isinstance(created_at, str) else ""
        reused = content.get("reused") is True
        asked = content.get("request")
        if isinstance(asked, dict):
            not_over = content.get(NOT_OVER_FIELD) is True
            request = _stored_request({**asked, NOT_OVER_FIELD: not_over}, handle.export_id)
            return cls.of(request, handle.export_id, created_at, reused=reused)
        if asked is not None or handle.report.is_legacy:
            raise _by_hand("export.request is not an object.")
        return cls(
            export_id=handle.export_id,
            report=handle.report,
            org=handle.org,
            project=handle.project,
            request=None,
            reused=reused,
            created_at=created_at,
        )


def is_export_id(given: JsonValue) -> bool:
    """Tell whether a value is an export id: opaque, shown as `exp_7a8b9c0d` and called Base36.

    Whoever puts one into a path or a key quotes it. None is what could lead out of its place in a
    path all the same, at a server that decodes once more or takes a part for nothing.
    """
    if not isinstance(given, str) or len(given) > _MAX_ID_CHARACTERS:
        return False
    decoded = given
    while (once_more := unquote(decoded)) != decoded:
        decoded = once_more
    is_dots = decoded.partition(";")[0].strip() in {"", ".", ".."}
    return not is_dots and not any(
        category(character) in _CONTROL or character in "/\\" for character in given + decoded
    )


def _stored_request(asked: JsonObject, export_id: str) -> ExportRequest:
    try:
        return read_canonical(asked)
    except InvalidRequestError as error:
        # The table may have been narrowed by an update while the execution was polling.
        raise InvalidRequestError(
            [f"export.request: {problem}" for problem in error.problems],
            remedy=(
                f"Export {export_id} exists at the API, and this version of the stack refuses its "
                "request: correct the input and start a new execution, or start a harvest, which "
                f"lands the export without it. {BY_HAND}"
            ),
        ) from None


def _by_hand(problem: str) -> InvalidRequestError:
    return InvalidRequestError([problem], remedy=BY_HAND)
