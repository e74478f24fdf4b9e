"""From a body to a verified object, its manifest and its event, each step safe to repeat."""

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.bucket.publish import Upload
from sei_export.bucket.refusals import LostRaceError
from sei_export.bucket.stored import StoredObject
from sei_export.download.body import Body
from sei_export.errors import (
    CorruptDownloadError,
    SeiExportError,
    ServiceUnavailableError,
    StorageError,
)
from sei_export.export import Export
from sei_export.jsontypes import JsonObject
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from sei_export.landing.events import EventBus
from sei_export.landing.verified import as_verified_gzip
from sei_export.manifest import Result, Run
from sei_export.request.reports import Report

logger = logging.getLogger(__name__)

_PUBLISH_TRIES = 3


@dataclass(frozen=True, slots=True)
class Landing:
    """Where exports land and are announced.

    Attributes:
        store: The bucket's objects.
        documents: The bucket's JSON documents.
        bus: The event bus.
    """

    store: ObjectStore
    documents: Documents
    bus: EventBus

    def land(self, export: Export, run: Run, body: Body, completed_at: str | None) -> JsonObject:
        """Land one export.

        Args:
            export: What it is.
            run: What only the state machine knows.
            body: The file; read to its end and closed.
            completed_at: When the API says that it was completed, if it says.

        Returns:
            `Result.to_json`.

        Raises:
            CorruptDownloadError: The file is not a complete CSV; nothing was published.
            StorageError: S3 refuses.
            ServiceUnavailableError: S3 or the bus do not answer.
            SeiExportError: As `Body.pieces` raises.
        """
        key, manifest_key = keys.data_key(export), keys.manifest_key(export)
        manifest = self.documents.read_json(manifest_key)
        stored, facts, announced = self._store(export, key, body, manifest.content)
        completed, seconds = _times(export, completed_at)
        result = Result(
            export=export,
            run=run,
            bucket=self.store.bucket,
            key=key,
            manifest_key=manifest_key,
            stored=stored,
            facts=facts,
            changed=_said_before(export, run, facts, manifest.content, news=not announced),
            completed_at=completed,
            duration_seconds=seconds,
        ).to_json()
        self._describe(result, stored, manifest.etag)
        # For the harvest from now on; and, once it says so, the proof that the event went out.
        mark_key = keys.landed_key(export.report, export.export_id)
        mark: JsonObject = {"manifestKey": manifest_key, "contentSha256": facts.sha256}
        self.documents.write_json(mark_key, {**mark, "announced": False})
        self.bus.export_completed(result)
        self.documents.write_json(mark_key, {**mark, "announced": True})
        self._remember(export, seconds)
        return result

    def _remember(self, export: Export, seconds: float) -> None:
        """How long it took, for the next one of its kind; only a hint, so it stops nothing."""
        if export.request and not export.report.is_legacy:
            try:
                key = keys.series_key(export.request)
                self.documents.write_json(key, {"durationSeconds": seconds})
            except SeiExportError as error:
                logger.warning("How long it took was not written down: %s", error.message)

    def _store(
        self, export: Export, key: str, body: Body, manifest: JsonObject
    ) -> tuple[StoredObject, CsvFacts, bool]:
        """Verify and publish, unless the key holds this content already.

        Returns:
            The object, its content's facts, and whether that content was announced before.
        """
        present = self.store.head(key)
        inspector = CsvInspector()
        metadata = {
            "export-id": export.export_id,
            "report": export.report.name,
            "created-at": export.created_at,
        }
        if export.request:
            metadata["request-fingerprint"] = export.request.fingerprint
        with self.store.upload(key, metadata) as upload:
            # Closed here, not when an error's traceback is forgotten: connection and thread.
            with (
                closing(body.pieces()) as raw,
                closing(as_verified_gzip(raw, inspector)) as pieces,
            ):
                upload.write_all(pieces)
            facts = inspector.finish()
            if len(facts.columns) == 1:
                # No report has one column; an error's text, sent as if it were the file, has.
                raise CorruptDownloadError(
                    f"The file is not CSV: its first line is one field, {facts.columns[0][:80]!r}."
                )
            stored = self._publish(upload, present, export, facts, manifest)
        return stored, facts, self._was_announced(export.report, facts, manifest)

    def _publish(
        self,
        upload: Upload,
        present: StoredObject | None,
        export: Export,
        facts: CsvFacts,
        manifest: JsonObject,
    ) -> StoredObject:
        """Publish over what is there, unless that has the same content or is newer.

        What is there may change meanwhile: an execution of the same request may be quicker. It may
        also be this call's own, if S3's answer got lost and the SDK tried again.
        """
        for _ in range(_PUBLISH_TRIES):
            if present and _has_content(present, upload, facts, manifest):
                return present
            if present and present.created_at > export.created_at:
                raise StorageError(
                    f"{upload.url} holds the newer export {present.export_id}, of "
                    f"{present.created_at}; {export.export_id}, of {export.created_at}, was not "
                    "published.",
                    remedy="None is needed: the newer file stays.",
                )
            try:
                return upload.publish(present, facts.sha256)
            except LostRaceError:
                present = self.store.head(upload.key)
            except ServiceUnavailableError:
                # The answer may have got lost, not the object.
                present = self.store.head(upload.key)
                if present is None or present.checksum != upload.checksum:
                    raise
                return present
        if present and _has_content(present, upload, facts, manifest):
            return present
        raise StorageError(
            f"Other executions kept replacing {upload.url}.",
            remedy="Schedule requests for the same key at different times.",
        )

    def _was_announced(self, report: Report, facts: CsvFacts, manifest: JsonObject) -> bool:
        """Whether consumers heard of this content: it has a manifest whose event went out."""
        if manifest.get("contentSha256") != facts.sha256:
            return False
        key = keys.landed_key(report, str(manifest.get("exportId")))
        mark = self.documents.read_json(key).content
        return mark.get("contentSha256") == facts.sha256 and mark.get("announced") is True

    def _describe(self, result: JsonObject, stored: StoredObject, etag: str | None) -> None:
        """Write the manifest, unless a later run has replaced the object that it describes."""
        key, manifest_key = str(result["key"]), str(result["manifestKey"])
        for _ in range(_PUBLISH_TRIES):
            try:
                self.documents.replace_json(manifest_key, result, etag)
            except LostRaceError:
                now = self.store.head(key)
                if now is None or now.etag != stored.etag:
                    return
                etag = self.documents.read_json(manifest_key).etag
            else:
                return
        raise StorageError(
            f"Other executions kept replacing s3://{self.store.bucket}/{manifest_key}.",
            remedy="Schedule requests for the same key at different times.",
        )


