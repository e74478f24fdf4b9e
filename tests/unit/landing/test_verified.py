"""What is let through of a body."""

import gzip
import hashlib
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator

import pytest

from sei_export.errors import CorruptDownloadError, ServiceUnavailableError
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from tests.fakes.raw import verified

STEP_BYTES = 1024 * 1024
"""The most that may be inflated at a time."""

HEADER = b"team,developer,PR_MERGED\n"
ROWS = b"".join(b"team %d,dev %d,%d\n" % (n % 7, n, n * n % 101) for n in range(40))
CSV = HEADER + ROWS
GZ = gzip.compress(CSV, mtime=1_700_000_000)
FIRST, SECOND = gzip.compress(HEADER + ROWS[:300], mtime=0), gzip.compress(ROWS[300:], mtime=0)


def _verified(pieces: Iterable[bytes]) -> tuple[bytes, CsvFacts]:
    """What comes out, once everything was proven."""
    inspector = CsvInspector()
    out = b"".join(verified(pieces, inspector))
    return out, inspector.finish()


def _every(size: int, content: bytes) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


# --- plain ---


def test_given_plain_csv_then_it_comes_out_as_gzip() -> None:
    out, facts = _verified([CSV])
    assert gzip.decompress(out) == CSV
    assert (facts.rows, facts.size) == (40, len(CSV))
    assert facts.sha256 == hashlib.sha256(CSV).hexdigest()


def test_given_the_same_plain_csv_twice_then_the_same_bytes_come_out_without_a_time() -> None:
    out, _ = _verified(_every(1000, CSV * 500))
    assert out == _verified(_every(1000, CSV * 500))[0]
    magic, method, flags, mtime = struct.unpack("<2sBBI", out[:8])
    assert (magic, method, flags, mtime) == (b"\x1f\x8b", 8, 0, 0)


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]], ids=["none", "one", "two"])
def test_given_an_empty_body_then_it_comes_out_as_an_empty_gzip(pieces: list[bytes]) -> None:
    out, facts = _verified(pieces)
    assert gzip.decompress(out) == b""
    assert out
    assert (facts.rows, facts.columns, facts.size) == (0, (), 0)


@pytest.mark.parametrize("content", [b"a", b"a\n", b"ab"])
def test_given_a_body_of_a_few_bytes_then_it_comes_out_as_gzip(content: bytes) -> None:
    assert gzip.decompress(_verified(_every(1, content))[0]) == content


# --- gzip ---


def _named() -> bytes:
    """With a name in the header, as the command line tool writes."""
    return GZ[:3] + b"\x08" + GZ[4:10] + b"developer-insights.csv\0" + GZ[10:]


WELL_FORMED = [
    pytest.param(GZ, id="with a time"),
    pytest.param(gzip.compress(CSV, 9), id="level 9"),
    pytest.param(gzip.compress(CSV, 0), id="stored"),
    pytest.param(_named(), id="with a name"),
    pytest.param(FIRST + SECOND, id="two members"),
    pytest.param(b"".join(gzip.compress(CSV[n : n + 1]) for n in range(len(CSV))), id="many"),
    pytest.param(gzip.compress(b"") + GZ + gzip.compress(b""), id="empty members around"),
]


@pytest.mark.parametrize("content", WELL_FORMED)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000_000])
def test_given_gzip_in_pieces_of_any_size_then_it_passes_byte_by_byte(
    content: bytes, size: int
) -> None:
    out, facts = _verified(_every(size, content))
    assert out == content
    assert facts == _verified([CSV])[1]


@pytest.mark.parametrize("content", WELL_FORMED[:5])
def test_given_gzip_cut_in_two_anywhere_then_it_passes(content: bytes) -> None:
    for cut in range(len(content) + 1):
        assert _verified([content[:cut], content[cut:]])[0] == content


def test_given_a_gzip_of_nothing_then_it_passes() -> None:
    empty = gzip.compress(b"")
    out, facts = _verified([empty])
    assert out == empty
    assert (facts.rows, facts.size) == (0, 0)


@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("level", [0, 6])
def test_given_a_size_around_the_inflating_step_then_no_byte_is_lost(
    times: int, extra: int, level: int
) -> None:
    content = b"a\n" + b"x" * (times * STEP_BYTES + extra - 3) + b"\n"
    out, facts = _verified([gzip.compress(content, level)])
    assert gzip.decompress(out) == content
    assert (facts.size, facts.rows) == (len(content), 1)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()


class _Steps(CsvInspector):
    """Remembers the longest piece that it was fed."""

    longest = 0

    def feed(self, piece: bytes) -> None:
        self.longest = max(self.longest, len(piece))
        super().feed(piece)


