"""Publishing to a topic of SNS.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from typing import TYPE_CHECKING

from sei_export.bucket.refusals import SDK_ERRORS, code_of, is_passing
from sei_export.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from sei_export.notice.text import Notice


class Topic:
    """One topic.

    Args:
        sns: boto3's client.
        arn: The topic's.
    """

    def __init__(self, sns: "SNSClient", arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def send(self, notice: "Notice") -> None:
        """Send one text to all subscribers.

        Args:
            notice: Mails get its text, all others its form for chats. Subscriptions can filter by
                the attribute `kind`.

        Raises:
            ConfigurationError: The topic may not be used.
            ServiceUnavailableError: SNS does not answer.
        """
        try:
            self._sns.publish(
                TopicArn=self._arn,
                Subject=notice.subject,
                Message=json.dumps({"default": json.dumps(notice.chat()), "email": notice.mail()}),
                MessageStructure="json",
                MessageAttributes={
                    "kind": {"DataType": "String", "StringValue": notice.kind},
                },
            )
        except SDK_ERRORS as error:
            code = code_of(error)
            if is_passing(error):
                raise ServiceUnavailableError(
                    f"SNS did not take a text for {self._arn}: {code}."
                ) from error
            raise ConfigurationError(
                f"SNS refuses a text for {self._arn} ({code}).",
                remedy=(
                    "Check that the topic of NotificationTopicArn is there, that its policy and "
                    "the policy of its KMS key allow the function's role to publish."
                ),
            ) from error
