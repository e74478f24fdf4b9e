"""A download that does not fit into one invocation, kept in the bucket from one to the next.

The raw bytes go up as parts of one multipart upload, and S3's list of them says where to go on.
Nothing of it is verified: once whole, it is read like any other download.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sei_export.bucket.parts import Begun, Upload, part_bytes
from sei_export.bucket.refusals import LostRaceError, code_of, translated
from sei_export.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from sei_export.bucket.objects import ObjectStore
    from sei_export.jsontypes import JsonObject

_GONE = "NoSuchUpload"
_TICKET_FIELDS = ("uploadId", "validator", "totalBytes")
_CORRUPTIONS = "corruptions"


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
    """

    ticket: Ticket | None
    corruptions: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a multipart upload holds.

    Attributes:
        begun: The upload and its parts.
        size: Bytes in them.
    """

    begun: Begun
    size: int


class Staging:
    """One download's folder; made by `ObjectStore.staging`. Twins share it: their parts agree."""

    def __init__(self, store: "ObjectStore", s3: "S3Client", folder: str) -> None:
        self._store = store
        self._s3 = s3
        self._bucket = store.bucket
        self._folder = folder
        self._ticket_key = f"{folder}ticket.json"

    def left(self) -> Left:
        """What invocations before this one left.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        document = self._store.read_json(self._ticket_key)
        upload_id, validator, total = (document.content.get(name) for name in _TICKET_FIELDS)
        corruptions = document.content.get(_CORRUPTIONS)
        ticket = None
        if isinstance(upload_id, str) and isinstance(validator, str) and isinstance(total, int):
            ticket = Ticket(upload_id, validator, total)
        return Left(ticket, corruptions if isinstance(corruptions, int) else 0, document.etag)

    def begin(self, validator: str, total: int, left: Left) -> Ticket:
        """Begin an upload and leave a ticket; or take a twin's, who was quicker.

        Args:
            validator: Names the state of the file.
            total: The file's length.
            left: What the new ticket replaces.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses, or a twin has another file.
        """
        key = self._body_key(validator)
        try:
            answer = self._s3.create_multipart_upload(
                Bucket=self._bucket, Key=key, ChecksumAlgorithm="CRC32"
            )
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"beginning {self._url(key)}") from error
        ticket = Ticket(answer["UploadId"], validator, total)
        fields = (ticket.upload_id, ticket.validator, ticket.total)
        content: JsonObject = dict(zip(_TICKET_FIELDS, fields, strict=True))
        content[_CORRUPTIONS] = left.corruptions
        try:
            self._store.replace_json(self._ticket_key, content, left.etag)
        except LostRaceError:
            twins = self.left().ticket
            if twins == ticket:
                # Nobody else's: S3's answer got lost, and the SDK tried again.
                return ticket
            self._abort(ticket)
            if twins is None or (twins.validator, twins.total) != (validator, total):
                raise ServiceUnavailableError(
                    f"Another execution is downloading to {self._url(key)}.",
                    remedy="Start a new execution when that one has ended.",
                ) from None
            return twins
        return ticket

    def is_whole(self, ticket: Ticket) -> bool:
        """Whether all bytes are there, in one object.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        body = self._store.head(self._body_key(ticket.validator))
        return body is not None and body.size == ticket.total

    def stored(self, ticket: Ticket) -> Stored | None:
        """What the upload holds: after a crash, the parts before the first gap.

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
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == _GONE:
                return None
            raise translated(error, f"listing the parts of {self._url(key)}") from error
        return Stored(Begun(ticket.upload_id, parts), size)

    def upload(self, ticket: Ticket, stored: Stored) -> Upload:
        """The upload, to go on with."""
        return Upload(self._s3, self._bucket, self._body_key(ticket.validator), {}, stored.begun)

    @contextmanager
    def open(self, ticket: Ticket, headers: Mapping[str, str]) -> Iterator["StagedResponse"]:
        """Open the whole body, as a server would be asked for it.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        key = self._body_key(ticket.validator)
        given = {"Range": headers["Range"], "IfMatch": headers["If-Range"]} if headers else {}
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket,
                Key=key,
                **given,  # type: ignore[arg-type]  # the names of two parameters
            )
        except (ClientError, BotoCoreError) as error:
            raise translated(error, f"reading {self._url(key)}") from error
        body = answer["Body"]
        try:
            metadata = answer["ResponseMetadata"]
            yield StagedResponse(
                metadata["HTTPStatusCode"], metadata["HTTPHeaders"], StagedRaw(body)
            )
        finally:
            body.close()

    def discard(self, left: Left) -> None:
        """Forget all but that it was no good; the next invocation begins anew.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        if left.ticket:
            key = self._body_key(left.ticket.validator)
            try:
                self._s3.delete_object(Bucket=self._bucket, Key=key)
            except (ClientError, BotoCoreError) as error:
                raise translated(error, f"deleting {self._url(key)}") from error
            self._abort(left.ticket)
        # The ticket last: as long as it is there, this can be repeated. A twin may have begun anew.
        with suppress(LostRaceError):
            count = left.corruptions + 1
            self._store.replace_json(self._ticket_key, {_CORRUPTIONS: count}, left.etag)

    def _abort(self, ticket: Ticket) -> None:
        key = self._body_key(ticket.validator)
        try:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=ticket.upload_id)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != _GONE:
                raise translated(error, f"aborting {self._url(key)}") from error

    def _body_key(self, validator: str) -> str:
        """A file that has changed is another object: nobody takes one for the other."""
        return f"{self._folder}body-{hashlib.sha256(validator.encode()).hexdigest()[:16]}"

    def _url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


@dataclass(frozen=True, slots=True)
class StagedRaw:
    """A body in the form that a server's has."""

    body: "StreamingBody"

    def read(self, size: int, /, *, decode_content: bool) -> bytes:  # noqa: ARG002 - the form's
        """So many bytes; fewer only at the end.

        Raises:
            OSError: S3's answer broke off.
        """
        try:
            return self.body.read(size)
        except BotoCoreError as error:
            raise OSError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class StagedResponse:
    """An answer in the form that a server's has."""

    status_code: int
    headers: Mapping[str, str]
    raw: StagedRaw
