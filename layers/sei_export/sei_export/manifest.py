"""What is said of a landed export: the execution's output, the manifest and the event in one form.

Its JSON is a contract: `events/schemas/Manifest.json`, `ExportCompleted.json`, README. Only the
manifest, which is a file, has all of it; a state and an event hold 256 KiB, so what may be long is
cut in theirs.
"""

from dataclasses import dataclass

from sei_export.fitting import MAX_REQUEST_BYTES, digest_of, first_of, size_of
from sei_export.jsontypes import (
    JsonObject,
    JsonValue,
    read_count,
    read_flag,
    read_optional_text,
    read_optional_texts,
    read_seconds,
    read_text,
    read_texts,
)

VERSION = "1"
"""Of the form: another one after a change that readers have to know of."""

SUPERSEDED_BY = "supersededBy"
"""What a batch adds to a manifest in the bucket, if a plan's list no longer has the file; whatever
lands the file again writes the manifest without it."""

_MESSAGE_CHARACTERS = 2000

_ONLY_IN_MANIFEST = ("columnTypes", "columnTypesRows")


@dataclass(frozen=True, slots=True)
class Caution:
    """What a reader of the file should know: a warning, not an error.

    Attributes:
        code: For machines, such as `noRows`.
        message: For people, a sentence; of 2,000 characters at most, whatever names are in it.
    """

    code: str
    message: str

    def __post_init__(self) -> None:
        """Cut what is too long where it is made, so that log, file and event have the same."""
        if len(self.message) > _MESSAGE_CHARACTERS:
            cut = f"{self.message[: _MESSAGE_CHARACTERS - 1]}…"
            object.__setattr__(self, "message", cut)

    def to_json(self) -> JsonObject:
        """Write the form in the manifest's `warnings`."""
        return {"code": self.code, "message": self.message}

    @classmethod
    def from_json(cls, given: JsonValue) -> "Caution":
        """Read it back.

        Raises:
            TypeError, KeyError: It is not such a form.
        """
        if not isinstance(given, dict):
            raise TypeError
        return cls(read_text(given["code"]), read_text(given["message"]))


