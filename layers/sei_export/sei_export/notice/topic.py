"""Publishing to a topic of SNS.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from typing import TYPE_CHECKING

from sei_export.bucket.refusals import SDK_ERRORS, code_of, is_passing
from sei_export.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from sei_export.jsontypes import JsonObject


class Topic:
    """One topic.

    Args:
        sns: boto3's client.
        arn: The topic's.
    """

    def __init__(self, sns: "SNSClient", arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, subject: str, mail: str, chat: "JsonObject", names: dict[str, str]) -> None:
        """Send one text to all subscribers.

        Args:
            subject: ASCII, below 100 characters.
            mail: What mails say.
            chat: What all others get, a JSON object.
            names: Attributes, by which subscriptions filter.

        Raises:
            ConfigurationError: The topic may not be used.
            ServiceUnavailableError: SNS does not answer.
        """
        try:
            self._sns.publish(
                TopicArn=self._arn,
                Subject=subject,
                Message=json.dumps({"default": json.dumps(chat), "email": mail}),
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in names.items()
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
