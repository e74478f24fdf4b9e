"""Progress: how fast, until when, and read back as it was written."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sei_export.batch.outcomes import Outcome
from sei_export.batch.progress import Counts, Progress, tally_name
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.batch_items import expansion
from tests.fakes.samples import asked, landed, task_failed
from tests.fakes.schemas import check_document

STARTED = datetime(2026, 3, 15, 6, tzinfo=UTC)
[ITEM] = expansion(asked()).items
HALF = Progress(
    run="weekly",
    name="weekly",
    started_at="2026-03-15T06:00:00Z",
    round=2,
    before=Counts(landed=2, failed=1, missing=1, pending=20, split=1, rows=14, size_bytes=200),
    counts=Counts(landed=6, failed=1, missing=1, pending=16, split=1, rows=42, size_bytes=600),
    landed_before=0,
    updated_at=STARTED + timedelta(hours=2),
)


def _told(**changes: object) -> JsonObject:
    """Its JSON, with some fields replaced."""
    told = replace(HALF, **changes).to_json()  # type: ignore[arg-type]  # each test's own
    assert check_document("runs/weekly/progress.json", json.dumps(told))
    return told


def test_what_landed_since_the_start_tells_how_fast_it_goes_and_until_when() -> None:
    told = _told()
    assert told["landedPerHour"] == 3.0
    assert told["expected"] == 24
    # 16 are pending, and a third of an hour each.
    assert told["estimatedEndAt"] == "2026-03-15T13:20:00Z"


def test_what_earlier_runs_landed_makes_it_no_faster() -> None:
    told = _told(landed_before=4)
    assert (told["landedPerHour"], told["estimatedEndAt"]) == (1.0, "2026-03-16T00:00:00Z")


def test_a_wait_before_the_round_makes_the_end_later() -> None:
    assert _told(wait_seconds=1800)["estimatedEndAt"] == "2026-03-15T13:50:00Z"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"landed_before": 6}, id="nothing has landed"),
        pytest.param({"counts": replace(HALF.counts, pending=0)}, id="nothing is pending"),
        pytest.param({"status": "PARTIAL"}, id="closed"),
        pytest.param(
            {"counts": Counts(landed=1, pending=9999), "updated_at": STARTED + timedelta(days=90)},
            id="more than a year away",
        ),
        pytest.param(
            {
                "counts": Counts(landed=1, pending=10_000),
                "updated_at": STARTED + timedelta(days=365),
            },
            id="beyond the calendar",
        ),
    ],
)
def test_where_nobody_can_tell_the_end_there_is_none(changes: JsonObject) -> None:
    assert _told(**changes)["estimatedEndAt"] is None


@pytest.mark.parametrize("seconds", [0, -3600])
def test_at_its_start_or_by_a_clock_that_is_behind_it_has_a_rate_too(seconds: int) -> None:
    told = _told(updated_at=STARTED + timedelta(seconds=seconds))
    assert told["landedPerHour"] == 6 * 3600


@pytest.mark.parametrize("claimed", [None, STARTED + timedelta(hours=3)])
def test_it_is_read_back_as_it_was_written(claimed: datetime | None) -> None:
    written = replace(HALF, claimed_at=claimed)
    assert Progress.from_json(written.to_json()) == written


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, None) for name in ("run", "name", "startedAt", "updatedAt", "status", "round")),
        *(("landed", -1), ("rows", "7"), ("landedBefore", True), ("claimedAt", 5)),
        *(("updatedAt", "soon"), ("atRoundStart", None), ("atRoundStart", {"landed": 1})),
    ],
)
def test_what_is_none_is_read_as_none(field: str, value: JsonValue) -> None:
    assert Progress.from_json(HALF.to_json() | {field: value}) is None
    without = {name: it for name, it in HALF.to_json().items() if name != field}
    assert Progress.from_json(without) is None


@pytest.mark.parametrize(
    ("ended", "name"),
    [
        pytest.param(landed(ITEM), "i.landed.7.100", id="landed"),
        pytest.param(landed(ITEM, rows=0, sizeBytes=10**12), f"i.landed.0.{10**12}", id="large"),
        pytest.param(landed(ITEM, rows=None, sizeBytes="9"), "i.landed.0.0", id="no figures"),
        pytest.param(task_failed("ProtocolError"), "i.failed.0.0", id="failed"),
    ],
)
def test_an_outcomes_name_tells_all_that_is_counted(ended: JsonObject, name: str) -> None:
    assert tally_name("i", Outcome.of(ended)) == name


def test_names_are_added_to_what_was_known_each_item_once_and_landed_before_failed() -> None:
    names = ["a.landed.5.50", "b.failed.0.0", "b.landed.1.10", "c.failed.0.0", "d.e.landed.2.20"]
    odd = ["", "x", "a.split.1.1", "a.landed.1", "a.landed.-1.1", ".landed.1.1"]
    counted = HALF.before.with_tallies([*names, *odd])
    assert counted == replace(HALF.before, landed=5, failed=2, pending=16, rows=22, size_bytes=280)
    assert Counts(pending=1).with_tallies(names).pending == 0
