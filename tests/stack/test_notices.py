"""People are told, once, of what failed, and again when it is well; on the deployed stack."""

import json
import time
from pathlib import Path

from local.cloud.stack import LocalCloud
from sei_export.jsontypes import JsonObject
from tests.docs import snippets
from tests.stack.harness import Harness, new_team, request_for
from tests.stack.shell import Shell
from tests.stack.subscriber import Subscriber, make_queue


def test_an_export_that_fails_alone_is_told_once_with_the_way_back(
    stack: Harness, told: Subscriber
) -> None:
    team = new_team()
    stack.simulator.behave(team, outcome="failed", error="Invalid teamId")
    run = stack.run(request_for(team))
    assert run.status == "FAILED"
    (text,) = told.find(run.arn)
    content = text["content"]
    assert isinstance(content, dict)
    assert f"team {team}" in str(content["title"])
    assert run.error in str(content["title"])
    assert "Invalid teamId" in str(content["description"])
    again = next(it for it in _steps(content) if "start-execution" in it)
    assert f'"teamId": "{team}"' in again
    assert '"scheduledTime": "' in again


def test_a_batch_with_fifty_failed_exports_is_told_in_one_text(
    stack: Harness, told: Subscriber
) -> None:
    teams = [new_team() for _ in range(50)]
    for team in teams:
        stack.simulator.behave(team, createStatus=409, createBody="{}")
    plan: JsonObject = {"name": "told", "exports": [request_for(team) for team in teams]}
    run = stack.run(plan, stack.batch_machine)
    assert run.status == "FAILED"
    (text,) = told.find(run.arn)
    assert "0 of 50 landed" in json.dumps(text)
    # Whoever goes on with it is told when it is well.
    for team in teams:
        stack.simulator.behave(team)
    stack.run(plan, stack.batch_machine)
    assert len(told.find("landed again: batch told")) == 1
    assert not [it for it in told.titles() if any(f"team {team}" in it for team in teams)]


def test_an_execution_that_somebody_stops_is_told(stack: Harness, told: Subscriber) -> None:
    team = new_team()
    stack.simulator.behave(team, outcome="never")
    arn = stack.start(request_for(team))
    time.sleep(2)
    stack.aws.states.stop_execution(executionArn=arn)
    (text,) = told.find(arn)
    assert "stopped: " in json.dumps(text)


def test_a_pager_as_the_readme_has_it_gets_failures_and_no_warnings(
    cloud: LocalCloud, stack: Harness, tmp_path: Path
) -> None:
    url, arn = make_queue(stack, "pager")
    # A queue is a pager that shows what it got.
    lines = snippets.snippet("paging", "sh").replace("--protocol https", "--protocol sqs")
    given = {"STACK": stack.stack.name, "PAGER": arn}
    shell = Shell(cloud, stack, tmp_path)
    shell.run(lines, **given)
    # Over TLS, as the topic asks for.
    tell = (
        'aws sns publish --topic-arn "$TOPIC" --message "$KIND" --message-attributes "$ATTRIBUTES"'
    )
    for kind in ("warned", "failed", "recovered", "overdue"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        told = {"KIND": kind, "ATTRIBUTES": json.dumps(attributes)}
        shell.run(tell, TOPIC=stack.stack.outputs["NotificationTopicArn"], **told)
    time.sleep(1)
    got = stack.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {json.loads(it["Body"])["Message"] for it in got} == {"failed", "overdue"}


def _steps(content: JsonObject) -> list[str]:
    steps = content["nextSteps"]
    return [str(it) for it in steps] if isinstance(steps, list) else []
