"""An export between create and download: what the state machine carries from state to state."""

from dataclasses import dataclass

from sei_export.api.client import check_export_id
from sei_export.errors import InvalidRequestError, ProtocolError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import read_canonical
from sei_export.request.reports import REPORTS, Report


@dataclass(frozen=True, slots=True)
class Export:
    """One export at the API.

    Attributes:
        export_id: The API's name for it; a legacy report has none, and gets one of its execution.
        report: Which report.
        org: The Harness organization.
        project: The Harness project.
        request: What was asked for; None for one that somebody else created.
        reused: Whether the API handed out an existing one.
        created_at: ISO 8601, the API's time or else this function's.
        expected_seconds: How long it will take, going by the last one of its kind; 0 if unknown.
    """

    export_id: str
    report: Report
    org: str
    project: str
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
        """The export of a request."""
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

    def describe(self) -> JsonObject:
        """Its part of the result."""
        return {
            "exportId": self.export_id,
            "report": self.report.name,
            "request": self.request.canonical() if self.request else None,
            "requestFingerprint": self.request.fingerprint if self.request else None,
            "reused": self.reused,
            "createdAt": self.created_at,
        }

    def to_json(self) -> JsonObject:
        """The form in the state machine's variable `export`."""
        return {
            **self.describe(),
            "orgIdentifier": self.org,
            "projectIdentifier": self.project,
            "legacy": self.report.is_legacy,
            "expectedSeconds": self.expected_seconds,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Export":
        """Read it back.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand.
        """
        if not isinstance(given, dict):
            raise InvalidRequestError(
                ["export is missing: give what CreateExport returned."], remedy=BY_HAND
            )
        try:
            export_id = check_export_id(given.get("exportId"))
        except ProtocolError:
            raise InvalidRequestError(
                ["export.exportId is not an export's id."], remedy=BY_HAND
            ) from None
        created_at = given.get("createdAt")
        created_at = created_at if isinstance(created_at, str) else ""
        reused = given.get("reused") is True
        asked = given.get("request")
        if isinstance(asked, dict):
            return cls.of(read_canonical(asked), export_id, created_at, reused=reused)
        report = REPORTS.get(str(given.get("report")))
        org, project = given.get("orgIdentifier"), given.get("projectIdentifier")
        if asked is not None or report is None or report.is_legacy:
            raise InvalidRequestError(["export.request is not an object."], remedy=BY_HAND)
        if not (isinstance(org, str) and org and isinstance(project, str) and project):
            raise InvalidRequestError(
                ["export.orgIdentifier and export.projectIdentifier are missing."], remedy=BY_HAND
            )
        return cls(export_id, report, org, project, None, reused, created_at)
