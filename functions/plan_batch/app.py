"""State PlanBatch: from a plan to the items of the first round."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger
from sei_export.jsontypes import JsonObject
from sei_export.steps.plan_batch import plan_batch


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `run`, `executionArn` and `startedAt`; return the first round, or a dry run."""
    planned = plan_batch(
        event,
        settings.batch_defaults(),
        wiring.connector(context, fresh_key=True),
        wiring.documents(),
        is_running=lambda arn: wiring.executions().is_running(arn),
        retention=settings.retention(),
    )
    logger.info("Batch planned", dry_run=planned.get("dryRun", False))
    return planned
