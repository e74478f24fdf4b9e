"""A bucket and a bus, and files that land there one after the other."""

from dataclasses import dataclass, field
from datetime import timedelta

from sei_export.export import Export
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject
from sei_export.landing.land import Landing
from sei_export.landing.limits import Limits
from sei_export.landing.raw import RawFile
from sei_export.masking import Mask
from tests.fakes.events import FakeEvents
from tests.fakes.raw import Pieces
from tests.fakes.s3 import FakeS3
from tests.fakes.stage import ARN, CREATED_AT, OneKey, export
from tests.fakes.timing import FakeClock


@dataclass
class Bay(OneKey):
    """A bucket, a bus, and a clock that ends no race before its time."""

    s3: FakeS3 = field(default_factory=FakeS3)
    events: FakeEvents = field(default_factory=FakeEvents)
    limits: Limits = field(default_factory=Limits)
    retention: timedelta | None = None

    def land(
        self,
        content: bytes,
        export_id: str = "exp_1",
        run: str = "run-1",
        *,
        created_at: str = CREATED_AT,
        told: bool = True,
        took_seconds: float | None = None,
    ) -> JsonObject:
        """Land a file of the request's."""
        exported = export(export_id, created_at)
        return self.land_export(exported, content, run, told=told, took_seconds=took_seconds)

    def land_export(
        self,
        exported: Export,
        content: bytes,
        run: str = "run-1",
        *,
        told: bool = True,
        clock: FakeClock | None = None,
        took_seconds: float | None = None,
    ) -> JsonObject:
        """Land a file of any export."""
        landing = Landing(
            self.s3.store,
            self.s3.documents,
            self.events.bus,
            self.limits,
            retention=self.retention,
        )
        deadline = (clock or FakeClock()).deadline(900)
        file = RawFile(Pieces([content] if content else [], told), None, Mask(), deadline)
        about = ExportRun(f"{ARN}{run}", polls=1, attempts=1, took_seconds=took_seconds)
        return landing.land(exported, about, file)
