"""A slow line to the API, and what invocations that end before a file does leave in the bucket."""

import copy
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import requests
from urllib3.exceptions import ReadTimeoutError

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import CorruptDownloadError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.loopback import Answer, Received, reply
from tests.fakes.s3_content import Multipart
from tests.fakes.slow_calls import SlowCalls
from tests.fakes.stage import DATA_KEY, LANDED_KEY, MANIFEST_KEY, REQUEST, Stage
from tests.fakes.timing import FakeClock, FakeKey

MIB = 1024 * 1024
ROW = 1024
"""Parts end between two rows, so that a CSV without its last parts is a CSV too."""

FOLDER = keys.staging_folder(REQUEST.report, "exp_1")
TICKET_KEY = f"{FOLDER}ticket.json"


def staged_key(validator: str) -> str:
    """Where a file of that name is staged."""
    return f"{FOLDER}body-{hashlib.sha256(validator.encode()).hexdigest()[:16]}"


BODY_KEY = staged_key('"abc"')


def csv_of(rows: int, letter: bytes = b"x") -> bytes:
    """No two rows, and so no two parts, are equal."""
    header = b"number,%b\n" % (b"t" * (ROW - 8))
    return header + b"".join(b"%015d,%b\n" % (row, letter * (ROW - 17)) for row in range(1, rows))


CSV = csv_of(20 * MIB // ROW)
"""Two parts and a half."""
GZ = gzip.compress(CSV, 0, mtime=0)
OTHER_CSV = csv_of(12 * MIB // ROW, b"y")

ETAG = {"ETag": '"abc"', "Accept-Ranges": "bytes"}
OTHER_ETAG = {"ETag": '"def"', "Accept-Ranges": "bytes"}
MODIFIED = {
    "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT",
    "Date": "Sun, 01 Mar 2026 12:00:01 GMT",
    "Accept-Ranges": "bytes",
}
SLOW = 0.5 * MIB
"""Bytes in a second: 40 seconds for the file."""
ONE_PART = 34.0
"""Seconds of an invocation in which one part comes at that pace, and not two."""
TWO_PARTS = 50.0
STALLED = ReadTimeoutError(None, None, "stalled")  # type: ignore[arg-type]  # its text is all


@dataclass
class Slow(Stage):
    """Stands for everything that DownloadExport works with: one slow file, short invocations.

    Attributes:
        content: The file.
        headers: What the server says of it.
        ranges: Whether it goes on in the middle when asked to.
        knows_if_range: Whether it does so only if the file still has the name that is given.
        chunked: Whether it leaves the length out.
        end: Where each connection breaks off, if it does.
        seconds: How long an invocation may take.
        pace: Bytes in a second, by place; may raise.
        came: Of each connection, where it began and how far it was read.
        clock: Of the current invocation.
        connections: Downloads that are not closed.
    """

    content: bytes = GZ
    headers: dict[str, str] = field(default_factory=lambda: dict(ETAG))
    ranges: bool = True
    knows_if_range: bool = True
    chunked: bool = False
    end: int | None = None
    seconds: float = ONE_PART
    pace: Callable[[int], float] = lambda _: SLOW
    came: list[list[int]] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)
    connections: list[requests.Response] = field(default_factory=list)

    def connect(self, asked: InProject) -> SeiClient:
        """A new invocation."""
        self.clock = FakeClock()
        base = BaseUrl.parse(f"{self.server.origin}/sei/api")
        http = HttpClient(base, FakeKey(), self.clock.deadline(self.seconds))
        return SeiClient(SlowCalls(http, self), base, asked.org, asked.project)

    def finish(self, most: int = 9, run: str = "run-1") -> list[JsonObject]:
        """Call until it has landed; all that the calls returned."""
        results = [self.land(run=run)]
        while results[-1].get("finished") is False:
            assert len(results) < most
            results.append(self.land(run=run))
        return results

    def execute(self, most: int = 40, run: str = "run-1") -> JsonObject:
        """As the state machine does: its retries count anew each time it enters the state."""
        for _ in range(most):
            result = self._enter(run)
            if result.get("finished") is not False:
                return result
        pytest.fail("It goes on without end.")

    def _enter(self, run: str) -> JsonObject:
        corrupt, unavailable = 2, 10
        while True:
            try:
                return self.land(run=run)
            except CorruptDownloadError:
                corrupt -= 1
                if corrupt < 0:
                    raise
            except ServiceUnavailableError:
                unavailable -= 1
                if unavailable < 0:
                    raise

    def twin(self) -> "Slow":
        """Another function of the same export, with a clock of its own."""
        twin = copy.copy(self)
        twin.clock, twin.came, twin.connections = FakeClock(), [], []
        return twin

    @property
    def seconds_left(self) -> float:
        """Of the current invocation."""
        return self.seconds - sum(self.clock.slept)

    @property
    def corruptions(self) -> object:
        """What the bucket's count says."""
        return self.s3.documents.read_json(TICKET_KEY).content.get("corruptions")

    @property
    def asked(self) -> list[tuple[str | None, str | None]]:
        """Of each download, its Range and If-Range."""
        return [
            (received.headers["range"], received.headers["if-range"])
            for received in self.server.received
            if received.path.endswith("/download")
        ]

    @property
    def starts(self) -> list[int]:
        """Where each download began."""
        return [start for start, _ in self.came]

    @property
    def upload(self) -> Multipart:
        """The staged parts."""
        ticket = self.s3.documents.read_json(TICKET_KEY).content
        upload = self.s3.uploads[str(ticket["uploadId"])]
        assert upload.key == staged_key(str(ticket["validator"]))
        return upload

    @property
    def upload_keys(self) -> list[str]:
        """Of each upload to the staging folder that was begun, its key."""
        return [
            key
            for operation, key in self.s3.calls
            if operation == "create_multipart_upload" and key.startswith(FOLDER)
        ]

    @property
    def staged(self) -> dict[int, int]:
        """The size of each staged part."""
        return {number: len(part) for number, part in sorted(self.upload.parts.items())}

    @property
    def touched(self) -> set[str]:
        """Operations that changed the staging folder."""
        reading = {"get_object", "head_object", "list_parts"}
        return {name for name, key in self.s3.calls if key.startswith(FOLDER)} - reading

    def _answer(self, received: Received) -> Answer:
        if not received.path.endswith("/download"):
            return super()._answer(received)
        end = len(self.content) if self.end is None else self.end
        validator = self.headers.get("ETag", self.headers.get("Last-Modified"))
        is_same = not self.knows_if_range or received.headers["if-range"] == validator
        if self.ranges and received.headers["range"] and is_same:
            start, size = int(received.headers["range"][6:-1]), len(self.content)
            if start >= size:
                return reply(416, b"", {"Content-Range": f"bytes */{size}"})
            told = {"Content-Range": f"bytes {start}-{size - 1}/{size}"}
            return reply(206, self.content[start:end], self.headers | told, length=size - start)
        if self.chunked:
            chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.content), self.content)
            told = {"Transfer-Encoding": "chunked"}
            return reply(200, chunk, self.headers | told, length=-1)
        return reply(200, self.content[:end], self.headers, length=len(self.content))


