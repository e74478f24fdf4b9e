"""Figures of a landed export, as CloudWatch metrics."""

from typing import TYPE_CHECKING

from sei_export.jsontypes import JsonObject

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics

# Units by the names that CloudWatch has for them.
_FIGURES = {
    "sizeBytes": ("BytesLanded", "Bytes"),
    "csvBytes": ("CsvBytes", "Bytes"),
    "rows": ("RowsLanded", "Count"),
    "durationSeconds": ("ExportDuration", "Seconds"),
}


def add_figures(metrics: "Metrics", result: JsonObject) -> None:
    """Add the figures of a result, by report.

    Args:
        metrics: Powertools' metrics, flushed by the handler's decorator.
        result: `Result.to_json`.
    """
    metrics.add_dimension("report", str(result["report"]))
    for field, (name, unit) in _FIGURES.items():
        figure = result[field]
        if isinstance(figure, int | float):
            metrics.add_metric(name, unit, figure)
