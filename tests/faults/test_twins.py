"""Invocations that land one export, or several of one request, at the same time.

Whatever the order of their calls: what is visible is one of the files and whole, nobody is told an
error that the state machine does not try again, who is older than what has landed leaves that
alone, and what each of them says of its news is true.
"""

import gzip
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from sei_export.errors import SeiExportError
from sei_export.jsontypes import JsonObject
from tests.fakes.loopback import Answer, Received, reply
from tests.fakes.stage import DATA_KEY, OTHER_CSV, Stage
from tests.fakes.turns import Turns, by_chance
from tests.faults.amount import Amount
from tests.faults.conftest import Count
from tests.statemachine import machine

ORDERS = 150
CONTENTS = {
    "exp_0": OTHER_CSV,
    "exp_1": b"team,PR_MERGED\nred,1\nblue,2\n",
    "exp_2": b"team,PR_MERGED\nred,1\nblue,2\ngreen,3\n",
    "exp_3": b"team,PR_MERGED\nred,7\n",
}
TIMES = {"exp_0": "2026-02-01T06:00:00Z", "exp_1": "2026-03-01T06:00:00Z"}
LATER = {"exp_2": "2026-03-01T06:00:01Z", "exp_3": "2026-03-01T06:00:02Z"}
DOWNLOAD = machine.states(machine.load())["DownloadExport"]
RETRYABLE = {
    name
    for entry in machine.entries(DOWNLOAD, "Retry")
    if entry["MaxAttempts"]
    for name in machine.error_names(entry)
} | {"RateLimitedError", "ServiceUnavailableError"}
"""Errors that the state machine tries again: by its retries, and by waiting."""


@dataclass(frozen=True)
class Invocation:
    """One of those at the same time.

    Attributes:
        export_id: What it lands.
        run: In which execution.
    """

    export_id: str
    run: str


@dataclass(frozen=True)
class Case:
    """Some invocations at the same time.

    Attributes:
        invocations: Two or three.
        same: Whether all exports have the same content.
        newer: Whether each export is newer than the one before.
        over: What has landed before: an export's id, or nothing.
    """

    invocations: tuple[Invocation, ...]
    same: bool = False
    newer: bool = False
    over: str = ""

    def content(self, export_id: str) -> bytes:
        """The CSV of an export."""
        is_one = self.same and export_id != "exp_0"
        return CONTENTS["exp_1" if is_one else export_id]

    def created_at(self, export_id: str) -> str:
        """When an export was created."""
        times = TIMES | LATER if self.newer else TIMES
        return times.get(export_id, TIMES["exp_1"])


def _at_once(*pairs: str, **given: object) -> Case:
    invocations = tuple(Invocation(*pair.split(" of ")) for pair in pairs)
    return Case(invocations, **given)  # type: ignore[arg-type]  # a case's own fields


CASES = {
    "one execution twice": _at_once("exp_1 of a", "exp_1 of a"),
    "one execution twice, over another": _at_once("exp_1 of a", "exp_1 of a", over="exp_0"),
    "one export, two executions": _at_once("exp_1 of a", "exp_1 of b"),
    "one export, three executions": _at_once("exp_1 of a", "exp_1 of b", "exp_1 of c"),
    "two exports": _at_once("exp_1 of a", "exp_2 of b"),
    "two exports, over another": _at_once("exp_1 of a", "exp_2 of b", over="exp_0"),
    "two exports, each newer": _at_once("exp_1 of a", "exp_2 of b", newer=True),
    "three exports": _at_once("exp_1 of a", "exp_2 of b", "exp_3 of c"),
    "three exports, each newer": _at_once("exp_1 of a", "exp_2 of b", "exp_3 of c", newer=True),
    "two exports of the same": _at_once("exp_1 of a", "exp_2 of b", same=True),
    "two exports of what stands": _at_once("exp_2 of b", "exp_3 of c", same=True, over="exp_1"),
    "two of one, one of another": _at_once("exp_1 of a", "exp_1 of a", "exp_2 of b", over="exp_0"),
}


