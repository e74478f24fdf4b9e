"""Whatever the HTTP libraries and botocore raise reaches the machine under a documented name."""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import cast

import botocore.exceptions
import pytest
import requests
import urllib3.exceptions
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from hypothesis import given
from hypothesis import strategies as st

from sei_export import errors
from sei_export.api.bodies import read_whole
from sei_export.api.calls import HttpClient
from sei_export.api.faults import failure_of, reason_of
from sei_export.api.key import ApiKey
from sei_export.api.tries import tried
from sei_export.api.urls import BaseUrl
from sei_export.errors import ProtocolError, SeiExportError, ServiceUnavailableError
from tests.fakes.loopback import Loopback, reply
from tests.fakes.timing import FakeClock, FakeKey

DOCUMENTED = {"ProtocolError", "ServiceUnavailableError", "ConfigurationError"}
CONTRACT = {name for name in vars(errors) if name.endswith("Error")}


def _classes(*modules: ModuleType) -> list[type[Exception]]:
    """The exceptions that modules define or pass on; warnings are not raised."""
    found = [
        it
        for module in modules
        for it in vars(module).values()
        if isinstance(it, type) and issubclass(it, Exception) and not issubclass(it, Warning)
    ]
    return [kind for kind in dict.fromkeys(found) if not kind.__name__.startswith("_")]


HTTP = [
    *_classes(requests.exceptions, urllib3.exceptions, http.client, ssl, socket),
    *(UnicodeError, UnicodeEncodeError, UnicodeDecodeError, ValueError, json.JSONDecodeError),
    *(ConnectionResetError, BrokenPipeError, TimeoutError),
]


def _made(kind: type[Exception]) -> Exception:
    """An exception of a class, however its constructor looks and what its text is made of."""
    kind = type(kind.__name__, (kind,), {"__str__": lambda _: "secret.example?signature=s3cr3t"})
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", HTTP, ids=lambda it: f"{it.__module__}.{it.__name__}")
def test_whatever_sending_raises_has_a_documented_name(kind: type[Exception]) -> None:
    def send() -> requests.Response:
        raise _made(kind)

    with (
        pytest.raises(SeiExportError) as caught,
        tried(send, "GET https://a.example/x", FakeClock().deadline(100)),
    ):
        pass
    _assert_told(caught.value)


class _Raw:
    """A body whose reading fails."""

    def __init__(self, kind: type[Exception]) -> None:
        self.raw = self
        self._kind = kind

    def read(self, size: int, *, decode_content: bool) -> bytes:  # noqa: ARG002 - urllib3's form
        """Fail."""
        raise _made(self._kind)


@pytest.mark.parametrize("kind", HTTP, ids=lambda it: f"{it.__module__}.{it.__name__}")
def test_whatever_reading_raises_has_a_documented_name(kind: type[Exception]) -> None:
    response, deadline = cast("requests.Response", _Raw(kind)), FakeClock().deadline(100)
    with pytest.raises(SeiExportError) as caught:
        read_whole(response, "GET https://a.example/x", deadline)
    _assert_told(caught.value)


def _assert_told(error: SeiExportError) -> None:
    assert type(error).__name__ in DOCUMENTED
    assert error.message.startswith("GET https://a.example/x ")
    assert "s3cr3t" not in error.message
    # Another error's name would be read as that error.
    assert not [name for name in CONTRACT if name in error.message]


def _after(before: Exception, after: Exception) -> Exception:
    """An exception that was raised while another was handled."""
    try:
        try:
            raise before
        except type(before):
            raise after  # noqa: B904 - that it has no cause is the point
    except type(after) as caught:
        return caught


def _caused(cause: Exception, effect: Exception) -> Exception:
    """An exception that was raised from another."""
    effect.__cause__ = cause
    return effect


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(OSError(), "OSError", id="alone"),
        pytest.param(_after(KeyError(), OSError()), "OSError / KeyError", id="after another"),
        pytest.param(_caused(KeyError(), OSError()), "OSError / KeyError", id="from another"),
        pytest.param(
            _after(ValueError(), _caused(KeyError(), OSError())),
            "OSError / KeyError",
            id="from one, after another",
        ),
        pytest.param(
            _after(_after(ValueError(), KeyError()), OSError()),
            "OSError / ValueError",
            id="the innermost",
        ),
        pytest.param(_caused(OSError(), OSError()), "OSError", id="from one like it"),
        pytest.param(
            _caused(urllib3.exceptions.ProtocolError(), OSError()),
            "OSError / broken HTTP",
            id="from one whose name means something else",
        ),
    ],
)
def test_a_fault_is_told_by_its_class_and_that_of_its_innermost_cause(
    fault: Exception, reason: str
) -> None:
    assert reason_of(fault) == reason


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        pytest.param(OSError(), ServiceUnavailableError, "GET x failed: OSError.", id="passing"),
        pytest.param(
            requests.exceptions.InvalidURL(),
            ProtocolError,
            "GET x cannot be sent: InvalidURL.",
            id="not to be sent",
        ),
        pytest.param(
            ValueError(),
            ProtocolError,
            "GET x has an answer that cannot be read: ValueError.",
            id="not to be read",
        ),
    ],
)
def test_a_fault_is_told_by_what_the_call_did(
    fault: Exception, error: type[SeiExportError], message: str
) -> None:
    named = failure_of(fault, "GET x")
    assert (type(named), named.message) == (error, message)