def unfinished(received: int, total: int | None) -> JsonObject:
    """What an invocation returns that another one has to go on after."""
    return {"finished": False, "receivedBytes": received, "totalBytes": total}


def assert_landed(slow: Slow, content: bytes, empty: int = 0) -> None:
    """It landed once, whole, announced, with nothing open but so many uploads without parts."""
    assert slow.contents == [gzip.decompress(content) if content[:1] == b"\x1f" else content]
    version = slow.s3.current(DATA_KEY)
    assert version
    if content[:1] == b"\x1f":
        assert version.body == content
    assert slow.manifest["etag"] == version.etag
    writes = [line for line in slow.journal if FOLDER not in line]
    assert writes == [
        f"put {DATA_KEY}",
        f"put {MANIFEST_KEY}",
        f"put {LANDED_KEY}",
        "event ExportCompleted",
        f"put {LANDED_KEY}",
    ]
    # What was begun for a file that is no longer there is the bucket's to abort.
    assert [upload.parts for upload in slow.s3.uploads.values()] == [{}] * empty
    assert slow.connections == []


def assert_nothing_visible(slow: Slow) -> None:
    """Nothing was published or announced, and no connection is open."""
    assert [line for line in slow.journal if FOLDER not in line] == []
    assert slow.contents == []
    assert all(upload.key.startswith(FOLDER) for upload in slow.s3.uploads.values())
    assert slow.connections == []


def assert_discarded(slow: Slow, corruptions: int = 1, changes: int = 0) -> None:
    """Of what was staged there is nothing but the counts of how often it was no good."""
    assert slow.s3.uploads == {}
    assert [key for key in slow.s3.versions if key.startswith(FOLDER)] == [TICKET_KEY]
    counted = {"corruptions": corruptions, "changes": changes}
    assert {"changes": 0} | slow.s3.documents.read_json(TICKET_KEY).content == counted


def fast_at_first(at: int) -> float:
    """A pace at which the file is begun directly, and does not fit."""
    return 10 * MIB if at < 9 * MIB else SLOW / 2
