"""A batch may be stopped at any moment: what comes after it is whole, and counts nothing twice.

A run is stopped at each call of S3 that PlanBatch, RecordOutcome and CloseBatch make, so also
before its plan is there, between rounds, and between the list of the plan and its own manifest.
"""

import copy
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from sei_export import dates, keys
from sei_export.batch.item import Item
from sei_export.errors import EXPORT_MARK, NEW_MARK, InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.batch_items import cut
from tests.fakes.batches import NOW, Batch, Ended
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.samples import landed, manifest, task_failed
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.plan import KilledError

REUSE = timedelta(minutes=30)
LAST_MONTH: JsonObject = {"period": "previous-month"}
WHOLE, DAMAGED = None, "5"
TEAMS = {"2", "5", "7"}
"""What the whole, which is too large, is split into."""


@dataclass
class Exports:
    """Stands for the export machine and the API behind it, which hands out again what it has.

    Attributes:
        batch: Whose clock counts.
        is_small: Whether the whole is small enough, and nothing is damaged.
        made: Exports by request, each with its time; the last one is handed out.
    """

    batch: Batch
    is_small: bool = True
    made: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)

    def end(self, item: Item) -> Ended:
        """How an item's export ends."""
        known = self.made.setdefault(item.request.fingerprint, [])
        if not known or self.batch.now - known[-1][1] >= REUSE:
            known.append((f"exp_{item.id}_{len(known)}", self.batch.now))
        export_id, made_at = known[-1]
        if self.is_small or (item.team != WHOLE and (item.team != DAMAGED or len(known) > 1)):
            return landed(item, exportId=export_id)
        error = "ExportTimedOutError" if item.team == WHOLE else "CorruptDownloadError"
        new_from = dates.format_moment(made_at + REUSE)
        said = f"No.{EXPORT_MARK}{export_id}{NEW_MARK}{new_from}."
        return task_failed(error, said, name=item.name)


class Stops:
    """Lets a process make some calls of S3; from then on nothing that it does has any effect."""

    def __init__(self, calls: int) -> None:
        self._left = calls
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """One call begins."""
        with self._lock:
            self._left -= 1
        if self._left < 0:
            raise KilledError("States.Aborted")


def _plan(batch: Batch, run: str, stamp: str) -> JsonObject:
    return batch.plan(cut("none", dateRange=LAST_MONTH), run=run, scheduledTime=stamp)


def _run(batch: Batch, exports: Exports, run: str, stamp: str) -> JsonObject:
    _plan(batch, run, stamp)
    return batch.settle(exports.end)


STAMP, LATER = "2026-03-02T06:00:00Z", "2026-03-09T06:00:00Z"
GOES_ON = "what goes on with it"
FOLLOWING: dict[str, Callable[[Batch], JsonObject]] = {
    "the same plan again": lambda batch: _plan(batch, "next", STAMP),
    "the same plan a week later": lambda batch: _plan(batch, "next", LATER),
    GOES_ON: lambda batch: batch.start({"resume": "stopped"}, "next"),
}


def _begun() -> tuple[Batch, Exports]:
    """A bucket with one complete run, after which a team got another name."""
    batch = Batch()
    exports = Exports(batch)
    _plan(batch, "before", "2026-03-01T06:00:00Z")
    [item] = batch.items
    said = manifest(item.request)
    batch.s3.documents.write_json(said.manifest_key, said.to_json())
    assert batch.settle(exports.end)["status"] == "COMPLETE"
    tree = copy.deepcopy(ENGINEERING)
    teams = tree["children"]
    assert isinstance(teams, list)
    assert isinstance(teams[0], dict)
    teams[0]["name"] = "Plattform"
    batch.tree = tree
    exports.made, exports.is_small = {}, False
    return batch, exports


def _calls() -> int:
    """How many calls of S3 a run makes that nobody stops, up to its manifest: then it is closed."""
    batch, exports = _begun()
    before = len(batch.s3.calls)
    assert _run(batch, exports, "stopped", STAMP)["status"] == "COMPLETE"
    manifest = ("put_object", keys.run_manifest_key("stopped"))
    return batch.s3.calls.index(manifest) + 1 - before


