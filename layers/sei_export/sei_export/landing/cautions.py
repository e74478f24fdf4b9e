"""Warnings: what a reader of a file should know that has landed all the same.

The codes are a contract: `events/schemas/ExportCompleted.json`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date

from sei_export.dates import DateRange
from sei_export.landing.daysasked import Seen
from sei_export.manifest import Caution

NO_ROWS = "noRows"
NO_ROWS_ANY_MORE = "noRowsAnyMore"
ROWS_FELL = "rowsFell"
COLUMNS_ADDED = "columnsAdded"
COLUMNS_REMOVED = "columnsRemoved"
DATES_OUTSIDE = "datesOutside"
NOT_OVER = "notOver"
EMPTY_COLUMNS = "emptyColumns"
DUPLICATE_COLUMNS = "duplicateColumns"
UNVERIFIABLE_LENGTH = "unverifiableLength"

_SHOWN_NAMES = 5
_SHOWN_CHARACTERS = 60

_LISTED_NAMES = 10
_LISTED_CHARACTERS = 40
_LISTED_BYTES = 500
"""As JSON in ASCII: a message has 2,000 characters, of which a key may take half."""


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


def no_rows(columns: Sequence[str], about_tree: str = "") -> Caution:
    """Warn of a file without a row, with or without a header.

    Args:
        columns: The names in the header.
        about_tree: `unlisted_tree`, or empty.
    """
    what = "has a header and no rows" if columns else "is empty: the API says that there is no data"
    return Caution(NO_ROWS, f"The file {what}.{about_tree}")


def unlisted_tree(name: str, near: Sequence[str]) -> str:
    """Tell of an org tree that is not on the list's first page, to stand behind `no_rows`.

    Args:
        name: As it was asked for.
        near: Names on the page that are spelled much like it.
    """
    said = f" The first page of the API's list has no org tree {_listed([name])}"
    return f"{said}; did you mean {_listed(near)}?" if near else f"{said}."


def no_rows_any_more(before: int | None) -> Caution:
    """Warn of a file without a row where one with rows was.

    Args:
        before: How many rows it had; None if that is not known.
    """
    known = "may have had some" if before is None else f"had {before}"
    return Caution(
        NO_ROWS_ANY_MORE,
        f"The file has no rows; the one before it {known}. The bucket keeps its versions.",
    )


def rows_fell(rows: int, before: int, key: str) -> Caution:
    """Warn of a file with fewer than half of the rows of the one that it is compared with.

    Args:
        rows: How many it has.
        before: How many that one has.
        key: Of that one: the same, or the days before.
    """
    return Caution(
        ROWS_FELL, f"The file has {rows} rows, fewer than half of the {before} of {key}."
    )


def of_columns(columns: Sequence[str], before: Sequence[str], key: str) -> tuple[Caution, ...]:
    """Warn of columns that a file has and the one that it is compared with has not, and of others.

    Args:
        columns: The names in the file's header.
        before: Those of the other.
        key: Of the other: the same, or the days before.
    """
    found = []
    for code, names, others, verb in (
        (COLUMNS_ADDED, columns, before, "were added"),
        (COLUMNS_REMOVED, before, columns, "are gone"),
    ):
        known = frozenset(others)
        differing = [name for name in dict.fromkeys(names) if name not in known]
        if differing:
            what = f"Columns {verb}, compared with {key}: {_listed(differing)}."
            found.append(Caution(code, what))
    return tuple(found)


def dates_outside(asked: DateRange, seen: Seen, looked_at: int, rows: int) -> Caution:
    """Warn of rows that are all about other days.

    Args:
        asked: The days asked for.
        seen: Those of the rows.
        looked_at: How many rows were, from the first on.
        rows: How many there are.
    """
    which = "rows" if looked_at == rows else f"first {looked_at} of {rows} rows"
    start, end = asked
    return Caution(
        DATES_OUTSIDE,
        f"None of the {which} is about the days asked for, {start} to {end}: they are about "
        f"{seen.lowest} to {seen.highest}.",
    )


def not_over(end: date, created_at: str) -> Caution:
    """Warn of days that were not over when their figures were asked for.

    Args:
        end: The last one.
        created_at: When the export was created.
    """
    return Caution(
        NOT_OVER,
        f"The days asked for end on {end} and were not over when the export was created, at "
        f"{created_at}: figures may be missing. Export them again once they are over.",
    )


def unverifiable_length() -> Caution:
    """Warn of a file of which nobody can tell whether it is whole."""
    return Caution(
        UNVERIFIABLE_LENGTH,
        "The server did not tell where the file ends, so that nobody can tell whether this is all "
        "of it. It was accepted since the parameter AllowUnverifiableBody is true.",
    )


def _listed(names: Sequence[str]) -> str:
    """Names as JSON texts, as many as a message takes."""
    shown: list[str] = []
    room = _LISTED_BYTES
    for name in names[:_LISTED_NAMES]:
        cut = f"{name[:_LISTED_CHARACTERS]}…" if len(name) > _LISTED_CHARACTERS else name
        text = json.dumps(cut)
        room -= len(text)
        if shown and room < 0:
            break
        shown.append(json.dumps(cut, ensure_ascii=False) if cut.isprintable() else text)
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
