"""A download that does not fit into one invocation, kept in the bucket from one to the next.

The raw bytes go up as parts of one multipart upload, and S3's list of them says where to go on.
Nothing of them is verified: once whole, they are read like any other download.

A *ticket* is what the list does not say: the upload's id, what names the state of the file that the
parts are of, and its length. The ticket is a JSON document beside the parts; without one the next
invocation begins anew.

A *twin* is another execution at the same export at the same time. Twins share the folder: only one
of them can write the ticket, the others take it over, and since all cut the same file into parts of
the same sizes, it does not matter who sends which part, or how often.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sei_export.bucket.documents import Documents
from sei_export.bucket.multipart import MultipartUpload
from sei_export.bucket.objects import ObjectStore
from sei_export.bucket.parts import Parts, part_bytes
from sei_export.bucket.refusals import (
    SDK_ERRORS,
    UPLOAD_GONE,
    LostRaceError,
    code_of,
    translated,
    translating,
)
from sei_export.download.staged import StagedRaw, StagedResponse
from sei_export.errors import SeiExportError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from sei_export.jsontypes import JsonObject

_TICKET_FIELDS = ("uploadId", "validator", "totalBytes")
_CORRUPTIONS = "corruptions"
_CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the next invocation needs to know beside S3's list of parts.

    Attributes:
        upload_id: Of the multipart upload.
        validator: Names the state of the file that its parts are of.
        total: The file's length.
    """

    upload_id: str
    validator: str
    total: int


