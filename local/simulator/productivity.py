"""The productivity report: its request, strictly checked, and its columns."""

import json
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from local.simulator.dates import PlainDate
from local.simulator.models import Strict
from local.simulator.request import ExportRequest
from local.simulator.table import Granularity, Level, Table

type Group = Literal["activity", "velocity", "volume", "quality", "collaboration"]

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


class Scope(Strict):
    """An org tree, or one team of it with its child teams."""

    org_tree_name: str = Field(min_length=1)
    team_id: str | None = Field(default=None, min_length=1)


class DateRange(Strict):
    """Both days are included."""

    start: PlainDate
    end: PlainDate

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start > self.end:
            raise ValueError("start is after end")
        return self


class Options(Strict):
    """`aggregation_level` is the older name of `metric_level`."""

    metric_level: Level | None = None
    aggregation_level: Level | None = None
    aggregation: Literal["mean"] = "mean"
    granularity: Granularity = "monthly"
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

    scope: Scope
    date_range: DateRange
    metric_groups: tuple[Group, ...] = ()
    metrics: tuple[str, ...] = ()
    options: Options = Options()


def parse(body: ProductivityRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    options = body.options
    metrics = frozenset(metric.upper() for metric in body.metrics)
    sent: dict[str, JsonValue] = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
    meant = {
        "report": "productivity",
        "scope": body.scope.model_dump(mode="json"),
        "dates": body.date_range.model_dump(mode="json"),
        "groups": sorted(set(body.metric_groups)),
        "metrics": sorted(metrics),
        "options": [options.level, options.aggregation, options.granularity, options.format],
    }
    return ExportRequest(
        body=sent,
        canonical=json.dumps(meant, sort_keys=True),
        table=Table(
            org_tree=body.scope.org_tree_name,
            team_id=body.scope.team_id,
            level=options.level,
            granularity=options.granularity,
            start=body.date_range.start,
            end=body.date_range.end,
            metrics=tuple(_columns(options.level, frozenset(body.metric_groups), metrics)),
        ),
    )


def _columns(level: Level, groups: frozenset[str], metrics: frozenset[str]) -> Iterable[str]:
    other: Level = "team" if level == "developer" else "developer"
    everything = not groups and not metrics
    for group, columns in _COLUMNS.items():
        for column in columns:
            asked = everything or group in groups or column in metrics
            if asked and column not in _ONLY[other]:
                yield column
