"""`changed`, `reason` and `previous`: true to the history of versions, whoever made them."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from sei_export.errors import ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.bay import Bay
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.stage import (
    CREATED_AT,
    CSV,
    DATA_KEY,
    LANDED_KEY,
    MANIFEST_KEY,
    OTHER_CSV,
    REQUEST,
)
from tests.fakes.timing import NOON

LATER = "2026-03-01T06:00:01Z"
RETENTION = timedelta(days=30)
NO_NEWS: JsonObject = {"changed": False, "reason": None, "previous": None, "superseded": False}


@dataclass
class Place(Bay):
    """The files of one request, landed by runs one after the other."""

    retention: timedelta | None = RETENTION
    runs: int = 0

    def next(self, content: bytes = CSV, created_at: str = CREATED_AT) -> JsonObject:
        """Land an export of its own by a run of its own."""
        self.runs += 1
        return self.land(content, f"exp_{self.runs}", str(self.runs), created_at=created_at)


@pytest.fixture
def place() -> Place:
    return Place()


def _news(result: JsonObject) -> JsonObject:
    return {name: result[name] for name in ("changed", "reason", "previous", "superseded")}


def _change(reason: str, before: JsonObject | None) -> JsonObject:
    names = ("versionId", "rows", "contentSha256", "completedAt")
    previous = {name: before[name] for name in names} if before else None
    return {"changed": True, "reason": reason, "previous": previous, "superseded": False}


def test_the_first_file_is_new(place: Place) -> None:
    assert _news(place.next()) == _change("new", None)


def test_given_the_version_that_the_manifest_describes_then_nothing_changed(place: Place) -> None:
    first = place.next()
    second = place.next()
    assert _news(second) == NO_NEWS
    assert second["versionId"] == first["versionId"]
    assert len(place.contents) == 1


def test_given_other_content_then_it_is_restated_and_back_again(place: Place) -> None:
    first = place.next()
    second = place.next(OTHER_CSV)
    third = place.next()
    assert _news(second) == _change("restated", first)
    assert _news(third) == _change("restated", second)
    assert len({str(it["versionId"]) for it in (first, second, third)}) == 3


def test_given_a_deleted_object_then_the_same_content_is_restored(place: Place) -> None:
    first = place.next()
    place.s3.delete(DATA_KEY)
    second = place.next()
    assert _news(second) == _change("restored", first)
    assert second["versionId"] != first["versionId"]


def test_given_an_older_version_put_back_by_hand_then_the_same_content_is_restored(
    place: Place,
) -> None:
    place.next(OTHER_CSV)
    second = place.next()
    place.s3.add(DATA_KEY, place.s3.versions[DATA_KEY][0].body)
    assert _news(place.next()) == _change("restored", second)
    assert place.contents == [OTHER_CSV, CSV, OTHER_CSV, CSV]


def test_given_the_object_put_again_by_hand_then_that_version_is_told_of(place: Place) -> None:
    first = place.next()
    theirs = place.s3.add(DATA_KEY, place.s3.versions[DATA_KEY][0].body)
    second = place.next()
    assert _news(second) == _change("restored", first)
    assert second["versionId"] == theirs.id == place.manifest["versionId"]


@pytest.mark.parametrize(
    ("age", "refreshed"),
    [
        pytest.param(RETENTION / 2 - timedelta(seconds=1), False, id="younger"),
        pytest.param(RETENTION / 2, True, id="half its retention"),
    ],
)
def test_given_an_object_of_some_age_then_it_is_put_again_before_it_is_deleted(
    place: Place, age: timedelta, *, refreshed: bool
) -> None:
    place.s3.now = NOON - age
    first = place.next()
    place.s3.now = NOON
    second = place.next()
    assert _news(second) == (_change("refreshed", first) if refreshed else NO_NEWS)
    assert place.contents == [CSV] * (2 if refreshed else 1)
    # What was put again is fresh.
    assert _news(place.next()) == NO_NEWS


def test_given_no_manifest_then_whatever_stands_there_is_new(place: Place) -> None:
    place.next()
    place.s3.delete(MANIFEST_KEY)
    assert _news(place.next()) == _change("new", None)
    assert len(place.contents) == 1


def test_given_a_retry_then_it_says_what_its_first_try_said(place: Place) -> None:
    first = place.next()
    said = [place.land(OTHER_CSV, "exp_x", "again") for _ in range(2)]
    assert _news(said[0]) == _news(said[1]) == _change("restated", first)


def test_given_an_event_that_did_not_go_out_then_the_next_run_says_it(place: Place) -> None:
    first = place.next()
    place.events.refuse = "InternalFailure"
    with pytest.raises(ServiceUnavailableError):
        place.next(OTHER_CSV)
    place.events.refuse = None
    assert _news(place.next(OTHER_CSV)) == _change("restated", first)
    assert _news(place.next(OTHER_CSV)) == NO_NEWS


def test_given_an_export_whose_file_changes_when_only_the_first_is_announced_then_it_is_said(
    place: Place,
) -> None:
    first = place.land(CSV, "exp_1", "1")
    # The mark of the export is of its first file then.
    place.s3.before(f"write {LANDED_KEY}", raising(refusal("InternalError", 500)), 3)
    with pytest.raises(ServiceUnavailableError):
        place.land(OTHER_CSV, "exp_1", "2")
    assert _news(place.land(OTHER_CSV, "exp_2", "3")) == _change("restated", first)


# --- an older export that comes late ---


@pytest.mark.parametrize("content", [CSV, OTHER_CSV], ids=["the same content", "another"])
def test_given_a_newer_export_then_an_older_one_succeeds_and_leaves_it_alone(
    place: Place, content: bytes
) -> None:
    newer = place.land(OTHER_CSV, "exp_9", "newer", created_at=LATER)
    heard = len(place.events.details)
    late = place.land(content, "exp_1", "late")
    assert _news(late) == NO_NEWS | {"superseded": True}
    of_the_file = ("key", "versionId", "etag", "contentSha256", "rows", "sizeBytes", "csvBytes")
    assert {name: late[name] for name in of_the_file} == {name: newer[name] for name in of_the_file}
    assert (late["exportId"], late["createdAt"]) == ("exp_1", CREATED_AT)
    assert late["request"] == REQUEST.canonical()
    assert late["requestFingerprint"] == REQUEST.fingerprint
    assert place.contents == [OTHER_CSV]
    assert place.manifest["exportId"] == newer["exportId"]
    # Nobody is told of it, and no harvest will take it for one that has not landed.
    assert len(place.events.details) == heard
    mark = place.s3.documents.read_json(LANDED_KEY).content
    assert (mark["manifestKey"], mark["superseded"]) == (late["manifestKey"], True)


def test_given_a_newer_export_that_is_not_described_yet_then_the_older_one_waits(
    place: Place,
) -> None:
    place.land(OTHER_CSV, "exp_9", "newer", created_at=LATER)
    place.s3.delete(MANIFEST_KEY)
    with pytest.raises(ServiceUnavailableError, match=r"newer export exp_9, .* no manifest"):
        place.land(CSV, "exp_0", "late")
    assert place.contents == [OTHER_CSV]
