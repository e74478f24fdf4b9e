"""What S3 tells of an object: its names, and the export's in its metadata."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from sei_export.bucket.stored import StoredObject, Written

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef

NAMES = Written("v1", "abc")


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        pytest.param({"ETag": '"abc"', "VersionId": "v1"}, NAMES, id="with versions"),
        pytest.param({"ETag": '"abc"'}, Written(None, "abc"), id="without versions"),
        pytest.param({"ETag": '"abc-2"'}, Written(None, "abc-2"), id="in parts"),
    ],
)
def test_given_an_answer_then_its_etag_has_no_quotes(
    answer: "PutObjectOutputTypeDef", written: Written
) -> None:
    assert Written.of(answer) == written


def test_given_an_object_of_an_export_then_its_metadata_is_told() -> None:
    metadata = {"export-id": "exp_1", "created-at": "2026-03-01", "content-sha256": "ab"}
    assert StoredObject.of(NAMES, 3, "crc", metadata) == StoredObject(
        version_id="v1",
        etag="abc",
        size=3,
        checksum="crc",
        export_id="exp_1",
        created_at="2026-03-01",
        content_sha256="ab",
    )


def test_given_an_object_of_somebody_else_then_it_has_no_export() -> None:
    stored = StoredObject.of(NAMES, 3, None, {"owner": "they"})
    assert (stored.export_id, stored.created_at, stored.content_sha256) == (None, "", None)


def test_when_it_was_put_is_told_and_is_no_part_of_what_it_is() -> None:
    put = datetime(2026, 3, 1, 6, tzinfo=UTC)
    seen, written = (StoredObject.of(NAMES, 3, "crc", {}, it) for it in (put, None))
    assert (seen.modified, written.modified) == (put, None)
    # What was written just now is what is found later.
    assert seen == written
