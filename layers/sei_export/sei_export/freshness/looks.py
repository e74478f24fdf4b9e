"""Looks at what exports need: a schedule that starts them, a queue that is empty, a key.

Each raises where nobody can tell, which is no finding.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from sei_export import dates
from sei_export.api.client import Connect
from sei_export.api.trees import try_key
from sei_export.bucket.refusals import code_of
from sei_export.errors import AuthenticationError, ConfigurationError
from sei_export.freshness.finding import (
    DEAD_LETTERS,
    KEY_OLD,
    KEY_REFUSED,
    KEY_UNUSABLE,
    SCHEDULE_DISABLED,
    Finding,
)

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_NOT_THERE = "ResourceNotFoundException"


class Project(NamedTuple):
    """Where the key belongs."""

    org: str
    project: str


class Schedule(NamedTuple):
    """The schedule that starts batches.

    Attributes:
        scheduler: boto3's client.
        arn: `arn:<partition>:scheduler:<region>:<account>:schedule/<group>/<name>`
    """

    scheduler: "EventBridgeSchedulerClient"
    arn: str

    def look(self) -> Finding | None:
        """Find it disabled, or gone.

        Raises:
            Exception: As boto3 raises.
        """
        *_, group, name = self.arn.split("/")
        try:
            state = self.scheduler.get_schedule(GroupName=group, Name=name)["State"]
        except ClientError as error:
            if code_of(error) != _NOT_THERE:
                raise
            return Finding(
                SCHEDULE_DISABLED,
                f"The schedule {group}/{name} is not there any more: no batch starts by itself.",
                "Deploy the stack again with another ScheduleExpression, and then with the right "
                "one: CloudFormation makes the schedule anew only where something changes.",
            )
        if state == "ENABLED":
            return None
        return Finding(
            SCHEDULE_DISABLED,
            f"The schedule {group}/{name} is {state}, although ScheduleState is ENABLED: no batch "
            "starts by itself.",
            "Enable it in the console of EventBridge Scheduler; if it is to stay so, deploy the "
            "stack with ScheduleState=DISABLED.",
        )


class Letters(NamedTuple):
    """The queue of what could not be started or delivered.

    Attributes:
        sqs: boto3's client.
        url: The queue's.
    """

    sqs: "SQSClient"
    url: str

    def look(self) -> Finding | None:
        """Find messages in it.

        Raises:
            Exception: As boto3 raises.
        """
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if not count:
            return None
        return Finding(
            DEAD_LETTERS,
            f"{'A message waits' if count == 1 else f'{count} messages wait'} in {self.url}: runs "
            "that could not be started, or events that nobody was told of.",
            f"Look at one: aws sqs receive-message --queue-url {self.url} "
            "--message-attribute-names All; it names what failed. When that is mended and run, "
            f"empty the queue: aws sqs purge-queue --queue-url {self.url}",
        )


class KeyAge(NamedTuple):
    """How old the API key may be.

    Attributes:
        secrets: boto3's client.
        arn: The secret's.
        most_days: From how many days on it is old; 0: never.
    """

    secrets: "SecretsManagerClient"
    arn: str
    most_days: int

    def look(self, now: datetime) -> Finding | None:
        """Find it old: counted from the day on which the current value was stored.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html

        Raises:
            Exception: As boto3 raises.
        """
        if not self.most_days:
            return None
        try:
            stored = self.secrets.get_secret_value(SecretId=self.arn)["CreatedDate"]
        except ClientError as error:
            if code_of(error) == _NOT_THERE:
                # There is no key; who tries it finds that.
                return None
            raise
        if now - stored < timedelta(days=self.most_days):
            return None
        return Finding(
            KEY_OLD,
            f"The API key was stored at {dates.format_moment(stored)}, {(now - stored).days} days "
            f"ago; KeyMaxAgeDays is {self.most_days}.",
            "Make a new key at Harness and store it: aws secretsmanager put-secret-value "
            f"--secret-id {self.arn} --secret-string file:///dev/stdin; running exports take it.",
        )


def look_at_key(connect: Connect, project: Project) -> Finding | None:
    """Find that there is no key, or that the API refuses it.

    Raises:
        SeiExportError: The API does not answer, allows no more calls, or answers something else.
    """
    try:
        try_key(connect(project))
    except ConfigurationError as error:
        return Finding(KEY_UNUSABLE, error.message, error.remedy)
    except AuthenticationError as error:
        return Finding(KEY_REFUSED, error.message, error.remedy)
    return None