def _listed(batch: Batch) -> list[tuple[JsonValue, JsonValue, JsonValue]]:
    """The plan's list: whose each file is, the run that landed it, its key."""
    files = batch.s3.documents.read_json(keys.latest_key("weekly")).content["files"]
    assert isinstance(files, list)
    return [(it["team"], it["run"], it["key"]) for it in files if isinstance(it, dict)]


def _stop(batch: Batch, exports: Exports, calls: int) -> None:
    """Run the plan and stop it after so many calls."""
    before = _listed(batch)
    batch.s3.on_call = Stops(calls)
    with pytest.raises(KilledError):
        _run(batch, exports, "stopped", STAMP)
    batch.s3.on_call = lambda: None
    # The list is as it was, or already the whole run's.
    listed = _listed(batch)
    assert listed == before or {it[:2] for it in listed} == {(team, "stopped") for team in TEAMS}
    assert batch.s3.current(keys.run_manifest_key("stopped")) is None


def _check(batch: Batch, exports: Exports, last_run: JsonValue, *, is_over: bool) -> None:
    """All is as if the run that was stopped had never been."""
    assert {line["team"]: line["outcome"] for line in batch.lines} in (
        # Whether the cut was remembered.
        {WHOLE: "split"} | dict.fromkeys(TEAMS, "landed"),
        dict.fromkeys(TEAMS, "landed"),
    )
    listed = _listed(batch)
    assert sorted(listed, key=str) == sorted({(it, "next", key) for it, _, key in listed}, key=str)
    assert {team for team, _, _ in listed} == TEAMS
    whole = batch.s3.documents.read_many(
        key for key in batch.s3.versions if key.startswith("manifests/")
    )
    assert ["supersededBy" in each for each in whole.values()] == [True]
    _check_exports(exports, is_over=is_over)
    renamed = [it for it in _warnings(batch) if it["code"] == "teamsRenamed"]
    assert [f"since run {last_run}" in str(it["message"]) for it in renamed] == (
        [True] if last_run == "before" else []
    )


def _check_exports(exports: Exports, *, is_over: bool) -> None:
    """Nothing was made twice that need not be: the same requests are asked for."""
    numbers = Counter(len(made) for made in exports.made.values())
    assert numbers.total() == 1 + len(TEAMS)
    if is_over:
        # The API hands nothing out any more that is older than half an hour.
        assert set(numbers) <= {1, 2}
    else:
        # Only the damaged one.
        assert numbers == {1: len(TEAMS), 2: 1}


def _warnings(batch: Batch) -> list[JsonObject]:
    warnings = batch.manifest["warnings"]
    assert isinstance(warnings, list)
    return [it for it in warnings if isinstance(it, dict)]


@pytest.mark.parametrize("title", FOLLOWING)
def test_given_a_batch_that_is_stopped_at_any_call_then_what_follows_is_whole_and_counts_once(
    title: str, amount: Amount, count: Count
) -> None:
    places = range(_calls())
    assert len(places) > 40
    for calls in amount.of(places, 6):
        batch, exports = _begun()
        _stop(batch, exports, calls)
        has_begun = batch.s3.current(keys.round_key("stopped", 1)) is not None
        last_run = _listed(batch)[0][1]
        if title == GOES_ON and not has_begun:
            with pytest.raises(InvalidRequestError, match=r"there is no plan|has begun nothing"):
                FOLLOWING[title](batch)
            count("batches that are stopped", refused_to_go_on_with_nothing=1)
            continue
        # What goes on asks for nothing again that has landed.
        is_over = title != GOES_ON and batch.now - NOW >= REUSE
        FOLLOWING[title](batch)
        assert batch.settle(exports.end)["status"] == "COMPLETE"
        # What goes on has the plan's own warnings.
        was = "before" if title == GOES_ON else last_run
        _check(batch, exports, was, is_over=is_over)
        count("batches that are stopped", whole_at_the_next_run=1)
