"""CloseHarvest: what became of each export, and which are left alone from then on."""

import json
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from sei_export import keys
from sei_export.errors import InvalidRequestError, ServiceUnavailableError, StorageError
from sei_export.export import Export
from sei_export.harvest.filters import parse_harvest
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import SPRINT
from sei_export.steps.close_harvest import close_harvest
from sei_export.steps.list_exports import list_exports
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.harvests import HARVEST_DEFAULTS, list_entries, list_entry
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import STARTED_AT, manifest, request
from tests.fakes.scripted_api import ScriptedApi

NOW = datetime(2026, 3, 15, 7, 0, 0, tzinfo=UTC)
STARTED = "2026-03-15T06:00:00Z"
RUN = "20260315T060000-nightly.harvest"
SUMS = {"rows", "csvBytes", "sizeBytes"}
CORRUPT: JsonObject = {"error": "CorruptDownloadError", "message": "Cut.", "remedy": "Compare."}
BUSY: JsonObject = {"error": "RateLimitedError", "message": "429.", "remedy": "Wait."}


class Harvested:
    """A harvest of one page, with the steps that write it down."""

    def __init__(self, s3: FakeS3, *ids: str, run: str = RUN, **given: JsonValue) -> None:
        self.s3, self.run, self.failed = s3, run, 0
        api = ScriptedApi.answering(200, list_entries(*ids))
        self.page = self.listed(api, given)

    def listed(self, api: ScriptedApi, given: JsonObject) -> JsonObject:
        """ListExports."""
        payload: JsonObject = {
            "input": {"report": "sprint", **given},
            "startedAt": STARTED,
            "run": self.run,
            "page": 1,
        }
        return list_exports(payload, HARVEST_DEFAULTS, api.connect, self.s3.documents)

    @property
    def exports(self) -> list[Export]:
        """Those that are to land."""
        return [Export.from_json(it) for it in cast("list[JsonValue]", self.page["exports"])]

    def land(self, export_id: str, **mark: JsonValue) -> None:
        """What a landing leaves."""
        export = next(it for it in self.exports if it.export_id == export_id)
        manifest_key = keys.manifest_key(export)
        said = manifest(
            request(),
            exportId=export_id,
            report="sprint",
            request=None,
            requestFingerprint=None,
            key=keys.data_key(export),
            manifestKey=manifest_key,
        )
        self.s3.documents.write_json(manifest_key, said.to_json())
        written: JsonObject = {"manifestKey": manifest_key, "superseded": False, "announced": True}
        self.s3.documents.write_json(keys.landed_key(SPRINT, export_id), written | mark)

    def fail(self, export_id: str, failure: JsonObject = CORRUPT) -> None:
        """RecordOutcome."""
        export = next(it for it in self.exports if it.export_id == export_id)
        payload: JsonObject = {"run": self.run, "export": export.to_json(), "failure": failure}
        record_outcome(payload, self.s3.documents, self.s3.documents, lambda: NOW)
        self.failed += 1

    def close(self, **payload: JsonValue) -> JsonObject:
        """CloseHarvest."""
        usual: JsonObject = {
            "run": self.run,
            "pages": 1,
            "failed": self.failed,
            "more": False,
            "executionArn": "arn:harvest",
            "startedAt": STARTED,
            "failure": None,
        }
        return close_harvest({**usual, **payload}, self.s3.documents, lambda: NOW)

    @property
    def manifest(self) -> JsonObject:
        """What was written last."""
        return self.s3.documents.read_json(keys.run_manifest_key(self.run)).content

    @property
    def outcomes(self) -> dict[str, str]:
        """What the manifest says of each export."""
        listed = cast("list[JsonObject]", self.manifest["exports"])
        return {str(each["exportId"]): str(each["outcome"]) for each in listed}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


def _trials(s3: FakeS3, export_id: str) -> JsonObject:
    return s3.documents.read_json(keys.given_up_key(SPRINT, export_id)).content


def _fail_in(s3: FakeS3, *runs: str, export_id: str = "bad") -> None:
    for run in runs:
        harvest = Harvested(s3, export_id, run=f"{run}.harvest")
        harvest.fail(export_id)
        harvest.close()


