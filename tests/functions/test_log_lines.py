"""Every line that functions log tells whose it is: run and item of a batch, export, report.

All functions are invoked in one process: what one invocation was about is not in the next one's
log.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from local.paths import ROOT
from sei_export.batch.item import Item
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.samples import landed, task_failed
from tests.functions.invoke import ENDED

RUN, ITEM, EXPORT = "20260301T060000-weekly", "item-1", "exp_7a8b9c0d"
OF_BATCH: JsonObject = {"run": RUN, "item": ITEM}
NAMES = ("run", "item", "export_id", "report")

BUSY: JsonObject = {"status": 503, "headers": {"Retry-After": "0"}}
CREATED: JsonObject = {"status": 202, "body": {"exportId": EXPORT, "status": "QUEUED"}}
REFUSED: JsonObject = {"status": 400, "body": {"message": "No such tree."}}
NOT_FOUND: JsonObject = {"status": 404}
COMPLETED: JsonObject = {"exportId": EXPORT, "status": "COMPLETED"}
TREE: list[JsonValue] = [[{"id": 1, "name": "Engineering"}], [], ENGINEERING]
AGAIN = "answered 503 at try 1"


def event(function: str, **fields: JsonValue) -> JsonObject:
    """A function's input by hand, with some fields replaced or added."""
    given: JsonObject = json.loads((ROOT / "events" / f"{function}.json").read_text())
    return given | fields


@dataclass(frozen=True)
class Invocation:
    """One invocation, and what its log has to tell.

    Attributes:
        title: What happens.
        function: Which function is invoked.
        event: With what.
        tells: What all its lines name, and nothing else of the kind.
        says: What its lines say, in order.
        answers: What the API answers.
        refused: With what keys begin of which S3 refuses all calls.
        ended: How it ends.
        later: What the lines name besides, after those in which it is not known.
        known_after: How many those are.
    """

    title: str
    function: str
    event: JsonObject
    tells: JsonObject
    says: tuple[str, ...]
    answers: tuple[JsonObject, ...] = (NOT_FOUND,)
    refused: tuple[str, ...] = ()
    ended: str = "answered"
    later: JsonObject = field(default_factory=dict)
    known_after: int = 0

    def alone(self) -> "Invocation":
        """The same, of an export that is no part of a batch."""
        return replace(
            self,
            title=f"{self.title}, alone",
            event={name: each for name, each in self.event.items() if name not in OF_BATCH},
            tells={name: each for name, each in self.tells.items() if name not in OF_BATCH},
        )


def _of(export_id: str | None = EXPORT, report: str = "productivity") -> JsonObject:
    return OF_BATCH | {"export_id": export_id, "report": report}


