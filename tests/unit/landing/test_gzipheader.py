"""Headers of gzip members, cut anywhere: all flags of RFC 1952; and how far inflating may go."""

import gzip
import struct
import zlib
from collections.abc import Callable

import pytest

from sei_export.errors import ConfigurationError, CorruptDownloadError, ExportTimedOutError
from sei_export.landing import gzipheader
from sei_export.landing.csvcheck import CsvInspector
from sei_export.landing.limits import Limits
from sei_export.landing.verified import VerifiedGzip
from tests.fakes.raw import Pieces, verified

CSV = b"a,b\n1,2\n"
CRC, EXTRA, NAME, COMMENT = 2, 4, 8, 16
FIELD = b"\0x\0y\0"


def _header(flags: int, field: bytes = FIELD) -> bytes:
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    if flags & EXTRA:
        header += struct.pack("<H", len(field)) + field
    if flags & NAME:
        header += b"file.csv\0"
    if flags & COMMENT:
        header += b"\0" if flags & NAME else b"a comment\0"
    if flags & CRC:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header


def _member(flags: int, content: bytes = CSV) -> bytes:
    return _header(flags) + gzip.compress(content, mtime=0)[10:]


def _rows(pieces: list[bytes]) -> int:
    inspector = CsvInspector()
    for _ in verified(pieces, inspector):
        pass
    return inspector.finish().rows


@pytest.mark.parametrize("flags", range(32))
def test_given_members_cut_in_two_anywhere_then_they_pass(flags: int) -> None:
    content = _member(flags) + _member(flags ^ 0x1F, b"3,4\n")
    for cut in range(len(content) + 1):
        assert _rows([content[:cut], content[cut:]]) == 2
    assert _rows([content[at : at + 1] for at in range(len(content))]) == 2


# Bytes that are not waited for would be inflated as if they were content, and a member that has
# come whole may be the last thing that comes.
@pytest.mark.parametrize("field", [FIELD, b"", b"\xff" * 300], ids=["short", "empty", "long"])
@pytest.mark.parametrize("flags", range(32))
def test_a_header_is_whole_from_its_last_byte_on(flags: int, field: bytes) -> None:
    header = _header(flags, field)
    for size in range(len(header)):
        assert gzipheader.is_whole(header[:size]) is False
    assert gzipheader.is_whole(header) is True
    assert gzipheader.is_whole(header + b"\xff" * 20) is True


@pytest.mark.parametrize("flag", [0x20, 0x40, 0x80])
@pytest.mark.parametrize("size", [1, 1000])
def test_given_reserved_flags_then_the_member_is_refused(flag: int, size: int) -> None:
    content = bytearray(_member(NAME))
    content[3] |= flag
    with pytest.raises(CorruptDownloadError, match="reserved flags"):
        _rows([bytes(content[at : at + size]) for at in range(0, len(content), size)])


def test_given_a_name_without_an_end_then_no_more_than_the_bound_is_held_back() -> None:
    endless = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"x" * gzipheader.MAX_BYTES
    with pytest.raises(CorruptDownloadError, match="header has more than 131072 bytes"):
        _rows([endless])


@pytest.mark.parametrize("cut", range(1, 12))
def test_given_a_header_cut_short_then_the_gzip_is_truncated(cut: int) -> None:
    with pytest.raises(CorruptDownloadError, match="truncated: its end is missing"):
        _rows([_member(EXTRA)[:cut]])


# --- whether the end is proven, and how far it may go ---


@pytest.mark.parametrize(
    ("pieces", "told", "proven"),
    [
        pytest.param([_member(0)], True, True, id="one member, told"),
        pytest.param([_member(0)], False, True, id="one member, its trailer tells"),
        pytest.param([_member(0), _member(0, b"3,4\n")], True, True, id="two members, told"),
        pytest.param([_member(0), _member(0, b"3,4\n")], False, False, id="two members"),
        pytest.param([CSV], True, True, id="plain, told"),
        pytest.param([CSV], False, False, id="plain"),
        pytest.param([], False, False, id="nothing"),
        pytest.param([gzip.compress(b"")], False, True, id="a gzip of nothing"),
    ],
)
def test_an_end_is_proven_by_the_server_or_by_one_gzips_trailer(
    pieces: list[bytes], *, told: bool, proven: bool
) -> None:
    file = VerifiedGzip(Pieces(pieces, is_end_told=told), CsvInspector(), Limits())
    list(file.pieces())
    assert file.is_end_proven is proven


@pytest.mark.parametrize("form", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_given_more_csv_than_allowed_then_the_parameter_is_named(
    form: Callable[[bytes], bytes],
) -> None:
    content = form(b"a,b\n" + b"1,2\n" * 100_000)
    limits = Limits(max_csv_bytes=100_000, max_ratio=10_000)
    with pytest.raises(ConfigurationError) as caught:
        list(verified([content], CsvInspector(), limits))
    assert "MaxCsvGigabytes" in caught.value.remedy


@pytest.mark.parametrize("form", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_given_as_much_csv_as_is_allowed_then_it_passes(form: Callable[[bytes], bytes]) -> None:
    content = b"a,b\n" + b"1,2\n" * 1000
    inspector = CsvInspector()
    list(verified([form(content)], inspector, Limits(max_csv_bytes=len(content))))
    assert inspector.finish().rows == 1000


def test_given_a_gzip_of_newlines_then_its_ratio_ends_it() -> None:
    content = gzip.compress(b"a,b\n" + b"\n" * 50_000_000)
    inspector = CsvInspector()
    with pytest.raises(ConfigurationError, match="inflates to more than 100 times") as caught:
        list(verified([content], inspector, Limits(max_ratio=100)))
    assert "MaxCompressionRatio" in caught.value.remedy
    assert inspector.size < 10_000_000


def test_given_no_time_while_inflating_then_the_rest_is_not_looked_at() -> None:
    def look() -> None:
        looks.append(1)
        if len(looks) > 3:
            raise ExportTimedOutError("no time left")

    looks: list[int] = []
    inspector = CsvInspector()
    body = Pieces([gzip.compress(b"a,b\n" + b"\n" * 50_000_000)], look_at_clock=look)
    with pytest.raises(ExportTimedOutError, match="no time left"):
        list(VerifiedGzip(body, inspector, Limits(max_ratio=2000)).pieces())
    assert inspector.size < 2_000_000
