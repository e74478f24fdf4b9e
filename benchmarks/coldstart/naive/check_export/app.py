"""The poll as it is commonly written: every helper imported."""

import os

import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
tracer = Tracer()


class Export(BaseModel):
    """What is polled."""

    exportId: str  # noqa: N815 - the event's name
    report: str


class Event(BaseModel):
    """The input."""

    export: Export


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, object], _context: LambdaContext) -> dict[str, object]:
    """Ask once where the export is."""
    export = parse(event=event, model=Event).export
    key = parameters.get_secret(os.environ["API_KEY_SECRET_ARN"])
    url = f"{os.environ['HARNESS_BASE_URL']}v2/insights/{export.report}/exports/{export.exportId}"
    answer = requests.get(url, headers={"Authorization": f"ApiKey {key}"}, timeout=30)
    answer.raise_for_status()
    metrics.add_metric("Polls", MetricUnit.Count, 1)
    return {"status": answer.json()["status"]}
