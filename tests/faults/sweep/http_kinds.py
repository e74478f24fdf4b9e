"""Every way in which an HTTP exchange goes wrong."""

import base64
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from urllib.parse import quote

from tests.fakes.loopback import RESET, Answer, Received
from tests.faults.sweep.api import as_json, wire
from tests.faults.sweep.aws import KEY
from tests.faults.sweep.plan import Kind, nowhere
from tests.faults.sweep.scenarios import csv_of
from tests.faults.sweep.wire import HttpAct, Spoil, body_of, headers_of

READ_SECONDS = 25.0
FILES = {"file", "link", "report"}
_MAKING = {"create", "report"}

OTHER = csv_of(33, "other")
"""A CSV that nobody can tell from the right one."""

_ECHO = (
    f"{KEY} {quote(KEY, safe='')} {base64.b64encode(KEY.encode()).decode()} "
    f"{KEY.encode().hex()} {json.dumps(KEY).replace('/', chr(92) + '/')}"
)
"""A server that quotes what it was sent."""


def _at(names: set[str], *errors: str) -> Callable[[str], frozenset[str]]:
    return lambda name: frozenset(errors) if name in names else frozenset()


def kinds() -> Iterator[Kind]:
    """All of them."""
    yield from _refusals()
    yield from _breaks()
    for name, (spoil, fails) in (_BODIES | _JSON | _STATES).items():
        yield Kind("http", name, HttpAct(spoil, fast=name in _LONG), fails)
    for name, change in _DAMAGES.items():
        yield Kind("http", name, HttpAct(_changing(change)), lies=change)
    yield Kind("http", "another CSV", HttpAct(_other), lies=lambda _: OTHER)


# --- statuses ---


def _refusing(status: int, headers: dict[str, str] | None = None) -> HttpAct:
    def answer(received: Received, _: bytes, __: str) -> Answer:
        told = {"message": f"No: {_ECHO}", "sent": received.authorization}
        return wire(status, as_json(dict(told)), headers)

    return HttpAct(answer, done=False)


_RETRY_AFTER = {
    **{text: nowhere for text in ("0", "2", "200", "1e2", "soon", "-5", "", "nan", "inf")},
    "Sun, 01 Mar 2026 12:01:00 GMT": nowhere,
    "Sun, 01 Mar 2015 12:01:00 GMT": nowhere,
    # Beyond the deadline of one that has been made again.
    "1800": lambda _: frozenset({"RateLimitedError", "ServiceUnavailableError"}),
    "86400": lambda _: frozenset({"RateLimitedError", "ServiceUnavailableError"}),
    "9" * 30: lambda _: frozenset({"RateLimitedError", "ServiceUnavailableError"}),
}


def _refusals() -> Iterator[Kind]:
    for status in (408, 425, 429, 500, 501, 502, 503, 504, 507, 511, 520, 529, 599):
        yield Kind("http", f"{status}", _refusing(status))
    for status in (429, 503):
        for after, fails in _RETRY_AFTER.items():
            act = _refusing(status, {"Retry-After": after})
            yield Kind("http", f"{status} with Retry-After: {after}", act, fails)
    for status in (400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 418, 422, 431, 451):
        fails = _at(_MAKING, "ExportRejectedError")
        yield Kind("http", f"{status}", _refusing(status), fails)
    for status in (401, 403):
        yield Kind("http", f"{status}", _refusing(status))
    for status in (100, 103, 203, 204, 205, 206, 226, 300, 304, 305):
        yield Kind("http", f"{status} without a word", HttpAct(lambda *_, s=status: wire(s)))
    for status in (301, 302, 303, 307, 308):
        for where, location in _LOCATIONS.items():
            act = HttpAct(_redirecting(status, location), done=False)
            yield Kind("http", f"{status} {where}", act)


_LOCATIONS: dict[str, str | None] = {
    "nowhere": None,
    "to itself": "",
    "without TLS": "http://example.com/x",
    "to no URL": "http://[",
    "to a login page": "/login",
}


def _redirecting(status: int, location: str | None) -> Spoil:
    def answer(received: Received, _: bytes, __: str) -> Answer:
        target = location or received.target
        return wire(status, b"", {} if location is None else {"Location": target})

    return answer


# --- connections ---

_ENDS: dict[str, tuple[Callable[[], Exception], float]] = {
    "reset": (ConnectionResetError, 0.0),
    "silent": (TimeoutError, READ_SECONDS),
    "closed": (lambda: _Closed(), 0.0),
}


