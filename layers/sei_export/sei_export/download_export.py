"""DownloadExport: land a completed export."""

from sei_export.client import Connect
from sei_export.errors import ProtocolError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing import Landing, Source
from sei_export.result import Run
from sei_export.status import ExportStatus


def download_export(given: JsonValue, run: Run, connect: Connect, landing: Landing) -> JsonObject:
    """Land it.

    The status is asked for again, so that a retry gets a fresh link and no signed link is ever
    part of the execution's history.

    Args:
        given: `Export.to_json`.
        run: What only the state machine knows.
        connect: Makes the client for an organization and project.
        landing: Where it lands.

    Returns:
        `Result.to_json`.

    Raises:
        SeiExportError: As the client and `Landing.land` raise.
    """
    export = Export.from_json(given)
    client = connect(export)
    state = client.state(export.report, export.export_id)
    if state.status is not ExportStatus.COMPLETED:
        raise ProtocolError(
            f"Export {export.export_id} was completed and is now {state.status.value}."
        )
    return landing.land(
        export,
        run,
        Source(
            open=lambda: client.download(export.report, export.export_id, state.link),
            seconds_left=client.seconds_left,
        ),
        state.completed_at,
    )
