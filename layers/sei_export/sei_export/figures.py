"""Figures of a landed export, and whether it took longer than it has to, as CloudWatch metrics."""

import logging
from functools import cache

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from sei_export import codec
from sei_export.jsontypes import JsonObject
from sei_export.manifest import Manifest

logger = logging.getLogger(__name__)


def add_figures(metrics: Metrics, landed: JsonObject) -> None:
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


@cache
def tell_slow_gzip(metrics: Metrics, *, on_lambda: bool) -> None:
    """Say once in an environment of Lambda that isal is missing there: a warning, and `SlowGzip`.

    The layer has isal for the function's processor, so something is wrong with what was deployed.
    Elsewhere a platform may be without it.

    Args:
        metrics: Powertools' metrics, for their namespace and service.
        on_lambda: Whether this is Lambda.
    """
    if not (codec.SLOW and on_lambda):
        return
    logger.warning(
        "isal cannot be imported: zlib does its work, in twice the time or more. Remedy: Deploy "
        "with `make deploy`, which builds a layer for each processor; nothing else is wrong."
    )
    # A set of its own: by service alone, also if the invocation fails or lands a report.
    with single_metric("SlowGzip", MetricUnit.Count, 1, namespace=metrics.namespace) as metric:
        metric.add_dimension("service", metrics.service)


def _add(metrics: Metrics, landed: JsonObject) -> None:
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
