"""Proves that bytes are UTF-8 text, in pieces cut anywhere."""

import codecs

from sei_export.errors import CorruptDownloadError

_SLICE_BYTES = 16 * 1024
"""Decoded at a time: the text is thrown away while it is still in the processor's cache."""


class Utf8:
    """Looks at bytes; `finish` after the last."""

    def __init__(self) -> None:
        self._seen = 0
        self._pending = b""

    def feed(self, piece: bytes) -> None:
        """Look at the next piece.

        Raises:
            CorruptDownloadError: It is not UTF-8, or has NUL characters; with the place.
        """
        if b"\0" in piece:
            raise CorruptDownloadError(
                f"The file is not CSV: it has a NUL byte at {self._seen + piece.index(0)}."
            )
        if not self._pending and piece.isascii():
            self._seen += len(piece)
            return
        for at in range(0, len(piece), _SLICE_BYTES):
            self._decode(self._pending + piece[at : at + _SLICE_BYTES], is_last=False)

    def finish(self) -> None:
        """Refuse the beginning of a character without its end.

        Raises:
            CorruptDownloadError: The text ends in the middle of a character.
        """
        self._decode(self._pending, is_last=True)

    def _decode(self, data: bytes, *, is_last: bool) -> None:
        # What is pending was not counted as seen.
        try:
            _, used = codecs.utf_8_decode(data, "strict", is_last)
        except UnicodeDecodeError as error:
            raise CorruptDownloadError(
                f"The file is not UTF-8 text: byte {data[error.start]:#04x} at "
                f"{self._seen + error.start}."
            ) from None
        self._seen += used
        self._pending = data[used:]
