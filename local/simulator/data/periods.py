"""Calendar periods: days, weeks, sprints, months or quarters."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

type Granularity = Literal["daily", "weekly", "sprint", "monthly", "quarterly"]
# The label, first and last day as a CSV has them.
type Period = tuple[str, str, str]

CAPITALS: dict[str, Granularity] = {
    "SPRINT": "sprint",
    "WEEKLY": "weekly",
    "MONTHLY": "monthly",
    "QUARTERLY": "quarterly",
}
"""The names as most reports write them."""

_MONTHS = {"monthly": 1, "quarterly": 3}
_DAYS = {"daily": 1, "weekly": 7, "sprint": 14}


def split(start: date, end: date, granularity: Granularity) -> Iterator[Period]:
    """Yield the calendar's periods, clipped to the dates; both days are included."""
    first = start
    while True:
        last = min(end, _last_day(first, granularity))
        yield _label(first, granularity), first.isoformat(), last.isoformat()
        if last == end:
            return
        first = last + timedelta(days=1)


def _last_day(day: date, granularity: Granularity) -> date:
    if granularity in _DAYS:
        length = _DAYS[granularity]
        # The calendar's first day is a Monday; its last one may cut a period short.
        last = (day.toordinal() - 1) // length * length + length
        return date.fromordinal(min(last, date.max.toordinal()))
    months = _MONTHS[granularity]
    index = day.year * 12 + (day.month - 1) // months * months + months
    year, month = divmod(index, 12)
    return date(year, month + 1, 1) - timedelta(days=1) if year <= date.max.year else date.max


def _label(day: date, granularity: Granularity) -> str:
    match granularity:
        case "daily":
            return day.isoformat()
        case "weekly":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case "sprint":
            return f"Sprint {(day.toordinal() - 1) // _DAYS['sprint']}"
        case "monthly":
            return f"{day:%b %Y}"
        case "quarterly":
            return f"Q{(day.month + 2) // 3} {day.year}"
