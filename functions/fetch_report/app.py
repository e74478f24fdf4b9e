"""State FetchReport: land a report of the legacy API, verified, and announce it."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.figures import add_figures, tell_slow_gzip
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.fetch_report import fetch_report


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export`, `executionArn`, `run` and `item`; return the result."""
    tell_slow_gzip(metrics, on_lambda=settings.on_lambda())
    result = fetch_report(event, wiring.connector(context, fresh_key=True), wiring.landing())
    add_figures(metrics, result)
    logger.info("Report landed", key=result["key"], rows=result["rows"], changed=result["changed"])
    return result
