"""CheckExport: where an export is now."""

from sei_export.api.answers import State
from sei_export.api.client import Connect
from sei_export.errors import ExportCancelledError, ExportEndedError, ExportFailedError
from sei_export.export import ExportHandle, ExportStatus
from sei_export.jsontypes import JsonObject


def check_export(payload: JsonObject, connect: Connect) -> JsonObject:
    """Ask once.

    Args:
        payload: `export`, which is `Export.to_json`.
        connect: Makes the client for an organization and project.

    Returns:
        `status`, in lower case; for failed and cancelled also `failure` with `error`, `message`
        and `remedy`, for the state machine to end with.

    Raises:
        SeiExportError: As `SeiClient.state` raises.
    """
    export = ExportHandle.from_json(payload.get("export"))
    state = connect(export).state(export)
    answer: JsonObject = {"status": state.status.value}
    failure = _failure(export, state)
    if failure:
        answer["failure"] = {
            "error": type(failure).__name__,
            "message": failure.message,
            "remedy": failure.remedy,
        }
    return answer


def _failure(export: ExportHandle, state: State) -> ExportEndedError | None:
    if state.status is ExportStatus.FAILED:
        reason = state.error or "it gives no reason"
        return ExportFailedError(
            f"The API reports that export {export.export_id} failed: {reason}."
        )
    if state.status is ExportStatus.CANCELLED:
        reason = f": {state.error}" if state.error else ""
        return ExportCancelledError(
            f"The API reports that export {export.export_id} was cancelled{reason}."
        )
    return None
