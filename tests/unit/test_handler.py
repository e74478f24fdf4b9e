"""What every function's entry has, each time in a process of its own: it changes the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sei_export
from sei_export.jsontypes import JsonObject

PACKAGE = Path(str(sei_export.__file__)).parents[1]

# `gc.get_threshold` before and after the import of all modules but `handler`, and after that one.
EVERY_MODULE = """
import gc, importlib, json, pkgutil
seen = [gc.get_threshold()]
import sei_export
names = [it.name for it in pkgutil.walk_packages(sei_export.__path__, "sei_export.")]
for name in names:
    if name != "sei_export.handler":
        importlib.import_module(name)
seen.append(gc.get_threshold())
importlib.import_module("sei_export.handler")
seen.append(gc.get_threshold())
print(json.dumps({"names": names, "seen": seen}))
"""

# A function whose step has a logger of its own, which is made after `handler` is imported.
FUNCTION = """
import logging, sys, threading
from types import SimpleNamespace
from sei_export.handler import entry, logger, metrics

@entry(*sys.argv[1:])
def handler(event, context):
    package = logging.getLogger("sei_export.steps.anything")
    thread = threading.Thread(target=package.info, args=("from the package",))
    thread.start()
    thread.join()
    logging.getLogger("somebody.elses").warning("from elsewhere")
    metrics.add_metric("Polls", "Count", 1)
    logger.info("from the handler")
    return {"given": event}

context = SimpleNamespace(
    function_name="CheckExport", memory_limit_in_mb=128, invoked_function_arn="arn:f",
    aws_request_id="request-1",
)
for number in (1, 2):
    given = {"executionArn": f"arn:x{number}", "run": f"run-{number}", "item": {"name": "item-1"}}
    result = handler(given, context)
    assert result["given"]["executionArn"] == f"arn:x{number}"
"""


def _run(script: str, *arguments: str) -> list[JsonObject]:
    """The JSON lines that a script prints, run as Lambda runs a function."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={
            **os.environ,
            "PYTHONPATH": str(PACKAGE),
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_METRICS_NAMESPACE": "SeiExport",
            "POWERTOOLS_SERVICE_NAME": "CheckExport",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_only_the_functions_entry_changes_how_garbage_is_collected() -> None:
    [report] = _run(EVERY_MODULE)
    names, seen = report["names"], report["seen"]
    assert isinstance(names, list)
    assert isinstance(seen, list)
    assert "sei_export.handler" in names
    before, with_the_package, with_the_entry = seen
    assert with_the_package == before
    assert isinstance(before, list)
    assert with_the_entry == [200_000, *before[1:]]


def test_a_log_line_of_handler_or_package_tells_function_request_and_execution() -> None:
    logged = [line for line in _run(FUNCTION) if "message" in line]
    expected = [
        (message, execution)
        for execution in ("arn:x1", "arn:x2")
        for message in ("from the package", "from the handler")
    ]
    assert [(line["message"], line["correlation_id"]) for line in logged] == expected
    # Also from a thread, as a download's.
    assert [line["run"] for line in logged] == ["run-1", "run-1", "run-2", "run-2"]
    for line in logged:
        assert (line["service"], line["function_name"]) == ("CheckExport", "CheckExport")
        assert line["function_request_id"] == "request-1"
    assert [line["cold_start"] for line in logged] == [True, True, False, False]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param([], "arn:x1", id="the execution, by default"),
        pytest.param(["item.name"], "item-1", id="another field"),
    ],
)
def test_all_lines_of_a_run_are_found_by_what_the_path_names(path: list[str], found: str) -> None:
    first = next(line for line in _run(FUNCTION, *path) if "message" in line)
    assert first["correlation_id"] == found


def test_metrics_are_flushed_at_the_end_of_each_invocation() -> None:
    flushed = [line for line in _run(FUNCTION) if "_aws" in line]
    assert [line["Polls"] for line in flushed] == [[1.0], [1.0]]


# What payloads may have in the place of names, one after the other.
ODD = """
from types import SimpleNamespace
from sei_export.handler import entry, logger, metrics

@entry()
def handler(event, context):
    if event is None:
        raise KeyError("no event")
    metrics.add_metric("Polls", "Count", 1)
    logger.info("here")
    return {}

context = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:f", aws_request_id="1",
)
whole = {
    "executionArn": "arn:x", "run": "r" * 2000, "item": "1",
    "export": {"exportId": "exp_1", "report": "sprint"},
}
odd = {"executionArn": "arn:x", "run": 7, "item": [], "export": "exp_1", "input": None}
for given in (whole, odd, whole, None, {"executionArn": "arn:x", "run": ""}, [whole]):
    try:
        handler(given, context)
    except KeyError:
        pass
"""


def test_what_is_no_name_is_not_told_and_nothing_stays_for_the_next_invocation() -> None:
    lines = _run(ODD)
    names = ("run", "item", "export_id", "report")
    told = [{name: line[name] for name in names if name in line} for line in lines]
    whole = {"run": "r" * 1000, "item": "1", "export_id": "exp_1"}
    # A line of the log and one of metrics each; what fails has no metrics.
    of_one: list[JsonObject] = [{**whole, "report": "sprint"}, {**whole}]
    assert told == [*of_one, {}, {}, *of_one, {}, {}, {}, {}, {}]
    [failed] = [line for line in lines if line.get("level") == "ERROR"]
    assert failed["message"] == "KeyError: 'no event'"
