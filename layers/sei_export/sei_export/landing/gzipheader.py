"""Where a gzip member's header ends (RFC 1952).

isal refuses a valid member if its header comes in two pieces, so headers are held back until they
are whole; and it accepts flags that the RFC reserves, which must not be.
"""

from sei_export.errors import CorruptDownloadError

MAX_BYTES = 128 * 1024
"""Bound of what is held back: an extra field has at most 64 KiB, names are short."""

_FIXED_BYTES = 10
_HEADER_CRC, _EXTRA, _NAME, _COMMENT, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0


def is_whole(data: bytes) -> bool:
    """Tell whether a member's header has come whole.

    Args:
        data: The member from its first byte on.

    Raises:
        CorruptDownloadError: It has reserved flags, or is longer than `MAX_BYTES`.
    """
    if len(data) < _FIXED_BYTES:
        return False
    flags, end = data[3], _FIXED_BYTES
    if flags & _RESERVED:
        raise CorruptDownloadError("The gzip is damaged: a member's header has reserved flags.")
    if flags & _EXTRA:
        end += 2 + int.from_bytes(data[end : end + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag and end <= len(data):
            # Each text ends with a zero byte; without one, the end is still to come.
            end = data.find(b"\0", end) + 1 or len(data) + 1
    if flags & _HEADER_CRC:
        end += 2
    if len(data) < end and len(data) > MAX_BYTES:
        raise CorruptDownloadError(
            f"The gzip is damaged: a member's header has more than {MAX_BYTES} bytes."
        )
    return len(data) >= end
