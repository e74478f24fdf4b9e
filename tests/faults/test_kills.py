"""A process may end at any moment: the next try ends with one file, one manifest, its event.

An invocation is killed before or after each of its calls of S3 and EventBridge, and at each piece
of the body: from then on nothing that it does has any effect. Then the state machine calls the
function again.
"""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Unpack, cast

import pytest

from local.gates.template import Tree, load_template
from sei_export import keys
from tests.fakes.events import FakeEvents
from tests.fakes.s3 import FakeS3
from tests.fakes.slow_line import MIB, ONE_PART, ROW, TICKET_KEY, Slow, csv_of
from tests.fakes.stage import CSV, DATA_KEY, GZ, LANDED_KEY, MANIFEST_KEY, OTHER_CSV
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.sweep.aws import CallAct, FaultyS3, faulty
from tests.faults.sweep.plan import Exchange, Fault, KilledError, Kind, Plan
from tests.template.template import resource

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestTypeDef
    from mypy_boto3_s3 import S3Client

BEFORE = "2026-02-01T06:00:00Z"
FEW, MANY = 30, 300
"""Tries of several ends, of large files and of small ones."""
KEPT = (keys.DATA_PREFIX, keys.MANIFEST_PREFIX, keys.MARK_PREFIX)
"""What is to stay; all else a lifecycle rule has to take away."""
ENDS = {
    place: [Kind(place, end, CallAct(end, "Runtime.ExitError")) for end in ends]
    for place, ends in {
        "s3": ("killed", "killed after"),
        "bus": ("killed", "killed after"),
        "piece": ("killed",),
    }.items()
}
"""How a process ends, by what it is about to do."""


@dataclass(frozen=True)
class Way:
    """How a file comes.

    Attributes:
        csv: The file's text.
        sent: As the API has it.
        pace: Bytes in a second.
        seconds: How long an invocation may take.
        over: Whether another version stands there.
    """

    csv: bytes
    sent: bytes
    pace: float
    seconds: float
    over: bool = False


FAST, SLOW = 10 * MIB, 0.3 * MIB
"""Bytes in a second: in an invocation's time, one part comes at the slow pace, and not two."""
TWO_PART_CSV = csv_of(9 * MIB // ROW)
TWO_PART_GZ = gzip.compress(TWO_PART_CSV, 0, mtime=0)
WAYS = {
    "small": Way(CSV, GZ, FAST, 100),
    "small, plain, over another version": Way(CSV, CSV, FAST, 100, over=True),
    "in parts": Way(TWO_PART_CSV, TWO_PART_GZ, FAST, 100),
    "in parts, over another version": Way(TWO_PART_CSV, TWO_PART_GZ, FAST, 100, over=True),
    "over several invocations": Way(TWO_PART_CSV, TWO_PART_GZ, SLOW, ONE_PART),
}


class MortalS3(FakeS3):
    """The bucket, as a process that may end sees it."""

    def __init__(self, journal: list[str], plan: Plan) -> None:
        super().__init__(journal)
        self._plan = plan
        self.before("read_body", partial(_piece, plan))

    @property
    def client(self) -> "S3Client":
        """At each of its calls the process may end."""
        return cast("S3Client", FaultyS3(self, self._plan))


class MortalEvents(FakeEvents):
    """The bus, as a process that may end sees it."""

    def __init__(self, journal: list[str], plan: Plan) -> None:
        super().__init__(journal)
        self._plan = plan

    def put_events(self, **given: Unpack["PutEventsRequestTypeDef"]) -> dict[str, object]:
        """PutEvents."""
        put = super().put_events
        return faulty(self._plan, "bus", "put_events", lambda: put(**given))


def _piece(plan: Plan) -> None:
    faulty(plan, "piece", "read", dict)


class Mortal(Slow):
    """Stands for all that DownloadExport works with, in a process that may end."""

    def __init__(self, way: Way) -> None:
        self.plan = Plan()
        super().__init__(content=way.sent, seconds=way.seconds, pace=self._at_pace)
        self._pace = way.pace
        self.s3 = MortalS3(self.journal, self.plan)
        self.events = MortalEvents(self.journal, self.plan)

    def _at_pace(self, _: int) -> float:
        _piece(self.plan)
        return self._pace

    def until_landed(self) -> int:
        """Call as the state machine does; how many processes ended."""
        deaths = 0
        for _ in range(12):
            self.plan.killed = None
            try:
                result = self.land()
            except KilledError:
                deaths += 1
            else:
                if result.get("finished") is not False:
                    return deaths
        pytest.fail("It goes on without end.")

    def check(self, way: Way, deaths: int) -> None:
        """All is as if nobody had been killed, but for what the bucket's rules take away."""
        self.plan.faults, self.plan.killed = (), None
        before = [OTHER_CSV] if way.over else []
        assert self.contents == [*before, way.csv]
        version = self.s3.current(DATA_KEY)
        assert version
        # A later try may write it again, but never another one.
        written = self.s3.versions[MANIFEST_KEY][len(before) :]
        [said] = {kept.body for kept in written}
        assert json.loads(said) == self.manifest
        assert (self.manifest["etag"], self.manifest["versionId"]) == (version.etag, version.id)
        assert self.s3.documents.read_json(LANDED_KEY).content["announced"] is True
        details = self.events.details
        assert 1 <= len(details) <= 1 + deaths
        assert len({detail["dedupeId"] for detail in details}) == 1
        assert all(detail["changed"] for detail in details)
        assert self.connections == []
        self._check_what_is_left(deaths)

    def _check_what_is_left(self, deaths: int) -> None:
        rules = [rule for rule in _rules() if rule["Status"] == "Enabled"]
        aborting = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]
        assert len(self.s3.uploads) <= deaths
        assert (
            self.s3.documents.read_json(TICKET_KEY).content.get("uploadId") not in self.s3.uploads
        )
        for upload in self.s3.uploads.values():
            assert any(upload.key.startswith(rule.get("Prefix", "")) for rule in aborting)
        expiring = [rule for rule in rules if "ExpirationInDays" in rule]
        for key in self.s3.versions:
            is_taken = any(key.startswith(rule.get("Prefix", "")) for rule in expiring)
            assert is_taken or key.startswith(KEPT)


