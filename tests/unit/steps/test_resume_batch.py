"""Going on with a batch: only what has not landed is run, and both runs count."""

from datetime import timedelta

import pytest

from sei_export import keys
from sei_export.batch.ledger import MAX_TRIES
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.batch_items import cut
from tests.fakes.batches import BATCH_ARN, Batch, Ended, refused, teams_end, too_large

ALL_LAND = teams_end({})
STAMP = "2026-02-28T06:00:00Z"


@pytest.fixture
def batch() -> Batch:
    return Batch()


def _resumed(batch: Batch, old: str = "weekly", **fields: JsonValue) -> JsonObject:
    return batch.start({"resume": old, **fields}, "again")


def _problem(batch: Batch, **given: JsonValue) -> str:
    before = {key: len(versions) for key, versions in batch.s3.versions.items()}
    with pytest.raises(InvalidRequestError) as caught:
        batch.start(given, "again")
    assert {key: len(versions) for key, versions in batch.s3.versions.items()} == before
    [problem] = caught.value.problems
    return problem


def _part_of(batch: Batch, *failing: str) -> None:
    """A run that ended without some teams."""
    batch.plan(cut("leaves"), scheduledTime=STAMP)
    batch.settle(teams_end(dict.fromkeys(failing, refused())))


def test_only_what_has_not_landed_is_run_and_the_manifest_counts_over_both(batch: Batch) -> None:
    _part_of(batch, "4", "7")
    assert _resumed(batch)["status"] == "CONTINUE"
    closed = batch.settle(ALL_LAND)
    assert batch.ran == [["4", "7"]]
    assert (closed["status"], closed["run"]) == ("COMPLETE", "again")
    totals = closed["totals"]
    assert isinstance(totals, dict)
    assert (totals["expected"], totals["landed"]) == (4, 4)
    manifest = batch.manifest
    assert (manifest["run"], manifest["resumes"]) == ("again", ["weekly"])
    assert manifest["scheduledTime"] == STAMP
    assert batch.fates() == dict.fromkeys("3467", "landed")


def test_its_items_are_the_same_and_their_tries_begin_anew(batch: Batch) -> None:
    batch.plan(cut("top"))
    batch.settle(teams_end({"5": None}))
    [lost] = [line for line in batch.lines if line["team"] == "5"]
    assert (lost["outcome"], lost["tries"]) == ("missing", MAX_TRIES)
    _resumed(batch)
    [item] = batch.items
    assert (item.id, item.tries, item.not_before) == (lost["id"], 1, None)
    old = {it["name"] for it in batch.s3.documents.read_list(keys.round_key("weekly", 1))}
    assert item.name not in old


def test_given_a_run_that_was_stopped_then_what_has_no_outcome_is_run(batch: Batch) -> None:
    batch.plan(cut("leaves"))
    batch.record(lambda item: None if item.team in {"3", "6"} else ALL_LAND(item))
    _resumed(batch)
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    assert batch.ran == [["3", "6"]]


def test_given_a_run_that_was_stopped_in_a_split_then_its_parts_are_run(batch: Batch) -> None:
    batch.plan(cut("none"))
    batch.record(teams_end({None: too_large()}))
    _resumed(batch)
    closed = batch.settle(ALL_LAND)
    assert (closed["status"], batch.ran) == ("COMPLETE", [["2", "5", "7"]])
    assert batch.line(None)["outcome"] == "split"


def test_given_a_run_that_died_with_all_landed_then_its_manifest_is_written(batch: Batch) -> None:
    batch.plan(cut("top"))
    batch.record(ALL_LAND)
    _resumed(batch)
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    assert batch.ran == [[]]
    assert set(batch.fates().values()) == {"landed"}


def test_given_a_run_that_went_on_with_another_then_all_three_count(batch: Batch) -> None:
    _part_of(batch, "4", "7")
    _resumed(batch)
    batch.settle(teams_end({"7": refused()}))
    batch.start({"resume": "again"}, "third")
    assert batch.settle(ALL_LAND)["status"] == "COMPLETE"
    assert batch.ran == [["7"]]
    assert batch.manifest["resumes"] == ["weekly", "again"]
    assert batch.fates() == dict.fromkeys("3467", "landed")


