"""Days of many ranges, for the question whether another range has one of them."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date


class DaySet:
    """The days of some ranges.

    Args:
        ranges: First and last day of each.
    """

    def __init__(self, ranges: Iterable[tuple[date, date]]) -> None:
        # Joined where they touch, so that both lists ascend.
        self._starts: list[date] = []
        self._ends: list[date] = []
        for start, end in sorted(ranges):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def has_any(self, start: date, end: date) -> bool:
        """Tell whether it has one of the days from a first to a last one."""
        before = bisect_right(self._starts, end)
        return before > 0 and self._ends[before - 1] >= start
