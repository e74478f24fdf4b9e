"""DownloadExport: land a completed export, in one invocation or in several."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from sei_export import dates, keys
from sei_export.api.client import Connect
from sei_export.download.body import Source
from sei_export.download.over_invocations import Download
from sei_export.download.staging import Staging
from sei_export.errors import ProtocolError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.land import Landing
from sei_export.manifest import Run
from sei_export.status import ExportStatus


def download_export(
    given: JsonValue,
    run: Run,
    connect: Connect,
    landing: Landing,
    staging: Callable[[str], Staging],
) -> JsonObject:
    """Land it, or get nearer to that.

    The status is asked for again, so that a retry gets a fresh link and no signed link is ever
    part of the execution's history.

    Args:
        given: `Export.to_json`.
        run: What only the state machine knows.
        connect: Makes the client for an organization and project.
        landing: Where it lands.
        staging: Makes the staging of a folder, for a file that takes several invocations.

    Returns:
        `Result.to_json`; or, to be called again with the same arguments, what `Download.go_on`
        returns.

    Raises:
        SeiExportError: As the client, `Download.go_on` and `Landing.land` raise.
    """
    export = Export.from_json(given)
    client = connect(export)
    state = client.state(export.report, export.export_id)
    if state.status is not ExportStatus.COMPLETED:
        raise ProtocolError(
            f"Export {export.export_id} was completed and is now {state.status.value}."
        )
    # Opened again after a break, it asks for a fresh link: a signed one may have expired.
    links = chain([state.link], iter(lambda: client.state(export.report, export.export_id).link, 0))
    source = Source(
        open=lambda headers: client.download(export.report, export.export_id, next(links), headers),
        seconds_left=client.seconds_left,
        timing=client.timing,
    )
    if not export.created_at:
        # A harvested one whose list entry did not tell.
        created_at = dates.normalize_moment(state.created_at or state.completed_at, "")
        export = replace(export, created_at=created_at or dates.format_moment(datetime.now(UTC)))
    staged = staging(keys.staging_folder(export.report, export.export_id))
    land = partial(landing.land, export, run, completed_at=state.completed_at)
    return Download(source, staged, land).go_on()
