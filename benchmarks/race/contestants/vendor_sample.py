"""The way of the vendor's sample: the whole body in memory, then one put_object."""

import boto3
import requests

from benchmarks.race.contestants.common import Job, read_job


def transfer(job: Job) -> None:
    """Read all, then send all."""
    response = requests.get(job.source, timeout=60)
    response.raise_for_status()
    s3 = boto3.client("s3", endpoint_url=job.endpoint)
    s3.put_object(Bucket=job.bucket, Key=job.key, Body=response.content)


if __name__ == "__main__":
    transfer(read_job())
