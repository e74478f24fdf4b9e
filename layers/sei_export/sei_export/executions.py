"""Asking Step Functions about executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
"""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

logger = logging.getLogger(__name__)


class Executions:
    """Executions of state machines.

    Args:
        states: boto3's client.
    """

    def __init__(self, states: "SFNClient") -> None:
        self._states = states

    def is_running(self, execution_arn: str) -> bool:
        """Tell whether an execution is known to run.

        It is not where nobody can tell: Step Functions forgets executions after 90 days, and an
        earlier version of the stack may have had another state machine.
        """
        try:
            # Its input and output may be large, and encrypted.
            found = self._states.describe_execution(
                executionArn=execution_arn, includedData="METADATA_ONLY"
            )
        except Exception as error:  # noqa: BLE001 - not known, whatever this is
            logger.warning("Whether %s still runs is not known: %s", execution_arn, error)
            return False
        return found["status"] == "RUNNING"
