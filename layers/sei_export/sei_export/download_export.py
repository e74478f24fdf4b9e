"""DownloadExport: from a completed export to a verified object, its manifest and its event."""

from collections.abc import Callable
from datetime import UTC, datetime

from sei_export import dates, keys
from sei_export.body import as_verified_gzip, read_raw
from sei_export.client import SeiClient, State
from sei_export.csvcheck import CsvFacts, CsvInspector
from sei_export.errors import ProtocolError, StorageError
from sei_export.events import EventBus
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import ExportRequest
from sei_export.result import Result, Run
from sei_export.status import ExportStatus
from sei_export.storage import LostRaceError, ObjectStore, StoredObject, Upload

_PUBLISH_TRIES = 3


def download_export(
    given: JsonValue,
    run: Run,
    connect: Callable[[ExportRequest], SeiClient],
    store: ObjectStore,
    bus: EventBus,
) -> JsonObject:
    """Land the export: object first, then manifest, then event, each safe to repeat.

    The status is asked for again, so that a retry gets a fresh link and no signed link is ever
    part of the execution's history.

    Args:
        given: `Export.to_json`.
        run: What only the state machine knows.
        connect: Makes the client for a request's organization and project.
        store: Where it lands.
        bus: Where it is announced.

    Returns:
        `Result.to_json`.

    Raises:
        CorruptDownloadError: The file is not a complete CSV; nothing was published.
        StorageError: S3 refuses.
        SeiExportError: As the client and the bus raise.
    """
    export = Export.from_json(given)
    request = export.request
    client = connect(request)
    state = client.state(request.report, export.export_id)
    if state.status is not ExportStatus.COMPLETED:
        raise ProtocolError(
            f"Export {export.export_id} was completed and is now {state.status.value}."
        )
    key, manifest_key = keys.data_key(request), keys.manifest_key(request)
    manifest = store.read_json(manifest_key) or {}
    stored, facts, news = _land(export, client, state, store, manifest)
    completed_at, seconds = _times(export, state)
    result = Result(
        export=export,
        run=run,
        bucket=store.bucket,
        key=key,
        manifest_key=manifest_key,
        stored=stored,
        facts=facts,
        changed=_said_before(export, run, facts, manifest, news=news),
        completed_at=completed_at,
        duration_seconds=seconds,
    ).to_json()
    store.write_json(manifest_key, result)
    bus.export_completed(result)
    return result


def _land(
    export: Export, client: SeiClient, state: State, store: ObjectStore, manifest: JsonObject
) -> tuple[StoredObject, CsvFacts, bool]:
    """Verify and publish, unless the key holds this content already.

    Returns:
        The object, its content's facts, and whether that content is news: published now, or
        published by a run that came no further yet, so that no manifest describes it.
    """
    request = export.request
    key = keys.data_key(request)
    present = store.head(key)
    inspector = CsvInspector()
    metadata = {
        "export-id": export.export_id,
        "report": request.report.name,
        "request-fingerprint": request.fingerprint,
    }
    with client.download(request.report, export.export_id, state.link) as response:
        upload = store.upload(key, as_verified_gzip(read_raw(response), inspector), metadata)
    try:
        facts = inspector.finish()
        announced = manifest.get("contentSha256") == facts.sha256
        described = present is not None and manifest.get("etag") == present.etag
        if present and described and announced:
            return present, facts, False
        if present and present.export_id == export.export_id:
            return present, facts, True
        return _publish(upload, present, store, export, key), facts, True
    finally:
        upload.discard()


def _publish(
    upload: Upload, present: StoredObject | None, store: ObjectStore, export: Export, key: str
) -> StoredObject:
    """Publish over what is there.

    An execution of the same request may be quicker; then its object, of the same export, stays.
    It may also be this call's own, if S3's answer got lost and the SDK tried again.
    """
    for _ in range(_PUBLISH_TRIES):
        try:
            return upload.publish(present)
        except LostRaceError:
            present = store.head(key)
            if present and present.export_id == export.export_id:
                return present
    raise StorageError(
        f"Other executions kept replacing s3://{store.bucket}/{key}.",
        remedy="Schedule requests for the same key at different times.",
    )


def _said_before(
    export: Export, run: Run, facts: CsvFacts, manifest: JsonObject, *, news: bool
) -> bool:
    """A retry within one execution finds its own manifest, and says again what that says."""
    before = tuple(manifest.get(name) for name in ("executionArn", "exportId", "contentSha256"))
    if before == (run.execution_arn, export.export_id, facts.sha256):
        return manifest.get("changed") is True
    return news


def _times(export: Export, state: State) -> tuple[str, float]:
    """When the export was completed, and how many seconds after it was created."""
    completed = _moment(state.completed_at) or datetime.now(UTC)
    created = _moment(export.created_at) or _moment(state.created_at) or completed
    seconds = max((completed - created).total_seconds(), 0.0)
    return dates.format_moment(completed), round(seconds, 3)


def _moment(text: str | None) -> datetime | None:
    try:
        return dates.parse_moment(text) if text else None
    except ValueError:
        return None
