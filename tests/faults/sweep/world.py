"""Where journeys take place: two servers, a bucket with a past, and everything large made small."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from sei_export.bucket import parts
from sei_export.download import body, over_invocations
from tests.fakes import s3_content
from tests.fakes.loopback import Answer, Loopback, Received
from tests.fakes.s3 import FakeS3
from tests.faults.sweep.harvest import HARVESTED, HarvestJourney
from tests.faults.sweep.journey import Journey
from tests.faults.sweep.line import Line, lines
from tests.faults.sweep.plan import Exchange, Fault
from tests.faults.sweep.scenarios import (
    LEAST_PROGRESS_BYTES,
    LEAST_READ_BYTES,
    PART_BYTES,
    READ_BYTES,
    Scenario,
)

_OLDER_SECONDS = 86_400


@dataclass
class World:
    """Runs journeys, one after the other.

    Attributes:
        home: Listens as the API.
        elsewhere: Listens where signed links lead.
        journey: The one under way.
    """

    home: Loopback
    elsewhere: Loopback
    journey: Journey | None = None
    _left: dict[str, FakeS3] = field(default_factory=dict)
    _exchanges: dict[str, list[Exchange]] = field(default_factory=dict)

    def go(self, scenario: Scenario, faults: tuple[Fault, ...] = ()) -> Journey:
        """One journey to its end."""
        return self._run(scenario, faults, self.bucket(scenario))

    def harvest(self, faults: tuple[Fault, ...] = ()) -> HarvestJourney:
        """One harvest to its end."""
        journey = HarvestJourney(HARVESTED, self.home.origin, self.elsewhere.origin, faults)
        self.journey = journey
        journey.run()
        return journey

    def exchanges(self, scenario: Scenario) -> list[Exchange]:
        """What a way has when nothing goes wrong."""
        if scenario.name not in self._exchanges:
            self._exchanges[scenario.name] = self.go(scenario).plan.met
        return self._exchanges[scenario.name]

    def bucket(self, scenario: Scenario) -> FakeS3:
        """A bucket, with what stood there before."""
        bucket = FakeS3()
        if scenario.older:
            if scenario.name not in self._left:
                older = replace(
                    scenario, cuts=(), statuses=(("completed",),), seed="older", older=False
                )
                self._left[scenario.name] = left = FakeS3()
                ended = self._run(older, (), left, started=-_OLDER_SECONDS).end
                assert ended.error is None, ended
            known = self._left[scenario.name].versions
            bucket.versions = {key: list(versions) for key, versions in known.items()}
        return bucket

    def _run(
        self,
        scenario: Scenario,
        faults: tuple[Fault, ...],
        bucket: FakeS3,
        started: float = 0.0,
    ) -> Journey:
        origins = (self.home.origin, self.elsewhere.origin)
        self.journey = Journey(scenario, *origins, faults, bucket, started)
        self.home.received.clear()
        self.elsewhere.received.clear()
        self.journey.run()
        return self.journey

    def opening(self) -> None:
        """A connection is about to be made."""
        self.under_way.opening()

    def opened(self, line: Line) -> None:
        """A connection was made."""
        self.under_way.opened(line)

    @property
    def under_way(self) -> Journey:
        """The journey under way."""
        assert self.journey
        return self.journey


@contextmanager
def made() -> Iterator[World]:
    """A world, in which what is large is small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", PART_BYTES)
        patch.setattr(over_invocations, "_LOOK_BYTES", PART_BYTES)
        patch.setattr(body, "READ_BYTES", READ_BYTES)
        patch.setattr(body, "_LEAST_READ_BYTES", LEAST_READ_BYTES)
        patch.setattr(body, "_LEAST_PROGRESS_BYTES", LEAST_PROGRESS_BYTES)
        patch.setattr(s3_content, "_LEAST_PART_BYTES", 1)
        worlds: list[World] = []

        def answer(received: Received) -> Answer:
            return worlds[0].under_way.answer(received)

        with Loopback(answer) as home, Loopback(answer) as elsewhere:
            world = World(home, elsewhere)
            worlds.append(world)
            with lines(world.opening, world.opened):
                yield world
