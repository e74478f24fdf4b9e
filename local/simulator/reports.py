"""The reports that the simulator exports, each with its paths and its request."""

from collections.abc import Callable
from dataclasses import dataclass

from local.simulator import productivity
from local.simulator.request import ExportRequest


@dataclass(frozen=True)
class Report:
    """One kind of export.

    Args:
        name: what Harness calls it.
        path: its calls' path, after `/v2/`.
        parse: takes the checked body of a create call as its one argument, whose annotation
            is the model to check it with.
    """

    name: str
    path: str
    parse: Callable[..., ExportRequest]


REPORTS = (Report("productivity", "insights/productivity/exports", productivity.parse),)
