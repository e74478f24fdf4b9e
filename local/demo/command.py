"""`make demo`: one export through the real template, from nothing to an event, then a batch."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local import signals
from local.cloud.processes import free_pair
from local.cloud.stack import LocalCloud, Options
from local.demo.batch import Session, run_batch
from local.demo.consumer import Consumer
from local.demo.history import follow
from local.demo.results import show_event, show_failure, show_intent, show_landed, show_next
from local.demo.screen import Progress, make_console, make_progress
from local.paths import LOCAL, ROOT

REQUEST = ROOT / "events" / "demo.json"
STATE = LOCAL / "demo"

_EVENT_SECONDS = 20.0
_SIMULATED = ("--queued-seconds", "2", "--processing-seconds", "6")
"""Long enough for two polls."""
_PARAMETERS = {"MaxRestarts": "0"}
"""Nobody waits for half an hour in a demo, until a failed export can be created again."""


def run(request: Path = REQUEST) -> int:
    """Show one export and a batch, and stop everything again, however they end.

    Args:
        request: The first execution's input.

    Returns:
        The exit code: 0, 1 for a failure, 130 after Ctrl-C, and so on for other signals.
    """
    console = make_console()
    progress = make_progress(console)
    options = None
    try:
        signals.raise_once()
        with _alone():
            options = Options(
                STATE,
                free_pair(),
                stack_parameters=_PARAMETERS,
                simulator_arguments=_SIMULATED,
            )
            return _run(options, request, console, progress)
    except signals.Interrupted as interrupted:
        if options:
            _stop(options)
        progress.close(done=False)
        console.print("Interrupted. Everything that the demo started is stopped.")
        return interrupted.exit_code
    finally:
        signals.ignore()


def _run(options: Options, request: Path, console: Console, progress: Progress) -> int:
    began = time.monotonic()
    succeeded = False
    try:
        show_intent(console)
        # What a demo left that was killed.
        _stop(options)
        session = _begin(options, console, progress)
        succeeded = _export(session, request) and run_batch(session)
        console.print()
        progress.step("stopping everything")
    except (RuntimeError, BotoCoreError, ClientError, requests.RequestException) as error:
        progress.close(done=False)
        show_failure(console, "The demo failed", str(error))
    finally:
        with signals.deferred():
            _stop(options)
    progress.close()
    console.print(f"Everything is stopped, after {time.monotonic() - began:.0f} s in all.")
    if succeeded:
        show_next(console)
    return 0 if succeeded else 1


def _begin(options: Options, console: Console, progress: Progress) -> Session:
    """Deploy, and listen."""
    cloud = LocalCloud(options, progress.step)
    stack = cloud.up()
    progress.step("subscribing a queue to the event bus, as a listener would")
    consumer = Consumer(cloud.aws, stack.outputs["EventBusName"])
    consumer.subscribe()
    return Session(cloud.aws, stack, consumer, console, progress)


def _export(session: Session, request: Path) -> bool:
    """Whether it succeeded."""
    aws, console, progress = session.aws, session.console, session.progress
    progress.step(f"starting an execution with {os.path.relpath(request, ROOT)}")
    execution_arn = aws.states.start_execution(
        stateMachineArn=session.stack.outputs["ExportStateMachineArn"], input=request.read_text()
    )["executionArn"]
    outcome = follow(aws.states, execution_arn, progress.states)
    progress.close()
    succeeded = outcome.status == "SUCCEEDED"
    result = json.loads(outcome.output) if succeeded else {}
    if succeeded:
        show_landed(console, aws.s3, result)
    else:
        show_failure(console, outcome.error or outcome.status, outcome.cause)
    show_event(console, session.consumer.receive(execution_arn, _EVENT_SECONDS), result)
    return succeeded


def _stop(options: Options) -> None:
    LocalCloud(options, lambda _: None).down()
    # Logs and the build stay; code that the local AWS unpacked does not.
    shutil.rmtree(options.state / "tmp", ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                "Another demo runs in this checkout; wait until it has ended."
            ) from None
        yield
