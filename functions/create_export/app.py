"""State CreateExport: validate the execution's input and create the export."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.input.payload import text_field, time_field
from sei_export.jsontypes import JsonObject
from sei_export.settings import RequestDefaults
from sei_export.steps.create_export import create_export

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `executionArn` and `startedAt`; return the export for the next states."""
    export = create_export(
        given=event.get("input"),
        started_at=time_field(event, "startedAt"),
        execution_arn=text_field(event, "executionArn"),
        defaults=RequestDefaults.load(),
        connect=wiring.connector(context),
        read_json=lambda key: wiring.documents().read_json(key),
    )
    metrics.add_dimension("report", str(export["report"]))
    name = "ExportsReused" if export["reused"] else "ExportsCreated"
    metrics.add_metric(name, MetricUnit.Count, 1)
    logger.info(name, export_id=export["exportId"], request=export["request"])
    return export
