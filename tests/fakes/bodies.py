"""Bodies over real connections that end before the body does; a reader whose clock is a fake."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from sei_export.download.body import Body
from sei_export.download.known import Known
from sei_export.download.source import Raw, Response, Source
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.timing import FakeClock

CSV = b"team,developer,PR_MERGED\n" + b"".join(
    b"team %d,dev %d,%d\n" % (n % 7, n, n * n % 101) for n in range(40)
)
GZ = gzip.compress(CSV, mtime=1_700_000_000)

ETAG = {"ETag": '"abc"', "Accept-Ranges": "bytes"}
MODIFIED = {
    "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT",
    "Date": "Sun, 01 Mar 2026 12:00:01 GMT",
    "Accept-Ranges": "bytes",
}
CHUNKED = {"Transfer-Encoding": "chunked"}
END = b"0\r\n\r\n"


def chunks(*contents: bytes) -> bytes:
    """Chunks as HTTP sends them, without the last one: `END`."""
    return b"".join(b"%x\r\n%b\r\n" % (len(content), content) for content in contents)


@dataclass
class File:
    """A file on a server that ends each connection early, as often as it is told to.

    Attributes:
        content: The file.
        cuts: How many bytes of the file have gone out, or were skipped, when each connection
            ends; those after the last one go on to the end.
        headers: What every answer has.
        ranges: Whether it goes on in the middle when asked to.
        served: Of each connection, where it began and ended.
    """

    content: bytes
    cuts: Iterable[int] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges: bool = False
    served: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ends = iter(self.cuts)

    def answer(self, received: Received) -> Answer:
        """The file, or what is left of it."""
        start, size = 0, len(self.content)
        headers = dict(self.headers)
        if self.ranges and received.headers["range"]:
            start = int(received.headers["range"].removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        end = next(self._ends, size)
        self.served.append((start, end))
        body = self.content[start:end]
        return reply(206 if start else 200, body, headers, length=size - start)


type Answers = Iterable[Answer] | Callable[[Received], Answer]


@dataclass
class SlowRaw:
    """A connection's body, each read of which takes its time on a fake clock."""

    raw: Raw
    seconds: float
    clock: FakeClock

    def read(self, size: int, /, *, decode_content: bool) -> bytes:
        """Read, also when that fails, after so many seconds."""
        self.clock.slept.append(self.seconds)
        return self.raw.read(size, decode_content=decode_content)


@dataclass
class SlowResponse:
    """An answer with such a body."""

    status_code: int
    headers: Mapping[str, str]
    raw: SlowRaw


@dataclass
class Reader:
    """Reads what a server sends.

    Attributes:
        server: Where from.
        seconds: How long it may take.
        silence: The longest silence.
        seconds_of_a_read: How long each read takes.
        body: The last one that was read.
    """

    server: Loopback
    seconds: float = 1000
    silence: float = 10
    seconds_of_a_read: float = 0

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.pieces: list[bytes] = []
        self.source = Source(self._open, self.clock.deadline(self.seconds))
        self.body = Body(self.source)

    @property
    def content(self) -> bytes:
        """What came until now."""
        return b"".join(self.pieces)

    def read(self, *, resuming: bool = True) -> bytes:
        """All of it."""
        self.body = Body(self.source, Known(resuming=resuming))
        for piece in self.body.pieces():
            self.pieces.append(piece)
        return self.content

    @contextmanager
    def _open(self, headers: Mapping[str, str]) -> Iterator[Response]:
        with requests.Session() as session:
            session.trust_env = False
            timeout = (10, self.silence)
            with session.get(
                self.server.origin, headers=headers, stream=True, timeout=timeout
            ) as response:
                if not self.seconds_of_a_read:
                    yield response
                    return
                raw = SlowRaw(response.raw, self.seconds_of_a_read, self.clock)
                yield SlowResponse(response.status_code, response.headers, raw)


@contextmanager
def reading(answers: Answers, **given: float) -> Iterator[Reader]:
    """Start a server that gives these answers, and a reader of it."""
    with Loopback(answers) as server:
        yield Reader(server, **given)
