"""S3's calls of one multipart upload, with checksums of our own."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypedDict, Unpack, cast

from sei_export import codec
from sei_export.bucket.refusals import SDK_ERRORS, UPLOAD_GONE, code_of, translated, translating
from sei_export.bucket.stored import Written

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


class Description(TypedDict, total=False):
    """What S3 is told of an object beside its bytes, when an upload of it begins."""

    ContentType: str
    Metadata: Mapping[str, str]


def crc32(content: bytes | bytearray) -> str:
    """Compute the CRC32 in base64, as S3 takes and keeps it."""
    return base64.b64encode(codec.crc32(content).to_bytes(4)).decode()


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """Calls S3 about one multipart upload.

    Attributes:
        s3: boto3's client.
        bucket: Its name.
        key: Where the object is to be.
        id: S3's name for the upload.
    """

    s3: "S3Client"
    bucket: str
    key: str
    id: str

    @classmethod
    def begin(
        cls, s3: "S3Client", bucket: str, key: str, **description: Unpack[Description]
    ) -> Self:
        """Begin one: from now on S3 keeps what is sent, until it is completed or aborted.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        with translating(f"beginning s3://{bucket}/{key}"):
            answer = s3.create_multipart_upload(
                Bucket=bucket, Key=key, ChecksumAlgorithm="CRC32", **description
            )
        return cls(s3, bucket, key, answer["UploadId"])

    @property
    def url(self) -> str:
        """The object, for people."""
        return f"s3://{self.bucket}/{self.key}"

    def send(self, number: int, content: bytes | bytearray) -> "CompletedPartTypeDef":
        """Send a part; one that was sent under this number before is replaced.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        # Our own checksum: the SDK would read the part once more, on the thread that sends it.
        checksum = crc32(content)
        with translating(f"sending part {number} of {self.url}"):
            answer = self.s3.upload_part(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=self.id,
                PartNumber=number,
                Body=cast("bytes", content),  # the SDK takes a bytearray, its types do not
                ChecksumCRC32=checksum,
            )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum}

    def complete(
        self, parts: "Sequence[CompletedPartTypeDef]", condition: dict[str, str], step: str
    ) -> Written:
        """Make the object of its parts.

        Args:
            parts: All of them.
            condition: What the key has to hold, as `condition_on` says; whatever it is, if empty.
            step: What this is called where S3 refuses: `completing`.

        Raises:
            LostRaceError: The key holds something else. The parts are still there.
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        with translating(f"{step} {self.url}", condition):
            answer = self.s3.complete_multipart_upload(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=self.id,
                MultipartUpload={"Parts": parts},
                **condition,  # type: ignore[arg-type]  # the two names of conditions
            )
        return Written.of(answer)

    def abort(self) -> None:
        """Take back whatever was sent, if S3 still has the upload.

        Raises:
            StorageError, ServiceUnavailableError: S3 refuses.
        """
        try:
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self.id)
        except SDK_ERRORS as error:
            if code_of(error) != UPLOAD_GONE:
                raise translated(error, f"aborting {self.url}") from error
