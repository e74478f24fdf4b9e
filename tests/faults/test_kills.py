"""A process may end at any moment: the next try ends with one file, one manifest, its event.

An invocation is killed before or after each of its calls of S3 and EventBridge, and at each piece
of the body; then the state machine calls the function again.
"""

import gzip
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest

from local.gates.template import Tree, load_template
from sei_export import keys
from tests.fakes.slow_line import MIB, ONE_PART, ROW, TICKET_KEY, Slow, csv_of
from tests.fakes.stage import CSV, DATA_KEY, GZ, LANDED_KEY, MANIFEST_KEY, OTHER_CSV
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.faults.mortal import Killed, Life, MortalEvents, MortalS3
from tests.template.template import resource

BEFORE = "2026-02-01T06:00:00Z"
FEW, MANY = 30, 300
"""Tries of several ends, of large files and of small ones."""
KEPT = (keys.DATA_PREFIX, keys.MANIFEST_PREFIX, keys.MARK_PREFIX)
"""What is to stay; all else a lifecycle rule has to take away."""


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


class Mortal(Slow):
    """Stands for all that DownloadExport works with, in a process that may end."""

    def __init__(self, way: Way, life: Life) -> None:
        self.life = life
        super().__init__(content=way.sent, seconds=way.seconds, pace=self._at_pace)
        self._pace = way.pace
        self.s3 = MortalS3(self.journal, life)
        self.events: MortalEvents = MortalEvents(self.journal, life)

    def _at_pace(self, _: int) -> float:
        self.life.piece()
        return self._pace

    def until_landed(self) -> int:
        """Call as the state machine does; how many processes ended."""
        deaths = 0
        for _ in range(12):
            self.life.again()
            try:
                result = self.land()
            except Killed:
                deaths += 1
            else:
                if result.get("finished") is not False:
                    return deaths
        pytest.fail("It goes on without end.")

    def check(self, way: Way, deaths: int) -> None:
        """All is as if nobody had been killed, but for what the bucket's rules take away."""
        self.life.ends.clear()
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
    mortal = Mortal(way, Life())
    with mortal.server:
        if way.over:
            mortal.content = gzip.compress(OTHER_CSV, mtime=0)
            mortal.land("exp_0", "run-0", BEFORE)
            mortal.content = way.sent
            mortal.events.entries.clear()
            mortal.life.steps = 0
        yield mortal


def _places(way: Way) -> list[float]:
    """Where a process can end, of those that nobody kills."""
    with _mortal(way) as mortal:
        assert mortal.until_landed() == 0
        places = [place / 2 for place in range(2 * mortal.life.steps)]
        mortal.check(way, 0)
        return places


def _kill(way: Way, *ends: float) -> int:
    """Run it with processes that end there, and look at what comes of it; how many did end."""
    with _mortal(way) as mortal:
        mortal.life.ends = list(ends)
        deaths = mortal.until_landed()
        mortal.check(way, deaths)
        return deaths


@pytest.mark.parametrize("name", WAYS)
def test_given_a_process_that_ends_at_any_step_when_called_again_then_all_is_as_if_it_had_not(
    name: str, amount: Amount, count: Count
) -> None:
    way = WAYS[name]
    deaths = [_kill(way, place) for place in amount.of(_places(way), 7)]
    assert {*deaths} == {1}
    count("processes that end once", landed_once=len(deaths))


@pytest.mark.parametrize("name", WAYS)
def test_given_processes_that_end_again_and_again_then_all_is_as_if_they_had_not(
    name: str, amount: Amount, count: Count
) -> None:
    way = WAYS[name]
    places = _places(way)
    chance = random.Random(len(places))  # noqa: S311 - the same places each time
    tries = FEW if way.sent == TWO_PART_GZ else MANY
    # What comes after the first end has other numbers: some are beyond the last step.
    longer = [place / 2 for place in range(round(3 * places[-1]))]
    ends = [sorted(chance.sample(longer, chance.randint(2, 4))) for _ in range(tries)]
    for several in amount.of(ends, 3):
        # What is beyond the last step ends nothing.
        if _kill(way, *several) > 1:
            count("processes that end again and again", landed_once=1)
