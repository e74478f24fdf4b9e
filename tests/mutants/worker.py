"""Runs pytest again and again in the folder where it is started, each time in a fork.

What takes long to import and is none of the project's is imported once. Reads a JSON line for each
run, with pytest's arguments and the seconds that it may take, and answers with the exit code, or
null after those seconds.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

OTHERS = (
    *("boto3", "botocore.session", "hypothesis.strategies", "isal.igzip", "jsonata", "jsonschema"),
    *("_pytest.assertion.rewrite", "pytest", "requests", "urllib3", "xdist.scheduler"),
    *("samcli.yamlhelper", "samtranslator.translator.translator", "aws_lambda_powertools"),
    *("xdist.plugin", "xdist.looponfail", "pytest_timeout", "pytest_socket", "trustme", "yaml"),
    *("_hypothesis_pytestplugin", "anyio.pytest_plugin", "schemathesis.pytest.plugin"),
)
MEMORY = 8 * 2**30
"""Bytes of addresses that a run may have: what grows for ever ends, and ends nothing else."""


def _run(arguments: list[str]) -> int:
    # A group of its own, to be ended as one; in the same session, whose share of the CPU counts.
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    quiet = os.open(os.devnull if not os.environ.get("LOUD") else "/dev/stderr", os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    import pytest  # noqa: PLC0415 - in the fork, as it would be without one

    # Plain asserts, since plugins that are imported already cannot be rewritten.
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *arguments]))


def _code(arguments: list[str], seconds: float) -> int | None:
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = _run(arguments)
        finally:
            os._exit(code)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            # What a signal ended is no green run.
            return max(os.waitstatus_to_exitcode(status), -1) if status else 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def main() -> None:
    """Answer line by line."""
    # As `python -m pytest` does; the script's own folder has no part in the tests.
    sys.path[0] = str(Path.cwd())
    for name in OTHERS:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    for line in sys.stdin:
        arguments, seconds = json.loads(line)
        sys.stdout.write(json.dumps(_code(arguments, seconds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
