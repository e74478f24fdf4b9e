"""Gzip files as the API makes them, sound or damaged."""

import zlib
from collections.abc import Iterator
from io import SEEK_END
from typing import BinaryIO

_GZIP_WBITS = 31
_LEVEL = 1  # speed: files of millions of rows are made on demand
_TRAILER_BYTES = 8
_CRC_AT, _SIZE_AT = -8, -4


def members(chunks: Iterator[bytes], encoding: str) -> Iterator[Iterator[bytes]]:
    """Yield the file's parts, each to be read before the next: two for gzip-multi, else one."""
    if encoding == "plain":
        yield chunks
        return
    if encoding == "gzip-multi":
        # The first chunk is cut in two, so that a short file has two members that say something.
        first = next(chunks, b"")
        middle = len(first) // 2
        yield compressed(iter([first[:middle]]))
        chunks = _prepended(first[middle:], chunks)
    yield compressed(chunks)


def compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield one gzip member; without a time stamp, so that equal content gives equal bytes."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def damage(file: BinaryIO, kind: str | None, last_member_at: int) -> None:
    """Damage a finished gzip file in place.

    Args:
        file: open for reading and writing.
        kind: a scenario's `gzip_damage`.
        last_member_at: the offset of the last gzip member in bytes.
    """
    end = file.seek(0, SEEK_END)
    match kind:
        case "bad-crc":
            _flip(file, _CRC_AT)
        case "bad-size":
            _flip(file, _SIZE_AT)
        case "missing-trailer":
            file.truncate(end - _TRAILER_BYTES)
        case "trailing-garbage":
            file.write(b"not a gzip member")
        case "truncate-second-member":
            file.truncate((last_member_at + end) // 2)


def _flip(file: BinaryIO, offset: int) -> None:
    file.seek(offset, SEEK_END)
    byte = file.read(1)
    file.seek(offset, SEEK_END)
    file.write(bytes([byte[0] ^ 0xFF]))


def _prepended(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
