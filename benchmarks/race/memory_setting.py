"""Which memory setting of the download function costs least for each GiB.

    python -m benchmarks.race.memory_setting [--mib 256] [--rounds 5]

Lambda gives CPU in proportion to memory; here a quota on the process does.
"""

import argparse
import json
import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import cast

from benchmarks.bench import prices, quota, results, servers
from benchmarks.race import catalogue, transfers
from benchmarks.race.transfers import Scenario

MEMORY_SIZES = (512, 768, 1024, 1769, 3008, 3538)
"""In Lambda's MB. Less leaves little room above the process's peak, and saves nothing: where CPU
is the limit, half the memory takes twice the time."""

_MB_OF_A_CORE = 1769
_PROTOCOL = "https"
_BODIES = ("gzip", "plain")
_DECIDING = (True, "gzip")
"""Slow or not, and body: how most files come."""


def main() -> None:
    """Measure and note."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=256, help="MiB of each body")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    section = measure(options.mib, options.rounds)
    print(json.dumps(section, indent=1))
    results.save("memory_setting", section)


def measure(mib: int, rounds: int, sizes: Sequence[int] = MEMORY_SIZES) -> results.Section:
    """Seconds and dollars for each GiB on the wire, at each memory setting.

    Every file is moved beside one of 1 MiB, whose time is taken off: starting Python and
    connecting come once for a file, not once for a GiB.

    Args:
        mib: Size of the files, more than 1.
        rounds: How often.
        sizes: Memory settings; those with more cores than this machine has are left out.

    Raises:
        RuntimeError: CPU cannot be limited here, or a transfer fails.
    """
    measured = [it for it in sizes if it <= _MB_OF_A_CORE * (os.cpu_count() or 1)]
    files = list(product((True, False), _BODIES))
    scenarios = [
        Scenario(size, _PROTOCOL, body, slow=slow) for slow, body in files for size in (1, mib)
    ]
    ours = next(it for it in catalogue.all_contestants() if it.name == catalogue.OURS)
    with quota.group() as group, servers.discarding() as endpoints:
        contestants = [
            replace(
                ours,
                name=f"{memory} MB",
                words=(*group.limited(memory / _MB_OF_A_CORE), *ours.words),
            )
            for memory in measured
        ]
        taken = list(transfers.race(scenarios, contestants, endpoints, rounds))
    rows: list[results.Json] = []
    for (slow, body), least, whole in zip(files, taken[::2], taken[1::2], strict=True):
        for memory in measured:
            started, ended = (_median(it, memory, "wall") for it in (least, whole))
            seconds = (ended - started) * 1024 / (mib - 1)
            rows.append(
                {
                    "memory": memory,
                    "cores": memory / _MB_OF_A_CORE,
                    "slow": slow,
                    "body": body,
                    "start": started,
                    "seconds": seconds,
                    "dollars": 1000 * seconds * memory / 1024 * prices.GB_SECOND_DOLLARS,
                    "rss": _median(whole, memory, "rss"),
                }
            )
    return {"size": mib, "rounds": rounds, "settings": rows}


def grouped(section: results.Section) -> Iterator[list[results.Section]]:
    """The rows of each kind of source and body."""
    rows = cast("list[results.Section]", section["settings"])
    for slow, body in product((True, False), _BODIES):
        yield [it for it in rows if (it["slow"], it["body"]) == (slow, body)]


def cheapest(rows: Sequence[results.Section]) -> results.Section:
    """The row that costs least."""
    return min(rows, key=lambda it: cast("float", it["dollars"]))


def chosen(section: results.Section) -> results.Section:
    """The row whose memory the template has: the cheapest for gzip from a source like a network."""
    found = next(it for it in grouped(section) if (it[0]["slow"], it[0]["body"]) == _DECIDING)
    return cheapest(found)


def _median(scenario: results.Section, memory: int, key: str) -> float:
    contestants = cast("dict[str, results.Section]", scenario["contestants"])
    return statistics.median(cast("list[float]", contestants[f"{memory} MB"][key]))


if __name__ == "__main__":
    main()
