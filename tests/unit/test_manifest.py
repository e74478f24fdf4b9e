"""The one description of a landed export."""

import json

from sei_export.bucket.stored import StoredObject
from sei_export.export import Export
from sei_export.landing.csvcheck import CsvFacts
from sei_export.manifest import Result
from tests.fakes.samples import request

REQUEST = request(metrics=["PR_MERGED"])
RESULT = Result(
    export=Export.of(REQUEST, "exp_1", "2026-03-01T06:00:00Z", reused=True),
    run=ExportRun(execution_arn="arn:x", polls=4, attempts=2),
    bucket="landing",
    key="exports/a",
    manifest_key="manifests/a",
    stored=StoredObject(
        version_id="v1",
        etag="etag",
        size=99,
        checksum="AAAAAA==",
        export_id="exp_1",
        created_at="2026-03-01T06:00:00Z",
        content_sha256="ab" * 32,
    ),
    facts=CsvFacts(rows=3, columns=("team", "PR_MERGED"), size=450, sha256="ab" * 32),
    changed=False,
    completed_at="2026-03-01T06:01:30Z",
    duration_seconds=90.25,
)


def test_given_a_landed_export_then_its_description_has_every_field() -> None:
    assert RESULT.to_json() == {
        "exportId": "exp_1",
        "report": "productivity",
        "request": REQUEST.canonical(),
        "requestFingerprint": REQUEST.fingerprint,
        "status": "completed",
        "reused": True,
        "attempts": 2,
        "bucket": "landing",
        "key": "exports/a",
        "versionId": "v1",
        "etag": "etag",
        "sizeBytes": 99,
        "csvBytes": 450,
        "contentSha256": "ab" * 32,
        "rows": 3,
        "columns": ["team", "PR_MERGED"],
        "changed": False,
        "manifestKey": "manifests/a",
        "polls": 4,
        "createdAt": "2026-03-01T06:00:00Z",
        "completedAt": "2026-03-01T06:01:30Z",
        "durationSeconds": 90.25,
        "executionArn": "arn:x",
    }


def test_given_a_description_when_written_as_json_then_it_reads_back_the_same() -> None:
    assert json.loads(json.dumps(RESULT.to_json())) == RESULT.to_json()