@dataclass(frozen=True, slots=True)
class Left:
    """What invocations before this one left.

    Attributes:
        ticket: Of the upload under way; None if there is none.
        corruptions: How often what had been staged turned out to be no good.
        etag: Of the document that says so; None if there is none.
        changes: How often the server went on with what it named another file.
    """

    ticket: Ticket | None
    corruptions: int
    etag: str | None
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What the upload under way holds.

    Attributes:
        parts: From the first on, none left out.
        size: Bytes in them.
    """

    parts: "Sequence[CompletedPartTypeDef]"
    size: int


class Staging:
    """Keeps one download in a folder of the bucket, which twins share.

    Args:
        s3: boto3's client.
        bucket: Its name.
        folder: `keys.staging_folder`.
    """

    def __init__(self, s3: "S3Client", bucket: str, folder: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._objects = ObjectStore(s3, bucket)
        self._documents = Documents(s3, bucket)
        self._folder = folder
        self._ticket_key = f"{folder}ticket.json"

    def left(self) -> Left:
        """Read what invocations before this one left.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        document = self._documents.read_json(self._ticket_key)
        upload_id, validator, total = (document.content.get(name) for name in _TICKET_FIELDS)
        ticket = None
        if isinstance(upload_id, str) and isinstance(validator, str) and isinstance(total, int):
            ticket = Ticket(upload_id, validator, total)
        corruptions, changes = (_count(document.content, name) for name in (_CORRUPTIONS, _CHANGES))
        return Left(ticket, corruptions, document.etag, changes)

    def begin(self, validator: str, total: int, left: Left) -> Ticket:
        """Begin an upload and leave a ticket; or take a twin's, who was quicker.

        Args:
            validator: Names the state of the file.
            total: The file's length.
            left: What the new ticket replaces.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses, or a twin has another file.
        """
        multipart = MultipartUpload.begin(self._s3, self._bucket, self._body_key(validator))
        ticket = Ticket(multipart.id, validator, total)
        try:
            kept = self._leave(ticket, left)
        except SeiExportError:
            # Nobody would find it any more; and that it was not written is what there is to tell.
            with suppress(SeiExportError):
                multipart.abort()
            raise
        if kept == ticket:
            return ticket
        multipart.abort()
        if kept is None or (kept.validator, kept.total) != (validator, total):
            raise ServiceUnavailableError(
                f"Another execution is downloading to {multipart.url}.",
                remedy="Start a new execution when that one has ended.",
            )
        return kept

    def _leave(self, ticket: Ticket, left: Left) -> Ticket | None:
        """Write a ticket; the one that is there then is another one if a twin was quicker."""
        fields = (ticket.upload_id, ticket.validator, ticket.total)
        content: JsonObject = dict(zip(_TICKET_FIELDS, fields, strict=True))
        content |= _counts(left)
        try:
            self._documents.replace_json(self._ticket_key, content, left.etag)
        except LostRaceError:
            # It may be there all the same: S3's answer got lost, and the SDK tried again.
            return self.left().ticket
        return ticket

    def is_whole(self, ticket: Ticket) -> bool:
        """Tell whether all bytes are there, in one object.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        body = self._objects.head(self._body_key(ticket.validator))
        return body is not None and body.size == ticket.total

    def stored(self, ticket: Ticket) -> Stored | None:
        """List what the upload holds: after a crash, the parts before the first gap.

        Returns:
            None if there is no such upload any more.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        parts: list[CompletedPartTypeDef] = []
        size = 0
        key = self._body_key(ticket.validator)
        pages = self._s3.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=key, UploadId=ticket.upload_id
        )
        try:
            for part in (part for page in pages for part in page.get("Parts", ())):
                number = len(parts) + 1
                is_last = size + part["Size"] == ticket.total
                if part["PartNumber"] != number or (
                    part["Size"] != part_bytes(number) and not is_last
                ):
                    break
                parts.append(
                    {
                        "PartNumber": number,
                        "ETag": part["ETag"],
                        "ChecksumCRC32": part["ChecksumCRC32"],
                    }
                )
                size += part["Size"]
        except SDK_ERRORS as error:
            if code_of(error) == UPLOAD_GONE:
                return None
            raise translated(error, f"listing the parts of {self._url(key)}") from error
        return Stored(parts, size)

    def parts(self, ticket: Ticket, stored: Stored) -> Parts:
        """Go on with the upload, after the parts that are stored."""
        return Parts(self._multipart(ticket), stored.parts)

    @contextmanager
    def open(self, ticket: Ticket, headers: Mapping[str, str]) -> Iterator[StagedResponse]:
        """Open the whole body, as a server would be asked for it.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        key = self._body_key(ticket.validator)
        given = {"Range": headers["Range"], "IfMatch": headers["If-Range"]} if headers else {}
        with translating(f"reading {self._url(key)}"):
            answer = self._s3.get_object(
                Bucket=self._bucket,
                Key=key,
                **given,  # type: ignore[arg-type]  # the names of two parameters
            )
        body = answer["Body"]
        try:
            metadata = answer["ResponseMetadata"]
            yield StagedResponse(
                metadata["HTTPStatusCode"], metadata["HTTPHeaders"], StagedRaw(body)
            )
        finally:
            body.close()

    def discard(self, left: Left, *, changed: bool = False) -> None:
        """Delete what is staged and count that it was no good; the next invocation begins anew.

        Args:
            left: What is there.
            changed: Whether nothing is wrong with it, but what came next is of another file.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        if left.ticket:
            key = self._body_key(left.ticket.validator)
            with translating(f"deleting {self._url(key)}"):
                self._s3.delete_object(Bucket=self._bucket, Key=key)
            self._multipart(left.ticket).abort()
        # The ticket last: as long as it is there, this can be repeated. A twin may have begun anew.
        counted = replace(
            left, corruptions=left.corruptions + (not changed), changes=left.changes + changed
        )
        with suppress(LostRaceError):
            self._documents.replace_json(self._ticket_key, _counts(counted), left.etag)

    def _multipart(self, ticket: Ticket) -> MultipartUpload:
        key = self._body_key(ticket.validator)
        return MultipartUpload(self._s3, self._bucket, key, ticket.upload_id)

    def _body_key(self, validator: str) -> str:
        """Name the body: a file that has changed is another object, so that none is mixed up."""
        return f"{self._folder}body-{hashlib.sha256(validator.encode()).hexdigest()[:16]}"

    def _url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


def _count(content: "JsonObject", name: str) -> int:
    count = content.get(name)
    return count if isinstance(count, int) else 0


def _counts(left: Left) -> "JsonObject":
    changes: JsonObject = {_CHANGES: left.changes} if left.changes else {}
    return {_CORRUPTIONS: left.corruptions} | changes
