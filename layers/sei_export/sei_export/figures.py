"""Figures of a landed export, as CloudWatch metrics."""

import logging
from typing import TYPE_CHECKING

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from sei_export.jsontypes import JsonObject
from sei_export.manifest import Manifest

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics

logger = logging.getLogger(__name__)


def add_figures(metrics: "Metrics", landed: JsonObject) -> None:
    """Add the figures of a landed export, by report; nothing for what is no manifest.

    The export has landed and been announced: a figure that is refused must not make it fail.

    Args:
        metrics: Powertools' metrics, flushed by the handler's decorator.
        landed: `Manifest.brief`.
    """
    try:
        _add(metrics, landed)
    except Exception:
        logger.warning("The figures of a landed export are not told.", exc_info=True)


def _add(metrics: "Metrics", landed: JsonObject) -> None:
    manifest = Manifest.from_json(landed)
    if manifest is None:
        return
    metrics.add_dimension("report", manifest.report)
    # Units by the names that CloudWatch has for them.
    metrics.add_metric("BytesLanded", "Bytes", manifest.size_bytes)
    metrics.add_metric("CsvBytes", "Bytes", manifest.csv_bytes)
    metrics.add_metric("RowsLanded", "Count", manifest.rows)
    metrics.add_metric("ExportDuration", "Seconds", manifest.duration_seconds)
    # What is said of a newer file was counted as that landed.
    for code in () if manifest.superseded else {each.code: None for each in manifest.warnings}:
        _count_warning(metrics, manifest.report, code)


def _count_warning(metrics: "Metrics", report: str, code: str) -> None:
    """Count one, in a line of its own: the code is a dimension that no other figure has."""
    dimensions = {"report": report, "code": code}
    if metrics.service:
        dimensions["service"] = metrics.service
    with single_metric(
        "Warnings", MetricUnit.Count, 1, namespace=metrics.namespace, default_dimensions=dimensions
    ):
        pass
