"""DownloadExport: land a completed export, in one invocation or in several."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sei_export import dates, keys
from sei_export.api.answers import State
from sei_export.api.client import Connect, SeiClient
from sei_export.api.trees import first_names
from sei_export.download.body import Body
from sei_export.download.over_invocations import Download
from sei_export.download.source import Source
from sei_export.download.staging import Staging
from sei_export.errors import ProtocolError
from sei_export.export import Export, ExportStatus
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.landing.raw import RawFile


def download_export(
    payload: JsonObject,
    connect: Connect,
    landing: Landing,
    staging: Callable[[str], Staging],
) -> JsonObject:
    """Land it, or get nearer to that.

    The status is asked for again, so that a retry gets a fresh link and no signed link is ever
    part of the execution's history.

    Args:
        payload: `export`, which is `Export.to_json`; `executionArn`, `polls` and `attempts`;
            of a batch `run` and `item`.
        connect: Makes the client for an organization and project.
        landing: Where it lands.
        staging: Makes the staging of a folder, for a file that takes several invocations.

    Returns:
        `Manifest.brief`; or, to be called again with the same payload, what `Download.advance`
        returns.

    Raises:
        SeiExportError: As the client, `Download.advance` and `Landing.land` raise.
    """
    export, run = Export.from_json(payload.get("export")), ExportRun.read(payload)
    client = connect(export)
    state = client.state(export)
    if state.status is not ExportStatus.COMPLETED:
        raise ProtocolError(
            f"Export {export.export_id} was completed and is now {state.status.value}."
        )
    links = _fresh_links(client, export, state)
    source = Source(
        open=lambda headers: client.download(export, next(links), headers),
        deadline=client.deadline,
    )
    if not export.created_at:
        # A harvested one whose list entry did not tell.
        created_at = dates.normalize_moment(state.created_at or state.completed_at, "")
        export = replace(export, created_at=created_at or dates.format_moment(datetime.now(UTC)))

    def land(body: Body) -> JsonObject:
        file = RawFile(body, state.completed_at, client.mask, client.deadline)
        return landing.land(export, run, file, lambda: first_names(client))

    folder = keys.staging_folder(export.report, export.export_id)
    return Download(source, staging(folder), land).advance()


def _fresh_links(client: SeiClient, export: Export, state: State) -> Iterator[str | None]:
    """A link for each opening of the file: one that was asked for a while ago may have expired."""
    yield state.link
    while True:
        yield client.state(export).link
