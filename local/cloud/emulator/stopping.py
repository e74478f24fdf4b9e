"""What an execution waits for is stopped with it: children of its Map Runs, nested executions.

The emulator only marks the execution itself, and all others go on. On AWS Step Functions stops the
children, and makes an effort to cancel what a task with `.sync` waits for:
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    stepfunctions as engine,
)

_stop = engine._stop_execution
_task = engine._execute_task
_invoke = engine._invoke_resource
_run = engine._run_execution
_run_child = engine._run_sub_machine
_fail = engine._fail_execution

_OK = 200
_current: ContextVar[Any] = ContextVar("current", default=None)
"""The execution whose task is at work."""


class StoppedError(Exception):
    """Ends a thread of a stopped execution; no state retries or catches it."""


def _stopped(data: Any) -> Any:
    answer = _stop(data)
    if answer[0] == _OK:
        arn = data["executionArn"]
        runs = [run for run in list(engine._map_runs.values()) if run["executionArn"] == arn]
        for run in runs:
            _stop_run(run)
        for execution in list(engine._executions.values()):
            if execution.get("waitedForBy") == arn and execution["status"] == "RUNNING":
                _stopped({"executionArn": execution["executionArn"]})
    return answer


def _stop_run(run: Any) -> None:
    if run["status"] != "RUNNING":
        return
    counts = {**run["executionCounts"]}
    counts |= {"aborted": counts["pending"] + counts["running"], "pending": 0, "running": 0}
    ended = {"status": "ABORTED", "stopDate": engine.now_iso()}
    # Copies, here and below: the thread that runs it writes into its own ones to the end.
    engine._map_runs[run["mapRunArn"]] = {
        **run,
        **ended,
        "executionCounts": counts,
        "itemCounts": dict(counts),
    }
    for child in list(engine._executions.values()):
        if child.get("mapRunArn") == run["mapRunArn"] and child["status"] == "RUNNING":
            _stopped({"executionArn": child["executionArn"]})
            engine._executions[child["executionArn"]] = dict(child)


def _run_nested(arn: str) -> None:
    execution, waiting = engine._executions.get(arn, {}), _current.get()
    if execution.get("sync") and waiting is not None:
        execution["waitedForBy"] = waiting["executionArn"]
    _run(arn)


def _go_on(execution: Any) -> None:
    if execution is not None and execution["status"] != "RUNNING":
        raise StoppedError


def _tasked(state: Any, raw_input: Any, execution: Any, context: Any) -> Any:
    _go_on(execution)
    token = _current.set(execution)
    try:
        return _task(state, raw_input, execution, context)
    finally:
        _current.reset(token)


def _invoked(resource: Any, data: Any) -> Any:
    # Also a retry.
    _go_on(_current.get())
    return _invoke(resource, data)


def _run_begun(states: Any, start: Any, data: Any, execution: Any, context: Any) -> Any:
    run = engine._map_runs.get(execution.get("mapRunArn"))
    if run is not None and run["status"] == "ABORTED":
        if execution["status"] == "RUNNING":
            # A child that was still to begin.
            engine._executions.pop(execution["executionArn"], None)
        raise StoppedError
    return _run_child(states, start, data, execution, context)


def _failed(execution: Any, error: Any, cause: Any) -> None:
    if execution["status"] == "RUNNING":
        _fail(execution, error, cause)


engine._stop_execution = _stopped
engine._execute_task = _tasked
engine._invoke_resource = _invoked
engine._run_execution = _run_nested
engine._run_sub_machine = _run_begun
engine._fail_execution = _failed
