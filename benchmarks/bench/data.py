"""The files that the source serves: CSV as the API exports it, plain or as one gzip member."""

import csv
import io
import random
import re
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

from local.paths import LOCAL

FILES = LOCAL / "bench" / "files"
"""Kept from run to run: the content depends on nothing but the size."""

MIB = 1024 * 1024

_BLOCKS = 32
_BLOCK_ROWS = 2_000
_COLUMNS = (
    *("team", "developer", "email", "period", "note"),
    *("prs_merged", "commits", "loc_added", "loc_deleted", "review_comments", "work_items"),
    *("cycle_time_hours", "review_time_hours", "coding_days", "focus_score", "rework_ratio"),
)
COLUMNS = len(_COLUMNS)

SHAPES = (
    "no quotes",
    "no quotes, CR LF",
    "one column quoted",
    "newlines in quotes",
    "text columns quoted",
    "all columns quoted",
    "one column quoted, not ASCII",
)
"""What a CSV may be like; the one in the race has one column quoted, and some notes."""

_TEXT_COLUMNS = 5
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")


def header() -> bytes:
    """The CSV's first line."""
    return ",".join(_COLUMNS).encode() + b"\n"


@cache
def blocks() -> tuple[bytes, ...]:
    """Different pieces of about 300 KiB, whole records each.

    A file repeats them: at that distance deflate, whose window is 32 KiB, finds no repetition.
    """
    chance = random.Random(1)  # noqa: S311 - the same file on every machine
    return tuple(_block(chance) for _ in range(_BLOCKS))


def shaped(block: bytes, shape: str) -> bytes:
    """A block with the same number of records in another shape.

    Args:
        block: One of `blocks`.
        shape: One of `SHAPES`.
    """
    rows = list(csv.reader(io.StringIO(block.decode(), newline="")))
    end = "\r\n" if shape.endswith("CR LF") else "\n"
    return "".join(",".join(_fields(row, shape)) + end for row in rows).encode()


def _fields(row: list[str], shape: str) -> list[str]:
    """A row's fields as they are written; of the names, the developer's is the second."""
    team, developer, *others = [re.sub(r'[",\n]', "", field) for field in row]
    match shape:
        case "no quotes" | "no quotes, CR LF":
            return [team, developer, *others]
        case "one column quoted":
            return [team, f'"{row[1]}"', *others]
        case "newlines in quotes":
            return [team, f'"{developer},\nher ""desk"""', *others]
        case "one column quoted, not ASCII":
            return [team, f'"Zoë {row[1]}"', *others]
        case "text columns quoted":
            fields = [team, developer, *others]
            text, numbers = fields[:_TEXT_COLUMNS], fields[_TEXT_COLUMNS:]
            return [*(f'"{field}"' for field in text), *numbers]
        case _:
            return [f'"{field}"' for field in (team, developer, *others)]


def make(name: str, size: int) -> Path:
    """A file to serve, made if it is not there yet.

    Args:
        name: `plain` or `gzip`.
        size: Bytes on the wire; the file has at least as many, and at most one block more.
    """
    file = FILES / f"{name}-{size // MIB}.csv"
    if not file.exists():
        FILES.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        with partial.open("wb") as output:
            for piece in _plain(size) if name == "plain" else _gzip(size):
                output.write(piece)
        partial.rename(file)
    return file


def _block(chance: random.Random) -> bytes:
    lines = []
    for row in range(_BLOCK_ROWS):
        number = chance.randrange(100_000)
        note = (
            f'"moved from team {number % 97},\nsee ""plan {number % 31}"""' if row % 50 == 0 else ""
        )
        counts = (chance.randrange(10 ** chance.randrange(1, 5)) for _ in range(6))
        measures = (f"{chance.uniform(0, 500):.4f}" for _ in range(5))
        words = (
            f"Engineering/Platform {number % 41}/Team {number % 389}",
            f'"Developer {number}, Ada"',
            f"developer.{number}@example.com",
            f"2025-{number % 12 + 1:02d}-01",
            note,
        )
        lines.append(",".join((*words, *map(str, counts), *measures)))
    return ("\n".join(lines) + "\n").encode()


def _plain(size: int) -> Iterator[bytes]:
    written = len(header())
    yield header()
    for block in cycle(blocks()):
        if written >= size:
            return
        written += len(block)
        yield block


def _gzip(size: int) -> Iterator[bytes]:
    # One member. Each block ends in a full flush, so that it stands for itself: it is compressed
    # once and repeated.
    first, *deflated = (_deflated(plain) for plain in (header(), *blocks()))
    yield _GZIP_HEADER + first
    written = len(first)
    checksum, length = zlib.crc32(header()), len(header())
    for plain, piece in cycle(zip(blocks(), deflated, strict=True)):
        if written >= size:
            break
        checksum = zlib.crc32(plain, checksum)
        length += len(plain)
        written += len(piece)
        yield piece
    end = zlib.compressobj(wbits=-15).flush()
    yield end + checksum.to_bytes(4, "little") + (length % 2**32).to_bytes(4, "little")


def _deflated(plain: bytes) -> bytes:
    compressor = zlib.compressobj(6, wbits=-15)
    return compressor.compress(plain) + compressor.flush(zlib.Z_FULL_FLUSH)