class _Closed(ConnectionAbortedError):
    """As Windows and some proxies end a connection."""


def _breaks() -> Iterator[Kind]:
    # What makes a report is silent until it is made, so that a silence is the function's whole time.
    slow = _at({"report"}, "ExportTimedOutError")
    refusals: dict[str, tuple[Callable[[], Exception], float]] = {
        "refused": (ConnectionRefusedError, 0.0),
        "no route": (lambda: OSError(113, "No route to host"), 0.0),
        "no name": (lambda: socket.gaierror(-2, "Name or service not known"), 0.0),
        "no connection in time": (TimeoutError, 5.0),
    }
    for name, (error, seconds) in refusals.items():
        yield Kind("http", name, HttpAct(refused=error, seconds=seconds), unnamed=True)
    for end, (error, seconds) in _ENDS.items():
        for where, breaks in _PLACES.items():
            act = HttpAct(breaks=breaks, error=error, seconds=seconds)
            yield Kind("http", f"{end} {where}", act, slow if end == "silent" else nowhere)
    for where, breaks in _PLACES.items():
        yield Kind("http", f"killed {where}", HttpAct(breaks=breaks, killed="while"))
        cutting = HttpAct(lambda _, right, __, breaks=breaks: right[: breaks(right)])
        yield Kind("http", f"cut {where}", cutting)
    yield Kind("http", "killed", HttpAct(killed="before"), unnamed=True)
    yield Kind("http", "torn down", HttpAct(lambda *_: RESET, done=False))
    yield Kind("http", "torn down when done", HttpAct(lambda *_: RESET))


_PLACES: dict[str, Callable[[bytes], int]] = {
    "before the answer": lambda _: 0,
    "in the first line": lambda _: 7,
    "in the headers": lambda answer: headers_of(answer) - 10,
    "after the headers": headers_of,
    "in the body": lambda answer: (headers_of(answer) + len(answer)) // 2,
    "before the last byte": lambda answer: len(answer) - 1,
}

# --- answers that are none ---


def _saying(body: bytes, headers: dict[str, str] | None = None, length: str | None = "") -> Spoil:
    return lambda *_: wire(200, body, headers, length)


def _framing(headers: dict[str, str], length: str | None = None) -> Spoil:
    """The right status and body in other words about its length."""

    def answer(_: Received, right: bytes, __: str) -> Answer:
        told = ["" if length is None else f"Content-Length: {length or len(body_of(right))}"]
        told += [f"{name}: {value}" for name, value in headers.items()]
        return _with_headers(right, *filter(None, told)) + body_of(right)

    return answer


def _with_headers(right: bytes, *told: str) -> bytes:
    """An answer's beginning with other words about its length."""
    lines = right[: headers_of(right)].split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"content-length")]
    return b"\r\n".join([kept[0], *(it.encode() for it in told), *kept[1:]])


def _claiming(more: int) -> Spoil:
    def answer(received: Received, right: bytes, name: str) -> Answer:
        return _framing({}, str(len(body_of(right)) + more))(received, right, name)

    return answer


_CHUNKS = {"Transfer-Encoding": "chunked"}
_HTML = f"<!DOCTYPE html><html><title>Sign in</title>{_ECHO}</html>".encode()

_LONG = {"JSON in depth", "no HTTP at length", "a header without an end"}
"""At the pace of a slow file here these would take longer than anything does."""
_NO_LENGTH = _at({"file"}, "ExportTimedOutError")
"""What is slow and has no length has to come in one invocation."""

