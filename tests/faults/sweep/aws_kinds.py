"""Every way in which a call of AWS's goes wrong, and every way in which an invocation does."""

import copy
from collections.abc import Callable, Iterator

import urllib3
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from tests.fakes.s3_failures import refusal
from tests.faults.sweep.aws import KEY, CallAct
from tests.faults.sweep.journey import TaskAct
from tests.faults.sweep.plan import Kind, nowhere

type Errors = Callable[[str], frozenset[str]]

_URL = "https://aws"
_SDK = (
    sdk.EndpointConnectionError(endpoint_url=_URL),
    sdk.ConnectTimeoutError(endpoint_url=_URL),
    sdk.ReadTimeoutError(endpoint_url=_URL),
    sdk.ConnectionClosedError(endpoint_url=_URL),
    sdk.SSLError(endpoint_url=_URL, error=OSError("cut")),
    sdk.HTTPClientError(error="broken"),
    sdk.NoCredentialsError(),
    sdk.CredentialRetrievalError(provider="p", error_msg="none"),
)
_S3_SDK = (
    *_SDK,
    sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    sdk.FlexibleChecksumError(error_msg="another"),
    ResponseParserError("XML that is cut"),
    urllib3.exceptions.ProtocolError("broken"),
)
_PASSING = {
    **dict.fromkeys(("SlowDown", "ServiceUnavailable", "Throttling", "Unheard"), 503),
    **dict.fromkeys(("InternalError", "KMSInternalException"), 500),
    **dict.fromkeys(("RequestTimeout", "ExpiredToken", "ThrottlingException"), 400),
    **dict.fromkeys(("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"), 400),
    **dict.fromkeys(("DependencyTimeoutException", "KMS.ThrottlingException"), 400),
    **dict.fromkeys(("OperationAborted", "ConditionalRequestConflict"), 409),
    "RequestTimeTooSkewed": 403,
    "TooManyRequestsException": 429,
}
_LASTING = {
    **dict.fromkeys(("AccessDenied", "SignatureDoesNotMatch", "AllAccessDisabled"), 403),
    **dict.fromkeys(("NoSuchBucket",), 404),
    **dict.fromkeys(("KMS.DisabledException", "InvalidRequest", "EntityTooLarge"), 400),
    "InvalidObjectState": 403,
    "QuotaExceeded": 409,
    "MethodNotAllowed": 405,
}


def kinds() -> Iterator[Kind]:
    """All of them."""
    for place in ("s3", "hint"):
        yield from _of_s3(place)
    yield from _of_secrets()
    yield from _of_the_bus()
    yield from _of_invocations()
    for place in ("s3", "hint", "secret", "bus"):
        for when in ("killed", "killed after"):
            yield Kind(place, when, CallAct(when, "Runtime.ExitError"))
            yield Kind(place, f"{when}, for time", CallAct(when, "Sandbox.Timedout"))


def _raising(error: Exception) -> Callable[[], Exception]:
    # A copy: the traceback of one would hold a whole journey's memory.
    return lambda: copy.copy(error)


def _only(error: str) -> Errors:
    return lambda _: frozenset({error})


def _storage(place: str) -> Errors:
    # Whatever becomes of a hint, the export lands.
    return nowhere if place == "hint" else _only("StorageError")


def _of_s3(place: str) -> Iterator[Kind]:
    # What becomes of hints is all the same.
    moments = ("before",) if place == "hint" else ("before", "after")
    for error in _S3_SDK:
        for when in moments:
            yield Kind(place, f"{when}: {error!r}", CallAct(when, _raising(error)))
    # S3 may begin to answer CompleteMultipartUpload with 200, and end with an error.
    for code, status in (*_PASSING.items(), ("SlowDown", 200)):
        for when in moments:
            act = CallAct(when, _raising(refusal(code, status)))
            yield Kind(place, f"{when}: {code} {status}", act)
    for code, status in _LASTING.items():
        act = CallAct("before", _raising(refusal(code, status)))
        yield Kind(place, f"{code} {status}", act, _storage(place))
    for code, status, told in _CONDITIONS:
        act = CallAct("before", _raising(refusal(code, status)))
        fails = nowhere if place == "hint" else told
        yield Kind(place, f"{code} {status}", act, fails)
    yield Kind(place, "twice", CallAct("twice"))
    yield Kind(place, "a body that is cut", CallAct("cut"))
    silent = _raising(sdk.ReadTimeoutError(endpoint_url=_URL))
    yield Kind(place, "a body that is silent", CallAct("broken", silent))
    torn = _raising(urllib3.exceptions.ProtocolError("broken"))
    yield Kind(place, "a body that is torn", CallAct("broken", torn))


def _unless(*passing: str) -> Errors:
    """StorageError, but for some calls: what ends so or begins so."""
    return lambda name: (
        frozenset() if name.endswith(passing) or name in passing else frozenset({"StorageError"})
    )


