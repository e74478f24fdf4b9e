"""Errors: names that the state machine matches, and a text with a remedy."""

import json
import re

import pytest

from sei_export import errors
from sei_export.errors import (
    ExportEndedError,
    ExportRejectedError,
    InvalidRequestError,
    PassingError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)

CONTRACT = {
    "InvalidRequestError",
    "ConfigurationError",
    "AuthenticationError",
    "ExportRejectedError",
    "RateLimitedError",
    "ServiceUnavailableError",
    "ProtocolError",
    "ExportNotFoundError",
    "ExportFailedError",
    "ExportCancelledError",
    "ExportTimedOutError",
    "HarvestIncompleteError",
    "BatchIncompleteError",
    "CorruptDownloadError",
    "StorageError",
}


def _all_below(base: type[SeiExportError]) -> list[type[SeiExportError]]:
    direct = base.__subclasses__()
    return [*direct, *(below for child in direct for below in _all_below(child))]


# LostRaceError and the like belong to one module and never leave it.
RAISED = [kind for kind in _all_below(SeiExportError) if kind.__module__ == errors.__name__]
LEAVES = [kind for kind in RAISED if not _all_below(kind)]


def test_the_errors_that_can_be_raised_are_exactly_those_of_the_contract() -> None:
    assert {kind.__name__ for kind in LEAVES} == CONTRACT


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    picture = (errors.__doc__ or "").partition("::")[2]
    for branch, name in re.findall(r"^ {4}([ │├└─]*)(\w+Error)\b", picture, re.MULTILINE):
        above[len(branch) // 4 :] = [name]
        if branch:
            drawn[name] = above[-2]
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in RAISED}


def test_a_service_that_is_away_is_no_answer_of_the_api() -> None:
    # It may be S3 or Secrets Manager: whoever raises it says whose status to look at.
    assert ServiceUnavailableError.__bases__ == (PassingError,)
    for page in ("Harness status page", "AWS Health Dashboard"):
        assert page in ServiceUnavailableError.default_remedy


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: str(kind.__name__))
def test_every_error_has_a_remedy_of_its_own(kind: type[SeiExportError]) -> None:
    assert kind.default_remedy != SeiExportError.default_remedy
    assert kind.default_remedy.endswith(".")


def test_the_text_is_the_message_then_the_remedy() -> None:
    error = ExportRejectedError("No such tree.", remedy="Name another.")
    assert str(error) == "No such tree. Remedy: Name another."
    assert (error.message, error.remedy) == ("No such tree.", "Name another.")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param("It is closed.", "It is closed.", id="a full stop"),
        pytest.param("Is it?", "Is it?", id="a question"),
        pytest.param("The API says: Invalid teamId", "The API says: Invalid teamId.", id="none"),
        pytest.param(
            "The API says: (an empty body)", "The API says: (an empty body).", id="bracket"
        ),
        pytest.param("", ".", id="nothing"),
    ],
)
def test_the_message_is_a_sentence_before_the_remedy(message: str, text: str) -> None:
    error = ExportRejectedError(message, remedy="Name another.")
    assert str(error) == f"{text} Remedy: Name another."
    assert error.message == message


@pytest.mark.parametrize("kind", [RateLimitedError, ServiceUnavailableError])
@pytest.mark.parametrize(
    ("retry_after", "told"),
    [
        pytest.param(200, 200, id="seconds"),
        pytest.param(0.1, 1, id="less than one"),
        pytest.param(1e300, 99_999_999, id="more than a Wait state can"),
        pytest.param(float("inf"), 99_999_999, id="for ever"),
    ],
)
def test_an_error_that_passes_tells_how_long_to_wait(
    kind: type[PassingError], retry_after: float, told: int
) -> None:
    error = kind("Not now", remedy="Wait.", retry_after=retry_after)
    assert error.retry_after == told
    assert str(error) == f"Not now. Retry-After: {told}. Remedy: Wait."
    assert error.message == "Not now"


