"""What every function's entry has: its log, its metrics, and how its process runs."""

import gc
import logging
from collections.abc import Callable

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import utils
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export.jsontypes import JsonObject

type Handler = Callable[[JsonObject, LambdaContext], JsonObject]

# A start makes a hundred thousand objects that stay: looking for garbage among them again and again
# is up to a tenth of its time. What is dropped later is freed by its reference count.
gc.set_threshold(200_000)

logger = Logger()
metrics = Metrics()
# Powertools knows only loggers that exist, whichever modules of the package are imported before.
logging.getLogger("sei_export")
utils.copy_config_to_registered_loggers(logger, include={"sei_export"})


def entry(correlation_id_path: str = "executionArn") -> Callable[[Handler], Handler]:
    """Decorate a function's handler: its context goes into the log, its metrics are flushed.

    Args:
        correlation_id_path: Where the payload has what all lines of one run are found by.
    """

    def decorate(handler: Handler) -> Handler:
        flushed = metrics.log_metrics(handler)
        decorated: Handler = logger.inject_lambda_context(
            flushed, correlation_id_path=correlation_id_path, clear_state=True
        )
        return decorated

    return decorate
