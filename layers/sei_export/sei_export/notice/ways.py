"""Where a person can look and what he can do: links into the console, and commands.

The console's address is another one in each partition:
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

import json
import shlex
from typing import NamedTuple
from urllib.parse import quote

from sei_export.jsontypes import JsonObject

_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_MOST_INPUT_CHARACTERS = 2000
"""Of an input that stands in a command; a longer one is read from the execution."""


class Execution(NamedTuple):
    """An execution, by its ARN.

    Attributes:
        arn: All of it.
        partition: Such as `aws`.
        region: Such as `eu-west-1`.
        account: Twelve digits.
        machine: The state machine's name.
        name: The execution's.
    """

    arn: str
    partition: str
    region: str
    account: str
    machine: str
    name: str

    @classmethod
    def of(cls, arn: str) -> "Execution":
        """Take an ARN apart; what is not there is empty.

        `arn:<partition>:states:<region>:<account>:execution:<machine>:<name>`
        """
        parts = [*arn.split(":", 7), *[""] * 8][:8]
        return cls(arn, parts[1], parts[3], parts[4], parts[6], parts[7])

    @classmethod
    def of_machine(cls, arn: str) -> "Execution":
        """No execution yet: one that may be started, of a state machine."""
        return cls.of(f"{arn.replace(':stateMachine:', ':execution:')}:")

    @property
    def machine_arn(self) -> str:
        """The state machine's ARN."""
        where = f"{self.partition}:states:{self.region}:{self.account}"
        return f"arn:{where}:stateMachine:{self.machine}"

    @property
    def console(self) -> str:
        """The console's page of it."""
        return self._page("states", f"/v2/executions/details/{quote(self.arn, safe=':')}")

    def stack_console(self, stack: str) -> str:
        """The console's page of stacks of this name, in the same region."""
        return self._page("cloudformation", f"/stacks?filteringText={quote(stack)}")

    def describe(self) -> str:
        """The command that shows what it was given and how it ended."""
        return self._command("describe-execution", "--execution-arn", self.arn)

    def list_all(self) -> str:
        """The command that lists the machine's last executions, each with its end."""
        listed = self._command("list-executions", "--state-machine-arn", self.machine_arn)
        return f"{listed} --max-items 10"

    def start(self, given: JsonObject | None) -> str:
        """The command that starts another execution.

        Args:
            given: Its input; None for the very input of this one.
        """
        start = self._command("start-execution", "--state-machine-arn", self.machine_arn)
        text = shlex.quote(json.dumps(given))
        if given is not None and len(text) <= _MOST_INPUT_CHARACTERS:
            return f"{start} --input {text}"
        read = f"{self.describe()} --query input --output text"
        return f'{start} --input "$({read})"'

    def _page(self, service: str, place: str) -> str:
        host = _CONSOLES.get(self.partition, "console.aws.amazon.com")
        return f"https://{self.region}.{host}/{service}/home?region={self.region}#{place}"

    def _command(self, name: str, option: str, value: str) -> str:
        where = f" --region {shlex.quote(self.region)}" if self.region else ""
        return f"aws stepfunctions {name} {option} {shlex.quote(value)}{where}"


def store_secret(arn: str, region: str) -> str:
    """The command that stores a secret's new value, which it reads from the terminal."""
    return (
        f"aws secretsmanager put-secret-value --secret-id {shlex.quote(arn)} "
        f"--region {shlex.quote(region)} --secret-string file:///dev/stdin"
    )


def show_object(bucket: str, key: str, region: str) -> str:
    """The command that shows a JSON document of the bucket."""
    url = shlex.quote(f"s3://{bucket}/{key}")
    return f"aws s3 cp {url} - --region {shlex.quote(region)}"
