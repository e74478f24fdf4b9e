"""Deflate, inflate and CRC-32: by isal where there is a build of it, else by zlib.

isal does the same work in about half of the time to inflate and a fifth to deflate
(`docs/performance.md`). Both check each gzip member's CRC and size, and write neither time nor name
into a header: the same bytes give the same result on the same library. `SLOW` says that it is zlib.
"""

from typing import Protocol, cast

try:
    from isal import isal_zlib as _codec

    _LEVEL = 2
    SLOW = False
except ImportError:
    # A platform without a build of it.
    import zlib as _codec  # type: ignore[no-redef]  # the same functions

    _LEVEL = 1
    SLOW = True

_GZIP_WINDOW = 31

ERROR = cast("type[Exception]", _codec.error)
"""What a damaged gzip raises."""


class Inflater(Protocol):
    """What is used of a decompression object."""

    @property
    def eof(self) -> bool:
        """Whether a member's end was reached, its trailer compared."""

    @property
    def unused_data(self) -> bytes:
        """What came after that end."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What the limit of the last call left over."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most so many bytes of output."""


class Deflater(Protocol):
    """What is used of a compression object."""

    def compress(self, data: bytes, /) -> bytes:
        """Output so far."""

    def flush(self) -> bytes:
        """The rest, with the trailer."""


def inflater() -> Inflater:
    """For one gzip member."""
    return _codec.decompressobj(_GZIP_WINDOW)


def deflater() -> Deflater:
    """For one gzip member, at the level that is fastest for what it saves."""
    return _codec.compressobj(_LEVEL, _codec.DEFLATED, _GZIP_WINDOW)


def crc32(data: bytes | bytearray) -> int:
    """As an unsigned number."""
    return _codec.crc32(data)
