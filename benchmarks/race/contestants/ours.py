"""The exporter's own engine, from the package's parts as the download function uses them.

The only file here that knows the engine's parts.
"""

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from unittest import mock

from requests import adapters

from benchmarks.race.contestants.common import Job, read_job
from sei_export import wiring
from sei_export.api.calls import HttpClient
from sei_export.api.urls import BaseUrl
from sei_export.clock import Deadline
from sei_export.download.body import Body
from sei_export.download.source import Source
from sei_export.landing import columntypes
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from sei_export.landing.limits import Limits
from sei_export.landing.verified import VerifiedGzip
from sei_export.masking import Mask

_SECONDS = 3600.0
_KEY = f"pat.aBcDeFgHiJkLmNoPqRsTuV.{1:024x}.KeyOfNoValue01234567"
"""Of the API's form: it is looked for in the content."""
_METADATA = {"export-id": "exp_bench", "created-at": ""}


class _NoSecret:
    """Stands for Secrets Manager."""

    def read(self, *, fresh: bool = False) -> str:  # noqa: ARG002 - the protocol's
        return _KEY


def transfer(job: Job) -> None:
    """Download, verify, upload, publish."""
    os.environ["EXPORT_BUCKET"] = job.bucket
    os.environ["AWS_ENDPOINT_URL"] = job.endpoint
    # Sessions with a key take nothing from the environment, so neither the benchmark's authority.
    adapters.DEFAULT_CA_BUNDLE_PATH = os.environ["REQUESTS_CA_BUNDLE"]
    store = wiring.object_store()
    base_url = BaseUrl.parse(job.source.rpartition("/")[0])
    http = HttpClient(base_url, _NoSecret(), Deadline.after(_SECONDS))
    source = Source(lambda headers: http.stream(job.source, {}, headers), http.deadline)
    present = store.head(job.key)
    inspector = CsvInspector(Mask(_KEY))
    body = Body(source)
    verified = VerifiedGzip(body, inspector, Limits())
    pieces = verified.pieces() if job.verify else body.pieces()
    with store.upload(job.key, _METADATA) as upload:
        upload.write_all(pieces)
        sha256 = inspector.finish().sha256 if job.verify else ""
        upload.publish(present, sha256)


def verify(pieces: Iterable[bytes]) -> CsvFacts:
    """Only the verification, without network: for measuring what it costs.

    With the types of columns, which are looked at in the first rows of a file.
    """
    inspector = CsvInspector(Mask(_KEY))
    for _ in VerifiedGzip(_Pieces(pieces), inspector, Limits()).pieces():
        pass
    return inspector.finish()


def verify_untyped(pieces: Iterable[bytes]) -> CsvFacts:
    """The same, with no row's types looked at."""
    with mock.patch.object(columntypes, "MAX_BYTES", 0):
        return verify(pieces)


def inflate(pieces: Iterable[bytes]) -> None:
    """Only gzip's own checks."""
    for _ in VerifiedGzip(_Pieces(pieces), _Blind(), Limits()).pieces():
        pass


def inspect(pieces: Iterable[bytes]) -> CsvFacts:
    """Only the checks of CSV, hashing included."""
    inspector = CsvInspector(Mask(_KEY))
    for piece in pieces:
        inspector.feed(piece)
    return inspector.finish()


@dataclass
class _Pieces:
    """Stands for a body: its pieces are here."""

    content: Iterable[bytes]
    is_end_told: bool = True

    def pieces(self) -> Generator[bytes]:
        yield from self.content

    def look_at_clock(self) -> None:
        """There is time."""


class _Blind(CsvInspector):
    """Looks at nothing."""

    def feed(self, piece: bytes) -> None:
        pass


if __name__ == "__main__":
    transfer(read_job())
