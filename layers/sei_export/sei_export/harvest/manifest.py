"""A harvest's manifest: what became of each export that had not landed before.

Its JSON is a contract: `events/schemas/HarvestManifest.json`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sei_export import dates, keys
from sei_export.failures import Failure
from sei_export.harvest.incomplete import Shortfall
from sei_export.harvest.listed import Found, ListedPage
from sei_export.jsontypes import JsonObject
from sei_export.manifest import Manifest

VERSION = "1"
COMPLETE, PARTIAL, FAILED = "COMPLETE", "PARTIAL", "FAILED"


class Fate(StrEnum):
    """What became of an export."""

    LANDED = "landed"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    GIVEN_UP = "givenUp"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Line:
    """One export of the account.

    Attributes:
        found: The export.
        fate: What became of it.
        landed: Its manifest, if it has landed and that is still there.
        failure: Why it has not; also of one that is left alone.
    """

    found: Found
    fate: Fate
    landed: Manifest | None = None
    failure: Failure | None = None

    def to_json(self) -> JsonObject:
        """Write the form in the manifest."""
        it, why = self.landed, self.failure
        return {
            "exportId": self.found.export_id,
            "report": self.found.report.name,
            "outcome": self.fate.value,
            "key": it.key if it else None,
            "versionId": it.version_id if it else None,
            "rows": it.rows if it else None,
            "sizeBytes": it.size_bytes if it else None,
            "csvBytes": it.csv_bytes if it else None,
            "contentSha256": it.content_sha256 if it else None,
            "manifestKey": it.manifest_key if it else None,
            "error": why.error if why else None,
            "message": why.message if why else None,
            "remedy": why.remedy if why else None,
        }


@dataclass(frozen=True, slots=True)
class HarvestManifest:
    """A harvest at its end.

    Attributes:
        run: The name of its folder.
        bucket: Where its files are.
        pages: What the lists had.
        lines: What became of each export that was to land.
        is_cut: Whether there is more than one execution can hold.
        ended: What ended the harvest before its time; None if nothing did.
        execution_arn: Its execution.
        started_at: When that started.
        completed_at: When it was closed.
    """

    run: str
    bucket: str
    pages: tuple[ListedPage, ...]
    lines: tuple[Line, ...]
    is_cut: bool
    ended: Failure | None
    execution_arn: str
    started_at: datetime
    completed_at: datetime

    @property
    def failure(self) -> Failure | None:
        """Why it is not complete; None if it is."""
        if self.ended:
            return self.ended
        failed = [
            (f"export {line.found.export_id} of {line.found.report.name}", line.failure)
            for line in self.lines
            if line.fate is Fate.FAILED and line.failure
        ]
        fates = self._fates()
        return Shortfall(
            failed=failed,
            landed=fates[Fate.LANDED] + fates[Fate.SUPERSEDED],
            unusable=self._sum("unusable"),
            missing=self._sum("missing"),
            pages=len(self.pages) if self.is_cut else 0,
            manifest_key=keys.run_manifest_key(self.run),
        ).failure()

    @property
    def status(self) -> str:
        """COMPLETE, PARTIAL or FAILED."""
        if not self.failure:
            return COMPLETE
        fates = self._fates()
        return PARTIAL if fates[Fate.LANDED] + fates[Fate.SUPERSEDED] else FAILED

    @property
    def totals(self) -> JsonObject:
        """How many exports were listed, and what became of them."""
        fates = self._fates()
        landed = [line.landed for line in self.lines if line.fate is Fate.LANDED and line.landed]
        return {
            **{name: self._sum(name) for name in ("listed", "known", "unusable", "missing")},
            **{fate.value: fates[fate] for fate in Fate},
            "rows": sum(each.rows for each in landed),
            "sizeBytes": sum(each.size_bytes for each in landed),
            "csvBytes": sum(each.csv_bytes for each in landed),
        }

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        failure = self.failure
        return {
            "version": VERSION,
            "run": self.run,
            "status": self.status,
            "startedAt": dates.format_moment(self.started_at),
            "completedAt": dates.format_moment(self.completed_at),
            "filters": self.pages[0].filters if self.pages else None,
            "totals": self.totals,
            "failure": failure.to_json() if failure else None,
            "bucket": self.bucket,
            "exports": [line.to_json() for line in self._all()],
            "executionArn": self.execution_arn,
        }

    def _all(self) -> Iterator[Line]:
        """Also those that were not to land."""
        yield from self.lines
        for page in self.pages:
            yield from (Line(it, Fate.GIVEN_UP, failure=it.why) for it in page.given_up)
            yield from (Line(it, Fate.PENDING) for it in page.pending)

    def _fates(self) -> Counter[Fate]:
        return Counter(line.fate for line in self._all())

    def _sum(self, name: str) -> int:
        return sum(int(getattr(page, name)) for page in self.pages)
