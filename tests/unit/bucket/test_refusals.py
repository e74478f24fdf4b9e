"""S3's refusals: which are worth another try, and which mean that somebody was quicker."""

import pytest
from botocore.exceptions import ClientError

from sei_export.bucket.refusals import (
    LostRaceError,
    code_of,
    condition_on,
    translated,
    translating,
)
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3 import refusal
from tests.fakes.s3_failures import FAILURES, LOST, SILENT

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
    [("NoSuchUpload", 404), ("InvalidPart", 400), ("ServiceUnavailable", 503)],
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
        pytest.param(refusal("ConditionalRequestConflict", 409), EMPTY, id="filled at once"),
        pytest.param(refusal("ConditionalRequestConflict", 409), HELD, id="replaced at once"),
        pytest.param(refusal("NoSuchKey", 404), HELD, id="deleted"),
        pytest.param(refusal("404", 404), HELD, id="deleted, in another word"),
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
