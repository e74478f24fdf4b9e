"""A consumer's hour: rules, loads and sets as the docs show them, on the deployed stack."""

import csv
import gzip
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.paths import ROOT
from sei_export import dates
from sei_export.bucket.documents import Documents
from sei_export.bucket.objects import ObjectStore
from sei_export.clock import Clock, Deadline
from sei_export.export import Export
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.events import EventBus
from sei_export.landing.land import Landing
from sei_export.landing.raw import RawFile
from sei_export.masking import Mask
from sei_export.request.parsing import read_canonical
from sei_export.request.reports import REPORTS, Scope
from tests.docs import snippets
from tests.fakes.raw import Pieces
from tests.stack.consumer import Consumer, Row, on_the_local_cloud, records, table_of
from tests.stack.harness import Execution, Harness, new_team, request_for
from tests.stack.test_batch import export_of, plant, team, team_id

PARTS = {
    *("report", "shape", "scope_org", "scope_project", "scope_tree", "scope_team"),
    *("range_start", "range_end", "export"),
}
"""Of all keys: what is before an equals sign."""

JANUARY: JsonValue = {"start": "2024-01-01", "end": "2024-01-31"}
FEBRUARY: JsonValue = {"start": "2024-02-01", "end": "2024-02-29"}


@pytest.fixture(scope="module")
def consumer(stack: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consumer]:
    """One consumer, from the docs alone."""
    folder = tmp_path_factory.mktemp("consumer")
    with on_the_local_cloud(stack, folder):
        yield Consumer(stack, folder)


def _asked(
    tree_name: str, team_of_v2: str, collection: str
) -> Iterator[tuple[JsonObject, str | None, str | None]]:
    """A request of every report in each of its scopes, with the tree and the team of its key."""
    tree: JsonObject = {"orgTreeName": tree_name}
    for name, report in REPORTS.items():
        given: JsonObject = json.loads((ROOT / "events" / f"{name}.json").read_text())
        given |= {"dateRange": {"start": "2024-01-01", "end": "2024-03-31"}}
        match report.scope:
            case Scope.COLLECTION:
                number = f":{given['teamRefId']}" if "teamRefId" in given else ""
                yield given | {"collectionId": collection}, None, collection + number
            case Scope.TREE_AND_TEAM:
                yield given | {"scope": tree}, tree_name, None
                both = tree | {"teamId": team_of_v2}
                yield given | {"scope": both}, tree_name, team_of_v2
            case Scope.TREE_OR_TEAM:
                yield given | {"scope": tree}, tree_name, None
                yield given | {"scope": {"teamId": team_of_v2}}, None, team_of_v2


def _records(content: bytes) -> list[Row]:
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return [dict(zip(header, row, strict=True)) for row in rows]


def _counted(rows: Iterable[Row], parts: Iterable[str] = ()) -> Counter[tuple[object, ...]]:
    """Rows in any order; an empty cell of a CSV may be NULL, a part of a key is what it is."""
    exact = set(parts)
    return Counter(
        tuple(sorted((name, v if name in exact else v or "") for name, v in row.items()))
        for row in rows
    )


def test_every_report_is_read_as_it_was_served_with_its_scope(
    stack: Harness, consumer: Consumer
) -> None:
    name = f"007 Zürich/東京 = 100% {new_team()}"
    root = team("Root")
    planted = f"Bäume/2 & {new_team()}"
    stack.simulator.plant({"id": root["refId"], "name": planted, "root": root})
    # Digits that a reader may take for a number, and a text of all that keys encode.
    asked = list(_asked(planted, f"007{new_team()}", name))
    arns = [stack.start(given) for given, _, _ in asked]
    runs = [stack.wait(arn) for arn in arns]
    assert {(run.status, run.cause) for run in runs} == {("SUCCEEDED", "")}
    consumer.hear(lambda: all(consumer.of_execution(arn) for arn in arns))
    assert {given["report"] for given, _, _ in asked} == set(REPORTS)

    for run, (given, tree, of_team) in zip(runs, asked, strict=True):
        [event] = consumer.of_execution(run.arn)
        detail = _dict(event["detail"])
        key = str(detail["key"])
        served = stack.csv(key)
        parts: Row = {
            "report": str(given["report"]),
            "shape": key.partition("/shape=")[2].partition("/")[0],
            "scope_org": "default",
            "scope_project": "demo",
            "scope_tree": tree,
            "scope_team": of_team,
            "range_start": "2024-01-01",
            "range_end": "2024-03-31",
        }
        expected = _counted((row | parts for row in _records(served)), parts)
        assert expected
        fetched = consumer.names["fetch"](detail["bucket"], key, detail["versionId"])
        for tool, rows in consumer.read([fetched]):
            assert _counted(rows, parts) == expected, f"{tool}: {key}"
        # The function and the topic heard of it, too; S3 says the same version.
        consumer.hear(lambda arn=run.arn: any(_is_of(it, arn) for it in consumer.topic))  # type: ignore[misc]  # called at once
        consumer.hear(lambda key=key: bool(consumer.objects(key)))  # type: ignore[misc]  # called at once
        assert [it["version-id"] for it in consumer.objects(key)] == [detail["versionId"]]
        plain = key.removesuffix(".gz")
        _wait_for(lambda plain=plain: plain in consumer.copies(plain))  # type: ignore[misc]  # called at once
        assert consumer.copies(plain) == {plain: served}


