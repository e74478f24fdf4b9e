"""AWS's names of errors, by whoever a state calls, as its documentation and its SDK have them."""

from typing import cast

import botocore.session

from sei_export.jsontypes import JsonObject

STATES = (
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    *("States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold"),
    *("States.HeartbeatTimeout", "States.Http.Socket", "States.ItemReaderFailed"),
    *("States.ResultWriterFailed", "States.Runtime", "States.TaskFailed", "States.Timeout"),
    *("States.QueryEvaluationError", "States.Permissions", "States.NoChoiceMatched"),
    *("States.BranchFailed", "States.IntrinsicFailure", "States.ParameterPathFailure"),
)
RUNTIME = (
    # As its runtime's emulator has them: github.com/aws/aws-lambda-runtime-interface-emulator.
    *("Sandbox.Timedout", "Sandbox.Timeout", "Sandbox.Failure", "Runtime.ExitError"),
    *("Runtime.InvalidEntrypoint", "Runtime.InvalidWorkingDir", "Runtime.InvalidTaskConfig"),
    *("Runtime.TruncatedResponse", "Runtime.Unknown", "Extension.InitError", "Extension.Crash"),
    *("Extension.ExitError", "Extension.LaunchError", "Function.ResponseSizeTooLarge"),
    "Function.Unknown",
    # And as its runtime client for Python.
    *("Runtime.ImportModuleError", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError"),
    *("Runtime.MalformedHandlerName", "Runtime.MarshalError", "Runtime.UnmarshalError"),
)


def _documented(service: str, operation: str, prefix: str) -> tuple[str, ...]:
    model = botocore.session.get_session().get_service_model(service)
    shapes = model.operation_model(operation).error_shapes
    return tuple(f"{prefix}.{shape.name}" for shape in shapes)


LAMBDA = (
    *_documented("lambda", "Invoke", "Lambda"),
    # https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
    *("Lambda.Unknown", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    *("Lambda.ClientExecutionTimeoutException", "Lambda.AccessDeniedException"),
)
EVENTS = (
    *_documented("events", "PutEvents", "EventBridge"),
    # https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
    *("EventBridge.FailedEntry", "EventBridge.ThrottlingException"),
    *("EventBridge.ValidationException", "EventBridge.SdkClientException"),
)
EXECUTIONS = (
    *_documented("stepfunctions", "StartExecution", "StepFunctions"),
    *_documented("stepfunctions", "DescribeExecution", "StepFunctions"),
    *("StepFunctions.ExecutionLimitExceededException", "StepFunctions.ThrottlingException"),
    *("StepFunctions.SdkClientException", "StepFunctions.AWSStepFunctionsException"),
    "StepFunctions.ExecutionAlreadyExistsException",
)
POSSIBLE = tuple(dict.fromkeys((*STATES, *RUNTIME, *LAMBDA, *EVENTS, *EXECUTIONS)))
"""All of them."""

_BY_RESOURCE = {
    "lambda:invoke": (*STATES, *RUNTIME, *LAMBDA),
    "events:putEvents": (*STATES, *EVENTS),
    "states:startExecution.sync:2": (*STATES, *EXECUTIONS),
}


def given_to(state: JsonObject) -> tuple[str, ...]:
    """The names that a state may be given: those of Step Functions, and of what it calls."""
    if state["Type"] == "Map":
        return STATES
    called = cast("str", state["Resource"]).partition(":states:::")[2]
    return tuple(dict.fromkeys(_BY_RESOURCE[called]))
