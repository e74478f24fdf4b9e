"""CloseBatch: another round, or a manifest in which nothing is missing that is not told."""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from sei_export import dates, keys
from sei_export.batch.cuts import TRIAL_DAYS, Cut
from sei_export.batch.item import Item
from sei_export.batch.ledger import MAX_TRIES
from sei_export.bucket.many import CONNECTIONS
from sei_export.errors import InvalidRequestError, SeiExportError
from sei_export.export import Export
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.close_batch import close_batch
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.batch_items import OF_TREES, cut
from tests.fakes.batches import (
    BATCH_ARN,
    NOW,
    Batch,
    Ended,
    Ending,
    refused,
    teams_end,
    too_large,
)
from tests.fakes.known_cuts import TODAY, ago, known
from tests.fakes.s3 import BUCKET
from tests.fakes.s3_failures import FAILURES, raising, refusal
from tests.fakes.samples import (
    CAUSE_CHARACTERS,
    STATE_BYTES,
    export_arn,
    landed,
    least,
    outdated,
    parsed,
    size_of,
    task_failed,
)


@pytest.fixture
def batch() -> Batch:
    return Batch()


def _close(batch: Batch, **changes: JsonValue) -> JsonObject:
    """One call of the function, with something changed in its payload."""
    usual: JsonObject = {"run": "weekly", "round": 1, "executionArn": BATCH_ARN}
    return close_batch(usual | changes, batch.s3.documents, lambda: NOW)


def _told(closed: JsonObject) -> tuple[str, str]:
    """Message and remedy of a batch that is not complete."""
    failure = closed["failure"]
    assert isinstance(failure, dict)
    assert failure["error"] == "BatchIncompleteError"
    return str(failure["message"]), str(failure["remedy"])


def _number(totals: JsonValue, name: str) -> JsonValue:
    assert isinstance(totals, dict)
    return totals[name]


# --- complete ---


def test_given_that_all_landed_when_closed_then_it_is_complete(batch: Batch) -> None:
    closed = batch.settled(cut("top"), answer=teams_end({}))
    assert closed == {
        "run": "weekly",
        "round": 1,
        "bucket": BUCKET,
        "status": "COMPLETE",
        "name": "weekly",
        "manifestKey": "runs/weekly/manifest.json",
        "totals": {
            "expected": 3,
            "landed": 3,
            "failed": 0,
            "missing": 0,
            "split": 0,
            "missingRows": 0,
            "changed": 3,
            "rows": 21,
            "sizeBytes": 300,
            "csvBytes": 900,
        },
        "warnings": [],
    }
    manifest = batch.manifest
    assert {name: manifest[name] for name in ("status", "name", "totals", "run")} == {
        name: closed[name] for name in ("status", "name", "totals", "run")
    }
    assert manifest["startedAt"] == "2026-03-15T06:00:00Z"
    assert manifest["completedAt"] == "2026-03-15T07:30:00Z"
    assert (manifest["executionArn"], manifest["rounds"]) == (BATCH_ARN, 1)


def test_given_a_landed_item_then_the_manifest_has_all_that_proves_it(batch: Batch) -> None:
    batch.settled(cut(["Platform"]), answer=lambda it: landed(it, rows=12, attempts=2))
    [item] = batch.items
    assert batch.lines == [
        {
            "id": item.id,
            "report": "productivity",
            "tree": "Engineering",
            "team": "2",
            "teamName": "Platform",
            "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
            "key": item.key,
            "outcome": "landed",
            "tries": 1,
            "replaces": None,
            "replacedBy": [],
            "executionArn": export_arn(item.name),
            "exportId": f"exp_{item.id}",
            "reused": False,
            "attempts": 2,
            "bucket": BUCKET,
            "versionId": "v1",
            "etag": "e" * 32,
            "sizeBytes": 100,
            "csvBytes": 300,
            "contentSha256": "ab" * 32,
            "rows": 12,
            "changed": True,
            "manifestKey": keys.manifest_key(Export.of(item.request, "exp_1", "", reused=False)),
            "createdAt": "2026-03-15T06:00:00Z",
            "completedAt": "2026-03-15T06:01:30.250Z",
            "warnings": [],
            "durationSeconds": 90.25,
        }
    ]


