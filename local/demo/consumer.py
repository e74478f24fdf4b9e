"""A downstream listener: a queue that EventBridge fills with the exporter's events."""

import json
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.cloud.aws import Aws

SOURCE = "harness.sei.export"
_NAME = "sei-export-listener"
_LONGEST_WAIT = 20
"""Seconds; SQS waits no longer in one call."""


class Consumer:
    """Receives every event of the exporter.

    Args:
        aws: Clients.
        bus: The event bus that the stack publishes on.

    Attributes:
        passed: Of the events that `receive` was not asked for, how many there were of each type.
    """

    def __init__(self, aws: "Aws", bus: str) -> None:
        self._aws = aws
        self._bus = bus
        self.queue_url = ""
        self.passed: Counter[str] = Counter()

    def subscribe(self) -> None:
        """Make the queue, and the rule that fills it."""
        sqs, events = self._aws.sqs, self._aws.events
        self.queue_url = sqs.create_queue(QueueName=_NAME)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]
        queue_arn = attributes["QueueArn"]
        rule_arn = events.put_rule(
            Name=_NAME, EventBusName=self._bus, EventPattern=json.dumps({"source": [SOURCE]})
        )["RuleArn"]
        # Without it EventBridge drops the events and tells nobody.
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"Policy": json.dumps(policy)})
        events.put_targets(
            Rule=_NAME, EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": queue_arn}]
        )

    def receive(self, execution_arn: str, seconds: float) -> dict[str, object]:
        """The event of one execution; it leaves the queue.

        Args:
            execution_arn: The execution that published it.
            seconds: How long to wait for it.

        Raises:
            RuntimeError: It did not come in time.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            answer = self._aws.sqs.receive_message(
                QueueUrl=self.queue_url, WaitTimeSeconds=min(_LONGEST_WAIT, int(left) + 1)
            )
            for message in answer.get("Messages", []):
                self._aws.sqs.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                event: dict[str, object] = json.loads(message["Body"])
                detail = event["detail"]
                if isinstance(detail, dict) and detail["executionArn"] == execution_arn:
                    return event
                self.passed[str(event["detail-type"])] += 1
        raise RuntimeError(f"No event of {execution_arn} reached the queue in {seconds:.0f} s.")
