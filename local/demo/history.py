"""An execution as its history tells it: which states it went through, and what each found."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.filesize import decimal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

_LOOK_EVERY = 0.25
"""Seconds."""


@dataclass(slots=True)
class Visit:
    """One stay in a state.

    Attributes:
        state: Its name.
        entered: Unix time in seconds.
        left: Likewise; None while the execution is still there.
        found: What came out, in a few words.
        failed: Whether its task failed, and nothing was tried again since.
    """

    state: str
    entered: float
    left: float | None = None
    found: str = ""
    failed: bool = False

    def seconds(self, now: float) -> float:
        """How long it has lasted."""
        return (self.left or now) - self.entered


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        error: The error's name, if it failed.
        cause: The error's message and remedy.
        output: The result, as JSON.
    """

    status: str
    error: str
    cause: str
    output: str


def follow(
    states: "SFNClient", execution_arn: str, show: Callable[[Sequence[Visit]], None]
) -> Outcome:
    """Watch an execution until it ends.

    Args:
        states: boto3's client.
        execution_arn: The execution.
        show: Called with all visits so far, again and again.
    """

    def look() -> None:
        pages = states.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
        show(read_visits(event for page in pages for event in page["events"]))

    return watch(states, execution_arn, look, _LOOK_EVERY)


def watch(
    states: "SFNClient", execution_arn: str, look: Callable[[], None], every: float
) -> Outcome:
    """Look again and again until an execution has ended, and once more after its end.

    Args:
        states: boto3's client.
        execution_arn: The execution.
        look: Reads and shows what there is.
        every: Seconds between two looks.
    """
    while True:
        # The status first: once it has ended, what is read after it is complete.
        now = states.describe_execution(executionArn=execution_arn)
        look()
        if now["status"] != "RUNNING":
            return Outcome(
                now["status"], now.get("error", ""), now.get("cause", ""), now.get("output", "")
            )
        time.sleep(every)


def read_visits(events: "Iterable[HistoryEventTypeDef]") -> list[Visit]:
    """Sort a history's events into visits."""
    visits: list[Visit] = []
    polls = 0
    for event in events:
        at = event["timestamp"].timestamp()
        if "stateEnteredEventDetails" in event:
            name = event["stateEnteredEventDetails"]["name"]
            if visits and visits[-1].state == "IsExportReady":
                visits[-1].found = f"goes on to {name}"
            visits.append(Visit(name, at))
        elif "stateExitedEventDetails" in event:
            visit = visits[-1]
            visit.left = at
            if not visit.failed:
                visit.found = _found(visit.state, event["stateExitedEventDetails"]["output"])
            if visit.state == "CheckExport":
                polls += 1
                visit.found = f"poll {polls}: {visit.found}"
        elif "taskFailedEventDetails" in event:
            visits[-1].failed = True
            visits[-1].found = event["taskFailedEventDetails"].get("error", "failed")
        elif event["type"] == "TaskScheduled" and visits[-1].failed:
            visits[-1].failed = False
            visits[-1].found += ", trying again"
        elif event["type"].startswith("Execution") and visits:
            # Of a terminal state AWS records no exit when it fails.
            visits[-1].left = visits[-1].left or at
    return visits


def status_of(visits: Sequence[Visit]) -> str:
    """What the last poll found."""
    polls = [visit.found for visit in visits if visit.state == "CheckExport" and visit.left]
    return polls[-1] if polls else "not polled yet"


def _found(state: str, output: str) -> str:
    content = json.loads(output)
    match state:
        case "CreateExport":
            export = content["Payload"]
            return f"export {export['exportId']}" + (", reused" if export["reused"] else "")
        case "CheckExport":
            return str(content["status"])
        case "DownloadExport" if content.get("finished") is False:
            return f"{decimal(content['receivedBytes'])} so far"
        case "DownloadExport":
            csv, stored = decimal(content["csvBytes"]), decimal(content["sizeBytes"])
            return f"{content['rows']} rows, {csv} of CSV, {stored} in S3"
        case _:
            return ""
