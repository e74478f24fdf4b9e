"""The CSV of an export: the same request gives the same bytes, in every process.

Rows are made in batches, so that an export of millions of them needs little memory.
"""

import csv
import hashlib
import io
import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from local.simulator import names

type Level = Literal["developer", "team"]
type Granularity = Literal["weekly", "monthly", "quarterly"]

DEVELOPERS = 24
TEAMS = 6
_BATCH_ROWS = 1000
_NO_AVERAGE = 0.05
# Values repeat after this many rows: far enough apart that gzip cannot profit from it, and
# near enough that millions of rows cost no more than their writing.
_POOL_ROWS = 1021
_MONTHS = {"monthly": 1, "quarterly": 3}


@dataclass(frozen=True)
class Table:
    """What an export's CSV holds: rows for each period of the (inclusive) dates."""

    org_tree: str
    team_id: str | None
    level: Level
    granularity: Granularity
    start: date
    end: date
    metrics: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the header row."""
        who = ("Developer", "Email") if self.level == "developer" else ()
        period = ("Granularity", "Start_Date", "End_Date")
        return (*period, "Org_Tree", "Team_Id", "Team", *who, *self.metrics)

    def csv_chunks(self, seed: str, rows: int | None) -> Iterator[bytes]:
        """Yield the CSV in UTF-8: the header row first, then batches of data rows.

        Args:
            seed: any text; the values follow from it and from nothing else.
            rows: the exact number of data rows, or None for the usual number of developers or
                teams in each period.
        """
        yield _to_csv([self.columns])
        data = self._rows(seed, rows)
        for batch in itertools.batched(data, _BATCH_ROWS, strict=False):
            yield _to_csv(batch)

    def _rows(self, seed: str, rows: int | None) -> Iterator[tuple[str, ...]]:
        periods = list(split(self.start, self.end, self.granularity))
        usual = DEVELOPERS if self.level == "developer" else TEAMS
        each = usual if rows is None else -(-rows // len(periods))
        left = usual * len(periods) if rows is None else rows
        pool = itertools.cycle(_values(seed, self.metrics))
        for period in periods:
            for index in range(min(each, left)):
                yield (*period, self.org_tree, *self._who(index), *next(pool))
            left -= min(each, left)

    def _who(self, index: int) -> tuple[str, ...]:
        if self.level == "team":
            return names.team(index, self.team_id)
        return (*names.team(index % TEAMS, self.team_id), *names.developer(index))


def split(start: date, end: date, granularity: Granularity) -> Iterator[tuple[str, str, str]]:
    """Yield the label, first and last day of each calendar period, clipped to the dates."""
    first = start
    while first <= end:
        following = _following_start(first, granularity)
        last = min(end, following - timedelta(days=1))
        yield _label(first, granularity), first.isoformat(), last.isoformat()
        first = following


def _following_start(day: date, granularity: Granularity) -> date:
    if granularity == "weekly":
        return day + timedelta(days=7 - day.weekday())
    months = _MONTHS[granularity]
    index = day.year * 12 + (day.month - 1) // months * months + months
    return date(index // 12, index % 12 + 1, 1)


def _label(day: date, granularity: Granularity) -> str:
    if granularity == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    if granularity == "monthly":
        return f"{day:%b %Y}"
    return f"Q{(day.month + 2) // 3} {day.year}"


def _values(seed: str, metrics: tuple[str, ...]) -> list[tuple[str, ...]]:
    # Not hash(), which differs from process to process.
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    dice = random.Random(number)  # noqa: S311 - figures for a CSV, not a secret
    return [tuple(_value(dice, metric) for metric in metrics) for _ in range(_POOL_ROWS)]


def _value(dice: random.Random, metric: str) -> str:
    if metric.endswith("_AVG") or metric.startswith("AVG_"):
        # No pull requests, no average: such a cell is empty.
        return f"{dice.uniform(0, 20):.2f}" if dice.random() > _NO_AVERAGE else ""
    if "PERCENT" in metric:
        return f"{dice.uniform(0, 100):.1f}"
    return str(dice.randrange(5000 if metric.startswith("LOC_") else 40))


def _to_csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
