"""State DownloadExport: land the completed export, verified, and announce it."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.download_export import download_export
from sei_export.jsontypes import JsonObject
from sei_export.payload import count_field, text_field
from sei_export.result import Run

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})

FIGURES = {
    "sizeBytes": ("BytesLanded", MetricUnit.Bytes),
    "csvBytes": ("CsvBytes", MetricUnit.Bytes),
    "rows": ("RowsLanded", MetricUnit.Count),
    "durationSeconds": ("ExportDuration", MetricUnit.Seconds),
}


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export`, `executionArn`, `polls` and `attempts`; return the result."""
    run = Run(
        execution_arn=text_field(event, "executionArn"),
        polls=count_field(event, "polls"),
        attempts=count_field(event, "attempts"),
    )
    result = download_export(
        event.get("export"),
        run,
        wiring.connector(context),
        wiring.object_store(),
        wiring.event_bus(),
    )
    metrics.add_dimension("report", str(result["report"]))
    for field, (name, unit) in FIGURES.items():
        figure = result[field]
        if isinstance(figure, int | float):
            metrics.add_metric(name, unit, figure)
    logger.info("Export landed", key=result["key"], rows=result["rows"], changed=result["changed"])
    return result
