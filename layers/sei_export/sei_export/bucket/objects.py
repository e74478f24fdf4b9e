"""Objects in S3: what is there, and uploads of what is to be there."""

from typing import TYPE_CHECKING

from sei_export.bucket.publish import Upload
from sei_export.bucket.refusals import NOT_FOUND, SDK_ERRORS, code_of, translated
from sei_export.bucket.stored import StoredObject, Written

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectStore:
    """Finds and uploads the objects of one bucket.

    Args:
        s3: boto3's client.
        bucket: Its name.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def head(self, key: str) -> StoredObject | None:
        """Tell what the key holds now.

        Raises:
            StorageError, ServiceUnavailableError: S3 does not say.
        """
        try:
            answer = self._s3.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except SDK_ERRORS as error:
            if code_of(error) in NOT_FOUND:
                return None
            raise translated(error, f"reading the state of s3://{self.bucket}/{key}") from error
        size, checksum = answer["ContentLength"], answer.get("ChecksumCRC32")
        about, modified = answer["Metadata"], answer["LastModified"]
        return StoredObject.of(Written.of(answer), size, checksum, about, modified)

    def upload(self, key: str, metadata: dict[str, str]) -> Upload:
        """Make an upload of the object of a key; nothing is sent yet.

        Args:
            key: Where it is to be.
            metadata: What `StoredObject` tells of an export, and more for whoever looks.
        """
        return Upload(self._s3, self.bucket, key, metadata)
