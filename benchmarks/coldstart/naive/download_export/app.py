"""The transfer as it is commonly written: every helper imported, every client made at import."""

import json
import os

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()
metrics = Metrics()
tracer = Tracer()
s3 = boto3.client("s3")
events = boto3.client("events")


class Export(BaseModel):
    """What is downloaded."""

    exportId: str  # noqa: N815 - the event's name
    report: str


class Event(BaseModel):
    """The input."""

    export: Export


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, object], _context: LambdaContext) -> dict[str, object]:
    """Download the file, store it, tell about it."""
    export = parse(event=event, model=Event).export
    key = parameters.get_secret(os.environ["API_KEY_SECRET_ARN"])
    path = f"v2/insights/{export.report}/exports/{export.exportId}/download"
    headers = {"Authorization": f"ApiKey {key}"}
    answer = requests.get(f"{os.environ['HARNESS_BASE_URL']}{path}", headers=headers, timeout=30)
    answer.raise_for_status()
    bucket = os.environ["EXPORT_BUCKET"]
    s3.put_object(Bucket=bucket, Key=f"{export.exportId}.csv", Body=answer.content)
    detail = json.dumps({"bucket": bucket, "key": f"{export.exportId}.csv"})
    events.put_events(
        Entries=[{"Source": "export", "DetailType": "ExportCompleted", "Detail": detail}]
    )
    metrics.add_metric("Downloads", MetricUnit.Count, 1)
    return {"size": len(answer.content)}
