"""One object on its way to S3: in parts while it is verified, visible only when published."""

import base64
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from sei_export import codec
from sei_export.bucket.refusals import LostRaceError, condition_on, is_lost_race, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""S3 wants at least 5 MiB for all parts but the last."""

_PARTS_OF_A_SIZE = 1000
"""Then parts double: 10,000 parts, S3's limit, make 7.8 TiB and none exceeds S3's 5 GiB."""

PARTS_IN_FLIGHT = 3
"""With a round trip to S3 per part, fewer leave the connection idle."""

CONTENT_TYPE = "application/gzip"


def part_bytes(number: int) -> int:
    """The size of a part; parts are numbered from 1."""
    return PART_BYTES << ((number - 1) // _PARTS_OF_A_SIZE)


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
    """

    version_id: str | None
    etag: str
    size: int
    checksum: str | None
    export_id: str | None
    created_at: str
    content_sha256: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A multipart upload that another invocation began.

    Attributes:
        upload_id: S3's name for it.
        parts: The parts that it has, from the first on, none left out.
    """

    upload_id: str
    parts: "Sequence[CompletedPartTypeDef]"


class Upload:
    """The bytes of one object on their way; made by `ObjectStore.upload`."""

    def __init__(
        self,
        s3: "S3Client",
        bucket: str,
        key: str,
        metadata: dict[str, str],
        begun: Begun | None = None,
    ) -> None:
        self._s3 = s3
        self.key = key
        self.url = f"s3://{bucket}/{key}"
        self._bucket = bucket
        self._metadata = metadata
        self._id: str | None = begun.upload_id if begun else None
        self._parts: list[CompletedPartTypeDef] = list(begun.parts) if begun else []
        self._in_flight: deque[tuple[Future[CompletedPartTypeDef], bytearray]] = deque()
        self._number = len(self._parts)
        # Buffers are used again: three on their way, and the one that fills.
        self._buffer = bytearray(part_bytes(self._number + 1))
        self._filled = 0
        self._spare: list[bytearray] = []
        self._size = 0
        self._pool: ThreadPoolExecutor | None = None

    def write(self, piece: bytes) -> None:
        """Take in a piece of any size."""
        self._size += len(piece)
        rest = memoryview(piece)
        while rest:
            room = len(self._buffer) - self._filled
            taken, rest = rest[:room], rest[room:]
            self._buffer[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            if self._filled == len(self._buffer):
                self._send(self._buffer)

    def flush(self) -> None:
        """Send what is left, if parts went before it, and wait for all parts."""
        if self._id is not None and self._filled:
            self._send(self._whole())
        self._drain()

    def keep(self) -> int:
        """Send no part that is not full, and wait for those on their way.

        Returns:
            How many parts S3 has.
        """
        self._filled = 0
        self._drain()
        return len(self._parts)

    def abandon(self) -> None:
        """Send nothing more. What S3 has stays, for another invocation."""
        self._in_flight.clear()
        self._close_pool()
        self._filled = 0

    def complete(self) -> None:
        """Make the object of its parts, whatever the key holds.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        try:
            self._complete_parts({})
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"completing {self.url}") from error

    @property
    def checksum(self) -> str:
        """As S3 will keep it: `StoredObject.checksum`."""
        if self._id is None:
            return _crc32(self._whole())
        parts = b"".join(base64.b64decode(part["ChecksumCRC32"]) for part in self._parts)
        return f"{_crc32(parts)}-{len(self._parts)}"

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
        try:
            if self._id is None:
                # Parts have their metadata from the start, when the content is not known yet.
                self._metadata["content-sha256"] = content_sha256
                version_id, etag = self._put_small(condition)
            else:
                version_id, etag = self._complete_parts(condition)
        except (ClientError, BotoCoreError) as error:
            if is_lost_race(error, condition):
                raise LostRaceError from error
            raise translated(error, f"publishing {self.url}") from error
        checksum, self._id = self.checksum, None
        return StoredObject(
            version_id=version_id,
            etag=etag,
            size=self._size,
            checksum=checksum,
            export_id=self._metadata["export-id"],
            created_at=self._metadata["created-at"],
            content_sha256=self._metadata.get("content-sha256"),
        )

    def discard(self) -> None:
        """Take back whatever was sent. Safe to call at any time, also after `publish`."""
        self.abandon()
        if self._id is not None:
            # A failure here costs storage for a day, until the bucket's lifecycle rule acts; it
            # must not hide the error that led here.
            with suppress(ClientError, BotoCoreError):
                self._s3.abort_multipart_upload(
                    Bucket=self._bucket, Key=self.key, UploadId=self._id
                )
            self._id = None

    def _put_small(self, condition: dict[str, str]) -> tuple[str | None, str]:
        answer = self._s3.put_object(
            Bucket=self._bucket,
            Key=self.key,
            Body=self._whole(),
            ContentType=CONTENT_TYPE,
            Metadata=self._metadata,
            ChecksumCRC32=self.checksum,
            **condition,  # type: ignore[arg-type]  # the two names that both calls take
        )
        return answer.get("VersionId"), answer["ETag"].strip('"')

    def _complete_parts(self, condition: dict[str, str]) -> tuple[str | None, str]:
        answer = self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self.key,
            UploadId=self._id or "",
            MultipartUpload={"Parts": self._parts},
            **condition,  # type: ignore[arg-type]  # the two names that both calls take
        )
        return answer.get("VersionId"), answer["ETag"].strip('"')

    def _send(self, part: bytes | bytearray) -> None:
        if self._id is None:
            self._begin()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PARTS_IN_FLIGHT, thread_name_prefix="upload")
        if len(self._in_flight) >= PARTS_IN_FLIGHT:
            self._collect()
        self._number += 1
        sending = self._pool.submit(self._send_part, self._number, part)
        self._in_flight.append((sending, self._buffer))
        self._buffer, self._filled = self._next_buffer(), 0

    def _drain(self) -> None:
        while self._in_flight:
            self._collect()
        self._close_pool()

    def _collect(self) -> None:
        """Wait for the oldest part; its buffer is free then."""
        sending, buffer = self._in_flight.popleft()
        self._parts.append(sending.result())
        self._spare.append(buffer)

    def _next_buffer(self) -> bytearray:
        size = part_bytes(self._number + 1)
        while self._spare:
            buffer = self._spare.pop()
            if len(buffer) == size:
                return buffer
        return bytearray(size)

    def _whole(self) -> bytes:
        """What is in the buffer."""
        return bytes(memoryview(self._buffer)[: self._filled])

    def _begin(self) -> None:
        try:
            answer = self._s3.create_multipart_upload(
                Bucket=self._bucket,
                Key=self.key,
                ContentType=CONTENT_TYPE,
                Metadata=self._metadata,
                ChecksumAlgorithm="CRC32",
            )
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"beginning {self.url}") from error
        self._id = answer["UploadId"]

    def _send_part(self, number: int, part: bytes | bytearray) -> "CompletedPartTypeDef":
        # Our own checksum: the SDK would read the part once more, on the thread that sends it.
        checksum = _crc32(part)
        try:
            answer = self._s3.upload_part(
                Bucket=self._bucket,
                Key=self.key,
                UploadId=self._id or "",
                PartNumber=number,
                Body=cast("bytes", part),  # the SDK takes a bytearray as it is, its types do not
                ChecksumCRC32=checksum,
            )
        except (ClientError, BotoCoreError) as error:
            step = f"sending part {number} of {self.url}"
            raise translated(error, step) from error
        return {
            "PartNumber": number,
            "ETag": answer["ETag"],
            "ChecksumCRC32": checksum,
        }

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _crc32(content: bytes | bytearray) -> str:
    return base64.b64encode(codec.crc32(content).to_bytes(4)).decode()
