"""State DownloadExport: land the completed export, verified, and announce it."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.figures import add_figures
from sei_export.input.payload import count_field, text_field
from sei_export.jsontypes import JsonObject
from sei_export.manifest import Run
from sei_export.steps.download_export import download_export

logger = Logger()
metrics = Metrics()
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


@logger.inject_lambda_context(correlation_id_path="executionArn", clear_state=True)
@metrics.log_metrics
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export`, `executionArn`, `polls` and `attempts`; return the result.

    Or `finished`: false, if another invocation has to go on.
    """
    run = Run(
        execution_arn=text_field(event, "executionArn"),
        polls=count_field(event, "polls"),
        attempts=count_field(event, "attempts"),
    )
    connect = wiring.connector(context)
    landing, staging = wiring.landing(), wiring.staging
    result = download_export(event.get("export"), run, connect, landing, staging)
    if result.get("finished") is False:
        return result
    add_figures(metrics, result)
    logger.info("Export landed", key=result["key"], rows=result["rows"], changed=result["changed"])
    return result
