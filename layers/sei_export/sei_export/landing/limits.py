"""How large a file may get, and how sure its end has to be."""

from dataclasses import dataclass

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused although it may be a whole CSV.

    Attributes:
        max_csv_bytes: Of an uncompressed CSV.
        max_ratio: How many times as large as its gzip a CSV may be; deflate reaches 1032.
        allow_unverifiable: Whether a file lands of which nobody can tell whether it is whole; it
            is marked by a warning then.
    """

    max_csv_bytes: int = 100 * GIB
    max_ratio: int = 1000
    allow_unverifiable: bool = False
