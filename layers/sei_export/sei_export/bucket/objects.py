"""S3: objects that appear whole and verified, or not at all.

Bytes go up while they are still being verified, as parts of a multipart upload that only
`Upload.publish` completes; small files wait in memory for one PutObject. Both are conditional on
what the key held before, so that two executions of one request cannot overwrite each other.
"""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.bucket.parts import StoredObject, Upload
from sei_export.bucket.refusals import (
    NOT_FOUND,
    LostRaceError,
    code_of,
    condition_on,
    is_lost_race,
    translated,
)
from sei_export.download.staging import Staging
from sei_export.jsontypes import JsonObject, JsonValue

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTIONS = 10
"""At most, for parts or for questions about many keys."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object in S3.

    Attributes:
        content: Empty if the key is, or holds something else.
        etag: None if the key is empty.
    """

    content: JsonObject
    etag: str | None


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
            answer = self._s3.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in NOT_FOUND:
                return None
            raise translated(error, f"reading the state of s3://{self.bucket}/{key}") from error
        return StoredObject(
            version_id=answer.get("VersionId"),
            etag=answer["ETag"].strip('"'),
            size=answer["ContentLength"],
            checksum=answer.get("ChecksumCRC32"),
            export_id=answer["Metadata"].get("export-id"),
            created_at=answer["Metadata"].get("created-at", ""),
            content_sha256=answer["Metadata"].get("content-sha256"),
        )

    def existing(self, keys: Sequence[str]) -> set[str]:
        """Those of some keys that hold something.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            found = pool.map(self._exists, keys)
            return {key for key, exists in zip(keys, found, strict=True) if exists}

    def _exists(self, key: str) -> bool:
        try:
            self._s3.head_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in NOT_FOUND:
                return False
            raise translated(error, f"looking for s3://{self.bucket}/{key}") from error
        return True

    def read_json(self, key: str) -> Document:
        """A JSON object.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        content, etag = self._read(key)
        return Document(content if isinstance(content, dict) else {}, etag)

    def read_many(self, keys: Iterable[str]) -> dict[str, JsonObject]:
        """Many JSON objects, by key, each as `read_json` reads it.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        names = list(dict.fromkeys(keys))
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            found = pool.map(self.read_json, names)
            return {key: document.content for key, document in zip(names, found, strict=True)}

    def read_list(self, key: str) -> list[JsonObject]:
        """The objects of a JSON list; none if the key is empty, or holds something else.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        content = self._read(key)[0]
        listed = content if isinstance(content, list) else []
        return [each for each in listed if isinstance(each, dict)]

    def write_list(self, key: str, content: Sequence[JsonObject]) -> None:
        """Write a JSON list, whatever the key holds.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        self._write(key, list(content), {})

    def write_json(self, key: str, content: JsonObject) -> None:
        """Write a JSON object, whatever the key holds.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        self._write(key, content, {})

    def replace_json(self, key: str, content: JsonObject, etag: str | None) -> None:
        """Write a JSON object, if the key still holds what `read_json` found.

        Raises:
            LostRaceError: It holds something else.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        self._write(key, content, condition_on(etag))

    def _read(self, key: str) -> tuple[JsonValue, str | None]:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            body = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in NOT_FOUND:
                return None, None
            raise translated(error, f"reading s3://{self.bucket}/{key}") from error
        content: JsonValue = None
        with suppress(ValueError):
            content = json.loads(body)
        return content, answer["ETag"].strip('"')

    def _write(self, key: str, content: JsonValue, condition: dict[str, str]) -> None:
        text = json.dumps(content, indent=2, ensure_ascii=False)
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=f"{text}\n".encode(),
                ContentType="application/json",
                **condition,  # type: ignore[arg-type]  # the two names of conditions
            )
        except (ClientError, BotoCoreError) as error:
            if is_lost_race(error, condition):
                raise LostRaceError from error
            raise translated(error, f"writing s3://{self.bucket}/{key}") from error

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

    def staging(self, folder: str) -> Staging:
        """A download that takes more than one invocation.

        Args:
            folder: `keys.staging_folder`.
        """
        return Staging(self, self._s3, folder)
