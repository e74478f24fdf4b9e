"""A download's body, verified as it passes and gzip on the other side.

What the first bytes say counts, not the headers: the API sends gzip with a `text/csv` header. The
body is read raw, since the HTTP stack's own decoding ends early without an error on a truncated
gzip, and a bare decompressor drops all members after the first.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain

from sei_export import codec
from sei_export.errors import ConfigurationError, CorruptDownloadError
from sei_export.landing import gzipheader
from sei_export.landing.aside import aside
from sei_export.landing.csvcheck import CsvInspector
from sei_export.landing.limits import GIB, Limits
from sei_export.landing.raw import Raw

_INFLATED_BYTES = 256 * 1024
"""The most that is inflated at a time: where every field is quoted, looking at it takes many times
as much memory."""

_DEFLATED_BYTES = 64 * 1024
"""The most that is given to be inflated at a time: the codec copies what it leaves of it."""

_GZIP_MAGIC = b"\x1f\x8b"


class VerifiedGzip:
    """One file on its way into the bucket: verified as it passes, gzip on the other side.

    Args:
        body: The file as it comes.
        inspector: Looks at the CSV. `inspector.finish()` is the caller's to call afterwards:
            nothing is proven before that.
        limits: How large a CSV may be.
    """

    def __init__(self, body: Raw, inspector: CsvInspector, limits: Limits) -> None:
        self._body = body
        self._inspector = inspector
        self._limits = limits
        self._members: _Members | None = None

    @property
    def is_end_proven(self) -> bool:
        """Whether the bytes that came are all: told by the server, or by one gzip's own end.

        Where nobody told, what has two gzip members may have had a third, and plain text may have
        gone on. Only to be asked once all pieces have been read.
        """
        return self._body.is_end_told or (self._members is not None and self._members.count == 1)

    def pieces(self) -> Generator[bytes]:
        """Pass gzip through and compress plain CSV; feed the CSV to the inspector on the way.

        Raises:
            CorruptDownloadError: The gzip is truncated or damaged, or the content is not CSV.
            ConfigurationError: The CSV is larger than the stack's limits allow.
            ExportTimedOutError: There is no time left to look at the rest.
            SeiExportError: As the body raises.
        """
        # Closed here, not when an error's traceback is forgotten: connection and thread.
        with closing(self._body.pieces()) as source:
            first = b""
            for piece in source:
                first += piece
                if len(first) >= len(_GZIP_MAGIC):
                    break
            # No CSV begins with the first half of the mark alone: that is a gzip cut short.
            if first.startswith(_GZIP_MAGIC) or first == _GZIP_MAGIC[:1]:
                yield from self._pass_through(chain([first], source))
            else:
                yield from self._compress(chain([first], source))

    def _pass_through(self, source: Iterable[bytes]) -> Iterator[bytes]:
        self._members = members = _Members(self._inspector, self._limits, self._body)
        with aside(members.feed) as verifier:
            for piece in source:
                verifier.put(piece)
                yield piece
            verifier.finish()
        members.finish()

    def _compress(self, source: Iterable[bytes]) -> Iterator[bytes]:
        deflater = codec.deflater()
        with aside(self._inspect) as verifier:
            for piece in source:
                verifier.put(piece)
                yield deflater.compress(piece)
            verifier.finish()
        yield deflater.flush()

    def _inspect(self, piece: bytes) -> None:
        self._inspector.feed(piece)
        _check_size(self._inspector, self._limits)


class _Members:
    """Inflates gzip members one after the other, each to its trailer (RFC 1952)."""

    def __init__(self, inspector: CsvInspector, limits: Limits, body: Raw) -> None:
        self._inspector = inspector
        self._limits = limits
        self._body = body
        self._inflater: codec.Inflater | None = None
        self._header = b""
        self._received = 0
        self.count = 0

    def feed(self, piece: bytes) -> None:
        self._received += len(piece)
        try:
            for at in range(0, len(piece), _DEFLATED_BYTES):
                self._feed_some(piece[at : at + _DEFLATED_BYTES])
        except codec.ERROR as error:
            raise CorruptDownloadError(f"The gzip is damaged: {error}.") from None

    def _feed_some(self, data: bytes) -> None:
        more = False
        while data or more:
            if self._inflater is None:
                data = self._begin(data)
                if self._inflater is None:
                    return
            data, more = self._inflate(self._inflater, data)

    def finish(self) -> None:
        if self._inflater is not None or self._header:
            raise CorruptDownloadError("The gzip is truncated: its end is missing.")

    def _inflate(self, inflater: codec.Inflater, data: bytes) -> tuple[bytes, bool]:
        """Inflate some; returns what input is left, and whether output may be."""
        plain = inflater.decompress(data, _INFLATED_BYTES)
        self._inspector.feed(plain)
        self._check_ratio()
        # A few bytes may inflate to hours of work.
        self._body.look_at_clock()
        if inflater.eof:
            # The codec has compared the trailer's CRC and size with what it inflated.
            self._inflater = None
            self.count += 1
            return inflater.unused_data, False
        # All input may be taken in while output still waits behind the limit.
        return inflater.unconsumed_tail, len(plain) == _INFLATED_BYTES

    def _begin(self, data: bytes) -> bytes:
        """Begin a next member once its header is whole; what is not may wait for the next piece."""
        self._header += data
        if not self._header.startswith(_GZIP_MAGIC[: len(self._header)]):
            raise CorruptDownloadError("The gzip is followed by bytes that are not gzip.")
        if not gzipheader.is_whole(self._header):
            return b""
        data, self._header = self._header, b""
        self._inflater = codec.inflater()
        return data

    def _check_ratio(self) -> None:
        _check_size(self._inspector, self._limits)
        # Of a small file any ratio is harmless.
        size = self._inspector.size
        if size > _INFLATED_BYTES and size > self._limits.max_ratio * self._received:
            raise ConfigurationError(
                f"The file inflates to more than {self._limits.max_ratio} times its size: "
                f"{size} bytes of {self._received} so far.",
                remedy="If the export really is like that, raise the stack's parameter "
                "MaxCompressionRatio; a damaged or hostile file may look so, too.",
            )


def _check_size(inspector: CsvInspector, limits: Limits) -> None:
    if inspector.size > limits.max_csv_bytes:
        raise ConfigurationError(
            f"The CSV has more than {limits.max_csv_bytes // GIB} GiB.",
            remedy="Export less at a time, or raise the stack's parameter MaxCsvGigabytes.",
        )