def test_given_that_some_changed_then_the_totals_say_how_many(batch: Batch) -> None:
    closed = batch.settled(
        cut("top"), answer=lambda it: landed(it, changed=it.team == "5", rows=int(str(it.team)))
    )
    assert (_number(closed["totals"], "changed"), _number(closed["totals"], "rows")) == (1, 14)


def test_given_results_without_figures_then_the_totals_do_without_them(batch: Batch) -> None:
    # No export machine of ours ends so.
    batch.s3.is_checking = False
    closed = batch.settled(
        cut("top"), answer=lambda it: landed(it, rows=None, sizeBytes="100", csvBytes=1)
    )
    totals = closed["totals"]
    assert [_number(totals, name) for name in ("rows", "sizeBytes", "csvBytes")] == [0, 0, 3]
    assert closed["status"] == "COMPLETE"


def test_given_the_last_round_when_closed_then_the_manifest_is_written_last(batch: Batch) -> None:
    batch.plan(cut("none"), cut("none", "sprint"))
    before = len(batch.s3.journal)
    batch.settle(teams_end({None: too_large()}))
    written = batch.s3.journal[before:]
    # But for what nobody relies on.
    assert written.pop() == f"put {keys.progress_key('weekly')}"
    assert written[-1] == f"put {batch.manifest_key}"
    assert written.count(written[-1]) == 1
    cuts = [f"put {keys.cut_key(parsed(least(report)))}" for report in ("productivity", "sprint")]
    assert sorted(written[-5:-3]) == sorted(cuts)
    state = keys.state_key("weekly", "2026-03-15T06:00:00Z")
    assert written[-3:-1] == [f"put {state}", f"put {keys.latest_key('weekly')}"]


# --- another round ---


def test_given_a_too_large_whole_when_closed_then_its_parts_are_the_next_round(
    batch: Batch,
) -> None:
    batch.plan(cut("none"))
    [whole] = batch.items
    batch.record(teams_end({None: too_large()}))
    before = {*batch.s3.versions}
    assert batch.close() == {
        "status": "CONTINUE",
        "run": "weekly",
        "round": 2,
        "itemsKey": "runs/weekly/rounds/2.json",
        "waitSeconds": 0,
    }
    # Neither a manifest nor a cut: nothing is known yet.
    assert {*batch.s3.versions} - before == {"runs/weekly/rounds/2.json"}
    batch.number = 2
    assert [(it.team, it.replaces, it.tries) for it in batch.items] == [
        (team, whole.id, 1) for team in ("2", "5", "7")
    ]
    assert all("-r2-" in it.name for it in batch.items)


def test_given_parts_that_are_too_large_then_no_team_is_exported_with_one_inside_it(
    batch: Batch,
) -> None:
    closed = batch.settled(cut("none"), answer=teams_end({None: too_large(), "2": too_large()}))
    assert batch.ran == [[None], ["2", "5", "7"], ["3", "4"]]
    assert (closed["status"], closed["round"]) == ("COMPLETE", 3)
    assert batch.fates() == {
        "None": "split",
        "2": "split",
        **dict.fromkeys(["3", "4", "5", "7"], "landed"),
    }
    totals = closed["totals"]
    assert [_number(totals, name) for name in ("expected", "landed", "split")] == [4, 4, 2]
    assert _number(totals, "rows") == 4 * 7
    assert batch.line("2")["replacedBy"] == [batch.line("3")["id"], batch.line("4")["id"]]
    assert batch.line("2")["replaces"] == batch.line(None)["id"]
    assert batch.line("2")["error"] == "ExportTimedOutError"
    assert batch.line("2")["contentSha256"] is None
    assert batch.manifest["splits"] == {keys.cut_key(parsed(least("productivity"))): ["1", "2"]}


def test_given_a_lost_outcome_when_closed_then_it_is_tried_again_and_counts_once(
    batch: Batch,
) -> None:
    closed = batch.settled(
        cut("top"), answer=lambda it: None if it.team == "5" and it.tries < 3 else landed(it)
    )
    assert batch.ran == [["2", "5", "7"], ["5"], ["5"]]
    assert (closed["status"], closed["round"]) == ("COMPLETE", 3)
    assert (batch.line("5")["tries"], batch.line("2")["tries"]) == (3, 1)
    assert _number(closed["totals"], "rows") == 21


