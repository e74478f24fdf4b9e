"""How far a batch is: right at every moment, at a bounded price, and never in an outcome's way."""

import random
import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest

from sei_export import dates, keys
from sei_export.batch.item import Item
from sei_export.errors import SeiExportError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.batch_items import cut
from tests.fakes.batches import Batch, Ended, refused, teams_end, too_large
from tests.fakes.s3_failures import FAILURES, raising, refusal
from tests.fakes.samples import landed, task_failed
from tests.fakes.turns import Pick, Turns, by_chance, one_after_the_other

ALL_LAND = teams_end({})
PASSING = task_failed("ProtocolError")
KEY = keys.progress_key("weekly")
NOT_WRITTEN = "The batch's progress was not written: "


@pytest.fixture
def batch() -> Batch:
    return Batch()


def _end(batch: Batch, item: Item, ended: JsonObject, seconds: float = 10) -> JsonObject:
    """The end of one item, so many seconds later."""
    batch.now += timedelta(seconds=seconds)
    given: JsonObject = {"run": batch.run, "round": batch.number, "item": item.to_json()}
    documents = batch.s3.documents
    return record_outcome({**given, **ended}, documents, documents, lambda: batch.now)


def _close(batch: Batch) -> JsonObject:
    """The end of a round."""
    closed = batch.close()
    batch.number += closed["status"] == "CONTINUE"
    return closed


def _item(batch: Batch, team: str | None) -> Item:
    (item,) = (item for item in batch.items if item.team == team)
    return item


def _counts(batch: Batch, key: str = "") -> list[JsonValue]:
    """What is told: expected, landed, failed, missing, pending, split."""
    told = batch.progress[key] if key else batch.progress
    assert isinstance(told, dict)
    return [told[it] for it in ("expected", "landed", "failed", "missing", "pending", "split")]


# --- the numbers ---


def test_given_a_plan_then_all_of_its_items_are_pending(batch: Batch) -> None:
    batch.plan(cut("leaves"))
    none = {"landed": 0, "failed": 0, "missing": 0, "split": 0, "rows": 0, "sizeBytes": 0}
    begun = {"expected": 4, "pending": 4, **none}
    assert batch.progress == {
        "version": "1",
        "run": "weekly",
        "name": "weekly",
        "status": "RUNNING",
        "round": 1,
        **begun,
        "landedPerHour": 0.0,
        "startedAt": "2026-03-15T06:00:00Z",
        "updatedAt": "2026-03-15T06:00:00Z",
        "estimatedEndAt": None,
        "landedBefore": 0,
        "atRoundStart": begun,
        "claimedAt": None,
    }


def test_given_a_dry_run_then_there_is_no_progress(batch: Batch) -> None:
    batch.plan(cut("leaves"), dryRun=True)
    assert batch.progress == {}


def test_given_a_split_and_a_retry_then_each_outcome_is_counted_as_it_comes(batch: Batch) -> None:
    batch.plan(cut("top"))
    seen = [_counts(batch)]
    for team, ended in (("5", landed(_item(batch, "5"))), ("2", too_large()), ("7", PASSING)):
        _end(batch, _item(batch, team), ended)
        seen.append(_counts(batch))
    _close(batch)
    seen.append(_counts(batch))
    assert seen == [
        [3, 0, 0, 0, 3, 0],
        [3, 1, 0, 0, 2, 0],
        [3, 1, 1, 0, 1, 0],
        # What failed may still be tried again, or split,
        [3, 1, 2, 0, 0, 0],
        # and it is: in the place of one there are two.
        [4, 1, 0, 0, 3, 1],
    ]
    assert (batch.progress["round"], batch.progress["status"]) == (2, "RUNNING")
    seen = []
    for team, ended in (("3", landed(_item(batch, "3"))), ("4", refused())):
        _end(batch, _item(batch, team), ended)
        seen.append(_counts(batch))
    last = _item(batch, "7")
    _end(batch, last, landed(last))
    seen.append(_counts(batch))
    assert seen == [[4, 2, 0, 0, 2, 1], [4, 2, 1, 0, 1, 1], [4, 3, 1, 0, 0, 1]]
    assert _counts(batch, "atRoundStart") == [4, 1, 0, 0, 3, 1]
    assert _close(batch)["status"] == batch.progress["status"] == "PARTIAL"
    assert _counts(batch) == seen[-1]
    assert (batch.progress["rows"], batch.progress["sizeBytes"]) == (21, 300)
    assert batch.progress["estimatedEndAt"] is None


