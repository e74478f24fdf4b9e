"""JSON documents in S3: plans, manifests, marks and what is remembered from one run to the next."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sei_export.bucket.many import ask_each
from sei_export.bucket.refusals import (
    NOT_FOUND,
    SDK_ERRORS,
    code_of,
    condition_on,
    translated,
    translating,
)
from sei_export.jsontypes import JsonObject, JsonValue

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object in S3.

    Attributes:
        content: Empty if the key is, or holds something else.
        etag: None if the key is empty.
    """

    content: JsonObject
    etag: str | None


class Documents:
    """Reads and writes the JSON documents of one bucket.

    Args:
        s3: boto3's client.
        bucket: Its name.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def read_json(self, key: str) -> Document:
        """Read a JSON object.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        content, etag = self._read(key)
        return Document(content if isinstance(content, dict) else {}, etag)

    def read_many(self, keys: Iterable[str]) -> dict[str, JsonObject]:
        """Read many JSON objects, by key, each as `read_json` reads it.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        found = ask_each(self.read_json, keys)
        return {key: document.content for key, document in found.items()}

    def read_list(self, key: str) -> list[JsonObject]:
        """Read the objects of a JSON list; none if the key is empty, or holds something else.

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

    def replace_json(self, key: str, content: JsonObject, etag: str | None) -> str:
        """Write a JSON object, if the key still holds what `read_json` found.

        Returns:
            The new ETag.

        Raises:
            LostRaceError: It holds something else.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        return self._write(key, content, condition_on(etag))

    def list_keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix, in a call for each thousand.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        with translating(f"listing s3://{self.bucket}/{prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def delete(self, key: str) -> None:
        """Delete what a key holds; nothing happens if that is nothing.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        with translating(f"deleting s3://{self.bucket}/{key}"):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def _read(self, key: str) -> tuple[JsonValue, str | None]:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            body = answer["Body"].read()
        except SDK_ERRORS as error:
            if code_of(error) in NOT_FOUND:
                return None, None
            raise translated(error, f"reading s3://{self.bucket}/{key}") from error
        content: JsonValue = None
        # Nobody but the exporter writes here, but everybody who may write to the bucket can.
        with suppress(ValueError, RecursionError):
            content = json.loads(body, parse_constant=_refuse)
        return content, answer["ETag"].strip('"')

    def _write(self, key: str, content: JsonValue, condition: dict[str, str]) -> str:
        text = _as_text(content)
        with translating(f"writing s3://{self.bucket}/{key}", condition):
            answer = self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=text,
                ContentType="application/json",
                **condition,  # type: ignore[arg-type]  # the two names of conditions
            )
        return answer["ETag"].strip('"')


def _as_text(content: JsonValue) -> bytes:
    """Write JSON for people; half a surrogate pair, which UTF-8 does not have, as its escape."""
    try:
        return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(content, indent=2)}\n".encode()


def _refuse(constant: str) -> JsonValue:
    """Refuse what Python reads as a number and JSON does not know."""
    raise ValueError(constant)
