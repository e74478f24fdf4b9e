"""What every function's entry has: its log, its metrics, and how its process runs."""

import gc
import logging
import warnings
from collections.abc import Callable
from functools import wraps

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export.jsontypes import JsonObject, JsonValue

type Handler = Callable[[JsonObject, LambdaContext], JsonObject]

# A start makes a hundred thousand objects that stay: looking for garbage among them again and again
# is up to a tenth of its time. What is dropped later is freed by its reference count.
gc.set_threshold(200_000)

logger = Logger()
metrics = Metrics()
# Powertools knows only loggers that exist, whichever modules of the package are imported before.
logging.getLogger("sei_export")
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})
# An invocation that fails has none; the warning would be a line that names no execution.
warnings.filterwarnings("ignore", message="No application metrics to publish")

_MOST_CHARACTERS = 1000
"""Of a name in the log: what a payload has in its place may be anything."""


def entry(correlation_id_path: str = "executionArn") -> Callable[[Handler], Handler]:
    """Decorate a function's handler: its context goes into the log, its metrics are flushed.

    Args:
        correlation_id_path: Where the payload has what all lines of one execution are found by.
    """

    def decorate(handler: Handler) -> Handler:
        flushed = metrics.log_metrics(_telling(handler))
        decorated: Handler = logger.inject_lambda_context(
            flushed, correlation_id_path=correlation_id_path, clear_state=True
        )
        return decorated

    return decorate


def name_lines(**names: JsonValue) -> None:
    """Have every further line of the invocation tell these, in whichever thread it is logged.

    Args:
        names: `run`, `item`, `export_id`, `report`; what is no text, or empty, is not known.
    """
    known = {
        name: value[:_MOST_CHARACTERS]
        for name, value in names.items()
        if isinstance(value, str) and value
    }
    logger.append_keys(**known)
    for name, value in known.items():
        # Metrics have the report as a dimension.
        if name != "report":
            metrics.add_metadata(name, value)


def _telling(handler: Handler) -> Handler:
    """Name each line, and log what is raised: the platform's own line about it names nothing."""

    @wraps(handler)
    def told(payload: JsonObject, context: LambdaContext) -> JsonObject:
        # What is kept of an invocation that had none to flush.
        metrics.clear_metrics()
        name_lines(**_names(payload))
        try:
            return handler(payload, context)
        except Exception as error:
            # Where it was raised is in the platform's line.
            logger.error("%s: %s", type(error).__name__, error)  # noqa: TRY400 - as above
            raise

    return told


def _names(payload: JsonValue) -> JsonObject:
    """What a payload tells of the batch's run, the item there, the export and its report."""
    item = _field(payload, "item")
    asked = _field(item if isinstance(item, dict) else payload, "input")
    export, result = _field(payload, "export"), _field(payload, "result")
    return {
        "run": _field(payload, "run"),
        "item": _field(item, "id") if isinstance(item, dict) else item,
        "export_id": _field(export, "exportId") or _field(result, "exportId"),
        "report": _field(export, "report") or _field(asked, "report"),
    }


def _field(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None
