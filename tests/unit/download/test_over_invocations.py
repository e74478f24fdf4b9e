"""Downloads that do not fit into one invocation: where each of them stops and goes on."""

import copy
import gzip
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from urllib3.exceptions import ReadTimeoutError

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.bucket.parts import PART_BYTES
from sei_export.download.body import READ_BYTES
from sei_export.download.over_invocations import HANDOVER_SECONDS, MOST_CORRUPTIONS
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    SeiExportError,
    ServiceUnavailableError,
    StorageError,
)
from sei_export.export import ExportHandle
from sei_export.jsontypes import JsonObject
from tests.fakes.loopback import Answer, Received, reply
from tests.fakes.s3 import BUCKET, Multipart, raising, refusal
from tests.fakes.s3_failures import SILENT
from tests.fakes.stage import DATA_KEY, LANDED_KEY, MANIFEST_KEY, REQUEST, Stage
from tests.fakes.timing import FakeClock, FakeKey

MIB = 1024 * 1024
ROW = 1024
"""Parts end between two rows, so that a CSV without its last parts is a CSV too."""

FOLDER = keys.staging_folder(REQUEST.report, "exp_1")
TICKET_KEY = f"{FOLDER}ticket.json"


def _body_key(validator: str) -> str:
    return f"{FOLDER}body-{hashlib.sha256(validator.encode()).hexdigest()[:16]}"


BODY_KEY = _body_key('"abc"')


def _csv(rows: int, letter: bytes = b"x") -> bytes:
    """No two rows, and so no two parts, are equal."""
    header = b"number,%b\n" % (b"t" * (ROW - 8))
    return header + b"".join(b"%015d,%b\n" % (row, letter * (ROW - 17)) for row in range(1, rows))


