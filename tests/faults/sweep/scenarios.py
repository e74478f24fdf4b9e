"""Ways that an export takes when nothing goes wrong."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property

from sei_export.jsontypes import JsonObject
from tests.fakes.samples import asked, least

PART_BYTES = 16 * 1024
"""Of uploads here: everything about sizes is smaller than it is, so that a case takes no time."""
READ_BYTES, LEAST_READ_BYTES, LEAST_PROGRESS_BYTES = 2048, 512, 128


def csv_of(rows: int, seed: str = "") -> bytes:
    """A CSV whose rows are as good as chance, so that its gzip is hardly smaller."""
    lines = (
        f'team {row % 7},"dev, {row}",{hashlib.sha256(f"{seed}{row}".encode()).hexdigest()},{row}\n'
        for row in range(rows)
    )
    return b"team,developer,digest,PR_MERGED\n" + "".join(lines).encode()


@dataclass(frozen=True)
class Scenario:
    """One way.

    Attributes:
        name: For people.
        statuses: What each export at the API answers to each poll, the last one again and again;
            exports after the last one answer as that does.
        rows: Of the CSV.
        plain: Whether the file comes as it is, not as gzip.
        cuts: At which bytes of the file its first connections end.
        ranges: Whether the server can go on in the middle.
        link: Where the file is: at the `path` that is documented, `signed` elsewhere, or
            `redirected` there.
        seconds_of_a_byte: How slow the file comes.
        most: How many of its bytes come at a time.
        legacy: Whether it is a legacy report.
        older: Whether an older file stands there.
        reused: Whether the API hands out an export that somebody else has had made.
        error: With which it fails although nothing goes wrong.
    """

    name: str
    statuses: tuple[tuple[str, ...], ...] = (("completed",),)
    rows: int = 40
    plain: bool = False
    cuts: tuple[int, ...] = ()
    ranges: bool = False
    link: str = "path"
    seconds_of_a_byte: float = 0.0
    most: int = 65_536
    legacy: bool = False
    older: bool = False
    reused: bool = False
    error: str | None = None
    seed: str = ""

    @cached_property
    def csv(self) -> bytes:
        """What is to land."""
        return csv_of(self.rows, self.seed)

    @cached_property
    def file(self) -> bytes:
        """What the API sends."""
        return self.csv if self.plain else gzip.compress(self.csv, mtime=0)

    @property
    def given(self) -> JsonObject:
        """The execution's input."""
        return least("team-report") if self.legacy else asked()


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("gzip", statuses=(("QUEUED", "PROCESSING", "COMPLETED"),)),
        Scenario("plain", plain=True, older=True),
        Scenario("signed link", link="signed", older=True),
        Scenario("redirect", link="redirected"),
        Scenario("several connections", rows=200, cuts=(1500, 4000), ranges=True, older=True),
        Scenario("several invocations", rows=1000, ranges=True, seconds_of_a_byte=0.02, most=512),
        # Its beginning comes at once, so that it is staged only when it turns out to be slow.
        Scenario("slower than it looked", rows=1000, ranges=True, seconds_of_a_byte=0.02),
        Scenario("legacy report", legacy=True, plain=True, older=True),
        Scenario("made again", statuses=(("queued", "failed"), ("completed",)), older=True),
        Scenario("reused", reused=True),
        Scenario("fails", statuses=(("failed",),), older=True, error="ExportFailedError"),
    )
}
