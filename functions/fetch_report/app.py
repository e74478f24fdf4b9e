"""State FetchReport: land a report of the legacy API, verified, and announce it."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.figures import add_figures
from sei_export.input.payload import text_field
from sei_export.jsontypes import JsonObject
from sei_export.manifest import Run
from sei_export.steps.fetch_report import fetch_report

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export` and `executionArn`; return the result."""
    run = Run(execution_arn=text_field(event, "executionArn"), polls=0, attempts=1)
    connect = wiring.connector(context)
    result = fetch_report(event.get("export"), run, connect, wiring.landing())
    add_figures(metrics, result)
    logger.info("Report landed", key=result["key"], rows=result["rows"], changed=result["changed"])
    return result
