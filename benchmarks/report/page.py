"""Writes the figures into docs/performance.md, between its markers, and draws the chart.

    python -m benchmarks.report.page

Text outside the markers stays as it is. A part that was not measured keeps what it has.
"""

import re
import statistics

from benchmarks.bench import data, results
from benchmarks.bench.results import Section
from benchmarks.race import catalogue
from benchmarks.report import chart, sections
from benchmarks.report.tables import TABLES
from local.paths import ROOT

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "performance.svg"


def main() -> None:
    """Write everything that was measured."""
    write()


def write() -> None:
    """Write everything that was measured.

    Raises:
        RuntimeError: The page lacks a part's markers.
    """
    found = results.load()
    text = PAGE.read_text()
    for name, render in TABLES.items():
        if name in found:
            section = found[name]
            source = f"Measured {section['measured']} on {section['machine']}."
            text = _replaced(text, name, "\n".join([*render(section), "", f"<sub>{source}</sub>"]))
    PAGE.write_text(text)
    if "transfers" in found:
        _draw(found["transfers"])


def _replaced(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    parts = re.split(f"({re.escape(begin)}|{re.escape(end)})", text)
    if [parts[at] for at in range(1, len(parts), 2)] != [begin, end]:
        raise RuntimeError(f"{PAGE} must have {begin} and {end} once each.")
    return f"{parts[0]}{begin}\n{content}\n{end}{parts[4]}"


def _draw(section: Section) -> None:
    scenario = sections.largest(sections.rows(section, "scenarios"))
    bars = [
        chart.Bar(
            label=str(one["title"]).translate(str.maketrans("", "", "*`\\")),
            wall=statistics.median(sections.figures(one, "wall")),
            cpu=statistics.median(sections.figures(one, "cpu")),
            memory=statistics.median(sections.figures(one, "rss")) / data.MIB,
            ours=name in {catalogue.OURS, catalogue.OURS_UNVERIFIED},
        )
        for name, one in sections.contestants(scenario).items()
    ]
    CHART.write_text(chart.draw(f"From source to S3: {scenario['title']}", bars))


if __name__ == "__main__":
    main()