def test_given_a_failure_that_passes_when_closed_then_it_is_complete(batch: Batch) -> None:
    once = task_failed("ServiceUnavailableError")
    closed = batch.settled(cut("top"), answer=lambda it: once if it.tries == 1 else landed(it))
    assert (closed["status"], batch.ran) == ("COMPLETE", [["2", "5", "7"]] * 2)
    assert all("error" not in line for line in batch.lines)


def test_given_an_unreadable_tree_when_its_whole_is_too_large_then_it_is_told(
    batch: Batch,
) -> None:
    batch.tree = {"refId": "x"}
    closed = batch.settled(cut("none"), answer=teams_end({None: too_large()}))
    assert (closed["status"], closed["round"]) == ("FAILED", 1)
    assert batch.fates() == {"None": "failed"}


def test_given_a_flat_tree_when_its_whole_is_too_large_then_it_is_not_split(batch: Batch) -> None:
    # Of its teams nobody can tell which contains which.
    batch.tree = [{"refId": 8, "name": "A"}, {"refId": 9, "name": "B"}]
    closed = batch.settled(cut("none"), answer=teams_end({None: too_large()}))
    assert (closed["status"], batch.ran) == ("FAILED", [[None]])


# --- not due yet ---


def _damaged(new_from: str) -> JsonObject:
    return task_failed(
        "CorruptDownloadError",
        f"Cut off. Export: exp_1; an identical request gets a new one from {new_from}.",
    )


def test_given_a_damaged_export_then_other_items_run_first_and_it_waits_for_a_new_one(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({"7": _damaged("2026-03-15T07:55:00Z"), "2": too_large()}))
    first = batch.close()
    assert (first["round"], first["waitSeconds"]) == (2, 0)
    batch.number = 2
    assert [item.team for item in batch.items] == ["3", "4"]
    batch.record(teams_end({}))
    second = batch.close()
    assert (second["round"], second["waitSeconds"]) == (3, 25 * 60)
    batch.number = 3
    [item] = batch.items
    assert (item.team, item.tries, item.not_before) == ("7", 2, "2026-03-15T07:55:00Z")
    batch.record(teams_end({}))
    assert batch.close()["status"] == "COMPLETE"
    assert batch.line("7")["tries"] == 2


def test_given_exports_that_stay_damaged_then_each_try_is_about_a_new_one(batch: Batch) -> None:
    made: list[datetime] = []

    def answer(item: Item) -> Ended:
        made.append(batch.now)
        until = dates.format_moment(batch.now + timedelta(minutes=30))
        return _damaged(until) if item.team == "7" else landed(item)

    closed = batch.settled(cut(["7"]), answer=answer)
    assert closed["status"] == "FAILED"
    assert [(later - made[0]).total_seconds() for later in made] == [0, 1800, 3600]
    assert batch.line("7")["exportId"] == "exp_1"


# --- incomplete ---


def test_given_one_failure_for_good_when_closed_then_it_is_partial_and_named(batch: Batch) -> None:
    closed = batch.settled(
        cut("top"), answer=teams_end({"5": refused("No team 5.", "Name another team.")})
    )
    assert (closed["status"], closed["round"]) == ("PARTIAL", 1)
    message, remedy = _told(closed)
    assert message == (
        "1 of 3 items is missing: 1 ExportRejectedError (productivity of team 5 (Product), "
        "2024-01-01 to 2024-12-31: No team 5)."
    )
    assert remedy == (
        'ExportRejectedError: Name another team. Then start the batch with {"resume": "weekly"}: '
        "only what is missing runs."
    )
    totals = closed["totals"]
    assert [_number(totals, name) for name in ("expected", "landed", "failed")] == [3, 2, 1]
    line = batch.line("5")
    assert (line["outcome"], line["error"]) == ("failed", "ExportRejectedError")
    assert (line["message"], line["remedy"]) == ("No team 5.", "Name another team.")
    assert line["executionArn"] == export_arn("run-1")
    assert {line[name] for name in ("rows", "contentSha256", "exportId")} == {None}
    assert batch.manifest["status"] == "PARTIAL"


