"""Answers that are none, that say something else, or whose file is damaged."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

from tests.fakes.loopback import Answer, Received
from tests.faults.sweep.api import as_json, wire
from tests.faults.sweep.aws import KEY
from tests.faults.sweep.plan import Kind, nowhere
from tests.faults.sweep.scenarios import csv_of
from tests.faults.sweep.wire import HttpAct, Spoil, body_of, headers_of

FILES = {"file", "link", "report"}

OTHER = csv_of(33, "other")
"""A CSV that nobody can tell from the right one."""

ECHO = (
    f"{KEY} {quote(KEY, safe='')} {base64.b64encode(KEY.encode()).decode()} "
    f"{KEY.encode().hex()} {json.dumps(KEY).replace('/', chr(92) + '/')}"
)
"""A server that quotes what it was sent."""


def at(names: set[str], *errors: str) -> Callable[[str], frozenset[str]]:
    """Some errors, but only at some calls."""
    return lambda name: frozenset(errors) if name in names else frozenset()


def kinds() -> Iterator[Kind]:
    """All of them."""
    for name, (spoil, fails) in (_BODIES | _JSON | _STATES).items():
        yield Kind("http", name, HttpAct(spoil, fast=name in _LONG), fails)
    for name, change in _DAMAGES.items():
        yield Kind("http", name, HttpAct(_changing(change)), lies=change)
    yield Kind("http", "another CSV", HttpAct(_other), lies=lambda _: OTHER)


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
_HTML = f"<!DOCTYPE html><html><title>Sign in</title>{ECHO}</html>".encode()

_LONG = {"JSON in depth", "no HTTP at length", "a header without an end"}
"""At the pace of a slow file here these would take longer than anything does."""
_NO_LENGTH = at({"file"}, "ExportTimedOutError")
"""What is slow and has no length has to come in one invocation."""

_BODIES: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    "HTML": (_saying(_HTML, {"Content-Type": "text/html"}), nowhere),
    "HTML in lines": (_saying(b"<html>\n<body>,\n</body>\n</html>\n"), nowhere),
    "no JSON": (_saying(b"upstream connect error"), nowhere),
    "no UTF-8": (_saying(b"\xff\xfe\x00{"), nowhere),
    "JSON null": (_saying(b"null"), nowhere),
    "a JSON list": (_saying(b"[]"), nowhere),
    "a JSON text": (_saying(as_json({"message": ECHO})), nowhere),
    "JSON in depth": (_saying(b"[" * 100_000), nowhere),
    "JSON that is cut": (_saying(b'{"exportId": "exp_1", "status": "comp'), nowhere),
    "an error with 200": (_saying(as_json({"error": {"message": ECHO}})), nowhere),
    "empty without a length": (_saying(b"", length=None), nowhere),
    "a length that is too long": (_claiming(10), nowhere),
    "a length of no number": (_framing({}, "many"), _NO_LENGTH),
    "a negative length": (_framing({}, "-5"), _NO_LENGTH),
    "two lengths": (_framing({"Content-length": "3"}, "4"), _NO_LENGTH),
    "chunks that are none": (_framing(_CHUNKS), nowhere),
    "a chunk of no size": (_saying(b"zz\r\nabc\r\n0\r\n\r\n", _CHUNKS, None), nowhere),
    "chunks without an end": (_saying(b'5\r\n{"a":\r\n', _CHUNKS, None), nowhere),
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


_IDS: tuple[object, ...] = (
    *(None, "", "..", "a/../../b", "%2e%2e", [], {}, True, "x" * 300, "a\nb"),
)
_LINKS: tuple[object, ...] = (
    *("http://example.com/x", "https://[", "javascript:x", "/v2/../../x", "/none", 7),
)
_TIMES: tuple[object, ...] = (None, "soon", -1, 10**30, [], "2026-03-01T06:00:00")
_WORDS: tuple[object, ...] = ("paused", "", None, 7, [], "done", "QUEUED", "processing")
_LOST = at({"create"}, "ExportNotFoundError")

_JSON: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    "another id": (_with(exportId="exp_9"), _LOST),
    "a number as id": (_with(exportId=9), _LOST),
    "an id with spaces": (_with(exportId="ex p"), _LOST),
    **{f"the id {each!r}": (_with(exportId=each), nowhere) for each in _IDS},
    **{f"the link {each!r}": (_with(download={"url": each}), nowhere) for each in _LINKS},
    **{f"the time {each!r}": (_with(createdAt=each, completedAt=each), nowhere) for each in _TIMES},
}

_STATES: dict[str, tuple[Spoil, Callable[[str], frozenset[str]]]] = {
    **{f"the status {each!r}": (_with(status=each), nowhere) for each in _WORDS},
    # The word of the API: nobody can tell that it is wrong.
    "failed": (_with(status="failed", error=ECHO), at({"status"}, "ExportFailedError")),
    "cancelled": (_with(status="cancelled"), at({"status"}, "ExportCancelledError")),
    "completed too early": (_with(status="completed"), at({"status"}, "ProtocolError")),
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
    "more behind it": lambda body: body + b'\0garbage,"',
    "twice": lambda body: body + body,
    "zeros": lambda body: bytes(len(body)),
}
