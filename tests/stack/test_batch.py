"""Batches on the deployed stack: everything lands, or the manifest says what is missing."""

import json
import re
import time
from itertools import count

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from tests.docs import snippets
from tests.stack.harness import Execution, Harness

_IDS = count(500_001)

TOO_FEW_CALLS = 12
"""A minute, for a batch that makes 18 calls in some seconds."""


def team(name: str, *children: JsonObject) -> JsonObject:
    """A team with an id that no other has."""
    node: JsonObject = {"refId": next(_IDS), "name": name, "children": [*children]}
    return node


def team_id(node: JsonObject) -> str:
    """As requests name it."""
    return str(node["refId"])


def plant(stack: Harness, root: JsonObject) -> str:
    """Have an org tree of its own; its name."""
    name = f"Tree {next(_IDS)}"
    stack.simulator.plant({"id": next(_IDS), "name": name, "root": root})
    return name


def export_of(tree: str, teams: JsonValue, **changes: JsonValue) -> JsonObject:
    """An entry of a plan."""
    entry: JsonObject = {
        "report": "productivity",
        "scope": {"orgTreeName": tree, "teams": teams},
        "dateRange": {"start": "2024-01-01", "end": "2024-01-31"},
        "metricGroups": ["activity"],
        "options": {"metricLevel": "developer", "granularity": "monthly"},
    }
    return entry | changes


def run_batch(stack: Harness, *exports: JsonObject, **plan: JsonValue) -> Execution:
    """Run a plan to its end."""
    return stack.run({"name": "test", "exports": [*exports], **plan}, stack.batch_machine)


def items_of(manifest: JsonObject) -> list[JsonObject]:
    """A manifest's lines."""
    items = manifest["items"]
    assert isinstance(items, list)
    return [item for item in items if isinstance(item, dict)]


def manifest_of(stack: Harness, run: Execution) -> JsonObject:
    """The batch's manifest, by the key that its event tells."""
    (event,) = stack.events.find("executionArn", run.arn)
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert detail["manifestKey"] == f"runs/{detail['run']}/manifest.json"
    assert str(detail["run"]).endswith(f"-{run.arn.rpartition(':')[2]}")
    return stack.manifest(str(detail["manifestKey"]))


def test_40_leaf_teams_make_40_objects_and_a_complete_manifest(stack: Harness) -> None:
    leaves = [team(f"Team {n}") for n in range(40)]
    groups = [team(f"Group {n}", *leaves[n : n + 8]) for n in range(0, 40, 8)]
    tree = plant(stack, team("Root", *groups))
    run = run_batch(stack, export_of(tree, "leaves"))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    manifest = manifest_of(stack, run)
    assert manifest["status"] == "COMPLETE"
    items = items_of(manifest)
    assert {item["team"] for item in items} == {team_id(leaf) for leaf in leaves}
    assert len(items) == 40
    for item in items:
        assert item["outcome"] == "landed"
        assert stack.csv(str(item["key"]))
    totals = manifest["totals"]
    assert isinstance(totals, dict)
    assert (totals["expected"], totals["landed"], totals["missing"]) == (40, 40, 0)
    assert totals["rows"] == sum(int(str(item["rows"])) for item in items)
    assert run.output["totals"] == totals
    (event,) = stack.events.find("executionArn", run.arn)
    assert event["detail-type"] == "BatchCompleted"
    # Progress was told from the plan to the end.
    progress = stack.manifest(f"runs/{manifest['run']}/progress.json")
    # A machine that is busy may need another round.
    assert (progress["status"], progress["pending"]) == ("COMPLETE", 0)
    assert progress["round"] == manifest["rounds"]
    assert {name: progress[name] for name in totals.keys() & progress.keys()} == {
        name: totals[name] for name in totals.keys() & progress.keys()
    }
    assert float(str(progress["landedPerHour"])) > 0