# --- the manifest ---


def test_given_all_landed_then_it_is_complete_and_tells_of_each_what_landed(s3: FakeS3) -> None:
    harvest = Harvested(s3, "exp_1", "exp_2", dateFrom="2026-03-01")
    harvest.land("exp_1")
    harvest.land("exp_2")
    closed = harvest.close()
    where: JsonObject = {"run": RUN, "bucket": BUCKET, "manifestKey": f"runs/{RUN}/manifest.json"}
    totals = cast("JsonObject", closed["totals"])
    assert closed == {**where, "status": "COMPLETE", "totals": totals}
    assert (totals["listed"], totals["landed"], totals["failed"]) == (2, 2, 0)
    said = harvest.manifest
    one, two = cast("list[JsonObject]", said["exports"])
    assert totals["rows"] == cast("int", one["rows"]) + cast("int", two["rows"]) > 0
    assert one["key"] == "harvested/report=sprint/export=exp_1.csv.gz"
    assert [said[it] for it in ("startedAt", "completedAt", "failure", "executionArn")] == [
        *(STARTED, "2026-03-15T07:00:00Z", None, "arn:harvest"),
    ]
    asked: JsonObject = {"report": "sprint", "dateFrom": "2026-03-01"}
    assert said["filters"] == parse_harvest(asked, HARVEST_DEFAULTS, STARTED_AT).to_json()


def test_given_exports_of_every_outcome_then_each_is_told_and_counted(s3: FakeS3) -> None:
    _fail_in(s3, *"abc")
    harvest = Harvested(s3, "none")
    items: list[JsonValue] = [
        *list_entries("good", "late", "new", "lost", "bad", "../x"),
        list_entry("young", createdAt="2026-03-15T05:30:00Z"),
    ]
    harvest.page = harvest.listed(ScriptedApi.answering(200, items), {})
    harvest.land("good")
    harvest.land("late", superseded=True)
    harvest.fail("new", BUSY)
    closed = harvest.close()
    assert harvest.outcomes == {
        "good": "landed",
        "late": "superseded",
        "new": "failed",
        # Of which nothing was written down.
        "lost": "failed",
        "bad": "givenUp",
        "young": "pending",
    }
    totals = cast("JsonObject", closed["totals"])
    counts = {name: totals[name] for name in totals if name not in SUMS}
    assert counts == {
        "listed": 6,
        "known": 0,
        "unusable": 1,
        "missing": 0,
        "landed": 1,
        "superseded": 1,
        "failed": 2,
        "givenUp": 1,
        "pending": 1,
    }
    by_id = {it["exportId"]: it for it in cast("list[JsonObject]", harvest.manifest["exports"])}
    assert [by_id["new"][it] for it in BUSY] == [*BUSY.values()]
    assert [by_id["bad"][it] for it in CORRUPT] == [*CORRUPT.values()]
    assert [by_id[it]["rows"] is None for it in ("good", "new", "young")] == [False, True, True]
    assert closed["status"] == "PARTIAL"


def test_given_one_of_three_that_failed_then_the_failure_names_it_and_the_manifest(
    s3: FakeS3,
) -> None:
    harvest = Harvested(s3, "exp_1", "exp_2", "exp_3")
    harvest.land("exp_1")
    harvest.land("exp_3")
    harvest.fail("exp_2")
    closed = harvest.close()
    failure = cast("JsonObject", closed["failure"])
    assert failure == harvest.manifest["failure"]
    assert failure["message"] == (
        "1 of 3 exports could not be landed: 1 CorruptDownloadError (export exp_2 of sprint: Cut). "
        f"See runs/{RUN}/manifest.json."
    )
    assert (closed["status"], failure["error"]) == ("PARTIAL", "HarvestIncompleteError")


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [
        pytest.param({}, "landed", id="announced"),
        pytest.param({"announced": False}, "failed", id="nobody has heard of it"),
        pytest.param({"announced": False, "superseded": True}, "superseded", id="superseded"),
    ],
)
def test_given_a_failure_after_a_landing_then_it_has_landed_if_that_was_announced(
    s3: FakeS3, mark: JsonObject, outcome: str
) -> None:
    harvest = Harvested(s3, "exp_1")
    harvest.land("exp_1", **mark)
    harvest.fail("exp_1")
    harvest.close()
    assert harvest.outcomes == {"exp_1": outcome}


