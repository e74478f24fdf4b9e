"""What each check of a file costs, in CPU seconds per GiB, without network.

python -m benchmarks.race.checks [--mib 64] [--rounds 5]
"""

import argparse
import hashlib
import statistics
import time
import zlib
from typing import TYPE_CHECKING

from benchmarks.bench import data, results
from benchmarks.race.contestants import ours

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = data.MIB
_GIB = 1024 * data.MIB


def main() -> None:
    """Measure and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=64, help="MiB of each body")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    section = measure(options.mib, options.rounds)
    for name, row in section.items():
        print(name, row)
    results.save("checks", section)


def measure(mib: int, rounds: int) -> results.Section:
    """CPU seconds per GiB on the wire, for both bodies."""
    packed = _pieces(data.make("gzip", mib * data.MIB).read_bytes())
    plain = _pieces(data.make("plain", mib * data.MIB).read_bytes())
    inflated = _pieces(zlib.decompress(b"".join(packed), wbits=31))
    rows: results.Section = {}
    for body, pieces, content in (("gzip", packed, inflated), ("plain", plain, plain)):
        size = sum(map(len, pieces))
        steps = _steps(body, pieces, content)
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(rounds):
            for name, step in steps.items():
                begun = time.process_time()
                step()
                seconds[name].append(time.process_time() - begun)
        rows[body] = {
            "CSV per byte": sum(map(len, content)) / size,
            **{name: statistics.median(taken) * _GIB / size for name, taken in seconds.items()},
        }
    return rows


def _steps(
    body: str, pieces: list[bytes], content: list[bytes]
) -> "dict[str, Callable[[], object]]":
    codec = "inflate, CRC and size of each member" if body == "gzip" else "compress"
    return {
        "all, as in a transfer": lambda: ours.verify(iter(pieces)),
        codec: lambda: ours.inflate(iter(pieces)),
        "all checks of the CSV": lambda: ours.inspect(iter(content)),
        "of these: SHA-256": lambda: _hash(content),
    }


def _hash(content: list[bytes]) -> None:
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)


def _pieces(content: bytes) -> list[bytes]:
    return [content[at : at + _PIECE] for at in range(0, len(content), _PIECE)]


if __name__ == "__main__":
    main()
