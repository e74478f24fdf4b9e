"""Uploads of objects that appear whole and verified, or not at all.

Bytes go up while they are still being verified, as parts of a multipart upload that only
`Upload.publish` completes; what fits into one part waits in memory for one PutObject. Both are
conditional on what the key held before, so that two executions of one request cannot overwrite
each other.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from sei_export.bucket.multipart import Description, MultipartUpload, crc32
from sei_export.bucket.parts import Parts, part_bytes
from sei_export.bucket.refusals import condition_on, translating
from sei_export.bucket.stored import StoredObject, Written
from sei_export.errors import SeiExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from mypy_boto3_s3 import S3Client

CONTENT_TYPE = "application/gzip"


class Upload:
    """Uploads one object, which becomes visible only by `publish`; made by `ObjectStore.upload`.

    A context manager: on leaving, also by an exception, what was not published is discarded.

    Args:
        s3: boto3's client.
        bucket: Its name.
        key: Where the object is to be.
        metadata: What S3 is to keep with it.
    """

    def __init__(self, s3: "S3Client", bucket: str, key: str, metadata: dict[str, str]) -> None:
        self.key = key
        self.url = f"s3://{bucket}/{key}"
        self._form: _Small | _Large = _Small(s3, bucket, key, metadata)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        self.discard()

    def write_all(self, pieces: "Iterable[bytes]") -> None:
        """Take in all pieces of the object, sending parts as they fill. Publishes nothing.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses a part.
            Whatever `pieces` raises.
        """
        for piece in pieces:
            self._write(piece)
        self._form.flush()

    def has_bytes_of(self, stored: StoredObject) -> bool:
        """Whether an object seems to have these very bytes: as many, with the same CRC32."""
        return (stored.size, stored.checksum) == (self._form.size, self._form.checksum)

    def publish(self, replacing: StoredObject | None, content_sha256: str) -> StoredObject:
        """Make the object visible, if the key still holds what it is to replace.

        Args:
            replacing: What `ObjectStore.head` said; None for an empty key.
            content_sha256: Of the uncompressed content.

        Raises:
            LostRaceError: The key holds something else now. The upload is still there.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        condition = condition_on(replacing.etag if replacing else None)
        return self._form.publish(condition, content_sha256)

    def discard(self) -> None:
        """Take back whatever was sent. Safe to call at any time, also after `publish`."""
        self._form.discard()

    def _write(self, piece: bytes) -> None:
        if isinstance(self._form, _Small) and not self._form.has_room_for(piece):
            small, self._form = self._form, self._form.in_parts()
            self._form.write(small.content)
        self._form.write(piece)


class _Small:
    """Holds an object in memory until one PutObject publishes it."""

    def __init__(self, s3: "S3Client", bucket: str, key: str, metadata: dict[str, str]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._metadata = metadata
        self.content = bytearray()

    def has_room_for(self, piece: bytes) -> bool:
        """Whether all of it makes less than a part."""
        return len(self.content) + len(piece) < part_bytes(1)

    def in_parts(self) -> "_Large":
        """Begin to send what will not fit; the content is still to be written."""
        return _Large(self._s3, self._bucket, self._key, self._metadata)

    def write(self, piece: bytes) -> None:
        self.content += piece

    def flush(self) -> None:
        """Send nothing: PutObject takes all at once."""

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def checksum(self) -> str:
        return crc32(self.content)

    def publish(self, condition: dict[str, str], content_sha256: str) -> StoredObject:
        metadata = {**self._metadata, "content-sha256": content_sha256}
        checksum = self.checksum
        with translating(f"publishing s3://{self._bucket}/{self._key}", condition):
            answer = self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=bytes(self.content),
                ChecksumCRC32=checksum,
                **_description(metadata),
                **condition,  # type: ignore[arg-type]  # the two names of conditions
            )
        return StoredObject.of(Written.of(answer), self.size, checksum, metadata)

    def discard(self) -> None:
        """Take back nothing: nothing was sent."""


class _Large:
    """Sends an object in parts, which publishing completes."""

    def __init__(self, s3: "S3Client", bucket: str, key: str, metadata: dict[str, str]) -> None:
        # Without `content-sha256`: the content is not known yet, and this cannot be added to.
        self._metadata = metadata
        self._multipart = MultipartUpload.begin(s3, bucket, key, **_description(metadata))
        self._parts = Parts(self._multipart)
        self.size = 0
        self._is_open = True

    def write(self, piece: bytes | bytearray) -> None:
        self.size += len(piece)
        self._parts.write(piece)

    def flush(self) -> None:
        self._parts.flush()

    @property
    def checksum(self) -> str:
        return self._parts.checksum

    def publish(self, condition: dict[str, str], _: str) -> StoredObject:
        written = self._parts.complete(condition, "publishing")
        self._is_open = False
        return StoredObject.of(written, self.size, self.checksum, self._metadata)

    def discard(self) -> None:
        # First: a part on its way would outlive the abort.
        self._parts.abandon()
        if self._is_open:
            # A failure here costs storage for a day, until the bucket's lifecycle rule acts; it
            # must not hide the error that led here.
            with suppress(SeiExportError):
                self._multipart.abort()
            self._is_open = False


def _description(metadata: dict[str, str]) -> Description:
    return {"ContentType": CONTENT_TYPE, "Metadata": metadata}
