"""The tables of docs/performance.md, a renderer of Markdown's lines for each part."""

import statistics
from collections.abc import Callable, Iterator
from typing import cast

from benchmarks.bench import data, servers
from benchmarks.bench.results import Section
from benchmarks.race import catalogue, memory_setting, shapes
from benchmarks.report import sections


def _transfers(section: Section) -> Iterator[str]:
    """The largest file over https first; the others to unfold."""
    scenarios = sections.rows(section, "scenarios")
    shown = sections.largest(scenarios)
    yield from _race(shown)
    for scenario in scenarios:
        if scenario is not shown:
            yield f"\n<details><summary>{scenario['title']}</summary>\n"
            yield from _race(scenario)
            yield "\n</details>"


def _race(scenario: Section) -> Iterator[str]:
    contestants = sections.contestants(scenario)
    yield f"**{scenario['title']}**, median of {scenario['rounds']}:\n"
    yield "| way | verified | wall s | CPU s | peak MiB | wall | CPU | memory |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for one in contestants.values():
        name = catalogue.OURS if one["verifies"] else catalogue.OURS_UNVERIFIED
        compared = contestants.get(name, one)
        wall, cpu, rss = (
            statistics.median(sections.figures(one, key)) for key in ("wall", "cpu", "rss")
        )
        memory = f"{rss / data.MIB:.0f}"
        ratios = " | ".join(
            f"{sections.ratio(one, compared, key):.2f}" for key in ("wall", "cpu", "rss")
        )
        mark = "yes" if one["verifies"] else ""
        yield f"| {one['title']} | {mark} | {wall:.2f} | {cpu:.2f} | {memory} | {ratios} |"


def _slow(section: Section) -> Iterator[str]:
    yield "| file | verified, s | unverified, s | verification adds |"
    yield "|---|---:|---:|---:|"
    for scenario in sections.rows(section, "scenarios"):
        contestants = sections.contestants(scenario)
        if catalogue.OURS in contestants and catalogue.OURS_UNVERIFIED in contestants:
            ours, bare = contestants[catalogue.OURS], contestants[catalogue.OURS_UNVERIFIED]
            seconds = [statistics.median(sections.figures(one, "wall")) for one in (ours, bare)]
            added = 100 * (sections.ratio(ours, bare, "wall") - 1)
            title = scenario["title"]
            yield f"| {title} | {seconds[0]:.2f} | {seconds[1]:.2f} | {added:+.1f} % |"


def _memory(section: Section) -> Iterator[str]:
    yield "| file | peak MiB |"
    yield "|---|---:|"
    for scenario in sections.rows(section, "scenarios"):
        for one in sections.contestants(scenario).values():
            peak = statistics.median(sections.figures(one, "rss")) / data.MIB
            yield f"| {scenario['title']} | {peak:.1f} |"


def _checks(section: Section) -> Iterator[str]:
    yield "| body | step | CPU s per GiB on the wire |"
    yield "|---|---|---:|"
    for body in ("gzip", "plain"):
        steps = cast("dict[str, float]", section[body])
        for name, seconds in steps.items():
            if name != _CSV_PER_BYTE:
                yield f"| {body} | {name} | {seconds:.2f} |"
    ratio = cast("dict[str, float]", section["gzip"])[_CSV_PER_BYTE]
    yield f"\nA GiB of this gzip holds {ratio:.2f} GiB of CSV."


_CSV_PER_BYTE = "CSV per byte"


