"""State CloseBatch: another round, or the manifest."""

from datetime import UTC, datetime

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.input.payload import count_field, text_field
from sei_export.jsontypes import JsonObject
from sei_export.steps.close_batch import close_batch

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take `run`, `round`, `executionArn`, perhaps `mapFailure`; return what comes next."""
    closed = close_batch(
        run=text_field(event, "run"),
        number=count_field(event, "round"),
        execution_arn=text_field(event, "executionArn"),
        documents=wiring.documents(),
        now=lambda: datetime.now(UTC),
        map_failure=event.get("mapFailure"),
    )
    totals = closed.get("totals")
    if isinstance(totals, dict):
        for name in ("landed", "failed", "missing"):
            metrics.add_metric(f"Batch{name.title()}", MetricUnit.Count, float(str(totals[name])))
    logger.info("Round closed", status=closed["status"], round=closed["round"], totals=totals)
    return closed
