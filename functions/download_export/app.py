"""State DownloadExport: land the completed export, verified, and announce it."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import settings, wiring
from sei_export.figures import add_figures, tell_slow_gzip
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.download_export import download_export


@entry()
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:
    """Take `export`, `executionArn`, `polls`, `attempts`, `run` and `item`; return the result.

    Or `finished`: false, if another invocation has to go on.
    """
    tell_slow_gzip(metrics, on_lambda=settings.on_lambda())
    result = download_export(event, wiring.connector(context), wiring.landing(), wiring.staging)
    if result.get("finished") is False:
        return result
    add_figures(metrics, result)
    logger.info("Export landed", key=result["key"], rows=result["rows"], changed=result["changed"])
    return result
