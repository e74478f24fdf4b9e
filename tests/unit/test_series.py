"""What is remembered of exports that differ in their dates only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.jsontypes import JsonValue
from sei_export.series import FIRST_LOOK, Series

SECONDS = st.floats(0, 1e6)


def _expected(*seconds: float) -> float:
    return Series(seconds).expected_seconds


def test_given_nothing_known_then_nothing_is_expected() -> None:
    assert _expected() == 0


def test_the_median_is_expected_so_that_one_out_of_line_moves_nothing() -> None:
    assert _expected(90) == 90
    assert _expected(60, 70, 80, 90, 86_400) == 80
    assert _expected(60, 70, 80, 90, 1) == 70


def test_the_first_look_comes_at_most_five_minutes_after_the_shortest() -> None:
    assert FIRST_LOOK * _expected(60, 9000, 9000) == pytest.approx(60 + 300)
    assert _expected(3600, 3700, 3800) == 3700


@given(seconds=st.lists(SECONDS, min_size=1, max_size=5).map(tuple))
def test_whatever_they_took_the_first_look_is_near_one_of_them(seconds: tuple[float, ...]) -> None:
    look = FIRST_LOOK * _expected(*seconds)
    assert 0 <= look <= max(seconds)
    assert look <= min(seconds) + 300 + 1e-6


def test_the_last_five_are_remembered() -> None:
    series = Series()
    for seconds in range(1, 8):
        series = series.after(seconds)
    assert series.seconds == (3, 4, 5, 6, 7)


@given(seconds=st.lists(SECONDS, max_size=5).map(tuple))
def test_it_comes_back_from_its_file(seconds: tuple[float, ...]) -> None:
    series = Series(seconds)
    assert Series.from_json(json.loads(json.dumps(series.to_json()))) == series


@pytest.mark.parametrize(
    "given_seconds", [None, 90, "90", {}, ["90"], [True], [-1], [None], [float("inf")]], ids=repr
)
def test_given_a_strange_file_then_nothing_is_known(given_seconds: JsonValue) -> None:
    assert Series.from_json({"seconds": given_seconds}) == Series()
    assert Series.from_json({"durationSeconds": 90}) == Series()


def test_given_more_than_are_kept_then_the_last_ones_count() -> None:
    assert Series.from_json({"seconds": [1, 2, 3, 4, 5, 6, 7]}).seconds == (3, 4, 5, 6, 7)
