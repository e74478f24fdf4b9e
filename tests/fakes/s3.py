"""S3 in memory: the calls of boto3's client that the exporter makes, with refusals."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Unpack, cast

import botocore.session
from botocore.response import StreamingBody
from botocore.validate import validate_parameters

from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.download.staging import Staging
from tests.fakes.s3_content import Content, Multipart, Version, checksum_of, crc32, description, md5
from tests.fakes.s3_failures import refusal
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
_PARTS_IN_A_PAGE = 2
"""S3's own pages have a thousand."""


class FakeS3(Content):
    """One bucket.

    Attributes:
        calls: Operations in the order in which they began, each with its key.
        opened: What GetObject answered with, in order.
        journal: Where writes are noted; may be shared with other fakes.
        on_call: Called at the beginning of every call, such as to wait for a turn.
        is_checking: Whether documents are compared with the published schemas as they come in.
        keys_in_a_page: Of ListObjectsV2.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []
        self.opened: list[io.BytesIO] = []
        self.journal = [] if journal is None else journal
        self.on_call: Callable[[], object] = _nothing
        self.is_checking = True
        self.keys_in_a_page = 1000
        self._before: dict[tuple[str, int], Callable[[], object]] = {}
        self._after: dict[tuple[str, int], Callable[[], object]] = {}
        self._count: Counter[str] = Counter()

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

    # --- what boto3's client offers ---

    def head_object(self, **given: Unpack["HeadObjectRequestTypeDef"]) -> dict[str, object]:
        """HeadObject."""
        key = self._begin("head_object", "HeadObject", given)
        version = self.current(key)
        if version is None:
            raise refusal("404", 404, "HeadObject")
        return description(version) | checksum_of(version, given.get("ChecksumMode"))

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
        checksum = checksum_of(version, given.get("ChecksumMode"))
        return description(version) | checksum | {"Body": body, "ResponseMetadata": metadata}

    def put_object(self, **given: Unpack["PutObjectRequestTypeDef"]) -> dict[str, object]:
        """PutObject, conditional or not."""
        key = self._begin("put_object", "PutObject", given)
        body = _taken(given.get("Body", b""), given.get("ChecksumCRC32"))
        metadata = dict(given.get("Metadata", {}))
        content_type = given.get("ContentType", "")
        with self._lock:
            # Nobody comes in between.
            self._check(key, given.get("IfNoneMatch"), given.get("IfMatch"))
            version = self._add(key, body, md5(body), crc32(body), metadata, content_type)
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
        return {"ETag": etag, "ChecksumCRC32": crc32(body)}

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


def _taken(body: object, checksum: str | None) -> bytes:
    """A copy, since the sender may use its buffer again; refused if the sender's CRC32 differs."""
    assert isinstance(body, bytes | bytearray)
    content = bytes(body)
    if checksum is not None and checksum != crc32(content):
        raise refusal("BadDigest", 400)
    return content


def _nothing() -> None:
    """What is done where a test asks for nothing else."""
