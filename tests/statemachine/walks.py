"""Ways through the machines: what each task answers, and what has to come of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from sei_export.jsontypes import JsonObject, JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.bus import Bus
from tests.statemachine.engine import End, Engine
from tests.statemachine.jsonata_of_aws import StateError

type Script = dict[str, list[JsonValue | StateError]]
"""What each task answers at each visit, the last one again and again."""

EXPORT: JsonObject = {
    "exportId": "exp_1",
    "report": "productivity",
    "request": {"report": "productivity"},
    "legacy": False,
    "expectedSeconds": 0,
}
FAILED: JsonObject = {
    "status": "failed",
    "failure": {"error": "ExportFailedError", "message": "No such team.", "remedy": "Mend it."},
}
LANDED: JsonObject = {"status": "completed", "exportId": "exp_1"}
PAGE: JsonObject = {
    "exports": [{"exportId": "exp_1", "report": "sprint"}],
    "cursor": {},
    "listed": 1,
    "known": 0,
    "pending": 0,
    "unusable": 0,
    "missing": 0,
}
HARVESTED: JsonObject = {
    "status": "COMPLETE",
    "run": "r",
    "bucket": "bucket",
    "manifestKey": "runs/r/manifest.json",
    "totals": {"listed": 1, "known": 0, "landed": 1, "pending": 0, "givenUp": 0},
}
INCOMPLETE: JsonObject = {
    "status": "PARTIAL",
    "failure": {"error": "HarvestIncompleteError", "message": "Less.", "remedy": "Mend it."},
}
PLANNED: JsonObject = {"status": "CONTINUE", "run": "r", "round": 1, "itemsKey": "key"}
TOTALS: JsonObject = {
    **dict.fromkeys(("expected", "landed", "failed", "missing", "split"), 1),
    **dict.fromkeys(("missingRows", "changed", "rows", "sizeBytes", "csvBytes"), 1),
}
CLOSED: JsonObject = {
    "status": "COMPLETE",
    "run": "r",
    "round": 1,
    "bucket": "bucket",
    "name": "weekly",
    "totals": TOTALS,
    "manifestKey": "runs/r/manifest.json",
    "warnings": [{"code": "teamsGone", "message": "A team is gone."}],
}
PARTIAL: JsonObject = CLOSED | {"status": "PARTIAL"} | {"failure": FAILED["failure"]}
CHILD: JsonObject = {
    "item": {"id": "1", "name": "n", "input": {"report": "sprint"}},
    "run": "r",
    "round": 1,
}
RECORDED: dict[str, JsonObject] = {
    "landed": {"landed": {"exportId": "exp_1"}, "failure": None},
    "failed": {"landed": None, "failure": FAILED["failure"]},
}
"""What RecordOutcome returns."""
PASSING = StateError("RateLimitedError", hostile.raised("429. Retry-After: 200. Remedy: Wait."))
REFUSED = StateError("StorageError", hostile.raised("No. Remedy: Mend it."))

SCRIPTS: dict[str, dict[str, Script]] = {
    "export": {
        "lands": {
            "CreateExport": [PASSING, EXPORT],
            "CheckExport": [PASSING, {"status": "queued"}, {"status": "completed"}],
            "DownloadExport": [PASSING, {"finished": False}, LANDED],
        },
        "fails, is made again and lands": {
            "CreateExport": [EXPORT, EXPORT, EXPORT | {"exportId": "exp_2"}],
            "CheckExport": [FAILED, {"status": "completed"}],
            "DownloadExport": [LANDED],
        },
        "fails for good": {"CreateExport": [EXPORT], "CheckExport": [FAILED]},
        "is cancelled": {
            "CreateExport": [EXPORT],
            "CheckExport": [FAILED | {"status": "cancelled"}],
        },
        "never ends": {"CreateExport": [EXPORT], "CheckExport": [{"status": "processing"}]},
        "never downloads": {
            "CreateExport": [EXPORT],
            "CheckExport": [{"status": "completed"}],
            "DownloadExport": [{"finished": False, "receivedBytes": 1, "totalBytes": None}],
        },
        "is a legacy report": {
            "CreateExport": [EXPORT | {"legacy": True}],
            "FetchReport": [PASSING, LANDED],
        },
        "is refused": {"CreateExport": [REFUSED]},
    },
    "harvest": {
        "lands": {
            "ListExports": [PASSING, PAGE | {"cursor": {"report": "sprint"}}, PAGE],
            "LandExport": [PASSING, {"finished": False}, LANDED],
            "CloseHarvest": [HARVESTED],
        },
        "cannot land one": {
            "ListExports": [PAGE],
            "LandExport": [REFUSED],
            "RecordOutcome": [{}],
            "CloseHarvest": [INCOMPLETE],
        },
        "never lands one": {"ListExports": [PAGE], "LandExport": [{"finished": False}]},
        "is refused": {"ListExports": [REFUSED], "CloseHarvest": [{"status": "FAILED"}]},
        "cannot be closed": {"ListExports": [PAGE | {"exports": []}], "CloseHarvest": [REFUSED]},
        "is refused and cannot be closed": {"ListExports": [REFUSED], "CloseHarvest": [PASSING]},
    },
    "batch": {
        "is complete": {
            "PlanBatch": [PASSING, PLANNED],
            "RunExports": [[], StateError("States.ItemReaderFailed", "No.")],
            "CloseBatch": [PLANNED | {"round": 2}, CLOSED],
        },
        "waits for new exports": {
            "PlanBatch": [PLANNED],
            "RunExports": [[]],
            "CloseBatch": [PLANNED | {"round": 2, "waitSeconds": 900}, CLOSED],
        },
        "is partial": {"PlanBatch": [PLANNED], "RunExports": [[]], "CloseBatch": [PARTIAL]},
        "is only planned": {"PlanBatch": [{"dryRun": True, "items": []}]},
        "is refused": {"PlanBatch": [REFUSED]},
    },
    "child": {
        "lands": {"RunExport": [{"Output": LANDED}], "RecordOutcome": [RECORDED["landed"]]},
        "fails": {"RunExport": [REFUSED], "RecordOutcome": [RECORDED["failed"]]},
        "is lost": {"RunExport": [REFUSED], "RecordOutcome": [REFUSED]},
    },
}
SUBSTITUTIONS = {
    "ExportTimeoutMinutes": "60",
    "MaxRestarts": "2",
    "MaxConcurrency": "10",
    "Partition": "aws",
}
PUBLISHING = ("PublishFailure", "PublishExportFailure", "PublishBatch")


def definition_of(name: str, **substitutions: str) -> JsonObject:
    """A machine's definition with its substitutions; a child is the batch's inner one."""
    text = (machine.EXPORT.parent / f"{name.replace('child', 'batch')}.asl.json").read_text()
    for key, value in (SUBSTITUTIONS | substitutions).items():
        text = text.replace(f"${{{key}}}", value)
    definition: JsonObject = machine.parse(text)
    if name == "child":
        states = cast("dict[str, JsonObject]", definition["States"])
        return cast("JsonObject", states["RunExports"]["ItemProcessor"])
    return definition


DEFINITIONS = {name: definition_of(name) for name in SCRIPTS}


@dataclass
class Run:
    """One execution, and what it published.

    Attributes:
        name: Of the machine.
        script: What its tasks answer.
        given: Its input.
        bus: Where its events go.
        minutes: The stack's ExportTimeoutMinutes.
        retrying: Whether a state's Retry counts.
        asked: What each task was given, at each try.
        execution: Its name.
        stopped_at: The platform ends it as it enters this state, counted from 1; 0: it does not.
    """

    name: str
    script: Script
    given: JsonValue = field(default_factory=dict)
    bus: Bus = field(default_factory=Bus)
    minutes: str | None = None
    retrying: bool = False
    asked: list[tuple[str, JsonValue]] = field(default_factory=list)
    execution: str = "run"
    stopped_at: int = 0

    def __post_init__(self) -> None:
        self.left = {state: iter(answers) for state, answers in self.script.items()}
        self.last: dict[str, JsonValue | StateError] = {}
        self.engine = Engine(
            self._answer,
            self.given,
            self.execution,
            retrying=self.retrying,
            broken=self._broken,
            stops=lambda entered: entered == self.stopped_at,
        )
        self.definition = DEFINITIONS[self.name]
        if self.minutes:
            self.definition = definition_of(self.name, ExportTimeoutMinutes=self.minutes)
        self.end: End = self.engine.run(self.definition)

    def redrive(self, days: int) -> None:
        """Go on with it, so many days later."""
        self.engine.jsonata.millis += days * 86_400_000
        moment = datetime.fromtimestamp(self.engine.jsonata.millis / 1000, UTC)
        text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.end = self.engine.redrive(self.definition, self.end, text)

    @property
    def _broken(self) -> dict[str, StateError]:
        """What the script says of inline Maps: what they fail with."""
        said = {name: self.script[name][0] for name in {"LandExports"}.intersection(self.script)}
        return {name: each for name, each in said.items() if isinstance(each, StateError)}

    def _answer(self, state: str, arguments: JsonValue) -> JsonValue:
        self.asked.append((state, arguments))
        if state.startswith(PUBLISHING):
            return self.bus.put(arguments)
        if self.name == "harvest" and state not in self.script:
            said = self._as_harvests_do(state)
            if said is not None:
                return {"Payload": said}
        # What the script does not foresee is refused.
        left = self.left.get(state, iter(()))
        self.last[state] = next(left, self.last.get(state, REFUSED))
        answer = self.last[state]
        if isinstance(answer, StateError):
            raise answer
        if state in {"RunExports", "RunExport"}:
            return answer
        return {"Payload": answer}

    def _as_harvests_do(self, state: str) -> JsonValue:
        """What the functions that write down a harvest answer, if the script leaves it to them."""
        if state == "CloseHarvest":
            count = self.engine.variables
            given = cast("JsonObject", cast("JsonObject", self.asked[-1][1])["Payload"])
            return INCOMPLETE if count["failed"] or given["more"] else HARVESTED
        return {} if state == "RecordOutcome" else None

    def check(self) -> None:
        """It ended as it should: with one event, which says what the execution says."""
        if self.name == "child":
            # The batch's event is about it: what it did not write down is missing.
            assert self.end.state in {"ItemLanded", "ItemFailed", "OutcomeLost"}
            assert self.end.error or self.end.state == "ItemLanded"
            return
        if self.end.error is None:
            self._check_success()
            return
        last = {"export": "ExportFailed", "harvest": "HarvestFailed", "batch": "BatchFailed"}
        assert self.end.state == last[self.name], (self.end, self.engine.visited)
        # Of a harvest, those about its exports come before it.
        own = [it for it in self.bus.details if self.name != "harvest" or it["exportId"] is None]
        assert own, self.end
        detail = own[-1]
        assert self.name == "harvest" or len(self.bus.taken) == 1
        assert detail["error"] == self.end.error
        assert self.end.cause == f"{detail['message']} Remedy: {detail['remedy']}"
        assert " Remedy: " not in str(detail["remedy"])

    def _check_success(self) -> None:
        output = self.end.output
        if self.name == "export":
            assert isinstance(output, dict)
            assert (self.end.state, output["status"]) == ("ExportSucceeded", "completed")
            assert self.bus.taken == []
        elif self.name == "batch" and self.end.state == "BatchSucceeded":
            assert [detail["status"] for detail in self.bus.details] == ["COMPLETE"]
        else:
            assert self.end.state in {"HarvestSucceeded", "PlanSucceeded"}


def given_to(name: str) -> JsonValue:
    """An input for a machine."""
    return CHILD if name == "child" else {"report": "sprint"}


def named() -> Iterator[tuple[str, str, Script]]:
    """Every script with its machine and its title."""
    for name, scripts in SCRIPTS.items():
        for title, script in scripts.items():
            yield name, title, script