def test_given_a_mark_whose_note_of_the_event_is_lost_then_it_has_landed(s3: FakeS3) -> None:
    harvest = Harvested(s3, "exp_1")
    harvest.land("exp_1", announced=False)
    assert harvest.close()["status"] == "COMPLETE"


def test_given_a_failure_that_was_not_written_down_then_what_nobody_heard_of_has_failed(
    s3: FakeS3,
) -> None:
    harvest = Harvested(s3, "exp_1", "exp_2")
    harvest.land("exp_1")
    harvest.land("exp_2", announced=False)
    assert harvest.close(failed=1)["status"] == "PARTIAL"
    assert harvest.outcomes == {"exp_1": "landed", "exp_2": "failed"}


def test_given_failures_that_are_written_down_and_odd_ids_then_all_are_told(s3: FakeS3) -> None:
    harvest = Harvested(s3, "exp_1", "exp_2", "a/b")
    harvest.land("exp_1", announced=False)
    harvest.fail("exp_2")
    harvest.close(failed=2)
    assert harvest.outcomes == {"exp_1": "landed", "exp_2": "failed"}


def test_given_a_harvest_that_ended_before_then_its_failure_stays_and_is_written_down(
    s3: FakeS3,
) -> None:
    ended: JsonObject = {"error": "AuthenticationError", "message": "401.", "remedy": "A key."}
    first = Harvested(s3, "exp_1")
    first.land("exp_1")
    closed = first.close(failure=ended | {"waitSeconds": -1}, more=True)
    assert (closed["status"], closed["failure"]) == ("PARTIAL", ended)
    nothing = Harvested(s3, run="b.harvest")
    assert nothing.close(pages=0, failure=ended)["status"] == "FAILED"
    assert (nothing.manifest["filters"], nothing.manifest["exports"]) == (None, [])


def test_given_more_than_it_can_hold_then_it_says_how_far_it_came(s3: FakeS3) -> None:
    harvest = Harvested(s3, "exp_1")
    harvest.land("exp_1")
    message = str(cast("JsonObject", harvest.close(more=True)["failure"])["message"])
    assert "execution can hold: 1 page was listed, 1 export has landed." in message


@pytest.mark.parametrize("pages", [2, 3])
def test_given_a_page_that_is_not_there_then_nothing_is_closed(s3: FakeS3, pages: int) -> None:
    harvest = Harvested(s3, "exp_1")
    with pytest.raises(InvalidRequestError, match=f"has no {pages} pages in the bucket"):
        harvest.close(pages=pages)
    assert harvest.manifest == {}


# --- what is left alone ---


def test_a_file_that_a_parameter_would_accept_is_never_left_alone(s3: FakeS3) -> None:
    remedy = "The parameter AllowUnverifiableBody accepts such files, with a warning."
    for run in "abcd":
        harvest = Harvested(s3, "bad", run=f"{run}.harvest")
        assert [it.export_id for it in harvest.exports] == ["bad"]
        harvest.fail("bad", CORRUPT | {"remedy": remedy})
        assert harvest.close()["status"] == "FAILED"
    assert _trials(s3, "bad") == {}


def test_an_export_that_failed_in_three_harvests_is_left_alone_by_the_fourth(s3: FakeS3) -> None:
    for run in "abc":
        harvest = Harvested(s3, "bad", run=f"{run}.harvest")
        assert [it.export_id for it in harvest.exports] == ["bad"]
        harvest.fail("bad")
        assert harvest.close()["status"] == "FAILED"
    fourth = Harvested(s3, "bad", run="d.harvest")
    assert (fourth.exports, fourth.page["givenUp"]) == ([], 1)
    assert fourth.close()["status"] == "COMPLETE"
    assert fourth.outcomes == {"bad": "givenUp"}
    # It is no mark that it has landed.
    assert s3.documents.read_json(keys.landed_key(SPRINT, "bad")).content == {}


