"""The demo's second part: a batch over a tree of teams, one of which has to be split."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from rich.console import Console

from local.demo.batch_history import follow_batch, name_of
from local.demo.batch_results import items_of, show_batch, show_batch_intent, show_passed
from local.demo.results import show_event, show_failure
from local.paths import ROOT
from local.simulator.data.orgtrees import OrgTree, OrgTrees

if TYPE_CHECKING:
    from local.cloud.aws import Aws
    from local.cloud.stack import Stack
    from local.demo.consumer import Consumer
    from local.demo.screen import Progress

PLAN = ROOT / "events" / "demo-batch.json"

_LARGE = "Platform"
"""A top team of the plan's org tree."""
_SAID = "The report is too large"
_RUN = "demo"
"""The name of the batch's execution."""
_QUICK = {"queuedSeconds": 1, "processingSeconds": 2}
"""Each export is ready at its first poll."""
_EVENT_SECONDS = 20.0
_SIMULATOR_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Session:
    """What both parts of the demo use.

    Attributes:
        aws: Clients.
        stack: The deployed one.
        consumer: Listens already.
        console: Where results are shown.
        progress: Where it is shown how far an execution is.
    """

    aws: "Aws"
    stack: "Stack"
    consumer: "Consumer"
    console: Console
    progress: "Progress"


def run_batch(session: Session) -> bool:
    """Run it and show what came of it.

    Args:
        session: What the demo uses.

    Returns:
        Whether nothing is missing.

    Raises:
        RuntimeError: Nothing is missing, but the batch did not do what the demo announces.
    """
    aws, outputs, console = session.aws, session.stack.outputs, session.console
    plan = PLAN.read_text()
    (entry,) = json.loads(plan)["exports"]
    tree = next(tree for tree in OrgTrees() if tree.name == entry["scope"]["orgTreeName"])
    _instruct(session.stack.sei_base_url, tree)
    file = os.path.relpath(PLAN, ROOT)
    show_batch_intent(console, file, tree, _LARGE, _SAID)
    session.progress.step(f"starting a batch with {file}")
    execution_arn = aws.states.start_execution(
        stateMachineArn=outputs["BatchStateMachineArn"], name=_RUN, input=plan
    )["executionArn"]
    outcome = follow_batch(aws, outputs, execution_arn, session.progress.rounds)
    session.progress.close()
    manifest: Mapping[str, object] = {}
    if outcome.status == "SUCCEEDED":
        bucket, key = outputs["ExportBucketName"], json.loads(outcome.output)["manifestKey"]
        manifest = json.loads(aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        _check(aws, bucket, manifest, tree)
        show_batch(console, bucket, manifest)
    else:
        show_failure(console, outcome.error or outcome.status, outcome.cause)
    event = session.consumer.receive(execution_arn, _EVENT_SECONDS)
    show_event(console, event, manifest)
    show_passed(console, session.consumer.passed)
    return outcome.status == "SUCCEEDED"


def _instruct(base_url: str, tree: OrgTree) -> None:
    """Tell the simulator what to do with each team's exports."""
    admin = f"{base_url.partition('/prod1')[0]}/_sim"
    for top in tree.root.children:
        for team in (top, *top.children):
            scenario = _QUICK | (
                {"outcome": "failed", "error": _SAID} if team.name == _LARGE else {}
            )
            requests.put(
                f"{admin}/scenarios/{team.ref_id}", json=scenario, timeout=_SIMULATOR_SECONDS
            ).raise_for_status()


def _check(aws: "Aws", bucket: str, manifest: Mapping[str, object], tree: OrgTree) -> None:
    """See that each team's file is there: once, and of the split one those of its teams."""
    expected = {
        team.name
        for top in tree.root.children
        for team in (top.children if top.name == _LARGE else (top,))
    }
    items = items_of(manifest)
    landed = [name_of(item) for item in items if item["outcome"] == "landed"]
    split = [name_of(item) for item in items if item["outcome"] == "split"]
    if sorted(landed) != sorted(expected) or split != [_LARGE]:
        raise RuntimeError(
            f"The batch landed {', '.join(landed)} and split {', '.join(split) or 'no team'}."
        )
    for item in items:
        if item["outcome"] == "landed":
            aws.s3.head_object(Bucket=bucket, Key=str(item["key"]))
