"""S3 in memory: what the exporter uses of it, with conditions, versions and refusals."""

import base64
import copy
import hashlib
import io
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Unpack, cast

import botocore.session
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.validate import validate_parameters

from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.download.staging import Staging
from tests.fakes.schemas import check_document

if TYPE_CHECKING:
    from botocore.model import ServiceModel
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        AbortMultipartUploadRequestTypeDef,
        CompleteMultipartUploadRequestTypeDef,
        CreateMultipartUploadRequestTypeDef,
        DeleteObjectRequestTypeDef,
        GetObjectRequestTypeDef,
        HeadObjectRequestTypeDef,
        ListObjectsV2RequestTypeDef,
        ListPartsRequestTypeDef,
        PutObjectRequestTypeDef,
        UploadPartRequestTypeDef,
    )

BUCKET = "landing"
_WRITES = ("put_object", "complete_multipart_upload")
_LONG_AGO = datetime(2026, 3, 1, 6, tzinfo=UTC)
_LEAST_PART_BYTES = 5 * 1024 * 1024
_PARTS_IN_A_PAGE = 2
"""S3's own pages have a thousand."""
"""S3's own pages have a thousand."""


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


def refusal(code: str, status: int, operation: str = "AnyOperation") -> ClientError:
    """What boto3 raises when S3 answers with an error."""
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # the rest is of no use here
        operation,
    )


def raising(error: Exception) -> Callable[[], None]:
    """An action for `FakeS3.before` and `FakeS3.after_writing`."""

    def action() -> None:
        # A copy: the traceback of one would hold a whole test's memory for as long as it lives.
        raise copy.copy(error)

    return action


