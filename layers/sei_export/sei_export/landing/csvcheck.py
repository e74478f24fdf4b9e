"""Checks a CSV as its bytes pass: exact record count, header, text, checksum."""

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field

from sei_export.dates import DateRange
from sei_export.errors import CorruptDownloadError
from sei_export.landing.columntypes import ColumnTypes
from sei_export.landing.daysasked import Seen
from sei_export.landing.records import FIELD, Records
from sei_export.landing.utf8 import Utf8
from sei_export.manifest import Caution
from sei_export.masking import Mask

MAX_HEADER_BYTES = 64 * 1024
"""Bound of the header row, which is kept: in the manifest, the event and the result."""

_HEADER = re.compile(rb"(%b(?:,%b)*+)(?:\r\n?|\n)" % (FIELD, FIELD))
_LAST_HEADER = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))
_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_QUOTED_CHARACTERS = 200
"""Of what a file says instead of CSV, for the message."""

_MASKED_BYTES = 4096
"""Of which those are taken, or more for a long key: one that ends behind them is still seen."""

_LONGEST_ESCAPE = 12
"""Bytes that stand for one of a key's, as in `\\\\u00e9`, doubled twice."""

_TAIL_BYTES = 4096
"""Of a piece, kept for the next one: a key may be learned while it passes."""


@dataclass(frozen=True, slots=True)
class CsvFacts:
    """What a complete CSV turned out to be.

    Attributes:
        rows: Data records; the header and blank lines do not count.
        columns: Names in the header, in order.
        types: Of the columns, as seen in the first rows; None where these have no value.
        typed_rows: How many rows these are.
        size: Bytes.
        sha256: Of the bytes, in hex.
        warnings: What a reader of the file should know.
        days_outside: The days of the typed rows, if all are about others than those asked for.
        said: The beginning of the file for messages, without the API key.
        has_newline: Whether the last line ends.
    """

    rows: int
    columns: tuple[str, ...]
    types: tuple[str | None, ...]
    typed_rows: int
    size: int
    sha256: str
    warnings: tuple[Caution, ...] = ()
    days_outside: Seen | None = None
    said: str = field(default="", compare=False)
    has_newline: bool = field(default=True, compare=False)