@pytest.mark.parametrize("retry_after", [None, 0, 0.0, -5])
def test_an_error_that_passes_tells_no_wait_that_nobody_stated(retry_after: float | None) -> None:
    error = RateLimitedError("Not now.", remedy="Wait.", retry_after=retry_after)
    assert error.retry_after is None
    assert str(error) == "Not now. Remedy: Wait."


def test_without_a_remedy_the_class_gives_one() -> None:
    error = ExportRejectedError("No such tree.")
    assert str(error) == f"No such tree. Remedy: {ExportRejectedError.default_remedy}"


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        pytest.param(["a is wrong."], "The request has 1 problem: (1) a is wrong.", id="one"),
        pytest.param(
            ["a is wrong.", "b is missing."],
            "The request has 2 problems: (1) a is wrong. (2) b is missing.",
            id="two",
        ),
    ],
)
def test_an_invalid_request_numbers_its_problems(problems: list[str], message: str) -> None:
    error = InvalidRequestError(problems)
    assert error.message == message
    assert error.problems == tuple(problems)


def test_of_very_many_problems_the_text_lists_the_first_and_counts_the_rest() -> None:
    error = InvalidRequestError([f"metrics[{index}] is 1." for index in range(1000)])
    assert "The request has 1000 problems" in error.message
    assert "(40) metrics[39] is 1." in error.message
    assert "metrics[40]" not in error.message
    assert error.message.endswith("… and 960 more.")
    assert len(error.problems) == 1000


@pytest.mark.parametrize("kind", ["ExportFailedError", "ExportCancelledError"])
def test_the_ends_of_an_export_are_told_apart_from_failures_of_a_call(kind: str) -> None:
    raised = getattr(errors, kind)
    assert issubclass(raised, ExportEndedError)
    assert not issubclass(raised, errors.ApiError)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 30_001, id="letters"),
        pytest.param("漢" * 100_000, id="wide characters"),
        pytest.param("😀" * 6_000, id="emoji, which JSON may write as twelve"),
        pytest.param('"' * 20_000, id="quotes, which JSON writes as two characters"),
        pytest.param("\x01" * 6_000, id="control characters, which JSON writes as six"),
        pytest.param("x. Remedy: None. " * 3_000, id="remedies"),
    ],
)
def test_given_a_message_that_is_too_long_then_it_is_cut_and_the_remedy_is_whole(text: str) -> None:
    error = ExportRejectedError(text, remedy="Ask.")
    assert str(error).endswith(" … (cut). Remedy: Ask.")
    assert text.startswith(error.message.removesuffix(" … (cut)"))
    # As Lambda writes it, and as another would.
    assert 29_900 < len(json.dumps({"errorMessage": str(error)})) < 32_768
    written = json.dumps({"errorMessage": str(error)}, ensure_ascii=False)
    assert len(written.encode()) < 32_768


@pytest.mark.parametrize("problems", [40, 4000])
@pytest.mark.parametrize("letter", ["x", '"', "\\", "漢", "😀", "\x01"])
def test_an_invalid_request_of_the_longest_problems_fits_into_a_cause_whole(
    problems: int, letter: str
) -> None:
    error = InvalidRequestError([letter * 2000] * problems)
    assert f"The request has {problems} problems: (1) {letter}" in str(error)
    assert str(error).endswith(f" Remedy: {InvalidRequestError.default_remedy}")
    content = {"errorMessage": str(error), "errorType": "InvalidRequestError"}
    assert len(json.dumps(content)) < 32_768


def test_given_a_message_of_30000_characters_then_it_is_whole() -> None:
    assert ExportRejectedError("x" * 30_000).message == "x" * 30_000


def test_given_a_remedy_that_is_too_long_then_it_is_cut() -> None:
    assert len(ExportRejectedError("No.", remedy="x" * 40_000).remedy) == 2_000


def test_given_half_a_character_then_the_text_can_be_written_all_the_same() -> None:
    assert str(ExportRejectedError("a \ud83d b", remedy="\udc80")) == "a ? b. Remedy: ?"