def test_given_that_nothing_landed_when_closed_then_it_has_failed(batch: Batch) -> None:
    closed = batch.settled(cut("top"), answer=lambda _: refused())
    assert closed["status"] == batch.manifest["status"] == "FAILED"
    totals = closed["totals"]
    assert [_number(totals, name) for name in ("expected", "landed", "failed")] == [3, 0, 3]


def test_given_that_nothing_was_ever_written_down_then_all_are_missing(batch: Batch) -> None:
    closed = batch.settled(cut("top"), answer=lambda _: None)
    assert (closed["status"], closed["round"]) == ("FAILED", MAX_TRIES)
    assert _number(closed["totals"], "missing") == 3
    assert {line["outcome"] for line in batch.lines} == {"missing"}
    for line in batch.lines:
        assert (line["error"], line["executionArn"]) == ("BatchIncompleteError", None)
        assert {line[name] for name in ("rows", "contentSha256", "exportId")} == {None}
    message, _ = _told(closed)
    assert message.startswith("3 of 3 items are missing: 3 BatchIncompleteError (productivity of ")


def test_given_a_map_that_failed_then_what_is_missing_says_why(batch: Batch) -> None:
    batch.plan(cut("top"))
    failure: JsonObject = {"Error": "States.ItemReaderFailed", "Cause": "No such bucket."}
    for number in range(1, MAX_TRIES):
        batch.number = number
        assert batch.close(failure)["status"] == "CONTINUE"
    batch.number = MAX_TRIES
    closed = batch.close(failure)
    assert batch.manifest["status"] == "FAILED"
    for line in batch.lines:
        assert (line["outcome"], line["error"]) == ("missing", "BatchIncompleteError")
        assert "States.ItemReaderFailed: No such bucket." in str(line["message"])
    assert "States.ItemReaderFailed: No such bucket" in _told(closed)[0]


def test_given_a_map_that_failed_then_what_was_written_down_counts(batch: Batch) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({}))
    assert batch.close({"Error": "States.ResultWriterFailed", "Cause": ""})["status"] == "COMPLETE"


def test_given_one_that_was_never_written_down_then_it_is_named_as_missing(batch: Batch) -> None:
    closed = batch.settled(cut("top"), answer=teams_end({"7": None}))
    assert closed["status"] == "PARTIAL"
    assert batch.fates() == {"2": "landed", "5": "landed", "7": "missing"}
    assert "team 7 (Solo)" in _told(closed)[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"[]", b"null", b'{"landed": true}', b'{"status": "completed"}'],
    ids=repr,
)
def test_given_a_strange_outcome_when_closed_then_it_is_missing(
    batch: Batch, content: bytes
) -> None:
    batch.plan(cut(["Solo"]))
    [item] = batch.items
    for number in range(1, MAX_TRIES + 1):
        batch.s3.add(keys.outcome_key("weekly", number, item.id), content)
    closed = batch.settle(lambda _: None)
    assert closed["status"] == "FAILED"
    assert batch.fates() == {"7": "missing"}


def test_given_an_outcome_of_another_round_when_closed_then_it_does_not_count(
    batch: Batch,
) -> None:
    batch.plan(cut(["Solo"]))
    [item] = batch.items
    given: JsonObject = {"run": "weekly", "round": 9, "item": item.to_json(), **landed(item)}
    record_outcome(given, batch.s3.documents, batch.s3.documents, lambda: NOW)
    assert batch.close()["status"] == "CONTINUE"


def test_given_many_failures_then_three_are_named_and_the_rest_is_counted(batch: Batch) -> None:
    teams = "3467"
    closed = batch.settled(cut("leaves"), answer=lambda it: refused(f"No team {it.team}."))
    message, _ = _told(closed)
    assert message.startswith("4 of 4 items are missing: 4 ExportRejectedError (")
    assert message.endswith("; and 1 more: No team 3).")
    assert [team for team in teams if f" of team {team} (" in message] == ["3", "4", "6"]
    assert [line["message"] for line in batch.lines] == [f"No team {team}." for team in teams]