class CsvInspector:
    """Looks at a CSV in pieces of any size; `finish` tells what it was.

    Args:
        mask: Hides the API key in what messages quote.
        days: First and last day asked for; None where nobody knows what was.
        granularity: What a row is about, such as `monthly`, if the request says.
    """

    def __init__(
        self,
        mask: Mask | None = None,
        days: DateRange | None = None,
        granularity: str | None = None,
    ) -> None:
        self._mask = mask or Mask()
        self._days = days
        self._granularity = granularity
        self._digest = hashlib.sha256()
        self._text = Utf8()
        self._size = 0
        self._head = b""
        self._columns: tuple[str, ...] = ()
        self._records: Records | None = None
        self._types = ColumnTypes(())
        self._tail = b""
        self._first = b""
        self._last = b""

    @property
    def size(self) -> int:
        """How many bytes were fed."""
        return self._size

    def feed(self, piece: bytes) -> None:
        """Look at the next piece.

        Raises:
            CorruptDownloadError: It is not CSV.
        """
        if not piece:
            return
        self._digest.update(piece)
        self._size += len(piece)
        self._last = piece[-1:]
        self._refuse_key(piece)
        if self._records is None:
            self._head += piece
            self._first = self._head[:MAX_HEADER_BYTES]
            header = self._look_at_head()
            self._text.feed(piece)
            if header is None:
                return
            self._columns = _names(header[1])
            self._records = Records(len(self._columns))
            self._types = ColumnTypes(self._columns, self._days, self._granularity)
            # From behind the header on: blank lines before it are no records either.
            piece, self._head = _without_blank_lines(self._head)[header.end() :], b""
        else:
            self._text.feed(piece)
        self._records.feed(piece)
        self._types.feed(piece)

    def finish(self) -> CsvFacts:
        """Tell the facts, once all bytes were fed.

        Raises:
            CorruptDownloadError: The end is missing, or records and header do not fit.
        """
        self._text.finish()
        if self._records is None:
            self._columns = self._last_names(_without_blank_lines(self._head))
            self._types = ColumnTypes(self._columns, self._days, self._granularity)
        rows = self._records.finish() if self._records else 0
        types, typed_rows = self._types.finish()
        return CsvFacts(
            rows=rows,
            columns=self._columns,
            types=types,
            typed_rows=typed_rows,
            size=self._size,
            sha256=self._digest.hexdigest(),
            days_outside=self._types.days_outside,
            said=self._said(),
            has_newline=self._last in {b"\n", b"\r"},
        )

    def _look_at_head(self) -> re.Match[bytes] | None:
        """Find the header in what came until now, without what cannot be one."""
        text = _without_blank_lines(self._head[: MAX_HEADER_BYTES + 1])
        if text.lstrip().startswith(b"<"):
            raise self._no_csv("it is an HTML or XML page")
        if text.lstrip().startswith((b"{", b"[")):
            raise self._no_csv("it is JSON")
        if self._head.startswith(_GZIP_MAGIC):
            raise CorruptDownloadError("The file is not CSV: it was compressed twice.")
        if text.startswith(_BOM):
            raise self._no_csv("it has two byte order marks")
        header = _HEADER.match(text)
        if len(header[1] if header else self._head) > MAX_HEADER_BYTES:
            raise CorruptDownloadError(f"The CSV's header has more than {MAX_HEADER_BYTES} bytes.")
        return header

    def _last_names(self, text: bytes) -> tuple[str, ...]:
        """The names in a header that is all that there is."""
        if not text:
            return ()
        if len(text) > MAX_HEADER_BYTES:
            raise CorruptDownloadError(f"The CSV's header has more than {MAX_HEADER_BYTES} bytes.")
        if _LAST_HEADER.fullmatch(text):
            return _names(text)
        if text.count(b'"') % 2:
            raise CorruptDownloadError("The CSV ends inside a quoted field: its end is missing.")
        raise self._no_csv(
            "its first line has a quote that is neither at a field's end nor doubled"
        )

    def _refuse_key(self, piece: bytes) -> None:
        """A file that repeats the API key is no export, and must not lie in the bucket."""
        # Asked anew each time: the mask learns a key when that is first sent.
        seam = self._tail + piece[:_TAIL_BYTES]
        if any(_has(text, form) for text in (seam, piece) for form in self._mask.forms):
            raise CorruptDownloadError("The file has the API key in it. Nothing was published.")
        self._tail = (self._tail + piece[-_TAIL_BYTES:])[-_TAIL_BYTES:]

    def _no_csv(self, why: str) -> CorruptDownloadError:
        return no_csv(why, self._said())

    def _said(self) -> str:
        """The beginning of the file for messages: masked before it is cut, in one line."""
        longest = max(map(len, self._mask.forms), default=0)
        begin = self._first[: max(_MASKED_BYTES, _LONGEST_ESCAPE * longest)]
        text = self._mask.hide_cut(begin.decode(errors="backslashreplace"))
        return text[:_QUOTED_CHARACTERS].encode("unicode_escape").decode()


def no_csv(why: str, said: str) -> CorruptDownloadError:
    """Say why a file is no CSV, and what it says instead.

    Args:
        why: Without a full stop.
        said: `CsvFacts.said`.
    """
    return CorruptDownloadError(f"The file is not CSV: {why}. It says: {said}")


def _without_blank_lines(head: bytes) -> bytes:
    """From the header on. Spaces stay: they are part of the first name."""
    return head.removeprefix(_BOM).lstrip(b"\r\n")


def _names(row: bytes) -> tuple[str, ...]:
    return tuple(next(csv.reader(io.StringIO(row.decode(), newline="")), ()))


def _has(text: bytes, form: bytes) -> bool:
    # Most texts lack one of its bytes, and a byte is found many times as quickly as all of them.
    return all(byte in text for byte in frozenset(form)) and form in text
