"""Whether rows are about the days asked for."""

from datetime import date

import pytest

from sei_export.landing.csvcheck import CsvInspector
from sei_export.landing.daysasked import Seen

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def _outside(text: str, *, step: int = 10_000, granularity: str | None = "daily") -> Seen | None:
    content = text.encode()
    inspector = CsvInspector(days=MARCH, granularity=granularity)
    for at in range(0, len(content), step):
        inspector.feed(content[at : at + step])
    return inspector.finish().days_outside


@pytest.mark.parametrize("name", ["Start_Date", "start date", " START_DATE "])
def test_given_rows_of_other_days_then_their_days_are_told(name: str) -> None:
    text = f"Team,{name},End_Date\na,2025-03-08,2025-03-31\nb,2025-03-01,2025-03-07\n"
    for step in (1, 10_000):
        assert _outside(text, step=step) == Seen("2025-03-01", "2025-03-31")


def test_given_days_before_and_behind_then_both_ends_are_told() -> None:
    text = "Date,n\n2026-02-28,1\n" * 1 + "2026-04-01,1\n"
    assert _outside(text) == Seen("2026-02-28", "2026-04-01")


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("2026-03-01,2026-03-31", id="the days"),
        pytest.param("2026-01-01,2026-12-31", id="days around them"),
        pytest.param("2026-02-23,2026-03-01", id="their first day"),
        pytest.param("2026-03-31,2026-04-05", id="their last day"),
        pytest.param("2026-03-31,", id="no last day"),
        pytest.param(",2026-03-31", id="no first day"),
        pytest.param("2025-01-01,2025-01-31\n2026-03-01,2026-03-31", id="the second row"),
        pytest.param("2025-01-01,2025-01-31\nMar 2026,2025-12-31", id="a day in words"),
        pytest.param("20250101,20250131", id="a day as a number"),
        pytest.param(",", id="no day"),
    ],
)
def test_given_one_row_that_is_or_may_be_about_the_days_then_nothing_is_told(rows: str) -> None:
    assert _outside(f"Start_Date,End_Date\n{rows}\n") is None


@pytest.mark.parametrize(
    ("name", "nearest", "further"),
    [
        ("Date", "2026-03-01", "2026-02-28"),
        ("Day", "2026-03-31", "2026-04-01"),
        ("Week", "2026-02-23", "2026-02-22"),
        ("Month", "2026-01-30", "2026-01-29"),
        ("Quarter", "2025-11-30", "2025-11-29"),
        ("Start_Date", "2025-03-01", "2025-02-28"),
        ("End_Date", "2027-03-31", "2027-04-01"),
    ],
)
def test_given_one_column_of_days_then_its_rows_may_begin_or_end_earlier_or_later(
    name: str, nearest: str, further: str
) -> None:
    assert _outside(f"{name},n\n{nearest},1\n") is None
    assert _outside(f"{name},n\n{further},1\n") == Seen(further, further)


@pytest.mark.parametrize("name", ["Date", "DAY"])
@pytest.mark.parametrize(
    ("granularity", "nearest", "further"),
    [
        ("DAILY", "2026-03-01", "2026-02-28"),
        ("weekly", "2026-02-23", "2026-02-22"),
        ("MONTHLY", "2026-01-30", "2026-01-29"),
        ("Quarterly", "2025-11-30", "2025-11-29"),
        ("SPRINT", "2025-11-30", "2025-11-29"),
        (None, "2025-11-30", "2025-11-29"),
    ],
)
def test_given_a_date_alone_then_it_may_be_the_first_day_of_a_rows_period(
    name: str, granularity: str | None, nearest: str, further: str
) -> None:
    assert _outside(f"{name},n\n{nearest},1\n", granularity=granularity) is None
    assert _outside(f"{name},n\n{further},1\n", granularity=granularity) == Seen(further, further)


@pytest.mark.parametrize("text", ["Team,Start_Day\na,2020-01-01\n", "Date,n\n", ""])
def test_given_no_known_column_or_no_row_then_nothing_is_told(text: str) -> None:
    assert _outside(text) is None


def test_given_that_nobody_knows_what_was_asked_for_then_nothing_is_told() -> None:
    inspector = CsvInspector()
    inspector.feed(b"Date,n\n2020-01-01,1\n")
    assert inspector.finish().days_outside is None


def test_given_the_calendars_first_and_last_days_then_they_stay_in_it() -> None:
    for name in ("Start_Date", "End_Date"):
        inspector = CsvInspector(days=(date.min, date.max))
        inspector.feed(f"{name},n\n2020-01-01,1\n".encode())
        assert inspector.finish().days_outside is None


def test_given_a_day_that_comes_after_many_rows_of_others_then_it_is_found() -> None:
    rows = "2020-01-01,1\n" * 50_000
    assert _outside(f"Date,n\n{rows}2026-03-01,1\n") is None
    assert _outside(f"Date,n\n{rows}2026-04-01,1\n") == Seen("2020-01-01", "2026-04-01")
