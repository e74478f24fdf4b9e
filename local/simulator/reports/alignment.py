"""The business alignment report: its request, strictly checked, and its columns."""

from typing import Literal

from local.simulator.data.periods import CAPITALS
from local.simulator.models import Strict
from local.simulator.reports import teamrows
from local.simulator.reports.columns import chosen
from local.simulator.reports.request import ExportRequest, TeamBody, export_request
from local.simulator.reports.table import Table

type Group = Literal["CATEGORIZED", "UNCATEGORIZED"]

_CATEGORIES: dict[str, tuple[str, ...]] = {
    "CATEGORIZED": ("KTLO", "New_Capability", "Productivity_Improvement"),
    "UNCATEGORIZED": ("Uncategorized",),
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    group: tuple(
        f"{category}_{unit}" for category in categories for unit in ("story_points", "tickets")
    )
    for group, categories in _CATEGORIES.items()
}


class AlignmentOptions(Strict):
    """How the time is divided."""

    granularity: Literal["WEEKLY", "MONTHLY", "QUARTERLY"]


class AlignmentRequest(TeamBody):
    """The body of a create call."""

    metric_groups: tuple[Group, ...] = ()
    metrics: tuple[str, ...] = ()
    options: AlignmentOptions


def parse(body: AlignmentRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    granularity = body.options.granularity
    return export_request(
        body,
        body.scope,
        {
            "groups": sorted(set(body.metric_groups)),
            "metrics": sorted({metric.upper() for metric in body.metrics}),
            "options": granularity,
        },
        Table(
            start=body.date_range.start,
            end=body.date_range.end,
            granularity=CAPITALS[granularity],
            identity=teamrows.identity(),
            who=teamrows.who(body.scope),
            usual=teamrows.usual(),
            metrics=chosen(_COLUMNS, body.metric_groups, body.metrics),
        ),
        "business-alignment",
    )
