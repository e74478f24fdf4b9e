"""State ListExports: one page of completed exports that have not landed."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.input.payload import time_field
from sei_export.jsontypes import JsonObject
from sei_export.settings import ProjectSettings
from sei_export.steps.list_exports import list_exports

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `cursor`, `executionArn` and `startedAt`; return a page."""
    page = list_exports(
        given=event.get("input"),
        cursor=event.get("cursor"),
        started_at=time_field(event, "startedAt"),
        defaults=ProjectSettings.load(),
        connect=wiring.connector(context),
        store=wiring.object_store(),
    )
    listed, known = page["listed"], page["known"]
    if isinstance(listed, int) and isinstance(known, int):
        metrics.add_metric("ExportsFound", MetricUnit.Count, listed - known)
    logger.info("Page listed", page={name: page[name] for name in page if name != "exports"})
    return page
