"""S3's refusals: which are worth another try, and which mean that somebody was quicker."""

import inspect
from types import ModuleType

import botocore.exceptions
import botocore.parsers
import pytest
import urllib3.exceptions
from botocore.exceptions import ClientError

from sei_export import errors
from sei_export.bucket.refusals import (
    SDK_ERRORS,
    LostRaceError,
    code_of,
    condition_on,
    translated,
    translating,
)
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3_failures import FAILURES, LOST, SILENT, refusal

STEP = "reading s3://landing/a"
EMPTY, HELD = condition_on(None), condition_on("abc")


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_refusal_then_its_error_names_code_and_step(
    failure: Exception, error: type[SeiExportError], code: str
) -> None:
    with pytest.raises(error, match=code) as caught, translating(STEP):
        raise failure
    assert type(caught.value) is error
    assert STEP in caught.value.message
    assert caught.value.__cause__ is failure


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *[("NoSuchUpload", 404), ("InvalidPart", 400)],
        # S3 may begin an answer, of status 200, before it knows that it fails.
        *[("ServiceUnavailable", 200), ("SlowDown", 200), ("InternalError", 200)],
        *[("RequestTimeout", 400), ("Throttling", 400), ("TooManyRequestsException", 400)],
        *[("BadDigest", 400), ("IncompleteBody", 400), ("XAmzContentSHA256Mismatch", 400)],
        *[("OperationAborted", 409), ("ConditionalRequestConflict", 409)],
        *[("RequestTimeTooSkewed", 403), ("ExpiredToken", 400)],
        *[("KMS.ThrottlingException", 400), ("KMS.KMSInternalException", 400)],
        ("KMS.DependencyTimeoutException", 400),
        # Without a body a refusal has no code but its status.
        *[("408", 408), ("429", 429), ("503", 503), ("Unheard", 408), ("Unheard", 429)],
        *[("Unheard", 500), ("Unheard", 599)],
    ],
)
def test_given_a_refusal_that_passes_then_another_try_is_worth_it(code: str, status: int) -> None:
    error = translated(refusal(code, status), STEP)
    assert isinstance(error, ServiceUnavailableError)
    assert "AWS Health Dashboard" in error.remedy


def test_given_an_answer_without_a_status_then_its_code_counts() -> None:
    error = ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
    assert isinstance(translated(error, STEP), StorageError)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        pytest.param(refusal("SlowDown", 503), "SlowDown", id="an answer"),
        pytest.param(ClientError({}, "GetObject"), "", id="an answer without a code"),
        pytest.param(LOST, "EndpointConnectionError", id="no connection"),
        pytest.param(SILENT, "ReadTimeoutError", id="no answer"),
    ],
)
def test_given_any_failure_then_it_has_a_code(failure: ClientError, code: str) -> None:
    assert code_of(failure) == code


def test_given_what_was_found_then_the_condition_is_that_it_is_still_so() -> None:
    assert condition_on(None) == {"IfNoneMatch": "*"}
    assert condition_on("abc") == {"IfMatch": "abc"}


@pytest.mark.parametrize(
    ("failure", "condition"),
    [
        pytest.param(refusal("PreconditionFailed", 412), EMPTY, id="filled"),
        pytest.param(refusal("PreconditionFailed", 412), HELD, id="replaced"),
        pytest.param(refusal("412", 412), HELD, id="replaced, in another word"),
        pytest.param(refusal("ConditionalRequestConflict", 409), EMPTY, id="filled at once"),
        pytest.param(refusal("ConditionalRequestConflict", 409), HELD, id="replaced at once"),
        pytest.param(refusal("NoSuchKey", 404), HELD, id="deleted"),
        pytest.param(refusal("404", 404), HELD, id="deleted, in another word"),
        pytest.param(refusal("NotFound", 404), HELD, id="deleted, in a third one"),
    ],
)
def test_given_a_condition_that_does_not_hold_then_the_race_is_lost(
    failure: Exception, condition: dict[str, str]
) -> None:
    with pytest.raises(LostRaceError) as caught, translating(STEP, condition):
        raise failure
    assert caught.value.__cause__ is failure


