"""How far a batch is: `progress.json` of a run, for people.

Nothing depends on it, and nothing waits for it.

What a round adds is counted from names: RecordOutcome puts an object beside each outcome whose name
tells all that is counted, so that one listing, and no outcome, has to be read.

Its JSON is a contract: `events/schemas/Progress.json`.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, cast

from sei_export import dates, keys
from sei_export.batch.item import Item
from sei_export.batch.ledger import Fate, Line
from sei_export.batch.outcomes import Outcome
from sei_export.batch.record import PlanRecord
from sei_export.jsontypes import JsonObject, JsonValue, is_count, read_count, read_text

logger = logging.getLogger(__name__)

VERSION = "1"
RUNNING = "RUNNING"
"""Its status until the batch is closed: then it has the manifest's."""

_FRESH = timedelta(seconds=10)
_FARTHEST = timedelta(days=365)
"""Of an estimated end; a batch's execution lives no longer."""

_TALLY = re.compile(r"(?P<item>.+)\.(?P<fate>landed|failed)\.(?P<rows>\d+)\.(?P<bytes>\d+)")


class Documents(Protocol):
    """Writes into a bucket."""

    def write_json(self, key: str, content: JsonObject) -> None:
        """Write a JSON object, whatever the key holds."""


def tally_name(item_id: str, outcome: Outcome) -> str:
    """Name the object that tells of an outcome what is counted."""
    landed = outcome.landed or {}
    fate = Fate.LANDED if outcome.landed else Fate.FAILED
    return f"{item_id}.{fate.value}.{_number(landed, 'rows')}.{_number(landed, 'sizeBytes')}"


