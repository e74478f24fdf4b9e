"""State CreateExport: validate the execution's input and create the export."""

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.create_export import create_export


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `executionArn` and `startedAt`; return the export for the next states."""
    export = create_export(
        event,
        settings.request_defaults(),
        wiring.connector(context, fresh_key=True),
        read_json=lambda key: wiring.hints().read_json(key),
    )
    metrics.add_dimension("report", str(export["report"]))
    name = "ExportsReused" if export["reused"] else "ExportsCreated"
    metrics.add_metric(name, MetricUnit.Count, 1)
    logger.info(name, export_id=export["exportId"], request=export["request"])
    return export