def test_given_one_remedy_of_many_failures_then_it_is_told_once(batch: Batch) -> None:
    _, remedy = _told(batch.settled(cut("leaves"), answer=lambda _: refused("No.", "Ask Bo.")))
    assert remedy.count("Ask Bo.") == 1


def test_given_three_failures_then_there_are_no_more(batch: Batch) -> None:
    message, _ = _told(batch.settled(cut("top"), answer=lambda _: refused()))
    assert message.startswith("3 of 3 items are missing: ")
    assert " more" not in message


def test_given_huge_causes_then_the_end_of_the_execution_still_takes_them(batch: Batch) -> None:
    def answer(item: Item) -> JsonObject:
        beginning = f"{item.team} " * 3
        return refused(beginning + "m" * CAUSE_CHARACTERS, beginning + "r" * CAUSE_CHARACTERS)

    message, remedy = _told(batch.settled(cut("top"), answer=answer))
    assert len(f"{message} Remedy: {remedy}") < CAUSE_CHARACTERS


def test_given_a_legacy_report_that_fails_then_it_is_named_with_its_days(batch: Batch) -> None:
    closed = batch.settled(least("team-report"), answer=lambda _: refused())
    message, _ = _told(closed)
    assert "team-report of team 6036" in message
    assert "2024-01-01 to 2024-12-31" in message
    assert "None" not in message
    assert batch.line("6036")["dateRange"] == {"start": "2024-01-01", "end": "2024-12-31"}


def test_given_a_team_whose_name_is_unknown_when_it_fails_then_it_is_named_without(
    batch: Batch,
) -> None:
    entry = least("sprint", scope={"teamId": "2"})
    message, _ = _told(batch.settled(entry, answer=lambda _: refused()))
    assert "sprint of team 2, 2024-01-01" in message


def test_given_a_whole_tree_that_fails_then_it_is_named(batch: Batch) -> None:
    message, _ = _told(batch.settled(cut("none"), answer=lambda _: refused()))
    assert "productivity of tree Engineering, 2024-01-01" in message


# --- rows that cannot be made of others ---


AGGREGATES = [
    pytest.param("productivity", {"options": {"metricLevel": "team"}}, id="productivity"),
    pytest.param(
        "sprint", {"options": {"metricLevel": "team", "granularity": "SPRINT"}}, id="sprint"
    ),
    *(pytest.param(name, {}, id=f"{name} as usual") for name in OF_TREES if name != "productivity"),
]


@pytest.mark.parametrize(("report", "options"), AGGREGATES)
def test_given_figures_of_teams_when_one_is_split_then_its_own_row_is_missing(
    batch: Batch, report: str, options: JsonObject
) -> None:
    closed = batch.settled(
        cut("none", report, **options), answer=teams_end({None: too_large(), "2": too_large()})
    )
    assert closed["status"] == "PARTIAL"
    totals = closed["totals"]
    assert [_number(totals, name) for name in ("failed", "missing", "missingRows")] == [0, 0, 2]
    rows = batch.manifest["missingRows"]
    assert isinstance(rows, list)
    assert [{**row, "reason": ""} for row in rows if isinstance(row, dict)] == [
        {
            "report": report,
            "team": team,
            "teamName": name,
            "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
            "reason": "",
        }
        for team, name in ((None, None), ("2", "Platform"))
    ]
    assert all(row["reason"] for row in rows if isinstance(row, dict))
    message, remedy = _told(closed)
    assert message == (
        "2 teams lack their own row, since the teams inside were exported in its place."
    )
    assert "leaves" in remedy


@pytest.mark.parametrize(("report", "options"), AGGREGATES)
def test_given_figures_of_teams_when_a_known_cut_is_used_then_its_row_is_missing(
    batch: Batch, report: str, options: JsonObject
) -> None:
    entry, answer = cut("none", report, **options), teams_end({None: too_large()})
    assert batch.settled(entry, answer=answer)["status"] == "PARTIAL"
    again = batch.settled(entry, answer=answer, run="again")
    assert batch.ran == [["2", "5", "7"]]
    assert _number(again["totals"], "missingRows") == 1
    assert again["status"] == "PARTIAL"


