"""State PlanBatch: from a plan to the items of the first round."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.input.payload import text_field, time_field
from sei_export.jsontypes import JsonObject
from sei_export.settings import BatchSettings
from sei_export.steps.plan_batch import BatchRun, plan_batch

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `run`, `executionArn` and `startedAt`; return the first round, or a dry run."""
    planned = plan_batch(
        given=event.get("input"),
        run=BatchRun(
            name=text_field(event, "run"),
            execution_arn=text_field(event, "executionArn"),
            started_at=time_field(event, "startedAt"),
        ),
        settings=BatchSettings.load(),
        connect=wiring.connector(context),
        documents=wiring.documents(),
    )
    logger.info("Batch planned", run=planned["run"], dry_run=planned.get("dryRun", False))
    return planned