_BODIES: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    "HTML": (_saying(_HTML, {"Content-Type": "text/html"}), nowhere),
    "HTML in lines": (_saying(b"<html>\n<body>,\n</body>\n</html>\n"), nowhere),
    "no JSON": (_saying(b"upstream connect error"), nowhere),
    "no UTF-8": (_saying(b"\xff\xfe\x00{"), nowhere),
    "JSON null": (_saying(b"null"), nowhere),
    "a JSON list": (_saying(b"[]"), nowhere),
    "a JSON text": (_saying(as_json({"message": _ECHO})), nowhere),
    "JSON in depth": (_saying(b"[" * 100_000), nowhere),
    "JSON that is cut": (_saying(b'{"exportId": "exp_1", "status": "comp'), nowhere),
    "an error with 200": (_saying(as_json({"error": {"message": _ECHO}})), nowhere),
    "empty without a length": (_saying(b"", length=None), nowhere),
    "a length that is too long": (_claiming(10), nowhere),
    "a length of no number": (_framing({}, "many"), _NO_LENGTH),
    "a negative length": (_framing({}, "-5"), _NO_LENGTH),
    "two lengths": (_framing({"Content-length": "3"}, "4"), _NO_LENGTH),
    "chunks that are none": (_framing(_CHUNKS), nowhere),
    "a chunk of no size": (_saying(b"zz\r\nabc\r\n0\r\n\r\n", _CHUNKS, None), nowhere),
    "chunks without an end": (_saying(b"5\r\n{\"a\":\r\n", _CHUNKS, None), nowhere),
    "a chunk that is cut": (_saying(b"fffff\r\nabc", _CHUNKS, None), nowhere),
    "an encoding that is none": (_framing({"Content-Encoding": "gzip"}, ""), nowhere),
    "an unknown encoding": (_framing({"Content-Encoding": "zstd"}, ""), nowhere),
    "no HTTP": (lambda *_: b"SSH-2.0-OpenSSH_9.6\r\n", nowhere),
    "no HTTP at length": (lambda *_: b"x" * 70_000, nowhere),
    "HTTP of the future": (lambda *_: b"HTTP/9.9 200 OK\r\n\r\n{}", nowhere),
    "a header without an end": (lambda *_: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, nowhere),
    "two hundred headers": (_framing({f"X-{n}": "x" for n in range(200)}, ""), nowhere),
    "the key as a file": (_saying(f"a,b\n{KEY},1\n".encode()), nowhere),
}

# --- JSON that says something else ---


def _with(**fields: object) -> Spoil:
    """The right answer with other fields; what is no JSON stays as it is."""

    def answer(_: Received, right: bytes, name: str) -> Answer:
        if name in FILES or not body_of(right).startswith(b"{"):
            return right
        status = int(right.split(b" ", 2)[1])
        return wire(status, json.dumps({**json.loads(body_of(right)), **fields}).encode())

    return answer


_LOST = _at({"create"}, "ExportNotFoundError")

_JSON: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    "another id": (_with(exportId="exp_9"), _LOST),
    "a number as id": (_with(exportId=9), _LOST),
    "an id with spaces": (_with(exportId="ex p"), _LOST),
    **{
        f"the id {each!r}": (_with(exportId=each), nowhere)
        for each in (None, "", "..", "a/../../b", "%2e%2e", [], {}, True, "x" * 300, "a\nb")
    },
    **{
        f"the link {each!r}": (_with(download={"url": each}), nowhere)
        for each in ("http://example.com/x", "https://[", "javascript:x", "/v2/../../x", "/none", 7)
    },
    **{
        f"the time {each!r}": (_with(createdAt=each, completedAt=each), nowhere)
        for each in (None, "soon", -1, 10**30, [], "2026-03-01T06:00:00")
    },
}

_STATES: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    **{
        f"the status {each!r}": (_with(status=each), nowhere)
        for each in ("paused", "", None, 7, [], "done", "QUEUED", "processing")
    },
    # The word of the API: nobody can tell that it is wrong.
    "failed": (_with(status="failed", error=_ECHO), _at({"status"}, "ExportFailedError")),
    "cancelled": (_with(status="cancelled"), _at({"status"}, "ExportCancelledError")),
    "completed too early": (_with(status="completed"), nowhere),
}

# --- files that are damaged ---


def _changing(change: Callable[[bytes], bytes]) -> Spoil:
    """The file's bytes, changed on the server; other calls' answers stay as they are."""

    def answer(_: Received, right: bytes, name: str) -> Answer:
        if name not in FILES:
            return right
        body = change(body_of(right))
        return _with_headers(right, f"Content-Length: {len(body)}") + body

    return answer


def _other(_: Received, right: bytes, name: str) -> Answer:
    if name not in FILES:
        return right
    is_gzip = body_of(right).startswith(b"\x1f\x8b")
    return wire(200, gzip.compress(OTHER, mtime=0) if is_gzip else OTHER)


def _flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] if body else body


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "one byte": lambda body: body[:1],
    "half": lambda body: body[: len(body) // 2],
    "all but the last byte": lambda body: body[:-1],
    "all but the trailer": lambda body: body[:-8],
    "a wrong first byte": lambda body: _flipped(body, 0),
    "a wrong byte in the middle": lambda body: _flipped(body, len(body) // 2),
    "a wrong last byte": lambda body: _flipped(body, -1 % max(len(body), 1)),
    "more behind it": lambda body: body + b"\0garbage,\"",
    "twice": lambda body: body + body,
    "zeros": lambda body: bytes(len(body)),
}
