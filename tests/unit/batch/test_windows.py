"""Windows of the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.windows import closed, tile
from sei_export.dates import CLOSED_PERIODS, STARTS, DateRange

DAY = timedelta(days=1)


def _days(text: str) -> DateRange:
    start, _, end = text.partition("/")
    return date.fromisoformat(start), date.fromisoformat(end or start)


@pytest.mark.parametrize(
    ("days", "window", "windows"),
    [
        pytest.param("2024-02-28/2024-03-01", "day", "2024-02-28 2024-02-29 2024-03-01", id="days"),
        pytest.param(
            "2024-12-28/2025-01-08",
            "week",
            "2024-12-28/2024-12-29 2024-12-30/2025-01-05 2025-01-06/2025-01-08",
            id="ISO weeks over a new year",
        ),
        pytest.param(
            "2024-01-31/2024-03-31",
            "month",
            "2024-01-31/2024-01-31 2024-02-01/2024-02-29 2024-03-01/2024-03-31",
            id="months, the first clipped to a day",
        ),
        pytest.param(
            "2024-01-01/2024-08-15",
            "quarter",
            "2024-01-01/2024-03-31 2024-04-01/2024-06-30 2024-07-01/2024-08-15",
            id="quarters, the last clipped",
        ),
        pytest.param(
            "2024-03-05/2024-03-06", "quarter", "2024-03-05/2024-03-06", id="both clipped"
        ),
        pytest.param(
            "2023-12-31/2024-12-31",
            "year",
            "2023-12-31/2023-12-31 2024-01-01/2024-12-31",
            id="years",
        ),
        pytest.param("9999-12-30/9999-12-31", "week", "9999-12-30/9999-12-31", id="the last days"),
        pytest.param(
            "0001-01-01/0001-01-08", "week", "0001-01-01/0001-01-07 0001-01-08", id="first"
        ),
    ],
)
def test_days_are_cut_into_these_windows(days: str, window: str, windows: str) -> None:
    assert tile(*_days(days), window) == tuple(map(_days, windows.split()))


@given(start=st.dates(), length=st.integers(0, 800), window=st.sampled_from([*STARTS]))
def test_windows_tile_the_days_exactly_each_within_one_of_the_calendar(
    start: date, length: int, window: str
) -> None:
    end = start + min(length, (date.max - start).days) * DAY
    windows = tile(start, end, window)
    days = [first + i * DAY for first, last in windows for i in range((last - first).days + 1)]
    assert days == [start + i * DAY for i in range((end - start).days + 1)]
    starts = [STARTS[window](first) for first, _ in windows]
    assert starts == [STARTS[window](last) for _, last in windows]
    # Neither is one cut in two.
    assert len(set(starts)) == len(starts)
    assert tile(start, end, window, most=3) == windows[-3:]


@pytest.mark.parametrize(
    ("period", "count", "windows"),
    [
        pytest.param("previous-month", 1, "2026-02-01/2026-02-28", id="one"),
        pytest.param(
            "previous-month",
            3,
            "2025-12-01/2025-12-31 2026-01-01/2026-01-31 2026-02-01/2026-02-28",
            id="months",
        ),
        pytest.param("previous-day", 2, "2026-03-13 2026-03-14", id="days"),
        pytest.param(
            "previous-week", 2, "2026-02-23/2026-03-01 2026-03-02/2026-03-08", id="ISO weeks"
        ),
    ],
)
def test_the_last_windows_that_are_over(period: str, count: int, windows: str) -> None:
    found = closed(period, date(2026, 3, 15), count)
    assert found == tuple(map(_days, windows.split()))


@given(
    today=st.dates(date(1970, 1, 1)),
    period=st.sampled_from([*CLOSED_PERIODS]),
    count=st.integers(1, 30),
)
def test_closed_windows_follow_one_another_whole_up_to_the_current_one(
    today: date, period: str, count: int
) -> None:
    windows = closed(period, today, count)
    assert len(windows) == count
    start_of = STARTS[period.removeprefix("previous-")]
    assert windows[-1][1] + DAY == start_of(today)
    assert windows == tile(windows[0][0], windows[-1][1], period.removeprefix("previous-"))
