"""What a landed export is described by: the execution's output, the manifest and the event."""

from dataclasses import dataclass

from sei_export.bucket.stored import StoredObject
from sei_export.export import Export
from sei_export.jsontypes import JsonObject
from sei_export.landing.csvcheck import CsvFacts
from sei_export.status import ExportStatus


@dataclass(frozen=True, slots=True)
class Run:
    """What only the state machine knows of an export's run.

    Attributes:
        execution_arn: The execution.
        polls: How often the status was asked for.
        attempts: How often the export was created.
    """

    execution_arn: str
    polls: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Result:
    """One landed export.

    Attributes:
        export: What was asked for.
        run: How it came about.
        bucket: Where it is.
        key: Where it is.
        manifest_key: Where this description is kept.
        stored: The object.
        facts: Its content.
        changed: Whether the content differs from what was last announced under this key.
        completed_at: ISO 8601, the API's time or else when it was seen.
        duration_seconds: From created to completed.
    """

    export: Export
    run: Run
    bucket: str
    key: str
    manifest_key: str
    stored: StoredObject
    facts: CsvFacts
    changed: bool
    completed_at: str
    duration_seconds: float

    def to_json(self) -> JsonObject:
        """The one form of output, manifest and event."""
        return {
            **self.export.describe(),
            "status": ExportStatus.COMPLETED.value,
            "attempts": self.run.attempts,
            "bucket": self.bucket,
            "key": self.key,
            "versionId": self.stored.version_id,
            "etag": self.stored.etag,
            "sizeBytes": self.stored.size,
            "csvBytes": self.facts.size,
            "contentSha256": self.facts.sha256,
            "rows": self.facts.rows,
            "columns": list(self.facts.columns),
            "changed": self.changed,
            "manifestKey": self.manifest_key,
            "polls": self.run.polls,
            "completedAt": self.completed_at,
            "durationSeconds": self.duration_seconds,
            "executionArn": self.run.execution_arn,
        }
