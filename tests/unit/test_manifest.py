"""What is said of a landed export, in one form for output, manifest and event."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.fitting import MAX_NAMES, MAX_NAMES_BYTES, MAX_REQUEST_BYTES
from sei_export.jsontypes import JsonObject
from sei_export.manifest import (
    SUPERSEDED_BY,
    Caution,
    Manifest,
    Previous,
)
from sei_export.request.reports import REPORTS
from tests.fakes.events import FakeEvents
from tests.fakes.request_strategies import any_report, requests
from tests.fakes.samples import manifest, parsed, request, request_of
from tests.fakes.schemas import published, validator

OF_EVENTS = {"dedupeId", "stack"}
"""What an event says beside the manifest."""
OF_THE_MANIFEST = {"columnTypes", "columnTypesRows"}
"""What only the manifest says."""

REQUEST = request(metrics=["PR_MERGED"])
PREVIOUS = Previous("v0", 2, "cd" * 32, "2026-02-01T06:01:30Z")
MANIFEST = Manifest(
    export_id="exp_1",
    report="productivity",
    request=REQUEST.canonical(),
    request_fingerprint=REQUEST.fingerprint,
    reused=True,
    created_at="2026-03-01T06:00:00Z",
    status="completed",
    attempts=2,
    bucket="landing",
    key="exports/a",
    version_id="v1",
    etag="etag",
    size_bytes=99,
    csv_bytes=450,
    content_sha256="ab" * 32,
    rows=3,
    columns=("team", "PR_MERGED"),
    changed=True,
    manifest_key="manifests/a",
    polls=4,
    completed_at="2026-03-01T06:01:30Z",
    duration_seconds=90.25,
    execution_arn="arn:x",
    reason="restated",
    previous=PREVIOUS,
    run="20260301T060000-weekly",
    item="item-1",
    warnings=(Caution("noRows", "The file has no rows."),),
    column_types=("text", None),
    column_types_rows=2,
)
FOUND = replace(MANIFEST, request=None, request_fingerprint=None, version_id=None, attempts=0)
"""One that somebody else created, in a bucket without versions."""


def test_given_a_landed_export_then_its_description_has_every_field() -> None:
    assert MANIFEST.to_json() == {
        "version": "1",
        "exportId": "exp_1",
        "report": "productivity",
        "request": REQUEST.canonical(),
        "requestFingerprint": REQUEST.fingerprint,
        "status": "completed",
        "reused": True,
        "attempts": 2,
        "bucket": "landing",
        "key": "exports/a",
        "versionId": "v1",
        "etag": "etag",
        "sizeBytes": 99,
        "csvBytes": 450,
        "contentSha256": "ab" * 32,
        "rows": 3,
        "columns": ["team", "PR_MERGED"],
        "columnCount": 2,
        "columnsSha256": hashlib.sha256(b'["team","PR_MERGED"]').hexdigest(),
        "columnTypes": ["text", None],
        "columnTypesRows": 2,
        "changed": True,
        "reason": "restated",
        "previous": PREVIOUS.to_json(),
        "superseded": False,
        "run": "20260301T060000-weekly",
        "item": "item-1",
        "manifestKey": "manifests/a",
        "polls": 4,
        "createdAt": "2026-03-01T06:00:00Z",
        "completedAt": "2026-03-01T06:01:30Z",
        "durationSeconds": 90.25,
        "executionArn": "arn:x",
        "warnings": [{"code": "noRows", "message": "The file has no rows."}],
    }


def test_given_a_description_when_written_as_json_then_it_reads_back_the_same() -> None:
    assert json.loads(json.dumps(MANIFEST.to_json())) == MANIFEST.to_json()


@st.composite
def _manifests(draw: st.DrawFn) -> Manifest:
    texts, counts = st.text(max_size=12), st.integers(0, 10**15)
    asked = parsed(draw(requests(draw(any_report))))
    found = draw(
        st.builds(
            Manifest,
            export_id=texts,
            report=texts,
            request=st.sampled_from([asked.canonical(), None]),
            request_fingerprint=st.sampled_from([asked.fingerprint, None]),
            reused=st.booleans(),
            created_at=texts,
            status=texts,
            attempts=counts,
            bucket=texts,
            key=texts,
            version_id=texts | st.none(),
            etag=texts,
            size_bytes=counts,
            csv_bytes=counts,
            content_sha256=texts,
            rows=counts,
            columns=st.lists(texts, max_size=4).map(tuple),
            changed=st.booleans(),
            reason=texts | st.none(),
            previous=st.none() | st.builds(Previous, texts | st.none(), counts, texts, texts),
            superseded=st.booleans(),
            run=texts | st.none(),
            item=texts | st.none(),
            manifest_key=texts,
            polls=counts,
            completed_at=texts,
            duration_seconds=st.floats(0, 1e6) | counts,
            execution_arn=texts,
            warnings=st.lists(st.builds(Caution, texts, texts), max_size=2).map(tuple),
            column_types=st.lists(texts | st.none(), max_size=4).map(tuple),
            column_types_rows=counts,
        )
    )
    assert isinstance(found, Manifest)
    return found


@given(_manifests())
def test_a_manifest_comes_back_from_its_file(found: Manifest) -> None:
    assert Manifest.from_json(json.loads(json.dumps(found.to_json()))) == found


# --- the contract ---


def test_the_schemas_have_the_manifests_fields_and_that_of_the_event_two_more() -> None:
    whole, detail = published("Manifest"), published("ExportCompleted")["properties"]["detail"]
    assert {*whole["required"]} == {*MANIFEST.to_json()}
    assert {*whole["properties"]} == {*MANIFEST.to_json(), SUPERSEDED_BY}
    fields = {*MANIFEST.to_json()} - OF_THE_MANIFEST
    assert {*detail["properties"]} == {*detail["required"]} == fields | OF_EVENTS


def test_both_schemas_say_the_same_but_for_what_an_event_cannot_hold_or_tell() -> None:
    whole = published("Manifest")["properties"]
    brief = published("ExportCompleted")["properties"]["detail"]["properties"]
    differ = {name for name in whole if name in brief and whole[name] != brief[name]}
    assert differ == {"version", "request", "columns", "superseded"}


def _validate(content: JsonObject) -> None:
    validator("Manifest").validate(content)


@pytest.mark.parametrize("report", REPORTS)
def test_a_manifest_is_as_the_events_schema_wants_it(report: str) -> None:
    found = manifest(request_of(report))
    _validate(found.to_json())
    # As the harvest lands it.
    _validate(replace(found, request=None, request_fingerprint=None, attempts=0).to_json())
    _validate(replace(found, rows=0, csv_bytes=0, columns=()).to_json())


# --- what a state and an event can hold ---

LIMIT = 256 * 1024
NAME = "Größe — 樹"


def _digest(names: tuple[str, ...]) -> str:
    compact = json.dumps(names, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(compact.encode()).hexdigest()


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        pytest.param((), 0, id="none"),
        pytest.param(("a",) * MAX_NAMES, MAX_NAMES, id="as many as fit"),
        pytest.param(("a",) * (MAX_NAMES + 1), MAX_NAMES, id="one more"),
        pytest.param(("",) * 65_535, MAX_NAMES, id="as many as a header can have"),
        pytest.param(("x" * 64 * 1024, "a"), 0, id="one that is too long"),
        pytest.param(("a", "x" * MAX_NAMES_BYTES, "b"), 1, id="one that is too long in between"),
        # As escapes, if somebody writes JSON in ASCII.
        pytest.param(("樹" * 1000,) * 9, 2, id="three bytes or six"),
    ],
)
def test_given_any_header_then_output_and_event_have_its_first_names_whole(
    columns: tuple[str, ...], shown: int
) -> None:
    types = ("integer",) * len(columns)
    found = replace(MANIFEST, columns=columns, column_types=types, request=None)
    brief = found.brief()
    assert brief["columns"] == list(columns[:shown])
    assert (brief["columnCount"], brief["columnsSha256"]) == (len(columns), _digest(columns))
    # However it is written, and with all that a machine puts around it.
    assert len(json.dumps(brief)) < LIMIT / 8
    whole = found.to_json()
    assert (whole["columns"], whole["columnTypes"]) == (list(columns), list(types))
    cut = {name for name in whole if name not in brief or whole[name] != brief[name]}
    assert cut - {"columns"} == OF_THE_MANIFEST
    _validate(whole)
    FakeEvents().bus.export_completed(found)


def test_given_other_names_or_another_order_then_they_have_another_digest() -> None:
    named = [("a", "b"), ("b", "a"), ("a,b",), ("a", "b", ""), (NAME,), ()]
    digests = [replace(MANIFEST, columns=columns).brief()["columnsSha256"] for columns in named]
    assert len({*map(str, digests)}) == len(named)


def test_given_a_request_that_is_too_long_then_only_the_manifest_has_it() -> None:
    fits: JsonObject = {"metrics": ["x" * (MAX_REQUEST_BYTES - 20)]}
    too_long: JsonObject = {"metrics": ["x" * MAX_REQUEST_BYTES]}
    assert replace(MANIFEST, request=fits).brief()["request"] == fits
    found = replace(MANIFEST, request=too_long)
    assert found.to_json()["request"] == too_long
    assert found.brief() == MANIFEST.brief() | {"request": None}
    assert len(json.dumps(found.brief())) < LIMIT / 2


# --- strange files ---


def test_an_export_that_somebody_else_created_comes_back_without_a_request() -> None:
    assert Manifest.from_json(json.loads(json.dumps(FOUND.to_json()))) == FOUND


LATER = OF_THE_MANIFEST | {
    *("columnCount", "columnsSha256", "version"),
    *("warnings", "reason", "previous", "superseded", "run", "item"),
}
"""What manifests of earlier versions do not have; the first three are not read."""


def test_given_a_file_of_an_earlier_version_then_it_is_read() -> None:
    content = {name: value for name, value in MANIFEST.to_json().items() if name not in LATER}
    bare = replace(MANIFEST, reason=None, previous=None, run=None, item=None, warnings=())
    bare = replace(bare, column_types=(), column_types_rows=0)
    assert Manifest.from_json(content) == bare


@pytest.mark.parametrize("name", sorted({*MANIFEST.to_json()} - LATER))
def test_given_a_file_without_a_field_then_there_is_no_manifest(name: str) -> None:
    content = MANIFEST.to_json()
    del content[name]
    assert Manifest.from_json(content) is None


NULLABLE = {
    *("request", "requestFingerprint", "versionId", "columnCount", "columnsSha256", "version"),
    *("reason", "previous", "run", "item"),
}


@pytest.mark.parametrize("name", [name for name in MANIFEST.to_json() if name not in NULLABLE])
def test_given_a_file_with_a_field_that_is_null_then_there_is_no_manifest(name: str) -> None:
    assert Manifest.from_json(MANIFEST.to_json() | {name: None}) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exportId": 7}, id="a number for a text"),
        pytest.param({"requestFingerprint": 7}, id="a number for a fingerprint"),
        pytest.param({"versionId": []}, id="a list for a version"),
        pytest.param({"run": 7}, id="a number for a run"),
        pytest.param({"item": {}}, id="an object for an item"),
        pytest.param({"reused": "true"}, id="a text for a flag"),
        pytest.param({"changed": 1}, id="a number for a flag"),
        pytest.param({"rows": True}, id="a flag for a count"),
        pytest.param({"rows": -1}, id="a count below zero"),
        pytest.param({"sizeBytes": 1.5}, id="a fraction for a count"),
        pytest.param({"csvBytes": "450"}, id="a text for a count"),
        pytest.param({"columns": "team"}, id="a text for a list"),
        pytest.param({"columns": ["team", None]}, id="a name that is null"),
        pytest.param({"durationSeconds": True}, id="a flag for seconds"),
        pytest.param({"durationSeconds": "90"}, id="a text for seconds"),
        pytest.param({"durationSeconds": -1}, id="seconds below zero"),
        pytest.param({"durationSeconds": float("inf")}, id="endless seconds"),
        pytest.param({"columnTypes": "text"}, id="a text for types"),
        pytest.param({"columnTypes": ["text", 7]}, id="a number for a type"),
        pytest.param({"columnTypesRows": "2"}, id="a text for rows that were looked at"),
        pytest.param({"warnings": {}}, id="an object for warnings"),
        pytest.param({"warnings": ["noRows"]}, id="a text for a warning"),
        pytest.param({"warnings": [{"code": "noRows"}]}, id="a warning without a message"),
    ],
)
def test_given_a_file_of_another_form_then_there_is_no_manifest(changes: JsonObject) -> None:
    assert Manifest.from_json(MANIFEST.to_json() | changes) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({}, id="an empty key's"),
        pytest.param({"status": "completed"}, id="half of one"),
        pytest.param({"durationSeconds": 90.25}, id="a series'"),
        pytest.param({"staged": True, "parts": 3}, id="a download that goes on"),
    ],
)
def test_given_another_file_then_there_is_no_manifest(content: JsonObject) -> None:
    assert Manifest.from_json(content) is None


def test_given_a_file_of_a_later_version_then_what_is_known_of_it_is_read() -> None:
    assert Manifest.from_json(MANIFEST.to_json() | {"later": 1}) == MANIFEST
