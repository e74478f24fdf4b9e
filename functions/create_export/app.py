"""State CreateExport: validate the execution's input and create the export."""

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger, metrics, name_lines
from sei_export.jsontypes import JsonObject
from sei_export.steps.create_export import create_export


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `executionArn` and `startedAt`, and of a batch `run` and `item`.

    Return the export for the next states.
    """
    export = create_export(
        event,
        settings.request_defaults(),
        wiring.connector(context, fresh_key=True),
        read_json=lambda key: wiring.hints().read_json(key),
        tell=name_lines,
    )
    metrics.add_dimension("report", str(export["report"]))
    name = "ExportsReused" if export["reused"] else "ExportsCreated"
    metrics.add_metric(name, MetricUnit.Count, 1)
    logger.info(name, fingerprint=export["requestFingerprint"])
    return export
