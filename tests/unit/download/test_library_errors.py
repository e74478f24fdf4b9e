"""What libraries raise while a body comes: whatever it is, it ends under a name of our own."""

import http.client
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import botocore.exceptions
import pytest
import requests
import urllib3

from sei_export import errors
from sei_export.download.body import FRUITLESS_TRIES, Body
from sei_export.download.source import Response, Source
from sei_export.errors import CorruptDownloadError, SeiExportError, ServiceUnavailableError
from tests.fakes.bodies import CSV, GZ, reading
from tests.fakes.loopback import reply
from tests.fakes.slow_line import BODY_KEY, Slow, assert_nothing_visible
from tests.fakes.timing import FakeClock

SIGNED = "https://files.example.com/a?signature=secret"
"""What libraries' messages quote, and ours must not."""

LIBRARIES = (urllib3.exceptions, requests.exceptions, http.client)
BUILTIN = (ValueError, OverflowError, TypeError, AttributeError, KeyError, EOFError, OSError)
NAMES = {
    name for name, each in vars(errors).items() if inspect.isclass(each) and name.endswith("Error")
}


def _of(module: object) -> list[type[Exception]]:
    classes = [each for each in vars(module).values() if inspect.isclass(each)]
    return sorted(
        {each for each in classes if issubclass(each, Exception)},
        key=lambda each: (each.__module__, each.__qualname__),
    )


def _made(kind: type[Exception]) -> Exception:
    """One of its kind, whatever it wants to be made of."""
    return kind.__new__(kind, SIGNED)


RAISED = [
    pytest.param(_made(kind), id=f"{kind.__module__}.{kind.__name__}")
    for kind in (*dict.fromkeys(itertools.chain(*map(_of, LIBRARIES))), *BUILTIN)
]
OF_STAGED = [pytest.param(_made(kind), id=kind.__name__) for kind in _of(botocore.exceptions)]


@dataclass
class Failing:
    """Stands for an answer that fails, with its body of a few bytes.

    Attributes:
        failures: What is raised at each opening, read and closing; None for nothing.
        calls: Which of them there were.
    """

    failures: Mapping[str, Exception | None]
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-length": str(len(CSV))})
    calls: list[str] = field(default_factory=list)

    @property
    def raw(self) -> "Failing":
        """Itself."""
        return self

    @contextmanager
    def open(self, _: Mapping[str, str]) -> Iterator[Response]:
        """Open and close."""
        self._call("open")
        self.left = CSV
        yield self
        self._call("close")

    def read(self, size: int, /, *, decode_content: bool) -> bytes:
        """All, then nothing."""
        assert not decode_content
        name = "read" if self.left else "end"
        self._call(name)
        piece, self.left = self.left[:size], self.left[size:]
        return piece

    def _call(self, name: str) -> None:
        self.calls.append(name)
        failure = self.failures.get(name)
        if failure:
            raise failure


def _assert_named(caught: SeiExportError) -> None:
    assert type(caught).__name__ in NAMES
    assert type(caught).__module__ == errors.__name__
    assert "secret" not in str(caught)
    # Nor does a name of theirs look like one of ours.
    assert not any(f"({name})" in caught.message for name in NAMES)


@pytest.mark.parametrize("raised", RAISED)
@pytest.mark.parametrize("at", ["open", "read"])
def test_whatever_is_raised_while_a_body_comes_it_ends_under_a_name_of_ours(
    at: str, raised: Exception
) -> None:
    failing = Failing({at: raised})
    source = Source(failing.open, FakeClock().deadline(1000))
    with pytest.raises(SeiExportError) as caught:
        list(Body(source).pieces())
    _assert_named(caught.value)
    assert failing.calls.count("open") == FRUITLESS_TRIES
    # The chain would be in the log.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("raised", RAISED)
@pytest.mark.parametrize("at", ["end", "close"])
def test_whatever_is_raised_after_the_last_byte_the_body_is_whole(
    at: str, raised: Exception
) -> None:
    failing = Failing({at: raised})
    body = Body(Source(failing.open, FakeClock().deadline(1000)))
    assert b"".join(body.pieces()) == CSV
    assert body.is_end_told
    assert failing.calls.count("open") == 1


