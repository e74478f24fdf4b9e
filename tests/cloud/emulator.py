"""Asks the emulator's engine, in a process of its own: with mends, or without."""

import json
import subprocess
from typing import Any

from local.paths import CLOUD_PYTHON, ROOT
from sei_export.jsontypes import JsonValue

EMULATOR = ROOT / "local" / "cloud" / "emulator"

type Told = Any
"""JSON whose form its own test asserts."""

BEGIN = """
import json, os, sys, threading, time
given, mends = json.loads(sys.stdin.read())
sys.path.insert(0, os.getcwd())
from ministack.services import eventbridge, stepfunctions as engine

def mend():
    for name in mends:
        __import__(name)

def tell(value):
    print(json.dumps(value), flush=True)
    os._exit(0)  # threads may still wait
"""


def ask(script: str, given: JsonValue, *mends: str) -> Told:
    """What a script tells of its input, with the given mends imported."""
    done = subprocess.run(
        [CLOUD_PYTHON, "-c", BEGIN + script],
        cwd=EMULATOR,
        input=json.dumps([given, mends]),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
