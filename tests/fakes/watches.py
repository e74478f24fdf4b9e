"""A watch over fakes: the bucket, what was announced, and looks that tests decide."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sei_export import keys
from sei_export.bus import Bus
from sei_export.freshness.announcement import Announcement
from sei_export.freshness.finding import Finding
from sei_export.freshness.watch import Expected, Look, Watch
from sei_export.jsontypes import JsonObject
from tests.fakes.events import BUS, STACK, FakeEvents
from tests.fakes.s3 import FakeS3

SCHEDULE_ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/monthly"
FIRST = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
MONTH = timedelta(days=33)
DAY = timedelta(days=1)


def finding(code: str) -> Finding:
    """One of a kind."""
    return Finding(code, f"{code} is so.", f"Mend {code}.")


@dataclass
class Tower:
    """Looks day after day.

    Attributes:
        s3: The bucket.
        events: The bus.
        found: By code, what the next looks find; None for nothing, an error if nobody can tell.
        within: What is expected.
    """

    s3: FakeS3 = field(default_factory=FakeS3)
    events: FakeEvents = field(default_factory=FakeEvents)
    found: dict[str, Finding | Exception | None] = field(default_factory=dict)
    within: timedelta = MONTH

    def complete(self, until: str) -> None:
        """Have a run of the stack's plan that is complete."""
        self.s3.documents.write_json(keys.last_complete_key(), {"until": until})

    def look(self, now: datetime, *, dry_run: bool = False) -> JsonObject:
        """Look once."""
        bus = Bus(self.events, BUS)  # type: ignore[arg-type]  # the one call that is made
        looks: dict[tuple[str, ...], Look] = {(it,): self._look(it) for it in self.found}
        announce = Announcement(bus, SCHEDULE_ARN).send
        expected = Expected(STACK, self.within, "cron(0 6 2 * ? *) (UTC)")
        return Watch(expected, self.s3.documents, looks, announce).look(now, dry_run=dry_run)

    @property
    def said(self) -> list[str]:
        """What was announced, by its kinds."""
        return [entry["DetailType"] for entry in self.events.entries]

    def _look(self, code: str) -> Look:
        def look(now: datetime) -> Finding | None:  # noqa: ARG001 - as looks are called
            found = self.found[code]
            if isinstance(found, Exception):
                raise found
            return found

        return look
