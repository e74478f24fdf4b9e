"""S3: objects that appear whole and verified, or not at all.

Bytes go up while they are still being verified, as parts of a multipart upload that only
`Upload.publish` completes; small files wait in memory for one PutObject. Both are conditional on
what the key held before, so that two executions of one request cannot overwrite each other.
"""

import json
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from sei_export.jsontypes import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""S3 wants at least 5 MiB for all parts but the last."""

PARTS_IN_FLIGHT = 3
"""With a round trip to S3 per part, fewer leave the connection idle."""

CONTENT_TYPE = "application/gzip"

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound"})
# NoSuchUpload: a conflict at the end of an upload can also end the upload; the next one may pass.
_PASSING = frozenset(
    {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "NoSuchUpload"}
)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as S3 describes it.

    Attributes:
        version_id: None in a bucket without versions.
        etag: Without quotes.
        size: Bytes.
        export_id: From the object's metadata, if this exporter wrote it.
    """

    version_id: str | None
    etag: str
    size: int
    export_id: str | None


class LostRaceError(Exception):
    """The key no longer holds what it held when the upload began."""


class ObjectStore:
    """One bucket.

    Args:
        s3: boto3's client.
        bucket: Its name.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def head(self, key: str) -> StoredObject | None:
        """What the key holds now.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        try:
            answer = self._s3.head_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _NOT_FOUND:
                return None
            raise _translated(error, f"reading the state of s3://{self.bucket}/{key}") from error
        return StoredObject(
            version_id=answer.get("VersionId"),
            etag=answer["ETag"].strip('"'),
            size=answer["ContentLength"],
            export_id=answer["Metadata"].get("export-id"),
        )

    def read_json(self, key: str) -> JsonObject | None:
        """A JSON object's content; None when the key is empty or holds something else.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        try:
            body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _NOT_FOUND:
                return None
            raise _translated(error, f"reading s3://{self.bucket}/{key}") from error
        with suppress(ValueError):
            content = json.loads(body)
            if isinstance(content, dict):
                return content
        return None

    def write_json(self, key: str, content: JsonObject) -> None:
        """Replace a JSON object.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        text = json.dumps(content, indent=2, ensure_ascii=False)
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=f"{text}\n".encode(),
                ContentType="application/json",
            )
        except (ClientError, BotoCoreError) as error:
            raise _translated(error, f"writing s3://{self.bucket}/{key}") from error

    def upload(self, key: str, pieces: Iterable[bytes], metadata: dict[str, str]) -> "Upload":
        """Take in all pieces, sending parts as they fill. Publishes nothing.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses a part.
            Whatever `pieces` raises. In both cases nothing stays behind.
        """
        upload = Upload(self._s3, self.bucket, key, metadata)
        try:
            for piece in pieces:
                upload.write(piece)
            upload.flush()
        except BaseException:
            upload.discard()
            raise
        return upload


