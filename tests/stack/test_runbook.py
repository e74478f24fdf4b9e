"""Every command of the runbook does what it says, as do those of the texts that people get."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from local.cloud.stack import LocalCloud
from local.paths import ROOT
from tests.docs import snippets
from tests.stack.harness import Execution, Harness, new_team, request_for
from tests.stack.shell import Shell, unchanged
from tests.stack.subscriber import Subscriber
from tests.stack.test_batch import items_of, manifest_of

if TYPE_CHECKING:
    from sei_export.jsontypes import JsonObject

SMALL = "sei-export-small"
CURES = (
    *("key", "dry", "look $FAILED", "again $FAILED", "resume $RUN"),
    *("change MaxConcurrency 5", "change ExportTimeoutMinutes 360"),
    "aws s3 cp s3://$BUCKET/runs/$RUN/manifest.json -",
)
"""The lines of the entries of errors, each of which some test here runs."""


@pytest.fixture(scope="module")
def shell(
    cloud: LocalCloud, stack: Harness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """A shell that has run the runbook's first lines; leaves the stack as it was."""
    shell = Shell(cloud, stack, tmp_path_factory.mktemp("shell"))
    shell.learn(snippets.snippet("first", "sh"))
    with unchanged(stack):
        yield shell


@pytest.fixture(scope="module")
def batch(stack: Harness) -> Execution:
    """A batch that lacks one of two exports, which would succeed now."""
    teams = new_team(), new_team()
    stack.simulator.behave(teams[0], createStatus=409, createBody="{}")
    plan: JsonObject = {"name": "runbook", "exports": [request_for(team) for team in teams]}
    run = stack.run(plan, stack.batch_machine)
    assert run.error == "BatchIncompleteError"
    stack.simulator.behave(teams[0])
    return run


def test_every_line_of_the_entries_of_errors_is_run_here() -> None:
    entries = (ROOT / "docs" / "runbook.md").read_text().partition("<!-- errors -->")[2]
    blocks = re.findall(r"```sh\n(.*?)```", entries.partition("\n## ")[0], re.DOTALL)
    assert {line for block in blocks for line in block.splitlines()} == set(CURES)


def test_what_failed_is_looked_at_and_run_again(stack: Harness, shell: Shell) -> None:
    team = new_team()
    stack.simulator.behave(team, createStatus=409, createBody="{}")
    failed = stack.run(request_for(team))
    look, again = CURES[2:4]
    shown = shell.run(look, FAILED=failed.arn)
    assert shown.startswith(f"FAILED\tExportRejectedError\t{failed.cause}")
    assert team in shown
    stack.simulator.behave(team)
    assert stack.wait(shell.run(again, FAILED=failed.arn)).status == "SUCCEEDED"


def test_a_stored_key_is_the_one_that_counts(stack: Harness, shell: Shell) -> None:
    secret = stack.stack.outputs["ApiKeySecretArn"]
    key = stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"]
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString="0")
    try:
        assert stack.wait(shell.run(CURES[1])).error == "AuthenticationError"
        stored = shell.run(snippets.snippet("rotate", "sh").splitlines()[0])
        assert stored
        assert stack.wait(shell.run(CURES[1])).status == "SUCCEEDED"
        status = shell.run(snippets.snippet("rotate", "sh")).splitlines()[1].split("\t")[0]
        assert status in {"RUNNING", "SUCCEEDED"}
    finally:
        stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=key)


def test_the_rest_of_a_batch_is_seen_and_run(
    stack: Harness, shell: Shell, batch: Execution
) -> None:
    run = _run_of(batch)
    manifest = json.loads(shell.run(CURES[-1], RUN=run))
    assert [it["outcome"] for it in manifest["items"]].count("landed") == 1
    dry, rest = shell.run(snippets.snippet("rest", "sh"), RUN=run).splitlines()
    assert stack.wait(dry).output["itemCount"] == 1
    ended = stack.wait(rest)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    assert [it["outcome"] for it in items_of(manifest_of(stack, ended))] == ["landed"] * 2
    assert CURES[4] in snippets.snippet("rest", "sh")


