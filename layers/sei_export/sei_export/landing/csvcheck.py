"""Checks a CSV as its bytes pass: exact record count, header, checksum, shape.

A newline inside quotes is not a record. Whether a byte is inside quotes follows from the parity of
the quotes before it (RFC 4180 doubles a quote inside quotes, which leaves the parity as it was).
So a piece is reduced to its quotes, commas and newlines and split at the quotes; every other part
is counted. No byte is touched in Python.
"""

import csv
import hashlib
import io
import re
from dataclasses import dataclass

from sei_export.errors import CorruptDownloadError

MAX_HEADER_BYTES = 64 * 1024
"""Bound of the header row, which is kept: in the manifest, the event and the result."""

_HEADER = re.compile(rb'((?:[^"\n]++|"[^"]*+")*+)\n')
"""Up to the first newline outside quotes; possessive, so that nothing is looked at twice."""

_BLANK_LINE = re.compile(rb"\n(?=\n)")
_QUOTED = b"\0"
"""Stands for a quoted piece where the pieces outside quotes are joined."""
_NOT_COUNTED = bytes(set(range(256)) - set(b'",\n'))
_TAIL_BYTES = 64
_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class CsvFacts:
    """What a complete CSV turned out to be.

    Attributes:
        rows: Data records; the header and blank lines do not count.
        columns: Names in the header, in order.
        size: Bytes.
        sha256: Of the bytes, in hex.
    """

    rows: int
    columns: tuple[str, ...]
    size: int
    sha256: str


class CsvInspector:
    """Looks at a CSV in pieces of any size; `finish` tells what it was."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self._head: bytearray | None = bytearray()
        self._columns: tuple[str, ...] = ()
        self._inside_quotes = False
        self._records = 0
        self._commas = 0
        # The last byte outside quotes: a file begins as if after a newline.
        self._last = b"\n"

    def feed(self, piece: bytes) -> None:
        """Look at the next piece.

        Raises:
            CorruptDownloadError: It is not CSV.
        """
        if not piece:
            return
        self._digest.update(piece)
        self._size += len(piece)
        if self._head is not None:
            self._look_at_head(piece)
        if b"\0" in piece:
            raise CorruptDownloadError("The file is not CSV: it has NUL bytes.")
        self._count(piece)

    def finish(self) -> CsvFacts:
        """The facts, once all bytes were fed.

        Raises:
            CorruptDownloadError: The end is missing, or records and header do not fit.
        """
        if self._head:
            self._read_header(_without_blank_lines(bytes(self._head)))
            if not self._columns:
                # Blank lines or a byte order mark are all there is: no record.
                self._last = b"\n"
        if self._inside_quotes:
            raise CorruptDownloadError("The CSV ends inside a quoted field: its end is missing.")
        if self._last != b"\n":
            self._records += 1
        expected = self._records * len(self._columns) - self._records
        if self._commas != expected:
            raise CorruptDownloadError(
                f"The CSV's records do not fit its header of {len(self._columns)} columns: "
                f"{self._records} records would have {expected} commas, it has {self._commas}."
            )
        return CsvFacts(
            rows=max(self._records - 1, 0),
            columns=self._columns,
            size=self._size,
            sha256=self._digest.hexdigest(),
        )

    def _count(self, piece: bytes) -> None:
        began_inside = self._inside_quotes
        if began_inside and b'"' not in piece:
            return
        # What is left is an eighth or so of the piece, and all that there is to count.
        pieces = piece.translate(None, _NOT_COUNTED).split(b'"')
        self._inside_quotes ^= len(pieces) % 2 == 0
        outside = b"".join(pieces[1::2] if began_inside else pieces[0::2])
        self._commas += outside.count(b",")
        self._records += outside.count(b"\n")
        at_seam = self._last == b"\n" and not began_inside and piece[:1] in {b"\n", b"\r"}
        if at_seam or b"\n\n" in outside:
            self._records -= self._blank_lines(piece, began_inside=began_inside)
        self._last = self._last_outside(piece)

    def _blank_lines(self, piece: bytes, *, began_inside: bool) -> int:
        """How many there are, by a closer look than most pieces need."""
        pieces = piece.split(b'"')
        text = _QUOTED.join(pieces[1::2] if began_inside else pieces[0::2])
        return len(_BLANK_LINE.findall(self._last + text.replace(b"\r", b"")))

    def _last_outside(self, piece: bytes) -> bytes:
        """The last byte outside quotes that is not part of a line's end in two bytes."""
        if self._inside_quotes:
            return _QUOTED
        quote = piece.rfind(b'"')
        tail = piece[max(quote + 1, len(piece) - _TAIL_BYTES) :].rstrip(b"\r")
        if not tail and len(piece) - quote > _TAIL_BYTES:
            tail = piece[quote + 1 :].rstrip(b"\r")
        if tail:
            return tail[-1:]
        return self._last if quote < 0 else _QUOTED

    def _look_at_head(self, piece: bytes) -> None:
        head = (self._head or b"") + piece[: MAX_HEADER_BYTES + 1]
        text = _without_blank_lines(bytes(head))
        if text.lstrip().startswith(b"<"):
            raise CorruptDownloadError("The file is not CSV: it is an HTML or XML page.")
        if text.lstrip().startswith((b"{", b"[")):
            raise CorruptDownloadError("The file is not CSV: it is JSON.")
        if head.startswith(_GZIP_MAGIC):
            raise CorruptDownloadError("The file is not CSV: it was compressed twice.")
        header = _HEADER.match(text)
        if header:
            self._read_header(header[1])
        elif len(head) > MAX_HEADER_BYTES:
            raise CorruptDownloadError(f"The CSV's header has more than {MAX_HEADER_BYTES} bytes.")
        else:
            self._head = bytearray(head)

    def _read_header(self, row: bytes) -> None:
        self._head = None
        if len(row) > MAX_HEADER_BYTES:
            raise CorruptDownloadError(f"The CSV's header has more than {MAX_HEADER_BYTES} bytes.")
        try:
            text = row.decode()
        except UnicodeDecodeError:
            raise CorruptDownloadError("The CSV's header is not UTF-8.") from None
        self._columns = tuple(next(csv.reader(io.StringIO(text.rstrip("\r\n"), newline="")), ()))


def _without_blank_lines(head: bytes) -> bytes:
    """From the header on. Spaces stay: they are part of the first name."""
    return head.removeprefix(_BOM).lstrip(b"\r\n")
