"""From raw bytes to a verified object, its manifest and its event, each step safe to repeat."""

import logging
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.errors import CorruptDownloadError
from sei_export.export import Export, ExportStatus
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing import durations
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from sei_export.landing.events import EventBus
from sei_export.landing.headers import check_header
from sei_export.landing.limits import Limits
from sei_export.landing.news import news_of
from sei_export.landing.publishing import Place, Standing, SupersededError
from sei_export.landing.raw import RawFile
from sei_export.landing.review import Landed, ListTrees, Review, is_of
from sei_export.landing.verified import VerifiedGzip
from sei_export.manifest import Manifest

logger = logging.getLogger(__name__)

_SAFE = "!#$&'()*+,/:;=?@[]"
"""Beside letters, digits and `_.-~`: what stays as it is in metadata."""


@dataclass(frozen=True, slots=True)
class Landing:
    """Where exports land and are announced.

    Attributes:
        store: The bucket's objects.
        documents: The bucket's JSON documents.
        bus: The event bus.
        limits: What is refused although it may be a whole CSV.
        notes: The same documents for what is only good to know: they answer at once or not at all.
        retention: After how long the bucket deletes files; None: never.
    """

    store: ObjectStore
    documents: Documents
    bus: EventBus
    limits: Limits = field(default_factory=Limits)
    notes: Documents | None = None
    retention: timedelta | None = None

    def land(
        self, export: Export, run: ExportRun, file: RawFile, list_trees: ListTrees | None = None
    ) -> JsonObject:
        """Land one export.

        Args:
            export: What it is.
            run: What only the state machine knows.
            file: The file as it comes.
            list_trees: Asks the API for org trees, once, where a file has no row.

        Returns:
            `Manifest.brief`.

        Raises:
            CorruptDownloadError: The file is not a complete CSV, or nobody can tell whether it is,
                or it is empty where one with rows stands; nothing was published.
            StorageError: S3 refuses.
            ServiceUnavailableError: S3 or the bus do not answer.
            SeiExportError: As the file's pieces raise.
        """
        key, manifest_key = keys.data_key(export), keys.manifest_key(export)
        # Half of it, so that each of a few runs before the end may be the one that fails.
        fresh_for = self.retention / 2 if self.retention else None
        place = Place(self.store, self.documents, key, manifest_key, file.deadline, fresh_for)
        before = place.look()
        try:
            landed = self._store(export, place, file, before)
        except SupersededError as error:
            return self._superseded(export, run, file, error.newer)
        notes = self.notes or self.documents
        warnings = Review(landed, export, run, notes, list_trees).warnings()
        manifest = replace(self._described(export, run, file, landed), warnings=warnings)
        place.describe(manifest, before.etag)
        self._announce(export, manifest)
        durations.remember(notes, export, run)
        return manifest.brief()

    def _described(self, export: Export, run: ExportRun, file: RawFile, landed: Landed) -> Manifest:
        stored, facts = landed.stored, landed.facts
        completed, seconds = _times(export, file.completed_at)

        def is_repeated(said: Manifest) -> bool:
            return is_of(said, export, run) or not self._is_announced(export, said)

        news = news_of(stored, facts.sha256, landed.replaced, is_repeated)
        return Manifest(
            export_id=export.export_id,
            report=export.report.name,
            request=export.request.canonical() if export.request else None,
            request_fingerprint=export.request.fingerprint if export.request else None,
            reused=export.reused,
            created_at=export.created_at,
            status=ExportStatus.COMPLETED.value,
            attempts=run.attempts,
            bucket=self.store.bucket,
            key=keys.data_key(export),
            version_id=stored.version_id,
            etag=stored.etag,
            size_bytes=stored.size,
            csv_bytes=facts.size,
            content_sha256=facts.sha256,
            rows=facts.rows,
            columns=facts.columns,
            column_types=facts.types,
            column_types_rows=facts.typed_rows,
            changed=news.changed,
            manifest_key=keys.manifest_key(export),
            polls=run.polls,
            completed_at=completed,
            duration_seconds=seconds,
            execution_arn=run.execution_arn,
            reason=news.reason,
            previous=news.previous,
            run=run.batch,
            item=run.item,
        )

    def _superseded(
        self, export: Export, run: ExportRun, file: RawFile, newer: Manifest
    ) -> JsonObject:
        """Tell of an export that came late: the newer file stays, and has had its event."""
        completed, seconds = _times(export, file.completed_at)
        result = replace(
            newer,
            export_id=export.export_id,
            request=export.request.canonical() if export.request else None,
            request_fingerprint=export.request.fingerprint if export.request else None,
            reused=export.reused,
            created_at=export.created_at,
            attempts=run.attempts,
            changed=False,
            reason=None,
            previous=None,
            superseded=True,
            run=run.batch,
            item=run.item,
            polls=run.polls,
            completed_at=completed,
            duration_seconds=seconds,
            execution_arn=run.execution_arn,
        )
        # For the harvest, which would else try it again each time.
        mark = _mark(result)
        self.documents.write_json(keys.landed_key(export.report, export.export_id), mark)
        return result.brief() | {
            "newer": {
                "exportId": newer.export_id,
                "createdAt": newer.created_at,
                "completedAt": newer.completed_at,
            }
        }

    def _announce(self, export: Export, manifest: Manifest) -> None:
        """Send the event between two marks: before it for the harvest, after it as its proof.

        Once it is out, consumers count on the file: nothing may let the execution fail any more.
        """
        key = keys.landed_key(export.report, export.export_id)
        self.documents.write_json(key, _mark(manifest) | {"announced": False})
        self.bus.export_completed(manifest)
        self._note("That it was announced", key, _mark(manifest) | {"announced": True})

    def _note(self, what: str, key: str, content: JsonObject) -> None:
        """Write down what is good to know, if that is possible."""
        try:
            (self.notes or self.documents).write_json(key, content)
        except Exception as error:  # noqa: BLE001 - whatever it is
            logger.warning("%s was not written down: %s", what, error)

    def _store(self, export: Export, place: Place, file: RawFile, before: Standing) -> Landed:
        """Verify and publish, unless the key holds this content already."""
        request = export.request
        days = (request.start, request.end) if request else None
        inspector = CsvInspector(file.mask, days, request.granularity if request else None)
        with self.store.upload(place.key, _metadata(export)) as upload:
            verified = VerifiedGzip(file.body, inspector, self.limits)
            # Closed here, not when an error's traceback is forgotten: connection and thread.
            with closing(verified.pieces()) as pieces:
                upload.write_all(pieces)
            facts = inspector.finish()
            check_header(facts)
            is_end_known = verified.is_end_proven
            if not is_end_known:
                self._refuse_unverifiable(facts)
            stored, replaced = place.publish(upload, export, facts, before)
        return Landed(stored, facts, replaced, is_end_known)

    def _refuse_unverifiable(self, facts: CsvFacts) -> None:
        """Refuse a file of which nobody can tell whether it is whole, unless that is allowed."""
        if not facts.columns:
            # Never allowed: that is what a connection which broke at once looks like.
            raise CorruptDownloadError(
                "The answer is empty, and the server did not tell that it ends there: neither a "
                "length nor a last chunk came."
            )
        if not self.limits.allow_unverifiable:
            raise CorruptDownloadError(
                "Nobody can tell whether the file is whole: the server told no length, sent no "
                f"chunks, and {facts.rows} rows in plain text or in several gzip members may end "
                "anywhere.",
                remedy=(
                    "Start a new execution 30 minutes after the first one. If the server never "
                    "tells the length, perhaps since a proxy takes it away, the parameter "
                    "AllowUnverifiableBody accepts such files, with a warning."
                ),
            )

    def _is_announced(self, export: Export, said: Manifest) -> bool:
        """Tell whether the event of a manifest went out."""
        mark = self.documents.read_json(keys.landed_key(export.report, said.export_id)).content
        return mark.get("contentSha256") == said.content_sha256 and mark.get("announced") is True


def _mark(manifest: Manifest) -> JsonObject:
    return {
        "manifestKey": manifest.manifest_key,
        "contentSha256": manifest.content_sha256,
        "superseded": manifest.superseded,
    }


def _metadata(export: Export) -> dict[str, str]:
    """What S3 keeps with the file; in ASCII, which is all that a header can carry."""
    metadata = {
        "export-id": keys.id_part(export.export_id),
        "report": export.report.name,
        "created-at": quote(export.created_at, safe=_SAFE),
    }
    if export.request:
        metadata["request-fingerprint"] = export.request.fingerprint
    return metadata


def _times(export: Export, completed_at: str | None) -> tuple[str, float]:
    """When the export was completed, and how many seconds after it was created."""
    completed = dates.read_moment(completed_at) or datetime.now(UTC)
    created = dates.read_moment(export.created_at) or completed
    seconds = max((completed - created).total_seconds(), 0.0)
    return dates.format_moment(completed), round(seconds, 3)
