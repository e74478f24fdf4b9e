"""Files that change while they are downloaded, and files that are corrupt: discarded, counted."""

import itertools

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.download.over_invocations import HANDOVER_SECONDS, MOST_CORRUPTIONS
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    ServiceUnavailableError,
)
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.slow_line import (
    CSV,
    GZ,
    MIB,
    ONE_PART,
    OTHER_CSV,
    OTHER_ETAG,
    SLOW,
    TICKET_KEY,
    TWO_PARTS,
    Slow,
    assert_discarded,
    assert_landed,
    assert_nothing_visible,
    unfinished,
)


@pytest.mark.parametrize("headers", [OTHER_ETAG, {}], ids=["another etag", "none"])
def test_given_a_file_that_changed_between_invocations_then_it_begins_anew(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, headers
    assert slow.land() == unfinished(0, len(GZ))
    assert_nothing_visible(slow)
    assert_discarded(slow, corruptions=0, changes=1)
    slow.seconds = ONE_PART if headers else 1000.0
    slow.finish()
    assert slow.starts[2] == 0
    assert_landed(slow, OTHER_CSV)


def test_given_a_file_that_changed_in_the_first_invocation_then_the_next_begins_anew(
    slow: Slow,
) -> None:
    slow.end = PART_BYTES + MIB // 4

    def change(at: int) -> float:
        if at == slow.end:
            slow.content, slow.headers, slow.end = OTHER_CSV, OTHER_ETAG, None
        return SLOW

    slow.pace = change
    assert slow.land() == unfinished(0, len(GZ))
    assert_discarded(slow, corruptions=0, changes=1)
    assert slow.land()["finished"] is False
    slow.finish()
    assert_landed(slow, OTHER_CSV)


def test_given_a_file_of_another_length_under_the_same_name_then_it_begins_anew(
    slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    slow.land()
    slow.content = GZ + b"\0"
    assert slow.land() == unfinished(0, len(GZ))
    assert "length changed" in caplog.text
    assert_discarded(slow, corruptions=0, changes=1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(GZ[:-1], "truncated", id="truncated"),
        pytest.param(GZ[:-8] + bytes([GZ[-8] ^ 1]) + GZ[-7:], "damaged", id="bad crc"),
        pytest.param(CSV[:-MIB] + b"\0" + CSV[1 - MIB :], "NUL", id="nul"),
        pytest.param(CSV + b"1,2,3\n", "has 3 fields; its header has 2", id="misfit"),
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
    assert_nothing_visible(slow)
    assert_discarded(slow)
    slow.content = GZ
    assert slow.land() == unfinished(PART_BYTES, len(GZ))
    slow.finish()
    assert_landed(slow, GZ)


@pytest.mark.parametrize("step", ["delete_object", "abort_multipart_upload"])
def test_given_a_refusal_to_discard_then_the_next_invocation_discards(
    slow: Slow, step: str
) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, OTHER_ETAG
    slow.s3.before(step, raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        slow.land()
    assert slow.land() == unfinished(0, len(GZ))
    assert_discarded(slow, corruptions=0, changes=1)


def test_given_a_refusal_to_count_then_it_begins_anew_all_the_same(slow: Slow) -> None:
    slow.land()
    slow.content, slow.headers = OTHER_CSV, OTHER_ETAG
    slow.s3.before(f"write {TICKET_KEY}", raising(refusal("SlowDown", 503)), 2)
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        slow.land()
    slow.finish()
    assert slow.starts[2] == 0
    assert_landed(slow, OTHER_CSV)


# --- how often it may be corrupt ---


CUT = GZ[:-1]


def test_given_a_file_that_is_always_truncated_then_it_ends_after_three_downloads(
    slow: Slow,
) -> None:
    slow.content = CUT
    with pytest.raises(CorruptDownloadError, match="each of 3 times"):
        slow.execute()
    assert MOST_CORRUPTIONS == 3
    assert slow.starts == [0, PART_BYTES, 2 * PART_BYTES] * 3
    assert_nothing_visible(slow)
    assert_discarded(slow, 3)
    # Nor does another one ask for it, for as long as the count is there.
    slow.content = GZ
    with pytest.raises(CorruptDownloadError, match="each of 3 times"):
        slow.execute(run="run-2")
    assert len(slow.starts) == 9
    slow.s3.delete(TICKET_KEY)
    slow.execute(run="run-2")
    assert_landed(slow, GZ)


@pytest.mark.parametrize("times", [1, 2])
def test_given_a_file_that_is_truncated_less_often_then_an_execution_lands_it(
    slow: Slow, times: int
) -> None:
    slow.content = CUT
    # A ticket, its checksum and a count each time.
    slow.s3.after_writing(TICKET_KEY, lambda: setattr(slow, "content", GZ), 3 * times)
    assert slow.execute()["status"] == "completed"
    assert slow.corruptions == times
    assert slow.starts.count(0) == times + 1
    assert_landed(slow, GZ)


def _name_anew(slow: Slow) -> None:
    """From now on each connection gives the file another name."""
    numbers = itertools.count()

    def change(_: int) -> float:
        slow.headers = {"ETag": f'"{next(numbers)}"', "Accept-Ranges": "bytes"}
        return SLOW

    slow.pace = change


def test_given_a_file_named_anew_whenever_it_is_resumed_then_the_third_try_is_one_piece(
    slow: Slow,
) -> None:
    _name_anew(slow)
    for _ in range(2):
        assert slow.land() == unfinished(PART_BYTES, len(GZ))
        assert slow.land() == unfinished(0, len(GZ))
    assert_discarded(slow, corruptions=0, changes=2)
    slow.seconds = TWO_PARTS + HANDOVER_SECONDS
    assert slow.land()["status"] == "completed"
    assert slow.starts == [0] * 5
    assert_landed(slow, GZ)


def test_given_a_file_named_anew_that_does_not_fit_into_one_invocation_then_it_ends(
    slow: Slow,
) -> None:
    _name_anew(slow)
    with pytest.raises(ExportTimedOutError, match="names the file anew each time") as caught:
        slow.execute()
    assert "Export less at a time" in caught.value.remedy
    assert slow.starts == [0] * 5
    assert_discarded(slow, corruptions=0, changes=2)
    assert_nothing_visible(slow)


def test_given_a_file_that_changes_at_last_then_an_execution_ends(slow: Slow) -> None:
    # Without a name, and each connection breaks off once in the middle.
    slow.headers, slow.seconds, slow.pace = {}, 1000.0, lambda _: 100 * MIB
    slow.end, contents = 3 * MIB, itertools.cycle([OTHER_CSV, CSV, GZ])

    def change(at: int) -> float:
        if at == slow.end:
            slow.content = next(contents)
        return 100 * MIB

    slow.pace = change
    with pytest.raises(CorruptDownloadError, match="changed during the download"):
        slow.execute()
    # Begun anew twice, then as often as the state machine tries again.
    assert_discarded(slow, corruptions=0, changes=2)
    assert_nothing_visible(slow)


def test_given_a_file_that_is_shorter_under_the_same_name_then_it_begins_anew(slow: Slow) -> None:
    slow.land()
    slow.content = OTHER_CSV[:PART_BYTES]
    assert slow.land() == unfinished(0, len(GZ))
    assert_discarded(slow, corruptions=0, changes=1)
    slow.finish()
    assert_landed(slow, slow.content)
