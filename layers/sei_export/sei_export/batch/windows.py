"""Cutting days into windows of the calendar, and the last windows that are over."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from sei_export.dates import CLOSED_PERIODS, DAY, STARTS, DateRange


def tile(start: date, end: date, window: str, most: int | None = None) -> tuple[DateRange, ...]:
    """Cut days into windows, oldest first; the first and the last may be parts of one.

    Args:
        start: First day.
        end: Last day, not before the first.
        window: One of `dates.STARTS`.
        most: How many to make at most, the last ones: there may be millions.
    """
    return tuple(reversed([*islice(_newest_first(start, end, window), most)]))


def closed(period: str, today: date, count: int) -> tuple[DateRange, ...]:
    """The last windows that are whole and over, oldest first.

    Args:
        period: One of `dates.CLOSED_PERIODS`.
        today: A day after all of them.
        count: How many, 1 or more.
    """
    found: list[DateRange] = []
    for _ in range(count):
        found.append(CLOSED_PERIODS[period](today))
        today = found[-1][0]
    return tuple(reversed(found))


def _newest_first(start: date, end: date, window: str) -> Iterator[DateRange]:
    start_of = STARTS[window]
    # Backwards, since a window's first day is easily told, and its last may be off the calendar.
    while True:
        first = max(start, start_of(end))
        yield first, end
        if first == start:
            return
        end = first - DAY
