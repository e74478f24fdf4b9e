"""What the libraries for deflate and CRC32 cost on this machine, in CPU seconds per GiB.

python -m benchmarks.race.codecs [--mib 64] [--rounds 5]
"""

import argparse
import hashlib
import statistics
import time
import zlib
from collections.abc import Callable
from functools import partial
from typing import Protocol

from isal import isal_zlib
from zlib_ng import zlib_ng

from benchmarks.bench import data, results

_GZIP_WINDOW = 31
_PIECE = data.MIB
_GIB = 1024 * data.MIB


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Decompressor(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=64, help="MiB of CSV to work on")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for name, row in measure(options.mib, options.rounds).items():
        print(f"{name:20} {row}")


def measure(mib: int, rounds: int) -> results.Section:
    """CPU seconds per GiB of CSV, and the ratio of what compresses."""
    plain = _pieces(data.make("plain", mib * data.MIB).read_bytes())
    size = sum(map(len, plain))
    compressor = zlib.compressobj(6, wbits=_GZIP_WINDOW)
    packed = _pieces(b"".join([*map(compressor.compress, plain), compressor.flush()]))
    steps = _steps(plain, packed)
    taken: dict[str, list[float]] = {name: [] for name in steps}
    made: dict[str, int] = {}
    for _ in range(rounds):
        for name, step in steps.items():
            begun = time.process_time()
            made[name] = step()
            taken[name].append(time.process_time() - begun)
    return {
        name: {
            "cpu": statistics.median(seconds) * _GIB / size,
            "ratio": size / made[name] if name.startswith("deflate") else None,
        }
        for name, seconds in taken.items()
    }


def _steps(plain: list[bytes], packed: list[bytes]) -> dict[str, Callable[[], int]]:
    steps: dict[str, Callable[[], int]] = {
        "inflate zlib": lambda: _inflate(zlib.decompressobj(wbits=_GZIP_WINDOW), packed),
        "inflate isal": lambda: _inflate(isal_zlib.decompressobj(wbits=_GZIP_WINDOW), packed),
        "inflate zlib_ng": lambda: _inflate(zlib_ng.decompressobj(wbits=_GZIP_WINDOW), packed),
        "crc32 zlib": lambda: _checksum(zlib.crc32, plain),
        "crc32 isal": lambda: _checksum(isal_zlib.crc32, plain),
        "crc32 zlib_ng": lambda: _checksum(zlib_ng.crc32, plain),
        "sha256": lambda: _sha256(plain),
        "deflate zlib 1": lambda: _deflate(zlib.compressobj(1, wbits=_GZIP_WINDOW), plain),
    }
    for level in range(4):
        steps[f"deflate isal {level}"] = partial(_deflate_isal, level, plain)
    for level in (1, 2, 3):
        steps[f"deflate zlib_ng {level}"] = partial(_deflate_zlib_ng, level, plain)
    return steps


def _pieces(content: bytes) -> list[bytes]:
    return [content[at : at + _PIECE] for at in range(0, len(content), _PIECE)]


def _inflate(inflater: _Decompressor, packed: list[bytes]) -> int:
    return sum(len(inflater.decompress(piece)) for piece in packed)


def _deflate(compressor: _Compressor, plain: list[bytes]) -> int:
    return sum(len(compressor.compress(piece)) for piece in plain) + len(compressor.flush())


def _deflate_isal(level: int, plain: list[bytes]) -> int:
    return _deflate(isal_zlib.compressobj(level, wbits=_GZIP_WINDOW), plain)


def _deflate_zlib_ng(level: int, plain: list[bytes]) -> int:
    return _deflate(zlib_ng.compressobj(level, wbits=_GZIP_WINDOW), plain)


def _checksum(crc32: Callable[[bytes, int], int], plain: list[bytes]) -> int:
    value = 0
    for piece in plain:
        value = crc32(piece, value)
    return value


def _sha256(plain: list[bytes]) -> int:
    digest = hashlib.sha256()
    for piece in plain:
        digest.update(piece)
    return digest.digest_size


if __name__ == "__main__":
    main()
