"""Somebody who is told: a queue behind the stack's topic."""

import json
import time
from dataclasses import dataclass, field

from sei_export.jsontypes import JsonObject
from tests.stack.harness import Harness

PATIENCE_SECONDS = 100.0
"""A text comes within seconds; at Lambda's second try, a minute later."""


@dataclass
class Subscriber:
    """A queue that is subscribed to the stack's topic; keeps what it received."""

    stack: Harness
    url: str
    texts: list[JsonObject] = field(default_factory=list)

    @classmethod
    def of(cls, stack: Harness) -> "Subscriber":
        """Subscribe."""
        url, arn = make_queue(stack, "told")
        topic = stack.stack.outputs["NotificationTopicArn"]
        stack.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return cls(stack, url)

    def find(self, text: str, least: int = 1) -> list[JsonObject]:
        """The texts that have this in them; waits for so many, then for repeats."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self._with(text)) < least and time.monotonic() < deadline:
            self._receive()
        if least:
            time.sleep(1)
            self._receive()
        return self._with(text)

    def titles(self) -> list[str]:
        """What was received so far, by its subjects."""
        return [str(it["content"]["title"]) for it in self.texts if isinstance(it["content"], dict)]

    def _with(self, text: str) -> list[JsonObject]:
        return [it for it in self.texts if text in json.dumps(it)]

    def _receive(self) -> None:
        answer = self.stack.aws.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            body = json.loads(message["Body"])
            self.texts.append(json.loads(body["Message"]))
            self.stack.aws.sqs.delete_message(
                QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
            )
        if not answer.get("Messages"):
            time.sleep(0.2)


def make_queue(stack: Harness, name: str) -> tuple[str, str]:
    """Make a queue that the stack's topic may write into: its URL and its ARN."""
    sqs = stack.aws.sqs
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn["QueueArn"],
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": stack.stack.outputs["NotificationTopicArn"]}
                },
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    return url, arn["QueueArn"]
