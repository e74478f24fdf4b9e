"""CheckFreshness: what its payload may say."""

import pytest

from sei_export.errors import InvalidRequestError
from sei_export.freshness.watch import Expected, Watch
from sei_export.jsontypes import JsonObject
from sei_export.steps.check_freshness import check_freshness
from tests.fakes.watches import FIRST, MONTH, Tower


def _check(payload: JsonObject, tower: Tower) -> JsonObject:
    """Look on the first day, unless the payload says otherwise."""
    tower.complete("2026-03-02T06:30:00Z")
    expected = Expected("sei-export", MONTH, "rate(30 days)")
    watch = Watch(expected, tower.s3.documents, {}, lambda *_: None)
    return check_freshness(payload, watch, FIRST)


@pytest.mark.parametrize(
    ("payload", "hours"),
    [
        ({}, 1),
        ({"scheduledTime": "2026-03-03T07:30:00Z"}, 25),
        # As it comes where nobody puts the time in.
        ({"scheduledTime": "<aws.scheduler.scheduled-time>"}, 1),
    ],
)
def test_now_is_what_the_schedule_says(payload: JsonObject, hours: float) -> None:
    assert _check(payload, Tower())["hoursSinceComplete"] == hours


def test_a_dry_look_writes_nothing() -> None:
    tower = Tower()
    _check({"dryRun": True}, tower)
    assert tower.s3.operations().count("put_object") == 1
    _check({"dryRun": False}, tower)
    assert tower.s3.operations().count("put_object") == 3


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"scheduledTime": "tomorrow"}, "scheduledTime"),
        ({"dryRun": "yes"}, "dryRun"),
        ({"dryrun": True}, "dryRun"),
        ({"now": "2026-03-03T07:30:00Z"}, "now"),
    ],
)
def test_another_payload_is_refused(payload: JsonObject, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        _check(payload, Tower())