@dataclass(frozen=True, slots=True)
class Counts:
    """What has become of items so far.

    Attributes:
        landed: Items whose file is there.
        failed: Items whose last try failed, until a round tries them again or splits them.
        missing: Items without an outcome that no round will try again.
        pending: Items that run, or wait for it.
        split: Items that were too large; their parts are counted in their place.
        rows: Data records of all that landed.
        size_bytes: Bytes of all gzip files that landed.
    """

    landed: int = 0
    failed: int = 0
    missing: int = 0
    pending: int = 0
    split: int = 0
    rows: int = 0
    size_bytes: int = 0

    @classmethod
    def of(cls, lines: Iterable[Line], ahead: Iterable[Item]) -> "Counts":
        """Count an account.

        Args:
            lines: Its lines.
            ahead: What is still to be run, whatever became of it before.
        """
        waiting = {item.id for item in ahead}
        settled = [line for line in lines if line.item.id not in waiting]
        fates = Counter(line.fate for line in settled)
        landed = [line.outcome.landed for line in settled if line.outcome and line.outcome.landed]
        return cls(
            landed=fates[Fate.LANDED],
            failed=fates[Fate.FAILED],
            missing=fates[Fate.MISSING],
            pending=len(waiting),
            split=fates[Fate.SPLIT],
            rows=sum(_number(each, "rows") for each in landed),
            size_bytes=sum(_number(each, "sizeBytes") for each in landed),
        )

    def with_tallies(self, names: Iterable[str]) -> "Counts":
        """Add what a round has brought so far.

        Args:
            names: `tally_name` of its outcomes; one that failed may have landed after all.
        """
        found = [tally for tally in map(_TALLY.fullmatch, names) if tally]
        landed = {it["item"]: it for it in found if it["fate"] == Fate.LANDED.value}
        failed = {it["item"] for it in found} - landed.keys()
        return replace(
            self,
            landed=self.landed + len(landed),
            failed=self.failed + len(failed),
            pending=max(0, self.pending - len(landed) - len(failed)),
            rows=self.rows + sum(int(it["rows"]) for it in landed.values()),
            size_bytes=self.size_bytes + sum(int(it["bytes"]) for it in landed.values()),
        )

    def to_json(self) -> JsonObject:
        """Their part of the form in the bucket."""
        return {
            "expected": self.landed + self.failed + self.missing + self.pending,
            "landed": self.landed,
            "failed": self.failed,
            "missing": self.missing,
            "pending": self.pending,
            "split": self.split,
            "rows": self.rows,
            "sizeBytes": self.size_bytes,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Counts":
        """Read them back.

        Raises:
            KeyError, TypeError: They are none.
        """
        content = cast("JsonObject", given)
        names = ("landed", "failed", "missing", "pending", "split", "rows", "sizeBytes")
        return cls(*(read_count(content[name]) for name in names))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        run: The batch's folder.
        name: The plan's.
        started_at: The execution's start, ISO 8601.
        round: The one that runs, or the last one.
        before: What was counted when that round began.
        counts: What is counted now.
        landed_before: How many had landed in the runs that this one goes on with.
        updated_at: When it was counted.
        status: RUNNING, or the manifest's.
        claimed_at: When a function began to count anew; None if none has since.
        wait_seconds: What the machine waits before the round; of the one that writes it first.
    """

    run: str
    name: str
    started_at: str
    round: int
    before: Counts
    counts: Counts
    landed_before: int
    updated_at: datetime
    status: str = RUNNING
    claimed_at: datetime | None = None
    wait_seconds: int = 0

    @classmethod
    def of_round(
        cls, record: PlanRecord, number: int, counts: Counts, landed_before: int, at: datetime
    ) -> "Progress":
        """As it is before the first outcome of a round.

        Args:
            record: The batch as it was planned.
            number: The round.
            counts: What is known so far.
            landed_before: How many had landed in the runs that this one goes on with.
            at: The clock.
        """
        return cls(
            record.run, record.name, record.started_at, number, counts, counts, landed_before, at
        )

    def is_due(self, number: int, now: datetime) -> bool:
        """Whether an outcome of a round is to be counted now: not if somebody has just done so."""
        last = max(self.updated_at, self.claimed_at or self.updated_at)
        # A clock that is ahead stops nobody for long.
        return self.round == number and self.status == RUNNING and abs(now - last) >= _FRESH

    def claimed(self, now: datetime) -> "Progress":
        """Say that somebody counts."""
        return replace(self, claimed_at=now)

    def counted(self, names: Iterable[str], now: datetime) -> "Progress":
        """Count what the round has brought so far: `tally_name` of its outcomes."""
        counts = self.before.with_tallies(names)
        return replace(self, counts=counts, updated_at=now, claimed_at=None)

    def to_json(self) -> JsonObject:
        """Write the form in the bucket."""
        end = self._estimated_end()
        return {
            "version": VERSION,
            "run": self.run,
            "name": self.name,
            "status": self.status,
            "round": self.round,
            **self.counts.to_json(),
            "landedPerHour": round(3600 * self._per_second(), 1),
            "startedAt": self.started_at,
            "updatedAt": dates.format_moment(self.updated_at),
            "estimatedEndAt": dates.format_moment(end) if end else None,
            "landedBefore": self.landed_before,
            "atRoundStart": self.before.to_json(),
            "claimedAt": dates.format_moment(self.claimed_at) if self.claimed_at else None,
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> "Progress | None":
        """Read it back; None for what is none, such as an empty key's content."""
        try:
            claimed = content["claimedAt"]
            return cls(
                run=read_text(content["run"]),
                name=read_text(content["name"]),
                started_at=read_text(content["startedAt"]),
                round=read_count(content["round"]),
                before=Counts.from_json(content["atRoundStart"]),
                counts=Counts.from_json(content),
                landed_before=read_count(content["landedBefore"]),
                updated_at=_moment(content["updatedAt"]),
                status=read_text(content["status"]),
                claimed_at=None if claimed is None else _moment(claimed),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def _per_second(self) -> float:
        """How fast items have landed since this run's start."""
        seconds = (self.updated_at - dates.parse_moment(self.started_at)).total_seconds()
        return max(0, self.counts.landed - self.landed_before) / max(1, seconds)

    def _estimated_end(self) -> datetime | None:
        """When all will have landed, if it goes on like that; None if nobody can tell."""
        rate = self._per_second()
        if self.status != RUNNING or not rate or not self.counts.pending:
            return None
        seconds = self.wait_seconds + self.counts.pending / rate
        if seconds > _FARTHEST.total_seconds():
            return None
        return self.updated_at + timedelta(seconds=seconds)


def tell(documents: Documents, progress: Progress) -> None:
    """Write it down, whatever the key holds, and whatever stands in the way of that."""
    try:
        documents.write_json(keys.progress_key(progress.run), progress.to_json())
    except Exception as error:  # noqa: BLE001 - only people read it: it may stop no batch
        logger.warning("The batch's progress was not written: %s", error)


def _moment(given: JsonValue) -> datetime:
    return dates.parse_moment(read_text(given))


def _number(landed: JsonObject, name: str) -> int:
    value = landed.get(name)
    return value if is_count(value) else 0