def test_a_month_that_is_missing_is_looked_for_and_run_once(stack: Harness, shell: Shell) -> None:
    queue = stack.stack.outputs["DeadLetterQueueUrl"]
    shell.run(f'aws sqs send-message --queue-url {queue} --message-body "not started"')
    shown = shell.run(snippets.snippet("missing", "sh"))
    assert re.search(r"SUCCEEDED\tarn:aws:states:", shown)
    assert shown.splitlines()[-2].endswith(f"\t{_state(stack)}")
    assert shown.endswith("not started")
    shell.run(f"aws sqs purge-queue --queue-url {queue}")

    lines = snippets.snippet("missed", "sh")
    first, second = (stack.wait(shell.run(lines)) for _ in range(2))
    assert {(run.status, run.cause) for run in (first, second)} == {("SUCCEEDED", "")}
    (one,), (other,) = (items_of(manifest_of(stack, run)) for run in (first, second))
    assert "/range_start=2026-02-01/range_end=2026-02-28/" in str(one["key"])
    assert one["exportId"] == other["exportId"]
    assert other["changed"] is False


def test_numbers_that_changed_are_explained_and_an_older_version_is_restored(
    stack: Harness, shell: Shell
) -> None:
    team = new_team()
    stack.simulator.behave(team, reuseSeconds=0)
    key = str(stack.run(request_for(team)).output["key"])
    before = stack.raw(key)
    altered: JsonObject = {"productivity": ["2024-01-01"]}
    stack.simulator.behave(team, reuseSeconds=0, altered=altered)
    stack.run(request_for(team))
    assert stack.raw(key) != before

    shown = shell.run(snippets.snippet("changed", "sh"), KEY=key)
    manifest, _, versions = shown.rpartition("}")
    told = json.loads(f"{manifest}}}")
    assert told["reason"] == "restated"
    listed = [line.split("\t")[1] for line in versions.strip().splitlines()]
    assert listed[0] == told["versionId"]
    assert listed[1] == told["previous"]["versionId"]

    given = {"KEY": key, "VERSION": listed[1]}
    size, version = shell.run(snippets.snippet("restore", "sh"), **given).splitlines()
    assert (shell.folder / "old.csv.gz").read_bytes() == before == stack.raw(key)
    assert int(size) == len(before)
    assert version not in listed


def test_what_harness_finishes_late_is_seen_and_harvested(
    stack: Harness, shell: Shell, batch: Execution
) -> None:
    team = new_team()
    stack.simulator.behave(team, outcome="never")
    late = stack.start(request_for(team))
    shown = shell.run(snippets.snippet("slow", "sh"), RUN=_run_of(batch))
    assert late.rpartition(":")[2] in shown
    assert '"landed": 1' in shown
    assert _parameter(stack, "ExportTimeoutMinutes") == "360"
    assert CURES[6] in snippets.snippet("slow", "sh")
    stack.aws.states.stop_execution(executionArn=late)
    harvest = stack.wait(shell.run(snippets.snippet("harvest", "sh")))
    assert (harvest.status, harvest.cause) == ("SUCCEEDED", "")


def test_the_schedule_is_paused_and_what_runs_is_stopped(stack: Harness, shell: Shell) -> None:
    team = new_team()
    stack.simulator.behave(team, outcome="never")
    plan: JsonObject = {"name": "paused", "exports": [request_for(team)]}
    stopped, running = (stack.start(plan, stack.batch_machine) for _ in range(2))
    # The stack under test is paused as it is deployed.
    shell.run(snippets.snippet("stop", "sh"), RUNNING=stopped)
    assert stack.wait(stopped).status == "ABORTED"
    assert _state(stack) == "ENABLED"
    assert running in shell.run(snippets.snippet("pause", "sh"))
    assert _state(stack) == "DISABLED"
    stack.aws.states.stop_execution(executionArn=running)