CSV = _csv(20 * MIB // ROW)
"""Two parts and a half."""
GZ = gzip.compress(CSV, 0, mtime=0)
OTHER_CSV = _csv(12 * MIB // ROW, b"y")

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
class Wire:
    """A connection's body, at the pace that a test gives it; time passes on a fake clock only."""

    raw: Any
    clock: FakeClock
    pace: Callable[[int], float]
    came: list[int]

    def read(self, size: int, *, decode_content: bool) -> bytes:
        """So many bytes, at the pace of the place where they begin."""
        seconds = self.pace(self.came[1])
        piece: bytes = self.raw.read(size, decode_content=decode_content)
        self.clock.slept.append(len(piece) / seconds)
        self.came[1] += len(piece)
        return piece

    def close(self) -> None:
        """As the HTTP library asks for it."""
        self.raw.close()

    def release_conn(self) -> None:
        """As the HTTP library asks for it."""
        self.raw.release_conn()


class SlowClient(SeiClient):
    """A real client on a slow line."""

    def __init__(self, http: HttpClient, base: BaseUrl, asked: InProject, stage: "Slow") -> None:
        super().__init__(http, base, asked.org, asked.project)
        self._stage = stage

    @contextmanager
    def download(
        self,
        export: ExportHandle,
        link: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """The same, only slower."""
        with super().download(export, link, headers) as response:
            at = int((headers or {}).get("Range", "bytes=0-")[6:-1])
            at = at if response.status_code == requests.codes.partial else 0
            came = [at, at]
            stage = self._stage
            stage.came.append(came)
            response.raw = Wire(response.raw, stage.clock, stage.pace, came)
            stage.connections.append(response)
            try:
                yield response
            finally:
                stage.connections.remove(response)


@dataclass
class Slow(Stage):
    """One slow file, and invocations that end before it does.

    Attributes:
        content: The file.
        headers: What the server says of it.
        ranges: Whether it goes on in the middle when asked to.
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
        return SlowClient(http, base, asked, self)

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
        assert upload.key == _body_key(str(ticket["validator"]))
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
        if self.ranges and received.headers["range"] and received.headers["if-range"] == validator:
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


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    with slow.server:
        yield slow
        # One that a test found open would keep the server from ending.
        for response in slow.connections:
            response.close()


def _unfinished(received: int, total: int | None) -> JsonObject:
    return {"finished": False, "receivedBytes": received, "totalBytes": total}


def _assert_landed(slow: Slow, content: bytes, empty: int = 0) -> None:
    """Once, whole, announced, and with nothing open, or only so many uploads without parts."""
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
        f"put {keys.series_key(REQUEST)}",
    ]
    # What was begun for a file that is no longer there is the bucket's to abort.
    assert [upload.parts for upload in slow.s3.uploads.values()] == [{}] * empty
    assert slow.connections == []


def _assert_nothing_visible(slow: Slow) -> None:
    assert [line for line in slow.journal if FOLDER not in line] == []
    assert slow.contents == []
    assert all(upload.key.startswith(FOLDER) for upload in slow.s3.uploads.values())
    assert slow.connections == []


def _assert_discarded(slow: Slow, corruptions: int = 1) -> None:
    assert slow.s3.uploads == {}
    assert [key for key in slow.s3.versions if key.startswith(FOLDER)] == [TICKET_KEY]
    assert slow.s3.documents.read_json(TICKET_KEY).content == {"corruptions": corruptions}


# --- fast ones ---


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        pytest.param(100 * MIB, ONE_PART, id="fast"),
        # At this pace the rest takes 25 s after the first 7.5 MiB.
        pytest.param(SLOW, 60.0, id="slow, in less than half of the time"),
    ],
)
@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_given_a_body_that_fits_into_one_invocation_then_it_lands_and_nothing_is_staged(
    slow: Slow, content: bytes, pace: float, seconds: float
) -> None:
    slow.content, slow.pace, slow.seconds = content, lambda _: pace, seconds
    [result] = slow.finish()
    assert result["status"] == "completed"
    assert slow.asked == [(None, None)]
    assert slow.touched == set()
    _assert_landed(slow, content)


# --- slow ones ---


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        pytest.param(ONE_PART, [PART_BYTES, 2 * PART_BYTES], id="a part at a time"),
        pytest.param(TWO_PARTS, [2 * PART_BYTES], id="two parts at a time"),
    ],
)
@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_given_a_slow_body_then_each_invocation_fetches_what_is_missing_and_the_last_one_lands_it(
    slow: Slow, content: bytes, headers: dict[str, str], seconds: float, kept: list[int]
) -> None:
    slow.content, slow.headers, slow.seconds = content, headers, seconds
    total, body_key = len(content), _body_key(headers.get("ETag", headers.get("Last-Modified", "")))
    for received in kept:
        assert slow.land() == _unfinished(received, total)
        assert slow.staged == dict.fromkeys(range(1, received // PART_BYTES + 1), PART_BYTES)
        _assert_nothing_visible(slow)
    assert slow.land() == _unfinished(total, total)
    _assert_nothing_visible(slow)
    staged = slow.s3.current(body_key)
    assert staged
    assert staged.body == content
    result = slow.land()
    assert (result["status"], result["key"]) == ("completed", DATA_KEY)
    _assert_landed(slow, content)
    validator = headers.get("ETag", headers.get("Last-Modified"))
    assert slow.asked == [(None, None), *((f"bytes={at}-", validator) for at in kept)]
    # The part that was not full is the only one that is fetched again.
    assert slow.s3.calls.count(("upload_part", body_key)) == -(-total // PART_BYTES)
    assert slow.s3.calls.count(("create_multipart_upload", body_key)) == 1


@pytest.mark.parametrize("extra", [0, 1], ids=["whole parts", "and a row"])
def test_given_a_body_of_whole_parts_then_it_lands_too(slow: Slow, extra: int) -> None:
    slow.content = _csv(2 * PART_BYTES // ROW + extra)
    slow.seconds = 28.0
    slow.pace = lambda _: SLOW * 1.4
    results = slow.finish()
    assert results[-2] == _unfinished(len(slow.content), len(slow.content))
    _assert_landed(slow, slow.content)


def test_given_a_slow_body_then_the_state_is_asked_each_time_but_the_link_is_not_followed_at_last(
    slow: Slow,
) -> None:
    results = slow.finish()
    asked = [it.path.endswith("/download") for it in slow.server.received]
    assert len(results) == 4
    assert asked.count(False) == 4
    assert asked.count(True) == 3
    assert asked[-1] is False


def test_given_a_landing_that_fails_at_first_then_it_lands_from_what_is_staged(slow: Slow) -> None:
    for _ in range(3):
        assert slow.land()["finished"] is False
    slow.s3.before(f"write {MANIFEST_KEY}", raising(SILENT))
    with pytest.raises(ServiceUnavailableError):
        slow.land()
    assert slow.land()["changed"] is True
    _assert_landed(slow, GZ)
    assert len(slow.asked) == 3


def test_given_a_landing_whose_reading_breaks_off_then_it_goes_on_in_the_middle(
    slow: Slow,
) -> None:
    for _ in range(3):
        slow.land()
    # The first read is the ticket's.
    reads = itertools.count(1)

    def break_off() -> None:
        if next(reads) in {4, 9}:
            raise SILENT

    slow.s3.before("read_body", break_off)
    assert slow.land()["status"] == "completed"
    assert slow.s3.calls.count(("get_object", BODY_KEY)) == 3
    _assert_landed(slow, GZ)


def test_given_an_unfinished_download_then_the_log_tells_how_far_it_is(
    slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sei_export.download.over_invocations")
    slow.land()
    [line] = [line for line in caplog.messages if "staged" in line]
    assert f"{PART_BYTES} of {len(GZ)} bytes" in line


def test_given_a_body_that_is_slow_for_a_minute_then_it_is_staged_though_most_would_have_fitted(
    slow: Slow,
) -> None:
    # Most of the time is not spent on finding out.
    slow.seconds = 900.0
    slow.pace = lambda at: MIB / 50 if at < 2 * MIB else 100 * MIB
    assert slow.land() == _unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    _assert_landed(slow, GZ)


# --- servers that cannot go on ---


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing is said"),
        pytest.param({"ETag": '"abc"'}, id="no ranges"),
        pytest.param({"ETag": '"abc"', "Accept-Ranges": "none"}, id="ranges refused"),
        pytest.param({"Accept-Ranges": "bytes"}, id="no validator"),
        pytest.param({"Accept-Ranges": "bytes", "ETag": 'W/"abc"'}, id="weak etag"),
        pytest.param(MODIFIED | {"Last-Modified": MODIFIED["Date"]}, id="changed just now"),
    ],
)
def test_given_a_slow_server_that_cannot_go_on_then_time_is_up_and_nothing_is_staged(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.headers = headers
    with pytest.raises(ExportTimedOutError, match="cannot go on in the middle") as caught:
        slow.land()
    assert "Export less at a time" in caught.value.remedy
    assert slow.touched == set()
    assert slow.s3.uploads == {}
    _assert_nothing_visible(slow)


# --- begun directly ---


def _fast_at_first(at: int) -> float:
    return 10 * MIB if at < 9 * MIB else SLOW / 2


@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_given_a_body_that_becomes_slow_then_the_next_invocations_stage_it(
    slow: Slow, content: bytes
) -> None:
    slow.content, slow.pace = content, _fast_at_first
    assert slow.land() == _unfinished(0, len(content))
    assert slow.staged == {}
    _assert_nothing_visible(slow)
    slow.pace = lambda _: SLOW
    results = slow.finish()
    assert [result.get("receivedBytes") for result in results] == [
        PART_BYTES,
        2 * PART_BYTES,
        len(content),
        None,
    ]
    assert slow.starts == [0, 0, PART_BYTES, 2 * PART_BYTES]
    _assert_landed(slow, content)


def test_given_a_body_of_unknown_length_then_nothing_is_staged_and_it_is_told_why(
    slow: Slow,
) -> None:
    slow.chunked = True
    with pytest.raises(ExportTimedOutError, match="cannot go on in the middle"):
        slow.land()
    assert slow.s3.current(TICKET_KEY) is None
    _assert_nothing_visible(slow)


def test_given_a_file_that_changed_before_its_first_part_was_staged_then_the_new_one_lands(
    slow: Slow,
) -> None:
    slow.pace = _fast_at_first
    assert slow.land() == _unfinished(0, len(GZ))
    slow.content, slow.headers, slow.pace = CSV, OTHER_ETAG, lambda _: SLOW
    slow.finish()
    assert slow.starts[1] == 0
    assert slow.upload_keys == [BODY_KEY, _body_key('"def"')]
    assert slow.corruptions == 0
    _assert_landed(slow, CSV, empty=1)


def test_given_a_longer_file_than_the_one_that_was_begun_then_it_is_not_cut_to_its_length(
    slow: Slow,
) -> None:
    # What the first invocation was told is exactly the length of the second one's first part.
    slow.content, slow.pace = CSV[:PART_BYTES], lambda at: 0.7 * MIB if at < 6 * MIB else MIB / 20
    assert slow.land() == _unfinished(0, PART_BYTES)
    slow.content, slow.headers, slow.pace = CSV, OTHER_ETAG, lambda _: SLOW
    assert slow.execute()["csvBytes"] == len(CSV)
    assert slow.corruptions == 0
    _assert_landed(slow, CSV, empty=1)


# --- crashes ---


@pytest.mark.parametrize("failure", [refusal("SlowDown", 503), SILENT], ids=["refused", "silent"])
def test_given_a_part_that_s3_refuses_then_the_parts_before_it_stay(
    slow: Slow, failure: Exception
) -> None:
    slow.land()
    slow.s3.before("upload_part", raising(failure), 2)
    with pytest.raises(ServiceUnavailableError):
        slow.land()
    assert slow.staged == {1: PART_BYTES}
    results = slow.finish()
    assert slow.starts == [0, PART_BYTES, PART_BYTES, 2 * PART_BYTES]
    assert len(results) == 3
    _assert_landed(slow, GZ)


def test_given_a_part_that_s3_refuses_in_the_first_invocation_then_the_next_one_has_its_ticket(
    slow: Slow,
) -> None:
    slow.s3.before("upload_part", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError):
        slow.land()
    assert slow.staged == {}
    assert slow.finish()[0] == _unfinished(PART_BYTES, len(GZ))
    _assert_landed(slow, GZ)


def test_given_a_connection_that_breaks_then_it_goes_on_within_the_invocation(slow: Slow) -> None:
    slow.land()
    slow.end = PART_BYTES + 3 * MIB + 1

    def mend(at: int) -> float:
        if at > PART_BYTES:
            slow.end = None
        return SLOW

    slow.pace = mend
    assert slow.land() == _unfinished(2 * PART_BYTES, len(GZ))
    assert slow.starts == [0, PART_BYTES, PART_BYTES + 3 * MIB + 1]
    slow.finish()
    _assert_landed(slow, GZ)


def test_given_a_connection_that_is_broken_for_good_then_what_is_staged_stays(slow: Slow) -> None:
    slow.land()
    slow.end = PART_BYTES + MIB
    with pytest.raises(ServiceUnavailableError, match=r"broke off.*3 times in a row") as caught:
        slow.land()
    assert "Start a new execution soon" in caught.value.remedy
    slow.end = None
    assert slow.staged == {1: PART_BYTES}
    assert slow.corruptions == 0
    _assert_nothing_visible(slow)
    assert slow.land() == _unfinished(2 * PART_BYTES, len(GZ))
    assert slow.starts[-1] == PART_BYTES


def test_given_a_server_that_is_down_then_what_is_staged_stays(slow: Slow) -> None:
    slow.land()

    def down(_: int) -> float:
        raise STALLED

    slow.pace = down
    with pytest.raises(ServiceUnavailableError, match="stalled"):
        slow.land()
    assert slow.staged == {1: PART_BYTES}
    slow.pace = lambda _: SLOW
    assert slow.land() == _unfinished(2 * PART_BYTES, len(GZ))


def test_given_a_stall_until_the_time_is_up_then_the_parts_of_this_invocation_count(
    slow: Slow,
) -> None:
    def stall(at: int) -> float:
        if at < PART_BYTES + MIB:
            return SLOW
        # The longest silence is longer than what is kept for the handover.
        slow.clock.slept.append(25.0)
        raise STALLED

    slow.pace = stall
    assert slow.land() == _unfinished(PART_BYTES, len(GZ))


@pytest.mark.parametrize(
    ("left", "goes_on_at"),
    [
        pytest.param({}, 0, id="none"),
        pytest.param({1: PART_BYTES}, 1, id="the first"),
        pytest.param({1: PART_BYTES, 2: PART_BYTES}, 2, id="two"),
        pytest.param({1: PART_BYTES, 3: 4 * MIB}, 1, id="a gap"),
        pytest.param({2: PART_BYTES, 3: 4 * MIB}, 0, id="a gap at first"),
        pytest.param({1: PART_BYTES, 2: 5 * MIB, 3: 4 * MIB}, 1, id="a short one inside"),
        pytest.param({1: PART_BYTES, 2: PART_BYTES, 3: MIB}, 2, id="a short one that is not all"),
    ],
)
def test_given_any_parts_that_a_crash_left_then_it_goes_on_after_those_before_the_first_gap(
    slow: Slow, left: dict[int, int], goes_on_at: int
) -> None:
    slow.content = CSV
    slow.land()
    slow.upload.parts = {
        number: CSV[(number - 1) * PART_BYTES :][:size] for number, size in left.items()
    }
    slow.finish()
    assert slow.starts[1] == goes_on_at * PART_BYTES
    _assert_landed(slow, CSV)


@pytest.mark.parametrize("whole_parts", [False, True], ids=["a short last part", "whole parts"])
def test_given_a_crash_before_completing_then_no_byte_is_fetched_again(
    slow: Slow, *, whole_parts: bool
) -> None:
    slow.content = CSV[: 2 * PART_BYTES] if whole_parts else CSV
    slow.land()
    slow.upload.parts = {
        number: slow.content[(number - 1) * PART_BYTES : number * PART_BYTES]
        for number in range(1, 3 if whole_parts else 4)
    }
    assert slow.land() == _unfinished(len(slow.content), len(slow.content))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 1
    _assert_landed(slow, slow.content)


@pytest.mark.parametrize("failure", [refusal("InternalError", 500), SILENT], ids=["5xx", "silent"])
def test_given_a_refusal_to_complete_then_the_next_invocation_completes(
    slow: Slow, failure: Exception
) -> None:
    slow.land()
    slow.land()
    slow.s3.before(f"write {BODY_KEY}", raising(failure))
    with pytest.raises(ServiceUnavailableError):
        slow.land()
    fetched = len(slow.asked)
    assert slow.land() == _unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == fetched
    _assert_landed(slow, GZ)


def test_given_a_crash_after_completing_then_the_next_invocation_lands(slow: Slow) -> None:
    slow.land()
    slow.land()
    slow.s3.after_writing(BODY_KEY, raising(SILENT))
    with pytest.raises(ServiceUnavailableError):
        slow.land()
    assert slow.s3.uploads == {}
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    _assert_landed(slow, GZ)


def test_given_an_upload_that_the_bucket_has_aborted_then_it_begins_anew(slow: Slow) -> None:
    slow.land()
    slow.s3.uploads.clear()
    results = slow.finish()
    assert [result.get("receivedBytes") for result in results] == [
        PART_BYTES,
        2 * PART_BYTES,
        len(GZ),
        None,
    ]
    assert slow.starts == [0, 0, PART_BYTES, 2 * PART_BYTES]
    _assert_landed(slow, GZ)


def test_given_an_aborted_upload_and_a_server_that_is_fast_now_then_it_lands_directly(
    slow: Slow,
) -> None:
    slow.land()
    slow.s3.uploads.clear()
    slow.pace = lambda _: 100 * MIB
    assert slow.land()["status"] == "completed"
    assert slow.upload_keys == [BODY_KEY]
    _assert_landed(slow, GZ)


def test_given_a_lost_ticket_then_it_begins_anew(slow: Slow) -> None:
    slow.land()
    slow.s3.delete(TICKET_KEY)
    results = slow.finish()
    assert slow.starts == [0, 0, PART_BYTES, 2 * PART_BYTES]
    assert len(results) == 4
    assert slow.contents == [CSV]
    # The upload that nobody knows of is the bucket's to abort; it is not the one that was used.
    [orphan] = slow.s3.uploads.values()
    assert list(orphan.parts) == [1]


# --- files that change, files that are corrupt ---


@pytest.mark.parametrize("headers", [OTHER_ETAG, {}], ids=["another etag", "none"])
def test_given_a_file_that_changed_between_invocations_then_all_is_discarded_and_it_begins_anew(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, headers
    with pytest.raises(CorruptDownloadError, match="changed during the download"):
        slow.land()
    _assert_nothing_visible(slow)
    _assert_discarded(slow)
    slow.seconds = ONE_PART if headers else 1000.0
    slow.finish()
    assert slow.starts[2] == 0
    _assert_landed(slow, OTHER_CSV)


def test_given_a_file_that_changed_within_the_first_invocation_then_the_next_one_begins_anew(
    slow: Slow,
) -> None:
    slow.end = PART_BYTES + MIB // 4

    def change(at: int) -> float:
        if at == slow.end:
            slow.content, slow.headers, slow.end = OTHER_CSV, OTHER_ETAG, None
        return SLOW

    slow.pace = change
    with pytest.raises(CorruptDownloadError, match="changed during the download"):
        slow.land()
    _assert_discarded(slow)
    assert slow.land()["finished"] is False
    slow.finish()
    _assert_landed(slow, OTHER_CSV)


def test_given_a_file_of_another_length_under_the_same_name_then_it_is_refused(slow: Slow) -> None:
    slow.land()
    slow.content = GZ + b"\0"
    with pytest.raises(CorruptDownloadError, match="length changed"):
        slow.land()
    _assert_discarded(slow)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(GZ[:-1], "truncated", id="truncated"),
        pytest.param(GZ[:-8] + bytes([GZ[-8] ^ 1]) + GZ[-7:], "damaged", id="bad crc"),
        pytest.param(CSV[:-MIB] + b"\0" + CSV[1 - MIB :], "NUL", id="nul"),
        pytest.param(CSV + b"1,2,3\n", "do not fit", id="misfit"),
    ],
)
def test_given_a_body_that_turns_out_to_be_corrupt_then_nothing_is_published_or_kept(
    slow: Slow, content: bytes, told: str
) -> None:
    slow.content = content
    for _ in range(3):
        assert slow.land()["finished"] is False
    with pytest.raises(CorruptDownloadError, match=told):
        slow.land()
    _assert_nothing_visible(slow)
    _assert_discarded(slow)
    slow.content = GZ
    assert slow.land() == _unfinished(PART_BYTES, len(GZ))
    slow.finish()
    _assert_landed(slow, GZ)


@pytest.mark.parametrize("step", ["delete_object", "abort_multipart_upload"])
def test_given_a_refusal_to_discard_then_the_next_invocation_discards(
    slow: Slow, step: str
) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, OTHER_ETAG
    slow.s3.before(step, raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        slow.land()
    with pytest.raises(CorruptDownloadError):
        slow.land()
    _assert_discarded(slow)


def test_given_a_refusal_to_count_then_it_begins_anew_all_the_same(slow: Slow) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, OTHER_ETAG
    slow.s3.before(f"write {TICKET_KEY}", raising(refusal("SlowDown", 503)), 2)
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        slow.land()
    slow.finish()
    assert slow.starts[2] == 0
    _assert_landed(slow, OTHER_CSV)


# --- how often it may be corrupt ---


CUT = GZ[:-1]


def test_given_a_file_that_is_truncated_each_time_then_an_execution_ends_after_three_downloads(
    slow: Slow,
) -> None:
    slow.content = CUT
    with pytest.raises(CorruptDownloadError, match="each of 3 times"):
        slow.execute()
    assert MOST_CORRUPTIONS == 3
    assert slow.starts == [0, PART_BYTES, 2 * PART_BYTES] * 3
    _assert_nothing_visible(slow)
    _assert_discarded(slow, 3)
    # Nor does another one ask for it, for as long as the count is there.
    slow.content = GZ
    with pytest.raises(CorruptDownloadError, match="each of 3 times"):
        slow.execute(run="run-2")
    assert len(slow.starts) == 9
    slow.s3.delete(TICKET_KEY)
    slow.execute(run="run-2")
    _assert_landed(slow, GZ)


@pytest.mark.parametrize("times", [1, 2])
def test_given_a_file_that_is_truncated_less_often_then_an_execution_lands_it(
    slow: Slow, times: int
) -> None:
    slow.content = CUT
    # A ticket and a count each time.
    slow.s3.after_writing(TICKET_KEY, lambda: setattr(slow, "content", GZ), 2 * times)
    assert slow.execute()["status"] == "completed"
    assert slow.corruptions == times
    assert slow.starts.count(0) == times + 1
    _assert_landed(slow, GZ)


def test_given_a_file_that_changes_each_time_it_is_gone_on_with_then_an_execution_ends(
    slow: Slow,
) -> None:
    numbers = itertools.count()

    def change(_: int) -> float:
        slow.headers = {"ETag": f'"{next(numbers)}"', "Accept-Ranges": "bytes"}
        return SLOW

    slow.pace = change
    with pytest.raises(CorruptDownloadError, match="each of 3 times"):
        slow.execute()
    assert slow.starts == [0] * 6
    _assert_discarded(slow, 3)


def test_given_a_file_that_is_shorter_under_the_same_name_then_it_begins_anew(slow: Slow) -> None:
    slow.land()
    slow.content = OTHER_CSV[:PART_BYTES]
    with pytest.raises(CorruptDownloadError, match="is shorter now"):
        slow.land()
    _assert_discarded(slow)
    slow.finish()
    _assert_landed(slow, slow.content)


# --- ranges that are only claimed ---


@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
def test_given_a_server_that_sends_everything_again_then_it_is_read_to_where_it_was(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.headers, slow.ranges = headers, False
    for received in (PART_BYTES, 2 * PART_BYTES, len(GZ)):
        assert slow.land() == _unfinished(received, len(GZ))
        # What is there already may come quickly.
        slow.pace = lambda at, received=received: 100 * MIB if at < received else SLOW  # type: ignore[misc]  # bound to each
    assert slow.land()["status"] == "completed"
    assert slow.starts == [0, 0, 0]
    assert [at for at, _ in slow.asked] == [None, *(f"bytes={n * PART_BYTES}-" for n in (1, 2))]
    assert slow.corruptions == 0
    _assert_landed(slow, GZ)


def test_given_a_server_that_sends_everything_again_as_slowly_then_it_is_too_slow(
    slow: Slow,
) -> None:
    slow.land()
    slow.ranges = False
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    assert slow.staged == {1: PART_BYTES}
    slow.ranges = True
    slow.finish()
    _assert_landed(slow, GZ)


# --- the reserve ---


@pytest.mark.parametrize(
    "headers", [pytest.param(ETAG, id="ranges"), pytest.param({}, id="no ranges")]
)
@pytest.mark.parametrize(
    ("reserve", "lands"), [(HANDOVER_SECONDS + 2, True), (HANDOVER_SECONDS - 2, False)]
)
def test_given_a_body_that_comes_at_last_then_there_is_time_left_to_publish_it(
    slow: Slow, headers: dict[str, str], reserve: float, *, lands: bool
) -> None:
    # Fast at first, so that it is not staged.
    slow.headers, slow.pace = headers, lambda at: 100 * MIB if at < 9 * MIB else SLOW
    slow.seconds = 9 / 100 + (len(GZ) / MIB - 9) / 0.5 + reserve
    left: list[float] = []
    slow.s3.before(f"write {DATA_KEY}", lambda: left.append(slow.seconds_left))
    if lands:
        assert slow.land()["status"] == "completed"
        [seconds] = left
        assert seconds > HANDOVER_SECONDS
        assert slow.touched == set()
        _assert_landed(slow, GZ)
        return
    if headers:
        assert slow.land() == _unfinished(0, len(GZ))
    else:
        with pytest.raises(ExportTimedOutError, match="cannot go on in the middle"):
            slow.land()
        assert slow.touched == set()
    # Not before it has to, either.
    assert HANDOVER_SECONDS - 1 <= slow.seconds_left <= HANDOVER_SECONDS
    assert left == []
    _assert_nothing_visible(slow)


def test_given_a_staged_body_that_is_verified_too_slowly_then_it_is_told_what_it_takes(
    slow: Slow,
) -> None:
    for _ in range(3):
        slow.land()
    slow.s3.before("read_body", lambda: slow.clock.slept.append(0.96))
    with pytest.raises(ExportTimedOutError) as caught:
        slow.land()
    assert f"All {len(GZ)} bytes are here" in caught.value.message
    assert "verifying them takes longer than one invocation" in caught.value.message
    # The first of its time went into the ticket.
    assert f" {19 * MIB} were verified" in caught.value.message
    assert "more memory" in caught.value.remedy
    assert HANDOVER_SECONDS - 1 <= slow.seconds_left <= HANDOVER_SECONDS
    _assert_nothing_visible(slow)
    assert [upload.key for upload in slow.s3.uploads.values()] == []
    assert slow.corruptions == 0
    # It is still there for a faster one.
    slow.s3.before("read_body", lambda: slow.clock.slept.append(0.7))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    _assert_landed(slow, GZ)


def test_given_a_staged_body_that_cannot_be_read_then_it_stays_for_the_next_try(
    slow: Slow,
) -> None:
    for _ in range(3):
        slow.land()
    reads = itertools.count(1)

    def break_off() -> None:
        # The first one is the ticket's.
        if next(reads) > 3:
            raise SILENT

    slow.s3.before("read_body", break_off)
    with pytest.raises(ServiceUnavailableError, match="broke off") as caught:
        slow.land()
    assert "Start a new execution soon" in caught.value.remedy
    assert all(body.closed for body in slow.s3.opened[-4:])
    _assert_nothing_visible(slow)
    slow.s3.before("read_body", lambda: None)
    assert slow.corruptions == 0
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    _assert_landed(slow, GZ)


# --- what an error leaves ---


@contextmanager
def _nothing_left(slow: Slow) -> Iterator[None]:
    """No thread that sends parts, and no connection."""
    before = set(threading.enumerate())
    yield
    threads = set(threading.enumerate()) - before
    assert [it.name for it in threads if it.name.startswith("upload")] == []
    assert slow.connections == []


@pytest.mark.parametrize("call", [1, 2], ids=["a part", "the last part"])
def test_given_an_error_while_sending_then_neither_thread_nor_connection_is_left(
    slow: Slow, call: int
) -> None:
    slow.seconds = 1000.0
    slow.pace = lambda at: SLOW / 50 if at < MIB else 100 * MIB
    slow.s3.before("upload_part", raising(SILENT), call)
    # Even while the error with its traceback is kept.
    with _nothing_left(slow), pytest.raises(ServiceUnavailableError) as caught:
        slow.land()
    assert caught.value.__traceback__


def test_given_a_changed_file_while_parts_are_sent_then_no_thread_is_left(slow: Slow) -> None:
    slow.seconds, slow.end = TWO_PARTS, PART_BYTES + MIB

    def change(at: int) -> float:
        if at == slow.end:
            slow.headers, slow.end = OTHER_ETAG, None
        return SLOW

    slow.pace = change
    with _nothing_left(slow), pytest.raises(CorruptDownloadError, match="changed") as caught:
        slow.land()
    assert caught.value.__traceback__


def test_given_time_that_is_up_then_no_thread_is_left(slow: Slow) -> None:
    with _nothing_left(slow):
        assert slow.land()["finished"] is False
    slow.pace = lambda _: SLOW / 4
    with _nothing_left(slow), pytest.raises(ExportTimedOutError) as caught:
        slow.land()
    assert caught.value.__traceback__


@pytest.mark.parametrize(
    ("step", "call"),
    # Uploads were begun to land directly and to stage.
    [("create_multipart_upload", 3), (f"write {TICKET_KEY}", 2)],
    ids=["upload", "ticket"],
)
def test_given_a_changed_file_that_cannot_be_begun_then_its_connection_is_closed(
    slow: Slow, step: str, call: int
) -> None:
    slow.pace = _fast_at_first
    assert slow.land() == _unfinished(0, len(GZ))
    slow.headers, slow.pace = OTHER_ETAG, lambda _: SLOW
    slow.s3.before(step, raising(refusal("SlowDown", 503)), call)
    with pytest.raises(ServiceUnavailableError) as caught:
        slow.land()
    assert caught.value.__traceback__
    assert len(slow.starts) == 2
    assert slow.connections == []
    slow.finish()
    assert slow.contents == [CSV]


# --- no progress, slow reads ---


def test_given_less_than_a_part_in_an_invocation_then_time_is_up_and_a_faster_one_goes_on(
    slow: Slow,
) -> None:
    slow.land()
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow") as caught:
        slow.land()
    assert f"a part of {PART_BYTES}" in caught.value.message
    assert "Export less at a time" in caught.value.remedy
    assert slow.staged == {1: PART_BYTES}
    _assert_nothing_visible(slow)
    slow.pace = lambda _: SLOW
    slow.finish()
    assert slow.starts == [0, PART_BYTES, PART_BYTES, 2 * PART_BYTES]
    _assert_landed(slow, GZ)


def test_given_less_than_a_part_in_the_first_invocation_then_the_next_goes_on_with_its_upload(
    slow: Slow,
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    assert slow.staged == {}
    begun = dict(slow.s3.uploads)
    slow.pace = lambda _: SLOW
    assert slow.land() == _unfinished(PART_BYTES, len(GZ))
    assert slow.s3.uploads == begun
    assert slow.upload_keys == [BODY_KEY]
    assert slow.asked == [(None, None)] * 2
    slow.finish()
    _assert_landed(slow, GZ)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(GZ, OTHER_ETAG, id="another name"),
        pytest.param(CSV, ETAG, id="another length"),
        pytest.param(GZ, MODIFIED, id="a date"),
    ],
)
def test_given_an_upload_without_parts_when_the_file_has_changed_then_another_is_begun(
    slow: Slow, content: bytes, headers: dict[str, str]
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    [old] = slow.s3.uploads
    slow.pace, slow.content, slow.headers = lambda _: SLOW, content, headers
    assert slow.land() == _unfinished(PART_BYTES, len(content))
    assert slow.s3.uploads[old].parts == {}
    assert slow.staged == {1: PART_BYTES}
    assert slow.starts == [0, 0]
    slow.finish()
    assert slow.corruptions == 0
    _assert_landed(slow, content, empty=1)


@pytest.mark.parametrize(
    ("headers", "chunked"),
    [
        pytest.param({}, False, id="no validator, no ranges"),
        pytest.param({"ETag": '"def"'}, False, id="no ranges"),
        pytest.param(ETAG, True, id="no length"),
    ],
)
def test_given_an_upload_without_parts_when_the_server_cannot_go_on_any_more_then_it_is_landed(
    slow: Slow, headers: dict[str, str], *, chunked: bool
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    slow.headers, slow.chunked = headers, chunked
    with pytest.raises(ExportTimedOutError, match="cannot go on in the middle"):
        slow.land()
    # Here too there is time left to publish.
    assert HANDOVER_SECONDS - 1.1 <= slow.seconds_left <= HANDOVER_SECONDS
    slow.seconds, slow.pace = 1000.0, lambda _: SLOW
    assert slow.land()["status"] == "completed"
    _assert_landed(slow, GZ, empty=1)


def test_given_an_upload_without_parts_when_the_server_breaks_off_at_once_then_start_again_soon(
    slow: Slow,
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    slow.end = 0
    with pytest.raises(ServiceUnavailableError, match="broke off"):
        slow.land()


@pytest.mark.parametrize(
    ("left", "kept"), [pytest.param(6.0, True, id="kept"), pytest.param(4.0, False, id="too late")]
)
@pytest.mark.parametrize("part", [1, 2])
def test_given_the_only_part_of_an_invocation_then_there_is_time_left_to_send_it(
    slow: Slow, part: int, left: float, *, kept: bool
) -> None:
    if part == 2:
        slow.land()
    # Read to its end with less than the handover's time left.
    slow.seconds = PART_BYTES / SLOW + left
    if kept:
        assert slow.land() == _unfinished(part * PART_BYTES, len(GZ))
        assert slow.seconds_left >= 5
    else:
        with pytest.raises(ExportTimedOutError, match="too slow"):
            slow.land()
        assert 4 <= slow.seconds_left < 5
        assert slow.staged == dict.fromkeys(range(1, part), PART_BYTES)
    slow.seconds = ONE_PART
    slow.finish()
    _assert_landed(slow, GZ)


def test_given_a_last_part_that_comes_whole_as_time_is_up_then_it_counts(slow: Slow) -> None:
    slow.land()
    slow.land()
    rest = len(GZ) - 2 * PART_BYTES
    # All of it is there when less than the handover's time is left.
    slow.pace = lambda _: rest / (ONE_PART - 14)
    results = slow.finish()
    assert results[0] == _unfinished(len(GZ), len(GZ))
    _assert_landed(slow, GZ)


def test_given_a_slow_source_then_it_is_read_in_smaller_pieces_and_stopped_in_time(
    slow: Slow,
) -> None:
    slow.pace = lambda _: MIB / 10
    slow.seconds = 120.0
    left: list[float] = []
    slow.s3.before("upload_part", lambda: left.append(slow.seconds - sum(slow.clock.slept)))
    assert slow.land() == _unfinished(PART_BYTES, len(GZ))
    reads = slow.clock.slept
    # Ten seconds, two and a half, and from then on less than one.
    assert reads[0] == READ_BYTES / (MIB / 10)
    assert max(reads[2:]) < 1
    # So the time that is kept for the parts is not read away.
    assert 14 <= slow.seconds - sum(reads) <= 15
    assert len(left) == 1


@pytest.mark.parametrize("pace", [MIB * 1.01, 100 * MIB])
def test_given_a_fast_source_then_its_reads_are_large(slow: Slow, pace: float) -> None:
    slow.pace, slow.seconds = lambda _: pace, 1000.0
    slow.land()
    assert slow.clock.slept[:-2] == [READ_BYTES / pace] * (len(GZ) // READ_BYTES)


# --- twins ---


@dataclass
class Twin:
    """Another execution of the same export, of which a few invocations come at a bad moment."""

    slow: Slow
    invocations: int

    def __post_init__(self) -> None:
        self.own = self.slow.twin()
        self._result: JsonObject = {}

    def disturb(self) -> None:
        """Some invocations, until it has landed; one that is disturbed itself is tried again."""
        for _ in range(self.invocations):
            with suppress(ServiceUnavailableError):
                result = self.own.land(run="run-2")
                if result.get("finished") is not False:
                    self._result = result
                    return

    def finish(self) -> JsonObject:
        """What it ends with."""
        return self._result or self.own.execute(run="run-2")


def _agree(results: list[JsonObject]) -> bool:
    """Two executions tell of one object."""
    own = {"executionArn", "changed"}
    first, second = ({key: it[key] for key in it if key not in own} for it in results)
    return first == second


def _assert_one_of_two(slow: Slow, results: list[JsonObject]) -> None:
    assert _agree(results)
    assert [result["changed"] for result in results].count(True) >= 1
    assert [len(slow.s3.versions[key]) for key in (DATA_KEY, BODY_KEY)] == [1, 1]
    assert slow.contents == [CSV]
    assert slow.s3.uploads == {}
    assert slow.corruptions == 0


@pytest.mark.parametrize("new_etags", [False, True], ids=["same etags", "new etags"])
@pytest.mark.parametrize("invocations", [1, 2, 4], ids=lambda number: f"{number} invocations")
def test_given_a_twin_that_starts_while_the_first_part_is_sent_then_neither_disturbs_the_other(
    slow: Slow, invocations: int, *, new_etags: bool
) -> None:
    slow.s3.new_part_etags = new_etags
    twin = Twin(slow, invocations)
    found: list[dict[int, int]] = []

    def start() -> None:
        found.append(slow.staged)
        twin.disturb()
        found.append(slow.staged if slow.s3.uploads else {})

    slow.s3.before("upload_part", start)
    results = [slow.execute(), twin.finish()]
    # A ticket without parts; the twin goes on with that.
    assert found[0] == {}
    assert len(found[1]) == (invocations if invocations < 3 else 0)
    assert twin.own.starts[0] == 0
    assert slow.upload_keys == [BODY_KEY]
    _assert_one_of_two(slow, results)


def test_given_a_twin_that_sends_a_part_again_when_completed_then_the_next_invocation_completes(
    slow: Slow,
) -> None:
    slow.s3.new_part_etags = True
    slow.land()
    slow.land()

    def send_again() -> None:
        [upload_id] = slow.s3.uploads
        slow.s3.upload_part(
            Bucket=BUCKET, Key=BODY_KEY, UploadId=upload_id, PartNumber=2, Body=slow.upload.parts[2]
        )

    slow.s3.before(f"write {BODY_KEY}", send_again)
    with pytest.raises(ServiceUnavailableError, match="InvalidPart"):
        slow.land()
    fetched = len(slow.asked)
    assert slow.land() == _unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == fetched
    _assert_landed(slow, GZ)


@settings(max_examples=25)
@given(
    at=st.integers(1, 45),
    invocations=st.integers(1, 5),
    seconds=st.sampled_from([ONE_PART, TWO_PARTS]),
    new_etags=st.booleans(),
)
def test_given_a_twin_at_any_moment_then_both_tell_of_the_same_object_and_nothing_is_open(
    *, at: int, invocations: int, seconds: float, new_etags: bool
) -> None:
    slow = Slow(seconds=seconds)
    slow.s3.new_part_etags = new_etags
    twin = Twin(slow, invocations)
    slow.s3.before("any", twin.disturb, at)
    with slow.server:
        results = [slow.execute(), twin.finish()]
    # Between two looks: the next test.
    assume(slow.s3.operations()[at - 1 : at] != ["list_parts"])
    _assert_one_of_two(slow, results)


def test_given_a_twin_that_completes_between_two_looks_then_it_is_not_begun_anew(
    slow: Slow,
) -> None:
    slow.land()
    slow.land()
    fetched, twin = len(slow.asked), Twin(slow, 1)
    # The body was not there, and now the upload is not.
    slow.s3.before("list_parts", twin.disturb, 2)
    results = [slow.execute(), twin.finish()]
    # Only the twin has fetched something.
    assert len(slow.asked) == fetched + 1
    _assert_one_of_two(slow, results)


# --- any budgets ---


ROWS_IN_A_PART = PART_BYTES // ROW
# Lengths around the ends of parts, and some in the middle.
LENGTHS = st.builds(
    lambda parts, more: max(parts * ROWS_IN_A_PART + more, 1),
    st.integers(0, 2),
    st.integers(-2, 2) | st.integers(0, ROWS_IN_A_PART // 2),
)
PACES = st.lists(st.sampled_from([0.1, 0.3, 0.4, 0.5, 0.7, 0.9, 2.0]), min_size=2, max_size=8)


def _content(rows: int, *, plain: bool) -> bytes:
    csv = CSV[: rows * ROW]
    return csv if plain else gzip.compress(csv, 0, mtime=0)


def _at_any_pace(slow: Slow, paces: list[float], passing: type[SeiExportError]) -> list[JsonObject]:
    """An invocation at each pace, then as many as it takes; what they returned."""
    results: list[JsonObject] = []
    with slow.server:
        for pace in [*paces, *[0.7] * 12]:
            slow.pace = lambda _, pace=pace: pace * MIB  # type: ignore[misc]  # bound to each
            with suppress(ExportTimedOutError, passing):
                results.append(slow.land())
                if results[-1].get("finished") is not False:
                    break
    return results


@settings(max_examples=25)
@given(
    rows=LENGTHS,
    paces=PACES,
    seconds=st.sampled_from([30.0, 34.0, 50.0, 70.0]),
    plain=st.booleans(),
)
def test_given_any_length_and_any_pace_then_it_lands_and_no_byte_of_a_full_part_comes_twice(
    *, rows: int, paces: list[float], seconds: float, plain: bool
) -> None:
    content = _content(rows, plain=plain)
    slow = Slow(content=content, seconds=seconds)
    results = _at_any_pace(slow, paces, ExportTimedOutError)
    assert results[-1]["status"] == "completed"
    _assert_landed(slow, content)
    # What was begun directly was not kept.
    begun_directly = _unfinished(0, len(content)) in results
    staging = slow.came[1:] if begun_directly else slow.came
    assert [start for start, _ in staging[:1]] in ([], [0])
    for (_, end), (start, _) in itertools.pairwise(staging):
        assert start == end // PART_BYTES * PART_BYTES


@settings(max_examples=15)
@given(
    rows=LENGTHS,
    paces=PACES,
    refused=st.sets(st.integers(1, 6), max_size=3),
    lost=st.booleans(),
    plain=st.booleans(),
)
def test_given_any_crashes_then_the_same_content_lands(
    *, rows: int, paces: list[float], refused: set[int], lost: bool, plain: bool
) -> None:
    content = _content(rows, plain=plain)
    slow = Slow(content=content)
    for call in refused:
        slow.s3.before("upload_part", raising(SILENT), call)
    if lost:
        slow.s3.after_writing(BODY_KEY, raising(SILENT))
    results = _at_any_pace(slow, paces, ServiceUnavailableError)
    assert results[-1]["status"] == "completed"
    _assert_landed(slow, content)
