"""State RecordOutcome: write down how one item of a batch, or one export of a harvest, ended."""

from datetime import UTC, datetime

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.handler import entry, logger, metrics, name_lines
from sei_export.jsontypes import JsonObject
from sei_export.steps.record_outcome import record_outcome


@entry(correlation_id_path="item.name || executionArn")
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take `run`; `round` and `item`, or `export`; `result` or `failure`; return the outcome."""
    outcome = record_outcome(
        event, wiring.documents(), wiring.hints(), now=lambda: datetime.now(UTC)
    )
    if "export" in event:
        logger.info("Export not landed", failure=outcome)
        return outcome
    # Of one that failed, the text of its failure names it.
    name_lines(export_id=outcome.get("exportId"))
    landed = outcome["landed"] is not None
    metrics.add_metric("ItemsLanded" if landed else "ItemsFailed", MetricUnit.Count, 1)
    logger.info("Item landed" if landed else "Item failed", failure=outcome["failure"])
    return outcome
