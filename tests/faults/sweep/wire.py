"""What may go wrong with one HTTP exchange."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.loopback import Answer, Received

type Spoil = Callable[[Received, bytes, str], Answer]
"""Makes the answer of the request, the right answer and the call's name."""


def as_it_is(_: Received, right: bytes, __: str) -> Answer:
    """The right answer."""
    return right


def headers_of(answer: bytes) -> int:
    """How many bytes of an answer are its headers, the empty line included."""
    return answer.index(b"\r\n\r\n") + 4


def body_of(answer: bytes) -> bytes:
    """An answer's body."""
    return answer[headers_of(answer) :]


@dataclass(frozen=True, slots=True)
class HttpAct:
    """What goes wrong.

    Attributes:
        answer: What the server says.
        done: Whether the server does what it is asked for all the same.
        refused: What comes instead of a connection.
        breaks: After how many bytes of the answer the connection breaks.
        error: How it breaks.
        seconds: How long the silence before that is.
        killed: `before` the connection is made, or `while` its answer is read, the process dies.
        fast: Whether the answer comes at once where files come slowly.
    """

    answer: Spoil = as_it_is
    done: bool = True
    refused: Callable[[], Exception] | None = None
    breaks: Callable[[bytes], int] | None = None
    error: Callable[[], Exception] | None = None
    seconds: float = 0.0
    killed: str = ""
    fast: bool = False