def _shapes(section: Section) -> Iterator[str]:
    yield (
        "| the CSV | CSV per byte of gzip | ours | sums | ours / sums | parser / ours "
        "| types, ms a file |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for shape in data.SHAPES:
        taken = cast("Section", section[shape])
        ours, typed, sums, parser = (
            {"cpu": taken[name]} for name in (shapes.OURS, shapes.TYPED, shapes.SUMS, shapes.PARSER)
        )
        pairs = zip(sections.figures(typed, "cpu"), sections.figures(ours, "cpu"), strict=True)
        more = statistics.median(one - other for one, other in pairs)
        cells = (
            f"{taken[_CSV_PER_BYTE]:.1f}",
            *(f"{statistics.median(sections.figures(one, 'cpu')):.2f}" for one in (ours, sums)),
            f"{sections.ratio(ours, sums, 'cpu'):.2f}",
            f"{sections.ratio(parser, ours, 'cpu'):.1f}",
            # Seconds for each GiB, though a file costs them once.
            f"{more * cast('float', taken['MiB']) / 1024 * 1000:.0f}",
        )
        yield f"| {shape} | {' | '.join(cells)} |"


def _codecs(section: Section) -> Iterator[str]:
    yield "| step | CPU s per GiB of CSV | ratio |"
    yield "|---|---:|---:|"
    for name, value in section.items():
        if isinstance(value, dict):
            ratio = value["ratio"]
            shown = f"{ratio:.2f}" if isinstance(ratio, float) else ""
            yield f"| {name} | {value['cpu']:.2f} | {shown} |"


def _coldstart(section: Section) -> Iterator[str]:
    yield "| function | layer | init ms | first call ms | together |"
    yield "|---|---|---:|---:|---:|"
    for row in sections.rows(section, "functions"):
        init, call = cast("float", row["init"]), cast("float", row["call"])
        kind = "**ours**" if row["kind"] == "ours" else "naive"
        layer = "with bytecode" if row["compiled"] else "as pip leaves it"
        yield f"| {kind}: {row['name']} | {layer} | {init:.0f} | {call:.0f} | {init + call:.0f} |"
    yield f"\nInit is above the bare interpreter's {section['interpreter']:.0f} ms."


def _polling(section: Section) -> Iterator[str]:
    yield (
        "| policy | calls | transitions | GB-s | $ per 1,000 exports | lag s, mean | p95 "
        "| lag / duration |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for row in sections.rows(section, "policies"):
        yield (
            f"| {row['title']} | {row['calls']:.1f} | {row['transitions']:.1f} "
            f"| {row['gb_seconds']:.2f} | {row['dollars']:.2f} | {row['lag_mean']:.1f} "
            f"| {row['lag_p95']:.1f} | {row['share']:.2f} |"
        )
    yield f"\nMeans of one export, {section['exports']} exports simulated."


def _scale(section: Section) -> Iterator[str]:
    rows = sections.rows(section, "rows")
    yield f"What a batch of {section['teams']:,} takes:\n"
    yield "| exports | calls | state transitions | GB-s | $ |"
    yield "|---|---:|---:|---:|---:|"
    for row in rows:
        if row["concurrency"] == section["default"]:
            yield (
                f"| {row['load']} | {row['calls']:,} | {row['transitions']:,} "
                f"| {row['gb_seconds']:,.0f} | {row['dollars']:.2f} |"
            )
    yield "\nHow fast it goes, and how near it comes to the limits:\n"
    yield (
        "| exports | `MaxConcurrency` | hours | calls per minute, mean | highest | limit "
        "| highest / limit |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        default = " (default)" if row["concurrency"] == section["default"] else ""
        unpaced = "" if row["paced"] else " without `PaceExport`"
        share = 100 * cast("float", row["share"])
        yield (
            f"| {row['load']} | {row['concurrency']}{default}{unpaced} | {row['hours']:.2f} "
            f"| {row['mean']:.0f} | {row['highest']} | {row['limit']} | {share:.0f} % |"
        )
    events = cast("dict[str, int]", section["events"])
    yield (
        f"\nEvents in the histories of executions, of {events['limit']:,} at most: batch "
        f"{events['batch']}, with as many rounds as there may be {events['batch_longest']}; child "
        f"of the map {events['child']}; longest export {events['export']:,}."
    )


def _memory_setting(section: Section) -> Iterator[str]:
    yield (
        "| source | body | MemorySize MB | vCPU | 1 MiB, s | s per GiB | MB/s "
        "| $ per 1,000 GiB | peak MiB |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for rows in memory_setting.grouped(section):
        least = memory_setting.cheapest(rows)
        for row in rows:
            mark = "**" if row is least else ""
            seconds, rss = cast("float", row["seconds"]), cast("float", row["rss"])
            source = f"{servers.SLOW_RATE // 10**6} MB/s" if row["slow"] else "unlimited"
            yield (
                f"| {source} | {row['body']} | {mark}{row['memory']}{mark} | {row['cores']:.2f} "
                f"| {row['start']:.2f} | {seconds:.2f} | {1024 * data.MIB / seconds / 1e6:.0f} "
                f"| {mark}{row['dollars']:.3f}{mark} | {rss / data.MIB:.0f} |"
            )
    yield f"\nMedians of {section['rounds']}, files of {section['size']} MiB."


TABLES: dict[str, Callable[[Section], Iterator[str]]] = {
    "transfers": _transfers,
    "slow": _slow,
    "memory": _memory,
    "checks": _checks,
    "shapes": _shapes,
    "codecs": _codecs,
    "coldstart": _coldstart,
    "polling": _polling,
    "scale": _scale,
    "memory_setting": _memory_setting,
}