@pytest.mark.parametrize("options", [{"metricLevel": "developer"}, {}], ids=["asked", "usual"])
def test_given_figures_of_developers_when_a_team_is_split_then_no_row_is_missing(
    batch: Batch, options: JsonObject
) -> None:
    entry = cut("none", options=options)
    closed = batch.settled(entry, answer=teams_end({None: too_large()}))
    assert closed["status"] == "COMPLETE"
    assert batch.manifest["missingRows"] == []


# --- what is remembered ---


@pytest.mark.parametrize("report", OF_TREES)
def test_given_a_cut_that_worked_then_the_next_batch_needs_one_round(
    batch: Batch, report: str
) -> None:
    answer = teams_end({None: too_large(), "2": too_large()})
    batch.settled(cut("none", report), answer=answer)
    assert len(batch.ran) == 3
    cut_key = keys.cut_key(parsed(least(report)))
    why = "ExportTimedOutError: Not ready."
    cuts = Cut({"1": ago(why=why), "2": ago(why=why)})
    assert batch.s3.documents.read_json(cut_key).content == cuts.to_json()
    # Of other days.
    days: JsonObject = {"start": "2025-01-01", "end": "2025-01-31"}
    closed = batch.settled(cut("none", report, dateRange=days), answer=answer, run="again")
    assert batch.ran == [["3", "4", "5", "7"]]
    # Only rows about people can be put together from those of the parts.
    assert closed["status"] == ("COMPLETE" if report == "productivity" else "PARTIAL")
    assert _number(closed["totals"], "landed") == _number(closed["totals"], "expected") == 4
    assert batch.manifest["splits"] == {cut_key: ["1", "2"]}
    assert set(Cut.from_json(batch.s3.documents.read_json(cut_key).content).teams) == {"1", "2"}


@pytest.mark.parametrize("report", OF_TREES)
def test_given_a_cut_of_long_ago_then_it_is_tried_coarser_again(batch: Batch, report: str) -> None:
    cut_key = keys.cut_key(parsed(least(report)))
    batch.s3.documents.write_json(cut_key, known(t1=0, t2=TRIAL_DAYS).to_json())
    batch.settled(cut("none", report), answer=teams_end({}))
    assert batch.ran == [["2", "5", "7"]]
    # It landed whole, so it is forgotten.
    assert batch.s3.documents.read_json(cut_key).content == known(t1=0).to_json()


@pytest.mark.parametrize("report", OF_TREES)
def test_given_a_coarser_try_that_is_in_vain_then_the_cut_is_remembered_anew(
    batch: Batch, report: str
) -> None:
    cut_key = keys.cut_key(parsed(least(report)))
    batch.s3.documents.write_json(cut_key, known(t2=TRIAL_DAYS).to_json())
    batch.settled(cut("top", report), answer=teams_end({"2": too_large()}))
    assert batch.ran == [["2", "5", "7"], ["3", "4"]]
    [again] = Cut.from_json(batch.s3.documents.read_json(cut_key).content).teams.values()
    assert (again.since, again.tried) == (ago(TRIAL_DAYS).since, TODAY)


def test_given_a_cut_that_did_not_work_then_it_is_not_remembered(batch: Batch) -> None:
    ended: dict[str | None, Ended] = dict.fromkeys(("2", "5", "7"), refused())
    ended[None] = too_large()
    batch.settled(cut("none"), answer=teams_end(ended))
    assert batch.s3.current(keys.cut_key(parsed(least("productivity")))) is None


def test_given_a_part_that_failed_for_another_reason_then_the_cut_is_remembered(
    batch: Batch,
) -> None:
    batch.settled(cut("none"), answer=teams_end({None: too_large(), "5": refused()}))
    assert batch.s3.current(keys.cut_key(parsed(least("productivity"))))


def test_given_the_root_that_has_no_id_when_split_then_it_is_remembered(batch: Batch) -> None:
    batch.tree = [
        {"refId": 8, "name": "A", "leaf": True, "children": []},
        {"refId": 9, "name": "B", "leaf": True, "children": []},
    ]
    answer = teams_end({None: too_large()})
    batch.settled(cut("none"), answer=answer)
    batch.settled(cut("none"), answer=answer, run="again")
    assert batch.ran == [["8", "9"]]


