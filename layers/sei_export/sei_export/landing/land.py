"""From raw bytes to a verified object, its manifest and its event, each step safe to repeat."""

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
from sei_export.errors import (
    CorruptDownloadError,
    SeiExportError,
    ServiceUnavailableError,
    StorageError,
)
from sei_export.export import Export, ExportStatus
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from sei_export.landing.events import EventBus
from sei_export.landing.raw import RawFile
from sei_export.landing.verified import as_verified_gzip
from sei_export.manifest import Manifest, Series

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

    def land(self, export: Export, run: ExportRun, file: RawFile) -> JsonObject:
        """Land one export.

        Args:
            export: What it is.
            run: What only the state machine knows.
            file: The file as it comes.

        Returns:
            `Manifest.to_json`.

        Raises:
            CorruptDownloadError: The file is not a complete CSV; nothing was published.
            StorageError: S3 refuses.
            ServiceUnavailableError: S3 or the bus do not answer.
            SeiExportError: As the file's pieces raise.
        """
        key, manifest_key = keys.data_key(export), keys.manifest_key(export)
        document = self.documents.read_json(manifest_key)
        before = Manifest.from_json(document.content)
        stored, facts = self._store(export, key, file, before)
        completed, seconds = _times(export, file.completed_at)
        manifest = Manifest(
            export_id=export.export_id,
            report=export.report.name,
            request=export.request.canonical() if export.request else None,
            request_fingerprint=export.request.fingerprint if export.request else None,
            reused=export.reused,
            created_at=export.created_at,
            status=ExportStatus.COMPLETED.value,
            attempts=run.attempts,
            bucket=self.store.bucket,
            key=key,
            version_id=stored.version_id,
            etag=stored.etag,
            size_bytes=stored.size,
            csv_bytes=facts.size,
            content_sha256=facts.sha256,
            rows=facts.rows,
            columns=facts.columns,
            changed=self._is_news(export, run, facts, before),
            manifest_key=manifest_key,
            polls=run.polls,
            completed_at=completed,
            duration_seconds=seconds,
            execution_arn=run.execution_arn,
            warnings=facts.warnings,
        )
        self._describe(manifest, document.etag)
        self._announce(export, manifest)
        self._remember(export, seconds)
        return manifest.to_json()

    def _announce(self, export: Export, manifest: Manifest) -> None:
        """Send the event between two marks: before it for the harvest, after it as its proof."""
        key = keys.landed_key(export.report, export.export_id)
        mark: JsonObject = {
            "manifestKey": manifest.manifest_key,
            "contentSha256": manifest.content_sha256,
        }
        self.documents.write_json(key, {**mark, "announced": False})
        self.bus.export_completed(manifest)
        self.documents.write_json(key, {**mark, "announced": True})

    def _remember(self, export: Export, seconds: float) -> None:
        """How long it took, for the next one of its kind; only a hint, so it stops nothing."""
        if export.request and not export.report.is_legacy:
            try:
                key = keys.series_key(export.request)
                self.documents.write_json(key, Series(seconds).to_json())
            except SeiExportError as error:
                logger.warning("How long it took was not written down: %s", error.message)

    def _store(
        self, export: Export, key: str, file: RawFile, before: Manifest | None
    ) -> tuple[StoredObject, CsvFacts]:
        """Verify and publish, unless the key holds this content already."""
        present = self.store.head(key)
        inspector = CsvInspector(file.mask)
        metadata = {
            "export-id": keys.id_part(export.export_id),
            "report": export.report.name,
            "created-at": export.created_at,
        }
        if export.request:
            metadata["request-fingerprint"] = export.request.fingerprint
        with self.store.upload(key, metadata) as upload:
            # Closed here, not when an error's traceback is forgotten: connection and thread.
            with (
                closing(file.body.pieces()) as raw,
                closing(as_verified_gzip(raw, inspector)) as pieces,
            ):
                upload.write_all(pieces)
            facts = inspector.finish()
            if len(facts.columns) == 1:
                # No report has one column; an error's text, sent as if it were the file, has.
                raise CorruptDownloadError(
                    f"The file is not CSV: its first line is one field, {facts.columns[0][:80]!r}."
                )
            return self._publish(upload, present, export, facts, before), facts

    def _publish(
        self,
        upload: Upload,
        present: StoredObject | None,
        export: Export,
        facts: CsvFacts,
        before: Manifest | None,
    ) -> StoredObject:
        """Publish over what is there, unless that has the same content or is newer.

        What is there may change meanwhile: an execution of the same request may be quicker. It may
        also be this call's own, if S3's answer got lost and the SDK tried again.
        """
        for _ in range(_PUBLISH_TRIES):
            if present and _has_content(present, upload, facts, before):
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
        if present and _has_content(present, upload, facts, before):
            return present
        raise StorageError(
            f"Other executions kept replacing {upload.url}.",
            remedy="Schedule requests for the same key at different times.",
        )

    def _is_news(
        self, export: Export, run: ExportRun, facts: CsvFacts, before: Manifest | None
    ) -> bool:
        """Tell whether this content is news to those who heard of the last one.

        They heard if there is a manifest of this content whose event went out. A retry within one
        execution finds its own manifest, and repeats what that says.
        """
        if before is None or before.content_sha256 != facts.sha256:
            return True
        if (before.execution_arn, before.export_id) == (run.execution_arn, export.export_id):
            return before.changed
        mark = self.documents.read_json(keys.landed_key(export.report, before.export_id)).content
        return not (mark.get("contentSha256") == facts.sha256 and mark.get("announced") is True)

    def _describe(self, manifest: Manifest, etag: str | None) -> None:
        """Write the manifest, unless a later run has replaced the object that it describes."""
        key, manifest_key = manifest.key, manifest.manifest_key
        for _ in range(_PUBLISH_TRIES):
            try:
                self.documents.replace_json(manifest_key, manifest.to_json(), etag)
            except LostRaceError:
                now = self.store.head(key)
                if now is None or now.etag != manifest.etag:
                    return
                etag = self.documents.read_json(manifest_key).etag
            else:
                return
        raise StorageError(
            f"Other executions kept replacing s3://{self.store.bucket}/{manifest_key}.",
            remedy="Schedule requests for the same key at different times.",
        )


def _has_content(
    present: StoredObject, upload: Upload, facts: CsvFacts, before: Manifest | None
) -> bool:
    """Tell whether an object provably has this content.

    By S3's checksum of the same bytes, or by what was written down about it, since the API may
    compress the same CSV differently each time.
    """
    if present.checksum == upload.checksum or present.content_sha256 == facts.sha256:
        return True
    return bool(before and before.etag == present.etag and before.content_sha256 == facts.sha256)


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
