"""The response-to-file loop of airbyte-cdk's extractor, and boto3's upload of that file.

The loop inflates gzip while it writes to disk, so the object is plain CSV.
"""

import os
import tempfile
from pathlib import Path

import boto3
import requests
from airbyte_cdk.sources.declarative.extractors.response_to_file_extractor import (
    ResponseToFileExtractor,
)

from benchmarks.race.contestants.common import Job, read_job


def transfer(job: Job) -> None:
    """Body to disk, disk to S3."""
    extractor = ResponseToFileExtractor(parameters={})
    s3 = boto3.client("s3", endpoint_url=job.endpoint)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # The loop names a file in the current folder.
        response = requests.get(job.source, stream=True, timeout=60)
        response.raise_for_status()
        # Its public method goes on to parse the file with pandas, record by record.
        name, _encoding = extractor._save_to_file(response)  # noqa: SLF001 - its loop has no public name
        s3.upload_file(str(Path(folder) / name), job.bucket, job.key)
        os.chdir("/")


if __name__ == "__main__":
    transfer(read_job())
