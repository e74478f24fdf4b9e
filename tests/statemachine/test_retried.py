"""Of each state that calls something: which of AWS's names it tries again, and why.

What stands in no row, or comes to something else than its row says, fails.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from sei_export.jsontypes import JsonObject
from tests.statemachine import aws_errors, machine
from tests.statemachine.retries import attempts, entries, matching
from tests.statemachine.walks import DEFINITIONS

ASKING = ("export CreateExport", "export CheckExport", "harvest ListExports")
"""Functions of 90 seconds that ask the API."""
MOVING = ("export DownloadExport", "export FetchReport")
"""Of 15 minutes."""
LANDING = ("harvest LandExport",)
"""The same, where an inline Map shares its execution's history."""
PLANNING = ("batch PlanBatch",)
CLOSING = ("batch CloseBatch", "harvest CloseHarvest")
RECORDING = ("batch RecordOutcome",)
NOTING = ("harvest RecordOutcome",)
FUNCTIONS = (*ASKING, *MOVING, *LANDING, *PLANNING, *CLOSING, *RECORDING, *NOTING)
EVENTS = (
    *("export PublishFailure", "export PublishFailureWithoutRequest"),
    *("harvest PublishFailure", "harvest PublishFailureWithoutRequest"),
    "harvest PublishExportFailure",
)
BATCH_EVENTS = ("batch PublishBatchCompleted", "batch PublishBatchInBrief")
EXECUTIONS = ("batch RunExport",)
MAPS = ("batch RunExports", "harvest LandExports")
ALL = (*FUNCTIONS, *EVENTS, *BATCH_EVENTS, *EXECUTIONS, *MAPS)

CAUGHT, UNCAUGHT = 0, -1
"""At once; not at all. Else the number of further tries, after which it is caught."""


@dataclass(frozen=True)
class Row:
    """What some names come to.

    Attributes:
        why: For people.
        names: AWS's.
        tries: By states, how often they are tried again.
    """

    why: str
    names: tuple[str, ...]
    tries: dict[tuple[str, ...], int] = field(default_factory=dict)


