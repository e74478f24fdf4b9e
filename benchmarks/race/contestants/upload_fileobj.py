"""boto3's upload_fileobj on the raw body: defaults, or the settings that were best here."""

from typing import IO

import boto3
import requests
from boto3.s3.transfer import TransferConfig

from benchmarks.race.contestants.common import Job, read_job

_MIB = 1024 * 1024


def transfer(job: Job) -> None:
    """Stream the body into S3."""
    config = TransferConfig()
    if job.variant == "tuned":
        config = TransferConfig(
            multipart_threshold=16 * _MIB,
            multipart_chunksize=16 * _MIB,
            io_chunksize=_MIB,
            max_concurrency=4,
        )
    s3 = boto3.client("s3", endpoint_url=job.endpoint)
    with requests.get(job.source, stream=True, timeout=60) as response:
        response.raise_for_status()
        body: IO[bytes] = response.raw  # type: ignore[assignment]  # it is one, but for its type
        s3.upload_fileobj(body, job.bucket, job.key, Config=config)


if __name__ == "__main__":
    transfer(read_job())
