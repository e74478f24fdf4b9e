"""Time: what is left until a deadline, and what a clock is when nobody replaces it."""

import time
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from sei_export.clock import Clock, Deadline
from tests.fakes.timing import NOON, FakeClock


@pytest.mark.parametrize("seconds", [0.0, 0.5, 900.0, -5.0])
def test_a_deadline_has_as_many_seconds_left_as_it_was_made_with(seconds: float) -> None:
    clock = FakeClock(slept=[1000.0])
    assert clock.deadline(seconds).left() == seconds


def test_given_time_that_passes_then_less_is_left_and_below_zero_once_it_has_passed() -> None:
    clock = FakeClock()
    deadline = clock.deadline(10)
    clock.slept.append(4.0)
    assert deadline.left() == 6.0
    clock.slept.append(6.0)
    assert deadline.left() == 0.0
    clock.slept.append(2.5)
    assert deadline.left() == -2.5


def test_when_a_deadline_sleeps_then_its_clock_does_even_past_it() -> None:
    clock = FakeClock()
    deadline = clock.deadline(10)
    deadline.sleep(3)
    deadline.sleep(9)
    assert clock.slept == [3, 9]
    assert deadline.left() == -2


def test_an_earlier_deadline_keeps_seconds_of_the_other_in_reserve_for_good() -> None:
    clock = FakeClock()
    deadline = clock.deadline(100)
    clock.slept.append(30.0)
    earlier = deadline.earlier(15)
    assert (earlier.left(), deadline.left()) == (55.0, 70.0)
    clock.slept.append(60.0)
    assert (earlier.left(), deadline.left()) == (-5.0, 10.0)
    assert earlier.clock is deadline.clock
    assert earlier.earlier(-15) == deadline


def test_two_deadlines_of_one_clock_agree_on_how_far_they_are_apart() -> None:
    clock = FakeClock()
    first = clock.deadline(10)
    clock.slept.append(5.0)
    second = Deadline.after(10, clock.clock)
    assert second.left() - first.left() == 5.0


def test_a_deadline_does_not_move() -> None:
    deadline = FakeClock().deadline(10)
    with pytest.raises(FrozenInstanceError):
        deadline.at = 99.0  # type: ignore[misc]  # what is tried


def test_without_a_clock_a_deadline_goes_by_the_machines_own() -> None:
    before = time.monotonic()
    deadline = Deadline.after(60)
    after = time.monotonic()
    assert before + 60 <= deadline.at <= after + 60
    assert deadline.left() <= 60


def test_the_machines_clock_knows_its_zone_and_has_chances_from_0_to_1() -> None:
    clock = Clock()
    assert clock.monotonic() <= clock.monotonic()
    before, now, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)
    assert all(0 <= clock.chance() <= 1 for _ in range(100))


def test_a_replaced_clock_is_what_is_asked() -> None:
    fake = FakeClock(chance=0.25)
    clock = fake.clock
    clock.sleep(90)
    assert (clock.monotonic(), clock.chance()) == (90, 0.25)
    assert clock.now() == NOON + timedelta(seconds=90)
