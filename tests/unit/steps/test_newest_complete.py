"""Which run is written down as the newest complete one of the stack's plan."""

import pytest

from sei_export import keys
from sei_export.jsontypes import JsonObject
from tests.fakes.batch_items import cut
from tests.fakes.batches import Batch, Ending, refused, teams_end

ALL_LAND: Ending = teams_end({})
MARCH, FEBRUARY = "2026-03-02T06:00:00Z", "2026-02-02T06:00:00Z"


@pytest.fixture
def batch() -> Batch:
    return Batch()


def _noted(batch: Batch) -> JsonObject:
    return batch.s3.documents.read_json(keys.last_complete_key()).content


def _run(
    batch: Batch, moment: str, answer: Ending = ALL_LAND, run: str = "scheduled"
) -> JsonObject:
    """The stack's plan, as the schedule starts it."""
    batch.start({"scheduledTime": moment}, run)
    return batch.settle(answer)


def test_a_complete_run_of_the_stacks_plan_is_noted_with_its_nominal_time(batch: Batch) -> None:
    assert _run(batch, MARCH)["status"] == "COMPLETE"
    assert _noted(batch) == {
        "until": MARCH,
        "run": "scheduled",
        "scheduledTime": MARCH,
        "closedAt": "2026-03-15T07:30:00Z",
    }


def test_a_run_that_lacks_a_file_is_not_noted_and_what_goes_on_with_it_is(batch: Batch) -> None:
    assert _run(batch, MARCH, lambda _: refused())["status"] == "FAILED"
    assert _noted(batch) == {}
    batch.start({"resume": "scheduled"}, "rest")
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    assert (_noted(batch)["until"], _noted(batch)["run"]) == (MARCH, "rest")


def test_a_plan_that_somebody_brings_along_is_not_the_stacks(batch: Batch) -> None:
    assert batch.settled(cut("top"), answer=ALL_LAND)["status"] == "COMPLETE"
    assert _noted(batch) == {}


def test_a_missed_month_that_is_run_later_makes_nothing_older(batch: Batch) -> None:
    _run(batch, MARCH)
    _run(batch, FEBRUARY, run="missed")
    assert (_noted(batch)["until"], _noted(batch)["run"]) == (MARCH, "scheduled")
    _run(batch, MARCH, run="again")
    assert (_noted(batch)["until"], _noted(batch)["run"]) == (MARCH, "again")


def test_a_nominal_time_to_come_counts_from_when_the_run_was_closed(batch: Batch) -> None:
    _run(batch, "2026-03-31T06:00:00Z")
    assert _noted(batch)["until"] == "2026-03-15T07:30:00Z"
    _run(batch, "2026-03-16T06:00:00Z", run="next")
    assert _noted(batch)["run"] == "next"
