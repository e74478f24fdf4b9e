"""Exports that a test wants to be there already, without a create call for each."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, model_validator, validate_call

from local.simulator.models import Strict
from local.simulator.reports.catalogue import REPORTS, Report
from local.simulator.world.exports import CREATOR, Export, Project, Wanted
from local.simulator.world.state import Simulator

_FIRST_DAY = date(2020, 1, 1)
_DAYS = 30
_MORE: dict[str, dict[str, JsonValue]] = {
    "productivity": {},
    "efficiency": {"metricGroups": ["summary"], "options": {"granularity": "MONTHLY"}},
    "sprint": {"options": {"granularity": "SPRINT"}},
    "business-alignment": {"options": {"granularity": "MONTHLY"}},
    "time-in-status": {},
}


class Seeding(Strict):
    """Completed exports of one report and scope, each of another range of dates.

    The first is created at `created_at` and completed at `completed_at` (default: at once), each
    other one `step_seconds` later than the one before it.
    """

    report: Literal["productivity", "efficiency", "sprint", "business-alignment", "time-in-status"]
    count: int = Field(ge=1, le=10_000)
    org: str
    project: str
    team_id: str | None = Field(default=None, min_length=1)
    org_tree_name: str | None = Field(default=None, min_length=1)
    rows: int | None = Field(default=None, ge=0)
    created_at: AwareDatetime = datetime(2024, 1, 1, tzinfo=UTC)
    completed_at: AwareDatetime | None = None
    step_seconds: float = Field(default=60, ge=0)
    created_by: str = CREATOR

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if not self.team_id and not self.org_tree_name:
            raise ValueError("teamId or orgTreeName is required")
        return self


def seed(simulator: Simulator, seeding: Seeding) -> list[Export]:
    """Add the exports, and return them in the order of their creation."""
    report = next(report for report in REPORTS if report.name == seeding.report)
    return [_export(simulator, seeding, report, number) for number in range(seeding.count)]


def _export(simulator: Simulator, seeding: Seeding, report: Report, number: int) -> Export:
    wanted = Wanted(
        report,
        # Checked like the body of a create call.
        validate_call(report.parse)(_body(seeding, number)),
        Project(seeding.org, seeding.project),
    )
    later = number * seeding.step_seconds
    store = simulator.exports
    export = Export(
        id=store.unused_id(wanted.fingerprint, simulator.dialect.current.export_id),
        report=report,
        request=wanted.request,
        owner=wanted.owner,
        fingerprint=wanted.fingerprint,
        created_at=seeding.created_at.timestamp() + later,
        ordinal=store.next_ordinal(wanted.request.selector),
        created_by=seeding.created_by,
        completed_at=(seeding.completed_at or seeding.created_at).timestamp() + later,
        rows=seeding.rows,
    )
    store.add(export)
    return export


def _body(seeding: Seeding, number: int) -> dict[str, JsonValue]:
    start = _FIRST_DAY + timedelta(days=number)
    days = {"start": start.isoformat(), "end": (start + timedelta(days=_DAYS)).isoformat()}
    return {"scope": _scope(seeding), "dateRange": dict(days), **_MORE[seeding.report]}


def _scope(seeding: Seeding) -> dict[str, JsonValue]:
    if seeding.report == "productivity":
        tree: dict[str, JsonValue] = {"orgTreeName": seeding.org_tree_name or "Engineering"}
        return tree | ({"teamId": seeding.team_id} if seeding.team_id else {})
    if seeding.team_id:
        return {"teamId": seeding.team_id}
    return {"orgTreeName": seeding.org_tree_name, "orgIdentifier": seeding.org}
