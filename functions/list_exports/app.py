"""State ListExports: one page of completed exports that have not landed."""

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.list_exports import list_exports


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `input`, `cursor`, `run`, `page`, `executionArn` and `startedAt`; return a page."""
    # The marks are looked for ten at a time; when one call hangs, another may have begun.
    fresh_key = not event.get("cursor")
    connect = wiring.connector(context, fresh_key=fresh_key, calls_after=2)
    page = list_exports(event, settings.harvest_defaults(), connect, wiring.documents())
    listed, known = page["listed"], page["known"]
    if isinstance(listed, int) and isinstance(known, int):
        metrics.add_metric("ExportsFound", MetricUnit.Count, listed - known)
    counts = {name: page[name] for name in page if name not in {"exports", "cursor"}}
    logger.info("Page listed", page=counts)
    return page
