"""Reading days and ranges of days; every problem by its path."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.dates import PERIODS, DateRange
from sei_export.input.days import RangeReader
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue

ANCHOR = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
"""In Berlin already the 16th."""

FORMS = 'start and end, or period, or trailingDays, as in {"period": "previous-month"}'
DAY = "a day of the calendar such as 2026-01-31 is allowed."


def _read(
    given_range: JsonValue, zone: str = "UTC", anchor: datetime | None = ANCHOR
) -> tuple[DateRange, list[str]]:
    problems = Problems()
    return RangeReader(problems, zone, anchor).read(given_range), problems.found


def _days(text: str) -> DateRange:
    start, _, end = text.partition("/")
    return date.fromisoformat(start), date.fromisoformat(end or start)


@pytest.mark.parametrize(
    ("given_range", "zone", "days"),
    [
        pytest.param(
            {"start": "2024-02-29", "end": "2024-03-01"}, "UTC", "2024-02-29/2024-03-01", id="days"
        ),
        pytest.param({"start": "2024-02-29", "end": "2024-02-29"}, "UTC", "2024-02-29", id="one"),
        pytest.param({"period": "previous-day"}, "UTC", "2026-03-14", id="a period"),
        pytest.param(
            {"period": "previous-day"}, "Europe/Berlin", "2026-03-15", id="in the reader's zone"
        ),
        pytest.param(
            {"period": "previous-day", "timezone": "America/New_York"},
            "Europe/Berlin",
            "2026-03-14",
            id="in the range's own zone",
        ),
        pytest.param({"trailingDays": 1}, "UTC", "2026-03-14", id="one trailing day"),
        pytest.param(
            {"trailingDays": 3660}, "UTC", "2016-03-07/2026-03-14", id="ten years of trailing days"
        ),
        pytest.param(
            {"trailingDays": 7}, "Europe/Berlin", "2026-03-09/2026-03-15", id="trailing days"
        ),
    ],
)
def test_a_range_in_any_form_is_its_days(given_range: JsonObject, zone: str, days: str) -> None:
    assert _read(given_range, zone) == (_days(days), [])


@pytest.mark.parametrize("period", PERIODS)
def test_every_period_is_read_relative_to_the_anchor(period: str) -> None:
    expected = PERIODS[period](date(2026, 3, 15))
    assert _read({"period": period}) == (expected, [])


@pytest.mark.parametrize(
    ("given_range", "problems"),
    [
        pytest.param(None, [f"dateRange is missing: give {FORMS}."], id="null"),
        pytest.param(7, [f"dateRange is 7: an object with {FORMS} is allowed."], id="number"),
        pytest.param({}, [f"dateRange is {{}}: exactly one of {FORMS} is allowed."], id="empty"),
        pytest.param(
            {"trailingDays": 7, "period": "previous-day"},
            [
                (
                    'dateRange is {"trailingDays": 7, "period": "previous-day"}: exactly one of '
                    f"{FORMS} is allowed."
                )
            ],
            id="two forms",
        ),
        pytest.param(
            {"start": "2024-01-01", "end": "2024-01-02", "timezone": "UTC"},
            ["dateRange.timezone is for relative ranges; start and end need none."],
            id="a zone of days",
        ),
        pytest.param(
            {"start": "2024-01-02", "end": "2024-01-01"},
            ["dateRange.start 2024-01-02 is after dateRange.end 2024-01-01."],
            id="reversed",
        ),
        pytest.param(
            {"end": "2024-02-30"},
            [
                "dateRange.start is missing: give a day such as 2026-01-31.",
                f'dateRange.end is "2024-02-30": {DAY}',
            ],
            id="each end for itself",
        ),
        pytest.param(
            {"period": "previous-day", "timezone": "Mars", "more": 1},
            [
                (
                    "dateRange.more is not a field: known are start, end, period, trailingDays, "
                    "timezone."
                ),
                'dateRange.timezone is "Mars": a name such as Europe/Berlin is allowed.',
            ],
            id="a zone that is none, and more",
        ),
        pytest.param(
            {"period": "previous-mont", "timezone": "Mars"},
            [
                'dateRange.timezone is "Mars": a name such as Europe/Berlin is allowed.',
                (
                    f'dateRange.period is "previous-mont": allowed are {", ".join(PERIODS)}; did '
                    "you mean previous-month?"
                ),
            ],
            id="a period that is none, and a zone",
        ),
        pytest.param(
            {"period": None},
            [f"dateRange.period is null: allowed are {', '.join(PERIODS)}."],
            id="a null period",
        ),
        *(
            pytest.param(
                {"trailingDays": days},
                [f"dateRange.trailingDays is {shown}: a whole number from 1 to 3660 is allowed."],
                id=f"{shown} trailing days",
            )
            for days, shown in ((3661, "3661"), (0, "0"), (True, "true"), ("7", '"7"'))
        ),
    ],
)
def test_a_wrong_range_is_told_by_path(given_range: JsonValue, problems: list[str]) -> None:
    (start, end), found = _read(given_range)
    assert found == problems
    # Whoever collects problems goes on with days, whichever they are.
    assert isinstance(start, date)
    assert isinstance(end, date)


@pytest.mark.parametrize("relative", [{"period": "previous-day"}, {"trailingDays": 2}], ids=str)
def test_without_an_anchor_a_relative_range_is_refused(relative: JsonObject) -> None:
    [problem] = _read(relative, anchor=None)[1]
    assert problem.startswith("dateRange is {")
    assert problem.endswith(": only a range of start and end is allowed.")


@given(st.dates(), st.dates())
def test_any_days_in_order_are_read_without_an_anchor(one: date, other: date) -> None:
    start, end = sorted((one, other))
    given_range: JsonObject = {"start": start.isoformat(), "end": end.isoformat()}
    assert _read(given_range, anchor=None) == ((start, end), [])


@pytest.mark.parametrize(
    ("start_path", "end_path"),
    [("dateStart", "dateEnd"), ("backfill.from", "backfill.to")],
)
def test_two_fields_of_any_name_are_a_range(start_path: str, end_path: str) -> None:
    names = [path.rpartition(".")[2] for path in (start_path, end_path)]
    for days, told in (
        (("2024-01-01", "2024-01-31"), []),
        (
            ("2024-02-01", "2024-01-31"),
            [f"{start_path} 2024-02-01 is after {end_path} 2024-01-31."],
        ),
        (("x", "2024-01-31"), [f'{start_path} is "x": {DAY}']),
    ):
        problems = Problems()
        reader = RangeReader(problems, "UTC", None)
        reader.absolute({**dict(zip(names, days, strict=True))}, start_path, end_path)
        assert problems.found == told


@pytest.mark.parametrize(
    "given_day",
    [
        pytest.param("2024-W01-1", id="a week's day"),
        pytest.param("20240101", id="without hyphens"),
        pytest.param("2024-1-1", id="without zeros"),
        pytest.param(" 2024-01-01", id="a space before"),
        pytest.param("2024-01-01T00:00:00Z", id="a moment"),
        pytest.param("2023-02-29", id="no such day"),
        pytest.param("0000-01-01", id="before the calendar"),
        pytest.param(20240101, id="number"),
        pytest.param(True, id="true"),
        pytest.param([], id="list"),
    ],
)
def test_what_is_no_day_is_told(given_day: JsonValue) -> None:
    problems = Problems()
    assert RangeReader(problems, "UTC", None).day("dateFrom", given_day) is None
    [problem] = problems.found
    assert problem.startswith("dateFrom is ")
    assert problem.endswith(f": {DAY}")
