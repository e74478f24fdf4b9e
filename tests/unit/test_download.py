"""Downloads that do not fit into one invocation: where each of them stops and goes on."""

import gzip
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.exceptions import ReadTimeoutError

from sei_export import keys
from sei_export.client import InProject, SeiClient
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    SeiExportError,
    ServiceUnavailableError,
    StorageError,
)
from sei_export.http import HttpClient
from sei_export.jsontypes import JsonObject
from sei_export.reports import Report
from sei_export.transfer import READ_BYTES
from sei_export.upload import PART_BYTES
from sei_export.urls import BaseUrl
from tests.unit.fake_timing import FakeClock, FakeKey
from tests.unit.fakes_s3 import Multipart, raising, refusal
from tests.unit.loopback import Answer, Received, reply
from tests.unit.s3_failures import SILENT
from tests.unit.stage import DATA_KEY, LANDED_KEY, MANIFEST_KEY, REQUEST, Stage

MIB = 1024 * 1024
ROW = 1024
"""Parts end between two rows, so that a CSV without its last parts is a CSV too."""

FOLDER = keys.staging_folder(REQUEST.report, "exp_1")
BODY_KEY, TICKET_KEY = f"{FOLDER}body", f"{FOLDER}ticket.json"


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
        report: Report,
        export_id: str,
        link: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """The same, only slower."""
        with super().download(report, export_id, link, headers) as response:
            at = int((headers or {}).get("Range", "bytes=0-")[6:-1])
            came = [at, at]
            self._stage.came.append(came)
            stage = self._stage
            response.raw = Wire(response.raw, stage.clock, stage.pace, came)
            yield response


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

    def connect(self, asked: InProject) -> SeiClient:
        """A new invocation."""
        self.clock = FakeClock()
        base = BaseUrl.parse(f"{self.server.origin}/sei/api")
        http = HttpClient(base, FakeKey(), self.seconds, self.clock.timing)
        return SlowClient(http, base, asked, self)

    def finish(self, most: int = 9) -> list[JsonObject]:
        """Call until it has landed; all that the calls returned."""
        results = [self.land()]
        while results[-1].get("finished") is False:
            assert len(results) < most
            results.append(self.land())
        return results

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
        [upload] = [upload for upload in self.s3.uploads.values() if upload.key == BODY_KEY]
        return upload

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


def _unfinished(received: int, total: int | None) -> JsonObject:
    return {"finished": False, "receivedBytes": received, "totalBytes": total}


def _assert_landed(slow: Slow, content: bytes) -> None:
    """Once, whole, announced, and with nothing open."""
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
    assert slow.s3.uploads == {}


def _assert_nothing_visible(slow: Slow) -> None:
    assert [line for line in slow.journal if FOLDER not in line] == []
    assert slow.contents == []
    assert {upload.key for upload in slow.s3.uploads.values()} <= {BODY_KEY}


def _assert_discarded(slow: Slow) -> None:
    assert slow.s3.uploads == {}
    assert slow.s3.current(BODY_KEY) is None
    assert slow.s3.current(TICKET_KEY) is None


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
    total = len(content)
    for received in kept:
        assert slow.land() == _unfinished(received, total)
        assert slow.staged == dict.fromkeys(range(1, received // PART_BYTES + 1), PART_BYTES)
        _assert_nothing_visible(slow)
    assert slow.land() == _unfinished(total, total)
    _assert_nothing_visible(slow)
    staged = slow.s3.current(BODY_KEY)
    assert staged
    assert staged.body == content
    result = slow.land()
    assert (result["status"], result["key"]) == ("completed", DATA_KEY)
    _assert_landed(slow, content)
    validator = headers.get("ETag", headers.get("Last-Modified"))
    assert slow.asked == [(None, None), *((f"bytes={at}-", validator) for at in kept)]
    # The part that was not full is the only one that is fetched again.
    assert slow.s3.calls.count(("upload_part", BODY_KEY)) == -(-total // PART_BYTES)
    assert slow.s3.calls.count(("create_multipart_upload", BODY_KEY)) == 1


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
    caplog.set_level("INFO", "sei_export.download")
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
    _assert_landed(slow, CSV)


def test_given_a_longer_file_than_the_one_that_was_begun_then_it_is_not_cut_to_its_length(
    slow: Slow,
) -> None:
    # What the first invocation was told is exactly the length of the second one's first part.
    slow.content, slow.pace = CSV[:PART_BYTES], lambda at: 0.7 * MIB if at < 6 * MIB else MIB / 20
    assert slow.land() == _unfinished(0, PART_BYTES)
    slow.content, slow.headers, slow.pace = CSV, OTHER_ETAG, lambda _: SLOW
    results = _with_retries(slow)
    assert results[-1]["csvBytes"] == len(CSV)
    _assert_landed(slow, CSV)


def _with_retries(slow: Slow) -> list[JsonObject]:
    """As the state machine does: a corrupt download is tried again, twice."""
    for _ in range(2):
        with suppress(CorruptDownloadError):
            return slow.finish()
    return slow.finish()


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
    with pytest.raises(SeiExportError, match="broke off"):
        slow.land()
    slow.end = None
    assert slow.staged == {1: PART_BYTES}
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
    assert slow.s3.current(TICKET_KEY) is None
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


@pytest.mark.parametrize(
    ("step", "call"), [("delete_object", 2), ("abort_multipart_upload", 1)], ids=["body", "upload"]
)
def test_given_a_refusal_to_discard_then_the_next_invocation_discards(
    slow: Slow, step: str, call: int
) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, OTHER_ETAG
    slow.s3.before(step, raising(refusal("SlowDown", 503)), call)
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        slow.land()
    with pytest.raises(CorruptDownloadError):
        slow.land()
    _assert_discarded(slow)


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


def test_given_less_than_a_part_in_the_first_invocation_then_its_ticket_is_harmless(
    slow: Slow,
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    assert slow.staged == {}
    slow.pace = lambda _: 100 * MIB
    assert slow.finish()[0] == _unfinished(len(GZ), len(GZ))
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
