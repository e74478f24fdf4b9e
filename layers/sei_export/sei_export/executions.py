"""Asking Step Functions about executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
"""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

logger = logging.getLogger(__name__)


class Told(NamedTuple):
    """What Step Functions tells of an execution; empty where it does not.

    Attributes:
        given: Its input, a JSON text.
        started: When it was started.
        error: The name of the error that ended it.
        cause: What that says.
    """

    given: str
    started: datetime
    error: str
    cause: str


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

    def ask(self, execution_arn: str) -> Told | None:
        """Ask what an execution was given, and what ended it; None if nobody can tell."""
        try:
            found = self._states.describe_execution(executionArn=execution_arn)
        except Exception as error:  # noqa: BLE001 - not known, whatever this is
            logger.warning("What %s was given is not known: %s", execution_arn, error)
            return None
        return Told(
            found.get("input", ""),
            found["startDate"],
            found.get("error", ""),
            found.get("cause", ""),
        )