def test_a_gzip_that_inflates_a_thousandfold_is_inflated_in_small_steps() -> None:
    rows = 64 * 1024 * 1024 // len(b"0,0,0,0\n")
    content = gzip.compress(b"a,b,c,d\n" + b"0,0,0,0\n" * rows)
    assert len(content) < STEP_BYTES
    inspector = _Steps()
    for piece in verified([content], inspector):
        assert len(piece) <= len(content)
    assert inspector.finish().rows == rows
    assert inspector.longest <= STEP_BYTES


# --- what is not whole ---


def _with(content: bytes, at: int, patch: bytes) -> bytes:
    start = at % len(content)
    return content[:start] + patch + content[start + len(patch) :]


CUT = "is truncated: its end is missing"
SPOILT = "The gzip is damaged: "
NO_CSV = "of the CSV has|is not UTF-8 text|has a NUL byte"
"""What damaged gzip inflates to may be refused before its checksum is reached."""
FOLLOWED = "is followed by bytes that are not gzip"
PAGE = "not CSV: it is an HTML or XML page"
JSON = "not CSV: it is JSON"
MISFIT = "Record 40 of the CSV has 2 fields"

DAMAGED = [
    pytest.param(GZ[:1], CUT, id="only the first byte"),
    pytest.param(GZ[:2], CUT, id="only the mark"),
    pytest.param(GZ[:10], CUT, id="only a header"),
    pytest.param(GZ[:-8], CUT, id="no trailer"),
    pytest.param(GZ[:-4], CUT, id="no size in the trailer"),
    pytest.param(GZ[:-1], CUT, id="one byte less"),
    pytest.param(_with(GZ, -8, b"\0\0\0\0"), SPOILT, id="wrong checksum"),
    pytest.param(_with(GZ, -4, b"\0\0\0\0"), SPOILT, id="wrong size"),
    pytest.param(_with(GZ, 2, b"\x07"), SPOILT, id="another method"),
    pytest.param(_with(GZ, len(GZ) // 2, b"\0\0\0"), f"{SPOILT}|{NO_CSV}", id="overwritten"),
    pytest.param(GZ[:100] + GZ[101:], f"{SPOILT}|{NO_CSV}", id="a byte lost"),
    pytest.param(GZ + b"\n", FOLLOWED, id="a newline after it"),
    pytest.param(GZ + b"\0", FOLLOWED, id="a zero byte after it"),
    pytest.param(GZ + b"\0" * 512, FOLLOWED, id="zero bytes after it"),
    pytest.param(GZ + b"a,b\n" * 300_000, FOLLOWED, id="much after it"),
    pytest.param(GZ + b"\x1f", CUT, id="half a mark after it"),
    pytest.param(GZ + b"\x1f\x8b", CUT, id="a mark after it"),
    pytest.param(GZ + CSV, FOLLOWED, id="plain CSV after it"),
    pytest.param(FIRST + SECOND[:-1], CUT, id="second member one byte less"),
    pytest.param(FIRST + SECOND[:-8], CUT, id="second member without a trailer"),
    pytest.param(
        FIRST + _with(SECOND, -8, b"\0\0\0\0"), SPOILT, id="second member's checksum wrong"
    ),
    pytest.param(FIRST + SECOND + b"\0", FOLLOWED, id="a zero byte after two members"),
    pytest.param(gzip.compress(GZ), "not CSV: it was compressed twice", id="compressed twice"),
    pytest.param(gzip.compress(b"<html>Sign in</html>"), PAGE, id="html in gzip"),
    pytest.param(gzip.compress(b'{"error": "gone"}'), JSON, id="json in gzip"),
    pytest.param(gzip.compress(CSV[:-8]), MISFIT, id="a cut CSV in gzip"),
    pytest.param(zlib.compress(CSV), "is not UTF-8 text: byte 0x9c at 1", id="zlib"),
    pytest.param(b"<html>Sign in</html>", PAGE, id="html"),
    pytest.param(b'{"error": "gone"}', JSON, id="json"),
    pytest.param(CSV[:-8], MISFIT, id="a cut CSV"),
    pytest.param(b"PK\x03\x04\x14\0\0\0", "not CSV: it has a NUL byte at 5", id="zip"),
]


@pytest.mark.parametrize(("content", "told"), DAMAGED)
@pytest.mark.parametrize("size", [1, 3, 1000, 10_000_000])
def test_given_a_damaged_body_in_pieces_of_any_size_then_it_is_refused(
    content: bytes, told: str, size: int
) -> None:
    with pytest.raises(CorruptDownloadError, match=told):
        _verified(_every(size, content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(GZ[:1], "truncated", id="first byte"),
        pytest.param(GZ[:-1], "truncated", id="trailer"),
        pytest.param(GZ + b"junk", "followed by bytes that are not gzip", id="junk"),
        pytest.param(
            _with(GZ, -8, b"\0\0\0\0"), "damaged.*[Ii]ncorrect (checksum|data check)", id="checksum"
        ),
        pytest.param(
            _with(GZ, -4, b"\0\0\0\0"), "damaged.*[Ii]ncorrect (checksum|length)", id="size"
        ),
        pytest.param(gzip.compress(GZ), "compressed twice", id="twice"),
        pytest.param(gzip.compress(b"<html>"), "HTML", id="html"),
    ],
)
def test_given_a_damaged_body_then_the_error_says_how(content: bytes, reason: str) -> None:
    with pytest.raises(CorruptDownloadError, match=reason):
        _verified([content])


@pytest.mark.parametrize("whole", [GZ, FIRST + SECOND], ids=["one member", "two members"])
def test_given_gzip_that_ends_anywhere_early_then_it_is_refused(whole: bytes) -> None:
    # The end of the first of two members is an end: only the transport could tell.
    for end in set(range(1, len(whole))) - {len(FIRST)}:
        with pytest.raises(CorruptDownloadError, match=CUT):
            _verified([whole[:end]])


def test_given_gzip_with_any_byte_changed_then_it_is_refused() -> None:
    # Bytes 4 to 9 tell time, level and system, which no checksum covers and nothing depends on.
    for at in set(range(2, len(GZ))) - set(range(4, 10)):
        # A flag or a block's end that is lost lets the end be looked for further on.
        with pytest.raises(CorruptDownloadError, match=f"{SPOILT}|{CUT}|{NO_CSV}"):
            _verified([_with(GZ, at, bytes([GZ[at] ^ 0xFF]))])


def test_given_a_failing_source_then_its_error_comes_out_unchanged() -> None:
    def source() -> Iterator[bytes]:
        yield GZ[:50]
        raise ServiceUnavailableError("stalled")

    with pytest.raises(ServiceUnavailableError, match="stalled"):
        _verified(source())


# --- beside the reader ---


class _Threads(CsvInspector):
    """Remembers on which thread it looked at each piece."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def feed(self, piece: bytes) -> None:
        self.seen.append(threading.get_ident())
        super().feed(piece)


def _beside() -> list[threading.Thread]:
    """Threads that verify."""
    return [thread for thread in threading.enumerate() if thread.name == "aside"]


PIECES = [
    pytest.param([CSV[:300], CSV[300:600], CSV[600:]], id="plain"),
    pytest.param([FIRST, SECOND[:9], SECOND[9:]], id="gzip"),
]


@pytest.mark.parametrize("pieces", PIECES)
def test_all_pieces_after_the_first_are_verified_beside_the_reader(
    pieces: list[bytes],
) -> None:
    alone, beside = _Threads(), _Threads()
    for _ in verified([b"".join(pieces)], alone):
        assert _beside() == []
    list(verified(pieces, beside))
    here = threading.get_ident()
    assert set(alone.seen) == {here}
    assert beside.seen[0] == here
    assert here not in beside.seen[1:]
    assert len(beside.seen) > 1
    assert alone.finish() == beside.finish()


@pytest.mark.parametrize("pieces", PIECES)
def test_given_any_end_of_the_reading_then_no_thread_stays(pieces: list[bytes]) -> None:
    def source(end: Exception | None = None) -> Iterator[bytes]:
        yield from pieces
        if end:
            raise end

    list(verified(source(), CsvInspector()))
    assert _beside() == []

    with pytest.raises(ServiceUnavailableError, match="stalled"):
        list(verified(source(ServiceUnavailableError("stalled")), CsvInspector()))
    assert _beside() == []

    early = verified(source(), CsvInspector())
    assert [next(early) is not None for _ in pieces] == [True] * 3
    assert len(_beside()) == 1
    early.close()
    assert _beside() == []


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        pytest.param([*_every(100, CSV), b"\0", *_every(100, CSV)], "a NUL byte at", id="plain"),
        pytest.param([FIRST, b"junk", *_every(9, SECOND)], FOLLOWED, id="gzip"),
    ],
)
def test_given_damage_found_beside_the_reader_then_it_is_told_and_no_thread_stays(
    damaged: list[bytes], told: str
) -> None:
    with pytest.raises(CorruptDownloadError, match=told):
        list(verified(damaged, CsvInspector()))
    assert _beside() == []