def _has_content(
    present: StoredObject, upload: Upload, facts: CsvFacts, manifest: JsonObject
) -> bool:
    """Whether an object provably has this content.

    By S3's checksum of the same bytes, or by what was written down about it, since the API may
    compress the same CSV differently each time.
    """
    described = manifest.get("etag") == present.etag
    return (
        present.checksum == upload.checksum
        or present.content_sha256 == facts.sha256
        or (described and manifest.get("contentSha256") == facts.sha256)
    )


def _said_before(
    export: Export, run: Run, facts: CsvFacts, manifest: JsonObject, *, news: bool
) -> bool:
    """A retry within one execution finds its own manifest, and says again what that says."""
    before = tuple(manifest.get(name) for name in ("executionArn", "exportId", "contentSha256"))
    if before == (run.execution_arn, export.export_id, facts.sha256):
        return manifest.get("changed") is True
    return news


def _times(export: Export, completed_at: str | None) -> tuple[str, float]:
    """When the export was completed, and how many seconds after it was created."""
    completed = _moment(completed_at) or datetime.now(UTC)
    created = _moment(export.created_at) or completed
    seconds = max((completed - created).total_seconds(), 0.0)
    return dates.format_moment(completed), round(seconds, 3)


def _moment(text: str | None) -> datetime | None:
    try:
        return dates.parse_moment(text) if text else None
    except ValueError:
        return None