def test_a_stack_is_changed_in_one_parameter_and_removed(stack: Harness, shell: Shell) -> None:
    small = {
        "Parameters": {"MaxConcurrency": {"Type": "Number"}, "Other": {"Type": "String"}},
        "Resources": {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"DisplayName": {"Ref": "MaxConcurrency"}},
            }
        },
    }
    given = {"MaxConcurrency": "10", "Other": "a value, such as {}"}
    stack.aws.cloudformation.create_stack(
        StackName=SMALL,
        TemplateBody=json.dumps(small),
        Parameters=[{"ParameterKey": it, "ParameterValue": value} for it, value in given.items()],
    )
    waiter = stack.aws.cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=SMALL, WaiterConfig={"Delay": 1})
    shell.run(f"STACK={SMALL}\n{CURES[5]}")
    assert _parameters(stack, SMALL) == {"MaxConcurrency": "5", "Other": given["Other"]}
    lines = snippets.snippet("remove", "sh")
    shell.run(f"STACK={SMALL}\n{lines}")
    listed = stack.aws.cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
    assert SMALL not in [it["StackName"] for it in listed["StackSummaries"]]


def test_the_commands_of_a_text_about_an_export_mend_it(
    stack: Harness, shell: Shell, told: Subscriber
) -> None:
    team = new_team()
    stack.simulator.behave(team, faults={"create": [{"status": 401}] * 2})
    failed = stack.run(request_for(team))
    ways = _ways(told, failed.arn)
    assert shell.run(ways["Store a key: paste it, then press Enter and Ctrl-D"])
    shown = json.loads(shell.run(ways["See its input and its end"]))
    assert (shown["status"], shown["cause"]) == ("FAILED", failed.cause)
    again = ways["Then run it again, for the same days"]
    arn = shell.run(f"{again} --query executionArn --output text")
    assert stack.wait(arn).status == "SUCCEEDED"


def test_the_commands_of_a_text_about_a_batch_run_what_is_missing(
    stack: Harness, shell: Shell, told: Subscriber
) -> None:
    team = new_team()
    stack.simulator.behave(team, createStatus=409, createBody="{}")
    failed = stack.run({"name": "text", "exports": [request_for(team)]}, stack.batch_machine)
    ways = _ways(told, failed.arn)
    assert (
        json.loads(shell.run(ways["See what is missing, each with its reason"]))["status"]
        == "FAILED"
    )
    stack.simulator.behave(team)
    shell.run(ways["Then run only what is missing"])
    assert told.find("landed again: batch text")


def test_at_last_the_stack_moves_to_another_project(stack: Harness, shell: Shell) -> None:
    shell.run(snippets.snippet("move", "sh"))
    assert _parameter(stack, "HarnessProjectIdentifier") == "other"
    landed = stack.run(request_for(new_team()))
    assert "/scope_project=other/" in str(landed.output["key"])


def _ways(told: Subscriber, arn: str) -> dict[str, str]:
    """The commands of the one text about an execution, by what is said before them."""
    (text,) = told.find(arn)
    content = text["content"]
    assert isinstance(content, dict)
    steps = content["nextSteps"]
    assert isinstance(steps, list)
    return dict(str(it).removesuffix("`").split(": `", 1) for it in steps)


def _run_of(batch: Execution) -> str:
    found = re.search(r'"resume": "([^"]+)"', batch.cause)
    assert found
    return found[1]


def _parameters(stack: Harness, name: str) -> dict[str, str]:
    (seen,) = stack.aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {it["ParameterKey"]: it["ParameterValue"] for it in seen["Parameters"]}


def _parameter(stack: Harness, name: str) -> str:
    return _parameters(stack, stack.stack.name)[name]


def _state(stack: Harness) -> str:
    """Of the schedule that starts the batch."""
    schedules = stack.aws.scheduler.list_schedules()["Schedules"]
    (state,) = (it["State"] for it in schedules if it["Target"]["Arn"] == stack.batch_machine)
    return state