LEGACY_ID = "legacy_52aeb9bd94d7abf8"
CSV = "Team,Rating\nWeb,4\n"
PLAIN: JsonObject = {"body": CSV, "headers": {"Content-Type": "text/csv"}}
CUT: JsonObject = PLAIN | {"body": CSV[:10], "length": len(CSV)}
PARTS: list[Invocation] = [
    Invocation(
        "CreateExport, at the second try",
        "create_export",
        event("create_export", **OF_BATCH),
        OF_BATCH | {"report": "productivity"},
        (AGAIN, "The last duration is not known", "ExportsCreated"),
        (BUSY, CREATED),
        ("series/",),
        later={"export_id": EXPORT},
        known_after=1,
    ),
    Invocation(
        "CreateExport, of the stack's request",
        "create_export",
        event("create_export", **OF_BATCH, input={}),
        OF_BATCH | {"report": "sprint"},
        (AGAIN, "ExportsCreated"),
        (BUSY, CREATED),
        later={"export_id": EXPORT},
        known_after=1,
    ),
    Invocation(
        "CreateExport, refused by the API",
        "create_export",
        event("create_export", **OF_BATCH),
        OF_BATCH | {"report": "productivity"},
        ("ExportRejectedError: ",),
        (REFUSED,),
        ended="ExportRejectedError",
    ),
    Invocation(
        "CreateExport, of a report that is none",
        "create_export",
        event("create_export", **OF_BATCH, input={"report": "velocity"}),
        OF_BATCH | {"report": "velocity"},
        ("InvalidRequestError: ",),
        ended="InvalidRequestError",
    ),
    Invocation(
        "CheckExport, at the second try",
        "check_export",
        event("check_export", **OF_BATCH),
        _of(),
        (AGAIN, "Export is completed"),
        (BUSY, {"body": COMPLETED}),
    ),
    Invocation(
        "CheckExport, of a lost export",
        "check_export",
        event("check_export", **OF_BATCH),
        _of(),
        ("ExportNotFoundError: ",),
        ended="ExportNotFoundError",
    ),
    Invocation(
        "DownloadExport, which breaks off",
        "download_export",
        event("download_export", **OF_BATCH, tookSeconds=5.5),
        _of(),
        (AGAIN, "The download broke off", "How long it took was not written", "Export landed"),
        (BUSY, {"body": COMPLETED}, CUT, {"body": COMPLETED}, PLAIN),
        ("series/",),
    ),
    Invocation(
        "DownloadExport, of a file that is none",
        "download_export",
        event("download_export", **OF_BATCH),
        _of(),
        ("CorruptDownloadError: ",),
        ({"body": COMPLETED}, {"body": "<html></html>"}),
        ended="CorruptDownloadError",
    ),
    Invocation(
        "FetchReport, at the second try",
        "fetch_report",
        event("fetch_report", **OF_BATCH),
        _of(LEGACY_ID, "team-report"),
        (AGAIN, "Report landed"),
        (BUSY, PLAIN),
    ),
    Invocation(
        "FetchReport, refused by S3",
        "fetch_report",
        event("fetch_report", **OF_BATCH),
        _of(LEGACY_ID, "team-report"),
        ("StorageError: ",),
        (PLAIN,),
        ("exports/",),
        ended="StorageError",
    ),
]

_ENDED_ITEM = event("record_outcome")["item"]
assert isinstance(_ENDED_ITEM, dict)
_ITEM: JsonObject = {"run": RUN, "item": _ENDED_ITEM["id"], "report": "productivity"}
OF_BATCHES: list[Invocation] = [
    Invocation(
        "PlanBatch, at the second try",
        "plan_batch",
        event("plan_batch", run=RUN),
        {"run": RUN},
        (AGAIN, "Batch planned"),
        (BUSY, *({"body": each} for each in TREE)),
    ),
    Invocation(
        "PlanBatch, of a plan that is none",
        "plan_batch",
        event("plan_batch", run=RUN, input={"exports": 7}),
        {"run": RUN},
        ("InvalidRequestError: ",),
        ended="InvalidRequestError",
    ),
    Invocation(
        "RecordOutcome, of a file",
        "record_outcome",
        {
            "run": RUN,
            "round": 1,
            "item": _ENDED_ITEM,
            **landed(Item.from_json(_ENDED_ITEM), exportId=EXPORT),
        },
        _ITEM | {"export_id": EXPORT},
        ("Item landed",),
    ),
    Invocation(
        "RecordOutcome, of a failure that names the export",
        "record_outcome",
        {
            "run": RUN,
            "round": 2,
            "item": _ENDED_ITEM,
            **task_failed("CorruptDownloadError", f"It is cut. Export: {EXPORT}."),
        },
        _ITEM | {"export_id": EXPORT},
        ("Item failed",),
    ),
    Invocation(
        "RecordOutcome, refused by S3",
        "record_outcome",
        event("record_outcome", run=RUN, round=3),
        _ITEM,
        ("StorageError: ",),
        refused=("runs/",),
        ended="StorageError",
    ),
    Invocation(
        "CloseBatch",
        "close_batch",
        event("close_batch", run=RUN),
        {"run": RUN},
        ("Round closed",),
    ),
    Invocation(
        "CloseBatch, of no run",
        "close_batch",
        event("close_batch", run="nowhere"),
        {"run": "nowhere"},
        ("InvalidRequestError: ",),
        ended="InvalidRequestError",
    ),
]
HARVESTS: list[Invocation] = [
    Invocation(
        "ListExports, at the second try",
        "list_exports",
        event("list_exports"),
        {"run": "by-hand.harvest", "report": "productivity"},
        (AGAIN, "In the list: ", "Page listed"),
        (BUSY, {"body": {"content": [{"exportId": "../x", "status": "COMPLETED"}]}}),
    ),
    Invocation(
        "ListExports, refused by the API",
        "list_exports",
        event("list_exports"),
        {"run": "by-hand.harvest", "report": "productivity"},
        ("ProtocolError: ",),
        (REFUSED,),
        ended="ProtocolError",
    ),
]
# Each of a batch before its sister of none.
ALL = [*OF_BATCHES, *(it for each in PARTS for it in (each, each.alone())), *HARVESTS]


