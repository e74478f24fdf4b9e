"""Downloads that are interrupted: by S3, by the server, by a crash. What is staged stays."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.errors import (
    ExportTimedOutError,
    ServiceUnavailableError,
    StorageError,
)
from tests.fakes.s3_failures import SILENT, raising, refusal
from tests.fakes.slow_line import (
    BODY_KEY,
    CSV,
    FOLDER,
    GZ,
    MIB,
    OTHER_ETAG,
    SLOW,
    STALLED,
    TICKET_KEY,
    TWO_PARTS,
    Slow,
    assert_landed,
    assert_nothing_visible,
    fast_at_first,
    unfinished,
)
from tests.fakes.stage import MANIFEST_KEY

# --- while it lands ---


def test_given_a_landing_that_fails_at_first_then_it_lands_from_what_is_staged(slow: Slow) -> None:
    for _ in range(3):
        assert slow.land()["finished"] is False
    slow.s3.before(f"write {MANIFEST_KEY}", raising(SILENT))
    with pytest.raises(ServiceUnavailableError, match=f"writing .*{MANIFEST_KEY}"):
        slow.land()
    assert slow.land()["changed"] is True
    assert_landed(slow, GZ)
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
    assert_landed(slow, GZ)


# --- crashes ---


@pytest.mark.parametrize("failure", [refusal("SlowDown", 503), SILENT], ids=["refused", "silent"])
def test_given_a_part_that_s3_refuses_then_the_parts_before_it_stay(
    slow: Slow, failure: Exception
) -> None:
    slow.land()
    slow.s3.before("upload_part", raising(failure), 2)
    with pytest.raises(ServiceUnavailableError, match=f"sending part 2 of .*{BODY_KEY}"):
        slow.land()
    assert slow.staged == {1: PART_BYTES}
    results = slow.finish()
    assert slow.starts == [0, PART_BYTES, PART_BYTES, 2 * PART_BYTES]
    assert len(results) == 3
    assert_landed(slow, GZ)


def test_given_a_first_part_that_s3_refuses_then_the_next_invocation_has_its_ticket(
    slow: Slow,
) -> None:
    slow.s3.before("upload_part", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match=f"AccessDenied when sending part 1 of .*{BODY_KEY}"):
        slow.land()
    assert slow.staged == {}
    assert slow.finish()[0] == unfinished(PART_BYTES, len(GZ))
    assert_landed(slow, GZ)


def test_given_a_connection_that_breaks_then_it_goes_on_within_the_invocation(slow: Slow) -> None:
    slow.land()
    slow.end = PART_BYTES + 3 * MIB + 1

    def mend(at: int) -> float:
        if at > PART_BYTES:
            slow.end = None
        return SLOW

    slow.pace = mend
    assert slow.land() == unfinished(2 * PART_BYTES, len(GZ))
    assert slow.starts == [0, PART_BYTES, PART_BYTES + 3 * MIB + 1]
    slow.finish()
    assert_landed(slow, GZ)


def test_given_a_connection_that_is_broken_for_good_then_what_is_staged_stays(slow: Slow) -> None:
    slow.land()
    slow.end = PART_BYTES + MIB
    with pytest.raises(ServiceUnavailableError, match=r"broke off.*3 times in a row") as caught:
        slow.land()
    assert "Start a new execution soon" in caught.value.remedy
    slow.end = None
    assert slow.staged == {1: PART_BYTES}
    assert slow.corruptions == 0
    assert_nothing_visible(slow)
    assert slow.land() == unfinished(2 * PART_BYTES, len(GZ))
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
    assert slow.land() == unfinished(2 * PART_BYTES, len(GZ))


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
    assert slow.land() == unfinished(PART_BYTES, len(GZ))


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
def test_given_any_parts_left_by_a_crash_then_it_goes_on_at_the_first_gap(
    slow: Slow, left: dict[int, int], goes_on_at: int
) -> None:
    slow.content = CSV
    slow.land()
    slow.upload.parts = {
        number: CSV[(number - 1) * PART_BYTES :][:size] for number, size in left.items()
    }
    slow.finish()
    assert slow.starts[1] == goes_on_at * PART_BYTES
    assert_landed(slow, CSV)


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
    assert slow.land() == unfinished(len(slow.content), len(slow.content))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 1
    assert_landed(slow, slow.content)


@pytest.mark.parametrize("failure", [refusal("InternalError", 500), SILENT], ids=["5xx", "silent"])
def test_given_a_refusal_to_complete_then_the_next_invocation_completes(
    slow: Slow, failure: Exception
) -> None:
    slow.land()
    slow.land()
    slow.s3.before(f"write {BODY_KEY}", raising(failure))
    with pytest.raises(ServiceUnavailableError, match=f"completing .*{BODY_KEY}"):
        slow.land()
    fetched = len(slow.asked)
    assert slow.land() == unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == fetched
    assert_landed(slow, GZ)


def test_given_a_crash_after_completing_then_the_next_invocation_lands(slow: Slow) -> None:
    slow.land()
    slow.land()
    slow.s3.after_writing(BODY_KEY, raising(SILENT))
    with pytest.raises(ServiceUnavailableError, match=f"completing .*{BODY_KEY}"):
        slow.land()
    assert slow.s3.uploads == {}
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    assert_landed(slow, GZ)


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
    assert_landed(slow, GZ)


def test_given_an_aborted_upload_when_the_server_is_fast_then_it_lands_directly(
    slow: Slow,
) -> None:
    slow.land()
    slow.s3.uploads.clear()
    slow.pace = lambda _: 100 * MIB
    assert slow.land()["status"] == "completed"
    assert slow.upload_keys == [BODY_KEY]
    assert_landed(slow, GZ)


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
    assert_nothing_visible(slow)
    slow.s3.before("read_body", lambda: None)
    assert slow.corruptions == 0
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    assert_landed(slow, GZ)


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
    # Parts are on their way side by side: which of them the call is about is chance.
    told = "sending part [1-3] of "
    with _nothing_left(slow), pytest.raises(ServiceUnavailableError, match=told) as caught:
        slow.land()
    assert caught.value.__traceback__


def test_given_a_changed_file_while_parts_are_sent_then_no_thread_is_left(slow: Slow) -> None:
    slow.seconds, slow.end = TWO_PARTS, PART_BYTES + MIB

    def change(at: int) -> float:
        if at == slow.end:
            slow.headers, slow.end = OTHER_ETAG, None
        return SLOW

    slow.pace = change
    with _nothing_left(slow):
        assert slow.land() == unfinished(0, len(GZ))


def test_given_time_that_is_up_then_no_thread_is_left(slow: Slow) -> None:
    with _nothing_left(slow):
        assert slow.land()["finished"] is False
    slow.pace = lambda _: SLOW / 4
    with _nothing_left(slow), pytest.raises(ExportTimedOutError, match="too slow") as caught:
        slow.land()
    assert caught.value.__traceback__


@pytest.mark.parametrize(
    ("step", "call", "told"),
    [
        # Uploads were begun to land directly and to stage.
        pytest.param("create_multipart_upload", 3, f"beginning .*{FOLDER}body-", id="upload"),
        pytest.param(f"write {TICKET_KEY}", 2, f"writing .*{TICKET_KEY}", id="ticket"),
    ],
)
def test_given_a_changed_file_that_cannot_be_begun_then_its_connection_is_closed(
    slow: Slow, step: str, call: int, told: str
) -> None:
    slow.pace = fast_at_first
    assert slow.land() == unfinished(0, len(GZ))
    slow.headers, slow.pace = OTHER_ETAG, lambda _: SLOW
    slow.s3.before(step, raising(refusal("SlowDown", 503)), call)
    with pytest.raises(ServiceUnavailableError, match=told) as caught:
        slow.land()
    assert caught.value.__traceback__
    assert len(slow.starts) == 2
    assert slow.connections == []
    slow.finish()
    assert slow.contents == [CSV]