@pytest.mark.parametrize(
    ("raised", "error", "told"),
    [
        pytest.param(TimeoutError(), ServiceUnavailableError, "stalled", id="socket's"),
        pytest.param(
            urllib3.exceptions.ReadTimeoutError(None, "/", ""),  # type: ignore[arg-type]  # its pool is unused
            ServiceUnavailableError,
            "stalled",
            id="urllib3's",
        ),
        pytest.param(requests.ReadTimeout(), ServiceUnavailableError, "stalled", id="requests'"),
        pytest.param(
            urllib3.exceptions.ProtocolError(SIGNED),
            CorruptDownloadError,
            "not as HTTP wants it",
            id="one that is called as one of ours",
        ),
        pytest.param(
            ConnectionResetError(), CorruptDownloadError, "ConnectionResetError", id="reset"
        ),
    ],
)
def test_a_silence_is_no_corruption(
    raised: Exception, error: type[SeiExportError], told: str
) -> None:
    failing = Failing({"read": raised})
    with pytest.raises(error, match=told) as caught:
        list(Body(Source(failing.open, FakeClock().deadline(1000))).pieces())
    assert "ProtocolError" not in caught.value.message


def test_a_body_that_cannot_be_opened_is_no_corruption() -> None:
    failing = Failing({"open": ConnectionRefusedError()})
    with pytest.raises(ServiceUnavailableError, match=r"could not be opened.*3 times in a row"):
        list(Body(Source(failing.open, FakeClock().deadline(1000))).pieces())


def test_a_cause_is_told_by_the_innermost_of_its_chain() -> None:
    with (
        reading(lambda _: reply(200, CSV[:9], length=len(CSV))) as reader,
        pytest.raises(CorruptDownloadError, match=r"\(IncompleteRead\)"),
    ):
        reader.read()


def test_a_fault_of_our_own_is_not_taken_for_the_connections() -> None:
    failing = Failing({})
    failing.status_code = None  # type: ignore[assignment]  # what no library gives
    failing.headers = None  # type: ignore[assignment]  # nor this
    with pytest.raises(AttributeError, match="has no attribute 'get'"):
        list(Body(Source(failing.open, FakeClock().deadline(1000))).pieces())


@pytest.mark.parametrize("digits", [19, 5000])
def test_given_a_length_of_thousands_of_digits_then_the_download_is_corrupt(digits: int) -> None:
    answer = reply(200, CSV, {"Content-Length": "1" * digits}, length=-1)
    with (
        reading([answer]) as reader,
        pytest.raises(CorruptDownloadError, match=f"a number of {digits} digits"),
    ):
        reader.read()


# --- through the whole step ---


@pytest.mark.parametrize("raised", RAISED)
def test_whatever_is_raised_the_state_machine_is_told_a_name_that_it_knows(
    slow: Slow, raised: Exception
) -> None:
    slow.content = GZ

    def fail(_: int) -> float:
        raise raised

    slow.pace = fail
    with pytest.raises(SeiExportError) as caught:
        slow.land()
    _assert_named(caught.value)
    assert_nothing_visible(slow)


@pytest.fixture(scope="module")
def whole() -> Iterator[Callable[[], Slow]]:
    """Makes an export of which all is staged."""
    slow = Slow()
    with slow.server:
        for _ in range(3):
            assert slow.land()["finished"] is False

        yield lambda: slow


@pytest.mark.parametrize("raised", OF_STAGED)
def test_whatever_is_raised_while_a_staged_body_comes_the_state_machine_knows_its_name(
    whole: Callable[[], Slow], raised: Exception
) -> None:
    slow = whole()
    assert slow.s3.current(BODY_KEY)
    reads = itertools.count()

    def fail() -> None:
        # The first read is the ticket's.
        if next(reads):
            raise raised

    slow.s3.before("read_body", fail)
    with pytest.raises(SeiExportError) as caught:
        slow.land()
    slow.s3.before("read_body", lambda: None)
    _assert_named(caught.value)
    assert_nothing_visible(slow)
    assert slow.corruptions == 0
