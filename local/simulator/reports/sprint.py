"""The sprint report: its request, strictly checked, and its columns."""

from typing import Literal

from pydantic.json_schema import SkipJsonSchema

from local.simulator.data.periods import CAPITALS
from local.simulator.models import Strict
from local.simulator.reports import teamrows
from local.simulator.reports.columns import chosen
from local.simulator.reports.request import ExportRequest, TeamBody, export_request
from local.simulator.reports.table import Table

type Group = Literal["work", "delivery", "deliveryAnalysis", "analysis"]
type Mode = Literal["STORY_POINTS", "TICKETS"]

# Those that count work do it in story points or in tickets.
_COUNTED: dict[str, tuple[str, ...]] = {
    "work": ("COMMITTED", "ADDED", "REMOVED", "COMPLETED"),
    "delivery": ("COMMIT_DELIVERED", "CREEP_DELIVERED", "CARRIED_OVER"),
    "deliveryAnalysis": (),
    "analysis": ("VELOCITY",),
}
_PLAIN: dict[str, tuple[str, ...]] = {
    "deliveryAnalysis": ("COMMIT_DONE_PERCENT", "CREEP_DONE_PERCENT", "SCOPE_CREEP_PERCENT"),
    "analysis": ("PREDICTABILITY_PERCENT",),
}


class SprintOptions(Strict):
    """Whose figures a row holds, and what is counted."""

    granularity: Literal["SPRINT", "WEEKLY", "MONTHLY", "QUARTERLY"]
    computation_mode: Mode = "STORY_POINTS"
    metric_level: teamrows.SprintLevel = "team"


class SprintRequest(TeamBody):
    """The body of a create call; one of the API's examples spells `metrics` in the singular."""

    metric_groups: tuple[Group, ...] = ()
    metrics: tuple[str, ...] = ()
    metric: SkipJsonSchema[tuple[str, ...]] = ()
    options: SprintOptions


def parse(body: SprintRequest) -> ExportRequest:
    """Return what a checked body asks for."""
    options = body.options
    metrics = {metric.upper() for metric in (*body.metrics, *body.metric)}
    return export_request(
        body,
        body.scope,
        {
            "groups": sorted(set(body.metric_groups)),
            "metrics": sorted(metrics),
            "options": [options.granularity, options.computation_mode, options.metric_level],
        },
        Table(
            start=body.date_range.start,
            end=body.date_range.end,
            granularity=CAPITALS[options.granularity],
            identity=teamrows.identity(options.metric_level),
            who=teamrows.who(body.scope, options.metric_level),
            usual=teamrows.usual(options.metric_level),
            metrics=chosen(_columns(options.computation_mode), body.metric_groups, metrics),
        ),
        "sprint-insights",
    )


def _columns(mode: Mode) -> dict[str, tuple[str, ...]]:
    return {
        group: (*(f"{name}_{mode}" for name in names), *_PLAIN.get(group, ()))
        for group, names in _COUNTED.items()
    }
