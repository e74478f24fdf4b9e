"""Bodies as they come over real connections, and what is let through of them."""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
import requests

from sei_export.body import READ_BYTES, as_verified_gzip, read_raw
from sei_export.csvcheck import CsvFacts, CsvInspector
from sei_export.errors import CorruptDownloadError, ServiceUnavailableError
from tests.unit.loopback import RESET, Answer, Held, Loopback, reply

HEADER = b"team,developer,PR_MERGED\n"
ROWS = b"".join(b"team %d,dev %d,%d\n" % (n % 7, n, n * n % 101) for n in range(40))
CSV = HEADER + ROWS
GZ = gzip.compress(CSV, mtime=1_700_000_000)
FIRST, SECOND = gzip.compress(HEADER + ROWS[:300], mtime=0), gzip.compress(ROWS[300:], mtime=0)


def _verified(pieces: Iterable[bytes]) -> tuple[bytes, CsvFacts]:
    """What comes out, once everything was proven."""
    inspector = CsvInspector()
    out = b"".join(as_verified_gzip(pieces, inspector))
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
def test_given_a_size_around_the_inflating_step_then_no_byte_is_lost(
    times: int, extra: int
) -> None:
    content = (HEADER + b"a,b,c\n" * (times * READ_BYTES // 6 + 10))[: times * READ_BYTES + extra]
    content = content[: content.rindex(b"\n") - 5] + b"x" * 4 + b"\n"
    content = content.replace(b"a,b,cx", b"a,b,cc")
    whole = HEADER + b"x" * (times * READ_BYTES + extra - len(HEADER) - 5) + b",,\n"
    for body in (content, whole):
        facts = _facts_or_error(body)
        if isinstance(facts, CsvFacts):
            assert facts.sha256 == hashlib.sha256(body).hexdigest()


def _facts_or_error(body: bytes) -> CsvFacts | str:
    try:
        return _verified([gzip.compress(body)])[1]
    except CorruptDownloadError as error:
        return error.message
