"""Neither the API key nor a signed link is in what the runs of all tests left. Runs last."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from local.cloud.stack import SIMULATOR_KEY
from local.paths import LOCAL
from tests.stack.harness import Harness, new_team, request_for


def test_the_key_is_in_no_log_state_event_object_or_metadata(stack: Harness) -> None:
    # At least a success, a refused key and a failure are among the traces, also when this test
    # runs alone.
    refused, signed, redirected = new_team(), new_team(), new_team()
    stack.simulator.behave(refused, faults={"create": [{"status": 401}] * 2})
    stack.simulator.behave(signed, link="signed", faults={"download": [{"status": 503}]})
    stack.simulator.behave(redirected, link="redirect", corrupt="bad-crc")
    runs = [stack.run(request_for(team)) for team in (new_team(), refused, signed, redirected)]
    assert [run.status for run in runs] == ["SUCCEEDED", "FAILED", "SUCCEEDED", "FAILED"]
    links = {
        str(call["path"])
        for team in (signed, redirected)
        for call in stack.simulator.calls(team, "signed")
    }
    assert links
    for run in runs:
        assert stack.events.find("executionArn", run.arn)

    seen: dict[str, int] = {}
    for place, text in _traces(stack):
        kind = place.partition(" ")[0]
        seen[kind] = seen.get(kind, 0) + 1
        assert SIMULATOR_KEY not in text, place
        # Nor is a link that opens the file to whoever has it.
        assert not any(link in text for link in links), place
    assert {"log", "state", "event", "object", "metadata", "process"} <= set(seen), seen


def _traces(stack: Harness) -> Iterator[tuple[str, str]]:
    yield from _logs(stack)
    for arn in stack.executions:
        for event in stack.history(arn):
            yield f"state {arn}", json.dumps(event)
        described = stack.aws.states.describe_execution(executionArn=arn)
        yield f"state {arn}", json.dumps(described, default=str)
    for inbox in (stack.events, stack.objects):
        for message in inbox.messages:
            yield "event", json.dumps(message)
    yield from _objects(stack)


def _logs(stack: Harness) -> Iterator[tuple[str, str]]:
    for group in stack.aws.logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for line in stack.lines_of(name):
            yield f"log {name}", line
    for log in Path(LOCAL / "test" / "logs").iterdir():
        yield f"process {log.name}", log.read_text(errors="replace")


def _objects(stack: Harness) -> Iterator[tuple[str, str]]:
    pages = stack.aws.s3.get_paginator("list_object_versions").paginate(Bucket=stack.bucket)
    for page in pages:
        for version in page.get("Versions", []):
            key = version["Key"]
            answer = stack.aws.s3.get_object(
                Bucket=stack.bucket, Key=key, VersionId=version["VersionId"]
            )
            body = answer["Body"].read()
            content = gzip.decompress(body) if key.endswith(".gz") else body
            yield f"object {key}", content.decode()
            yield f"metadata {key}", json.dumps(answer["Metadata"]) + key
