"""A wrong parameter is found when it is deployed, and what runs then is what ran before."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.stack.harness import Harness

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

WRONG = json.dumps(
    {
        "exports": [
            {
                "report": "productivity",
                "dateRange": {"period": "previous-month"},
                "options": {"granularity": "daily"},
            }
        ]
    }
)
REASON = (
    'The parameter BatchPlan has 1 problem: (1) exports[0].options.granularity is "daily": '
    "allowed are weekly, monthly, quarterly."
)
OTHER = "sei-export-wrong"
CAPABILITIES: list["CapabilityType"] = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_a_wrong_plan_ends_its_deployment_and_a_right_one_is_deployed(stack: Harness) -> None:
    _update(stack, BatchPlan=WRONG)
    assert _ended(stack, stack.stack.name) == "UPDATE_ROLLBACK_COMPLETE"
    # Since the stack's own start: once refused, and put back.
    events = _events(stack, stack.stack.name)
    assert [reason for name, _, reason in events if name == "CheckParameters" and reason] == [
        REASON
    ]
    # Whatever runs was not touched on the way, nor the bucket.
    updated = {name for name, status, _ in events if status.startswith("UPDATE")}
    assert "CheckParametersFunction" in updated
    assert not {"ExportBucket", "PlanBatchFunction", "BatchStateMachine"} & updated

    # Another text of the same plan, so that the stack stays what it is.
    _update(stack, BatchPlan="{ }")
    assert _ended(stack, stack.stack.name) == "UPDATE_COMPLETE"
    run = stack.run({"dryRun": True}, stack.batch_machine)
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert (run.output["name"], run.output["itemCount"]) == ("default", 1)
    told = "\n".join(stack.log_lines("CheckParameters"))
    assert "exports[0].options.granularity is" in told
    assert "cfn-response" not in told


@pytest.fixture
def other(stack: Harness) -> Iterator[str]:
    """A stack of the same template that is to be created with a wrong plan."""
    parameters: list[ParameterTypeDef] = [
        {"ParameterKey": it["ParameterKey"], "ParameterValue": it["ParameterValue"]}
        for it in _parameters(stack)
        if it["ParameterKey"] != "BatchPlan"
    ]
    stack.aws.cloudformation.create_stack(
        StackName=OTHER,
        TemplateURL=_template(stack),
        Parameters=[*parameters, {"ParameterKey": "BatchPlan", "ParameterValue": WRONG}],
        Capabilities=CAPABILITIES,
    )
    yield OTHER
    stack.aws.cloudformation.delete_stack(StackName=OTHER)


def test_a_stack_with_a_wrong_plan_is_not_created_and_leaves_nothing(
    stack: Harness, other: str
) -> None:
    buckets = {it["Name"] for it in stack.aws.s3.list_buckets()["Buckets"]}
    assert _ended(stack, other) == "ROLLBACK_COMPLETE"
    events = _events(stack, other)
    assert ("CheckParameters", "CREATE_FAILED", REASON) in events
    assert "ExportBucket" not in {name for name, _, _ in events}
    assert {it["Name"] for it in stack.aws.s3.list_buckets()["Buckets"]} == buckets
    stack.aws.cloudformation.delete_stack(StackName=other)
    assert _ended(stack, other) == "DELETE_COMPLETE"


def _parameters(stack: Harness) -> list[dict[str, str]]:
    described = stack.aws.cloudformation.describe_stacks(StackName=stack.stack.name)
    return [
        {key: str(value) for key, value in it.items()}
        for it in described["Stacks"][0]["Parameters"]
    ]


def _template(stack: Harness) -> str:
    """Where its template is, which is too large for a call."""
    answer = stack.aws.cloudformation.get_template(
        StackName=stack.stack.name, TemplateStage="Original"
    )
    body: object = answer["TemplateBody"]
    stack.aws.s3.create_bucket(Bucket=f"{OTHER}-template")
    stack.aws.s3.put_object(
        Bucket=f"{OTHER}-template",
        Key="template",
        Body=body.encode() if isinstance(body, str) else json.dumps(body).encode(),
    )
    return f"{stack.stack.endpoint_url}/{OTHER}-template/template"


def _update(stack: Harness, **changed: str) -> None:
    kept: list[ParameterTypeDef] = [
        {"ParameterKey": it["ParameterKey"], "UsePreviousValue": True}
        for it in _parameters(stack)
        if it["ParameterKey"] not in changed
    ]
    given: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": it} for name, it in changed.items()
    ]
    stack.aws.cloudformation.update_stack(
        StackName=stack.stack.name,
        UsePreviousTemplate=True,
        Parameters=[*kept, *given],
        Capabilities=CAPABILITIES,
    )


def _ended(stack: Harness, name: str) -> str:
    """A stack's status, once nothing is in progress there."""
    deadline = time.monotonic() + 120
    while True:
        # The last word about a stack that is gone is among its events alone.
        events = _events(stack, name)
        status = next(status for about, status, _ in events if about == name)
        if not status.endswith("_IN_PROGRESS"):
            return status
        assert time.monotonic() < deadline, events[:3]
        time.sleep(0.2)


def _events(stack: Harness, name: str) -> list[tuple[str, str, str]]:
    """A stack's events, the last first: about what, its status, and why."""
    pages = stack.aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    return [
        (it["LogicalResourceId"], it["ResourceStatus"], it.get("ResourceStatusReason", ""))
        for page in pages
        for it in page["StackEvents"]
    ]
