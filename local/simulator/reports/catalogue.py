"""The reports that the simulator exports: each one's paths, request and way of answering."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from local.simulator.reports import alignment, efficiency, productivity, sprint, time_in_status
from local.simulator.reports.request import ExportRequest

type StatusCase = Literal["lower", "upper", "mixed", "alternating"]
type Link = Literal["url", "flat", "absolute", "signed", "redirect", "none"]


@dataclass(frozen=True)
class Report:
    """One kind of export.

    Args:
        name: what Harness calls it.
        create_path: the create call's path, after `/v2/`.
        path: the other calls' path, after `/v2/`.
        parse: takes the checked body of a create call as its one argument, whose annotation
            is the model to check it with.
        status_case: how its statuses are written; alternating changes from one to the next.
        link: how a completed export tells where its file is.
        detailed: whether its answers have the fields that only some pages show.
    """

    name: str
    create_path: str
    path: str
    parse: Callable[..., ExportRequest]
    status_case: StatusCase = "upper"
    link: Link = "url"
    detailed: bool = False


REPORTS = (
    Report(
        "productivity",
        "insights/productivity/exports",
        "insights/productivity/exports",
        productivity.parse,
        status_case="lower",
    ),
    Report(
        "efficiency",
        "insights/efficiency/exports",
        "insights/efficiency/exports",
        efficiency.parse,
        detailed=True,
    ),
    Report(
        "sprint",
        "insights/sprint/exports",
        "insights/sprints/exports",  # plural, unlike its create call
        sprint.parse,
        status_case="alternating",
    ),
    Report(
        "business-alignment",
        "insights/ba/exports",
        "insights/ba/exports",
        alignment.parse,
        link="flat",
    ),
    Report(
        "time-in-status",
        "insights/ticket-data/exports",
        "insights/ticket-data/exports",
        time_in_status.parse,
        link="none",
    ),
)
