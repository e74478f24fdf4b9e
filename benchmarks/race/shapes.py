"""What an exact check costs beside one of sums and beside a parser, by what the CSV is like.

python -m benchmarks.race.shapes [--mib 16] [--rounds 5]
"""

import argparse
import hashlib
import io
import time
import zlib
from collections.abc import Callable
from itertools import cycle

from benchmarks.bench import data, results
from benchmarks.race.contestants import library_verified, ours, sums

OURS = "**ours**: each record"
TYPED = "ours, with types of columns"
SUMS = "sums of commas, parity of quotes"
PARSER = "zlib, hashlib and csv.reader"

_GIB = 1024 * data.MIB
_PIECE = data.MIB
_GZIP_WINDOW = 31


def main() -> None:
    """Measure and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=16, help="MiB of CSV of each shape")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    section = measure(options.mib, options.rounds)
    for name, row in section.items():
        print(name, row)
    results.save("shapes", section)


def measure(mib: int, rounds: int) -> results.Section:
    """CPU seconds per GiB of CSV, in the order of the rounds.

    Raises:
        RuntimeError: The ways do not find the same rows.
    """
    section: results.Section = {}
    for shape in data.SHAPES:
        content = _content(shape, mib * data.MIB)
        packer = zlib.compressobj(6, wbits=_GZIP_WINDOW)
        packed = packer.compress(content) + packer.flush()
        pieces = [packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE)]
        section[shape] = {
            "CSV per byte": len(content) / len(packed),
            "MiB": mib,
            **_race(_ways(pieces), len(content), rounds),
        }
        print(shape, section[shape], flush=True)
    return section


def _race(ways: dict[str, Callable[[], int]], size: int, rounds: int) -> results.Section:
    taken: dict[str, list[results.Json]] = {name: [] for name in ways}
    # Taking turns, so that what slows the machine down slows all of them.
    for _ in range(rounds):
        found: dict[str, int] = {}
        for name, way in ways.items():
            begun = time.process_time()
            found[name] = way()
            taken[name].append((time.process_time() - begun) * _GIB / size)
        if len(set(found.values())) != 1:
            raise RuntimeError(f"The ways do not find the same rows: {found}.")
    return dict(taken)


def _ways(pieces: list[bytes]) -> dict[str, Callable[[], int]]:
    return {
        OURS: lambda: ours.verify_untyped(iter(pieces)).rows,
        TYPED: lambda: ours.verify(iter(pieces)).rows,
        SUMS: lambda: sums.verify(iter(pieces), data.COLUMNS),
        PARSER: lambda: _parse(pieces),
    }


def _parse(pieces: list[bytes]) -> int:
    plain = zlib.decompress(b"".join(pieces), wbits=_GZIP_WINDOW)
    hashlib.sha256(plain).digest()
    return library_verified.parse(io.BytesIO(plain))


def _content(shape: str, size: int) -> bytes:
    pieces = [data.header()]
    written = 0
    for block in cycle([data.shaped(block, shape) for block in data.blocks()]):
        if written >= size:
            return b"".join(pieces)
        written += len(block)
        pieces.append(block)
    raise AssertionError("A cycle does not end.")


if __name__ == "__main__":
    main()
