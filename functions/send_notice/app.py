"""Target of the stack's rules: a text for people about what is news in an event."""

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sei_export import wiring
from sei_export.handler import entry, logger, metrics
from sei_export.jsontypes import JsonObject
from sei_export.steps.send_notice import send_notice


@entry(correlation_id_path="detail.executionArn")
def handler(event: JsonObject, context: LambdaContext) -> JsonObject:  # noqa: ARG001 - Lambda passes it
    """Take an event of EventBridge; return the subjects of what was sent."""
    told = send_notice(event, wiring.notice_desk())
    subjects = told["told"]
    if isinstance(subjects, list) and subjects:
        metrics.add_metric("NoticesSent", MetricUnit.Count, len(subjects))
    logger.info("Event heard", kind=event["detail-type"], told=subjects)
    return told
