"""One command, run and measured."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench.native import compile as native
from local.paths import ROOT


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took.

    Attributes:
        wall: Seconds.
        cpu: Seconds, of it and all its children.
        rss: Bytes of memory at the peak, of the largest process.
    """

    wall: float
    cpu: float
    rss: int


def run(command: Sequence[str], environment: Mapping[str, str], seconds: int) -> Taken:
    """Run a command.

    Args:
        command: Program and arguments.
        environment: All of it.
        seconds: After which it is killed.

    Raises:
        RuntimeError: It failed or was killed; the message has what it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "taken.json"
        measure = str(native.program("measure"))
        child = subprocess.Popen(
            [measure, str(report), str(seconds), *command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            output, _ = child.communicate()
        finally:
            # It ends its command before itself.
            if child.poll() is None:
                child.terminate()
                child.wait()
        taken = json.loads(report.read_text()) if report.exists() else {"exit": child.returncode}
    if taken["exit"] != os.EX_OK:
        words = " ".join(command)
        raise RuntimeError(f"{words} ended with {taken['exit']}:\n{output[-3000:]}")
    return Taken(wall=taken["wall"], cpu=taken["cpu"], rss=taken["rss"])
