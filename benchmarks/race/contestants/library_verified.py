"""What verifies as much from libraries: gzip (or isal's igzip), csv, hashlib and smart_open.

As in ours: gzip stays as it is and is inflated to every trailer, plain CSV is compressed; records
are counted by parsing, each must fit the header, and the content is hashed. On an error the object
is not completed.
"""

import csv
import gzip
import hashlib
import io
from collections.abc import Buffer
from contextlib import ExitStack
from typing import Protocol

import boto3
import requests
import smart_open
from isal import igzip

from benchmarks.race.contestants.common import Job, read_job

_PIECE = 1024 * 1024
_PART = 16 * 1024 * 1024


class Source(Protocol):
    """What can be read."""

    def read(self, amount: int, /) -> bytes:
        """The next bytes, at most so many."""


class Target(Protocol):
    """What can be written."""

    def write(self, piece: bytes, /) -> object:
        """Take bytes."""


class Tee(io.RawIOBase):
    """Reads from one file and shows to another whatever was read.

    Args:
        source: Read from.
        target: Shown to.
        size: Bytes that the source promised, if it did.
    """

    def __init__(self, source: Source, target: Target, size: int | None = None) -> None:
        self._source = source
        self._target = target
        self._left = size

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer.

        Raises:
            ValueError: The source ended early.
        """
        view = memoryview(buffer)
        piece = self._source.read(len(view))
        view[: len(piece)] = piece
        self._target.write(piece)
        if self._left is not None:
            self._left -= len(piece)
            if not piece and self._left:
                raise ValueError("The body has another length than it said.")
        return len(piece)


class Hash:
    """Takes bytes into a SHA-256."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, piece: bytes, /) -> None:
        """Take bytes."""
        self.digest.update(piece)


def transfer(job: Job) -> None:
    """Stream the body into S3, parsing it on the way."""
    codec = igzip if job.variant == "igzip" else gzip
    s3 = boto3.client("s3", endpoint_url=job.endpoint)
    options = {"client": s3, "min_part_size": _PART}
    content = Hash()
    with ExitStack() as stack:
        response = stack.enter_context(requests.get(job.source, stream=True, timeout=60))
        response.raise_for_status()
        target = stack.enter_context(
            smart_open.open(
                f"s3://{job.bucket}/{job.key}",
                "wb",
                compression="disable",
                transport_params=options,
            )
        )
        size = int(response.headers["content-length"])
        if "gzip-" in job.source:
            raw = io.BufferedReader(Tee(response.raw, target, size), _PIECE)
            plain: Source = stack.enter_context(codec.open(raw, "rb"))
        else:
            packer = stack.enter_context(codec.open(target, "wb", compresslevel=1))
            plain = io.BufferedReader(Tee(response.raw, packer, size), _PIECE)
        seen = io.BufferedReader(Tee(plain, content), _PIECE)
        parse(seen)


def parse(content: "io.BufferedReader[Tee] | io.BytesIO") -> int:
    """Count the records, each as long as the header.

    Raises:
        ValueError: One is not.
    """
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    records = csv.reader(text, strict=True)
    columns = len(next(records))
    rows = 0
    for record in records:
        if len(record) != columns:
            raise ValueError(f"A record has {len(record)} fields, the header {columns}.")
        rows += 1
    return rows


if __name__ == "__main__":
    transfer(read_job())
