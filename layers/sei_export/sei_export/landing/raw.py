"""What is landed: a file as it comes, and how sure its end is."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

from sei_export.clock import Deadline
from sei_export.masking import Mask

_PATIENCE_SECONDS = 15.0


class Raw(Protocol):
    """What is used of a body."""

    def pieces(self) -> Generator[bytes]:
        """Give the bytes as the API sends them, undecoded."""

    def look_at_clock(self) -> None:
        """Raise ExportTimedOutError if there is no time left."""

    @property
    def is_end_told(self) -> bool:
        """Whether the server told where the body ends: by a length, or by chunks.

        Only to be asked once all pieces have been read.
        """


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file on its way.

    Attributes:
        body: Its bytes; read to their end and closed.
        completed_at: When the API says that the export was completed, if it says.
        mask: Hides the API key in what messages quote of the file.
        deadline: By when landing has to end; by default, a short while from now.
    """

    body: Raw
    completed_at: str | None
    mask: Mask
    deadline: Deadline = field(default_factory=lambda: Deadline.after(_PATIENCE_SECONDS))
