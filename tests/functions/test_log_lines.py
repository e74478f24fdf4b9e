"""Every line that functions log tells whose it is: run and item of a batch, export, report.

All functions are invoked in one process: what one invocation was about is not in the next one's
log.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.paths import ROOT
from sei_export.jsontypes import JsonObject
from tests.functions.invocations import ALL, Invocation
from tests.functions.invoke import ENDED

NAMES = ("run", "item", "export_id", "report")


@dataclass(frozen=True)
class Logged:
    """What an invocation printed.

    Attributes:
        lines: Its log.
        figures: Its metrics.
        ended: How it ended.
    """

    lines: list[JsonObject]
    figures: list[JsonObject]
    ended: str


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Logged]:
    """What all invocations printed, by their titles."""
    folder = tmp_path_factory.mktemp("aws")
    given = [
        {
            "function": it.function,
            "event": it.event,
            "answers": it.answers,
            "refused": it.refused,
        }
        for it in ALL
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.functions.invoke"],
        cwd=ROOT,
        env=environment(folder),
        input=json.dumps(given),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # A line there would be one without names.
    assert done.stderr == ""
    found: list[Logged] = []
    lines: list[JsonObject] = []
    for line in map(json.loads, done.stdout.splitlines()):
        if ENDED not in line:
            lines.append(line)
            continue
        metrics = [it for it in lines if "_aws" in it]
        found.append(Logged([it for it in lines if it not in metrics], metrics, line[ENDED]))
        lines = []
    return {it.title: each for it, each in zip(ALL, found, strict=True)}


def environment(folder: Path) -> dict[str, str]:
    """What functions find in their environment; AWS's configuration is in a folder."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers" / "sei_export"),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
        "POWERTOOLS_SERVICE_NAME": "f",
        "API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key",
        "HARNESS_ORG_IDENTIFIER": "default",
        "HARNESS_PROJECT_IDENTIFIER": "demo",
        "ORG_TREE_NAME": "Engineering",
        "DEFAULT_REQUEST": json.dumps(
            {
                "report": "sprint",
                "dateRange": {"period": "previous-month"},
                "options": {"granularity": "MONTHLY"},
            }
        ),
        "BATCH_PLAN": "{}",
        "MAX_CONCURRENCY": "1",
        "EXPORT_TIMEOUT_MINUTES": "60",
        "EXPORT_BUCKET": "landing",
        "EVENT_BUS_NAME": "bus",
        "STACK_NAME": "sei-export",
    }


def _told(line: JsonObject) -> JsonObject:
    return {name: line[name] for name in NAMES if name in line}


@pytest.mark.parametrize("invocation", ALL, ids=lambda it: it.title)
def test_each_line_names_what_is_known_of_run_item_export_and_report(
    invocation: Invocation, logged: dict[str, Logged]
) -> None:
    seen = logged[invocation.title]
    said = [str(line["message"]) for line in seen.lines]
    assert (seen.ended, len(said)) == (invocation.ended, len(invocation.says)), said
    for message, expected in zip(said, invocation.says, strict=True):
        assert expected in message
    for number, line in enumerate(seen.lines):
        later = invocation.later if number >= invocation.known_after else {}
        assert _told(line) == invocation.tells | later, line
        assert line["correlation_id"]


@pytest.mark.parametrize("invocation", ALL, ids=lambda it: it.title)
def test_metrics_name_run_item_and_export_and_none_of_another_invocation(
    invocation: Invocation, logged: dict[str, Logged]
) -> None:
    expected = {**invocation.tells, **invocation.later}
    for each in logged[invocation.title].figures:
        # The report is a dimension, of some.
        told = {name: value for name, value in _told(each).items() if name != "report"}
        assert told == {name: value for name, value in expected.items() if name != "report"}


def test_functions_that_answer_print_metrics_but_for_planbatch(logged: dict[str, Logged]) -> None:
    without = {it.function for it in ALL if it.ended == "answered" and not logged[it.title].figures}
    assert without == {"plan_batch"}


def test_no_line_has_a_whole_request(logged: dict[str, Logged]) -> None:
    for each in logged.values():
        for line in each.lines:
            assert not any(isinstance(it, dict) and "dateRange" in it for it in line.values())