@dataclass(frozen=True, slots=True)
class Previous:
    """What the manifest before this one described.

    Attributes:
        version_id: The version; None in a bucket without versions.
        rows: Its data records.
        content_sha256: Of its uncompressed CSV, in hex.
        completed_at: When its export was completed.
    """

    version_id: str | None
    rows: int
    content_sha256: str
    completed_at: str

    def to_json(self) -> JsonObject:
        """Write the form in the manifest."""
        return {
            "versionId": self.version_id,
            "rows": self.rows,
            "contentSha256": self.content_sha256,
            "completedAt": self.completed_at,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Previous | None":
        """Read it back.

        Raises:
            TypeError, KeyError: It is not such a form.
        """
        if given is None:
            return None
        if not isinstance(given, dict):
            raise TypeError
        return cls(
            read_optional_text(given["versionId"]),
            read_count(given["rows"]),
            read_text(given["contentSha256"]),
            read_text(given["completedAt"]),
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One landed export.

    Attributes:
        export_id: The API's name for the export.
        report: The report's name.
        request: `ExportRequest.canonical`; None for an export that somebody else created.
        request_fingerprint: Of the request; None without one.
        reused: Whether the API handed out an existing export.
        created_at: ISO 8601, the API's time or else CreateExport's.
        status: `completed`.
        attempts: How often the export was created.
        bucket: The bucket of the CSV and of this manifest.
        key: The key of the CSV.
        version_id: The version of the CSV; None in a bucket without versions.
        etag: The ETag of the CSV, without quotes.
        size_bytes: The size of the object.
        csv_bytes: The size of the uncompressed CSV.
        content_sha256: SHA-256 of the uncompressed CSV, in hex.
        rows: Data records; the header and blank lines do not count.
        columns: Names in the header, in order.
        changed: Whether this version is not the one that the manifest before described.
        manifest_key: The key of this manifest.
        polls: How often the status was asked for.
        completed_at: ISO 8601, the API's time or else when it was seen.
        duration_seconds: From created to completed.
        execution_arn: The execution that landed it.
        reason: Why it changed: `new`, `restated`, `restored`, `refreshed`; None if it did not.
        previous: What the manifest before described, if it changed and there was one.
        superseded: Whether a newer export had landed already: the file is that one's.
        run: The batch that ran it, by the name of its folder; None outside a batch.
        item: The id of its item there; None outside a batch.
        warnings: What a reader of the file should know; mostly nothing.
        column_types: Of each column `text`, `integer`, `number`, `date`, or None without a value;
            empty if an earlier version of this package wrote the manifest.
        column_types_rows: How many rows were looked at for that, from the first on.
    """

    export_id: str
    report: str
    request: JsonObject | None
    request_fingerprint: str | None
    reused: bool
    created_at: str
    status: str
    attempts: int
    bucket: str
    key: str
    version_id: str | None
    etag: str
    size_bytes: int
    csv_bytes: int
    content_sha256: str
    rows: int
    columns: tuple[str, ...]
    changed: bool
    manifest_key: str
    polls: int
    completed_at: str
    duration_seconds: float
    execution_arn: str
    reason: str | None = None
    previous: Previous | None = None
    superseded: bool = False
    run: str | None = None
    item: str | None = None
    warnings: tuple[Caution, ...] = ()
    column_types: tuple[str | None, ...] = ()
    column_types_rows: int = 0

    def to_json(self) -> JsonObject:
        """Write the whole form, the manifest's."""
        return {
            "version": VERSION,
            "exportId": self.export_id,
            "report": self.report,
            "request": self.request,
            "requestFingerprint": self.request_fingerprint,
            "reused": self.reused,
            "createdAt": self.created_at,
            "status": self.status,
            "attempts": self.attempts,
            "bucket": self.bucket,
            "key": self.key,
            "versionId": self.version_id,
            "etag": self.etag,
            "sizeBytes": self.size_bytes,
            "csvBytes": self.csv_bytes,
            "contentSha256": self.content_sha256,
            "rows": self.rows,
            "columns": list(self.columns),
            "columnCount": len(self.columns),
            "columnsSha256": digest_of(self.columns),
            "columnTypes": list(self.column_types),
            "columnTypesRows": self.column_types_rows,
            "changed": self.changed,
            "reason": self.reason,
            "previous": self.previous.to_json() if self.previous else None,
            "superseded": self.superseded,
            "run": self.run,
            "item": self.item,
            "manifestKey": self.manifest_key,
            "polls": self.polls,
            "completedAt": self.completed_at,
            "durationSeconds": self.duration_seconds,
            "executionArn": self.execution_arn,
            "warnings": [each.to_json() for each in self.warnings],
        }

    def brief(self) -> JsonObject:
        """Write the form of output and event: with the first columns, and no request that is long.

        What is cut is told by `columnCount` and `columnsSha256`, and `requestFingerprint`. Types
        are in the manifest alone.
        """
        fits = size_of(self.request) <= MAX_REQUEST_BYTES
        whole = self.to_json()
        for name in _ONLY_IN_MANIFEST:
            del whole[name]
        return whole | {
            "request": self.request if fits else None,
            "columns": list(first_of(self.columns)),
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> "Manifest | None":
        """Read a manifest back; None for what is none, such as an empty key's content."""
        try:
            return cls._read(content)
        except (KeyError, TypeError):
            return None

    @classmethod
    def _read(cls, content: JsonObject) -> "Manifest":
        request = content["request"]
        return cls(
            export_id=read_text(content["exportId"]),
            report=read_text(content["report"]),
            request=request if isinstance(request, dict) else None,
            request_fingerprint=read_optional_text(content["requestFingerprint"]),
            reused=read_flag(content["reused"]),
            created_at=read_text(content["createdAt"]),
            status=read_text(content["status"]),
            attempts=read_count(content["attempts"]),
            bucket=read_text(content["bucket"]),
            key=read_text(content["key"]),
            version_id=read_optional_text(content["versionId"]),
            etag=read_text(content["etag"]),
            size_bytes=read_count(content["sizeBytes"]),
            csv_bytes=read_count(content["csvBytes"]),
            content_sha256=read_text(content["contentSha256"]),
            rows=read_count(content["rows"]),
            columns=read_texts(content["columns"]),
            changed=read_flag(content["changed"]),
            manifest_key=read_text(content["manifestKey"]),
            polls=read_count(content["polls"]),
            completed_at=read_text(content["completedAt"]),
            duration_seconds=read_seconds(content["durationSeconds"]),
            execution_arn=read_text(content["executionArn"]),
            reason=read_optional_text(content.get("reason")),
            previous=Previous.from_json(content.get("previous")),
            superseded=read_flag(content.get("superseded", False)),
            run=read_optional_text(content.get("run")),
            item=read_optional_text(content.get("item")),
            warnings=_cautions(content.get("warnings", [])),
            column_types=read_optional_texts(content.get("columnTypes", [])),
            column_types_rows=read_count(content.get("columnTypesRows", 0)),
        )


def _cautions(value: JsonValue) -> tuple[Caution, ...]:
    if isinstance(value, list):
        return tuple(Caution.from_json(each) for each in value)
    raise TypeError
