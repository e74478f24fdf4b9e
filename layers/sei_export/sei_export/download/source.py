"""Where a body comes from: answers that can be opened again, by a deadline."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sei_export.clock import Deadline


class Raw(Protocol):
    """What is used of a connection's body."""

    def read(self, size: int, /, *, decode_content: bool) -> bytes:
        """Read so many bytes; fewer only at the end."""


class Response(Protocol):
    """What is used of an answer; `requests.Response` is one."""

    @property
    def status_code(self) -> int:
        """HTTP's."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By names in lower case, or in any."""

    @property
    def raw(self) -> Raw:
        """The body."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a body comes from.

    Attributes:
        open: Opens it, with more request headers; called again to go on after a break.
        deadline: By when reading has to end.
    """

    open: Callable[[Mapping[str, str]], AbstractContextManager[Response]]
    deadline: Deadline
