"""The productivity report: its request, strictly checked, and its columns."""

from typing import Literal, Self

from pydantic import model_validator

from local.simulator.data import names
from local.simulator.data.periods import Period
from local.simulator.models import Strict
from local.simulator.reports import teamrows
from local.simulator.reports.columns import chosen
from local.simulator.reports.dates import DateRange
from local.simulator.reports.request import ExportRequest, export_request
from local.simulator.reports.scopes import TreeScope
from local.simulator.reports.table import Table

type Level = Literal["developer", "team"]
type Group = Literal["activity", "velocity", "volume", "quality", "collaboration"]

_DEVELOPERS = 24
_PERIOD = ("Granularity", "Start_Date", "End_Date")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "activity": ("CODING_DAYS",),
    "velocity": ("PR_CYCLE_TIME_DAYS_AVG", "AVG_TIME_TO_COMPLETE", "PR_VELOCITY"),
    "volume": (
        "PR_MERGED",
        "PR_MERGED_SMALL",
        "PR_MERGED_MEDIUM",
        "PR_MERGED_LARGE",
        "LOC_ADDED",
        "LOC_REMOVED",
        "WORK_COMPLETED",
        "WORK_FEATURES_COMPLETED",
        "WORK_BUGS_COMPLETED",
        "WORK_OTHER_COMPLETED",
    ),
    "quality": (
        "REWORK_PERCENT",
        "REWORK_PERCENT_RECENT",
        "REWORK_PERCENT_LEGACY",
        "LOC_REFACTORED",
        "LOC_REFACTORED_RECENT",
        "LOC_REFACTORED_LEGACY",
        "PR_MISSING_TICKETS",
        "LOC_TOTAL",
    ),
    "collaboration": ("REVIEW_COMMENTS_PER_PR_AVG", "REVIEW_TIME_TO_FIRST_COMMENT_HRS_AVG"),
}
# Columns that the other level does not have.
_ONLY: dict[Level, frozenset[str]] = {
    "developer": frozenset({"LOC_ADDED", "LOC_REMOVED"}),
    "team": frozenset({"PR_VELOCITY", "LOC_TOTAL"}),
}


class ProductivityOptions(Strict):
    """`aggregation_level` is the older name of `metric_level`."""

    metric_level: Level | None = None
    aggregation_level: Level | None = None
    aggregation: Literal["mean"] = "mean"
    granularity: Literal["weekly", "monthly", "quarterly"] = "monthly"
    format: Literal["csv"] = "csv"

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        if self.metric_level and self.aggregation_level not in {None, self.metric_level}:
            raise ValueError("metricLevel and aggregationLevel differ")
        return self

    @property
    def level(self) -> Level:
        """Whose figures a row holds."""
        return self.metric_level or self.aggregation_level or "developer"


class ProductivityRequest(Strict):
    """The body of a create call."""

    scope: TreeScope
    date_range: DateRange
    metric_groups: tuple[Group, ...] = ()
    metrics: tuple[str, ...] = ()
    options: ProductivityOptions = ProductivityOptions()


def parse(body: ProductivityRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    options = body.options
    level = options.level
    other: Level = "team" if level == "developer" else "developer"
    columns = chosen(_COLUMNS, body.metric_groups, body.metrics)
    of_developer = ("Developer", "Email") if level == "developer" else ()
    return export_request(
        body,
        body.scope,
        {
            "groups": sorted(set(body.metric_groups)),
            "metrics": sorted({metric.upper() for metric in body.metrics}),
            "options": [level, options.granularity],
        },
        Table(
            start=body.date_range.start,
            end=body.date_range.end,
            granularity=options.granularity,
            identity=(*_PERIOD, "Org_Tree", "Team_Id", "Team", *of_developer),
            who=lambda period, index: _who(body.scope, level, period, index),
            usual=_DEVELOPERS if level == "developer" else teamrows.TEAMS,
            metrics=tuple(column for column in columns if column not in _ONLY[other]),
        ),
        f"{level}-insights",
    )


def _who(scope: TreeScope, level: Level, period: Period, index: int) -> tuple[str, ...]:
    place = index if level == "team" else index % teamrows.TEAMS
    of_developer = names.developer(index) if level == "developer" else ()
    return (*period, scope.org_tree_name, *names.team(place, scope.team_id), *of_developer)
