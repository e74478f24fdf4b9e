"""The small run: every contestant's object, in an S3 that keeps it, has the file's content."""

import gzip
import hashlib
import io
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import IO

import requests

from benchmarks.bench import data
from benchmarks.bench.servers import BUCKET, Endpoints
from benchmarks.race.catalogue import Contestant
from benchmarks.race.transfers import Scenario, run_one

SIZES = (1, 32)
_GZIP_MAGIC = b"\x1f\x8b"


def prove(contestants: Sequence[Contestant], endpoints: Endpoints) -> int:
    """Run everybody once with each size, body and protocol.

    Returns:
        How many transfers were compared.

    Raises:
        RuntimeError: One failed, or its object has other content.
    """
    count = 0
    for size, body, protocol in product(SIZES, ("gzip", "plain"), ("http", "https")):
        scenario = Scenario(size, protocol, body)
        expected = _digest_of_file(body, size)
        for contestant in contestants:
            if protocol not in contestant.protocols:
                continue
            key = f"{contestant.name}/{size}-{body}-{protocol}.csv"
            taken = run_one(scenario, contestant, endpoints, key)
            stored = requests.get(f"{endpoints.s3['http']}/{BUCKET}/{key}", timeout=60)
            stored.raise_for_status()
            if _digest(io.BytesIO(stored.content)) != expected:
                raise RuntimeError(f"{contestant.name}, {scenario.title}: the content is wrong.")
            count += 1
            print(
                f"{scenario.title:28} {contestant.name:24} right in {taken.wall:.2f} s", flush=True
            )
    return count


@cache
def _digest_of_file(body: str, size: int) -> str:
    with data.make(body, size * data.MIB).open("rb") as file:
        return _digest(file)


def _digest(file: IO[bytes]) -> str:
    """Of the CSV, whether it is compressed or not."""
    packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    with gzip.open(file) if packed else file as plain:
        return hashlib.file_digest(plain, "sha256").hexdigest()  # type: ignore[arg-type]  # both read
