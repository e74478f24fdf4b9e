"""State CloseHarvest: the harvest's manifest."""

from datetime import UTC, datetime

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.close_harvest import close_harvest


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take `run`, `pages`, `more`, `executionArn`, `startedAt`, `failure`; return how it ended."""
    closed = close_harvest(event, wiring.documents(), now=lambda: datetime.now(UTC))
    totals = closed["totals"]
    if isinstance(totals, dict):
        for name in ("landed", "failed", "givenUp"):
            metric = f"Harvest{name[0].upper()}{name[1:]}"
            metrics.add_metric(metric, MetricUnit.Count, float(str(totals[name])))
    logger.info("Harvest closed", status=closed["status"], totals=totals)
    return closed