def test_given_what_fails_once_more_then_the_new_run_lacks_it_and_says_so(batch: Batch) -> None:
    _part_of(batch, "7")
    _resumed(batch)
    closed = batch.settle(teams_end({"7": refused("No.")}))
    failure = closed["failure"]
    assert isinstance(failure, dict)
    assert str(failure["message"]).startswith("1 of 4 items is missing: 1 ExportRejectedError (")
    assert '{"resume": "again"}' in str(failure["remedy"])


def test_the_list_of_the_plan_has_what_both_runs_landed(batch: Batch) -> None:
    _part_of(batch, "7")
    assert batch.s3.current(keys.latest_key("weekly")) is None
    _resumed(batch)
    batch.settle(ALL_LAND)
    files = batch.s3.documents.read_json(keys.latest_key("weekly")).content["files"]
    assert isinstance(files, list)
    assert sorted(str(it["team"]) for it in files if isinstance(it, dict)) == ["3", "4", "6", "7"]


def test_run_dry_it_tells_what_would_be_run_and_begins_nothing(batch: Batch) -> None:
    _part_of(batch, "4", "7")
    told = _resumed(batch, dryRun=True)
    items = told["items"]
    assert isinstance(items, list)
    assert [it["team"] for it in items if isinstance(it, dict)] == ["4", "7"]
    assert (told["dryRun"], told["itemCount"]) == (True, 2)
    assert batch.items == []


@pytest.mark.parametrize("gone", ["plan", "round"])
def test_given_that_a_run_it_goes_on_with_is_gone_then_it_is_never_complete_without_it(
    batch: Batch, gone: str
) -> None:
    _part_of(batch, "7")
    _resumed(batch)
    key = keys.plan_key("weekly") if gone == "plan" else keys.round_key("weekly", 1)
    del batch.s3.versions[key]
    batch.record(ALL_LAND)
    with pytest.raises(InvalidRequestError, match="is not whole in the bucket any more"):
        batch.close()
    assert batch.manifest == {}


# --- refused ---


def test_given_no_such_run_then_it_is_told_what_to_do_instead(batch: Batch) -> None:
    assert _problem(batch, resume="monthly") == (
        'resume is "monthly": there is no plan of it in the bucket: there was no such run, or its '
        "RunRetentionDays are over; start a batch with the same plan and its "
        '"scheduledTime", which finds unchanged what has landed.'
    )


def test_given_a_complete_run_then_nothing_is_left(batch: Batch) -> None:
    _part_of(batch)
    assert _problem(batch, resume="weekly") == (
        'resume is "weekly": it is complete: nothing is left to run.'
    )


def test_given_a_run_that_lacks_only_teams_own_rows_then_no_run_brings_those(batch: Batch) -> None:
    batch.plan(cut("none", options={"metricLevel": "team"}))
    assert batch.settle(teams_end({None: too_large()}))["status"] == "PARTIAL"
    assert "no further run brings those: ask for leaves" in _problem(batch, resume="weekly")


def test_given_a_dry_run_then_there_is_nothing_to_go_on_with(batch: Batch) -> None:
    batch.plan(cut("top"), dryRun=True)
    assert _problem(batch, resume="weekly") == (
        'resume is "weekly": it was a dry run, which begins nothing.'
    )


@pytest.mark.parametrize("split", ["none", "top"], ids=["one item", "some"])
def test_given_a_run_that_died_before_its_first_round_then_it_has_begun_nothing(
    batch: Batch, split: str
) -> None:
    batch.plan(cut(split))
    del batch.s3.versions[keys.round_key("weekly", 1)]
    assert "it has begun nothing" in _problem(batch, resume="weekly")


