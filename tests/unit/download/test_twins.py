"""Two executions at the same export at the same time: neither disturbs the other."""

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sei_export.errors import ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.s3 import BUCKET
from tests.fakes.slow_line import (
    BODY_KEY,
    CSV,
    GZ,
    ONE_PART,
    TWO_PARTS,
    Slow,
    assert_landed,
    unfinished,
)
from tests.fakes.stage import DATA_KEY


@dataclass
class Twin:
    """Another execution of the same export, of which a few invocations come at a bad moment."""

    slow: Slow
    invocations: int

    def __post_init__(self) -> None:
        self.own = self.slow.twin()
        self._result: JsonObject = {}

    def disturb(self) -> None:
        """Some invocations, until it has landed; one that is disturbed itself is tried again."""
        for _ in range(self.invocations):
            with suppress(ServiceUnavailableError):
                result = self.own.land(run="run-2")
                if result.get("finished") is not False:
                    self._result = result
                    return

    def finish(self) -> JsonObject:
        """What it ends with."""
        return self._result or self.own.execute(run="run-2")


def _agree(results: list[JsonObject]) -> bool:
    """Two executions tell of one object."""
    own = {"executionArn", "changed", "reason", "previous"}
    first, second = ({key: it[key] for key in it if key not in own} for it in results)
    return first == second


def _assert_one_of_two(slow: Slow, results: list[JsonObject]) -> None:
    assert _agree(results)
    assert [result["changed"] for result in results].count(True) >= 1
    assert [len(slow.s3.versions[key]) for key in (DATA_KEY, BODY_KEY)] == [1, 1]
    assert slow.contents == [CSV]
    assert slow.s3.uploads == {}
    assert slow.corruptions == 0


@pytest.mark.parametrize("new_etags", [False, True], ids=["same etags", "new etags"])
@pytest.mark.parametrize("invocations", [1, 2, 4], ids=lambda number: f"{number} invocations")
def test_given_a_twin_that_starts_during_a_part_then_neither_disturbs_the_other(
    slow: Slow, invocations: int, *, new_etags: bool
) -> None:
    slow.s3.new_part_etags = new_etags
    twin = Twin(slow, invocations)
    found: list[dict[int, int]] = []

    def start() -> None:
        found.append(slow.staged)
        twin.disturb()
        found.append(slow.staged if slow.s3.uploads else {})

    slow.s3.before("upload_part", start)
    results = [slow.execute(), twin.finish()]
    # A ticket without parts; the twin goes on with that.
    assert found[0] == {}
    assert len(found[1]) == (invocations if invocations < 3 else 0)
    assert twin.own.starts[0] == 0
    assert slow.upload_keys == [BODY_KEY]
    _assert_one_of_two(slow, results)


def test_given_a_twin_that_sends_a_part_again_when_completed_then_the_next_completes(
    slow: Slow,
) -> None:
    slow.s3.new_part_etags = True
    slow.land()
    slow.land()

    def send_again() -> None:
        [upload_id] = slow.s3.uploads
        slow.s3.upload_part(
            Bucket=BUCKET, Key=BODY_KEY, UploadId=upload_id, PartNumber=2, Body=slow.upload.parts[2]
        )

    slow.s3.before(f"write {BODY_KEY}", send_again)
    with pytest.raises(ServiceUnavailableError, match="InvalidPart"):
        slow.land()
    fetched = len(slow.asked)
    assert slow.land() == unfinished(len(GZ), len(GZ))
    assert slow.land()["status"] == "completed"
    assert len(slow.asked) == fetched
    assert_landed(slow, GZ)


@settings(max_examples=25)
@given(
    at=st.integers(1, 45),
    invocations=st.integers(1, 5),
    seconds=st.sampled_from([ONE_PART, TWO_PARTS]),
    new_etags=st.booleans(),
)
def test_given_a_twin_at_any_moment_then_both_tell_of_one_object_and_none_is_open(
    *, at: int, invocations: int, seconds: float, new_etags: bool
) -> None:
    slow = Slow(seconds=seconds)
    slow.s3.new_part_etags = new_etags
    twin = Twin(slow, invocations)
    slow.s3.before("any", twin.disturb, at)
    with slow.server:
        results = [slow.execute(), twin.finish()]
    # Between two looks: the next test.
    assume(slow.s3.operations()[at - 1 : at] != ["list_parts"])
    _assert_one_of_two(slow, results)


def test_given_a_twin_that_completes_between_two_looks_then_it_is_not_begun_anew(
    slow: Slow,
) -> None:
    slow.land()
    slow.land()
    fetched, twin = len(slow.asked), Twin(slow, 1)
    # The body was not there, and now the upload is not.
    slow.s3.before("list_parts", twin.disturb, 2)
    results = [slow.execute(), twin.finish()]
    # Only the twin has fetched something.
    assert len(slow.asked) == fetched + 1
    _assert_one_of_two(slow, results)
