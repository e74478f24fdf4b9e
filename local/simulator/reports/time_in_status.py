"""The time-in-status report: its request, strictly checked, and its columns."""

from typing import Annotated, Literal

from pydantic import Field

from local.simulator.models import Strict
from local.simulator.reports import teamrows
from local.simulator.reports.request import ExportRequest, TeamBody, export_request
from local.simulator.reports.table import Table

_STATUSES = ("In Progress", "In Review", "QA", "Done")


class TimeInStatusOptions(Strict):
    """Whose figures a row holds, and which date ends an issue's time."""

    aggregation_level: teamrows.SprintLevel = "team"
    granularity: Literal["daily", "weekly", "monthly", "quarterly"] = "monthly"
    terminal_date_column: Literal["issue_resolved_at", "version_release_date"] = "issue_resolved_at"


class TimeInStatusRequest(TeamBody):
    """The body of a create call; no `issue_statuses` mean the usual ones."""

    issue_statuses: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    options: TimeInStatusOptions = TimeInStatusOptions()


def parse(body: TimeInStatusRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    options = body.options
    level = options.aggregation_level
    statuses = tuple(dict.fromkeys(body.issue_statuses or _STATUSES))
    return export_request(
        body,
        body.scope,
        {
            "statuses": sorted(statuses),
            "options": [level, options.granularity, options.terminal_date_column],
        },
        Table(
            start=body.date_range.start,
            end=body.date_range.end,
            granularity=options.granularity,
            identity=teamrows.identity(level),
            who=teamrows.who(body.scope, level),
            usual=teamrows.usual(level),
            metrics=("Issues", *(f"{status} (days)" for status in statuses)),
        ),
        "time-in-status",
    )
