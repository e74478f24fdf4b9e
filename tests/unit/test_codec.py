"""Two libraries for one format: what one writes, the other reads."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export import codec

CSV = b"team,developer,PR_MERGED\n" + b"".join(
    b"team %d,dev %d,%d\n" % (n % 7, n, n * n % 101) for n in range(20_000)
)
GZ = gzip.compress(CSV, mtime=0)

WITHOUT_ISAL = """
import gzip, importlib.abc, json, sys

class NoBuild(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "isal":
            raise ImportError(name)

sys.meta_path.insert(0, NoBuild())

from sei_export import codec
from tests.fakes.raw import verified
from sei_export.landing.csvcheck import CsvInspector
from sei_export.errors import CorruptDownloadError

given = sys.stdin.buffer.read()
compressed = gzip.compress(given)

def rows(content):
    inspector = CsvInspector()
    for _ in verified([content[:100], content[100:]], inspector):
        pass
    return inspector.finish().rows

deflater = codec.deflater()
damaged = bytearray(compressed)
damaged[-8] ^= 1
try:
    refused = str(rows(bytes(damaged)))
except CorruptDownloadError as error:
    refused = error.message
print(json.dumps({
    "error": codec.ERROR.__module__,
    "crc32": codec.crc32(bytearray(given)),
    "gz": (deflater.compress(given) + deflater.flush()).hex(),
    "rows": [rows(given), rows(compressed), rows(compressed + gzip.compress(given))],
    "refused": refused,
}))
"""


def _deflated(content: bytes, piece: int = 1 << 20) -> bytes:
    deflater = codec.deflater()
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    return b"".join(map(deflater.compress, pieces)) + deflater.flush()


def _inflated(content: bytes, step: int) -> tuple[bytes, bytes]:
    """What one member holds, inflated so many bytes at a time, and what follows it."""
    inflater = codec.inflater()
    out, data = b"", content
    while not inflater.eof:
        plain = inflater.decompress(data, step)
        assert len(plain) <= step
        out += plain
        data = inflater.unconsumed_tail
    return out, inflater.unused_data


def test_given_a_build_for_this_platform_then_isal_does_the_work() -> None:
    assert type(codec.inflater()).__module__.startswith("isal")
    assert type(codec.deflater()).__module__.startswith("isal")


@pytest.mark.parametrize("piece", [7, 1000, 1 << 20])
def test_given_any_pieces_when_deflated_then_zlib_inflates_them(piece: int) -> None:
    content = CSV[: 100 * piece]
    inflater = zlib.decompressobj(31)
    assert inflater.decompress(_deflated(content, piece)) == content
    assert inflater.eof
    assert inflater.unused_data == b""


@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_given_gzip_of_zlib_when_inflated_in_steps_then_nothing_is_lost_or_added(
    level: int, step: int
) -> None:
    content = CSV[: 5000 * step]
    compressed = gzip.compress(content, level)
    assert _inflated(compressed + b"after", step) == (content, b"after")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_given_any_bytes_then_both_libraries_agree(content: bytes, step: int) -> None:
    assert gzip.decompress(_deflated(content)) == content
    assert _inflated(gzip.compress(content), step) == (content, b"")
    assert codec.crc32(content) == codec.crc32(bytearray(content)) == zlib.crc32(content)


def test_given_the_same_bytes_when_deflated_then_the_result_is_the_same_and_tells_no_time() -> None:
    compressed = _deflated(CSV, 4096)
    assert compressed == _deflated(CSV, 4096)
    magic_method_flags, time = compressed[:4], compressed[4:8]
    assert (magic_method_flags, time) == (b"\x1f\x8b\x08\0", bytes(4))
    assert len(compressed) < len(CSV) // 2


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(GZ[:-8] + bytes(4) + GZ[-4:], id="checksum"),
        pytest.param(GZ[:-4] + bytes(4), id="size"),
        pytest.param(GZ[:2] + b"\x07" + GZ[3:], id="method"),
        pytest.param(GZ[:5000] + bytes(50) + GZ[5050:], id="content"),
        pytest.param(CSV, id="no gzip"),
    ],
)
def test_given_damage_when_inflated_then_it_is_the_codecs_error(damaged: bytes) -> None:
    with pytest.raises(codec.ERROR):
        _inflated(damaged, 1 << 20)


def test_given_no_trailer_when_inflated_then_the_end_is_not_reached() -> None:
    for lost in range(1, 9):
        inflater = codec.inflater()
        assert inflater.decompress(GZ[:-lost], 1 << 20) == CSV
        assert not inflater.eof


def test_given_no_build_of_isal_then_zlib_does_the_same() -> None:
    package = Path(codec.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ISAL],
        env={**os.environ, "PYTHONPATH": str(package)},
        input=CSV,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["error"] == zlib.error.__module__
    assert told["crc32"] == codec.crc32(CSV)
    assert _inflated(bytes.fromhex(told["gz"]), 1 << 20) == (CSV, b"")
    rows = CSV.count(b"\n") - 1
    # The second file's header is a record among the first one's.
    assert told["rows"] == [rows, rows, 2 * rows + 1]
    assert "incorrect data check" in told["refused"]
