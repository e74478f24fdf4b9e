"""An export between create and download: what the state machine carries from state to state."""

from dataclasses import dataclass

from sei_export.client import check_export_id
from sei_export.errors import InvalidRequestError, ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import ExportRequest, read_canonical


@dataclass(frozen=True, slots=True)
class Export:
    """One export at the API.

    Attributes:
        export_id: The API's name for it.
        request: What was asked for.
        reused: Whether the API handed out an existing one.
        created_at: ISO 8601, the API's time or else this function's.
    """

    export_id: str
    request: ExportRequest
    reused: bool
    created_at: str

    def to_json(self) -> JsonObject:
        """The form in the state machine's variable `export`."""
        return {
            "exportId": self.export_id,
            "report": self.request.report.name,
            "request": self.request.canonical(),
            "requestFingerprint": self.request.fingerprint,
            "reused": self.reused,
            "createdAt": self.created_at,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Export":
        """Read it back.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand.
        """
        if not isinstance(given, dict):
            raise InvalidRequestError(["export is missing: give what CreateExport returned."])
        request = given.get("request")
        try:
            export_id = check_export_id(given.get("exportId"))
        except ProtocolError:
            raise InvalidRequestError(["export.exportId is not an export's id."]) from None
        if not isinstance(request, dict):
            raise InvalidRequestError(["export.request is not an object."])
        created_at = given.get("createdAt")
        return cls(
            export_id=export_id,
            request=read_canonical(request),
            reused=given.get("reused") is True,
            created_at=created_at if isinstance(created_at, str) else "",
        )
