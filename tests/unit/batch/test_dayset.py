"""Days of many ranges."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sei_export.batch.dayset import DaySet

_days = st.integers(0, 40).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
_ranges = st.tuples(_days, _days).map(lambda ends: (min(ends), max(ends)))


@given(ranges=st.lists(_ranges, max_size=6), asked=_ranges)
def test_it_has_a_day_of_a_range_if_one_of_its_ranges_has(
    ranges: list[tuple[date, date]], asked: tuple[date, date]
) -> None:
    has = any(start <= asked[1] and asked[0] <= end for start, end in ranges)
    assert DaySet(ranges).has_any(*asked) == has
