"""A full run: what lands, what is returned, what consumers hear."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness, new_team, request_for

RESULT_FIELDS = {
    "version",
    "exportId",
    "report",
    "request",
    "requestFingerprint",
    "status",
    "reused",
    "attempts",
    "bucket",
    "key",
    "versionId",
    "etag",
    "sizeBytes",
    "csvBytes",
    "contentSha256",
    "rows",
    "columns",
    "reason",
    "previous",
    "superseded",
    "run",
    "item",
    "columnCount",
    "columnsSha256",
    "changed",
    "manifestKey",
    "polls",
    "createdAt",
    "completedAt",
    "durationSeconds",
    "executionArn",
    "warnings",
}


def test_a_full_request_lands_as_the_api_served_it_and_consumers_hear_of_it_once(
    stack: Harness,
) -> None:
    team = new_team()
    run = stack.run(request_for(team))
    result = run.output

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    served = stack.simulator.content(str(result["exportId"]))
    assert stack.csv(str(result["key"])) == served
    assert set(result) == RESULT_FIELDS
    records = list(csv.reader(io.StringIO(served.decode(), newline="")))
    assert result["columns"] == records[0]
    assert (result["columnCount"], result["warnings"]) == (len(records[0]), [])
    assert result["rows"] == len(records) - 1 > 0
    assert result["csvBytes"] == len(served)
    assert result["contentSha256"] == hashlib.sha256(served).hexdigest()
    assert result["executionArn"] == run.arn
    assert (result["reused"], result["attempts"], result["changed"]) == (False, 1, True)
    assert result["polls"] == len(stack.simulator.calls(team, "status")) - 1  # the download's own
    assert result.items() <= stack.manifest(str(result["manifestKey"])).items()

    head = stack.aws.s3.head_object(Bucket=stack.bucket, Key=str(result["key"]))
    assert head["ContentType"] == "application/gzip"
    assert "ContentEncoding" not in dict(head)
    assert head["ContentLength"] == result["sizeBytes"]
    assert head["VersionId"] == result["versionId"]
    assert head["ETag"].strip('"') == result["etag"]

    announced = stack.events.find("executionArn", run.arn)
    assert [event["detail-type"] for event in announced] == ["ExportCompleted"]
    detail = announced[0]["detail"]
    assert isinstance(detail, dict)
    beside = {"dedupeId": detail["dedupeId"], "stack": stack.stack.name}
    assert detail == result | beside
    created = stack.objects.find("object.key", str(result["key"]))
    assert len(created) == 1


def test_the_api_sees_the_documented_body_and_both_query_parameters_on_every_call(
    stack: Harness,
) -> None:
    team = new_team()
    assert stack.run(request_for(team)).status == "SUCCEEDED"
    calls = stack.simulator.calls(team)

    assert [call["step"] for call in calls if call["step"] != "status"] == ["create", "download"]
    for call in calls:
        assert call["query"] == {"orgIdentifier": "default", "projectIdentifier": "demo"}
        assert str(call["path"]).startswith("/prod1/sei/api/v2/insights/productivity/exports")
    assert calls[0]["body"] == {
        "scope": {"orgTreeName": "Engineering", "teamId": team},
        "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
        "metricGroups": ["activity", "velocity"],
        "options": {"aggregationLevel": "developer", "granularity": "monthly", "format": "csv"},
    }


def test_identifiers_in_the_input_replace_the_stacks(stack: Harness) -> None:
    team = new_team()
    run = stack.run(request_for(team, orgIdentifier="acme", projectIdentifier="web shop"))

    assert "/scope_org=acme/scope_project=web%20shop/" in str(run.output["key"])
    queries = [call["query"] for call in stack.simulator.calls(team)]
    assert queries
    assert all(
        query == {"orgIdentifier": "acme", "projectIdentifier": "web shop"} for query in queries
    )


@pytest.mark.parametrize(
    ("scenario", "rows"),
    [
        pytest.param({"encoding": "plain"}, None, id="plain CSV"),
        pytest.param({"encoding": "gzip", "contentType": "application/gzip"}, None, id="gzip"),
        pytest.param({"encoding": "gzip", "contentType": "text/csv"}, None, id="gzip, says csv"),
        pytest.param({"encoding": "gzip-multi"}, None, id="two gzip members"),
        pytest.param({"encoding": "plain", "content": "empty"}, 0, id="0 bytes"),
        pytest.param({"content": "header-only"}, 0, id="header row only"),
        pytest.param({"encoding": "plain", "framing": "chunked"}, None, id="chunked"),
        pytest.param({"encoding": "gzip", "framing": "close"}, None, id="gzip, ended by close"),
        pytest.param({"link": "flat"}, None, id="flat link"),
        pytest.param({"link": "absolute"}, None, id="absolute link"),
        pytest.param({"link": "signed"}, None, id="signed link elsewhere"),
        pytest.param({"link": "redirect"}, None, id="redirect to a signed link"),
        pytest.param({"link": "none"}, None, id="no link"),
        pytest.param({"statusCase": "upper"}, None, id="upper-case statuses"),
        pytest.param({"statusCase": "mixed"}, None, id="mixed-case statuses"),
        pytest.param({"rows": 300_000}, 300_000, id="in parts"),
    ],
)
def test_every_form_of_the_answer_lands_as_valid_gzip(
    stack: Harness, scenario: JsonObject, rows: int | None
) -> None:
    team = new_team()
    stack.simulator.behave(team, **scenario)
    run = stack.run(request_for(team, metricGroups=[]))
    result = run.output

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    served = stack.simulator.content(str(result["exportId"]))
    assert stack.csv(str(result["key"])) == served
    records = list(csv.reader(io.StringIO(served.decode(), newline="")))
    assert result["rows"] == max(len(records) - 1, 0)
    assert result["columns"] == (records[0] if records else [])
    assert _codes(result) == ([] if result["rows"] else ["noRows"])
    assert result["csvBytes"] == len(served)
    if rows is not None:
        assert result["rows"] == rows
    # In parts or whole, as S3's ETag tells.
    assert ("-" in str(result["etag"])) == (int(str(result["sizeBytes"])) > PART_BYTES)
    # A signed link got no key: the simulator answers 400 to one that comes with it.
    assert all(call["status"] != 400 for call in stack.simulator.calls(team))


def _codes(result: JsonObject) -> list[object]:
    """The codes of a result's warnings."""
    warnings = result["warnings"]
    assert isinstance(warnings, list)
    return [warning["code"] for warning in warnings if isinstance(warning, dict)]


