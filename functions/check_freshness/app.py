"""Target of the daily schedule: how old the newest complete run is, and what stands in the way."""

from datetime import UTC, datetime

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.check_freshness import check_freshness


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take perhaps `scheduledTime` and `dryRun`; return what was found."""
    found = check_freshness(event, wiring.freshness_watch(context), datetime.now(UTC))
    if event.get("dryRun") is not True:
        hours = float(str(found["hoursSinceComplete"]))
        metrics.add_metric("HoursSinceComplete", MetricUnit.Count, hours)
    logger.info("Looked at freshness", found=found)
    return found
