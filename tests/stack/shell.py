"""A person at a shell who has nothing but the docs: their lines are run as they stand."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cloud.stack import SIMULATOR_KEY, LocalCloud
from local.paths import LOCAL, ROOT
from tests.stack.harness import Harness

_AWS = '#!/bin/sh\nexec "{python}" "{root}/tests/fakes/aws_command.py" "$@"\n'
_PATIENCE_SECONDS = 300


class Shell:
    """Runs lines on the local cloud, in a folder of its own.

    Args:
        cloud: Where they are run, over TLS as on AWS.
        stack: The deployed stack.
        folder: Where the lines are run; gets the command `aws`, too.
    """

    def __init__(self, cloud: LocalCloud, stack: Harness, folder: Path) -> None:
        (folder / "bin").mkdir()
        command = folder / "bin" / "aws"
        command.write_text(_AWS.format(python=sys.executable, root=ROOT))
        command.chmod(0o755)
        self.folder = folder
        self._known = ""
        self._environment = os.environ | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": cloud.tls_url,
            "AWS_CA_BUNDLE": str(LOCAL / "test" / "ca.pem"),
            "AWS_DEFAULT_REGION": stack.stack.region,
            # Any credentials are the emulator's root.
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def learn(self, lines: str) -> None:
        """Run lines whose variables and functions the later ones use."""
        names = self.run(f"{lines}\ndeclare -p STACK BATCH EXPORT BUCKET\ndeclare -f")
        self._known = names

    def run(self, lines: str, **given: str) -> str:
        """Run lines, with these variables set; what they print. The terminal has the API key."""
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{self._known}\n{lines}"],
            env=self._environment | given,
            input=f"{SIMULATOR_KEY}\n",
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        assert ran.returncode == 0, f"{lines}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout.strip()


@contextmanager
def unchanged(stack: Harness) -> Iterator[None]:
    """Put the stack's parameters back as they were."""
    cloudformation, name = stack.aws.cloudformation, stack.stack.name
    (before,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    yield
    (after,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    if after["Parameters"] == before["Parameters"]:
        return
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=before["Parameters"],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    waiter = cloudformation.get_waiter("stack_update_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1})