@cache
def _rules() -> list[Tree]:
    bucket = resource(load_template(), "ExportBucket")
    rules: list[Tree] = bucket["LifecycleConfiguration"]["Rules"]
    return rules


@contextmanager
def _mortal(way: Way) -> Iterator[Mortal]:
    mortal = Mortal(way)
    with mortal.server:
        if way.over:
            mortal.content = gzip.compress(OTHER_CSV, mtime=0)
            mortal.land("exp_0", "run-0", BEFORE)
            mortal.content = way.sent
            mortal.events.entries.clear()
        yield mortal


def _exchanges(way: Way) -> list[Exchange]:
    """At what a process can end, of those that nobody kills."""
    with _mortal(way) as mortal:
        begun = len(mortal.plan.met)
        assert mortal.until_landed() == 0
        met = mortal.plan.met[begun:]
        mortal.check(way, 0)
        return met


def _kill(way: Way, faults: Sequence[Fault]) -> int:
    """Run it with processes that end there, and look at what comes of it; how many did end."""
    with _mortal(way) as mortal:
        mortal.plan.faults = faults
        deaths = mortal.until_landed()
        mortal.check(way, deaths)
        return deaths


@pytest.mark.parametrize("name", WAYS)
def test_given_a_process_that_ends_at_any_step_when_called_again_then_all_is_as_if_it_had_not(
    name: str, amount: Amount, count: Count
) -> None:
    way = WAYS[name]
    places = [Fault(kind, it.number) for it in _exchanges(way) for kind in ENDS[it.place]]
    deaths = [_kill(way, [place]) for place in amount.of(places, 7)]
    assert {*deaths} == {1}
    count("processes that end once", landed_once=len(deaths))


@pytest.mark.parametrize("name", WAYS)
def test_given_processes_that_end_again_and_again_then_all_is_as_if_they_had_not(
    name: str, amount: Amount, count: Count
) -> None:
    way = WAYS[name]
    met = _exchanges(way)
    numbers = Counter(it.place for it in met)
    chance = random.Random(len(met))  # noqa: S311 - the same places each time
    # What comes after the first end has higher numbers: some are beyond the last exchange.
    places = [
        Fault(kind, it.number + more * numbers[it.place])
        for it in met
        for kind in ENDS[it.place]
        for more in range(3)
    ]
    tries = FEW if way.sent == TWO_PART_GZ else MANY
    ends = [chance.sample(places, chance.randint(2, 4)) for _ in range(tries)]
    for several in amount.of(ends, 3):
        # What is beyond the last exchange ends nothing.
        if _kill(way, several) > 1:
            count("processes that end again and again", landed_once=1)
