"""Connections that break off again and again: how often another one is tried, and how soon."""

import itertools

import pytest

from sei_export.download.body import FRUITLESS_TRIES
from sei_export.errors import CorruptDownloadError, ExportTimedOutError
from tests.fakes.bodies import ETAG, File, reading

KIB = 1024
RANGES = pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "none"])


def _file(size: int, cuts: list[int], *, ranges: bool) -> File:
    content = b"".join(b"%015d\n" % number for number in range(size // 16))
    return File(content, cuts, ETAG if ranges else {}, ranges=ranges)


@RANGES
def test_given_a_server_that_cuts_every_kib_then_three_connections_are_all(*, ranges: bool) -> None:
    cuts = list(range(KIB, 352 * KIB, KIB))
    file = _file(352 * KIB, cuts, ranges=ranges)
    with (
        reading(file.answer) as reader,
        pytest.raises(CorruptDownloadError, match=r"broke off after 3072 bytes .*3 times in a row"),
    ):
        reader.read()
    assert FRUITLESS_TRIES == 3
    assert len(file.served) == 3
    assert reader.clock.slept == [1, 2]


@RANGES
def test_given_progress_each_time_then_there_is_a_pause_before_each_connection(
    *, ranges: bool
) -> None:
    # A fiftieth of the file each time.
    file = _file(50 * KIB, list(range(KIB, 50 * KIB, KIB)), ranges=ranges)
    with reading(file.answer) as reader:
        assert reader.read() == file.content
    assert len(file.served) == 50
    assert reader.clock.slept == [1] * 49


def test_given_pauses_for_longer_than_there_is_time_then_time_is_up() -> None:
    file = _file(50 * KIB, list(range(KIB, 50 * KIB, KIB)), ranges=True)
    with (
        reading(file.answer, seconds=20) as reader,
        pytest.raises(ExportTimedOutError, match=f"{20 * KIB} bytes of {50 * KIB} came"),
    ):
        reader.read()
    assert reader.clock.slept == [1] * 19


@pytest.mark.parametrize(
    ("size", "gained", "enough"),
    [
        pytest.param(8000, 80, True, id="a hundredth"),
        pytest.param(8000, 79, False, id="less than that"),
        pytest.param(8000 * KIB, 64 * KIB, True, id="64 KiB of a large file"),
        pytest.param(8000 * KIB, 64 * KIB - 1, False, id="less than those"),
        pytest.param(80, 1, True, id="a byte of a small one"),
    ],
)
def test_given_too_little_progress_then_it_counts_as_none(
    size: int, gained: int, *, enough: bool
) -> None:
    file = _file(size, list(range(gained, 6 * gained, gained)), ranges=True)
    with reading(file.answer) as reader:
        if enough:
            assert reader.read() == file.content
            assert reader.clock.slept == [1] * 5
            return
        with pytest.raises(CorruptDownloadError, match=f"broke off after {3 * gained} bytes"):
            reader.read()
        assert reader.clock.slept == [1, 2]


def test_given_large_progress_in_between_then_small_ones_are_counted_anew() -> None:
    steps = [10, 10, 900, 10, 10, 900, 10, 10]
    file = _file(8000, list(itertools.accumulate(steps)), ranges=True)
    with reading(file.answer) as reader:
        assert reader.read() == file.content
    assert reader.clock.slept == [1, 2, 1, 1, 2, 1, 1, 2]


def test_given_what_came_before_comes_slowly_then_time_is_looked_at_more_often() -> None:
    size = 4096 * KIB
    file = _file(size, [2048 * KIB], ranges=False)
    # Two reads, a break, a pause; then less and less at a time, and the clock in between.
    with (
        reading(file.answer, seconds=16, seconds_of_a_read=3) as reader,
        pytest.raises(ExportTimedOutError, match=f"of {size} came"),
    ):
        reader.read()
    assert sum(reader.clock.slept) < 16 + 3
