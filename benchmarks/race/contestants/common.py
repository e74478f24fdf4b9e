"""What the contestants share: their command line, and nothing of what is measured."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One transfer.

    Attributes:
        source: URL of the file.
        endpoint: URL of the S3 endpoint.
        bucket: Its bucket.
        key: The object's key.
        verify: For those that can be told: whether the content is verified.
        variant: For those that have several.
    """

    source: str
    endpoint: str
    bucket: str
    key: str
    verify: bool
    variant: str


def read_job() -> Job:
    """The job on the command line."""
    parser = argparse.ArgumentParser()
    for name in ("source", "endpoint", "bucket", "key"):
        parser.add_argument(name)
    parser.add_argument("--verify", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--variant", default="")
    return Job(**vars(parser.parse_args()))
