"""Every way in which an HTTP exchange goes wrong."""

import socket
from collections.abc import Callable, Iterator

from tests.fakes.loopback import RESET, Answer, Received
from tests.faults.sweep import http_answers
from tests.faults.sweep.api import as_json, wire
from tests.faults.sweep.http_answers import ECHO, at
from tests.faults.sweep.plan import Kind, nowhere
from tests.faults.sweep.wire import HttpAct, Spoil, headers_of

READ_SECONDS = 25.0
_MAKING = {"create", "report"}


def kinds() -> Iterator[Kind]:
    """All of them."""
    yield from _refusals()
    yield from _breaks()
    yield from http_answers.kinds()


# --- statuses ---


def _refusing(status: int, headers: dict[str, str] | None = None) -> HttpAct:
    def answer(received: Received, _: bytes, __: str) -> Answer:
        told = {"message": f"No: {ECHO}", "sent": received.authorization}
        return wire(status, as_json(dict(told)), headers)

    return HttpAct(answer, done=False)


_IN_VAIN = frozenset({"RateLimitedError", "ServiceUnavailableError"})
_RETRY_AFTER: dict[str, Callable[[str], frozenset[str]]] = {
    **dict.fromkeys(("0", "2", "200", "1e2", "soon", "-5", "", "nan", "inf"), nowhere),
    "Sun, 01 Mar 2026 12:01:00 GMT": nowhere,
    "Sun, 01 Mar 2015 12:01:00 GMT": nowhere,
    # Beyond the deadline of one that has been made again.
    # Who has waited so long before an export that fails has no time for another one.
    "1800": lambda _: _IN_VAIN | {"ExportFailedError"},
    **dict.fromkeys(("86400", "9" * 30), lambda _: _IN_VAIN),
}


def _refusals() -> Iterator[Kind]:
    for status in (408, 425, 429, 500, 501, 502, 503, 504, 507, 511, 520, 529, 599):
        yield Kind("http", f"{status}", _refusing(status))
    for status in (429, 503):
        for after, fails in _RETRY_AFTER.items():
            act = _refusing(status, {"Retry-After": after})
            yield Kind("http", f"{status} with Retry-After: {after}", act, fails)
    for status in (400, 402, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 418, 422, 431, 451):
        fails = at(_MAKING, "ExportRejectedError")
        yield Kind("http", f"{status}", _refusing(status), fails)
    for status in (401, 403):
        yield Kind("http", f"{status}", _refusing(status))
    for status in (100, 103, 203, 204, 205, 206, 226, 300, 304, 305):
        yield Kind("http", f"{status} without a word", HttpAct(_saying_nothing(status)))
    for status in (301, 302, 303, 307, 308):
        for where, location in _LOCATIONS.items():
            act = HttpAct(_redirecting(status, location), done=False)
            yield Kind("http", f"{status} {where}", act)


def _saying_nothing(status: int) -> Spoil:
    return lambda *_: wire(status)


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
    "closed": (ConnectionAbortedError, 0.0),
}


def _breaks() -> Iterator[Kind]:
    # What makes a report is silent until it is made: a silence there is the function's whole time.
    slow = at({"report"}, "ExportTimedOutError")
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
        yield Kind("http", f"cut {where}", HttpAct(_cutting(breaks)))
    yield Kind("http", "killed", HttpAct(killed="before"), unnamed=True)
    yield Kind("http", "torn down", HttpAct(lambda *_: RESET, done=False))
    yield Kind("http", "torn down when done", HttpAct(lambda *_: RESET))


def _cutting(breaks: Callable[[bytes], int]) -> Spoil:
    return lambda _, right, __: right[: breaks(right)]


_PLACES: dict[str, Callable[[bytes], int]] = {
    "before the answer": lambda _: 0,
    "in the first line": lambda _: 7,
    "in the headers": lambda answer: headers_of(answer) - 10,
    "after the headers": headers_of,
    "in the body": lambda answer: (headers_of(answer) + len(answer)) // 2,
    "before the last byte": lambda answer: len(answer) - 1,
}