def test_restated_deleted_restored_refreshed_late_and_repeated_events_end_with_the_newest_file(
    stack: Harness, consumer: Consumer
) -> None:
    name = f"007{new_team()}"
    request = request_for(name)
    key = _history(stack, name, request)
    consumer.hear(lambda: len(consumer.of_key(key)) >= 6)
    events = sorted(consumer.of_key(key), key=lambda it: str(_dict(it["detail"])["createdAt"]))
    assert [_dict(it["detail"])["reason"] for it in events] == [
        *("new", None, "restated", "restored", "refreshed", "restated"),
    ]
    assert len(stack.versions(key)) == 5
    now = _records(stack.csv(key))
    columns = list(now[0])
    for order in (
        consumer.of_key(key),
        events,
        events[::-1],
        [*events[3:], *events[:3], *events[::-1]],
    ):
        assert _counted(table_of(consumer, columns, order)) == _counted(now)


def _history(stack: Harness, name: str, request: JsonObject) -> str:
    """What may come of a key, one after another; the key."""
    altered: JsonObject = {"productivity": ["2024-01-01"]}
    stack.simulator.behave(name, reuseSeconds=0)
    runs = [stack.run(request), stack.run(request)]
    stack.simulator.behave(name, reuseSeconds=0, altered=altered)
    runs.append(stack.run(request))
    key = str(runs[0].output["key"])
    stack.aws.s3.delete_object(Bucket=stack.bucket, Key=key)
    runs.append(stack.run(request))
    _refresh(stack, runs[-1])
    # Late: one that begins before another and ends after it.
    slow: JsonValue = {"download": [{"delaySeconds": 6}]}
    stack.simulator.behave(name, reuseSeconds=0, altered=altered, faults=slow)
    downloads = len(stack.simulator.calls(name, "download"))
    late = stack.start(request)
    _wait_for(lambda: len(stack.simulator.calls(name, "download")) > downloads)
    time.sleep(1)
    stack.simulator.behave(name, reuseSeconds=0)
    runs.append(stack.run(request))
    ended = stack.wait(late)
    assert {run.status for run in (*runs, ended)} == {"SUCCEEDED"}
    assert [run.output["superseded"] for run in (*runs, ended)] == [*[False] * 5, True]
    assert stack.events.none("executionArn", late)
    return key


def _refresh(stack: Harness, run: Execution) -> None:
    """The same content again, when the bucket's retention is half over."""
    ahead = Clock(now=lambda: datetime.now(UTC) + timedelta(days=300))
    landing = Landing(
        ObjectStore(stack.aws.s3, stack.bucket),
        Documents(stack.aws.s3, stack.bucket),
        EventBus(stack.aws.events, stack.stack.outputs["EventBusName"], stack.stack.name),
        retention=timedelta(days=400),
    )
    request = read_canonical(_dict(run.output["request"]))
    time.sleep(1)  # The API tells times in whole seconds.
    created_at = dates.format_moment(datetime.now(UTC))
    export = Export.of(request, f"exp_{new_team()}", created_at, reused=False)
    content = Pieces([stack.csv(str(run.output["key"]))])
    file = RawFile(content, None, Mask(), Deadline.after(60, ahead))
    landing.land(export, ExportRun(f"{run.arn}-refreshed", polls=1, attempts=1), file)
    time.sleep(1)


def test_a_set_adds_up_while_batches_run_and_a_split_team_is_superseded(
    stack: Harness, consumer: Consumer
) -> None:
    small = [team("Ж 1/2"), team("ж = 2")]
    large, other = team("Großes Team", *small), team("東京 100%")
    tree = plant(stack, team("Root", large, other))
    plan = f"set-{new_team()}"
    whole = {team_id(large), team_id(other)}
    split = {*map(team_id, small), team_id(other)}

    first = stack.run(_plan(plan, tree, JANUARY), stack.batch_machine)
    assert (first.status, first.cause) == ("SUCCEEDED", "")
    seen = [_teams(_adds_up(consumer, plan))]
    parent = next(it for it in _files(consumer) if it["team"] == team_id(large))
    assert "supersededBy" not in stack.manifest(str(parent["manifestKey"]))

    stack.simulator.behave(team_id(large), outcome="failed", error="The result is too large.")
    arns = [stack.start(_plan(plan, tree, it), stack.batch_machine) for it in (JANUARY, FEBRUARY)]
    while not all(_has_ended(stack, arn) for arn in arns):
        seen.append(_teams(_adds_up(consumer, plan)))
    runs = [stack.wait(arn) for arn in arns]
    assert {(run.status, run.cause) for run in runs} == {("SUCCEEDED", "")}
    seen.append(_teams(_adds_up(consumer, plan)))
    # Each month is of the parents or of the children, and never of both.
    assert all(teams in (whole, split) for months in seen for teams in months.values())
    assert seen[0] == {"2024-01-01": whole}
    assert seen[-1] == {"2024-01-01": split, "2024-02-01": split}
    _compare_other_forms(stack, consumer)

    # The parent's file is there, and its manifest says where to read instead.
    assert stack.csv(str(parent["key"]))
    said = _dict(stack.manifest(str(parent["manifestKey"]))["supersededBy"])
    shown = _dict(json.loads(snippets.snippet("superseded", "json"))["supersededBy"])
    assert set(said) == set(shown)
    assert (said["latestKey"], said["files"]) == (f"batches/{plan}/latest.json", len(split))
    assert str(said["run"]).endswith(arns[0].rpartition(":")[2])
    assert not [
        it for it in _files(consumer) if "supersededBy" in stack.manifest(str(it["manifestKey"]))
    ]

    # It lands whole again, by hand.
    stack.simulator.behave(team_id(large), reuseSeconds=0)
    scope: JsonObject = {"orgTreeName": tree, "teamId": team_id(large)}
    again = export_of(tree, None, dateRange=JANUARY) | {"scope": scope}
    run = stack.run(again)
    assert (run.status, run.output["key"]) == ("SUCCEEDED", parent["key"])
    assert "supersededBy" not in stack.manifest(str(parent["manifestKey"]))


