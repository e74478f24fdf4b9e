"""A body in memory: what `landing` takes, without a connection."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from sei_export.landing.csvcheck import CsvInspector
from sei_export.landing.limits import Limits
from sei_export.landing.verified import VerifiedGzip


@dataclass
class Pieces:
    """Stands for a body that has been opened.

    Attributes:
        content: The pieces.
        is_end_told: Whether the server told where the body ends.
        look_at_clock: Called now and then, such as to raise.
    """

    content: Iterable[bytes]
    is_end_told: bool = True
    look_at_clock: Callable[[], None] = lambda: None

    def pieces(self) -> Generator[bytes]:
        """Give the pieces."""
        yield from self.content


def verified(
    content: Iterable[bytes], inspector: CsvInspector, limits: Limits | None = None
) -> Generator[bytes]:
    """What comes out of pieces, verified."""
    return VerifiedGzip(Pieces(content), inspector, limits or Limits(max_ratio=2000)).pieces()
