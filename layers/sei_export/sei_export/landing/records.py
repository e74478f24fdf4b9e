"""Counts a CSV's records exactly, and proves that each has as many fields as the header.

What a field may be is what Python's csv and Excel read: quoted, with every quote inside doubled; or
unquoted, where a quote that is not the first character is a character like any other. A record ends
with LF, CR LF or CR; a blank line is none.

Bytes come in pieces, cut anywhere. Of what stands before a cut only its state is kept, and text of
the same state is put in front of the next piece: so every piece begins at a record, and no rule
knows of cuts. A piece without quotes is proven by one comparison: reduced to commas and newlines,
records of n fields are the same n bytes again and again. One with a few quotes is split at them,
and what is outside is proven like that. All others are matched by a regular expression, many
records at a time; its parts are possessive, so that nothing is looked at twice.
"""

import re
from enum import Enum

from sei_export.errors import CorruptDownloadError

FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n][^,\r\n]*+|)'
"""A field of a record, as a regular expression that takes it whole or not at all."""

_MOST_BYTES = 256 * 1024
"""Looked at together: more is not quicker."""

_BYTES_PER_QUOTE = 10
"""With more quotes than one in so many bytes, matching is quicker than splitting."""

_SAMPLE_BYTES = 4096
"""In which quotes are counted for that."""

_MANY = 64

_NOT_COUNTED = bytes(set(range(256)) - set(b",\r\n"))
_LONE_CR = re.compile(rb"\r(?!\n)")
_BLANK_LINES = re.compile(rb"[\r\n]++")
_ENDED_FIELDS = re.compile(rb"(?:%b,)*+" % FIELD)
_ENDED_FIELD = re.compile(rb"%b," % FIELD)
_OPEN_FIELD = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"?|[^",\r\n][^,\r\n]*+')
_MISPLACED_QUOTE = re.compile(rb'"(?:(?<=[^,\n"]")|(?=[^,\r\n"]))')
"""Where quoted fields are reduced to their quotes, one for each pair: a quote that stands beside
anything but a field's end or another quote."""
_BETWEEN = {b"", b",", b"\n"}


class Mode(Enum):
    """Where in a field a piece ends; the value is text that ends there, too."""

    START = b""
    UNQUOTED = b"x"
    QUOTED = b'"'
    QUOTE = b'""'
    """A quote inside quotes: their end, or the first half of a doubled one."""


