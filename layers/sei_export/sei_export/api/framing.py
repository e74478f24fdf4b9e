"""Chunks read by the letter, so that the last one proves a body's end (RFC 9112, 7.1).

Python takes whatever `int` reads for a chunk's size, also where the connection ended in the middle
of it: the `0` of a `00002000` is a last chunk then, and the body cut there a whole one.
"""

import re
from http.client import HTTPResponse, IncompleteRead

from urllib3.connection import HTTPConnection, HTTPSConnection

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")
_LONGEST_LINE = 65_536


class ByTheLetter(HTTPResponse):
    """An answer whose chunks have sizes that are whole and plain hexadecimal numbers."""

    def _read_next_chunk_size(self) -> int:
        # The hook that every way of reading chunks goes through.
        size = _SIZE.fullmatch(self.fp.readline(_LONGEST_LINE))
        if not size:
            raise IncompleteRead(b"")
        return int(size[1], 16)


class Http(HTTPConnection):
    """A connection with such answers."""

    response_class = ByTheLetter


class Https(HTTPSConnection):
    """A connection with such answers, over TLS."""

    response_class = ByTheLetter
