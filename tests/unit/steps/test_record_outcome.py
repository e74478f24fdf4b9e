"""RecordOutcome: what became of an item is written where CloseBatch looks for it."""

from datetime import UTC, datetime

import pytest

from sei_export import keys
from sei_export.batch.outcomes import Outcome
from sei_export.errors import InvalidRequestError, SeiExportError
from sei_export.export import Export
from sei_export.failures import Failure
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import SPRINT
from sei_export.steps.record_outcome import record_outcome
from tests.fakes.batch_items import expansion
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import FAILURES, raising
from tests.fakes.samples import asked, export_arn, landed, outdated, task_failed

RUN = "weekly 2026/03"


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


[ITEM] = expansion(asked(), run=RUN).items
KEY = keys.outcome_key(RUN, 2, ITEM.id)
LANDED = landed(ITEM)
NOW = datetime(2026, 3, 15, 7, 30, tzinfo=UTC)


def _payload(ended: JsonObject, **changes: JsonValue) -> JsonObject:
    """What the child of the Map hands over."""
    return {"run": RUN, "round": 2, "item": ITEM.to_json(), **ended, **changes}


def _record(s3: FakeS3, payload: JsonObject) -> JsonObject:
    return record_outcome(payload, s3.documents, s3.documents, lambda: NOW)


def _outcomes(s3: FakeS3) -> list[str]:
    """The keys of what is written but names that are counted."""
    return [key for key in s3.versions if "/tally/" not in key]


def test_given_a_landed_export_when_recorded_then_its_facts_are_in_the_bucket(s3: FakeS3) -> None:
    returned = _record(s3, _payload(LANDED))
    assert _outcomes(s3) == [KEY]
    assert s3.documents.read_json(KEY).content == returned
    outcome = Outcome.of(LANDED)
    assert Outcome.from_json(returned) == outcome
    assert outcome.landed
    assert outcome.landed["key"] == ITEM.key
    assert outcome.execution_arn == export_arn(ITEM.name)


def test_given_a_failure_when_recorded_then_it_is_in_the_bucket(s3: FakeS3) -> None:
    failed = task_failed("ExportRejectedError", "No team 9.", "Name another.")
    returned = _record(s3, _payload(failed))
    assert s3.documents.read_json(KEY).content == returned
    assert Outcome.from_json(returned) == Outcome(
        export_arn("run-1"), None, Failure("ExportRejectedError", "No team 9.", "Name another.")
    )


def test_given_the_same_twice_when_recorded_then_the_bucket_holds_the_same(s3: FakeS3) -> None:
    for _ in range(2):
        _record(s3, _payload(LANDED))
    assert len({version.body for version in s3.versions[KEY]}) == 1
    assert _outcomes(s3) == [KEY]


def test_given_another_round_when_recorded_then_the_first_ones_stays(s3: FakeS3) -> None:
    first = _record(s3, _payload(task_failed("ProtocolError")))
    _record(s3, _payload(LANDED, round=3))
    assert s3.documents.read_json(KEY).content == first
    assert s3.documents.read_json(keys.outcome_key(RUN, 3, ITEM.id)).content["landed"]


def test_given_a_landed_export_when_run_again_in_vain_then_it_has_landed(s3: FakeS3) -> None:
    # A Map that is run again finds the name of the export's execution taken.
    first = _record(s3, _payload(LANDED))
    taken: JsonObject = {
        "failure": {"Error": "StepFunctions.ExecutionAlreadyExistsException", "Cause": ""}
    }
    assert _record(s3, _payload(taken)) == first
    assert s3.documents.read_json(KEY).content == first


def test_given_a_failure_when_run_again_with_success_then_it_has_landed(s3: FakeS3) -> None:
    _record(s3, _payload(task_failed("ProtocolError")))
    again = _record(s3, _payload(LANDED))
    assert again["landed"]
    assert s3.documents.read_json(KEY).content == again


def test_given_an_item_of_another_table_when_recorded_then_its_outcome_is_there(
    s3: FakeS3,
) -> None:
    # What became of an export is written down, whatever an update made of the table of reports.
    item = ITEM.to_json() | {"input": outdated(ITEM.request.canonical())}
    returned = _record(s3, _payload(LANDED, item=item))
    assert s3.documents.read_json(KEY).content == returned == Outcome.of(LANDED).to_json()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"run": None}, "run is missing", id="no run"),
        pytest.param({"run": 7}, "run is missing", id="a run that is a number"),
        pytest.param({"round": None}, "round is missing", id="no round"),
        pytest.param({"round": "2"}, "round is missing", id="a round that is text"),
        pytest.param({"item": None}, "item is missing", id="no item"),
        pytest.param({"item": ITEM.id}, "item is missing", id="an item that is text"),
        pytest.param({"item": {}}, "id is missing", id="an item without id"),
    ],
)
def test_given_another_payload_when_recorded_then_nothing_is_written(
    s3: FakeS3, changes: JsonObject, told: str
) -> None:
    with pytest.raises(InvalidRequestError, match=told) as caught:
        _record(s3, _payload(LANDED, **changes))
    assert caught.value.remedy == BY_HAND
    assert s3.calls == []


@pytest.mark.parametrize("operation", ["get_object", "put_object"])
@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_refusal_of_s3_when_recorded_then_it_is_told(
    s3: FakeS3, operation: str, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before(operation, raising(failure))
    with pytest.raises(error, match=code):
        _record(s3, _payload(LANDED))
    assert s3.versions == {}


# --- of a harvest ---

FOUND = Export("exp 1", SPRINT, "acme", "metrics", None, reused=True, created_at="")
WHY: JsonObject = {"error": "CorruptDownloadError", "message": "Cut.", "remedy": "Compare."}


def test_why_an_export_of_a_harvest_could_not_land_is_in_the_bucket(s3: FakeS3) -> None:
    payload: JsonObject = {"run": RUN, "export": FOUND.to_json(), "failure": WHY | {"waits": -1}}
    assert _record(s3, payload) == WHY
    key = "runs/weekly%202026%2F03/failures/report=sprint/export=exp%201.json"
    assert [*s3.versions] == [key]
    assert s3.documents.read_json(key).content == WHY


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"run": None}, "run is missing", id="no run"),
        pytest.param({"export": {}}, "export", id="no export"),
        pytest.param({"failure": "x"}, "failure is missing", id="no failure"),
    ],
)
def test_given_another_payload_of_a_harvest_then_nothing_is_written(
    s3: FakeS3, changes: JsonObject, problem: str
) -> None:
    payload: JsonObject = {"run": RUN, "export": FOUND.to_json(), "failure": WHY, **changes}
    with pytest.raises(InvalidRequestError, match=problem):
        _record(s3, payload)
    assert s3.calls == []
