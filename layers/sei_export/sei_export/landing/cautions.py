"""Warnings: what a reader of a file should know that has landed all the same.

The codes are a contract: `events/schemas/ExportCompleted.json`.
"""

from collections import Counter
from collections.abc import Sequence

from sei_export.manifest import Caution

NO_ROWS = "noRows"
NO_ROWS_ANY_MORE = "noRowsAnyMore"
EMPTY_COLUMNS = "emptyColumns"
DUPLICATE_COLUMNS = "duplicateColumns"
UNVERIFIABLE_LENGTH = "unverifiableLength"

_SHOWN_NAMES = 5
_SHOWN_CHARACTERS = 60


def of_header(columns: Sequence[str]) -> tuple[Caution, ...]:
    """Warn of names by which no reader can find a column."""
    found = []
    empty = sum(not name.strip() for name in columns)
    if empty:
        have = "has" if empty == 1 else "have"
        found.append(
            Caution(
                EMPTY_COLUMNS,
                f"{empty} of the {len(columns)} columns {have} no name in the header.",
            )
        )
    repeated = [name for name, times in Counter(columns).items() if times > 1 and name.strip()]
    if repeated:
        shown = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in repeated[:_SHOWN_NAMES])
        more = len(repeated) - _SHOWN_NAMES
        rest = f" and {more} more" if more > 0 else ""
        found.append(
            Caution(DUPLICATE_COLUMNS, f"Names that the header has more than once: {shown}{rest}.")
        )
    return tuple(found)


def no_rows(columns: Sequence[str]) -> Caution:
    """Warn of a file without a row, with or without a header."""
    what = "has a header and no rows" if columns else "is empty: the API says that there is no data"
    return Caution(NO_ROWS, f"The file {what}.")


def no_rows_any_more(before: int | None) -> Caution:
    """Warn of a file without a row where one with rows was.

    Args:
        before: How many rows it had; None if that is not known.
    """
    known = "may have had some" if before is None else f"had {before}"
    return Caution(
        NO_ROWS_ANY_MORE,
        f"The file has a header and no rows; the one before it {known}. The bucket keeps its "
        "versions.",
    )


def unverifiable_length() -> Caution:
    """Warn of a file of which nobody can tell whether it is whole."""
    return Caution(
        UNVERIFIABLE_LENGTH,
        "The server did not tell where the file ends, so that nobody can tell whether this is all "
        "of it. It was accepted since the parameter AllowUnverifiableBody is true.",
    )
