"""Downloads that do not fit into one invocation: where each of them stops and goes on."""

import gzip
import itertools
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.bucket.parts import PART_BYTES
from sei_export.download.body import READ_BYTES
from sei_export.download.over_invocations import HANDOVER_SECONDS
from sei_export.errors import (
    ExportTimedOutError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject
from tests.fakes.s3_failures import SILENT, raising
from tests.fakes.slow_line import (
    BODY_KEY,
    CSV,
    ETAG,
    GZ,
    MIB,
    MODIFIED,
    ONE_PART,
    OTHER_ETAG,
    ROW,
    SLOW,
    TWO_PARTS,
    Slow,
    assert_landed,
    assert_nothing_visible,
    csv_of,
    fast_at_first,
    staged_key,
    unfinished,
)
from tests.fakes.stage import DATA_KEY


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        pytest.param(ONE_PART, [PART_BYTES, 2 * PART_BYTES], id="a part at a time"),
        pytest.param(TWO_PARTS, [2 * PART_BYTES], id="two parts at a time"),
    ],
)
@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_given_a_slow_body_then_each_invocation_fetches_more_and_the_last_lands_it(
    slow: Slow, content: bytes, headers: dict[str, str], seconds: float, kept: list[int]
) -> None:
    slow.content, slow.headers, slow.seconds = content, headers, seconds
    total = len(content)
    body_key = staged_key(headers.get("ETag", headers.get("Last-Modified", "")))
    for received in kept:
        assert slow.land() == unfinished(received, total)
        assert slow.staged == dict.fromkeys(range(1, received // PART_BYTES + 1), PART_BYTES)
        assert_nothing_visible(slow)
    assert slow.land() == unfinished(total, total)
    assert_nothing_visible(slow)
    staged = slow.s3.current(body_key)
    assert staged
    assert staged.body == content
    result = slow.land()
    assert (result["status"], result["key"]) == ("completed", DATA_KEY)
    assert_landed(slow, content)
    validator = headers.get("ETag", headers.get("Last-Modified"))
    assert slow.asked == [(None, None), *((f"bytes={at}-", validator) for at in kept)]
    # The part that was not full is the only one that is fetched again.
    assert slow.s3.calls.count(("upload_part", body_key)) == -(-total // PART_BYTES)
    assert slow.s3.calls.count(("create_multipart_upload", body_key)) == 1


@pytest.mark.parametrize("extra", [0, 1], ids=["whole parts", "and a row"])
def test_given_a_body_of_whole_parts_then_it_lands_too(slow: Slow, extra: int) -> None:
    slow.content = csv_of(2 * PART_BYTES // ROW + extra)
    slow.seconds = 28.0
    slow.pace = lambda _: SLOW * 1.4
    results = slow.finish()
    assert results[-2] == unfinished(len(slow.content), len(slow.content))
    assert_landed(slow, slow.content)


def test_given_a_slow_body_then_the_last_invocation_follows_no_link(
    slow: Slow,
) -> None:
    results = slow.finish()
    asked = [it.path.endswith("/download") for it in slow.server.received]
    assert len(results) == 4
    assert asked.count(False) == 4
    assert asked.count(True) == 3
    assert asked[-1] is False


def test_given_an_unfinished_download_then_the_log_tells_how_far_it_is(
    slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sei_export.download.over_invocations")
    slow.land()
    [line] = [line for line in caplog.messages if "staged" in line]
    assert f"{PART_BYTES} of {len(GZ)} bytes" in line


def test_given_a_body_that_is_slow_for_a_minute_then_it_is_staged(
    slow: Slow,
) -> None:
    # Most of the time is not spent on finding out.
    slow.seconds = 900.0
    slow.pace = lambda at: MIB / 50 if at < 2 * MIB else 100 * MIB
    assert slow.land() == unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    assert_landed(slow, GZ)


# --- begun directly ---


@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_given_a_body_that_becomes_slow_then_the_next_invocations_stage_it(
    slow: Slow, content: bytes
) -> None:
    slow.content, slow.pace = content, fast_at_first
    assert slow.land() == unfinished(0, len(content))
    assert slow.staged == {}
    assert_nothing_visible(slow)
    slow.pace = lambda _: SLOW
    results = slow.finish()
    assert [result.get("receivedBytes") for result in results] == [
        PART_BYTES,
        2 * PART_BYTES,
        len(content),
        None,
    ]
    assert slow.starts == [0, 0, PART_BYTES, 2 * PART_BYTES]
    assert_landed(slow, content)


def test_given_a_file_that_changed_before_any_part_was_staged_then_the_new_one_lands(
    slow: Slow,
) -> None:
    slow.pace = fast_at_first
    assert slow.land() == unfinished(0, len(GZ))
    slow.content, slow.headers, slow.pace = CSV, OTHER_ETAG, lambda _: SLOW
    slow.finish()
    assert slow.starts[1] == 0
    assert slow.upload_keys == [BODY_KEY, staged_key('"def"')]
    assert slow.corruptions == 0
    assert_landed(slow, CSV, empty=1)


def test_given_a_file_that_is_longer_than_when_it_was_begun_then_it_is_not_cut(
    slow: Slow,
) -> None:
    # What the first invocation was told is exactly the length of the second one's first part.
    slow.content, slow.pace = CSV[:PART_BYTES], lambda at: 0.7 * MIB if at < 6 * MIB else MIB / 20
    assert slow.land() == unfinished(0, PART_BYTES)
    slow.content, slow.headers, slow.pace = CSV, OTHER_ETAG, lambda _: SLOW
    assert slow.execute()["csvBytes"] == len(CSV)
    assert slow.corruptions == 0
    assert_landed(slow, CSV, empty=1)


# --- verified too slowly ---


def test_given_a_staged_body_when_verified_too_slowly_then_it_is_told_what_it_takes(
    slow: Slow,
) -> None:
    for _ in range(3):
        slow.land()
    slow.s3.before("read_body", lambda: slow.clock.slept.append(0.96))
    with pytest.raises(ExportTimedOutError, match=f"All {len(GZ)} bytes are here") as caught:
        slow.land()
    assert "verifying them takes longer than one invocation" in caught.value.message
    # The first of its time went into the ticket.
    assert f" {19 * MIB} were verified" in caught.value.message
    assert "more memory" in caught.value.remedy
    assert HANDOVER_SECONDS - 1 <= slow.seconds_left <= HANDOVER_SECONDS
    assert_nothing_visible(slow)
    assert [upload.key for upload in slow.s3.uploads.values()] == []
    assert slow.corruptions == 0
    # It is still there for a faster one.
    slow.s3.before("read_body", lambda: slow.clock.slept.append(0.7))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == 3
    assert_landed(slow, GZ)


# --- no progress, slow reads ---


def test_given_less_than_a_part_in_an_invocation_then_a_faster_one_goes_on(
    slow: Slow,
) -> None:
    slow.land()
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow") as caught:
        slow.land()
    assert f"a part of {PART_BYTES}" in caught.value.message
    start, end = slow.came[-1]
    assert f"too slow: {end - start} bytes came" in caught.value.message
    assert "Export less at a time" in caught.value.remedy
    assert slow.staged == {1: PART_BYTES}
    assert_nothing_visible(slow)
    slow.pace = lambda _: SLOW
    slow.finish()
    assert slow.starts == [0, PART_BYTES, PART_BYTES, 2 * PART_BYTES]
    assert_landed(slow, GZ)


def test_given_less_than_a_part_in_the_first_invocation_then_the_next_has_its_upload(
    slow: Slow,
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow") as caught:
        slow.land()
    [[_, end]] = slow.came
    assert f"too slow: {end} bytes came" in caught.value.message
    assert slow.staged == {}
    begun = dict(slow.s3.uploads)
    slow.pace = lambda _: SLOW
    assert slow.land() == unfinished(PART_BYTES, len(GZ))
    assert slow.s3.uploads == begun
    assert slow.upload_keys == [BODY_KEY]
    assert slow.asked == [(None, None)] * 2
    slow.finish()
    assert_landed(slow, GZ)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(GZ, OTHER_ETAG, id="another name"),
        pytest.param(CSV, ETAG, id="another length"),
        pytest.param(GZ, MODIFIED, id="a date"),
    ],
)
def test_given_an_upload_without_parts_when_the_file_changes_then_another_is_begun(
    slow: Slow, content: bytes, headers: dict[str, str]
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    [old] = slow.s3.uploads
    slow.pace, slow.content, slow.headers = lambda _: SLOW, content, headers
    assert slow.land() == unfinished(PART_BYTES, len(content))
    assert slow.s3.uploads[old].parts == {}
    assert slow.staged == {1: PART_BYTES}
    assert slow.starts == [0, 0]
    slow.finish()
    assert slow.corruptions == 0
    assert_landed(slow, content, empty=1)


@pytest.mark.parametrize(
    ("headers", "chunked"),
    [
        pytest.param({}, False, id="no validator, no ranges"),
        pytest.param({"ETag": '"def"'}, False, id="no ranges"),
        pytest.param(ETAG, True, id="no length"),
    ],
)
def test_given_an_upload_without_parts_when_the_server_loses_ranges_then_it_lands(
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
    assert_landed(slow, GZ, empty=1)


def test_given_an_upload_without_parts_when_the_server_breaks_off_then_it_stays(
    slow: Slow,
) -> None:
    slow.pace = lambda _: SLOW / 4
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    slow.end = 0
    begun = dict(slow.s3.uploads)
    with pytest.raises(ServiceUnavailableError, match="broke off after 0 bytes") as caught:
        slow.land()
    assert "Start a new execution soon" in caught.value.remedy
    assert slow.s3.uploads == begun
    assert slow.corruptions == 0


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
        assert slow.land() == unfinished(part * PART_BYTES, len(GZ))
        assert slow.seconds_left >= 5
    else:
        with pytest.raises(ExportTimedOutError, match="too slow"):
            slow.land()
        assert 4 <= slow.seconds_left < 5
        assert slow.staged == dict.fromkeys(range(1, part), PART_BYTES)
    slow.seconds = ONE_PART
    slow.finish()
    assert_landed(slow, GZ)


def test_given_a_last_part_that_comes_whole_as_time_is_up_then_it_counts(slow: Slow) -> None:
    slow.land()
    slow.land()
    rest = len(GZ) - 2 * PART_BYTES
    # All of it is there when less than the handover's time is left.
    slow.pace = lambda _: rest / (ONE_PART - 14)
    results = slow.finish()
    assert results[0] == unfinished(len(GZ), len(GZ))
    assert_landed(slow, GZ)


def test_given_a_slow_source_then_it_is_read_in_smaller_pieces_and_stopped_in_time(
    slow: Slow,
) -> None:
    slow.pace = lambda _: MIB / 10
    slow.seconds = 120.0
    left: list[float] = []
    slow.s3.before("upload_part", lambda: left.append(slow.seconds - sum(slow.clock.slept)))
    assert slow.land() == unfinished(PART_BYTES, len(GZ))
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
def test_at_any_length_and_pace_it_lands_and_no_byte_of_a_full_part_comes_twice(
    *, rows: int, paces: list[float], seconds: float, plain: bool
) -> None:
    content = _content(rows, plain=plain)
    slow = Slow(content=content, seconds=seconds)
    results = _at_any_pace(slow, paces, ExportTimedOutError)
    assert results[-1]["status"] == "completed"
    assert_landed(slow, content)
    # What was begun directly was not kept.
    begun_directly = unfinished(0, len(content)) in results
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
    assert_landed(slow, content)
