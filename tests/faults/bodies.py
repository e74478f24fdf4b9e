"""Files to damage: small ones, so that each of their bytes and bits can be tried."""

import gzip
import io
import random
import zlib
from collections.abc import Iterator
from csv import reader
from dataclasses import dataclass
from itertools import pairwise

from tests.fakes.loopback import reply

_CHANCE = random.Random(7)  # noqa: S311 - the same files each time


def _csv(rows: int, *, quotes: bool) -> bytes:
    """Rows that gzip cannot make much smaller; with quotes, a field with all that they allow."""
    lines = ["Team,Note,PR_MERGED"]
    for row in range(rows):
        note = f"n{_CHANCE.randrange(10**9)}"
        if quotes and row % 2:
            note = f'"{note}, ""so""\nto say"'
        lines.append(f"team {row},{note},{_CHANCE.randrange(10**6)}")
    return ("\n".join(lines) + "\n").encode()


SIMPLE = _csv(14, quotes=False)
QUOTED = _csv(10, quotes=True)


def with_header_fields(content: bytes) -> bytes:
    """A gzip member whose header has every field that there is (RFC 1952, 2.3)."""
    # FLG: FHCRC, FEXTRA, FNAME and FCOMMENT.
    fixed = b"\x1f\x8b\x08\x1e\x65\x9a\x2b\x10\x02\x03"
    header = fixed + b"\x06\x00SE\x02\x00ab" + b"export.csv\x00" + b"made by a test\x00"
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = deflater.compress(content) + deflater.flush()
    crc = (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little")
    trailer = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    return header + crc + deflated + trailer


@dataclass(frozen=True)
class Sample:
    """A file, and what its bytes stand for.

    Attributes:
        name: For tests.
        csv: The text.
        sent: Its bytes as the API has them.
        ends: Where gzip members end that are not the last one.
    """

    name: str
    csv: bytes
    sent: bytes
    ends: tuple[int, ...] = ()


def _members(csv: bytes) -> Sample:
    # Between rows: what is left of a file without its last members is a CSV, too.
    cuts = (0, csv.index(b"team 4"), csv.index(b"team 7"), len(csv))
    parts = [with_header_fields(csv[start:end]) for start, end in pairwise(cuts)]
    first, second, _ = (len(part) for part in parts)
    return Sample("several gzip members", csv, b"".join(parts), (first, first + second))


ONE_MEMBER = Sample("one gzip member", SIMPLE, gzip.compress(SIMPLE, mtime=0))
MEMBERS = _members(QUOTED)
PLAIN = Sample("plain", SIMPLE, SIMPLE)
PLAIN_QUOTED = Sample("plain with quotes", QUOTED, QUOTED)
SAMPLES = (ONE_MEMBER, MEMBERS, PLAIN, PLAIN_QUOTED)


def of_length(content: bytes, total: int) -> bytes:
    """An answer that breaks off before the length that it told."""
    return reply(200, content, length=total)


def of_chunks(content: bytes, _: int) -> bytes:
    """An answer in chunks that breaks off before the last one."""
    chunk = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
    return reply(200, chunk, {"Transfer-Encoding": "chunked"}, length=-1)


def untold(content: bytes, _: int) -> bytes:
    """An answer that does not tell where it ends."""
    return reply(200, content, length=-1)


FRAMES = {"of a told length": of_length, "in chunks": of_chunks, "without a length": untold}


def flipped(content: bytes, bit: int) -> bytes:
    """The same with another bit."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def showing(csv: bytes) -> Iterator[int]:
    """The bits without which a CSV is none any more, or has other fields."""
    quoted = False
    for at, byte in enumerate(csv):
        # ASCII with its highest bit alone is no UTF-8.
        yield 8 * at + 7
        quoted ^= byte == ord('"')
        parts = byte == ord('"') or (not quoted and byte in b",\n")
        if parts and at + 1 < len(csv):
            yield from range(8 * at, 8 * at + 7)


def widths(csv: bytes) -> list[int]:
    """How many fields each record has, as Python reads them."""
    return [len(record) for record in reader(io.StringIO(csv.decode(), newline=""), strict=True)]