ROWS = (
    Row(
        "Lambda failed, not the function: soon again, as AWS's own example has it.",
        ("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
        {(*ASKING, *MOVING, *LANDING, *PLANNING, *CLOSING, *RECORDING): 6, NOTING: 4},
    ),
    Row(
        "There was no room, or the function was not ready yet. Nothing has run, so many tries cost "
        "nothing; an inline Map has room for few, and waits longer between them.",
        (
            *("Lambda.TooManyRequestsException", "Lambda.ResourceNotReadyException"),
            *("Lambda.ResourceConflictException", "Lambda.CodeArtifactUserPendingException"),
            "Lambda.CodeArtifactUserDeletedException",
        ),
        {
            (*ASKING, *MOVING, *PLANNING, *CLOSING, *RECORDING): 10,
            LANDING: 6,
            NOTING: 4,
        },
    ),
    Row(
        "The function may have run to the end of its time. Every step is safe to repeat, but one "
        "of 15 minutes for half an hour more at most.",
        ("Sandbox.Timedout", "States.Timeout", "Lambda.ClientExecutionTimeoutException"),
        {
            ASKING: 10,
            (*MOVING, *LANDING, *PLANNING, *CLOSING, *NOTING): 2,
            RECORDING: 6,
        },
    ),
    Row(
        "The process died, or nobody knows why it ended: where memory is too small, it dies again. "
        "What only writes something small down is tried more often.",
        ("Lambda.Unknown", "Runtime.ExitError", "Runtime.Unknown", "Sandbox.Failure"),
        {
            (*ASKING, *MOVING, *LANDING, *PLANNING, *CLOSING, *NOTING): 2,
            RECORDING: 6,
        },
    ),
    Row(
        "Of what no function here has: a VPC, a file system, SnapStart, a durable execution.",
        (
            *("Lambda.EC2AccessDeniedException", "Lambda.EC2ThrottledException"),
            *("Lambda.EC2UnexpectedException", "Lambda.ENILimitReachedException"),
            *("Lambda.ENINotReadyException", "Lambda.InvalidSecurityGroupIDException"),
            *("Lambda.InvalidSubnetIDException", "Lambda.SubnetIPAddressLimitReachedException"),
            *("Lambda.EFSIOException", "Lambda.EFSMountConnectivityException"),
            *("Lambda.EFSMountFailureException", "Lambda.EFSMountTimeoutException"),
            *("Lambda.S3FilesMountConnectivityException", "Lambda.S3FilesMountFailureException"),
            *("Lambda.S3FilesMountTimeoutException", "Lambda.SnapStartException"),
            *("Lambda.SnapStartNotReadyException", "Lambda.SnapStartRegenerationFailureException"),
            *("Lambda.SnapStartTimeoutException", "Lambda.DurableExecutionAlreadyStartedException"),
            *("Lambda.ModeNotSupportedException", "Lambda.NoPublishedVersionException"),
        ),
    ),
    Row(
        "Somebody has to mend the function, its package, its key or its permissions.",
        (
            *("Lambda.CodeArtifactUserFailedException", "Lambda.InvalidRuntimeException"),
            *("Lambda.InvalidZipFileException", "Lambda.KMSAccessDeniedException"),
            *("Lambda.KMSDisabledException", "Lambda.KMSInvalidStateException"),
            *("Lambda.KMSNotFoundException", "Lambda.ResourceNotFoundException"),
            *("Lambda.AccessDeniedException", "Lambda.RecursiveInvocationException"),
            *("Runtime.ImportModuleError", "Runtime.HandlerNotFound"),
            *("Runtime.UserCodeSyntaxError", "Runtime.MalformedHandlerName"),
            *("Runtime.InvalidEntrypoint", "Runtime.InvalidWorkingDir"),
            "Runtime.InvalidTaskConfig",
        ),
    ),
    Row(
        "A quota that is not one of a moment.",
        ("Lambda.ServiceQuotaExceededException",),
    ),
    Row(
        "The same payload would be refused again, and the same answer could not be read again.",
        (
            *("Lambda.InvalidParameterValueException", "Lambda.InvalidRequestContentException"),
            *("Lambda.RequestTooLargeException", "Lambda.SerializedRequestEntityTooLargeException"),
            *("Lambda.UnsupportedMediaTypeException", "Function.ResponseSizeTooLarge"),
            *("Runtime.MarshalError", "Runtime.UnmarshalError", "Runtime.TruncatedResponse"),
        ),
    ),
    Row(
        "No function here has extensions or an image of its own, and Step Functions reports these "
        "names of the emulator's as others: Sandbox.Timedout, Lambda.Unknown.",
        (
            *("Extension.InitError", "Extension.Crash", "Extension.ExitError"),
            *("Extension.LaunchError", "Function.Unknown", "Sandbox.Timeout"),
        ),
    ),
    Row(
        "The account is throttled or Step Functions failed: the export's execution has not begun, "
        "and its name keeps it from beginning twice.",
        (
            *("StepFunctions.ExecutionLimitExceeded", "StepFunctions.ThrottlingException"),
            *("StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException"),
            "StepFunctions.AWSStepFunctionsException",
        ),
        {EXECUTIONS: 6},
    ),
    Row(
        "It has run already: RecordOutcome keeps what is written down, else the next round runs "
        "it under another name.",
        (
            *("StepFunctions.ExecutionAlreadyExists",),
            "StepFunctions.ExecutionAlreadyExistsException",
        ),
    ),
    Row(
        "The machine or its permissions are gone, or the items' form is not what it takes; no "
        "machine here has a key of its own.",
        (
            *("StepFunctions.InvalidArn", "StepFunctions.InvalidExecutionInput"),
            *("StepFunctions.InvalidName", "StepFunctions.StateMachineDoesNotExist"),
            *("StepFunctions.StateMachineDeleting", "StepFunctions.ValidationException"),
            *("StepFunctions.ExecutionDoesNotExist", "StepFunctions.KmsAccessDeniedException"),
            *("StepFunctions.KmsInvalidStateException", "StepFunctions.KmsThrottlingException"),
        ),
    ),
    Row(
        "Whatever the bus says: an event is the last thing that an execution does, and its "
        "dedupeId makes a second one harmless.",
        (*aws_errors.EVENTS,),
        {EVENTS: 4, BATCH_EVENTS: 6},
    ),
    Row(
        "The items are in the bucket, which may not answer for a moment; no child has begun.",
        ("States.ItemReaderFailed",),
        {("batch RunExports",): 3, EVENTS: 4, BATCH_EVENTS: 6},
    ),
    Row(
        "Again, all children would run again. CloseBatch reads what they wrote down itself.",
        ("States.ResultWriterFailed", "States.ExceedToleratedFailureThreshold"),
        {EVENTS: 4, BATCH_EVENTS: 6},
    ),
    Row(
        "An expression or a permission, which another try would not change; and what only other "
        "kinds of states and tasks report.",
        (
            *("States.QueryEvaluationError", "States.Permissions", "States.TaskFailed"),
            *("States.NoChoiceMatched", "States.BranchFailed", "States.IntrinsicFailure"),
            *("States.ParameterPathFailure", "States.HeartbeatTimeout", "States.Http.Socket"),
        ),
        {EVENTS: 4, BATCH_EVENTS: 6},
    ),
    Row(
        "A bus that is silent is one that fails; an export has its own deadline and tries, and "
        "maps have none.",
        ("States.Timeout",),
        {EVENTS: 4, BATCH_EVENTS: 6, (*EXECUTIONS, *MAPS): CAUGHT},
    ),
    Row(
        "The same would be as large again; only its own name catches it.",
        ("States.DataLimitExceeded",),
    ),
    Row("Nothing catches it.", ("States.Runtime",), {ALL: UNCAUGHT}),
)


def _calling(name: str) -> Iterator[tuple[str, JsonObject]]:
    """The states of a machine that call something."""
    for graph in machine.graphs(cast("machine.Tree", DEFINITIONS[name])):
        for title, state in machine.states(graph).items():
            if state["Type"] in {"Task", "Map"}:
                yield f"{name} {title}", state


STATES = dict(each for name in ("export", "harvest", "batch") for each in _calling(name))


def _comes_to(state: JsonObject, error: str) -> int:
    if matching(state, "Catch", error) is None:
        return UNCAUGHT
    at = matching(state, "Retry", error)
    return CAUGHT if at is None else attempts(entries(state, "Retry")[at])


def _said(title: str, error: str) -> set[int]:
    """What rows say of it: one thing, unless they contradict each other or are silent."""
    rows = [row for row in ROWS if error in row.names]
    told = {tries for row in rows for states, tries in row.tries.items() if title in states}
    return told or {CAUGHT for _ in rows}


def _differences(title: str, state: JsonObject) -> list[str]:
    """Where a state does not do what its rows say."""
    found = ((error, _comes_to(state, error)) for error in aws_errors.given_to(state))
    return [
        f"{title}: {error} comes to {tries}, not {_said(title, error)}"
        for error, tries in found
        if _said(title, error) != {tries}
    ]


@pytest.mark.parametrize("title", STATES)
def test_a_state_tries_again_catches_or_lets_go_what_the_table_says(title: str) -> None:
    assert _differences(title, STATES[title]) == []


def test_the_table_has_a_reason_for_each_name_and_no_state_or_name_that_there_is_not() -> None:
    named = {name for row in ROWS for name in row.names}
    assert named == set(aws_errors.POSSIBLE)
    assert {title for row in ROWS for states in row.tries for title in states} <= set(STATES)
    assert set(ALL) == set(STATES)
    assert [row for row in ROWS if len(row.why) < 15] == []


def _without_a_name(state: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """A state, each time with one of AWS's names less in a retrier, or a catcher less."""
    for at, retrier in enumerate(entries(state, "Retry")):
        for name in machine.error_names(cast("machine.Tree", retrier)):
            if "." in name:
                less = copy.deepcopy(state)
                machine.error_names(cast("machine.Tree", entries(less, "Retry")[at])).remove(name)
                yield name, less
    for at, catcher in enumerate(entries(state, "Catch")):
        less = copy.deepcopy(state)
        entries(less, "Catch").pop(at)
        yield f"Catch {catcher['ErrorEquals']}", less


@pytest.mark.parametrize("title", STATES)
def test_given_a_state_that_lacks_a_name_or_a_catcher_then_it_differs(title: str) -> None:
    seeded = [*_without_a_name(STATES[title])]
    assert seeded
    assert [name for name, less in seeded if not _differences(title, less)] == []


@pytest.mark.parametrize("title", FUNCTIONS)
def test_what_may_have_run_for_a_quarter_of_an_hour_runs_three_times_at_most(title: str) -> None:
    state = STATES[title]
    run = ("Sandbox.Timedout", "States.Timeout", "Lambda.Unknown", "Runtime.ExitError")
    most = max(_comes_to(state, error) for error in run)
    assert cast("int", state["TimeoutSeconds"]) * (1 + most) <= 3 * 960