def test_what_may_pass_is_told_by_the_callers_own_verb() -> None:
    assert failure_of(OSError(), "GET x", "broke off").message == "GET x broke off: OSError."


class _Secrets:
    """Secrets Manager, failing."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def get_secret_value(self, **_: object) -> Mapping[str, str]:
        """Fail."""
        failure = _made(self._kind)
        if isinstance(failure, botocore.exceptions.ClientError):
            failure.response = {}
        raise failure


@pytest.mark.parametrize(
    "kind",
    [*_classes(botocore.exceptions), *_classes(urllib3.exceptions, ssl), KeyError, ValueError],
    ids=lambda it: f"{it.__module__}.{it.__name__}",
)
def test_whatever_botocore_raises_has_a_documented_name(kind: type[Exception]) -> None:
    key = ApiKey("arn:key", SecretsProvider(boto3_client=cast("None", _Secrets(kind))))
    with pytest.raises(SeiExportError) as caught:
        key.read()
    assert type(caught.value).__name__ in DOCUMENTED


# --- the same, from a server ---

CHUNKED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(CHUNKED + b"-5\r\nabc", ServiceUnavailableError, id="negative chunk"),
        pytest.param(CHUNKED + b"zz\r\nabc", ServiceUnavailableError, id="chunk of no size"),
        pytest.param(CHUNKED + b"5\r\nabc", ServiceUnavailableError, id="chunk cut short"),
        pytest.param(CHUNKED + b"f" * 70_000, ServiceUnavailableError, id="endless chunk size"),
        pytest.param(
            reply(200, b"{}", {"Content-Encoding": "gzip"}), ServiceUnavailableError, id="no gzip"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n{}",
            ServiceUnavailableError,
            id="200 headers",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n{}",
            ServiceUnavailableError,
            id="long header",
        ),
        pytest.param(b"HTTP/1.1 99999 OK\r\n\r\n{}", ServiceUnavailableError, id="long status"),
        pytest.param(b"HTTP/1.1 -1 OK\r\n\r\n{}", ServiceUnavailableError, id="negative status"),
        pytest.param(b"HTTP/9.9 200 OK\r\n\r\n{}", ServiceUnavailableError, id="HTTP/9.9"),
    ],
)
@pytest.mark.timeout(30)  # a loop if a negative size were read
def test_given_an_answer_that_is_no_http_when_called_then_the_error_has_a_name(
    answer: bytes, error: type[SeiExportError]
) -> None:
    with Loopback(lambda _: answer) as server, pytest.raises(error) as caught:
        _client(server.origin).json("GET", f"{server.origin}/api/x", {})
    assert not [name for name in CONTRACT if name in caught.value.message]


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1, 2", "x", "1_0"])
def test_given_a_length_that_is_none_when_called_then_the_body_counts(length: str) -> None:
    raw = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{{}}"
    with Loopback(lambda _: raw.encode()) as server:
        try:
            answer = _client(server.origin).json("GET", f"{server.origin}/api/x", {})
        except SeiExportError as error:
            assert type(error).__name__ in DOCUMENTED  # noqa: PT017 - either is right
        else:
            assert answer == (200, {}, "{}")


def test_given_an_organization_that_no_url_can_have_when_called_then_the_error_has_a_name() -> None:
    with pytest.raises(ProtocolError, match="cannot be sent: UnicodeEncodeError"):
        _client("http://127.0.0.1:9").json(
            "GET", "http://127.0.0.1:9/api/x", {"orgIdentifier": "\ud800"}
        )


LINK = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [*"@\\/:?#.[]%\t ", "http://", "127.0.0.1", ":9", "/api", "..", "%2e", "\ud800", "é"]
        ),
        max_size=9,
    ).map("".join),
)


@given(LINK)
def test_no_link_is_answered_by_another_error_than_a_documented_one(link: str) -> None:
    client = _client("http://127.0.0.1:9")
    for url in _urls(link):
        try:
            with client.stream(url, {}, {}):
                raise AssertionError(url)
        except SeiExportError as error:
            assert type(error).__name__ in DOCUMENTED  # noqa: PT017 - nothing else may be raised


def _urls(link: str) -> Iterator[str]:
    # Where nobody listens: what gets so far is refused a connection.
    yield f"http://127.0.0.1:9{link}"
    yield f"http://127.0.0.1:9/{link}"
    try:
        yield BaseUrl.parse("http://127.0.0.1:9/api/").resolve(f"/{link.lstrip('/')}")
    except ProtocolError:
        return


def _client(origin: str) -> HttpClient:
    base = BaseUrl.parse(f"{origin}/api/")
    return HttpClient(base, FakeKey(), FakeClock().deadline(100))
