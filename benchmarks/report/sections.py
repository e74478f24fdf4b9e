"""A section of `results.json` is read here, for tables and chart alike."""

import statistics
from typing import cast

from benchmarks.bench.results import Section
from benchmarks.race import catalogue

_PREFERRED = ("https", "gzip")
"""Protocol and body of the scenario that stands for all."""


def largest(scenarios: list[Section]) -> Section:
    """The scenario that stands for all: the largest file of the preferred kind."""
    preferred = [it for it in scenarios if (it["protocol"], it["body"]) == _PREFERRED]
    return max(preferred or scenarios, key=lambda it: cast("int", it["size"]))


def ratio(one: Section, other: Section, key: str) -> float:
    """The median of the rounds' ratios: what slows a round down slows both."""
    pairs = zip(figures(one, key), figures(other, key), strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


def contestants(scenario: Section) -> dict[str, Section]:
    """A scenario's contestants in the catalogue's order, which the file does not keep."""
    found = cast("dict[str, Section]", scenario["contestants"])
    return {it.name: found[it.name] for it in catalogue.all_contestants() if it.name in found}


def rows(section: Section, name: str) -> list[Section]:
    """The rows that a section has under this name."""
    return cast("list[Section]", section[name])


def figures(one: Section, key: str) -> list[float]:
    """The figures of one contestant, in the order of the rounds."""
    return cast("list[float]", one[key])
