"""A download that does not fit into one invocation, kept in the bucket from one to the next.

The raw bytes go up as parts of one multipart upload, and S3's list of them says where to go on.
Nothing of them is verified: once whole, they are read like any other download.

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
from sei_export.download.ticket import Left, Ticket
from sei_export.errors import CorruptDownloadError, SeiExportError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


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
        return Left.of(document.content, document.etag)

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
        content = replace(left, ticket=ticket).to_json()
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

    def complete(self, ticket: Ticket, parts: Parts, left: Left) -> None:
        """Make the whole of all parts, once the ticket tells its checksum.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        # A twin's ticket will do: it has the same parts, or another upload.
        self._leave(replace(ticket, checksum=parts.checksum), left)
        parts.complete()

    @contextmanager
    def open(self, ticket: Ticket, headers: Mapping[str, str]) -> Iterator[StagedResponse]:
        """Open the whole body, as a server would be asked for it.

        Raises:
            CorruptDownloadError: It is not what was staged.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        key = self._body_key(ticket.validator)
        given = {"ChecksumMode": "ENABLED"}
        if headers:
            given = {"Range": headers["Range"], "IfMatch": headers["If-Range"]}
        with translating(f"reading {self._url(key)}"):
            answer = self._s3.get_object(
                Bucket=self._bucket,
                Key=key,
                **given,  # type: ignore[arg-type]  # the names of parameters
            )
        body = answer["Body"]
        try:
            if not headers and answer.get("ChecksumCRC32") != self._checksum_of(ticket):
                raise CorruptDownloadError(
                    f"{self._url(key)} is not what was staged: it was damaged or replaced."
                )
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
        counted = left.counting(changed=changed).to_json()
        with suppress(LostRaceError):
            self._documents.replace_json(self._ticket_key, counted, left.etag)

    def _checksum_of(self, ticket: Ticket) -> str:
        """Look again, if a twin may have completed it since the ticket was read."""
        current = ticket if ticket.checksum else self.left().ticket
        return current.checksum if current else ""

    def _multipart(self, ticket: Ticket) -> MultipartUpload:
        key = self._body_key(ticket.validator)
        return MultipartUpload(self._s3, self._bucket, key, ticket.upload_id)

    def _body_key(self, validator: str) -> str:
        """Name the body: a file that has changed is another object, so that none is mixed up."""
        return f"{self._folder}body-{hashlib.sha256(validator.encode()).hexdigest()[:16]}"

    def _url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"