def test_given_what_two_reports_found_then_each_is_remembered_for_itself(batch: Batch) -> None:
    batch.settled(
        cut("none"),
        cut("none", "sprint"),
        answer=lambda it: (
            too_large() if it.team is None and it.request.report.name == "sprint" else landed(it)
        ),
    )
    assert batch.s3.current(keys.cut_key(parsed(least("productivity")))) is None
    assert batch.s3.current(keys.cut_key(parsed(least("sprint"))))


def test_given_a_batch_that_used_no_cut_then_none_is_written(batch: Batch) -> None:
    batch.settled(cut("leaves"), least("team-report"), answer=teams_end({}))
    assert not [key for key in batch.s3.versions if key.startswith(keys.CUT_PREFIX)]
    assert batch.manifest["splits"] == {}


# --- again, by hand, and when S3 fails ---


def test_given_a_closed_round_when_closed_again_then_it_says_and_writes_the_same(
    batch: Batch,
) -> None:
    batch.plan(cut("none"), cut(["Platform"], "sprint"))
    answer = teams_end({None: too_large(), "5": None, "7": refused()})
    statuses: list[JsonValue] = []
    for number in range(1, MAX_TRIES + 2):
        batch.number = number
        batch.record(answer)
        first, told = batch.close(), batch.progress
        assert batch.close() == first
        assert batch.progress == told
        statuses.append(first["status"])
    assert statuses == [*["CONTINUE"] * 3, "PARTIAL"]
    repeated = [key for key, versions in batch.s3.versions.items() if len(versions) > 1]
    assert {batch.manifest_key, keys.round_key("weekly", 2)} <= {*repeated}
    for key in {*repeated} - {keys.progress_key("weekly")}:
        assert len({version.body for version in batch.s3.versions[key]}) == 1


def test_given_a_cut_that_is_used_then_it_stays_as_it_is_and_is_not_written_again(
    batch: Batch,
) -> None:
    cut_key = keys.cut_key(parsed(least("productivity")))
    batch.s3.documents.write_json(cut_key, known(t1=3).to_json())
    batch.settled(cut("none"), answer=teams_end({}))
    batch.close()
    assert batch.ran == [["2", "5", "7"]]
    assert len(batch.s3.versions[cut_key]) == 1


@pytest.mark.parametrize(
    ("run", "number"),
    [
        pytest.param("another", 1, id="a run that is not there"),
        pytest.param("weekly", 2, id="a round that is not there"),
        pytest.param("weekly", 0, id="the round before the first"),
        pytest.param("../weekly", 1, id="a run of another folder"),
    ],
)
def test_given_no_such_run_when_closed_then_it_is_told_and_nothing_is_written(
    batch: Batch, run: str, number: int
) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({}))
    before = len(batch.s3.journal)
    with pytest.raises(InvalidRequestError) as caught:
        _close(batch, run=run, round=number)
    assert caught.value.problems == (f"run {run!r} has no round {number} in the bucket.",)
    assert caught.value.remedy == BY_HAND
    assert len(batch.s3.journal) == before


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            {"run": None}, "run is missing: the function's payload needs it as text.", id="run"
        ),
        pytest.param(
            {"round": "1"},
            "round is missing: the payload needs it as a whole number.",
            id="round",
        ),
        pytest.param(
            {"executionArn": None},
            "executionArn is missing: the function's payload needs it as text.",
            id="execution",
        ),
    ],
)
def test_given_another_payload_when_closed_then_s3_is_not_asked(
    changes: JsonObject, problem: str
) -> None:
    batch = Batch()
    with pytest.raises(InvalidRequestError) as caught:
        _close(batch, **changes)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
    assert batch.s3.calls == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"status": "COMPLETE"}, id="another document"),
        pytest.param({"run": "weekly", "items": []}, id="half of one"),
    ],
)
def test_given_a_plan_that_is_none_when_closed_then_it_is_told(
    batch: Batch, content: JsonObject
) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({}))
    batch.s3.documents.write_json(keys.plan_key("weekly"), content)
    with pytest.raises(InvalidRequestError) as caught:
        batch.close()
    assert caught.value.problems == ("plan.json is not what PlanBatch writes.",)
    assert caught.value.remedy == BY_HAND
    assert batch.manifest == {}