def _plan(name: str, tree: str, days: JsonValue) -> JsonObject:
    return {"name": name, "exports": [export_of(tree, "top", dateRange=days)]}


def _adds_up(consumer: Consumer, plan: str) -> list[JsonObject]:
    """Read the set with each tool, and compare it with what its list says."""
    consumer.read_set(plan, "productivity")
    files = _files(consumer)
    told = Counter(
        {str(it["team"]) + str(_dict(it["dateRange"])["start"]): it["rows"] for it in files}
    )
    assert told.total() > 0
    for tool, rows in consumer.read(consumer.names["paths"]):
        found = Counter(f"{row['scope_team']}{row['range_start']}" for row in rows)
        assert found == told, tool
    return files


def _teams(files: Iterable[JsonObject]) -> dict[str, set[str]]:
    """Teams of each month."""
    found: dict[str, set[str]] = {}
    for file in files:
        found.setdefault(str(_dict(file["dateRange"])["start"]), set()).add(str(file["team"]))
    return found


def _compare_other_forms(stack: Harness, consumer: Consumer) -> None:
    """The README's own lines, the newest days' folder, and a file for each month."""
    files = _files(consumer)
    contents = {str(it["key"]): stack.raw(str(it["key"])) for it in files}
    everything = [row for it in contents.values() for row in _records(gzip.decompress(it))]

    # It reads one path, should the list have another of the same report.
    rows = records(snippets.run("latest", dict(consumer.names))["rows"])
    assert {row.pop("team") for row in rows} == {it["team"] for it in files}
    assert _counted(rows) == _counted(everything)

    # Of a team that the list no longer has.
    stack.aws.s3.put_object(Bucket=consumer.target, Key="latest/gone.csv.gz", Body=b"")
    snippets.run("latest-copy", dict(consumer.names))
    newest = [it for it in files if _dict(it["dateRange"])["start"] == "2024-02-01"]
    assert consumer.copies("latest/") == {
        f"latest/{it['path']}/{it['team']}.csv.gz": contents[str(it["key"])] for it in newest
    }

    snippets.run("duckdb", names := dict(consumer.names))
    snippets.run("months", names)
    months = consumer.copies("monthly/")
    assert sorted(key.rpartition("/")[2] for key in months) == ["2024-01.csv.gz", "2024-02.csv.gz"]
    copied = [row for it in months.values() for row in _records(gzip.decompress(it))]
    assert _counted(copied) == _counted(everything)


def test_nothing_in_the_bucket_has_other_parts_in_its_key_than_those_of_the_docs(
    stack: Harness,
) -> None:
    assert stack.run(request_for(new_team())).status == "SUCCEEDED"
    pages = stack.aws.s3.get_paginator("list_object_versions").paginate(Bucket=stack.bucket)
    keys = {it["Key"] for page in pages for it in page.get("Versions", [])}
    found = {name for key in keys for name in re.findall(r"(?:^|/)([^/=]+)=", key)}
    assert found <= PARTS
    assert found >= PARTS - {"export"}


def test_the_rule_of_the_readme_is_the_one_of_the_docs() -> None:
    pattern = r"""'({"source": \["harness.*})'"""
    shown = [re.findall(pattern, snippets.snippet(mark, "sh")) for mark in ("exports", "queue")]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 1


def _files(consumer: Consumer) -> list[JsonObject]:
    files: list[JsonObject] = consumer.names["latest"]["files"]
    return files


def _dict(value: object) -> JsonObject:
    assert isinstance(value, dict)
    return value


def _is_of(event: JsonObject, arn: str) -> bool:
    return _dict(event["detail"]).get("executionArn") == arn


def _has_ended(stack: Harness, arn: str) -> bool:
    return stack.aws.states.describe_execution(executionArn=arn)["status"] != "RUNNING"


def _wait_for(is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_there():
        assert time.monotonic() < deadline
        time.sleep(0.2)
