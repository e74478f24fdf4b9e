"""Relative date ranges."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.dates import (
    PERIODS,
    find_zone,
    format_moment,
    normalize_moment,
    parse_moment,
    preceding,
    read_moment,
    today_at,
    trailing,
)

DAY = timedelta(days=1)
DAYS = st.dates(date(1970, 1, 3), date(9998, 12, 31))


def test_the_periods_are_those_of_the_contract() -> None:
    assert set(PERIODS) == {
        "previous-day",
        "previous-week",
        "previous-month",
        "previous-quarter",
        "previous-year",
        "month-to-date",
        "quarter-to-date",
        "year-to-date",
    }


@pytest.mark.parametrize(
    ("period", "today", "start", "end"),
    [
        pytest.param("previous-day", "2026-03-15", "2026-03-14", "2026-03-14", id="day"),
        pytest.param("previous-day", "2024-03-01", "2024-02-29", "2024-02-29", id="day, leap"),
        pytest.param("previous-day", "2023-03-01", "2023-02-28", "2023-02-28", id="day, no leap"),
        pytest.param("previous-day", "2026-01-01", "2025-12-31", "2025-12-31", id="day, new year"),
        pytest.param("previous-week", "2026-03-15", "2026-03-02", "2026-03-08", id="week, Sunday"),
        pytest.param("previous-week", "2026-03-16", "2026-03-09", "2026-03-15", id="week, Monday"),
        pytest.param(
            "previous-week", "2026-01-01", "2025-12-22", "2025-12-28", id="week, new year"
        ),
        pytest.param(
            "previous-week", "2026-01-05", "2025-12-29", "2026-01-04", id="week over new year"
        ),
        pytest.param(
            "previous-week", "2024-03-04", "2024-02-26", "2024-03-03", id="week over leap day"
        ),
        pytest.param("previous-month", "2026-03-15", "2026-02-01", "2026-02-28", id="month"),
        pytest.param("previous-month", "2026-03-31", "2026-02-01", "2026-02-28", id="month, 31st"),
        pytest.param("previous-month", "2026-03-01", "2026-02-01", "2026-02-28", id="month, 1st"),
        pytest.param("previous-month", "2024-03-29", "2024-02-01", "2024-02-29", id="month, leap"),
        pytest.param("previous-month", "2100-03-15", "2100-02-01", "2100-02-28", id="month, 2100"),
        pytest.param(
            "previous-month", "2026-01-31", "2025-12-01", "2025-12-31", id="month, new year"
        ),
        pytest.param("previous-quarter", "2026-04-01", "2026-01-01", "2026-03-31", id="Q1"),
        pytest.param("previous-quarter", "2026-09-30", "2026-04-01", "2026-06-30", id="Q2"),
        pytest.param("previous-quarter", "2026-11-15", "2026-07-01", "2026-09-30", id="Q3"),
        pytest.param("previous-quarter", "2026-02-28", "2025-10-01", "2025-12-31", id="Q4"),
        pytest.param("previous-year", "2026-01-01", "2025-01-01", "2025-12-31", id="year, first"),
        pytest.param("previous-year", "2024-02-29", "2023-01-01", "2023-12-31", id="year, leap"),
        pytest.param("month-to-date", "2026-03-15", "2026-03-01", "2026-03-15", id="mtd"),
        pytest.param("month-to-date", "2026-03-01", "2026-03-01", "2026-03-01", id="mtd, first"),
        pytest.param("month-to-date", "2024-02-29", "2024-02-01", "2024-02-29", id="mtd, leap"),
        pytest.param("quarter-to-date", "2026-06-30", "2026-04-01", "2026-06-30", id="qtd"),
        pytest.param("quarter-to-date", "2026-10-01", "2026-10-01", "2026-10-01", id="qtd, first"),
        pytest.param("year-to-date", "2026-12-31", "2026-01-01", "2026-12-31", id="ytd"),
        pytest.param("year-to-date", "2026-01-01", "2026-01-01", "2026-01-01", id="ytd, first"),
    ],
)
def test_a_period_is_these_days(period: str, today: str, start: str, end: str) -> None:
    expected = (date.fromisoformat(start), date.fromisoformat(end))
    assert PERIODS[period](date.fromisoformat(today)) == expected


@pytest.mark.parametrize(
    ("days", "today", "start", "end"),
    [
        pytest.param(1, "2026-03-15", "2026-03-14", "2026-03-14", id="one is yesterday"),
        pytest.param(30, "2026-03-15", "2026-02-13", "2026-03-14", id="thirty"),
        pytest.param(2, "2024-03-01", "2024-02-28", "2024-02-29", id="over a leap day"),
        pytest.param(366, "2025-01-01", "2024-01-01", "2024-12-31", id="a leap year"),
    ],
)
def test_trailing_days_end_yesterday(days: int, today: str, start: str, end: str) -> None:
    expected = (date.fromisoformat(start), date.fromisoformat(end))
    assert trailing(days, date.fromisoformat(today)) == expected


@given(DAYS, st.sampled_from(sorted(PERIODS)))
def test_no_period_is_empty_or_reaches_beyond_today(today: date, period: str) -> None:
    start, end = PERIODS[period](today)
    assert start <= end <= today


@given(DAYS, st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_a_previous_period_is_followed_by_the_one_that_today_is_in(today: date, unit: str) -> None:
    start, end = PERIODS[f"previous-{unit}"](today)
    current_start = end + DAY
    # Whoever asks on any day of a period gets the same previous one.
    assert PERIODS[f"previous-{unit}"](current_start) == (start, end)
    assert current_start <= today
    assert (
        today - current_start
        < {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit] * DAY
    )


@given(DAYS, st.sampled_from(["month", "quarter", "year"]))
def test_a_previous_period_ends_the_day_before_the_period_to_date_starts(
    today: date, unit: str
) -> None:
    _, end = PERIODS[f"previous-{unit}"](today)
    start, now = PERIODS[f"{unit}-to-date"](today)
    assert end + DAY == start
    assert now == today


@given(DAYS)
def test_a_previous_week_is_an_iso_week(today: date) -> None:
    start, end = PERIODS["previous-week"](today)
    assert (start.isoweekday(), end.isoweekday()) == (1, 7)
    assert start.isocalendar()[:2] == end.isocalendar()[:2]
    assert start.isocalendar()[:2] == (today - 7 * DAY).isocalendar()[:2]


@given(DAYS, st.integers(1, 3660))
def test_trailing_days_are_as_many_as_asked_for(today: date, days: int) -> None:
    start, end = trailing(days, today)
    assert (end - start).days + 1 == days
    assert end == today - DAY


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        pytest.param("2026-03-01T06:00:00Z", "UTC", "2026-03-01", id="UTC"),
        pytest.param("2026-03-01T06:00:00Z", "America/Los_Angeles", "2026-02-28", id="behind"),
        pytest.param("2026-02-28T11:00:00Z", "Pacific/Auckland", "2026-03-01", id="ahead"),
        pytest.param("2025-12-31T10:00:00Z", "Pacific/Kiritimati", "2026-01-01", id="14 ahead"),
        pytest.param("2026-03-28T22:59:00Z", "Europe/Berlin", "2026-03-28", id="eve of DST"),
        pytest.param("2026-03-28T23:00:00Z", "Europe/Berlin", "2026-03-29", id="DST day begins"),
        pytest.param("2026-03-29T21:59:00Z", "Europe/Berlin", "2026-03-29", id="DST day's end"),
        pytest.param("2026-03-29T22:00:00Z", "Europe/Berlin", "2026-03-30", id="23-hour day over"),
        pytest.param("2026-10-25T22:59:00Z", "Europe/Berlin", "2026-10-25", id="25-hour day"),
        pytest.param("2026-03-01T01:00:00+02:00", "UTC", "2026-02-28", id="moment with offset"),
    ],
)
def test_today_is_the_day_of_the_zone(moment: str, zone: str, day: str) -> None:
    assert today_at(parse_moment(moment), ZoneInfo(zone)) == date.fromisoformat(day)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_zone_is_found_by_its_iana_name(name: str) -> None:
    zone = find_zone(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Europe/Berlyn", id="unknown"),
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param(["UTC"], id="list"),
        pytest.param("Europe", id="folder of the database"),
        pytest.param("../../../etc/passwd", id="path upwards"),
        pytest.param("/etc/localtime", id="absolute path"),
        pytest.param("UTC\0", id="null character"),
        pytest.param("x" * 5000, id="too long for a file name"),
        pytest.param("\ud800", id="lone surrogate"),
    ],
)
def test_no_zone_is_found_for_any_other_name(name: object) -> None:
    assert find_zone(name) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-03-01T06:00:00", id="no zone"),
        pytest.param("2026-03-01", id="a day"),
        pytest.param("2026-13-01T06:00:00Z", id="no such month"),
        pytest.param("2026-03-01T25:00:00Z", id="no such hour"),
        pytest.param("<aws.scheduler.scheduled-time>", id="placeholder"),
        pytest.param("", id="empty"),
        pytest.param("1969-12-31T23:59:59Z", id="too early"),
        pytest.param("9999-01-01T00:00:00Z", id="too late"),
        pytest.param("0001-01-01T00:00:00Z", id="first moment of the calendar"),
        pytest.param("9999-12-31T23:59:59-12:00", id="last moment of the calendar"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
def test_the_first_and_the_last_moment_are_read(text: str) -> None:
    assert format_moment(parse_moment(text)) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(datetime(2026, 1, 31, 6, tzinfo=UTC), "2026-01-31T06:00:00Z", id="UTC"),
        pytest.param(
            datetime(2026, 1, 31, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            "2026-01-30T23:30:00Z",
            id="another zone",
        ),
    ],
)
def test_a_moment_is_written_in_utc(moment: datetime, text: str) -> None:
    assert format_moment(moment) == text


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Etc/GMT+12"]
).map(ZoneInfo)


@given(st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=ZONES), ZONES)  # noqa: DTZ001 - hypothesis adds the zones
def test_every_moment_that_is_read_has_ranges_in_every_zone(
    moment: datetime, zone: ZoneInfo
) -> None:
    today = today_at(parse_moment(moment.isoformat()), zone)
    assert all(start <= end for start, end in (resolve(today) for resolve in PERIODS.values()))
    assert trailing(3660, today)[0] < today


@given(st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=ZONES))  # noqa: DTZ001 - as above
def test_a_written_moment_reads_back_to_its_second(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment.astimezone(UTC).replace(microsecond=0)


# --- times as an API may write them ---


@pytest.mark.parametrize(
    ("given_time", "normal"),
    [
        pytest.param("2026-03-14T10:00:00Z", "2026-03-14T10:00:00Z", id="as documented"),
        pytest.param("2026-03-14T11:00:00.123+01:00", "2026-03-14T10:00:00Z", id="another zone"),
        pytest.param("2026-03-14T11:00:00+0100", "2026-03-14T10:00:00Z", id="without a colon"),
        pytest.param("2026-03-14T10:00:00", "2026-03-14T10:00:00Z", id="no zone"),
        pytest.param("2026-03-14 10:00:00.5", "2026-03-14T10:00:00Z", id="no zone, no T"),
        pytest.param(" 2026-03-14T10:00:00Z ", "2026-03-14T10:00:00Z", id="spaces around"),
        pytest.param("2026-03-14", "2026-03-14T00:00:00Z", id="a day"),
        pytest.param("20260314", "2026-03-14T00:00:00Z", id="a day of digits"),
        pytest.param(1773482400000, "2026-03-14T10:00:00Z", id="milliseconds"),
        pytest.param(1773482400123.0, "2026-03-14T10:00:00Z", id="milliseconds with a point"),
        pytest.param("1773482400000", "2026-03-14T10:00:00Z", id="milliseconds in digits"),
        pytest.param(1773482400, "2026-03-14T10:00:00Z", id="seconds"),
        pytest.param("1773482400.25", "2026-03-14T10:00:00Z", id="seconds in digits"),
    ],
)
def test_a_time_of_the_api_is_read_in_any_form_and_as_utc_without_a_zone(
    given_time: object, normal: str
) -> None:
    assert normalize_moment(given_time, "default") == normal


@pytest.mark.parametrize(
    "given_time",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param("recently", id="a word"),
        pytest.param("٢٠٢٦-٠٣-١٤", id="other digits"),
        pytest.param(0, id="zero, as where nothing is known"),
        pytest.param(-1773482400000, id="before 1970"),
        pytest.param(True, id="true"),
        pytest.param(10**18, id="after the calendar"),
        pytest.param(10**400, id="a huge number"),
        pytest.param("9" * 15, id="huge digits"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param(float("nan"), id="no number"),
        pytest.param([1773482400000], id="a list"),
        pytest.param("9999-12-31T23:59:59", id="the calendar's end"),
    ],
)
def test_what_is_no_time_of_the_api_is_left_to_the_default(given_time: object) -> None:
    assert read_moment(given_time) is None
    assert normalize_moment(given_time, "default") == "default"


@given(st.datetimes(datetime(1974, 1, 1), datetime(5000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as above
def test_one_moment_is_the_same_in_every_form(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    seconds = int(moment.timestamp())
    zoned = moment.astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
    forms = (moment.isoformat(), moment.replace(tzinfo=None).isoformat(), zoned, seconds * 1000)
    assert {read_moment(form) for form in (*forms, str(seconds * 1000), seconds)} == {moment}


@pytest.mark.parametrize(
    ("days", "before"),
    [
        ("2025-03-01 2025-03-31", "2025-02-01 2025-02-28"),
        ("2024-03-01 2024-03-31", "2024-02-01 2024-02-29"),
        ("2025-01-01 2025-01-31", "2024-12-01 2024-12-31"),
        ("2025-01-01 2025-03-31", "2024-10-01 2024-12-31"),
        ("2025-01-01 2025-12-31", "2024-01-01 2024-12-31"),
        ("2025-03-03 2025-03-09", "2025-02-24 2025-03-02"),
        ("2025-03-04 2025-03-10", "2025-02-25 2025-03-03"),
        ("2025-03-01 2025-03-17", "2025-02-12 2025-02-28"),
        ("2025-03-01 2025-03-01", "2025-02-28 2025-02-28"),
        ("2025-02-01 2025-03-31", "2024-12-04 2025-01-31"),
        ("0001-01-01 0001-01-31", None),
        ("0001-01-02 0001-01-03", None),
        ("9999-12-01 9999-12-31", None),
    ],
)
def test_before_a_range_there_is_one_of_equal_kind(days: str, before: str | None) -> None:
    start, end = map(date.fromisoformat, days.split())
    found = preceding((start, end))
    assert (found and f"{found[0]} {found[1]}") == before