def test_a_team_that_fails_for_good_is_named_with_its_remedy_and_the_39_others_land(
    stack: Harness,
) -> None:
    leaves = [team(f"Team {n}") for n in range(40)]
    tree = plant(stack, team("Root", *leaves))
    bad = team_id(leaves[2])
    stack.simulator.behave(bad, outcome="failed", error="Invalid teamId")
    run = run_batch(stack, export_of(tree, "leaves"))

    assert (run.status, run.error) == ("FAILED", "BatchIncompleteError")
    assert "1 of 40 items is missing: 1 ExportFailedError (" in run.cause
    assert f"team {bad} (Team 2), 2024-01-01 to 2024-01-31: " in run.cause
    assert "Invalid teamId" in run.cause
    assert "Remedy: " in run.cause
    manifest = manifest_of(stack, run)
    assert manifest["status"] == "PARTIAL"
    missing = [item for item in items_of(manifest) if item["outcome"] != "landed"]
    assert [(item["team"], item["error"]) for item in missing] == [(bad, "ExportFailedError")]
    assert missing[0]["remedy"]
    # The export that failed can be looked up in Harness.
    created = [export["exportId"] for export in stack.simulator.exports(bad)]
    assert [missing[0]["exportId"]] == created
    landed = [str(item["key"]) for item in items_of(manifest) if item["outcome"] == "landed"]
    assert len({key for key in landed if stack.csv(key)}) == 39
    (event,) = stack.events.find("executionArn", run.arn)
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert (detail["status"], detail["error"]) == ("PARTIAL", "BatchIncompleteError")
    # Each round's Map Run shows the child that failed, with the export's error, and has not failed.
    states = stack.aws.states
    map_runs = [
        states.describe_map_run(mapRunArn=it["mapRunArn"])
        for it in states.list_map_runs(executionArn=run.arn)["mapRuns"]
    ]
    ended = [(it["itemCounts"]["succeeded"], it["itemCounts"]["failed"]) for it in map_runs]
    assert sorted(ended) == [(0, 1), (39, 1)]
    assert {it["status"] for it in map_runs} == {"SUCCEEDED"}
    for map_run in map_runs:
        (child,) = states.list_executions(mapRunArn=map_run["mapRunArn"], statusFilter="FAILED")[
            "executions"
        ]
        shown = states.describe_execution(executionArn=child["executionArn"])
        assert shown["error"] == "ExportFailedError"
        assert "Invalid teamId" in shown["cause"]
        assert " Remedy: " in shown["cause"]
    # Beside the plan and the ends of both rounds an outcome told how far it was: claim and counts.
    assert len(stack.versions(f"runs/{manifest['run']}/progress.json")) >= 3 + 2
    # Each export's event names the run and the item.
    told = [_names(event) for event in stack.events.find("run", str(detail["run"]))]
    types = {"landed": "ExportCompleted", "failed": "ExportFailed"}
    items = [(types[str(it["outcome"])], it["id"], stack.stack.name) for it in items_of(manifest)]
    assert {*told} == {*items, ("BatchCompleted", None, stack.stack.name)}
    _check_log(stack, run, manifest)


def test_a_batch_that_lacks_a_team_goes_on_with_that_one_only_and_counts_over_both(
    stack: Harness,
) -> None:
    leaves = [team(f"Team {n}") for n in range(3)]
    tree = plant(stack, team("Root", *leaves))
    bad = team_id(leaves[1])
    stack.simulator.behave(bad, outcome="failed", error="Out of memory", reuseSeconds=0)
    first = run_batch(stack, export_of(tree, "leaves"))
    assert first.status == "FAILED"
    old = manifest_of(stack, first)
    # Its ARN is known, though Step Functions tells it only in a cause.
    [failed] = [item for item in items_of(old) if item["team"] == bad]
    assert str(failed["executionArn"]).startswith(
        stack.machine.replace("stateMachine", "execution")
    )

    stack.simulator.behave(bad, outcome="completed", reuseSeconds=0)
    again = stack.run({"resume": old["run"]}, stack.batch_machine)
    assert again.status == "SUCCEEDED", again.cause
    totals = again.output["totals"]
    assert isinstance(totals, dict)
    assert (totals["expected"], totals["landed"]) == (3, 3)
    manifest = manifest_of(stack, again)
    assert (manifest["status"], manifest["resumes"]) == ("COMPLETE", [old["run"]])
    assert manifest["scheduledTime"] == old["scheduledTime"]
    assert [item["outcome"] for item in items_of(manifest)] == ["landed"] * 3
    ran = {str(it["executionArn"]) for it in items_of(manifest)}
    assert len(ran & {str(it["executionArn"]) for it in items_of(old)}) == 2
    nothing_left = stack.run({"resume": manifest["run"]}, stack.batch_machine)
    assert "it is complete: nothing is left to run." in nothing_left.cause