@pytest.mark.parametrize("dry_run", [False, True], ids=["to run it", "run dry"])
def test_given_a_run_that_still_runs_then_it_is_to_be_stopped_first(
    batch: Batch,
    dry_run: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    batch.plan(cut("leaves"))
    batch.record(lambda item: None if item.team == "3" else ALL_LAND(item))
    batch.running.add(BATCH_ARN)
    assert _problem(batch, resume="weekly", dryRun=dry_run) == (
        'resume is "weekly": it is still running: stop it first, with aws stepfunctions '
        f"stop-execution --execution-arn {BATCH_ARN}."
    )
    batch.running.clear()
    assert _resumed(batch)["status"] == "CONTINUE"


def test_given_a_run_that_only_announces_its_end_then_it_may_be_gone_on_with(batch: Batch) -> None:
    _part_of(batch, "7")
    batch.running.add(BATCH_ARN)
    assert _resumed(batch)["status"] == "CONTINUE"


@pytest.mark.parametrize("resumed", [False, True], ids=["itself", "the one it goes on with"])
def test_given_a_run_whose_files_may_be_deleted_then_it_is_refused(
    batch: Batch, *, resumed: bool
) -> None:
    _part_of(batch, "4", "7")
    key = keys.plan_key("weekly")
    begun = batch.s3.documents.read_json(key).content | {"startedAt": "2026-03-01T05:59:00Z"}
    batch.s3.documents.write_json(key, begun)
    if resumed:
        batch.start({"resume": "weekly"}, "second")
        batch.settle(teams_end({"7": refused()}))
    batch.retention = timedelta(days=28)
    problem = _problem(batch, resume="second" if resumed else "weekly")
    assert "it began on 2026-03-01, more than half of ExportRetentionDays ago" in problem
    batch.retention = timedelta(days=29)
    assert _resumed(batch, "second" if resumed else "weekly")["status"] == "CONTINUE"


@pytest.mark.parametrize("run", ["", "../weekly", "a/b", 7, None, {}, "x" * 200], ids=repr)
def test_given_what_is_no_name_of_a_run_then_that_is_told(batch: Batch, run: JsonValue) -> None:
    problem = _problem(batch, resume=run)
    assert problem.startswith("resume is ")
    assert problem.endswith("the name of a run, as in its BatchCompleted event, is allowed.")


def test_given_a_name_of_128_characters_then_it_may_be_one_and_a_longer_one_not(
    batch: Batch,
) -> None:
    assert "there is no plan of it" in _problem(batch, resume="x" * 128)
    assert "is allowed" in _problem(batch, resume="x" * 129)


@pytest.mark.parametrize("given", ["true", 1, None], ids=repr)
def test_given_a_dry_run_that_is_neither_true_nor_false_then_that_is_told(
    batch: Batch, given: JsonValue
) -> None:
    _part_of(batch, "7")
    problem = _problem(batch, resume="weekly", dryRun=given)
    assert problem.startswith("dryRun is ")
    assert problem.endswith("true or false is allowed.")


@pytest.mark.parametrize("field", ["exports", "name", "scheduledTime", "forgetCuts"])
def test_given_another_field_beside_it_then_it_is_refused(batch: Batch, field: str) -> None:
    _part_of(batch, "7")
    problem = _problem(batch, resume="weekly", **{field: True})
    assert problem.startswith(f"{field} is not a field: known are resume, dryRun")


def test_given_the_field_in_another_spelling_then_the_right_one_is_offered(batch: Batch) -> None:
    _part_of(batch, "7")
    for name in ("Resume", "re_sume"):
        assert _problem(batch, **{name: "weekly"}) == (
            f"{name} is not a field: known are resume, dryRun; did you mean resume?"
        )


def test_the_consoles_own_field_may_stand_beside_it(batch: Batch) -> None:
    _part_of(batch, "7")
    ended: dict[str | None, Ended] = {}
    _resumed(batch, Comment="Insert your JSON here")
    assert batch.settle(teams_end(ended))["status"] == "COMPLETE"
