"""What each state tries again by itself, how often, and how long it waits between.

Chance is always a half here: what is shown is half of each backoff.
"""

import pytest

from tests.statemachine import hostile
from tests.statemachine.bus import Bus
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import (
    CHILD,
    EXPORT,
    LANDED,
    PAGE,
    PLANNED,
    REFUSED,
    SCRIPTS,
    Run,
    Script,
)

NEVER: list[float] = []
SOON = [1.0, 2, 4, 8, 16, 30]
TWICE = [5.0, 10]
LONG = [15.0, 30, 60, 120, 240, *[450] * 5]
SLOWLY = [2.5, 7.5, 22.5, 67.5, 150, 150]

SERVICE = ("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException")
BUSY = (
    *("Lambda.TooManyRequestsException", "Lambda.ResourceNotReadyException"),
    *("Lambda.ResourceConflictException", "Lambda.CodeArtifactUserPendingException"),
    "Lambda.CodeArtifactUserDeletedException",
)
LATE = ("Sandbox.Timedout", "States.Timeout", "Lambda.ClientExecutionTimeoutException")
DIED = ("Lambda.Unknown", "Runtime.ExitError", "Runtime.Unknown", "Sandbox.Failure")
HOPELESS = ("InvalidRequestError", "ConfigurationError", "KeyError", "States.TaskFailed")
FOR_THE_MACHINE = ("RateLimitedError", "ServiceUnavailableError")
"""What Wait states wait for."""


def _spread(*kinds: tuple[tuple[str, ...], list[float]]) -> dict[str, list[float]]:
    return {error: waits for errors, waits in kinds for error in errors}


ASKING = _spread(
    (SERVICE, SOON),
    ((*LATE, *BUSY), LONG),
    (("ProtocolError", *DIED), TWICE),
    ((*HOPELESS, *FOR_THE_MACHINE, "AuthenticationError", "States.DataLimitExceeded"), NEVER),
)
"""Of a function that asks the API something small."""
MOVING = _spread(
    (SERVICE, SOON),
    (BUSY, LONG),
    (("ProtocolError", "CorruptDownloadError", *LATE, *DIED), TWICE),
    ((*HOPELESS, *FOR_THE_MACHINE, "AuthenticationError", "StorageError"), NEVER),
)
"""Of one that moves a file, which may take 15 minutes."""
FOUND = {"ExportNotFoundError": TWICE}

TRIED: dict[tuple[str, str], dict[str, list[float]]] = {
    ("export", "CreateExport"): ASKING | {"ExportRejectedError": NEVER},
    # The API may not know at once what it has just made.
    ("export", "CheckExport"): ASKING | {"ExportNotFoundError": [2.5, 5, 10]},
    ("export", "DownloadExport"): MOVING | FOUND,
    ("export", "FetchReport"): MOVING | {"ExportRejectedError": NEVER},
    ("harvest", "ListExports"): ASKING | {"StorageError": NEVER},
    ("harvest", "LandExport"): MOVING | FOUND | _spread(((*SERVICE, *BUSY), SLOWLY)),
    ("harvest", "RecordOutcome"): _spread(
        ((*SERVICE, *BUSY), SLOWLY[:4]),
        ((*LATE, *DIED, "ServiceUnavailableError"), [15.0, 30]),
        ((*HOPELESS, "StorageError"), NEVER),
    ),
    ("harvest", "CloseHarvest"): _spread(
        (SERVICE, SOON),
        ((*BUSY, "ServiceUnavailableError"), LONG),
        ((*LATE, *DIED), LONG[:2]),
        ((*HOPELESS, "StorageError"), NEVER),
    ),
    ("batch", "PlanBatch"): ASKING | {"StorageError": NEVER} | _spread((LATE, TWICE)),
    ("batch", "RunExports"): {"States.ItemReaderFailed": [5, 10, 20], "States.TaskFailed": NEVER},
    ("batch", "CloseBatch"): _spread(
        (SERVICE, SOON),
        ((*BUSY, "ServiceUnavailableError"), LONG),
        ((*LATE, *DIED), LONG[:2]),
        ((*HOPELESS, "StorageError"), NEVER),
    ),
    ("child", "RunExport"): _spread(
        (
            (
                *("StepFunctions.ExecutionLimitExceeded", "StepFunctions.SdkClientException"),
                *("StepFunctions.ExecutionLimitExceededException",),
                *("StepFunctions.AWSStepFunctionsException", "StepFunctions.ThrottlingException"),
            ),
            [2.5, 5, 10, 20, 40, 60],
        ),
        # The export's own failure: it has had its tries.
        (("States.TaskFailed", "ExportFailedError", "States.Timeout"), NEVER),
    ),
    ("child", "RecordOutcome"): _spread(
        (SERVICE, SOON),
        (BUSY, LONG),
        ((*LATE, *DIED, "ServiceUnavailableError"), [5.0, 10, 20, 40, 80, 150]),
        ((*HOPELESS, "StorageError"), NEVER),
    ),
}
BEFORE: dict[str, Script] = {
    "export": {"CreateExport": [EXPORT], "CheckExport": [{"status": "completed"}]},
    "harvest": {"ListExports": [PAGE]},
    "batch": {"PlanBatch": [PLANNED], "RunExports": [[]]},
    "child": {"RunExport": [{"Output": LANDED}]},
}
CASES = [
    pytest.param(name, task, error, waits, id=f"{task} {error}")
    for (name, task), tried in TRIED.items()
    for error, waits in tried.items()
]


@pytest.mark.parametrize(("name", "task", "error", "waits"), CASES)
def test_an_error_is_tried_again_as_often_as_it_may_pass(
    name: str, task: str, error: str, waits: list[float]
) -> None:
    before = BEFORE[name]
    if (name, task) == ("harvest", "RecordOutcome"):
        before = before | {"LandExport": [REFUSED]}
    if task == "FetchReport":
        before = {"CreateExport": [EXPORT | {"legacy": True}]}
    wrong = StateError(error, hostile.raised("No. Remedy: Mend it.", error))
    # Only once as what a Wait state may wait for; then something else ends it.
    answers = [wrong] * (len(waits) + 1)
    last = StateError("KeyError", hostile.raised("No.", "KeyError"))
    script = before | {task: [*answers, last]}
    run = Run(name, script, CHILD if name == "child" else {"report": "sprint"}, retrying=True)
    run.check()
    assert run.engine.slept == waits
    tries = [asked for asked, _ in run.asked].count(task)
    assert tries == len(waits) + (2 if error in FOR_THE_MACHINE and not waits else 1)


@pytest.mark.parametrize(
    ("name", "waits"),
    [("export", SOON[:4]), ("harvest", SOON[:4]), ("batch", SOON)],
)
def test_an_event_is_tried_again_and_then_less_of_it_as_often(
    name: str, waits: list[float]
) -> None:
    run = Run(name, SCRIPTS[name]["is refused"], bus=Bus(1000), retrying=True)
    assert run.bus.taken == []
    assert run.engine.slept == [*waits, *waits]
    assert run.end.error == "StorageError"


def test_an_event_about_one_export_of_a_harvest_is_tried_again_too() -> None:
    run = Run("harvest", SCRIPTS["harvest"]["cannot land one"], bus=Bus(1000), retrying=True)
    assert run.engine.slept == SOON[:4] * 3
    assert run.end.error == "HarvestIncompleteError"