class Records:
    """Counts the records after a header; `finish` tells how many there are.

    Args:
        width: How many fields the header has, 1 or more.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        # Both ends that a line may have; which one the file has shows at the first piece.
        self._patterns = {b"," * (width - 1) + end: b"" for end in (b"\n", b"\r\n")}
        # The first field of a record in one column is not empty: that is a blank line.
        first = rb"(?![\r\n])%b" % FIELD
        record = rb"%b(?:,%b){%d}+(?:\r\n?|\n)" % (first, FIELD, width - 1)
        self._record = re.compile(record)
        self._many_records = re.compile(rb"(?:%b){%d}+" % (record, _MANY))
        self._count = 0
        # The state before the next piece: fields that have ended in the last record, and the mode.
        self._commas = 0
        self._mode = Mode.START
        self._held = b""

    def feed(self, piece: bytes) -> None:
        """Count in the next piece.

        Raises:
            CorruptDownloadError: A record has another number of fields, or a quoted field goes on
                after its closing quote.
        """
        for at in range(0, len(piece), _MOST_BYTES):
            data = self._held + piece[at : at + _MOST_BYTES]
            # Only with its LF a CR is one end of a record, not two.
            self._held = b"\r" if data.endswith(b"\r") else b""
            self._look_at(data[:-1] if self._held else data)

    def finish(self) -> int:
        """Tell how many records there were, the last one with or without its newline.

        Raises:
            CorruptDownloadError: The end of the last record is missing.
        """
        if self._held:
            self._held = b""
            self._look_at(b"\n")
        if self._mode is Mode.QUOTED:
            raise CorruptDownloadError("The CSV ends inside a quoted field: its end is missing.")
        if self._commas or self._mode is not Mode.START:
            if self._commas != self._width - 1:
                raise self._misfit(self._commas + 1, "the last one: perhaps its end is missing")
            self._count += 1
            self._commas, self._mode = 0, Mode.START
        return self._count

    def _look_at(self, data: bytes) -> None:
        text = b"," * self._commas + self._mode.value + data
        if not self._is_proven_at_once(text):
            self._match(text)

    def _is_proven_at_once(self, text: bytes) -> bool:
        """Whether a text has nothing but fitting records, as far as a quick look can tell."""
        if self._width == 1:
            return False
        if b'"' not in text:
            return self._fits(text) and self._ends_outside(text)
        sample = text[:_SAMPLE_BYTES]
        if sample.count(b'"') * _BYTES_PER_QUOTE > len(sample):
            return False
        parts = text.split(b'"')
        outside, is_inside = parts[0::2], len(parts) % 2 == 0
        if is_inside:
            # The quote that opens the last field has a place, too.
            outside.append(b"")
        reduced = b'"'.join(outside)
        if _MISPLACED_QUOTE.search(reduced) or not self._fits(reduced):
            return False
        if is_inside:
            self._mode = Mode.QUOTED
            return True
        return self._ends_outside(text)

    def _fits(self, outside: bytes) -> bool:
        """Whether what is outside quotes has records of the width; they are counted then."""
        reduced = outside.translate(None, _NOT_COUNTED)
        for unit, pattern in self._patterns.items():
            whole = pattern
            if len(pattern) < len(reduced):
                whole = self._patterns[unit] = unit * (len(reduced) // len(unit) + 1)
            if whole.startswith(reduced) and not (b"\r" in reduced and _LONE_CR.search(outside)):
                records, self._commas = divmod(len(reduced), len(unit))
                self._count += records
                return True
        return False

    def _ends_outside(self, text: bytes) -> bool:
        """Note the mode at the end of a text that does not end inside quotes."""
        last = text[-1:]
        if last == b'"':
            self._mode = Mode.QUOTE
        else:
            self._mode = Mode.START if last in _BETWEEN else Mode.UNQUOTED
        return True

    def _match(self, text: bytes) -> None:
        """Take record by record, many at a time where no blank line is between them."""
        at, end = 0, len(text)
        while at < end:
            if many := self._many_records.match(text, at):
                self._count += _MANY
                at = many.end()
            elif record := self._record.match(text, at):
                self._count += 1
                at = record.end()
            elif blank := _BLANK_LINES.match(text, at):
                at = blank.end()
            else:
                break
        self._keep_state(text, at)

    def _keep_state(self, text: bytes, at: int) -> None:
        """Note what is left of a text, the beginning of a record; or say why it is none."""
        ended = _ENDED_FIELDS.match(text, at)
        began = ended.end() if ended else at
        last = _OPEN_FIELD.match(text, began)
        rest = text[began : last.end()] if last else b""
        self._commas = len(_ENDED_FIELD.findall(text, at, began))
        if began + len(rest) != len(text):
            if text[began + len(rest)] in b"\r\n":
                raise self._misfit(self._commas + 1)
            raise CorruptDownloadError(
                f"Record {self._count + 1} of the CSV has a quoted field that goes on after its "
                "closing quote: a quote inside has to be doubled."
            )
        if self._commas >= self._width:
            raise self._misfit(self._commas + 1, "or more")
        if not rest.startswith(b'"'):
            self._mode = Mode.UNQUOTED if rest else Mode.START
        else:
            # The opening quote is one of them; doubled ones are two each.
            self._mode = Mode.QUOTED if rest.count(b'"') % 2 else Mode.QUOTE

    def _misfit(self, fields: int, more: str = "") -> CorruptDownloadError:
        said = f" ({more})" if more else ""
        return CorruptDownloadError(
            f"Record {self._count + 1} of the CSV has {fields} fields{said}; its header has "
            f"{self._width}."
        )
