"""A batch as the bucket and the executions tell it: its rounds, and what became of each export."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rich.filesize import decimal

from local.demo.history import Outcome, Visit, watch

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

    from local.cloud.aws import Aws

WHOLE_TREE = "the whole tree"
"""In place of a team's name."""

_LOOK_EVERY = 0.5
"""Seconds."""

type Item = Mapping[str, object]
"""One export of a batch, as the bucket has it."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a batch: its exports run side by side.

    Attributes:
        title: Its number, and what it exports.
        planned: How many exports it has.
        exports: A visit for each that was started, with the team's name as its state.
    """

    title: str
    planned: int
    exports: Sequence[Visit]

    @property
    def counts(self) -> str:
        """How many exports have landed, have failed, are running, and wait for their turn."""
        ended = [visit for visit in self.exports if visit.left is not None]
        failed = sum(visit.failed for visit in ended)
        numbers = {
            "landed": len(ended) - failed,
            "failed": failed,
            "running": len(self.exports) - len(ended),
            "waiting": self.planned - len(self.exports),
        }
        return ", ".join(f"{number} {what}" for what, number in numbers.items() if number)


class BatchReader:
    """Reads a batch again and again, each object of the bucket once.

    Args:
        aws: Clients.
        outputs: The stack's.
        run: The name of the batch's execution.
    """

    def __init__(self, aws: "Aws", outputs: Mapping[str, str], run: str) -> None:
        self._aws = aws
        self._bucket = outputs["ExportBucketName"]
        self._machine = outputs["ExportStateMachineArn"]
        # Before the name, the folder's has the start's time.
        self._folder = f"*-{run}"
        self._read: dict[str, object] = {}

    def rounds(self) -> list[Round]:
        """All rounds so far."""
        self._read_new()
        items: dict[int, list[Item]] = {}
        outcomes: dict[tuple[int, str], Mapping[str, object]] = {}
        for key, content in self._read.items():
            path = PurePosixPath(key)
            if path.parent.name == "rounds" and isinstance(content, list):
                items[int(path.stem)] = content
            elif isinstance(content, dict):
                outcomes[int(path.parent.name), path.stem] = content
        executions = self._executions() if items else {}
        return [
            Round(
                title_of(number, items),
                len(items[number]),
                [
                    visit_of(item, execution, outcomes.get((number, str(item["id"]))))
                    for item in items[number]
                    if (execution := executions.get(str(item["name"])))
                ],
            )
            for number in sorted(items)
        ]

    def _read_new(self) -> None:
        s3 = self._aws.s3
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix="runs/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        wanted = (f"runs/{self._folder}/rounds/*", f"runs/{self._folder}/outcomes/*")
        for key in keys:
            if key not in self._read and any(fnmatchcase(key, each) for each in wanted):
                body = s3.get_object(Bucket=self._bucket, Key=key)["Body"]
                self._read[key] = json.loads(body.read())

    def _executions(self) -> "dict[str, ExecutionListItemTypeDef]":
        """Of the export machine, by name."""
        pages = self._aws.states.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine
        )
        return {each["name"]: each for page in pages for each in page["executions"]}


def follow_batch(
    aws: "Aws",
    outputs: Mapping[str, str],
    execution_arn: str,
    show: Callable[[Sequence[Round]], None],
) -> Outcome:
    """Watch a batch until it ends.

    Args:
        aws: Clients.
        outputs: The stack's.
        execution_arn: The batch's execution.
        show: Called with all rounds so far, again and again.
    """
    reader = BatchReader(aws, outputs, execution_arn.rpartition(":")[2])
    return watch(aws.states, execution_arn, lambda: show(reader.rounds()), _LOOK_EVERY)


def title_of(number: int, rounds: Mapping[int, Sequence[Item]]) -> str:
    """What a round exports, in a few words.

    Args:
        number: The round's.
        rounds: The items of all rounds so far.
    """
    again = sum(item["tries"] != 1 for item in rounds[number])
    new = [item for item in rounds[number] if item["tries"] == 1]
    names = {item["id"]: name_of(item) for items in rounds.values() for item in items}
    split = Counter(item["replaces"] for item in new if item["replaces"])
    parts = [f"{names[whole]} is split into {_teams(count)}" for whole, count in split.items()]
    if whole_ones := len(new) - split.total():
        parts.append(_teams(whole_ones))
    if again:
        parts.append(f"{_teams(again)} once more")
    return f"round {number}: {', '.join(parts)}"


def name_of(item: Item) -> str:
    """The name of an item's team."""
    return str(item["teamName"] or item["team"] or WHOLE_TREE)


def visit_of(
    item: Item, execution: "ExecutionListItemTypeDef", outcome: Mapping[str, object] | None
) -> Visit:
    """One export; it has ended when its outcome is written down.

    Args:
        item: The export.
        execution: Of the export machine.
        outcome: As the bucket has it.
    """
    entered = execution["startDate"].timestamp()
    if not outcome:
        return Visit(name_of(item), entered)
    left = execution["stopDate"].timestamp() if "stopDate" in execution else entered
    landed, failure = outcome["landed"], outcome["failure"]
    if isinstance(landed, dict):
        found = f"landed: {landed['rows']} rows, {decimal(landed['csvBytes'])} of CSV"
        return Visit(name_of(item), entered, left, found)
    said = str(failure["message"] if isinstance(failure, dict) else failure)
    # "The API reports that export ... failed: ..." names an export that is of no interest here.
    reason = said.partition(" failed: ")[2].removesuffix(".") or said
    return Visit(name_of(item), entered, left, f"failed: {reason}", failed=True)


def _teams(count: int) -> str:
    return f"{count} team{'s' * (count != 1)}"