def test_given_an_item_of_another_table_when_closed_then_it_is_said_to_start_again(
    batch: Batch,
) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({}))
    items_key = keys.round_key("weekly", 1)
    first, *others = batch.s3.documents.read_list(items_key)
    request = batch.items[0].request
    stored = first | {"input": outdated(request.canonical())}
    batch.s3.documents.write_list(items_key, [stored, *others])
    with pytest.raises(InvalidRequestError) as caught:
        batch.close()
    assert caught.value.problems == (
        'input: options.granularity is "hourly": allowed are weekly, monthly, quarterly.',
    )
    # Its exports exist, and some have landed.
    assert "nothing was sent" not in str(caught.value)
    assert caught.value.remedy.startswith("Start the batch again with a plan that this version ")
    assert batch.manifest == {}


def test_given_a_dry_run_when_closed_then_there_is_no_round_to_close(batch: Batch) -> None:
    batch.plan(cut("top"), dryRun=True)
    with pytest.raises(InvalidRequestError) as caught:
        batch.close()
    assert caught.value.problems == ("run 'weekly' has no round 1 in the bucket.",)


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_an_outcome_that_s3_refuses_when_closed_then_that_is_told(
    batch: Batch, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    batch.plan(cut("top"))
    batch.record(teams_end({}))
    # One to plan the batch, one to see what to record, then plan, items and three outcomes.
    reads = batch.s3.operations().count("get_object")
    batch.s3.before("get_object", raising(failure), reads + 4)
    with pytest.raises(error, match=code):
        batch.close()
    assert batch.manifest == {}


def test_given_a_cut_that_cannot_be_written_when_closed_then_there_is_no_manifest(
    batch: Batch,
) -> None:
    cut_key = keys.cut_key(parsed(least("productivity")))
    batch.s3.before(f"write {cut_key}", raising(refusal("AccessDenied", 403)))
    with pytest.raises(SeiExportError, match="AccessDenied"):
        batch.settled(cut("none"), answer=teams_end({None: too_large()}))
    assert batch.manifest == {}


# --- 10,000 items ---


def _wide(count: int) -> JsonObject:
    teams: list[JsonValue] = [{"refId": 10_000 + at, "name": f"Team {at}"} for at in range(count)]
    return {"refId": 1, "name": "Engineering", "children": teams}


def _answers(failing: Iterable[str]) -> Ending:
    failed = {*failing}
    return lambda it: refused("m" * 5000, f"Ask {it.team}.") if it.team in failed else landed(it)


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        pytest.param(range(0), "COMPLETE", id="all land"),
        pytest.param(range(10_000, 20_000), "FAILED", id="none lands"),
    ],
)
def test_given_10000_items_when_closed_then_the_answer_is_short_the_manifest_whole(
    failing: range, status: str
) -> None:
    batch = Batch(tree=_wide(10_000))
    closed = batch.settled(cut("leaves"), answer=_answers(map(str, failing)))
    assert closed["status"] == status
    assert size_of(closed) < 10_000 < STATE_BYTES
    assert _number(closed["totals"], "expected") == 10_000
    assert len({str(line["id"]) for line in batch.lines}) == 10_000


def test_given_10000_parts_when_closed_then_the_answer_is_short_the_next_round_whole() -> None:
    batch = Batch(tree=_wide(9_999))
    batch.plan(cut("none"))
    batch.record(teams_end({None: too_large()}))
    assert size_of(batch.close()) < 1000
    batch.number = 2
    assert len({item.name for item in batch.items}) == 9_999


def test_given_many_outcomes_when_closed_then_so_many_are_read_at_a_time() -> None:
    batch = Batch(tree=_wide(CONNECTIONS))
    batch.plan(cut("leaves"))
    batch.record(teams_end({}))
    # Each of the outcomes is only answered once all of them have been asked for.
    together = threading.Barrier(CONNECTIONS)
    reads = batch.s3.operations().count("get_object")
    for at in range(CONNECTIONS):
        batch.s3.before("get_object", lambda: together.wait(30), reads + 3 + at)
    assert batch.close()["status"] == "COMPLETE"