class Upload:
    """The bytes of one object on their way; made by `ObjectStore.upload`."""

    def __init__(self, s3: "S3Client", bucket: str, key: str, metadata: dict[str, str]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._metadata = metadata
        self._buffer = bytearray()
        self._size = 0
        self._id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._in_flight: deque[Future[CompletedPartTypeDef]] = deque()
        self._number = 0
        self._pool: ThreadPoolExecutor | None = None

    def write(self, piece: bytes) -> None:
        """Take in a piece of any size."""
        self._buffer += piece
        self._size += len(piece)
        while len(self._buffer) >= PART_BYTES:
            part = bytes(memoryview(self._buffer)[:PART_BYTES])
            del self._buffer[:PART_BYTES]
            self._send(part)

    def flush(self) -> None:
        """Send what is left, if parts went before it, and wait for all parts."""
        if self._id is not None and self._buffer:
            self._send(bytes(self._buffer))
            self._buffer.clear()
        while self._in_flight:
            self._parts.append(self._in_flight.popleft().result())
        self._close_pool()

    def publish(self, replacing: StoredObject | None) -> StoredObject:
        """Make the object visible, if the key still holds what it is to replace.

        Args:
            replacing: What `ObjectStore.head` said; None for an empty key.

        Raises:
            LostRaceError: The key holds something else now. The upload is still there.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        try:
            version_id, etag = self._complete(replacing)
        except (ClientError, BotoCoreError) as error:
            gone = replacing is not None and _code(error) in _NOT_FOUND
            if gone or _code(error) in _LOST_RACE:
                raise LostRaceError from error
            raise _translated(error, f"publishing s3://{self._bucket}/{self._key}") from error
        self._id = None
        return StoredObject(version_id, etag, self._size, self._metadata.get("export-id"))

    def discard(self) -> None:
        """Take back whatever was sent. Safe to call at any time, also after `publish`."""
        self._in_flight.clear()
        self._close_pool()
        self._buffer.clear()
        if self._id is not None:
            # A failure here costs storage for a day, until the bucket's lifecycle rule acts; it
            # must not hide the error that led here.
            with suppress(ClientError, BotoCoreError):
                self._s3.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=self._id
                )
            self._id = None

    def _complete(self, replacing: StoredObject | None) -> tuple[str | None, str]:
        condition = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing.etag}
        return self._put_small(condition) if self._id is None else self._complete_parts(condition)

    def _put_small(self, condition: dict[str, str]) -> tuple[str | None, str]:
        answer = self._s3.put_object(
            Bucket=self._bucket,
            Key=self._key,
            Body=bytes(self._buffer),
            ContentType=CONTENT_TYPE,
            Metadata=self._metadata,
            **condition,  # type: ignore[arg-type]  # the two names that both calls take
        )
        return answer.get("VersionId"), answer["ETag"].strip('"')

    def _complete_parts(self, condition: dict[str, str]) -> tuple[str | None, str]:
        answer = self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._id or "",
            MultipartUpload={"Parts": self._parts},
            **condition,  # type: ignore[arg-type]  # the two names that both calls take
        )
        return answer.get("VersionId"), answer["ETag"].strip('"')

    def _send(self, part: bytes) -> None:
        if self._pool is None:
            self._begin()
            self._pool = ThreadPoolExecutor(PARTS_IN_FLIGHT, thread_name_prefix="upload")
        if len(self._in_flight) >= PARTS_IN_FLIGHT:
            self._parts.append(self._in_flight.popleft().result())
        self._number += 1
        self._in_flight.append(self._pool.submit(self._send_part, self._number, part))

    def _begin(self) -> None:
        try:
            answer = self._s3.create_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                ContentType=CONTENT_TYPE,
                Metadata=self._metadata,
                ChecksumAlgorithm="CRC32",
            )
        except (ClientError, BotoCoreError) as error:
            raise _translated(error, f"beginning s3://{self._bucket}/{self._key}") from error
        self._id = answer["UploadId"]

    def _send_part(self, number: int, part: bytes) -> "CompletedPartTypeDef":
        try:
            answer = self._s3.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id or "",
                PartNumber=number,
                Body=part,
                ChecksumAlgorithm="CRC32",
            )
        except (ClientError, BotoCoreError) as error:
            step = f"sending part {number} of s3://{self._bucket}/{self._key}"
            raise _translated(error, step) from error
        return {
            "PartNumber": number,
            "ETag": answer["ETag"],
            "ChecksumCRC32": answer["ChecksumCRC32"],
        }

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _code(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__


def _translated(error: ClientError | BotoCoreError, step: str) -> SeiExportError:
    """By S3's code: what passes is worth another try, what S3 refuses is not."""
    code = _code(error)
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code not in _PASSING and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return StorageError(f"S3 answered {code} when {step}.")
    return ServiceUnavailableError(
        f"S3 was not available when {step} ({code}).",
        remedy="Start the execution again later; check the AWS Health Dashboard.",
    )
