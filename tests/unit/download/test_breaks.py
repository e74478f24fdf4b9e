"""What a connection's end is, whatever a library raised."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
import requests
import urllib3

from sei_export.download.breaks import BrokenError, breaking, opened
from sei_export.download.source import Response, Source
from sei_export.errors import ExportNotFoundError
from tests.fakes.timing import FakeClock

RESET = ConnectionResetError(104, "reset by peer")


def _source(*, opening: Exception | None = None, closing: Exception | None = None) -> Source:
    """One whose answer has no body, and fails where it is told to."""

    @contextmanager
    def give(_: Mapping[str, str]) -> Iterator[Response]:
        if opening:
            raise opening
        yield requests.Response()
        if closing:
            raise closing

    return Source(give, FakeClock().deadline(1000))


def test_an_end_that_is_only_too_early_is_neither_silent_nor_before_the_answer() -> None:
    broken = BrokenError("its end is missing")
    assert (broken.reason, broken.silent, broken.unopened) == ("its end is missing", False, False)


@pytest.mark.parametrize(
    ("raised", "silent"),
    [
        pytest.param(TimeoutError(), True, id="socket's time"),
        pytest.param(requests.ReadTimeout(), True, id="requests' time"),
        pytest.param(urllib3.exceptions.ReadTimeoutError(None, "/", ""), True, id="urllib3's time"),  # type: ignore[arg-type]  # its pool is unused
        pytest.param(RESET, False, id="reset"),
        pytest.param(ValueError("no chunk's size"), False, id="no HTTP"),
    ],
)
@pytest.mark.parametrize("unopened", [True, False], ids=["while opened", "while read"])
def test_what_a_library_raises_is_a_break_that_tells_whether_it_was_silence(
    raised: Exception, *, silent: bool, unopened: bool
) -> None:
    with pytest.raises(BrokenError) as caught, breaking(unopened=unopened):
        raise raised
    assert (caught.value.silent, caught.value.unopened) == (silent, unopened)


def test_given_nothing_said_then_a_break_is_one_of_an_open_connection() -> None:
    with pytest.raises(BrokenError) as caught, breaking():
        raise RESET
    assert not caught.value.unopened


def _wrapped(*, explicitly: bool) -> Exception:
    """A library's error about another one, raised from it or while it was handled."""
    outer = requests.ConnectionError("https://files.example.com/?signature=x")
    if explicitly:
        outer.__cause__ = RESET
    else:
        outer.__context__ = RESET
    return outer


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        pytest.param(RESET, "ConnectionResetError", id="itself"),
        pytest.param(_wrapped(explicitly=True), "ConnectionResetError", id="the cause"),
        pytest.param(_wrapped(explicitly=False), "ConnectionResetError", id="what was handled"),
        pytest.param(
            urllib3.exceptions.ProtocolError("x"), "not as HTTP wants it", id="a name of ours"
        ),
    ],
)
def test_a_break_is_named_by_its_innermost_cause(raised: Exception, reason: str) -> None:
    with pytest.raises(BrokenError) as caught, breaking():
        raise raised
    assert caught.value.reason == reason


def test_given_an_error_with_a_name_then_it_is_no_break() -> None:
    gone = ExportNotFoundError("gone")
    with pytest.raises(ExportNotFoundError) as caught, breaking():
        raise gone
    assert caught.value is gone


def test_given_a_body_that_cannot_be_opened_then_that_is_a_break_before_the_answer() -> None:
    with pytest.raises(BrokenError) as caught, opened(_source(opening=RESET), {}):
        pass
    assert caught.value.unopened


def test_given_a_connection_that_cannot_be_closed_then_that_does_not_matter() -> None:
    with opened(_source(closing=RESET), {}) as response:
        assert response.status_code is None