def test_a_harvest_that_is_closed_again_counts_once(s3: FakeS3) -> None:
    harvest = Harvested(s3, "bad")
    harvest.fail("bad")
    first = harvest.close()
    assert [harvest.close() for _ in range(3)] == [first] * 3
    assert _trials(s3, "bad")["count"] == 1


@pytest.mark.parametrize("failure", [BUSY, None], ids=["it passes", "nothing is known"])
def test_a_failure_that_is_not_about_the_export_is_never_counted(
    s3: FakeS3, failure: JsonObject | None
) -> None:
    for run in "abcd":
        harvest = Harvested(s3, "exp_1", run=f"{run}.harvest")
        if failure:
            harvest.fail("exp_1", failure)
        assert harvest.close()["status"] == "FAILED"
    assert _trials(s3, "exp_1") == {}


def test_retry_tries_it_again_and_forgets_it_once_it_has_landed(s3: FakeS3) -> None:
    _fail_in(s3, *"abc")
    fifth = Harvested(s3, "bad", run="e.harvest", retry=True)
    assert [it.export_id for it in fifth.exports] == ["bad"]
    fifth.fail("bad")
    fifth.close()
    assert _trials(s3, "bad")["count"] == 4
    assert Harvested(s3, "bad", run="f.harvest").exports == []
    sixth = Harvested(s3, "bad", run="g.harvest", retry=True)
    sixth.land("bad")
    assert sixth.close()["status"] == "COMPLETE"
    assert (sixth.outcomes, _trials(s3, "bad")) == ({"bad": "landed"}, {})
    assert Harvested(s3, "bad", run="h.harvest").page["known"] == 1


def test_given_an_export_that_has_landed_by_other_means_then_it_is_not_listed(s3: FakeS3) -> None:
    _fail_in(s3, *"abc")
    s3.add(keys.landed_key(SPRINT, "bad"), b"{}")
    page = Harvested(s3, "bad", run="d.harvest").page
    assert (page["known"], page["givenUp"]) == (1, 0)


def test_what_never_failed_is_neither_read_nor_deleted(s3: FakeS3) -> None:
    _fail_in(s3, "a", export_id="other")
    harvest = Harvested(s3, "exp_1")
    harvest.land("exp_1")
    s3.calls.clear()
    harvest.close()
    assert [call for call in s3.calls if "givenup/" in call[1]] == []


def test_when_another_harvest_counts_at_the_same_moment_then_both_count(s3: FakeS3) -> None:
    one, other = (Harvested(s3, "bad", run=f"{run}.harvest") for run in "ab")
    one.fail("bad")
    other.fail("bad")
    key = keys.given_up_key(SPRINT, "bad")
    s3.before(f"write {key}", other.close)
    with pytest.raises(ServiceUnavailableError, match="Another harvest wrote"):
        one.close()
    # As the state machine does.
    one.close()
    assert _trials(s3, "bad")["count"] == 2


def test_when_the_bucket_refuses_then_there_is_no_manifest_and_the_next_try_writes_it(
    s3: FakeS3,
) -> None:
    harvest = Harvested(s3, "bad")
    harvest.fail("bad")
    writes = len([call for call in s3.calls if call[0] == "put_object"])
    s3.before("put_object", raising(refusal("AccessDenied", 403)), writes + 1)
    with pytest.raises(StorageError):
        harvest.close()
    assert harvest.manifest == {}
    harvest.close()
    assert _trials(s3, "bad")["count"] == 1


def test_given_more_pages_than_one_then_all_count(s3: FakeS3) -> None:
    harvest = Harvested(s3, *(f"exp_{number}" for number in range(60)))
    page = s3.documents.read_json(keys.page_key(RUN, 1)).content
    other = json.loads(json.dumps(page).replace("exp_", "more_"))
    s3.documents.write_json(keys.page_key(RUN, 2), other)
    closed = harvest.close(pages=2)
    assert cast("JsonObject", closed["totals"])["failed"] == 100
    assert len(harvest.outcomes) == 100


def test_a_payload_by_hand_says_what_it_lacks(s3: FakeS3) -> None:
    with pytest.raises(InvalidRequestError, match="run is missing"):
        close_harvest({}, s3.documents, lambda: NOW + timedelta(0))
