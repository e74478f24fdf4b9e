"""Relative date ranges, resolved to whole days.

All ranges are inclusive at both ends, as the API's are. The anchor is the schedule's nominal time
or the execution's start, so that a retry or a redrive of a run never shifts its range.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

type DateRange = tuple[date, date]

DAY = timedelta(days=1)
_MONTHS_PER_QUARTER = 3
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
"""Of a moment. Nearer to the calendar's ends, a shift by zone or range would leave it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DIGITS = re.compile(r"[0-9]{9,15}(?:\.[0-9]{1,9})?")
_FIRST_SECOND, _FIRST_MILLISECOND = 10**8, 10**11
"""Both in 1973: since there were no exports then, a number below the second one counts seconds."""


def _month_start(day: date) -> date:
    return day.replace(day=1)


def _quarter_start(day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % _MONTHS_PER_QUARTER, day=1)


def _year_start(day: date) -> date:
    return day.replace(month=1, day=1)


def _week_start(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _same_day(day: date) -> date:
    return day


def _previous(start_of: Callable[[date], date]) -> Callable[[date], DateRange]:
    def resolve(today: date) -> DateRange:
        end = start_of(today) - DAY
        return start_of(end), end

    return resolve


def _to_date(start_of: Callable[[date], date]) -> Callable[[date], DateRange]:
    def resolve(today: date) -> DateRange:
        return start_of(today), today

    return resolve


STARTS: dict[str, Callable[[date], date]] = {
    "day": _same_day,
    "week": _week_start,
    "month": _month_start,
    "quarter": _quarter_start,
    "year": _year_start,
}
"""By a window's name: the first day of the one that a day is in. Weeks are ISO weeks."""

CLOSED_PERIODS: dict[str, Callable[[date], DateRange]] = {
    f"previous-{window}": _previous(start_of) for window, start_of in STARTS.items()
}
"""By name: the last window that is whole and over."""

PERIODS: dict[str, Callable[[date], DateRange]] = {
    **CLOSED_PERIODS,
    "month-to-date": _to_date(_month_start),
    "quarter-to-date": _to_date(_quarter_start),
    "year-to-date": _to_date(_year_start),
}
"""By name. `*-to-date` include today."""


def preceding(days: DateRange) -> DateRange | None:
    """The range of equal kind that ends where one begins; None if the calendar has none.

    Of a whole year, quarter, month or week the one before; of any others as many days before.
    """
    start, end = days
    try:
        for window in ("year", "quarter", "month", "week"):
            start_of = STARTS[window]
            if start_of(start) == start == start_of(end) and start_of(end + DAY) == end + DAY:
                return CLOSED_PERIODS[f"previous-{window}"](start)
        return start - (end - start) - DAY, start - DAY
    except OverflowError:
        return None


def trailing(days: int, today: date) -> DateRange:
    """The last whole days before today."""
    return today - days * DAY, today - DAY


def today_at(anchor: datetime, timezone: tzinfo) -> date:
    """The calendar day of a moment in a time zone."""
    return anchor.astimezone(timezone).date()


def find_zone(name: object) -> ZoneInfo | None:
    """The time zone of an IANA name, or None."""
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # ValueError and OSError: a name that is a path, or a folder of the database.
        return None


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 time with a zone, as AWS and the API write them.

    Raises:
        ValueError: Not such a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it has no time zone")
    return _within_calendar(moment)


def read_moment(given: object) -> datetime | None:
    """Read a time in any form in which the API may write it; None if it is none.

    Args:
        given: ISO 8601, in UTC where it has no zone; or milliseconds or seconds since 1970, as a
            number or in digits.
    """
    try:
        if isinstance(given, str):
            text = given.strip()
            if _EPOCH_DIGITS.fullmatch(text):
                return _since_epoch(float(text))
            moment = datetime.fromisoformat(text)
            return _within_calendar(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        if isinstance(given, int | float) and not isinstance(given, bool):
            return _since_epoch(given)
    except (ValueError, OverflowError):
        pass
    return None


def _since_epoch(number: float) -> datetime:
    if not number >= _FIRST_SECOND:
        raise ValueError("it is too small for a time")
    unit = timedelta(seconds=1) if number < _FIRST_MILLISECOND else timedelta(milliseconds=1)
    return _within_calendar(_EPOCH + number * unit)


def _within_calendar(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"its year is not from {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def normalize_moment(given: object, default: str) -> str:
    """Write an API's time as `format_moment` does, or the default where it gives none."""
    moment = read_moment(given)
    return format_moment(moment) if moment else default


def format_moment(moment: datetime) -> str:
    """Write a time as `2026-01-31T06:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
