"""Asking CloudFormation about stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class Stacks:
    """Stacks of the account.

    Args:
        cloudformation: boto3's client.
    """

    def __init__(self, cloudformation: "CloudFormationClient") -> None:
        self._cloudformation = cloudformation

    def is_rolling_back(self, stack_id: str) -> bool:
        """Tell whether a stack goes back to what was deployed before.

        Raises:
            ClientError, BotoCoreError: CloudFormation does not say.
        """
        [stack] = self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
        return "ROLLBACK" in stack["StackStatus"]
