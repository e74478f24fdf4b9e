"""A program: send a gigabyte through the exporter's core and tell how much memory that took.

Its argument is the form of the rows: `plain` or `quoted`. Prints JSON: `bytes`, `rows`, `parts`,
and `grownBytes`, from before the first piece to the peak.
"""

import base64
import gzip
import json
import sys
import threading
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

import psutil

from sei_export.bucket.objects import ObjectStore
from sei_export.bucket.parts import PART_BYTES, PARTS_IN_FLIGHT
from sei_export.download.body import READ_BYTES
from sei_export.landing.csvcheck import CsvInspector
from tests.fakes.raw import verified

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HEADER = b"team,developer,PR_MERGED,LOC_ADDED\n"
ROWS = {
    "plain": b"Engineering/Platform,a developer,17,2345\n",
    "quoted": b'"Engineering/Platform","a developer","17","2345"\n',
}
METADATA = {"export-id": "exp_1", "created-at": ""}
ROWS_PER_MEMBER = 25_000
LAST_FULL_FLIGHT = 1024**3 // PART_BYTES // PARTS_IN_FLIGHT * PARTS_IN_FLIGHT
"""A part's number; those after it do not wait for others."""


def members_of(row: bytes) -> int:
    """How many make a gigabyte."""
    return 1024**3 // (ROWS_PER_MEMBER * len(row)) + 1


class Memory:
    """Bytes in memory, looked at now and then.

    Not getrusage: what it calls the peak begins with that of the process which started this one.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.first = self.peak = self._now()

    def look(self) -> None:
        """Take note."""
        self.peak = max(self.peak, self._now())

    def _now(self) -> int:
        size: int = self._process.memory_info().rss
        return size


class DiscardingS3:
    """Takes parts and forgets them; slow, so that as many as may be are in memory at a time."""

    def __init__(self, memory: Memory) -> None:
        self.lengths: dict[int, int] = {}
        self._memory = memory
        self._all_in_flight = threading.Barrier(PARTS_IN_FLIGHT, timeout=60)

    def create_multipart_upload(self, **_: object) -> Mapping[str, str]:
        """CreateMultipartUpload."""
        return {"UploadId": "1"}

    def upload_part(self, **given: object) -> Mapping[str, str]:
        """UploadPart."""
        body, number = given["Body"], given["PartNumber"]
        assert isinstance(body, bytes | bytearray)
        assert isinstance(number, int)
        self.lengths[number] = len(body)
        if number <= LAST_FULL_FLIGHT:
            self._all_in_flight.wait()
        self._memory.look()
        checksum = base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()
        return {"ETag": '"1"', "ChecksumCRC32": checksum}

    def complete_multipart_upload(self, **_: object) -> Mapping[str, str]:
        """CompleteMultipartUpload."""
        return {"ETag": '"1"'}


def body(memory: Memory, row: bytes) -> Iterator[bytes]:
    """Gzip members one after the other, in the pieces that a connection gives."""
    # Stored, not deflated: as many bytes on the way in as in the CSV.
    member = gzip.compress(row * ROWS_PER_MEMBER, 0)
    waiting = gzip.compress(HEADER)
    for _ in range(members_of(row)):
        waiting += member
        while len(waiting) >= READ_BYTES:
            memory.look()
            yield waiting[:READ_BYTES]
            waiting = waiting[READ_BYTES:]
    yield waiting


def main() -> None:
    """Run."""
    memory = Memory()
    s3 = DiscardingS3(memory)
    store = ObjectStore(cast("S3Client", s3), "landing")
    inspector = CsvInspector()
    pieces = verified(body(memory, ROWS[sys.argv[1]]), inspector)
    with store.upload("exports/a", METADATA) as upload:
        upload.write_all(pieces)
        facts = inspector.finish()
        upload.publish(None, facts.sha256)
    report = {
        "bytes": sum(s3.lengths.values()),
        "rows": facts.rows,
        "parts": len(s3.lengths),
        "grownBytes": memory.peak - memory.first,
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
