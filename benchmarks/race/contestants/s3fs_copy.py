"""s3fs, fed by copyfileobj."""

import shutil

import requests
import s3fs

from benchmarks.race.contestants.common import Job, read_job

_PIECE = 1024 * 1024
_PART = 16 * 1024 * 1024


def transfer(job: Job) -> None:
    """Stream the body into S3."""
    files = s3fs.S3FileSystem(endpoint_url=job.endpoint)
    with (
        requests.get(job.source, stream=True, timeout=60) as response,
        files.open(f"{job.bucket}/{job.key}", "wb", block_size=_PART) as target,
    ):
        response.raise_for_status()
        shutil.copyfileobj(response.raw, target, _PIECE)


if __name__ == "__main__":
    transfer(read_job())
