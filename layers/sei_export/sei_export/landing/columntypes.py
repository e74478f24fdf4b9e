"""Tells what type each column of a CSV has, as seen in its values.

A column is *date* if all its values are days (`2026-02-28`), *integer* or *number* if all are
figures that a 64-bit integer or a double takes, else *text*. Empty values, quoted or not, say
nothing: a column that has no other has no type. One that identifies (`Team`, `Team_Id`) is text,
whatever its values look like here: another file may have others.

Each value of each column is looked at, which takes several times as long as all other checks
together. So only so much of a file is looked at as takes no more than a blink, and how many rows
that were is told: a type is proven for these, and if they are all rows, for the file.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import batched, islice, pairwise

from sei_export.dates import DateRange
from sei_export.landing.daysasked import DaysAsked, Seen

MAX_BYTES = 2 * 1024 * 1024
"""Of rows, from the first on."""

MAX_VALUES = 200_000
"""In them."""

_VALUES_AT_ONCE = 8192
_LEAST_ROWS_AT_ONCE = 32
"""Looked at together, however wide: each column costs something each time."""

_IDENTIFYING = frozenset(
    (
        *("granularity", "org tree", "team", "team hierarchy", "sprint"),
        *("developer", "contributor", "email", "id", "name"),
    )
)
_ENDS_OF_IDENTIFYING = (" id", " name")

# No field of what is kept is longer; the reader's own limit is less.
csv.field_size_limit(MAX_BYTES)


class ColumnType(StrEnum):
    """What a column's values are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


type Found = ColumnType | None
"""None: no value was seen."""

_INTEGER = "-?+[1-9][0-9]{0,17}+|0"
"""Of 18 digits at most, which fit into 64 bits. `007` is none: its zeros would be lost."""

_NUMBER = r"-?+(?:0|[1-9][0-9]{0,17}+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]{1,2}+)?+"
"""No more of digits and exponent than a double can hold."""

_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?!0000)(?:[0-9]{4}-(?:"
    "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)"
    f"|(?:0[13578]|1[02])-31)|{_LEAP_YEAR}-02-29)"
)


def _column(value: str) -> re.Pattern[str]:
    """A pattern of a column whose values are such, or empty; a NUL, which no CSV has, ends each."""
    return re.compile(rf"(?:(?:{value}|)\0)*+")


_COLUMNS: Mapping[Found, re.Pattern[str]] = {
    None: re.compile(r"\0*+"),
    ColumnType.INTEGER: _column(_INTEGER),
    ColumnType.NUMBER: _column(_NUMBER),
    ColumnType.DATE: _column(_DATE),
}
_NEXT: Mapping[Found, tuple[Found, ...]] = {
    None: (None, ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.DATE),
    ColumnType.INTEGER: (ColumnType.INTEGER, ColumnType.NUMBER),
    ColumnType.NUMBER: (ColumnType.NUMBER,),
    ColumnType.DATE: (ColumnType.DATE,),
}
"""What a column may still be after what it was until now: the narrowest first, text if none."""


class ColumnTypes:
    """Looks at the rows after a header; `finish` tells the types.

    Args:
        columns: The names in the header.
        days: First and last day asked for, which rows should be about; None if nobody knows.
        granularity: What a row is about, if the request says.
    """

    def __init__(
        self,
        columns: Sequence[str],
        days: DateRange | None = None,
        granularity: str | None = None,
    ) -> None:
        self._columns = columns
        self._days = DaysAsked(columns, days, granularity)
        self._types: list[Found] = [None] * len(columns)
        self._rows = 0
        self._kept = io.BytesIO()
        self._room = MAX_BYTES
        self._is_cut = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece, cut anywhere, of records that are proven to fit the header."""
        if self._is_cut:
            return
        self._kept.write(piece[: self._room])
        self._is_cut = len(piece) > self._room
        self._room -= len(piece)
        if self._is_cut:
            self._look()

    def finish(self) -> tuple[tuple[Found, ...], int]:
        """Tell each column's type, and in how many rows that was seen: the first ones, or all."""
        if not self._is_cut:
            self._look()
        found = zip(self._columns, self._types, strict=True)
        return tuple(_of_name(name, seen) for name, seen in found), self._rows

    @property
    def days_outside(self) -> Seen | None:
        """The days of the rows looked at, if all are about others than those asked for."""
        types = {self._types[at] for at in self._days.places}
        # A day in another form compares with none.
        if types - {ColumnType.DATE, None}:
            return None
        return self._days.finish()

    def _look(self) -> None:
        self._kept.seek(0)
        # Quicker than UTF-8, and indifferent to a cut character: what is not ASCII is text anyway.
        with io.TextIOWrapper(self._kept, "latin-1", newline="") as text:
            rows = filter(None, csv.reader(text))
            # Of what is cut the last row may lack its end.
            whole = (row for row, _ in pairwise(rows)) if self._is_cut else rows
            # An empty file has no header.
            width = len(self._columns) or 1
            at_once = max(_VALUES_AT_ONCE // width, _LEAST_ROWS_AT_ONCE)
            for some in batched(islice(whole, MAX_VALUES // width), at_once, strict=False):
                self._look_at(some)
                self._days.look(some)
                self._rows += len(some)

    def _look_at(self, rows: Sequence[Sequence[str]]) -> None:
        for at, values in enumerate(zip(*rows, strict=True)):
            before = self._types[at]
            if before is ColumnType.TEXT:
                continue
            column = "\0".join(values) + "\0"
            fitting = (each for each in _NEXT[before] if _COLUMNS[each].fullmatch(column))
            self._types[at] = next(fitting, ColumnType.TEXT)


def _of_name(name: str, seen: Found) -> Found:
    if seen is None:
        return None
    plain = name.casefold().replace("_", " ").strip()
    is_identifying = plain in _IDENTIFYING or plain.endswith(_ENDS_OF_IDENTIFYING)
    return ColumnType.TEXT if is_identifying else seen
