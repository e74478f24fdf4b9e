"""The CSV of a report: the same request gives the same bytes, in every process.

Rows are made in batches, so that an export of millions of them needs little memory.
"""

import csv
import hashlib
import io
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from local.simulator.data.figures import figure
from local.simulator.data.periods import Granularity, Period, split

_BATCH_ROWS = 1000
# Values repeat after this many rows: far enough apart that gzip cannot profit from it, and
# near enough that millions of rows cost no more than their writing.
_POOL_ROWS = 1021


@dataclass(frozen=True)
class Table:
    """What a report's CSV holds: for each period of the (inclusive) dates, rows of figures.

    Args:
        start: the first day.
        end: the last day.
        granularity: the length of a period, or None for one period from start to end.
        identity: the columns that say whose figures a row holds, and when.
        who: gives the cells of these columns for a period and a number from 0.
        usual: how many rows a period has.
        metrics: the columns of figures.
    """

    start: date
    end: date
    granularity: Granularity | None
    identity: tuple[str, ...]
    who: Callable[[Period, int], tuple[str, ...]]
    usual: int
    metrics: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the header row."""
        return (*self.identity, *self.metrics)

    def csv_chunks(self, seed: str, rows: int | None) -> Iterator[bytes]:
        """Yield the CSV in UTF-8: the header row first, then batches of data rows.

        Args:
            seed: any text; the values follow from it and from nothing else.
            rows: the exact number of data rows, or None for the usual number in each period.
        """
        yield _to_csv([self.columns])
        data = self._rows(seed, rows)
        for batch in itertools.batched(data, _BATCH_ROWS, strict=False):
            yield _to_csv(batch)

    def has_more_than(self, limit: int, rows: int | None) -> bool:
        """Tell whether the CSV has more data rows than that; `rows` is as for `csv_chunks`."""
        if rows is not None:
            return rows > limit
        enough = limit // self.usual + 1
        return sum(1 for _ in itertools.islice(self._periods(), enough)) == enough

    def _periods(self) -> Iterator[Period]:
        if self.granularity:
            return split(self.start, self.end, self.granularity)
        return iter([("", self.start.isoformat(), self.end.isoformat())])

    def _rows(self, seed: str, rows: int | None) -> Iterator[tuple[str, ...]]:
        pool = itertools.cycle(_values(seed, self.metrics))
        for period, index in self._places() if rows is None else self._exact_places(rows):
            yield (*self.who(period, index), *next(pool))

    def _places(self) -> Iterator[tuple[Period, int]]:
        return ((period, index) for period in self._periods() for index in range(self.usual))

    def _exact_places(self, rows: int) -> Iterator[tuple[Period, int]]:
        # The rows spread evenly; more periods than rows are not looked at.
        periods = list(itertools.islice(self._periods(), rows))
        each = -(-rows // max(len(periods), 1))
        places = ((period, index) for period in periods for index in range(each))
        return itertools.islice(places, rows)


def _values(seed: str, metrics: tuple[str, ...]) -> list[tuple[str, ...]]:
    # Not hash(), which differs from process to process.
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    dice = random.Random(number)  # noqa: S311 - figures for a CSV, not a secret
    return [tuple(figure(dice, metric) for metric in metrics) for _ in range(_POOL_ROWS)]


def _to_csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
