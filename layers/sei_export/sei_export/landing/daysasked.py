"""Tells whether the rows of a CSV are about the days that were asked for.

By the columns of days that Harness documents or shows. One row that is about them is enough, and in
a file as it should be that is the first: nothing is looked at any more from there on.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sei_export.dates import DateRange

_START, _END = "start date", "end date"
_LONGEST_DAYS = 365
"""Of what a row is about, where only its first or its last day is told."""

_AHEAD = {"week": 6, "month": 30, "quarter": 91, _START: _LONGEST_DAYS}
"""By a column that stands alone: for how many days after its value a row may be."""

_DAY = ("date", "day")
"""Columns that may have the first day of whatever a row is about."""

_AHEAD_OF_DAY = {"daily": 0, "weekly": 6, "monthly": 30, "quarterly": 91}
"""By granularity: for how many days after such a column's value a row may be."""


class Seen(NamedTuple):
    """Days in rows that are about other days.

    Attributes:
        lowest: The earliest first day.
        highest: The latest last day.
    """

    lowest: str
    highest: str


class DaysAsked:
    """Looks at rows, in any number of calls, until one is about the days asked for.

    Args:
        columns: The names in the header.
        days: First and last day asked for; None where nobody knows what was.
        granularity: What a row is about, as it was asked for, if it was.

    Attributes:
        places: Of the columns with a row's first and last day; empty if there is none.
    """

    def __init__(
        self, columns: Sequence[str], days: DateRange | None, granularity: str | None
    ) -> None:
        names = [name.casefold().replace("_", " ").strip() for name in columns]
        self.places: tuple[int, ...] = ()
        self._begin = self._end = ""
        self._seen: Seen | None = None
        if days:
            self._choose(names, days, granularity)
        self._is_found = not self.places

    def look(self, rows: Sequence[Sequence[str]]) -> None:
        """Look at some rows."""
        if self._is_found:
            return
        first, last = self.places[0], self.places[-1]
        begin, end = self._begin, self._end
        # Texts of one form compare as days do. What has no last day ends on its first.
        if any(row[first] <= end and (row[last] or row[first]) >= begin for row in rows):
            self._is_found = True
            return
        days = [day for row in rows for day in (row[first], row[last]) if day]
        if days:
            before = self._seen or ()
            self._seen = Seen(min(*days, *before[:1]), max(*days, *before[1:]))

    def finish(self) -> Seen | None:
        """Tell the days of rows that are all about others; None if one is not, or none has any."""
        return None if self._is_found else self._seen

    def _choose(self, names: Sequence[str], days: DateRange, granularity: str | None) -> None:
        begin, end = days
        of_day = _AHEAD_OF_DAY.get((granularity or "").lower(), max(_AHEAD_OF_DAY.values()))
        ahead = dict.fromkeys(_DAY, of_day) | _AHEAD
        if _START in names and _END in names:
            self.places = names.index(_START), names.index(_END)
        elif alone := next((name for name in ahead if name in names), None):
            self.places = (names.index(alone),)
            begin = _shifted(begin, -ahead[alone])
        elif _END in names:
            self.places = (names.index(_END),)
            end = _shifted(end, _LONGEST_DAYS)
        self._begin, self._end = begin.isoformat(), end.isoformat()


def _shifted(day: date, days: int) -> date:
    """So many days later, within the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
