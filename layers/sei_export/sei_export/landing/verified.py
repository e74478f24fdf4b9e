"""A download's body, verified as it passes and gzip on the other side.

What the first bytes say counts, not the headers: the API sends gzip with a `text/csv` header. The
body is read raw, since the HTTP stack's own decoding ends early without an error on a truncated
gzip, and a bare decompressor drops all members after the first.
"""

from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from typing import Self

from sei_export import codec
from sei_export.errors import CorruptDownloadError
from sei_export.landing.aside import aside
from sei_export.landing.csvcheck import CsvInspector

_INFLATED_BYTES = 256 * 1024
"""The most that is inflated at a time: where every field is quoted, looking at it takes many times
as much memory."""

_GZIP_MAGIC = b"\x1f\x8b"


def as_verified_gzip(pieces: Iterable[bytes], inspector: CsvInspector) -> "VerifiedGzip":
    """Pass gzip through and compress plain CSV; feed the CSV to the inspector on the way.

    The caller calls `inspector.finish()` afterwards: nothing is proven before that.
    """
    return VerifiedGzip(pieces, inspector)


class VerifiedGzip:
    """The pieces of a body as gzip, each once; to be closed unless it was read to its end.

    Attributes:
        is_end_proven: Whether the bytes themselves prove that they are all: one gzip member, up to
            its trailer. After plain CSV, and after a second member, more may have been to come.
            Only to be asked once all pieces have been read.

    Raises:
        CorruptDownloadError: The gzip is truncated or damaged, or the content is not CSV.
    """

    def __init__(self, pieces: Iterable[bytes], inspector: CsvInspector) -> None:
        self.is_end_proven = False
        self._inspector = inspector
        self._pieces = self._verified(iter(pieces))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """End the thread beside."""
        self._pieces.close()

    def _verified(self, source: Iterator[bytes]) -> Generator[bytes]:
        first = b""
        for piece in source:
            first += piece
            if len(first) >= len(_GZIP_MAGIC):
                break
        # No CSV begins with the first half of the mark alone: that is a gzip cut short.
        if first.startswith(_GZIP_MAGIC) or first == _GZIP_MAGIC[:1]:
            yield from self._pass_through(first, source)
        else:
            yield from _compress(first, source, self._inspector)

    def _pass_through(self, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
        members = _Members(self._inspector)
        with aside(members.feed) as verifier:
            for piece in chain([first], rest):
                verifier.put(piece)
                yield piece
            verifier.finish()
        members.finish()
        self.is_end_proven = members.count == 1


def _compress(first: bytes, rest: Iterator[bytes], inspector: CsvInspector) -> Iterator[bytes]:
    deflater = codec.deflater()
    with aside(inspector.feed) as verifier:
        for piece in chain([first], rest):
            verifier.put(piece)
            yield deflater.compress(piece)
        verifier.finish()
    yield deflater.flush()


class _Members:
    """Inflates gzip members one after the other, each to its trailer (RFC 1952)."""

    def __init__(self, inspector: CsvInspector) -> None:
        self._inspector = inspector
        self._inflater = codec.inflater()
        self._started = False
        self._pending = b""
        self.count = 0

    def feed(self, piece: bytes) -> None:
        data = piece
        more = False
        try:
            while data or more:
                if not self._started:
                    data = self._begin(data)
                    if not data:
                        return
                plain = self._inflater.decompress(data, _INFLATED_BYTES)
                self._inspector.feed(plain)
                # All input may be taken in while output still waits behind the limit.
                more = len(plain) == _INFLATED_BYTES and not self._inflater.eof
                if self._inflater.eof:
                    # The codec has compared the trailer's CRC and size with what it inflated.
                    data = self._inflater.unused_data
                    self._inflater = codec.inflater()
                    self._started = False
                else:
                    data = self._inflater.unconsumed_tail
        except codec.ERROR as error:
            raise CorruptDownloadError(f"The gzip is damaged: {error}.") from None

    def finish(self) -> None:
        if self._started or self._pending:
            raise CorruptDownloadError("The gzip is truncated: its end is missing.")

    def _begin(self, data: bytes) -> bytes:
        """Whether a next member begins here; one byte may have to wait for the next piece."""
        data = self._pending + data
        self._pending = b""
        if len(data) < len(_GZIP_MAGIC) and _GZIP_MAGIC.startswith(data):
            self._pending = data
            return b""
        if not data.startswith(_GZIP_MAGIC):
            raise CorruptDownloadError("The gzip is followed by bytes that are not gzip.")
        self._started = True
        self.count += 1
        return data