def _gone(name: str) -> frozenset[str]:
    """S3 knows at once what was written: what is gone, somebody has deleted.

    A harvest's end misses its pages, and marks of what has landed; nothing else does.
    """
    match name:
        case "get_object runs":
            return frozenset({"InvalidRequestError"})
        case "get_object landed":
            return frozenset({"HarvestIncompleteError"})
    return _unless("get_object manifests", "head_object exports")(name)


_CONDITIONS: tuple[tuple[str, int, Errors], ...] = (
    # A condition that does not hold: somebody else was quicker, or nobody was.
    ("PreconditionFailed", 412, _unless(" if")),
    ("NoSuchKey", 404, _gone),
    ("NoSuchUpload", 404, nowhere),
    ("InvalidPart", 400, nowhere),
)


_VALUES = {
    "nothing": "",
    "spaces": " \n ",
    "JSON without a key": "{}",
    "cut JSON": '{"apiKey": "',
    "JSON of another type": '{"apiKey": 5}',
    "quotes": f'"{KEY}"',
    "two words": f"ApiKey {KEY}",
    "no ASCII": f"{KEY}é",
    "a placeholder": "<key>",
}
"""What is no key, but stands where one should."""


def _of_secrets() -> Iterator[Kind]:
    for error in _SDK:
        yield Kind("secret", f"{error!r}", CallAct("before", _raising(error)))
    for code, status in (
        *(("ThrottlingException", 400), ("InternalServiceError", 500)),
        *(("InternalServiceErrorException", 500), ("Unheard", 503)),
    ):
        act = CallAct("before", _raising(refusal(code, status, "GetSecretValue")))
        yield Kind("secret", code, act)
    for code in (
        *("ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure"),
        *("InvalidRequestException", "InvalidParameterException", "UnrecognizedClientException"),
    ):
        act = CallAct("before", _raising(refusal(code, 400, "GetSecretValue")))
        yield Kind("secret", code, act, _only("ConfigurationError"))
    for name, value in _VALUES.items():
        act = CallAct("before", answer={"SecretString": value})
        yield Kind("secret", f"a value of {name}", act, _only("ConfigurationError"))
    act = CallAct("before", answer={"SecretString": f'{{"apiKey": "{KEY}"}}'})
    yield Kind("secret", "a value of JSON", act)
    act = CallAct("before", answer={"SecretBinary": KEY.encode()})
    yield Kind("secret", "a binary value", act)


def _of_the_bus() -> Iterator[Kind]:
    for error in _SDK:
        for when in ("before", "after"):
            yield Kind("bus", f"{when}: {error!r}", CallAct(when, _raising(error)))
    for code in ("ThrottlingException", "InternalException", "InternalFailure"):
        for when in ("before", "after"):
            act = CallAct(when, _raising(refusal(code, 500, "PutEvents")))
            yield Kind("bus", f"{when}: {code}", act)
        act = CallAct("before", answer=_failed_entry(code))
        yield Kind("bus", f"an entry failed: {code}", act)
    for code in ("MalformedDetail", "ValidationException", "InvalidArgument"):
        act = CallAct("before", answer=_failed_entry(code))
        yield Kind("bus", f"an entry is refused: {code}", act)
    for code in ("AccessDeniedException", "ResourceNotFoundException"):
        act = CallAct("before", _raising(refusal(code, 400, "PutEvents")))
        yield Kind("bus", code, act, _only("ConfigurationError"))
    yield Kind("bus", "twice", CallAct("twice"))


def _failed_entry(code: str) -> dict[str, object]:
    entry = {"ErrorCode": code, "ErrorMessage": "not now"}
    return {"FailedEntryCount": 1, "Entries": [entry]}


# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_AGAIN = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    *("Lambda.TooManyRequestsException", "Lambda.ResourceNotReadyException"),
    *("Lambda.ClientExecutionTimeoutException", "Lambda.Unknown"),
    *("Runtime.ExitError", "Sandbox.Failure"),
)
_TIMES = ("Sandbox.Timedout", "States.Timeout")
_FINAL = (
    *("Lambda.AccessDeniedException", "Lambda.ResourceNotFoundException", "States.Permissions"),
    *("Lambda.KMSDisabledException", "Runtime.ImportModuleError", "Extension.Crash"),
    *("Function.ResponseSizeTooLarge", "States.DataLimitExceeded", "States.TaskFailed"),
)


def _of_invocations() -> Iterator[Kind]:
    for error in (*_AGAIN, *_TIMES):
        for done in (False, True):
            act = TaskAct(error, done, takes_all=error in _TIMES)
            yield Kind("task", f"{error}{' when done' if done else ''}", act)
    for error in _FINAL:
        act = TaskAct(error)
        yield Kind("task", error, act, _only(error))
    for error in ("EventBridge.InternalException", "EventBridge.ThrottlingException"):
        for done in (False, True):
            yield Kind(
                "machine bus", f"{error}{' when done' if done else ''}", TaskAct(error, done)
            )
