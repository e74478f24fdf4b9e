"""Functions' invocations of all kinds, and what the log of each has to tell."""

import json
from dataclasses import dataclass, field, replace

from local.paths import ROOT
from sei_export.batch.item import Item
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.samples import landed, task_failed

RUN, ITEM, EXPORT = "20260301T060000-weekly", "item-1", "exp_7a8b9c0d"
OF_BATCH: JsonObject = {"run": RUN, "item": ITEM}

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
