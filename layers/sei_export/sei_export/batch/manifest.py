"""A batch's manifest: the proof of what is complete, and of what is missing and why.

Its JSON is a contract: `events/schemas/BatchManifest.json`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sei_export import dates, keys
from sei_export.batch.cautions import ITEM_WARNINGS, SHOWN
from sei_export.batch.incomplete import failure_of, named
from sei_export.batch.ledger import Fate, Ledger, Line
from sei_export.batch.outcomes import RESULT_FIELDS
from sei_export.batch.record import Opened, PlanRecord
from sei_export.input.problems import plain
from sei_export.jsontypes import JsonObject, JsonValue, is_count
from sei_export.manifest import Caution
from sei_export.request.path import tree_path

VERSION = "1"
COMPLETE, PARTIAL, FAILED = "COMPLETE", "PARTIAL", "FAILED"

_SUMMED = ("rows", "sizeBytes", "csvBytes")
_NAMED_CHARACTERS = 150
_LOST = "It was exported as its child teams; its own row cannot be made of theirs."


@dataclass(frozen=True, slots=True)
class BatchManifest:
    """A batch at its end.

    Attributes:
        record: The batch as it was planned.
        ledger: Its account.
        splits: By `keys.cut_key`, the teams that were split.
        rounds: How many rounds it had.
        execution_arn: The batch's execution.
        completed_at: When it was closed.
        export_arns: With which the ARNs of all the exports' executions begin; empty if unknown.
    """

    record: PlanRecord
    ledger: Ledger
    splits: Mapping[str, tuple[str, ...]]
    rounds: int
    execution_arn: str
    completed_at: datetime
    export_arns: str = ""

    @property
    def status(self) -> str:
        """COMPLETE, PARTIAL or FAILED."""
        if not self._bad() and not self._missing_rows():
            return COMPLETE
        return PARTIAL if self._landed() else FAILED

    @property
    def is_whole(self) -> bool:
        """Whether every file is there, though teams that were split may lack their own row."""
        return bool(self.ledger.lines) and not self._bad()

    @property
    def closed_at(self) -> str:
        """When it was closed."""
        return dates.format_moment(self.completed_at)

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """What was known when it was planned, and that there are warnings of its files."""
        lines = self.ledger.lines.values()
        return (*self.record.warnings, *_of_items(line for line in lines if line.outcome))

    @property
    def totals(self) -> JsonObject:
        """How many items were expected, and what became of them."""
        lines, landed = self.ledger.lines.values(), self._landed()
        fates = Counter(line.fate for line in lines)
        return {
            "expected": len(lines) - fates[Fate.SPLIT],
            **{fate.value: fates[fate] for fate in Fate},
            "missingRows": len(self._missing_rows()),
            "changed": sum(1 for one in landed if one.get("changed") is True),
            **{name: sum(_number(one.get(name)) for one in landed) for name in _SUMMED},
        }

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        record = self.record
        return {
            "version": VERSION,
            "status": self.status,
            "name": record.name,
            "startedAt": record.started_at,
            "scheduledTime": record.scheduled_time,
            "warnings": [it.to_json() for it in self.warnings],
            "completedAt": self.closed_at,
            "totals": self.totals,
            "splits": {key: [*teams] for key, teams in self.splits.items()},
            "missingRows": [*self._missing_rows()],
            "items": [_item(line, self.export_arns) for line in self.ledger.lines.values()],
            "run": record.run,
            "resumes": [*record.resumes],
            "rounds": self.rounds,
            "executionArn": self.execution_arn,
        }

    def failure(self) -> JsonObject:
        """Say what is missing, in short: `error`, `message` and `remedy`."""
        return failure_of(self.record.run, self.totals, self._bad(), len(self._missing_rows()))

    def _bad(self) -> list[Line]:
        bad = {Fate.FAILED, Fate.MISSING}
        return [line for line in self.ledger.lines.values() if line.fate in bad]

    def _landed(self) -> list[JsonObject]:
        outcomes = (line.outcome for line in self.ledger.lines.values())
        return [outcome.landed for outcome in outcomes if outcome and outcome.landed]

    def listed_missing_rows(self) -> list[tuple[str, JsonObject]]:
        """Teams' own rows that nothing else has, as far as they belong into the plan's list.

        Returns:
            Each with the path of its report, shape and tree.
        """
        at_once, split = self._lost()
        lost = [(keys.path_of_cut(it.cut), _lost_at_once(it)) for it in at_once if it.listed]
        return lost + [(_path(line), _lost_row(line)) for line in split if line.item.listed]

    def _missing_rows(self) -> list[JsonObject]:
        at_once, split = self._lost()
        return [*map(_lost_at_once, at_once), *map(_lost_row, split)]

    def _lost(self) -> tuple[list[Opened], list[Line]]:
        """Of which teams nothing has their own rows: split from the start, and split meanwhile."""
        at_once = [opened for opened in self.record.opened if opened.aggregated]
        lines = (line for line in self.ledger.lines.values() if line.fate is Fate.SPLIT)
        return at_once, [line for line in lines if line.item.request.is_aggregated]


def _of_items(lines: Iterable[Line]) -> list[Caution]:
    """Warn of files that landed with warnings, by code; the manifest's items have their texts."""
    codes: dict[str, list[Line]] = {}
    for line in lines:
        given = line.outcome.landed.get("warnings") if line.outcome and line.outcome.landed else []
        told = [it for it in given if isinstance(it, dict)] if isinstance(given, list) else []
        # A file counts once, however often it has the same one.
        for code in dict.fromkeys(str(it.get("code")) for it in told):
            codes.setdefault(code, []).append(line)
    return [
        Caution(ITEM_WARNINGS, f"{len(those)} landed with the warning {code}: {_named(those)}.")
        for code, those in codes.items()
    ]


