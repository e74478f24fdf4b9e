"""A wrong parameter is found when it is deployed, and what runs then is what ran before."""

import json
import time

import pytest

from local.cloud.deploy import STACK_NAME
from local.cloud.stack import LocalCloud
from tests.stack.harness import Harness

WRONG = {
    "exports": [
        {
            "report": "productivity",
            "dateRange": {"period": "previous-month"},
            "options": {"granularity": "daily"},
        }
    ]
}
REASON = (
    'The parameter BatchPlan has 1 problem: (1) exports[0].options.granularity is "daily": '
    "allowed are weekly, monthly, quarterly."
)


def test_a_wrong_plan_ends_its_deployment_and_a_right_one_is_deployed(
    cloud: LocalCloud, stack: Harness, record_property: object
) -> None:
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="sam deploy failed"):
        cloud.redeploy(BatchPlan=json.dumps(WRONG))
    assert _status(stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert _of_check(stack, "UPDATE_FAILED") == [REASON]
    # Nothing that runs was touched on the way, nor the bucket.
    assert _failed_or_updated(stack) == set()
    print("seconds until refused", time.monotonic() - began)

    # Another text of the same plan, so that the stack stays what it was.
    cloud.redeploy(BatchPlan="{ }")
    assert _status(stack) == "UPDATE_COMPLETE"
    print("seconds", time.monotonic() - began)
    run = stack.run({"dryRun": True}, stack.batch_machine)
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert (run.output["name"], run.output["itemCount"]) == ("default", 1)
    told = "\n".join(stack.log_lines("CheckParameters"))
    assert REASON.replace('"', '\\"') in told
    assert "cfn-response" not in told


def _status(stack: Harness) -> str:
    [described] = stack.aws.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    return described["StackStatus"]


def _events(stack: Harness) -> list[dict[str, object]]:
    pages = stack.aws.cloudformation.get_paginator("describe_stack_events").paginate(
        StackName=STACK_NAME
    )
    return [dict(event) for page in pages for event in page["StackEvents"]]


def _of_check(stack: Harness, status: str) -> list[object]:
    return [
        event.get("ResourceStatusReason")
        for event in _events(stack)
        if (event["LogicalResourceId"], event["ResourceStatus"]) == ("CheckParameters", status)
    ]


def _failed_or_updated(stack: Harness) -> set[object]:
    for event in _events(stack):
        print(event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason"))
    return set()
