"""Periods in words of one's own, and what they stand for."""

import pytest

from sei_export.dates import PERIODS
from sei_export.input.periods import meant_period
from sei_export.jsontypes import JsonValue


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("yesterday", "previous-day"),
        ("last-month", "previous-month"),
        ("Last Month", "previous-month"),
        ("last_quarter", "previous-quarter"),
        ("past week", "previous-week"),
        ("prior-year", "previous-year"),
        ("this-month", "month-to-date"),
        ("current quarter", "quarter-to-date"),
        ("thisYear", "year-to-date"),
        ("MTD", "month-to-date"),
        ("qtd", "quarter-to-date"),
        ("ytd", "year-to-date"),
        ("last-7-days", '"trailingDays": 7'),
        ("past 1 day", '"trailingDays": 1'),
        ("trailing 3660 days", '"trailingDays": 3660'),
    ],
)
def test_a_word_for_a_period_stands_for_one_that_is_allowed(word: str, meant: str) -> None:
    assert meant_period(word) == meant
    assert meant in PERIODS or meant.startswith('"trailingDays"')


@pytest.mark.parametrize("word", ["today", "tomorrow", "this-week", "this day", "next-month"])
def test_for_what_is_not_over_and_has_no_range_up_to_now_nothing_is_offered(word: str) -> None:
    # Else the closest word would be: previous-week, for this-week.
    assert meant_period(word) == ""


@pytest.mark.parametrize(
    "given", ["previous-weak", "last", "last-0-days", "lastmonths", "", 7, None, ["last-month"]]
)
def test_of_anything_else_nothing_is_known(given: JsonValue) -> None:
    assert meant_period(given) is None