def _named(lines: Sequence[Line]) -> str:
    """Name the first items; all are in the manifest."""
    said = "; ".join(plain(named(line), _NAMED_CHARACTERS) for line in lines[:SHOWN])
    more = len(lines) - SHOWN
    return said + (f"; and {more} more" if more > 0 else "")


def _item(line: Line, export_arns: str) -> JsonObject:
    """One item of the manifest."""
    item = line.item
    known = line.outcome.execution_arn if line.outcome else ""
    # Its name is known before it starts; what a failure tells may be cut.
    made = f"{export_arns}:{item.name}" if export_arns else None
    said: JsonObject = {
        "id": item.id,
        "report": item.request.report.name,
        "tree": item.tree,
        "team": item.team,
        "teamName": item.team_name,
        "dateRange": _days(line),
        "outcome": line.fate.value,
        "tries": item.tries,
        "replaces": item.replaces,
        "replacedBy": [*line.replaced_by],
        # Empty where there was none.
        "executionArn": known or made,
    }
    landed = line.outcome.landed if line.outcome else None
    said |= dict.fromkeys(RESULT_FIELDS) | (landed or {})
    if line.outcome and line.outcome.export_id:
        said["exportId"] = line.outcome.export_id
    return said | (line.failure.to_json() if line.failure else {})


def _lost_at_once(opened: Opened) -> JsonObject:
    about = opened.to_json()
    fields = ("report", "team", "teamName", "dateRange")
    return {**{name: about[name] for name in fields}, "reason": _LOST}


def _lost_row(line: Line) -> JsonObject:
    return {
        "report": line.item.request.report.name,
        "team": line.item.team,
        "teamName": line.item.team_name,
        "dateRange": _days(line),
        "reason": _LOST,
    }


def _path(line: Line) -> str:
    request = line.item.request
    return tree_path(request, request.tree or line.item.tree)


def _days(line: Line) -> JsonObject:
    request = line.item.request
    return {"start": request.start.isoformat(), "end": request.end.isoformat()}


def _number(value: JsonValue) -> int:
    return value if is_count(value) else 0
