"""The files behind the download links, made once in the background and kept on disk.

A file is finished before its transfer starts: its length is known, and it can be sent as fast
as the client reads, however long its rows took to make.
"""

import hashlib
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local.simulator.reports.table import Table
from local.simulator.world import gzipping
from local.simulator.world.scenario import Encoding, Scenario

_WORKERS = 4
_HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
_JSON = b'{"status": "ERROR", "message": "Something went wrong"}\n'


@dataclass(frozen=True)
class Rendered:
    """A finished file, its size in bytes, and the epoch seconds of its end."""

    path: Path
    size: int
    modified: float

    @cached_property
    def etag(self) -> str:
        """The strong entity tag of the content; slow at the first time if the file is large."""
        with self.path.open("rb") as file:
            return f'"{hashlib.file_digest(file, "sha256").hexdigest()}"'


@dataclass(frozen=True)
class Order:
    """A file to make.

    Args:
        table: the CSV.
        seed: decides the table's figures; tables that differ have different ones.
        rows: the exact number of data rows, or None for the table's own.
        encoding: gzip, plain or gzip-multi.
        scenario: what else becomes of the file.
    """

    table: Table
    seed: str
    rows: int | None
    encoding: Encoding
    scenario: Scenario

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for orders of the same file."""
        scenario = self.scenario
        return (self.seed, self.rows, self.encoding, scenario.content, scenario.gzip_damage)


def content(order: Order) -> Iterator[bytes]:
    """Yield the uncompressed content of a file."""
    csv = order.table.csv_chunks(order.seed, order.rows)
    match order.scenario.content:
        case "csv":
            yield from csv
        case "header-only":
            yield next(csv)
        case "html":
            yield _HTML
        case "json":
            yield _JSON
        case "empty":
            return


def _remove(done: Future[Rendered]) -> None:
    if not done.cancelled() and not done.exception():
        done.result().path.unlink()


class Spool:
    """The rendered files in a folder of their own, made by a few threads.

    Args:
        folder: an empty folder, which the caller removes in the end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="render")
        self._closed = threading.Event()
        # Names are never used twice: a reset leaves work in progress alone.
        self._numbers = itertools.count()
        self._files: dict[tuple[object, ...], Future[Rendered]] = {}

    def render(self, order: Order) -> Future[Rendered]:
        """Start to make a file, unless that was done before."""
        if order.key not in self._files:
            path = self._folder / str(next(self._numbers))
            self._files[order.key] = self._pool.submit(self._write, path, order)
        return self._files[order.key]

    def clear(self) -> None:
        """Remove the files as soon as they are finished; a transfer that has begun goes on."""
        for future in self._files.values():
            future.add_done_callback(_remove)
        self._files.clear()

    def close(self) -> None:
        """Stop the work in progress."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _write(self, path: Path, order: Order) -> Rendered:
        damage = order.scenario.gzip_damage
        last_member_at = 0
        with path.open("w+b") as file:
            if order.scenario.content != "empty":
                chunks = self._until_closed(content(order))
                if damage == "double-gzip":
                    chunks = gzipping.compressed(chunks)
                for member in gzipping.members(chunks, order.encoding):
                    last_member_at = file.tell()
                    file.writelines(member)
                gzipping.damage(file, damage, last_member_at)
        written = path.stat()
        return Rendered(path, written.st_size, written.st_mtime)

    def _until_closed(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._closed.is_set():
                raise InterruptedError("the simulator stops")
            yield chunk