def _check_log(stack: Harness, batch: Execution, manifest: JsonObject) -> None:
    """Every line of a batch names its run, and every line of its exports item and export, too."""
    of_item = {str(item["executionArn"]): item for item in items_of(manifest)}
    query = re.search(
        r"--query-string '(.*?)'",
        snippets.snippet("logs", "sh").replace("'$RUN'", str(manifest["run"])),
    )
    assert query
    found = {
        stem: _logged(stack, stem)
        for stem in ("PlanBatch", "CreateExport", "CheckExport", "DownloadExport", "CloseBatch")
    }
    for stem, lines in found.items():
        if stem in {"PlanBatch", "CloseBatch"}:
            own = [line for line in lines if line.get("correlation_id") == batch.arn]
            assert {line["run"] for line in own} == {manifest["run"]}, stem
            continue
        own = [line for line in lines if line.get("correlation_id") in of_item]
        # The emulator loses some.
        assert len(own) > len(of_item) / 2, stem
        for line in own:
            item = of_item[str(line["correlation_id"])]
            named = (line["run"], line["item"], line["export_id"], line["report"])
            assert named == (manifest["run"], item["id"], item["exportId"], "productivity")
    recorded = [line for line in _logged(stack, "RecordOutcome") if line["run"] == manifest["run"]]
    told = {(line["item"], line.get("export_id")) for line in recorded}
    assert len(told) > len(of_item) / 2
    assert told <= {(item["id"], item["exportId"]) for item in of_item.values()}
    # As the README finds them, in all groups.
    groups = [stack.log_group(stem) for stem in (*found, "FetchReport", "RecordOutcome")]
    now = int(time.time())
    started = stack.aws.logs.start_query(
        logGroupNames=groups, startTime=now - 3600, endTime=now + 60, queryString=query[1]
    )
    results = stack.aws.logs.get_query_results(queryId=started["queryId"])["results"]
    messages = [cell["value"] for row in results for cell in row if cell["field"] == "@message"]
    services = {json.loads(message)["service"] for message in messages}
    assert services == {
        *("plan-batch", "create-export", "check-export", "download-export", "record-outcome"),
        "close-batch",
    }
    assert {json.loads(message)["run"] for message in messages} == {manifest["run"]}


def _logged(stack: Harness, stem: str) -> list[JsonObject]:
    """The lines that a function's code logged, without the platform's and without metrics."""
    lines = [line for line in stack.log_lines(stem) if line.startswith('{"level"')]
    return [json.loads(line) for line in lines]


def test_a_batch_that_is_stopped_leaves_what_has_landed_and_the_next_run_makes_nothing_twice(
    stack: Harness,
) -> None:
    leaves = [team(f"Team {n}") for n in range(3)]
    tree = plant(stack, team("Root", *leaves))
    slow = team_id(leaves[2])
    stack.simulator.behave(slow, processingSeconds=4)
    plan: JsonObject = {"name": tree.replace(" ", "-"), "exports": [export_of(tree, "leaves")]}
    arn = stack.start(plan, stack.batch_machine)
    deadline = time.monotonic() + 60
    while len(_outcomes(stack, arn)) < 2 or not stack.simulator.exports(slow):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [(run, _), *_] = _outcomes(stack, arn)
    # Nobody goes on with what still runs.
    early = stack.run({"resume": run}, stack.batch_machine)
    assert (early.status, early.error) == ("FAILED", "InvalidRequestError")
    assert f"stop-execution --execution-arn {arn}" in early.cause

    stack.aws.states.stop_execution(executionArn=arn)
    assert stack.wait(arn).status == "ABORTED"
    assert len(_outcomes(stack, arn)) == 2
    assert stack.events.find("run", run) == [
        event for event in stack.events.find("run", run) if event["detail-type"] != "BatchCompleted"
    ]
    again = stack.run(plan, stack.batch_machine)
    assert (again.status, again.cause) == ("SUCCEEDED", "")
    manifest = manifest_of(stack, again)
    assert (manifest["status"], manifest["warnings"]) == ("COMPLETE", [])
    # What Harness was making is handed out, and what has landed stays as it was.
    assert [len(stack.simulator.exports(team_id(leaf))) for leaf in leaves] == [1, 1, 1]
    landed = {str(item["team"]): item["changed"] for item in items_of(manifest)}
    assert landed == {team_id(leaf): team_id(leaf) == slow for leaf in leaves}
    latest = stack.manifest(f"batches/{plan['name']}/latest.json")
    files = latest["files"]
    assert isinstance(files, list)
    listed = [(it["team"], it["run"]) for it in files if isinstance(it, dict)]
    assert sorted(listed, key=str) == [(team_id(leaf), manifest["run"]) for leaf in leaves]


def _outcomes(stack: Harness, batch: str) -> list[tuple[str, str]]:
    """What a batch has written down of items, by its execution: the run, and the key of each."""
    pattern = rf"runs/([^/]+-{batch.rpartition(':')[2]})/.*outcome.*"
    pages = stack.aws.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.bucket, Prefix="runs/"
    )
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [(found[1], name) for name in names if (found := re.fullmatch(pattern, name))]


def _names(event: JsonObject) -> tuple[JsonValue, JsonValue, JsonValue]:
    """An event's type, item and stack."""
    detail = event["detail"]
    assert isinstance(detail, dict)
    return event["detail-type"], detail.get("item"), detail["stack"]