class FakeS3:
    """One bucket.

    Attributes:
        calls: Operations in the order in which they began, each with its key.
        versions: By key; the last one is current.
        uploads: Multipart uploads that are neither complete nor aborted, by id.
        new_part_etags: Whether a part gets another ETag each time it is sent, as under SSE-KMS.
        opened: What GetObject answered with, in order.
        journal: Where writes are noted; may be shared with other fakes.
        on_call: Called at the beginning of every call, such as to wait for a turn.
        now: When what is written now is written.
        is_checking: Whether documents are compared with the published schemas as they come in.
        keys_in_a_page: Of ListObjectsV2.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        self.calls: list[tuple[str, str]] = []
        self.versions: dict[str, list[Version]] = {}
        self.uploads: dict[str, Multipart] = {}
        self.new_part_etags = False
        self.opened: list[io.BytesIO] = []
        self.journal = [] if journal is None else journal
        self.on_call: Callable[[], object] = _nothing
        self.now = _LONG_AGO
        self.is_checking = True
        self.keys_in_a_page = 1000
        self._before: dict[tuple[str, int], Callable[[], object]] = {}
        self._after: dict[tuple[str, int], Callable[[], object]] = {}
        self._count: Counter[str] = Counter()
        self._ids = 0
        self._lock = threading.RLock()

    # --- for tests ---

    @property
    def store(self) -> ObjectStore:
        """The exporter's view of its objects."""
        return ObjectStore(self.client, BUCKET)

    @property
    def documents(self) -> Documents:
        """The exporter's view of its JSON documents."""
        return Documents(self.client, BUCKET)

    def staging(self, folder: str) -> Staging:
        """The exporter's view of a download in a folder."""
        return Staging(self.client, BUCKET, folder)

    @property
    def client(self) -> "S3Client":
        """In the place of boto3's client."""
        return cast("S3Client", self)

    def before(self, operation: str, action: Callable[[], object], call: int = 1) -> None:
        """Do something when an operation is called for the nth time, such as refuse it.

        `write KEY` is the PutObject or CompleteMultipartUpload of one key; `read_body` the reading
        of what GetObject answers; `any` whatever is called.
        """
        self._before[operation, call] = action

    def after_writing(self, key: str, action: Callable[[], object], version: int = 1) -> None:
        """Do something once the nth version of a key is there: an error is then a lost answer."""
        self._after[key, version] = action

    def operations(self) -> list[str]:
        """Names of the calls."""
        return [operation for operation, _ in self.calls]

    def current(self, key: str) -> Version | None:
        """What a reader gets."""
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def add(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> Version:
        """As if somebody else had written it."""
        return self._add(key, body, _md5(body), _crc32(body), dict(metadata or {}))

    def delete(self, key: str) -> None:
        """As if somebody else had deleted it."""
        del self.versions[key]

    # --- what boto3's client offers ---

    def head_object(self, **given: Unpack["HeadObjectRequestTypeDef"]) -> dict[str, object]:
        """HeadObject."""
        key = self._begin("head_object", "HeadObject", given)
        version = self.current(key)
        if version is None:
            raise refusal("404", 404, "HeadObject")
        return _description(version) | _checksum(version, given.get("ChecksumMode"))

    def get_object(self, **given: Unpack["GetObjectRequestTypeDef"]) -> dict[str, object]:
        """GetObject."""
        key = self._begin("get_object", "GetObject", given)
        version = self.current(key)
        if version is None:
            raise refusal("NoSuchKey", 404, "GetObject")
        self._check(key, None, given.get("IfMatch"))
        before_read = self._before.get(("read_body", 1), _nothing)
        start = int(given.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        content = version.body[start:]
        total = len(version.body)
        headers = {
            "accept-ranges": "bytes",
            "content-length": str(len(content)),
            "etag": f'"{version.etag}"',
        }
        if "Range" in given:
            headers["content-range"] = f"bytes {start}-{total - 1}/{total}"
        metadata = {"HTTPStatusCode": 206 if "Range" in given else 200, "HTTPHeaders": headers}
        self.opened.append(_Body(content, before_read))
        body = StreamingBody(self.opened[-1], len(content))
        checksum = _checksum(version, given.get("ChecksumMode"))
        return _description(version) | checksum | {"Body": body, "ResponseMetadata": metadata}

    def put_object(self, **given: Unpack["PutObjectRequestTypeDef"]) -> dict[str, object]:
        """PutObject, conditional or not."""
        key = self._begin("put_object", "PutObject", given)
        body = _taken(given.get("Body", b""), given.get("ChecksumCRC32"))
        metadata = dict(given.get("Metadata", {}))
        content_type = given.get("ContentType", "")
        with self._lock:
            # Nobody comes in between.
            self._check(key, given.get("IfNoneMatch"), given.get("IfMatch"))
            version = self._add(key, body, _md5(body), _crc32(body), metadata, content_type)
        if self.is_checking:
            # What the exporter writes; what a test adds may be anything.
            check_document(key, body)
        return self._written(key, version)

    def create_multipart_upload(
        self, **given: Unpack["CreateMultipartUploadRequestTypeDef"]
    ) -> dict[str, object]:
        """CreateMultipartUpload."""
        key = self._begin("create_multipart_upload", "CreateMultipartUpload", given)
        upload = Multipart(key, dict(given.get("Metadata", {})), given.get("ContentType", ""))
        upload.checksums = given.get("ChecksumAlgorithm") == "CRC32"
        upload_id = self._new_id("upload")
        self.uploads[upload_id] = upload
        return {"UploadId": upload_id}

    def upload_part(self, **given: Unpack["UploadPartRequestTypeDef"]) -> dict[str, object]:
        """UploadPart."""
        self._begin("upload_part", "UploadPart", given)
        body = _taken(given.get("Body", b""), given.get("ChecksumCRC32"))
        with self._lock:
            upload, number = self._upload(given["UploadId"]), given["PartNumber"]
            upload.parts[number] = body
            upload.sent[number] += 1
            etag = self._part_etag(upload, number)
        return {"ETag": etag, "ChecksumCRC32": _crc32(body)}

    def complete_multipart_upload(
        self, **given: Unpack["CompleteMultipartUploadRequestTypeDef"]
    ) -> dict[str, object]:
        """CompleteMultipartUpload, conditional or not."""
        key = self._begin("complete_multipart_upload", "CompleteMultipartUpload", given)
        with self._lock:
            version = self._complete(key, given)
        return self._written(key, version)

    def abort_multipart_upload(
        self, **given: Unpack["AbortMultipartUploadRequestTypeDef"]
    ) -> dict[str, object]:
        """AbortMultipartUpload."""
        self._begin("abort_multipart_upload", "AbortMultipartUpload", given)
        self._upload(given["UploadId"])
        del self.uploads[given["UploadId"]]
        return {}

    def get_paginator(self, operation: str) -> "_Pages":
        """Of the two that are paginated."""
        if operation == "list_objects_v2":
            return _Pages(self._list)
        assert operation == "list_parts"
        return _Pages(self._list_parts)

    def _list(self, **given: Unpack["ListObjectsV2RequestTypeDef"]) -> Iterator[dict[str, object]]:
        """ListObjectsV2: a call for each page, when it is read."""
        at, pages = 0, 1
        while at < pages:
            prefix = self._begin("list_objects_v2", "ListObjectsV2", given, "Prefix")
            found = sorted(key for key in self.versions if key.startswith(prefix))
            pages = -(-len(found) // self.keys_in_a_page)
            page = found[at * self.keys_in_a_page : (at + 1) * self.keys_in_a_page]
            # S3 leaves the list out where it is empty.
            yield {"Contents": [{"Key": key} for key in page]} if page else {}
            at += 1

    def _list_parts(
        self, **given: Unpack["ListPartsRequestTypeDef"]
    ) -> Iterator[dict[str, object]]:
        """A call for each page, when it is read."""
        at, pages = 0, 1
        while at < pages:
            self._begin("list_parts", "ListParts", given)
            upload = self._upload(given["UploadId"])
            numbers = sorted(upload.parts)
            pages = -(-len(numbers) // _PARTS_IN_A_PAGE)
            page = numbers[at * _PARTS_IN_A_PAGE : (at + 1) * _PARTS_IN_A_PAGE]
            # S3 leaves the list out where it is empty.
            yield {"Parts": [self._listed(upload, number) for number in page]} if page else {}
            at += 1

    def delete_object(self, **given: Unpack["DeleteObjectRequestTypeDef"]) -> dict[str, object]:
        """DeleteObject; of a key that holds nothing too."""
        key = self._begin("delete_object", "DeleteObject", given)
        self.versions.pop(key, None)
        return {}

    # --- inside ---

    def _complete(self, key: str, given: "CompleteMultipartUploadRequestTypeDef") -> Version:
        upload = self._upload(given["UploadId"])
        self._check(key, given.get("IfNoneMatch"), given.get("IfMatch"))
        body = b""
        numbers = []
        for part in given["MultipartUpload"]["Parts"]:
            number = part["PartNumber"]
            content = upload.parts.get(number, b"")
            known = (self._part_etag(upload, number), _crc32(content))
            if (part["ETag"], part["ChecksumCRC32"]) != known:
                raise refusal("InvalidPart", 400, "CompleteMultipartUpload")
            numbers.append(number)
            body += content
        if numbers != sorted(numbers):
            raise refusal("InvalidPartOrder", 400, "CompleteMultipartUpload")
        if any(len(upload.parts[number]) < _LEAST_PART_BYTES for number in numbers[:-1]):
            raise refusal("EntityTooSmall", 400, "CompleteMultipartUpload")
        del self.uploads[given["UploadId"]]
        etag = f"{_md5(body)}-{len(numbers)}"
        crcs = b"".join(zlib.crc32(upload.parts[number]).to_bytes(4) for number in numbers)
        checksum = f"{_crc32(crcs)}-{len(numbers)}"
        return self._add(key, body, etag, checksum, upload.metadata, upload.content_type)

    def _begin(
        self, operation: str, name: str, given: Mapping[str, object], where: str = "Key"
    ) -> str:
        shape = _model().operation_model(name).input_shape
        assert shape
        validate_parameters(dict(given), shape)
        assert given["Bucket"] == BUCKET
        key = str(given[where])
        self.on_call()
        with self._lock:
            self.calls.append((operation, key))
            numbered = self._numbered(operation) | self._numbered("any")
            if operation in _WRITES:
                numbered |= self._numbered(f"write {key}")
        for name_and_number in numbered.items():
            self._before.get(name_and_number, _nothing)()
        return key

    def _numbered(self, name: str) -> dict[str, int]:
        self._count[name] += 1
        return {name: self._count[name]}

    def _written(self, key: str, version: Version) -> dict[str, object]:
        self.journal.append(f"put {key}")
        self._after.get((key, len(self.versions[key])), _nothing)()
        return {"ETag": f'"{version.etag}"', "VersionId": version.id}

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
        return f'"{_md5(upload.parts.get(number, b"") + salt)}"'

    def _listed(self, upload: Multipart, number: int) -> dict[str, object]:
        """One of an upload's parts; with its checksum, if the upload was begun with such."""
        content = upload.parts[number]
        checksum = {"ChecksumCRC32": _crc32(content)} if upload.checksums else {}
        return {
            "PartNumber": number,
            "Size": len(content),
            "ETag": self._part_etag(upload, number),
        } | checksum

    def _new_id(self, kind: str) -> str:
        with self._lock:
            self._ids += 1
            return f"{kind}-{self._ids}"


@cache
def _model() -> "ServiceModel":
    """S3's own description of its calls: a parameter that it lacks is an error here too."""
    return botocore.session.get_session().get_service_model("s3")


@dataclass(frozen=True)
class _Pages:
    paginate: Callable[..., Iterator[dict[str, object]]]


class _Body(io.BytesIO):
    def __init__(self, content: bytes, before: Callable[[], object]) -> None:
        super().__init__(content)
        self._before = before

    def read(self, size: int | None = -1) -> bytes:
        self._before()
        return super().read(size)


def _description(version: Version) -> dict[str, object]:
    return {
        "ETag": f'"{version.etag}"',
        "VersionId": version.id,
        "ContentLength": len(version.body),
        "Metadata": version.metadata,
        "LastModified": version.modified,
    }


def _checksum(version: Version, mode: str | None) -> dict[str, object]:
    return {"ChecksumCRC32": version.checksum} if mode == "ENABLED" else {}


def _taken(body: object, checksum: str | None) -> bytes:
    """A copy, since the sender may use its buffer again; refused if the sender's CRC32 differs."""
    assert isinstance(body, bytes | bytearray)
    content = bytes(body)
    if checksum is not None and checksum != _crc32(content):
        raise refusal("BadDigest", 400)
    return content


def _md5(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()  # noqa: S324 - S3's ETag


def _crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()


def _nothing() -> None:
    pass