def test_an_empty_answer_replaces_no_rows_and_a_header_alone_does_with_a_warning(
    stack: Harness,
) -> None:
    team = new_team()
    first = stack.run(request_for(team)).output
    stack.simulator.behave(team, encoding="plain", content="empty", reuseSeconds=0)
    empty = stack.run(request_for(team))
    assert (empty.status, empty.error) == ("FAILED", "CorruptDownloadError")
    assert f"holds {first['rows']} rows" in empty.cause
    assert f"aws s3 rm 's3://{stack.bucket}/{first['key']}'" in empty.cause
    assert stack.versions(str(first["key"])) == [first["versionId"]]

    stack.simulator.behave(team, content="header-only", reuseSeconds=0)
    bare = stack.run(request_for(team)).output
    assert (bare["rows"], bare["changed"], _codes(bare)) == (0, True, ["noRowsAnyMore"])
    assert len(stack.versions(str(first["key"]))) == 2


def test_a_repeat_with_the_same_content_leaves_the_object_alone(stack: Harness) -> None:
    team = new_team()
    first = stack.run(request_for(team)).output
    second = stack.run(request_for(team)).output

    assert second["exportId"] == first["exportId"]
    assert (second["reused"], second["changed"]) == (True, False)
    assert second["versionId"] == first["versionId"]
    assert len(stack.versions(str(first["key"]))) == 1
    assert stack.manifest(str(first["manifestKey"]))["executionArn"] == second["executionArn"]


def test_a_request_that_differs_in_its_dates_only_knows_how_long_the_last_one_took(
    stack: Harness,
) -> None:
    team = new_team()
    stack.simulator.behave(team, queuedSeconds=0, processingSeconds=2)
    first = stack.run(request_for(team))
    second = stack.run(request_for(team, dateRange={"start": "2024-04-01", "end": "2024-04-30"}))

    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    (created, *_) = (
        json.loads(str(details["output"]))["Payload"]
        for event in second.history
        if isinstance(details := event.get("taskSucceededEventDetails"), dict)
    )
    # By the machine's own clock: no earlier than the API had it.
    expected, took = created["expectedSeconds"], first.output["durationSeconds"]
    assert float(str(expected)) >= float(str(took)) >= 2


def test_two_identical_executions_at_once_make_one_export_and_one_version(stack: Harness) -> None:
    team = new_team()
    # Both downloads begin before either can end, so that both find the key empty.
    stack.simulator.behave(team, faults={"download": [{"delaySeconds": 2}] * 2})
    arns = [stack.start(request_for(team)) for _ in range(2)]
    runs = [stack.wait(arn) for arn in arns]

    assert [run.status for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(stack.simulator.exports(team)) == 1
    assert len(stack.simulator.calls(team, "create")) == 2
    key = str(runs[0].output["key"])
    assert len(stack.versions(key)) == 1
    assert {run.output["versionId"] for run in runs} == set(stack.versions(key))
    assert any(run.output["changed"] for run in runs)
    begun = [call["at"] for call in stack.simulator.calls(team, "download")]
    assert abs(float(str(begun[0])) - float(str(begun[1]))) < 2


def test_each_function_logs_with_the_execution_and_reports_its_figures(stack: Harness) -> None:
    run = stack.run(request_for(new_team()))
    figures: list[dict[str, Any]] = []
    for stem, metric in (
        ("CreateExport", "ExportsCreated"),
        ("CheckExport", "Polls"),
        ("DownloadExport", "RowsLanded"),
    ):
        lines = [json.loads(line) for line in stack.log_lines(stem) if line.startswith("{")]
        assert any(line.get("correlation_id") == run.arn for line in lines), stem
        # Lambda turns such a line into metrics (embedded metric format).
        figures = [line for line in lines if "_aws" in line and metric in line]
        assert figures, stem
        assert figures[-1]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "SeiExport"
    assert run.output["rows"] in [value for line in figures for value in line["RowsLanded"]]
