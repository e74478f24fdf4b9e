"""That isal is missing on Lambda is told once in an environment, and nowhere else."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.paths import ROOT
from sei_export.jsontypes import JsonObject, JsonValue
from tests.functions.invocations import ALL, Invocation
from tests.functions.invoke import ENDED
from tests.functions.test_log_lines import environment

# As in a layer for another processor: the package is there, its libraries cannot be loaded.
WITHOUT_ISAL = """
import importlib.abc, sys

class NoBuild(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "isal.isal_zlib":
            raise ImportError(name)

sys.meta_path.insert(0, NoBuild())
"""
INVOKE = "from tests.functions import invoke; invoke.main()"
LAMBDA = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13", "AWS_LAMBDA_FUNCTION_NAME": "f"}
LOCAL_CLOUD = {"AWS_LAMBDA_FUNCTION_NAME": "f"}


def _said(
    folder: Path, invocations: Sequence[Invocation], script: str, variables: dict[str, str]
) -> list[list[JsonObject]]:
    """What each invocation says of isal, all in one process."""
    given = [
        {"function": it.function, "event": it.event, "answers": it.answers, "refused": it.refused}
        for it in invocations
    ]
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(folder) | variables,
        input=json.dumps(given),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said: list[list[JsonObject]] = [[]]
    for line in map(json.loads, done.stdout.splitlines()):
        if ENDED in line:
            said.append([])
        elif "SlowGzip" in line or "isal" in str(line.get("message")):
            said[-1].append(line)
    return said[:-1]


def _of(function: str) -> list[Invocation]:
    return [it for it in ALL if it.function == function]


@pytest.mark.parametrize("function", ["download_export", "fetch_report"])
def test_on_lambda_the_first_invocation_warns_and_counts_whatever_becomes_of_it(
    function: str, tmp_path: Path
) -> None:
    # What fails tells it, too: one of each end as the first.
    for first in {it.ended: it for it in _of(function)}.values():
        invocations = [first, *_of(function)]
        said, *later = _said(tmp_path, invocations, WITHOUT_ISAL + INVOKE, LAMBDA)
        assert later == [[]] * len(_of(function))
        [warning, metric] = said
        assert warning["level"] == "WARNING"
        assert "Remedy: Deploy with `make deploy`" in str(warning["message"])
        assert warning["correlation_id"]
        assert (metric["SlowGzip"], metric["service"]) == ([1.0], "f")
        assert _described(metric) == {
            "Namespace": "SeiExport",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": "SlowGzip", "Unit": "Count"}],
        }


def _described(metric: JsonObject) -> JsonValue:
    aws = metric["_aws"]
    assert isinstance(aws, dict)
    described = aws["CloudWatchMetrics"]
    assert isinstance(described, list)
    [one] = described
    return one


@pytest.mark.parametrize(
    ("script", "variables"),
    [
        pytest.param(WITHOUT_ISAL + INVOKE, {}, id="on a laptop"),
        pytest.param(WITHOUT_ISAL + INVOKE, LOCAL_CLOUD, id="in the local cloud"),
        pytest.param(INVOKE, LAMBDA, id="with isal, on Lambda"),
    ],
)
def test_elsewhere_or_with_isal_nothing_is_said(
    script: str, variables: dict[str, str], tmp_path: Path
) -> None:
    assert not any(_said(tmp_path, ALL, script, variables))


def test_functions_that_move_no_file_say_nothing(tmp_path: Path) -> None:
    others = [it for it in ALL if it.function not in {"download_export", "fetch_report"}]
    assert others
    assert not any(_said(tmp_path, others, WITHOUT_ISAL + INVOKE, LAMBDA))
