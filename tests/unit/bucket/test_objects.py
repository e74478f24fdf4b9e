"""Objects: what the bucket holds."""

import pytest

from sei_export.bucket.stored import StoredObject
from sei_export.errors import SeiExportError
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import FAILURES, raising

KEY = "exports/report=productivity/export.csv.gz"
METADATA = {
    "export-id": "exp_1",
    "created-at": "2026-03-01T06:00:00Z",
    "content-sha256": "ab" * 32,
}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


# --- what is there ---


def test_given_an_empty_key_when_looked_at_then_there_is_nothing(s3: FakeS3) -> None:
    assert s3.store.head(KEY) is None


def test_given_an_object_when_looked_at_then_it_is_described(s3: FakeS3) -> None:
    version = s3.add(KEY, b"abc", METADATA)
    assert s3.store.head(KEY) == StoredObject(
        version_id=version.id,
        etag=version.etag,
        size=3,
        checksum=version.checksum,
        export_id="exp_1",
        created_at="2026-03-01T06:00:00Z",
        content_sha256="ab" * 32,
    )


def test_given_an_object_when_looked_at_then_it_is_told_when_it_was_put(s3: FakeS3) -> None:
    version = s3.add(KEY, b"abc", METADATA)
    stored = s3.store.head(KEY)
    assert stored
    assert stored.modified == version.modified


def test_given_an_object_of_somebody_else_when_looked_at_then_it_has_no_export(s3: FakeS3) -> None:
    s3.add(KEY, b"abc")
    stored = s3.store.head(KEY)
    assert stored
    assert (stored.export_id, stored.created_at, stored.content_sha256) == (None, "", None)


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_refusal_when_a_key_is_looked_at_then_it_is_told_where(
    s3: FakeS3, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before("head_object", raising(failure))
    with pytest.raises(error, match=code) as caught:
        s3.store.head(KEY)
    assert KEY in caught.value.message


def test_given_an_upload_that_is_only_made_then_nothing_is_sent(s3: FakeS3) -> None:
    upload = s3.store.upload(KEY, METADATA)
    assert (upload.key, upload.url) == (KEY, f"s3://{BUCKET}/{KEY}")
    assert s3.calls == []
