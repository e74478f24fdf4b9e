"""AWS clients of the local cloud."""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

REGION = "us-east-1"


class Aws:
    """One client per service, made when first used.

    Args:
        endpoint_url: The emulator's.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        # Any credentials are the emulator's root.
        self._session = boto3.Session("test", "test", region_name=REGION)
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path"},
            # Step Functions' TestState would go to a host of its own.
            inject_host_prefix=False,
            max_pool_connections=20,
        )

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation."""
        return self._session.client(
            "cloudformation", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def events(self) -> "EventBridgeClient":
        """EventBridge."""
        return self._session.client("events", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def iam(self) -> "IAMClient":
        """IAM."""
        return self._session.client("iam", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return self._session.client("lambda", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return self._session.client("logs", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        return self._session.client("s3", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def scheduler(self) -> "EventBridgeSchedulerClient":
        """EventBridge Scheduler."""
        return self._session.client(
            "scheduler", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return self._session.client(
            "secretsmanager", endpoint_url=self._endpoint_url, config=self._config
        )

    @cached_property
    def sns(self) -> "SNSClient":
        """SNS."""
        return self._session.client("sns", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return self._session.client("sqs", endpoint_url=self._endpoint_url, config=self._config)

    @cached_property
    def states(self) -> "SFNClient":
        """Step Functions."""
        return self._session.client(
            "stepfunctions", endpoint_url=self._endpoint_url, config=self._config
        )
