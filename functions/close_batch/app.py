"""State CloseBatch: another round, or the manifest."""

from datetime import UTC, datetime

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.close_batch import close_batch


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take `run`, `round`, `executionArn`, perhaps `mapFailure`; return what comes next."""
    closed = close_batch(
        event,
        wiring.documents(),
        now=lambda: datetime.now(UTC),
        retention=settings.retention(),
    )
    totals = closed.get("totals")
    if isinstance(totals, dict):
        for name in ("landed", "failed", "missing"):
            metrics.add_metric(f"Batch{name.title()}", MetricUnit.Count, float(str(totals[name])))
    logger.info("Round closed", status=closed["status"], round=closed["round"], totals=totals)
    return closed
