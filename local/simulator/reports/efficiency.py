"""The efficiency report (DORA): its request, strictly checked, and its columns.

The page's text and its table name the groups differently; both names of a group are taken.
"""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from local.simulator.data.periods import CAPITALS
from local.simulator.models import Strict
from local.simulator.reports import teamrows
from local.simulator.reports.columns import chosen
from local.simulator.reports.request import ExportRequest, TeamBody, export_request
from local.simulator.reports.table import Table

type Group = Literal[
    "lttc", "df", "mttr", "cfr", "summary", "work_items", "deployment_frequency", "rating"
]

_FREQUENCY = ("DF_DEPLOYMENTS", "DF_PER_DAY_AVG")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "lttc": (
        "LTTC_DAYS",
        "LTTC_PLANNING_DAYS",
        "LTTC_CODING_DAYS",
        "LTTC_REVIEW_DAYS",
        "LTTC_DEPLOYMENT_DAYS",
    ),
    "work_items": ("WORK_ITEMS_COMPLETED", "WORK_ITEMS_IN_PROGRESS"),
    "df": _FREQUENCY,
    "deployment_frequency": _FREQUENCY,
    "cfr": ("CFR_PERCENT", "CFR_FAILED_DEPLOYMENTS_PERCENT"),
    "mttr": ("MTTR_HOURS", "MTTR_INCIDENTS"),
    "summary": ("LTTC_DAYS", "DF_PER_DAY_AVG", "CFR_PERCENT", "MTTR_HOURS"),
    "rating": ("LTTC_RATING", "DF_RATING", "CFR_RATING", "MTTR_RATING"),
}


class EfficiencyOptions(Strict):
    """How the figures are put together, and how the file is sent."""

    granularity: Literal["WEEKLY", "MONTHLY", "QUARTERLY"]
    aggregation: Literal["mean", "median", "p90", "p95"] = "mean"
    format: Literal["csv"] = "csv"
    compression: Literal["gzip"] | None = None


class EfficiencyRequest(TeamBody):
    """The body of a create call."""

    metric_groups: tuple[Group, ...] = Field(min_length=1)
    metrics: tuple[str, ...] = ()
    options: EfficiencyOptions


def parse(body: EfficiencyRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    options = body.options
    groups = {"df" if group == "deployment_frequency" else group for group in body.metric_groups}
    wanted = export_request(
        body,
        body.scope,
        {
            "groups": sorted(groups),
            "metrics": sorted({metric.upper() for metric in body.metrics}),
            "options": [options.granularity, options.aggregation, options.compression],
        },
        Table(
            start=body.date_range.start,
            end=body.date_range.end,
            granularity=CAPITALS[options.granularity],
            identity=(*teamrows.identity(), "Aggregation"),
            who=lambda period, index: (
                *teamrows.who(body.scope)(period, index),
                options.aggregation,
            ),
            usual=teamrows.usual(),
            metrics=chosen(_COLUMNS, groups, body.metrics),
        ),
        "efficiency-insights",
    )
    return replace(wanted, wants_gzip=options.compression == "gzip")
