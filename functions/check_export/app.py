"""State CheckExport: ask once where the export is."""

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.check_export import check_export


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export` and `executionArn`, and of a batch `run` and `item`.

    Return `status` and, for a bad end, `failure`.
    """
    answer = check_export(event, wiring.connector(context))
    metrics.add_metric("Polls", MetricUnit.Count, 1)
    logger.info("Export is %s", answer["status"], failure=answer.get("failure"))
    return answer