def test_given_an_item_that_nobody_records_then_it_is_pending_until_it_is_missing(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    ends = teams_end({"5": None})
    seen = []
    for _ in range(3):
        batch.record(ends)
        _close(batch)
        seen.append(_counts(batch))
    assert seen == [[3, 2, 0, 0, 1, 0]] * 2 + [[3, 2, 0, 1, 0, 0]]


def test_given_a_failure_when_its_child_is_run_again_and_lands_then_it_has_landed(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    item = _item(batch, "5")
    _end(batch, item, PASSING)
    _end(batch, item, landed(item))
    assert _counts(batch) == [3, 1, 0, 0, 2, 0]
    # And it stays so.
    _end(batch, item, PASSING)
    assert _counts(batch) == [3, 1, 0, 0, 2, 0]


def test_given_a_run_that_goes_on_with_another_then_it_counts_over_both(batch: Batch) -> None:
    batch.plan(cut("leaves"))
    batch.settle(teams_end({"4": refused(), "7": refused()}))
    batch.start({"resume": "weekly"}, "again")
    assert _counts(batch) == [4, 2, 0, 0, 2, 0]
    assert (batch.progress["run"], batch.progress["landedBefore"]) == ("again", 2)
    # How fast it is, its own items tell.
    assert batch.progress["landedPerHour"] == 0
    item = _item(batch, "4")
    _end(batch, item, landed(item))
    assert _counts(batch) == [4, 3, 0, 0, 1, 0]
    hours = (batch.now - dates.parse_moment("2026-03-15T06:00:00Z")) / timedelta(hours=1)
    assert batch.progress["landedPerHour"] == round(1 / hours, 1)
    item = _item(batch, "7")
    _end(batch, item, landed(item))
    assert _close(batch)["status"] == "COMPLETE"
    assert _counts(batch) == [4, 4, 0, 0, 0, 0]
    assert (batch.progress["landedBefore"], batch.progress["rows"]) == (2, 28)


@pytest.mark.parametrize("seed", range(40))
def test_at_every_moment_of_any_batch_what_is_told_is_what_is_written_down(seed: int) -> None:
    chance, batch = random.Random(seed), Batch()  # noqa: S311 - the same batches every time
    batch.plan(cut(chance.choice(["none", "top", "leaves"])))
    files: dict[str, int] = {}
    closed: JsonObject = {"status": "CONTINUE"}
    while closed["status"] == "CONTINUE":
        failing = Counter[str]()
        for item in chance.sample(batch.items, len(batch.items)):
            ways: list[Ended] = [landed(item, rows=chance.randrange(9)), too_large(), PASSING]
            ended = chance.choice([*ways, refused(), None])
            if ended is None:
                continue
            outcome = _end(batch, item, ended)["landed"]
            if isinstance(outcome, dict):
                files[item.id] = int(str(outcome["rows"]))
            else:
                failing[item.id] += 1
            told = batch.progress
            assert (told["landed"], told["rows"]) == (len(files), sum(files.values()))
            assert told["failed"] == len(failing) + _given_up(told)
        closed = _close(batch)
        expected, *parts, _split = (int(str(each)) for each in _counts(batch))
        assert expected == sum(parts)
    totals = closed["totals"]
    assert isinstance(totals, dict)
    same = {*totals} & {*batch.progress}
    assert {*same} == {*totals} - {"missingRows", "changed", "csvBytes"}
    assert {name: batch.progress[name] for name in same} == {name: totals[name] for name in same}
    assert batch.progress["status"] == closed["status"]


def _given_up(told: JsonObject) -> int:
    """What had failed for good before the round."""
    before = told["atRoundStart"]
    assert isinstance(before, dict)
    return int(str(before["failed"]))


# --- how often, and at what price ---


def test_what_was_counted_within_10_seconds_is_left_as_it_is(batch: Batch) -> None:
    batch.plan(cut("leaves"))
    first, second, third, last = batch.items
    _end(batch, first, landed(first))
    written = len(batch.s3.versions[KEY])
    for item in (second, third):
        _end(batch, item, landed(item), 4.5)
        assert _counts(batch) == [4, 1, 0, 0, 3, 0]
    assert len(batch.s3.versions[KEY]) == written
    assert batch.s3.operations().count("list_objects_v2") == 1
    _end(batch, last, landed(last), 1)
    assert _counts(batch) == [4, 4, 0, 0, 0, 0]


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_differs_stops_nobody(batch: Batch, hours: int) -> None:
    batch.plan(cut("leaves"))
    first, second, *_ = batch.items
    _end(batch, first, landed(first), 3600 * hours)
    _end(batch, second, landed(second), -3600 * hours)
    assert _counts(batch) == [4, 2, 0, 0, 2, 0]


@pytest.mark.parametrize(
    "pick", [one_after_the_other(), *map(by_chance, range(5))], ids=["in turn", *"01234"]
)
def test_given_40_outcomes_at_once_then_one_of_them_counts(pick: Pick) -> None:
    leaves: list[JsonValue] = [{"refId": 100 + at, "name": f"Team {at}"} for at in range(40)]
    batch = Batch(tree={"refId": 1, "name": "Engineering", "children": leaves})
    batch.plan(cut("leaves"))
    items, turns = batch.items, Turns(40, pick)
    batch.s3.on_call = turns.take

    def end(number: int) -> None:
        turns.enter(number)
        try:
            _end(batch, items[number], landed(items[number]), 0)
        finally:
            turns.leave()

    threads = [threading.Thread(target=end, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batch.s3.on_call = lambda: None
    assert batch.s3.operations().count("list_objects_v2") == 1
    # The plan's, a claim, and what was counted.
    assert len(batch.s3.versions[KEY]) == 3
    assert 1 <= int(str(batch.progress["landed"])) <= 40
    assert _close(batch)["status"] == "COMPLETE"
    assert _counts(batch) == [40, 40, 0, 0, 0, 0]


def test_given_10000_outcomes_then_one_more_is_counted_by_10_pages_of_names(batch: Batch) -> None:
    batch.plan(cut("none"))
    [item] = batch.items
    outcome = landed(item)
    folder = keys.tally_folder("weekly", 1)
    for at in range(9_999):
        batch.s3.add(f"{folder}{at:016x}.landed.3.5", b"")
    before = len(batch.s3.calls)
    _end(batch, item, outcome)
    # The outcome itself is read and written, beside that all is progress.
    assert Counter(batch.s3.operations()[before:]) == {
        "get_object": 2,
        "put_object": 4,
        "list_objects_v2": 10,
    }
    assert (batch.progress["landed"], batch.progress["rows"]) == (10_000, 3 * 9_999 + 7)
    # And most outcomes find that it has just been counted.
    before = len(batch.s3.calls)
    _end(batch, item, outcome, 1)
    assert Counter(batch.s3.operations()[before:]) == {"get_object": 2, "put_object": 1}


# --- in nobody's way ---

STEPS = [
    pytest.param(("put_object", 2), id="the name"),
    pytest.param(("get_object", 2), id="reading it"),
    pytest.param(("put_object", 3), id="the claim"),
    pytest.param(("list_objects_v2", 1), id="the list"),
    pytest.param(("put_object", 4), id="what was counted"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_that_s3_refuses_progress_then_the_outcome_is_written_and_a_line_logged(
    batch: Batch,
    caplog: pytest.LogCaptureFixture,
    step: tuple[str, int],
    failure: Exception,
    error: type[SeiExportError],
    code: str,
) -> None:
    batch.plan(cut("leaves"))
    first, second, *_ = batch.items
    operation, call = step
    done = batch.s3.operations().count(operation)
    batch.s3.before(operation, raising(failure), done + call)
    outcome = _end(batch, first, landed(first))
    assert outcome["landed"]
    key = keys.outcome_key("weekly", 1, first.id)
    assert batch.s3.documents.read_json(key).content == outcome
    [line] = [it.getMessage() for it in caplog.records if it.levelname == "WARNING"]
    assert line.startswith(NOT_WRITTEN)
    assert code in line
    assert issubclass(error, SeiExportError)
    # Ten seconds later somebody else counts; what lacks its name is found by CloseBatch.
    _end(batch, second, landed(second))
    lost = int(step == ("put_object", 2))
    assert _counts(batch) == [4, 2 - lost, 0, 0, 2 + lost, 0]
    batch.record(ALL_LAND)
    assert _close(batch)["status"] == "COMPLETE"
    assert _counts(batch) == [4, 4, 0, 0, 0, 0]


def test_given_a_claim_whose_function_dies_then_10_seconds_later_another_counts(
    batch: Batch,
) -> None:
    batch.plan(cut("leaves"))
    first, second, third, _ = batch.items
    batch.s3.before("list_objects_v2", raising(refusal("SlowDown", 503)))
    _end(batch, first, landed(first))
    assert _counts(batch) == [4, 0, 0, 0, 4, 0]
    assert batch.progress["claimedAt"] == dates.format_moment(batch.now)
    _end(batch, second, landed(second), 9)
    assert _counts(batch) == [4, 0, 0, 0, 4, 0]
    _end(batch, third, landed(third), 1)
    assert _counts(batch) == [4, 3, 0, 0, 1, 0]
    assert batch.progress["claimedAt"] is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"version": "1", "round": 1}', id="half of one"),
    ],
)
def test_given_progress_that_is_none_then_closing_the_round_writes_it_anew(
    batch: Batch, content: bytes
) -> None:
    batch.plan(cut("leaves"))
    batch.s3.add(KEY, content)
    item = _item(batch, "3")
    assert _end(batch, item, landed(item))["landed"]
    current = batch.s3.current(KEY)
    assert current
    assert current.body == content
    _close(batch)
    assert _counts(batch) == [4, 1, 0, 0, 3, 0]


@pytest.mark.parametrize("call", [1, 2, 3], ids=["planned", "another round", "closed"])
def test_given_progress_that_cannot_be_written_then_the_batch_goes_on(
    batch: Batch, caplog: pytest.LogCaptureFixture, call: int
) -> None:
    batch.s3.before(f"write {KEY}", raising(refusal("AccessDenied", 403)), call)
    ends = teams_end({"2": too_large()})
    batch.plan(cut("top"))
    # Nobody counts in between: it is as late as when the plan was made.
    batch.now = datetime.fromisoformat("2026-03-15T06:00:00Z")
    assert batch.settle(ends)["status"] == "COMPLETE"
    assert [it.getMessage() for it in caplog.records if NOT_WRITTEN in it.getMessage()]
    assert batch.s3.operations().count("list_objects_v2") == 0


def test_given_a_round_that_is_over_then_a_late_outcome_of_it_changes_nothing(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    late = _item(batch, "5")
    batch.record(teams_end({"2": too_large(), "5": None}))
    _close(batch)
    after = batch.progress
    batch.number = 1
    _end(batch, late, landed(late), 60)
    assert batch.progress == after
    batch.number = 2
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    after = batch.progress
    # Also one of the last round.
    last = batch.items[0]
    _end(batch, last, landed(last), 60)
    assert batch.progress == after


def test_given_a_round_that_is_closed_while_somebody_counts_then_its_word_stays(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    batch.now = datetime.fromisoformat("2026-03-15T06:00:00Z")
    batch.record(ALL_LAND)
    batch.s3.before("list_objects_v2", batch.close)
    item = _item(batch, "5")
    _end(batch, item, landed(item))
    assert batch.progress["status"] == "COMPLETE"
    assert _counts(batch) == [3, 3, 0, 0, 0, 0]


def test_the_manifest_is_there_before_it_is_told(batch: Batch) -> None:
    batch.plan(cut("top"))
    batch.record(ALL_LAND)
    batch.close()
    assert batch.s3.journal[-2:] == [f"put {batch.manifest_key}", f"put {KEY}"]
