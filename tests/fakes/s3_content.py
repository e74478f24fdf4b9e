"""What a bucket in memory holds: versions of objects, and uploads that are not complete."""

import base64
import hashlib
import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.fakes.s3_failures import refusal

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompleteMultipartUploadRequestTypeDef

_LONG_AGO = datetime(2026, 3, 1, 6, tzinfo=UTC)
_LEAST_PART_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class Version:
    """One version of an object."""

    body: bytes
    etag: str
    id: str
    checksum: str
    metadata: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    modified: datetime = _LONG_AGO


@dataclass
class Multipart:
    """An upload that is not complete."""

    key: str
    metadata: dict[str, str]
    content_type: str
    parts: dict[int, bytes] = field(default_factory=dict)
    checksums: bool = False
    sent: Counter[int] = field(default_factory=Counter)


class Content:
    """Objects and uploads by S3's rules: conditions, ETags, checksums, the order of parts.

    Attributes:
        versions: By key; the last one is current.
        uploads: Multipart uploads that are neither complete nor aborted, by id.
        new_part_etags: Whether a part gets another ETag each time it is sent, as under SSE-KMS.
        now: When what is written now is written.
    """

    def __init__(self) -> None:
        self.versions: dict[str, list[Version]] = {}
        self.uploads: dict[str, Multipart] = {}
        self.new_part_etags = False
        self.now = _LONG_AGO
        self._ids = 0
        self._lock = threading.RLock()

    def current(self, key: str) -> Version | None:
        """What a reader gets."""
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def add(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> Version:
        """As if somebody else had written it."""
        return self._add(key, body, md5(body), crc32(body), dict(metadata or {}))

    def delete(self, key: str) -> None:
        """As if somebody else had deleted it."""
        del self.versions[key]

    def _complete(self, key: str, given: "CompleteMultipartUploadRequestTypeDef") -> Version:
        upload = self._upload(given["UploadId"])
        self._check(key, given.get("IfNoneMatch"), given.get("IfMatch"))
        body = b""
        numbers = []
        for part in given["MultipartUpload"]["Parts"]:
            number = part["PartNumber"]
            content = upload.parts.get(number, b"")
            known = (self._part_etag(upload, number), crc32(content))
            if (part["ETag"], part["ChecksumCRC32"]) != known:
                raise refusal("InvalidPart", 400, "CompleteMultipartUpload")
            numbers.append(number)
            body += content
        if numbers != sorted(numbers):
            raise refusal("InvalidPartOrder", 400, "CompleteMultipartUpload")
        if any(len(upload.parts[number]) < _LEAST_PART_BYTES for number in numbers[:-1]):
            raise refusal("EntityTooSmall", 400, "CompleteMultipartUpload")
        del self.uploads[given["UploadId"]]
        etag = f"{md5(body)}-{len(numbers)}"
        crcs = b"".join(zlib.crc32(upload.parts[number]).to_bytes(4) for number in numbers)
        checksum = f"{crc32(crcs)}-{len(numbers)}"
        return self._add(key, body, etag, checksum, upload.metadata, upload.content_type)

    def _check(self, key: str, if_none_match: str | None, if_match: str | None) -> None:
        version = self.current(key)
        if if_match is not None and version is None:
            raise refusal("NoSuchKey", 404)
        if if_none_match == "*" and version is not None:
            raise refusal("PreconditionFailed", 412)
        if if_match is not None and version and if_match.strip('"') != version.etag:
            raise refusal("PreconditionFailed", 412)

    def _add(
        self,
        key: str,
        body: bytes,
        etag: str,
        checksum: str,
        metadata: dict[str, str],
        content_type: str = "",
    ) -> Version:
        version_id = self._new_id("version")
        version = Version(body, etag, version_id, checksum, metadata, content_type, self.now)
        self.versions.setdefault(key, []).append(version)
        return version

    def _upload(self, upload_id: str) -> Multipart:
        if upload_id not in self.uploads:
            raise refusal("NoSuchUpload", 404)
        return self.uploads[upload_id]

    def _part_etag(self, upload: Multipart, number: int) -> str:
        salt = b"%d" % upload.sent[number] if self.new_part_etags else b""
        return f'"{md5(upload.parts.get(number, b"") + salt)}"'

    def _listed(self, upload: Multipart, number: int) -> dict[str, object]:
        """One of an upload's parts; with its checksum, if the upload was begun with such."""
        content = upload.parts[number]
        checksum = {"ChecksumCRC32": crc32(content)} if upload.checksums else {}
        return {
            "PartNumber": number,
            "Size": len(content),
            "ETag": self._part_etag(upload, number),
        } | checksum

    def _new_id(self, kind: str) -> str:
        with self._lock:
            self._ids += 1
            return f"{kind}-{self._ids}"


def description(version: Version) -> dict[str, object]:
    """What HeadObject and GetObject answer of a version."""
    return {
        "ETag": f'"{version.etag}"',
        "VersionId": version.id,
        "ContentLength": len(version.body),
        "Metadata": version.metadata,
        "LastModified": version.modified,
    }


def checksum_of(version: Version, mode: str | None) -> dict[str, object]:
    """What both answer of a version besides, where its checksum is asked for."""
    return {"ChecksumCRC32": version.checksum} if mode == "ENABLED" else {}


def md5(body: bytes) -> str:
    """The ETag of an object that came in one piece."""
    return hashlib.md5(body).hexdigest()  # noqa: S324 - S3's ETag


def crc32(body: bytes) -> str:
    """A checksum as S3 writes one."""
    return base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()
