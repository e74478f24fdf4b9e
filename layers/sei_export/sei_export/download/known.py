"""What is known of a file whose bytes come over several connections, and what still belongs to it.

Two versions of one file must never become one body. A promise is not enough for that: a server that
does not know If-Range answers a Range all the same. So every answer has to name the file again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sei_export.download.source import Response
from sei_export.download.validators import (
    content_length,
    content_range,
    has_ranges,
    length_of_all,
    validator,
)
from sei_export.errors import CorruptDownloadError


@dataclass(slots=True)
class Known:
    """What the answers so far tell of a file.

    Attributes:
        received: Bytes of it that came.
        total: Its length, once an answer has told it.
        validator: Names this state of it, for If-Range; empty if the server gives none.
        ranges: Whether the server says that it can go on in the middle.
        resuming: Whether to believe that; not where every connection names the file anew.
        changed: Whether an answer was refused that does not belong to what came before.
    """

    received: int = 0
    total: int | None = None
    validator: str = ""
    ranges: bool = False
    resuming: bool = True
    changed: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether the server can go on in the middle, and tells whether the file is the same."""
        return self.resuming and self.ranges and bool(self.validator)

    @property
    def can_go_on_elsewhere(self) -> bool:
        """Whether another reader can go on with it: that needs to know where it ends."""
        return self.can_go_on and self.total is not None

    @property
    def is_whole(self) -> bool:
        """Whether all of it came, as far as that is known."""
        return self.received == self.total

    @property
    def length(self) -> int:
        """Its length, where that is known; what came so far elsewhere."""
        return self.received if self.total is None else self.total

    @property
    def told_length(self) -> str:
        """Its length, for messages."""
        return "an unknown number" if self.total is None else str(self.total)

    def headers(self) -> dict[str, str]:
        """Make the request headers that ask for the rest of this very file; none ask for all."""
        if not self.received or not self.can_go_on:
            return {}
        return {"Range": f"bytes={self.received}-", "If-Range": self.validator}

    def begin(self, response: Response) -> None:
        """Take the first answer's word.

        Raises:
            CorruptDownloadError: It is a part that nobody asked for.
        """
        self.validator = validator(response.headers)
        self.ranges = has_ranges(response.headers)
        self.total = _length_of_whole(response)

    def begin_again(self, response: Response) -> None:
        """Judge an answer that has all of it once more.

        Raises:
            CorruptDownloadError: It is another file, or a part that nobody asked for.
        """
        # Where the server can go on, nothing but the validator tells that the bytes are the same.
        if self.can_go_on and validator(response.headers) != self.validator:
            raise self.another("The file changed during the download.")
        self._learn_total(_length_of_whole(response))

    def join(self, headers: Mapping[str, str]) -> None:
        """Judge a part that was asked for (RFC 9110, 15.3.7.3).

        Raises:
            CorruptDownloadError: It is another part, or one of another file.
        """
        stated, length = content_range(headers), content_length(headers)
        if (
            stated is None
            or stated.start != self.received
            or length not in {None, stated.last - stated.start + 1}
        ):
            raise self.another(
                f"The server went on at another place than byte {self.received}: "
                f"{headers.get('content-range')!r}."
            )
        if validator(headers) != self.validator:
            raise self.another("The file changed during the download.")
        self._learn_total(stated.total)
        if self.total is None:
            raise self.another("The server went on without telling the file's length.")

    def end(self, headers: Mapping[str, str]) -> None:
        """Judge the refusal of a range: if the file ends where that begins, it is whole.

        Raises:
            CorruptDownloadError: It has another length, or is another file.
        """
        total = length_of_all(headers)
        # A refusal need not name the file; one that does has to name this one.
        if total != self.received or validator(headers) not in {"", self.validator}:
            length = "an unknown number of" if total is None else total
            raise self.another(
                f"The file changed during the download: it has {length} bytes now, and "
                f"{self.received} came of it."
            )
        self._learn_total(total)

    def another(self, message: str) -> CorruptDownloadError:
        """Note that this is not the file that it was, and make the error that says so."""
        self.changed = True
        return CorruptDownloadError(message)

    def _learn_total(self, stated: int | None) -> None:
        if stated is None:
            return
        if self.total not in {None, stated} or stated < self.received:
            raise self.another("The file's length changed during the download.")
        self.total = stated


def _length_of_whole(response: Response) -> int | None:
    """What an answer that begins at the beginning tells of the length of all."""
    headers = response.headers
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return content_length(headers)
    stated = content_range(headers)
    if stated is None or stated.start:
        raise CorruptDownloadError(
            f"The server went on at another place than byte 0: {headers.get('content-range')!r}."
        )
    if stated.total is None:
        raise CorruptDownloadError("The server went on without telling the file's length.")
    return stated.total