@dataclass
class Together(Stage):
    """Stands for all that the invocations work with.

    Attributes:
        case: Which they are.
        compressed: Whether the API compresses, each time another way.
        late: How many were older than what stands there.
    """

    case: Case = field(default_factory=lambda: CASES["two exports"])
    compressed: bool = True
    late: int = 0
    _level: int = 0

    def run(self, order: int) -> list[JsonObject | SeiExportError]:
        """Land all at the same time, in an order of their S3 calls."""
        invocations = self.case.invocations
        turns = Turns(len(invocations), by_chance(order))
        self.s3.on_call = turns.take

        def go(number: int) -> JsonObject | SeiExportError:
            turns.enter(number)
            try:
                return self.try_to_land(invocations[number])
            finally:
                turns.leave()

        with ThreadPoolExecutor(len(invocations)) as pool:
            ended = list(pool.map(go, range(len(invocations))))
        self.s3.on_call = lambda: None
        return ended

    def try_again(self, ended: list[JsonObject | SeiExportError]) -> None:
        """As the state machine does with what failed."""
        newest = self.case.invocations[-1].export_id
        for one, end in zip(self.case.invocations, ended, strict=True):
            result = end
            if isinstance(result, SeiExportError) and type(result).__name__ in RETRYABLE:
                result = self.try_to_land(one)
            assert not isinstance(result, SeiExportError), result
            if result["superseded"]:
                assert self.case.newer
                assert one.export_id < newest
                self.late += 1

    def try_to_land(self, one: Invocation) -> JsonObject | SeiExportError:
        """What the function returns or raises."""
        try:
            return self.land(one.export_id, one.run, self.case.created_at(one.export_id))
        except SeiExportError as error:
            return error

    def _answer(self, received: Received) -> Answer:
        if not received.path.endswith("/download"):
            return super()._answer(received)
        content = self.case.content(received.path.split("/")[-2])
        if not self.compressed:
            return reply(200, content)
        self._level = self._level % 9 + 1
        return reply(200, gzip.compress(content, self._level, mtime=self._level))


@pytest.mark.parametrize("name", CASES)
def test_given_invocations_at_the_same_time_then_one_whole_file_is_visible_and_all_tell_the_truth(
    name: str, amount: Amount, count: Count
) -> None:
    for order in amount.of(range(ORDERS), 16):
        chance = random.Random(order)  # noqa: S311 - the same each time
        together = Together(case=CASES[name], compressed=chance.random() < 0.7)
        with together.server:
            if together.case.over:
                together.try_to_land(Invocation(together.case.over, "before"))
            together.try_again(together.run(order))
        _check(together)
        count(
            "orders of the calls of invocations at the same time",
            none_late=together.late == 0,
            an_older_one_late=together.late > 0,
        )


def _check(together: Together) -> None:
    case, s3 = together.case, together.s3
    known = {case.content(one.export_id) for one in case.invocations}
    before = [case.content(case.over)] if case.over else []
    assert set(together.contents) <= known.union(before)
    version = s3.current(DATA_KEY)
    assert version
    assert together.contents[-1] in known
    if case.newer:
        assert together.contents[-1] == case.content(case.invocations[-1].export_id)
    # No content gives way to itself.
    assert all(a != b for a, b in pairwise(together.contents))
    said = together.manifest
    assert (said["etag"], said["versionId"]) == (version.etag, version.id)
    assert s3.uploads == {}
    _check_news(together, before)


def _check_news(together: Together, before: list[bytes]) -> None:
    """News is what nobody has been told before; who tells twice of one landing tells the same."""
    told: list[object] = []
    by_event: dict[object, set[object]] = {}
    for detail in together.events.details:
        assert detail["changed"] or detail["contentSha256"] in told
        told.append(detail["contentSha256"])
        by_event.setdefault(detail["dedupeId"], set()).add(detail["changed"])
    assert all(len(changed) == 1 for changed in by_event.values())
    case = together.case
    landings = {(one.run, one.export_id) for one in case.invocations}
    assert len(by_event) == len(before) + len(landings) - together.late
    if before == [case.content(one.export_id) for one in case.invocations[:1]]:
        assert [detail["changed"] for detail in together.events.details].count(True) == 1
