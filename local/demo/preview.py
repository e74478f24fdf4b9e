"""The landed file as a reader sees it: its first rows, as many columns as fit."""

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ROWS = 5
_WIDEST = 24
"""Cells of one column."""
_IDENTIFYING = ("Developer", "Contributor", "Team", "Start_Date")
"""Shown first. Metrics, in capitals, come next, and the rest if there is room."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a landed file.

    Attributes:
        header: Column names.
        rows: The first few.
        sha256: Of the whole content, uncompressed.
    """

    header: list[str]
    rows: list[list[str]]
    sha256: str

    def table(self, width: int) -> tuple[Table, list[str]]:
        """A table no wider than `width` cells, and the names of the columns left out."""
        shown = self._fitting(width)
        table = Table(header_style="bold")
        for index in shown:
            table.add_column(
                Text(self.header[index]),
                justify="right" if _is_metric(self.header[index]) else "left",
                no_wrap=True,
                overflow="ellipsis",
                max_width=_WIDEST,
            )
        for row in self.rows:
            table.add_row(*(Text(_one_line(row[index])) for index in shown))
        return table, [name for index, name in enumerate(self.header) if index not in shown]

    def _fitting(self, width: int) -> list[int]:
        def rank(index: int) -> int:
            name = self.header[index]
            if name in _IDENTIFYING:
                return _IDENTIFYING.index(name)
            return len(_IDENTIFYING) + (not _is_metric(name))

        shown: list[int] = []
        room = width - 1
        for index in sorted(range(len(self.header)), key=rank):
            cells = (self.header[index], *(_one_line(row[index]) for row in self.rows))
            room -= min(_WIDEST, max(map(cell_len, cells))) + len(" │ ")
            if room < 0:
                break
            shown.append(index)
        return sorted(shown)


def read_preview(s3: "S3Client", bucket: str, key: str) -> Preview:
    """Fetch a landed file, of a size that fits in memory."""
    content = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    # newline="": line breaks within quotes are the csv module's to read.
    records = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    header = next(records)
    return Preview(header, list(islice(records, _ROWS)), hashlib.sha256(content).hexdigest())


def _is_metric(column: str) -> bool:
    return column.isupper()


def _one_line(value: str) -> str:
    return "⏎".join(value.splitlines())
