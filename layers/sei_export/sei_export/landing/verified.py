"""A download's body, verified as it passes and gzip on the other side.

What the first bytes say counts, not the headers: the API sends gzip with a `text/csv` header. The
body is read raw, since the HTTP stack's own decoding ends early without an error on a truncated
gzip, and a bare decompressor drops all members after the first.
"""

from collections.abc import Generator, Iterable, Iterator
from itertools import chain

from sei_export import codec
from sei_export.errors import CorruptDownloadError
from sei_export.landing.aside import aside
from sei_export.landing.csvcheck import CsvInspector

_INFLATED_BYTES = 256 * 1024
"""The most that is inflated at a time: where every field is quoted, looking at it takes many times
as much memory."""

_GZIP_MAGIC = b"\x1f\x8b"


def as_verified_gzip(pieces: Iterable[bytes], inspector: CsvInspector) -> Generator[bytes]:
    """Pass gzip through and compress plain CSV; feed the CSV to the inspector on the way.

    The caller calls `inspector.finish()` afterwards: nothing is proven before that.

    Raises:
        CorruptDownloadError: The gzip is truncated or damaged, or the content is not CSV.
    """
    source = iter(pieces)
    first = b""
    for piece in source:
        first += piece
        if len(first) >= len(_GZIP_MAGIC):
            break
    # No CSV begins with the first half of the mark alone: that is a gzip cut short.
    if first.startswith(_GZIP_MAGIC) or first == _GZIP_MAGIC[:1]:
        yield from _pass_through(first, source, inspector)
    else:
        yield from _compress(first, source, inspector)


def _pass_through(first: bytes, rest: Iterator[bytes], inspector: CsvInspector) -> Iterator[bytes]:
    members = _Members(inspector)
    with aside(members.feed) as verifier:
        for piece in chain([first], rest):
            verifier.put(piece)
            yield piece
        verifier.finish()
    members.finish()


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
        return data
