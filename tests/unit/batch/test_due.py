"""Which items the next round runs, and how long is waited for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sei_export import dates
from sei_export.batch.due import LONGEST_SECONDS, next_round
from sei_export.batch.item import Item
from tests.fakes.rounds import first_round

NOW = datetime(2026, 3, 15, 7, 30, tzinfo=UTC)
A, B, C = first_round("top")


def _in(item: Item, seconds: float) -> Item:
    """The item, due in so many seconds."""
    return replace(item, not_before=dates.format_moment(NOW + timedelta(seconds=seconds)))


def test_what_is_due_runs_at_once_and_what_is_not_stays_for_a_later_round() -> None:
    for seconds in (900, 1):
        assert next_round([_in(A, seconds), B, _in(C, -5)], NOW, 11) == ((B, _in(C, -5)), 0)


def test_given_nothing_due_then_the_first_one_is_waited_for_and_no_longer() -> None:
    assert next_round([_in(A, 1500), _in(B, 300)], NOW, 11) == ((_in(B, 300),), 300)


def test_what_is_due_soon_after_the_first_one_is_waited_for_since_rounds_are_few() -> None:
    items = [_in(A, 900), _in(B, 300), _in(C, 901)]
    assert next_round(items, NOW, 11) == ((_in(A, 900), _in(B, 300)), 900)


@pytest.mark.parametrize(("left", "count"), [(4, 1), (3, 3), (1, 3)])
def test_given_the_last_rounds_then_all_are_waited_for(left: int, count: int) -> None:
    items, seconds = next_round([A, _in(B, 900), _in(C, 1700)], NOW, left)
    assert (len(items), seconds) == (count, 1700 if count == 3 else 0)


@pytest.mark.parametrize("moment", ["", "soon", "2026-03-15T08:00:00", "9999-99-99T00:00:00Z"])
def test_given_a_moment_that_is_none_then_it_is_due(moment: str) -> None:
    odd = replace(A, not_before=moment)
    assert next_round([odd], NOW, 11) == ((odd,), 0)


def test_given_a_moment_far_away_then_no_more_than_a_window_is_waited() -> None:
    assert next_round([_in(A, 86_400)], NOW, 11)[1] == LONGEST_SECONDS == 1860


def test_given_nothing_to_do_then_there_is_nothing() -> None:
    assert next_round([], NOW, 11) == ((), 0)