@pytest.mark.parametrize(
    ("failure", "condition"),
    [
        pytest.param(refusal("PreconditionFailed", 412), {}, id="no condition"),
        pytest.param(refusal("NoSuchKey", 404), {}, id="not there, no condition"),
        pytest.param(refusal("NoSuchKey", 404), EMPTY, id="not there, and not to be"),
        pytest.param(refusal("NoSuchBucket", 404), HELD, id="no bucket"),
        pytest.param(refusal("AccessDenied", 403), HELD, id="denied"),
    ],
)
def test_given_another_refusal_then_no_race_is_lost(
    failure: Exception, condition: dict[str, str]
) -> None:
    with pytest.raises(StorageError, match=STEP), translating(STEP, condition):
        raise failure


@pytest.mark.parametrize("failure", [KeyError("a"), OSError("a"), KeyboardInterrupt()], ids=repr)
def test_given_an_error_that_is_not_s3s_then_it_comes_out_as_it_is(failure: BaseException) -> None:
    with pytest.raises(type(failure)) as caught, translating(STEP, HELD):
        raise failure
    assert caught.value is failure


# --- whatever the SDK raises ---


def _classes(module: ModuleType, base: type[Exception] = Exception) -> list[type[Exception]]:
    """Every error of a kind that a module declares."""
    found = [value for _, value in inspect.getmembers(module, inspect.isclass)]
    return [value for value in found if issubclass(value, base)]


def _made(kind: type[Exception]) -> Exception:
    """One of them, without what each wants for its message."""
    if issubclass(kind, ClientError):
        return kind({"Error": {"Code": kind.__name__}}, "GetObject")
    return kind.__new__(kind, "why")


OF_THE_SDK = [
    *_classes(botocore.exceptions),
    botocore.parsers.ResponseParserError,
    # When a body is read from the connection; elsewhere botocore wraps them.
    *_classes(urllib3.exceptions, urllib3.exceptions.HTTPError),
]
DOCUMENTED = {name for name in dir(errors) if name.endswith("Error")}


@pytest.mark.parametrize("kind", OF_THE_SDK, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("condition", [{}, EMPTY, HELD], ids=["any", "empty", "held"])
def test_whatever_the_sdk_raises_has_a_documented_name(
    kind: type[Exception], condition: dict[str, str]
) -> None:
    assert issubclass(kind, SDK_ERRORS)
    with pytest.raises(SeiExportError) as caught, translating(STEP, condition):
        raise _made(kind)
    assert type(caught.value).__name__ in DOCUMENTED
    assert STEP in caught.value.message
    assert kind.__name__ in caught.value.message


@pytest.mark.parametrize(
    "kind",
    [
        botocore.exceptions.ConnectionClosedError,
        botocore.exceptions.ResponseStreamingError,
        botocore.exceptions.IncompleteReadError,
        botocore.exceptions.FlexibleChecksumError,
        botocore.exceptions.CredentialRetrievalError,
        botocore.parsers.ResponseParserError,
        urllib3.exceptions.SSLError,
        urllib3.exceptions.ProtocolError,
    ],
)
def test_what_breaks_on_the_way_is_worth_another_try(kind: type[Exception]) -> None:
    assert isinstance(translated(_made(kind), STEP), ServiceUnavailableError)


@pytest.mark.parametrize(
    "kind",
    [
        botocore.exceptions.ParamValidationError,
        botocore.exceptions.NoRegionError,
        botocore.exceptions.UnsupportedS3ArnError,
        botocore.exceptions.InvalidConfigError,
        botocore.exceptions.UndefinedModelAttributeError,
    ],
)
def test_what_the_sdk_refuses_to_send_is_not_tried_again(kind: type[Exception]) -> None:
    error = translated(_made(kind), STEP)
    assert isinstance(error, StorageError)
    assert error.message == f"The AWS SDK failed with {kind.__name__} when {STEP}: why."


def test_what_the_sdk_says_is_one_line_with_a_bound() -> None:
    error = botocore.exceptions.ParamValidationError(report="a\n  b" + "c" * 10_000)
    message = translated(error, STEP).message
    assert "\n" not in message
    assert len(message) < 700


@pytest.mark.parametrize(("code", "status"), [("PreconditionFailed", 412), ("412", 412)])
def test_given_no_condition_when_one_is_said_to_fail_then_s3_refuses(
    code: str, status: int
) -> None:
    with pytest.raises(StorageError, match=code), translating(STEP):
        raise refusal(code, status)
