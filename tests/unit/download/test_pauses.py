"""Connections that break off again and again: how often another one is tried, and how soon."""

import itertools
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from sei_export.download.body import FRUITLESS_TRIES, Body
from sei_export.download.source import Source
from sei_export.errors import CorruptDownloadError, ExportTimedOutError
from tests.fakes.bodies import ETAG, File, reading
from tests.fakes.timing import FakeClock

KIB = 1024
SIZE = 4096 * KIB
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


@dataclass
class Paced:
    """Stands for an answer whose bytes take their time on a fake clock.

    Attributes:
        content: What of the file comes.
        clock: Where the time passes.
        pace: Bytes in a second.
    """

    content: bytes
    clock: FakeClock
    pace: float
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-length": str(SIZE)})

    @property
    def raw(self) -> "Paced":
        """Itself."""
        return self

    def read(self, size: int, /, *, decode_content: bool) -> bytes:
        """So many bytes, after as many seconds as they take."""
        assert not decode_content
        piece, self.content = self.content[:size], self.content[size:]
        self.clock.slept.append(len(piece) / self.pace)
        return piece


def test_given_a_slow_source_when_what_came_is_read_again_then_it_ends_in_time() -> None:
    clock, pace, seconds = FakeClock(), 20 * KIB, 120.0
    sizes = iter([3 * SIZE // 8, SIZE])
    source = Source(
        lambda _: nullcontext(Paced(bytes(next(sizes)), clock, pace)), clock.deadline(seconds)
    )
    with pytest.raises(ExportTimedOutError, match=f"{3 * SIZE // 8} bytes of {SIZE} came"):
        list(Body(source).pieces())
    # What comes again is read in the small pieces that the first connection was read in at last.
    assert seconds <= sum(clock.slept) < seconds + 1


def _paced(size: int, clock: FakeClock, pace: float) -> Body:
    """A body of so many bytes, of which as many come in a second as the pace says."""
    paced = Paced(bytes(size), clock, pace, headers={"content-length": str(size)})
    return Body(Source(lambda _: nullcontext(paced), clock.deadline(10_000)))


def test_given_a_source_of_any_slowness_then_no_read_is_smaller_than_16_kib() -> None:
    clock, pace = FakeClock(), KIB
    sizes = [1024, 256, 64, 16, 16, 16]
    list(_paced(sum(sizes) * KIB, clock, pace).pieces())
    assert [seconds * pace / KIB for seconds in clock.slept] == [*sizes, 0]


def test_a_read_of_a_second_is_not_too_long() -> None:
    clock, pace = FakeClock(), 1024 * KIB
    list(_paced(3 * pace, clock, pace).pieces())
    assert clock.slept == [1, 1, 1, 0]


def test_the_pace_so_far_tells_how_long_the_rest_takes() -> None:
    clock = FakeClock()
    body = _paced(SIZE, clock, SIZE / 40)
    # Before there is an answer nothing is known, and what it took to get one says nothing.
    assert body.seconds_needed == 0
    clock.slept.append(100)
    body.read_ahead(SIZE // 4, 60)
    assert body.known.received == SIZE // 4
    assert body.seconds_needed == 30
    list(body.pieces())
    assert body.seconds_needed == 0


def test_given_a_length_that_is_not_told_then_nobody_knows_how_long_it_takes() -> None:
    clock = FakeClock()
    paced = Paced(bytes(SIZE), clock, SIZE / 40, headers={})
    body = Body(Source(lambda _: nullcontext(paced), clock.deadline(1000)))
    body.read_ahead(SIZE // 4, 60)
    assert (body.known.received, body.seconds_needed) == (SIZE // 4, 0)


def test_a_beginning_is_read_for_no_longer_than_asked_for() -> None:
    clock = FakeClock()
    body = _paced(SIZE, clock, SIZE / 40)
    body.read_ahead(SIZE, 15)
    # What has begun in time is read to its end.
    assert 15 <= sum(clock.slept) < 16
    assert body.known.received == sum(clock.slept) * SIZE / 40
    assert b"".join(body.pieces()) == bytes(SIZE)
