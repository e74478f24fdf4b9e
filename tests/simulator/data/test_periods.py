"""The calendar's periods between two dates."""

from datetime import date

import pytest

from local.simulator.data.periods import Granularity, split


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        (
            "weekly",
            [
                ("2025-W01", "2024-12-31", "2025-01-05"),
                ("2025-W02", "2025-01-06", "2025-01-12"),
                ("2025-W03", "2025-01-13", "2025-01-14"),
            ],
        ),
        (
            "monthly",
            [("Dec 2024", "2024-12-31", "2024-12-31"), ("Jan 2025", "2025-01-01", "2025-01-14")],
        ),
        (
            "quarterly",
            [("Q4 2024", "2024-12-31", "2024-12-31"), ("Q1 2025", "2025-01-01", "2025-01-14")],
        ),
    ],
)
def test_periods_are_the_calendars_clipped_to_the_dates(
    granularity: Granularity, expected: list[tuple[str, str, str]]
) -> None:
    assert list(split(date(2024, 12, 31), date(2025, 1, 14), granularity)) == expected