def test_what_is_too_large_is_split_down_the_tree_and_the_cut_is_remembered(
    stack: Harness,
) -> None:
    small = [team("Small 1"), team("Small 2"), team("Small 3")]
    inner = team("Inner")
    large, other = team("Large", *small), team("Other", inner)
    tree = plant(stack, team("Root", large, other))
    stack.simulator.behave(tree, outcome="never")
    stack.simulator.behave(team_id(large), outcome="failed", error="The result is too large.")
    run = run_batch(stack, export_of(tree, "none"))

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    manifest = manifest_of(stack, run)
    outcomes = {item["team"]: item["outcome"] for item in items_of(manifest)}
    whole: set[JsonValue] = {team_id(node) for node in (*small, other)}
    split: set[JsonValue] = {None, team_id(large)}
    assert outcomes == dict.fromkeys(whole, "landed") | dict.fromkeys(split, "split")
    assert run.entered("CloseBatch") == 3
    assert [len(stack.simulator.exports(str(node))) for node in whole] == [1] * len(whole)
    assert stack.simulator.exports(team_id(inner)) == []

    again = run_batch(stack, export_of(tree, "none"))
    assert again.status == "SUCCEEDED"
    assert again.entered("CloseBatch") == 1
    assert {item["team"] for item in items_of(manifest_of(stack, again))} == whole


def test_a_teams_own_row_that_is_lost_by_a_split_is_missing_also_when_the_split_is_known(
    stack: Harness,
) -> None:
    tree = plant(stack, team("Root", team("A"), team("B")))
    stack.simulator.behave(tree, outcome="failed", error="The result is too large.")
    level: JsonObject = {"metricLevel": "team", "granularity": "monthly"}
    for outcomes in (["split", "landed", "landed"], ["landed", "landed"]):
        run = run_batch(stack, export_of(tree, "none", options=level))
        assert (run.status, run.error) == ("FAILED", "BatchIncompleteError")
        manifest = manifest_of(stack, run)
        assert manifest["status"] == "PARTIAL"
        rows = manifest["missingRows"]
        assert isinstance(rows, list)
        assert len(rows) == 1
        assert [item["outcome"] for item in items_of(manifest)] == outcomes


def test_a_dry_run_creates_nothing_and_tells_what_there_would_be(stack: Harness) -> None:
    leaves = [team(f"Team {n}") for n in range(3)]
    tree = plant(stack, team("Root", *leaves))
    run = run_batch(stack, export_of(tree, "leaves"), dryRun=True)

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert run.output["itemCount"] == 3
    estimate = run.output["estimate"]
    assert isinstance(estimate, dict)
    assert (estimate["exports"], estimate["assumedDurations"]) == (3, 3)
    # Of each: its creation, ten polls until the assumed minute is over, and two calls for the file.
    assert estimate["calls"] == 3 * 13
    assert int(str(estimate["durationSeconds"])) >= 60
    for leaf in leaves:
        assert stack.simulator.exports(team_id(leaf)) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param({"scope": {"teams": ["Paiments"]}}, "Paiments", id="no such team"),
        pytest.param({"dateRange": {"period": "last-week"}}, "last-week", id="no such period"),
        pytest.param(
            {"scope": {"orgTreeName": "Nowhere", "teams": "top"}}, "Nowhere", id="no tree"
        ),
    ],
)
def test_a_wrong_plan_is_refused_before_anything_is_created(
    stack: Harness, entry: JsonObject, said: str
) -> None:
    tree = plant(stack, team("Root", team("Payments")))
    asked = export_of(tree, "leaves")
    scope, changed = asked["scope"], entry.get("scope", {})
    assert isinstance(scope, dict)
    assert isinstance(changed, dict)
    created = len(stack.simulator.calls_of("create"))
    run = run_batch(stack, asked | entry | {"scope": scope | changed})
    assert (run.status, run.error) == ("FAILED", "InvalidRequestError")
    assert created == len(stack.simulator.calls_of("create"))
    assert "exports[0]." in run.cause
    assert said in run.cause
    (event,) = stack.events.find("executionArn", run.arn)
    assert event["detail-type"] == "BatchCompleted"


def test_a_limit_that_is_far_too_low_delays_a_batch_and_loses_nothing(stack: Harness) -> None:
    leaves = [team(f"Team {n}") for n in range(4)]
    tree = plant(stack, team("Root", *leaves))
    before = stack.simulator.statuses()[429]
    stack.simulator.limit(TOO_FEW_CALLS)
    try:
        arn = stack.start(
            {"name": "test", "exports": [export_of(tree, "leaves")]}, stack.batch_machine
        )
        deadline = time.monotonic() + 60
        # Every call is refused again and again, until there is room.
        while stack.simulator.statuses()[429] < before + 10:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        stack.simulator.limit(100_000)
    run = stack.wait(arn)

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert [item["outcome"] for item in items_of(manifest_of(stack, run))] == ["landed"] * 4