@dataclass(frozen=True)
class Logged:
    """What an invocation printed.

    Attributes:
        lines: Its log.
        figures: Its metrics.
        ended: How it ended.
    """

    lines: list[JsonObject]
    figures: list[JsonObject]
    ended: str


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Logged]:
    """What all invocations printed, by their titles."""
    folder = tmp_path_factory.mktemp("aws")
    given = [
        {
            "function": it.function,
            "event": it.event,
            "answers": it.answers,
            "refused": it.refused,
        }
        for it in ALL
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.functions.invoke"],
        cwd=ROOT,
        env=_environment(folder),
        input=json.dumps(given),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # A line there would be one without names.
    assert done.stderr == ""
    found: list[Logged] = []
    lines: list[JsonObject] = []
    for line in map(json.loads, done.stdout.splitlines()):
        if ENDED not in line:
            lines.append(line)
            continue
        metrics = [it for it in lines if "_aws" in it]
        found.append(Logged([it for it in lines if it not in metrics], metrics, line[ENDED]))
        lines = []
    return {it.title: each for it, each in zip(ALL, found, strict=True)}


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers" / "sei_export"),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
        "POWERTOOLS_SERVICE_NAME": "f",
        "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key",
        "HARNESS_ORG_IDENTIFIER": "default",
        "HARNESS_PROJECT_IDENTIFIER": "demo",
        "ORG_TREE_NAME": "Engineering",
        "DEFAULT_REQUEST": json.dumps(
            {
                "report": "sprint",
                "dateRange": {"period": "previous-month"},
                "options": {"granularity": "MONTHLY"},
            }
        ),
        "BATCH_PLAN": "{}",
        "MAX_CONCURRENCY": "1",
        "EXPORT_TIMEOUT_MINUTES": "60",
        "EXPORT_BUCKET": "landing",
        "EVENT_BUS_NAME": "bus",
        "STACK_NAME": "sei-export",
    }


def _told(line: JsonObject) -> JsonObject:
    return {name: line[name] for name in NAMES if name in line}


@pytest.mark.parametrize("invocation", ALL, ids=lambda it: it.title)
def test_each_line_names_what_is_known_of_run_item_export_and_report(
    invocation: Invocation, logged: dict[str, Logged]
) -> None:
    seen = logged[invocation.title]
    said = [str(line["message"]) for line in seen.lines]
    assert (seen.ended, len(said)) == (invocation.ended, len(invocation.says)), said
    for message, expected in zip(said, invocation.says, strict=True):
        assert expected in message
    for number, line in enumerate(seen.lines):
        later = invocation.later if number >= invocation.known_after else {}
        assert _told(line) == invocation.tells | later, line
        assert line["correlation_id"]


@pytest.mark.parametrize("invocation", ALL, ids=lambda it: it.title)
def test_metrics_name_run_item_and_export_and_none_of_another_invocation(
    invocation: Invocation, logged: dict[str, Logged]
) -> None:
    expected = {**invocation.tells, **invocation.later}
    for each in logged[invocation.title].figures:
        # The report is a dimension, of some.
        told = {name: value for name, value in _told(each).items() if name != "report"}
        assert told == {name: value for name, value in expected.items() if name != "report"}


def test_functions_that_answer_print_metrics_but_for_planbatch(logged: dict[str, Logged]) -> None:
    without = {it.function for it in ALL if it.ended == "answered" and not logged[it.title].figures}
    assert without == {"plan_batch"}


def test_no_line_has_a_whole_request(logged: dict[str, Logged]) -> None:
    for each in logged.values():
        for line in each.lines:
            assert not any(isinstance(it, dict) and "dateRange" in it for it in line.values())
