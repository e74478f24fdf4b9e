"""What a file may be at most, and whether one whose end nobody can prove may land."""

from dataclasses import dataclass

GIGABYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """The stack's limits of files.

    Attributes:
        max_csv_bytes: Of the uncompressed CSV.
        max_ratio: Of the uncompressed CSV's size to the gzip's.
        allow_unverifiable: Whether a file lands whose end nobody told.
    """

    max_csv_bytes: int = 100 * GIGABYTE
    max_ratio: int = 1000
    allow_unverifiable: bool = False
