"""What S3 tells of an object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CompleteMultipartUploadOutputTypeDef,
        HeadObjectOutputTypeDef,
        PutObjectOutputTypeDef,
    )


class Written(NamedTuple):
    """Names one version of an object, as S3 answers whoever wrote or found it.

    Attributes:
        version_id: None in a bucket without versions.
        etag: Without quotes.
    """

    version_id: str | None
    etag: str

    @classmethod
    def of(
        cls,
        answer: "HeadObjectOutputTypeDef"
        " | PutObjectOutputTypeDef | CompleteMultipartUploadOutputTypeDef",
    ) -> Self:
        """Read the names from S3's answer."""
        return cls(answer.get("VersionId"), answer["ETag"].strip('"'))


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as S3 describes it.

    Attributes:
        version_id: None in a bucket without versions.
        etag: Without quotes.
        size: Bytes.
        checksum: CRC32 in base64, as S3 keeps it; of an object in parts, the CRC32 of the parts'
            CRC32s and their number.
        export_id: From the metadata, as the next ones are; None if not written by this exporter.
        created_at: When the export was created at the API; empty if unknown.
        content_sha256: Of the uncompressed content, where it was known in time.
        modified: When it was put; None for what was put just now.
    """

    version_id: str | None
    etag: str
    size: int
    checksum: str | None
    export_id: str | None
    created_at: str
    content_sha256: str | None
    modified: datetime | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        written: Written,
        size: int,
        checksum: str | None,
        metadata: Mapping[str, str],
        modified: datetime | None = None,
    ) -> Self:
        """Put together what the object's names, its bytes and its metadata tell."""
        return cls(
            version_id=written.version_id,
            etag=written.etag,
            size=size,
            checksum=checksum,
            export_id=metadata.get("export-id"),
            created_at=metadata.get("created-at", ""),
            content_sha256=metadata.get("content-sha256"),
            modified=modified,
        )
