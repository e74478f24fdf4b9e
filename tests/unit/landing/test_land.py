"""From a body to object, manifest and event; also when something happens between."""

import gzip
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
import requests
from botocore.exceptions import ReadTimeoutError
from urllib3 import HTTPResponse

from sei_export import keys
from sei_export.bucket.parts import PART_BYTES
from sei_export.download.body import Body
from sei_export.download.source import Source
from sei_export.errors import (
    CorruptDownloadError,
    ExportTimedOutError,
    ServiceUnavailableError,
    StorageError,
)
from sei_export.input.run import ExportRun
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.landing.raw import RawFile
from sei_export.masking import Mask
from tests.fakes.loopback import Answer, reply
from tests.fakes.s3 import BUCKET
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.stage import (
    ARN,
    CREATED_AT,
    CSV,
    DATA_KEY,
    GZ,
    LANDED_KEY,
    MANIFEST_KEY,
    OTHER_CSV,
    REQUEST,
    Stage,
    export,
)
from tests.fakes.timing import FakeClock

LARGE_CSV = b"a,b\n" + b"1,2\n" * (5 * PART_BYTES // 8)
# Stored, so that it goes up in parts.
LARGE_GZ = gzip.compress(LARGE_CSV, 0, mtime=0)
SIZES = [pytest.param(GZ, id="small"), pytest.param(LARGE_GZ, id="large")]
RUN = ExportRun("arn:x", polls=0, attempts=1)
LATER = "2026-03-01T06:00:01Z"
SILENCE = ReadTimeoutError(endpoint_url="https://s3")


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    with stage.server:
        yield stage


def _theirs(
    export_id: str, content: bytes = OTHER_CSV, created_at: str = ""
) -> tuple[str, bytes, dict[str, str]]:
    return DATA_KEY, gzip.compress(content), {"export-id": export_id, "created-at": created_at}


# --- the usual ---


def test_given_a_completed_export_when_landed_then_object_manifest_and_event_agree(
    stage: Stage,
) -> None:
    result = stage.land()
    version = stage.s3.current(DATA_KEY)
    assert version
    assert version.body == GZ
    assert version.metadata == {
        "export-id": "exp_1",
        "report": "productivity",
        "created-at": CREATED_AT,
        "request-fingerprint": REQUEST.fingerprint,
        "content-sha256": hashlib.sha256(CSV).hexdigest(),
    }
    assert result == {
        "version": "1",
        "exportId": "exp_1",
        "report": "productivity",
        "request": REQUEST.canonical(),
        "requestFingerprint": REQUEST.fingerprint,
        "reused": False,
        "status": "completed",
        "attempts": 1,
        "bucket": BUCKET,
        "key": DATA_KEY,
        "versionId": version.id,
        "etag": version.etag,
        "sizeBytes": len(GZ),
        "csvBytes": len(CSV),
        "contentSha256": hashlib.sha256(CSV).hexdigest(),
        "rows": 2,
        "columns": ["team", "PR_MERGED"],
        "columnCount": 2,
        "columnsSha256": hashlib.sha256(b'["team","PR_MERGED"]').hexdigest(),
        "changed": True,
        "reason": "new",
        "previous": None,
        "superseded": False,
        "run": None,
        "item": None,
        "manifestKey": MANIFEST_KEY,
        "polls": 3,
        "createdAt": "2026-03-01T06:00:00Z",
        "completedAt": "2026-03-01T06:01:30Z",
        "durationSeconds": 90.25,
        "executionArn": f"{ARN}run-1",
        "warnings": [],
    }
    types: JsonObject = {"columnTypes": ["text", "integer"], "columnTypesRows": 2}
    assert stage.manifest == result | types
    [detail] = stage.events.details
    assert {name: detail[name] for name in result} == result
    assert stage.journal == [
        f"put {DATA_KEY}",
        f"put {MANIFEST_KEY}",
        f"put {LANDED_KEY}",
        "event ExportCompleted",
        f"put {LANDED_KEY}",
    ]
    assert stage.s3.documents.read_json(LANDED_KEY).content == {
        "manifestKey": MANIFEST_KEY,
        "contentSha256": hashlib.sha256(CSV).hexdigest(),
        "announced": True,
        "superseded": False,
    }


@pytest.mark.parametrize(
    ("body", "content"),
    [
        pytest.param(CSV, CSV, id="plain"),
        pytest.param(b"", b"", id="empty"),
        pytest.param(LARGE_GZ, LARGE_CSV, id="large"),
        pytest.param(LARGE_CSV, LARGE_CSV, id="large and plain"),
    ],
)
def test_given_any_form_of_body_when_landed_then_the_object_is_its_csv_as_gzip(
    stage: Stage, body: bytes, content: bytes
) -> None:
    stage.body = reply(200, body)
    result = stage.land()
    assert stage.contents == [content]
    assert result["contentSha256"] == hashlib.sha256(content).hexdigest()
    assert result["csvBytes"] == len(content)
    assert stage.s3.uploads == {}


def test_what_the_api_says_of_a_file_beside_its_link_counts_for_nothing(stage: Stage) -> None:
    said: JsonObject = {"filename": "x.zip", "contentType": "application/zip", "sizeBytes": 1}
    about: JsonObject = {"compression": "none", "createdBy": "jane", "metadata": {"format": "x"}}
    stage.state = {**said, **about, "download": {**said, **about}}
    result = stage.land()
    assert stage.contents == [CSV]
    assert (result["csvBytes"], result["sizeBytes"]) == (len(CSV), len(GZ))
    assert "jane" not in json.dumps([result, stage.manifest, stage.events.details])


# --- changed or not ---


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(GZ, id="same bytes"),
        pytest.param(gzip.compress(CSV, 1), id="compressed otherwise"),
        pytest.param(CSV, id="plain"),
    ],
)
def test_given_the_same_content_again_when_landed_then_the_object_is_left_alone(
    stage: Stage, again: bytes
) -> None:
    before = stage.land("exp_1", "run-1")
    stage.body = reply(200, again)
    result = stage.land("exp_2", "run-2")
    assert stage.contents == [CSV]
    assert result["changed"] is False
    about_the_object = ("versionId", "etag", "sizeBytes", "contentSha256", "rows")
    assert {name: result[name] for name in about_the_object} == {
        name: before[name] for name in about_the_object
    }
    assert result["exportId"] == "exp_2"
    assert result.items() <= stage.manifest.items()
    assert [detail["changed"] for detail in stage.events.details] == [True, False]


def test_given_large_content_that_is_the_same_when_landed_then_no_upload_stays(
    stage: Stage,
) -> None:
    stage.body = reply(200, LARGE_GZ)
    stage.land("exp_1", "run-1")
    assert stage.land("exp_2", "run-2")["changed"] is False
    assert len(stage.contents) == 1
    assert stage.s3.uploads == {}


def test_given_large_content_when_landed_otherwise_compressed_then_the_object_stays(
    stage: Stage,
) -> None:
    stage.body = reply(200, LARGE_GZ)
    stage.land("exp_1", "run-1")
    stage.body = reply(200, gzip.compress(LARGE_CSV, 1))
    assert stage.land("exp_2", "run-2")["changed"] is False
    assert len(stage.contents) == 1


def test_given_other_content_when_landed_then_it_is_a_new_version_each_time(
    stage: Stage,
) -> None:
    changed = []
    for number, content in enumerate([CSV, OTHER_CSV, CSV]):
        stage.body = reply(200, content)
        changed.append(stage.land(f"exp_{number}", f"run-{number}")["changed"])
    assert changed == [True, True, True]
    assert stage.contents == [CSV, OTHER_CSV, CSV]


def _nothing(_: Stage) -> None:
    """What is done between two landings that find everything as it was."""


def _delete(stage: Stage) -> None:
    stage.s3.delete(DATA_KEY)


def _overwrite(stage: Stage) -> None:
    stage.s3.add(DATA_KEY, gzip.compress(b"a,b\n"))


def _lose_manifest(stage: Stage) -> None:
    stage.s3.delete(MANIFEST_KEY)


def _spoil_manifest(stage: Stage) -> None:
    stage.s3.add(MANIFEST_KEY, b"[]")


@pytest.mark.parametrize("tamper", [_delete, _overwrite])
def test_given_a_tampered_object_when_landed_then_it_is_restored(
    stage: Stage, tamper: Callable[[Stage], None]
) -> None:
    stage.land("exp_1", "run-1")
    tamper(stage)
    assert stage.land("exp_2", "run-2")["reason"] == "restored"
    assert stage.contents[-1] == CSV
    version = stage.s3.current(DATA_KEY)
    assert version
    assert version.metadata["export-id"] == "exp_2"


@pytest.mark.parametrize("tamper", [_lose_manifest, _spoil_manifest])
def test_given_a_lost_manifest_when_landed_then_it_is_written_again_as_news(
    stage: Stage, tamper: Callable[[Stage], None]
) -> None:
    stage.land("exp_1", "run-1")
    tamper(stage)
    result = stage.land("exp_2", "run-2")
    assert result["changed"] is True
    assert stage.contents == [CSV]
    assert result.items() <= stage.manifest.items()


# --- crashes between the steps ---


def _before_manifest(stage: Stage, nth: int) -> None:
    stage.s3.before(f"write {MANIFEST_KEY}", raising(SILENCE), nth)


def _before_event(stage: Stage, _: int) -> None:
    once = iter([SILENCE])

    def fail() -> None:
        for error in once:
            raise error

    stage.events.before = fail


def _before_mark(stage: Stage, nth: int) -> None:
    key = keys.landed_key(REQUEST.report, f"exp_{nth}")
    stage.s3.before(f"write {key}", raising(SILENCE))


CRASHES = [
    pytest.param(_before_manifest, f"writing s3://{BUCKET}/manifests/", id="before the manifest"),
    pytest.param(_before_event, "did not take ExportCompleted", id="before the event"),
    pytest.param(_before_mark, f"writing s3://{BUCKET}/landed/", id="before the mark"),
]


@pytest.mark.parametrize(("crash", "told"), CRASHES)
@pytest.mark.parametrize("run", ["run-1", "run-2"], ids=["retried", "another execution"])
def test_given_a_crash_after_the_object_when_tried_again_then_it_is_still_news(
    stage: Stage, crash: Callable[[Stage, int], None], told: str, run: str
) -> None:
    crash(stage, 1)
    with pytest.raises(ServiceUnavailableError, match=told):
        stage.land()
    result = stage.land(run=run)
    assert result["changed"] is True
    assert stage.contents == [CSV]
    assert {detail["changed"] for detail in stage.events.details} == {True}
    assert result.items() <= stage.manifest.items()
    assert stage.s3.current(LANDED_KEY)


def test_given_a_crash_when_retried_with_another_compression_then_it_is_one_version(
    stage: Stage,
) -> None:
    _before_manifest(stage, 1)
    with pytest.raises(ServiceUnavailableError, match="manifests/"):
        stage.land()
    stage.body = reply(200, CSV)
    assert stage.land()["changed"] is True
    assert stage.contents == [CSV]


@pytest.mark.parametrize(("crash", "told"), CRASHES)
@pytest.mark.parametrize("tamper", [_nothing, _delete, _overwrite])
def test_given_a_crash_over_announced_content_when_retried_then_only_a_new_version_is_news(
    stage: Stage, tamper: Callable[[Stage], None], crash: Callable[[Stage, int], None], told: str
) -> None:
    stage.land("exp_1", "run-1")
    tamper(stage)
    crash(stage, 2)
    with pytest.raises(ServiceUnavailableError, match=told):
        stage.land("exp_2", "run-2")
    reason = None if tamper is _nothing else "restored"
    assert stage.land("exp_2", "run-2")["reason"] == reason
    assert stage.contents[-1] == CSV


def test_given_a_finished_execution_when_run_again_then_it_announces_the_same(
    stage: Stage,
) -> None:
    first = stage.land()
    assert stage.land() == first
    assert stage.events.details[0] == stage.events.details[1]
    assert stage.contents == [CSV]


def test_given_a_finished_execution_when_another_gets_its_export_then_it_is_no_news(
    stage: Stage,
) -> None:
    stage.land(run="run-1")
    assert stage.land(run="run-2")["changed"] is False
    assert stage.contents == [CSV]


def test_given_an_export_when_landed_with_other_content_then_the_object_is_the_last(
    stage: Stage,
) -> None:
    stage.land()
    stage.body = reply(200, OTHER_CSV)
    result = stage.land()
    assert result["contentSha256"] == hashlib.sha256(OTHER_CSV).hexdigest()
    assert stage.contents == [CSV, OTHER_CSV]


def test_given_a_bus_that_refuses_when_landed_then_it_is_an_error_after_the_manifest(
    stage: Stage,
) -> None:
    stage.events.refuse = "InternalFailure"
    with pytest.raises(ServiceUnavailableError, match="InternalFailure"):
        stage.land()
    assert stage.journal == [f"put {DATA_KEY}", f"put {MANIFEST_KEY}", f"put {LANDED_KEY}"]
    # It has landed, but nobody has heard of it.
    assert stage.s3.documents.read_json(LANDED_KEY).content["announced"] is False


# --- races ---


def _race(stage: Stage, times: int) -> list[bytes]:
    """Another export's content appears just before each write; all differ."""
    contents = [b"a\n%d\n" % number for number in range(times)]
    for call, content in enumerate(contents, 1):
        appear = partial(stage.s3.add, *_theirs("exp_9", content))
        stage.s3.before(f"write {DATA_KEY}", appear, call)
    return contents


@pytest.mark.parametrize("body", SIZES)
@pytest.mark.parametrize("export_id", ["exp_1", "exp_9"], ids=["same export", "another"])
def test_given_a_quicker_execution_with_the_same_content_then_its_object_stays(
    stage: Stage, body: bytes, export_id: str
) -> None:
    stage.body = reply(200, body)

    def win() -> None:
        metadata = {"export-id": export_id, "created-at": LATER}
        with stage.s3.store.upload(DATA_KEY, metadata) as upload:
            upload.write_all([body])
            upload.publish(None, hashlib.sha256(gzip.decompress(body)).hexdigest())

    stage.s3.before(f"write {DATA_KEY}", win)
    result = stage.land()
    [theirs] = stage.s3.versions[DATA_KEY]
    assert (result["versionId"], result["etag"]) == (theirs.id, theirs.etag)
    # The other one may yet fail before it tells; saying it twice is better than never.
    assert result["changed"] is True
    assert stage.s3.uploads == {}


@pytest.mark.parametrize("body", SIZES)
@pytest.mark.parametrize("early", [True, False], ids=["before", "meanwhile"])
def test_given_a_newer_export_when_an_older_one_lands_then_the_newer_stays(
    stage: Stage, body: bytes, *, early: bool
) -> None:
    stage.body = reply(200, body)
    newer = partial(stage.s3.add, *_theirs("exp_9", created_at=LATER))
    if early:
        newer()
    else:
        stage.s3.before(f"write {DATA_KEY}", newer)
    # Nobody has described it: then its own execution has failed, or is about to.
    with pytest.raises(ServiceUnavailableError, match=f"newer export exp_9, of {LATER}, which has"):
        stage.land()
    assert stage.contents == [OTHER_CSV]
    assert stage.s3.uploads == {}
    assert stage.journal == []


@pytest.mark.parametrize("created_at", ["", "2026-02-28T06:00:00Z", CREATED_AT])
def test_given_an_older_export_when_a_newer_one_lands_then_it_is_replaced(
    stage: Stage, created_at: str
) -> None:
    stage.s3.add(*_theirs("exp_9", created_at=created_at))
    assert stage.land()["changed"] is True
    assert stage.contents == [OTHER_CSV, CSV]


@pytest.mark.parametrize("body", SIZES)
@pytest.mark.parametrize("times", [1, 2])
def test_given_another_export_when_it_is_quicker_then_ours_is_published_over_it(
    stage: Stage, body: bytes, times: int
) -> None:
    stage.body = reply(200, body)
    theirs = _race(stage, times)
    assert stage.land()["changed"] is True
    assert stage.contents == [*theirs, gzip.decompress(body)]
    assert stage.s3.uploads == {}


@pytest.mark.parametrize("body", SIZES)
def test_given_other_exports_without_end_then_landing_gives_up_without_a_trace(
    stage: Stage, body: bytes
) -> None:
    stage.body = reply(200, body)
    theirs = _race(stage, 100)
    # Worth another try: no execution fails since others were quicker.
    with pytest.raises(
        ServiceUnavailableError, match=f"kept replacing s3://{BUCKET}/{DATA_KEY}"
    ) as caught:
        stage.land()
    assert "at different times" in caught.value.remedy
    # As long as there is time.
    assert stage.contents == theirs[: len(stage.contents)]
    assert 20 < len(stage.contents) < 100
    assert stage.s3.uploads == {}
    assert stage.journal == []


@pytest.mark.parametrize("body", SIZES)
def test_given_an_object_deleted_meanwhile_when_landed_then_ours_is_published(
    stage: Stage, body: bytes
) -> None:
    stage.s3.add(*_theirs("exp_9"))
    stage.body = reply(200, body)
    stage.s3.before(f"write {DATA_KEY}", lambda: stage.s3.delete(DATA_KEY))
    assert stage.land()["changed"] is True
    assert stage.contents == [gzip.decompress(body)]


@pytest.mark.parametrize("body", SIZES)
def test_given_a_lost_answer_of_s3_when_the_sdk_retried_then_it_is_still_news(
    stage: Stage, body: bytes
) -> None:
    stage.body = reply(200, body)
    stage.s3.after_writing(DATA_KEY, raising(refusal("PreconditionFailed", 412)))
    assert stage.land()["changed"] is True
    assert stage.contents == [gzip.decompress(body)]
    assert stage.s3.uploads == {}


LOST = [
    pytest.param(SILENCE, id="silent"),
    pytest.param(refusal("InternalError", 500), id="5xx"),
    pytest.param(refusal("SlowDown", 503), id="slow down"),
]


@pytest.mark.parametrize("failure", LOST)
@pytest.mark.parametrize("before", [False, True], ids=["first", "over an older one"])
@pytest.mark.parametrize("body", SIZES)
def test_given_an_answer_of_s3_lost_for_good_when_landed_then_it_counts_as_published(
    stage: Stage, body: bytes, failure: Exception, *, before: bool
) -> None:
    if before:
        stage.s3.add(*_theirs("exp_9"))
    stage.body = reply(200, body)
    stage.s3.after_writing(DATA_KEY, raising(failure), 1 + before)
    result = stage.land()
    assert result["changed"] is True
    version = stage.s3.current(DATA_KEY)
    assert version
    assert (result["versionId"], result["etag"]) == (version.id, version.etag)
    assert stage.contents[before:] == [gzip.decompress(body)]
    assert stage.s3.uploads == {}
    assert len(stage.events.details) == 1


@pytest.mark.parametrize("failure", LOST)
@pytest.mark.parametrize("before", [False, True], ids=["first", "over an older one"])
@pytest.mark.parametrize("body", SIZES)
def test_given_an_absent_s3_when_published_then_it_is_an_error_and_nothing_stays(
    stage: Stage, body: bytes, failure: Exception, *, before: bool
) -> None:
    if before:
        stage.s3.add(*_theirs("exp_9"))
    stage.body = reply(200, body)
    stage.s3.before(f"write {DATA_KEY}", raising(failure))
    with pytest.raises(ServiceUnavailableError, match="publishing"):
        stage.land()
    assert stage.contents == [OTHER_CSV] * before
    assert stage.s3.uploads == {}
    assert stage.journal == []
    assert stage.land()["changed"] is True


def test_given_another_object_instead_of_an_answer_when_published_then_it_fails(
    stage: Stage,
) -> None:
    def quicker() -> None:
        stage.s3.add(*_theirs("exp_9"))
        raise SILENCE

    stage.s3.before(f"write {DATA_KEY}", quicker)
    with pytest.raises(ServiceUnavailableError, match="publishing"):
        stage.land()
    assert stage.contents == [OTHER_CSV]
    assert stage.journal == []


@pytest.mark.parametrize("body", SIZES)
def test_given_neither_an_answer_nor_a_state_when_published_then_the_next_try_lands(
    stage: Stage, body: bytes
) -> None:
    stage.body = reply(200, body)
    stage.s3.after_writing(DATA_KEY, raising(SILENCE))
    stage.s3.before("head_object", raising(SILENCE), 2)
    with pytest.raises(ServiceUnavailableError, match="reading the state"):
        stage.land()
    assert stage.land()["changed"] is True
    assert stage.contents == [gzip.decompress(body)]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(SILENCE, id="silent"),
        pytest.param(
            refusal("PreconditionFailed", 412),
            id="the SDK tried again",
        ),
    ],
)
def test_given_an_answer_lost_at_the_last_try_then_the_object_counts_as_published(
    stage: Stage, failure: Exception
) -> None:
    theirs = _race(stage, 2)
    stage.s3.after_writing(DATA_KEY, raising(failure), 3)
    assert stage.land()["changed"] is True
    assert stage.contents == [*theirs, CSV]


# --- manifests ---


def test_given_a_manifest_that_changes_when_landed_then_ours_describes_our_object(
    stage: Stage,
) -> None:
    stage.s3.before(f"write {MANIFEST_KEY}", lambda: stage.s3.add(MANIFEST_KEY, b"{}"))
    result = stage.land()
    assert result.items() <= stage.manifest.items()
    assert len(stage.events.details) == 1


def test_given_an_object_replaced_when_described_then_its_own_manifest_stays(
    stage: Stage,
) -> None:
    def replace() -> None:
        stage.s3.add(*_theirs("exp_9"))
        stage.s3.add(MANIFEST_KEY, b'{"exportId": "exp_9"}')

    stage.s3.before(f"write {MANIFEST_KEY}", replace)
    result = stage.land()
    assert stage.manifest == {"exportId": "exp_9"}
    # What landed is still told of: listeners can read its version.
    [detail] = stage.events.details
    assert detail["versionId"] == result["versionId"]


def test_given_manifests_that_change_endlessly_when_landed_then_it_is_not_announced(
    stage: Stage,
) -> None:
    for call in range(1, 101):
        content = b'{"n": %d}' % call
        stage.s3.before(f"write {MANIFEST_KEY}", partial(stage.s3.add, MANIFEST_KEY, content), call)
    with pytest.raises(
        ServiceUnavailableError, match=f"kept replacing s3://{BUCKET}/{MANIFEST_KEY}"
    ):
        stage.land()
    assert stage.events.details == []


# --- what may not land ---


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(reply(200, GZ[:-1]), "truncated", id="gzip cut"),
        pytest.param(reply(200, GZ + b"\0"), "followed by bytes", id="a byte too many"),
        pytest.param(reply(200, CSV, length=len(CSV) + 1), "broke off", id="shorter than it said"),
        pytest.param(reply(200, CSV[:-3]), "Record 2 of the CSV has 1 fields", id="a row cut"),
        pytest.param(reply(200, b"<html>Sign in</html>"), "is an HTML or XML page", id="html"),
        pytest.param(reply(200, {"error": "gone"}), "not CSV: it is JSON", id="json"),
        pytest.param(
            reply(200, b"upstream connect error\n"),
            "first line is one field. It says: upstream connect error",
            id="an error's text",
        ),
        pytest.param(reply(200, LARGE_GZ[:-1]), "truncated", id="large gzip cut"),
        pytest.param(
            reply(200, LARGE_GZ, length=len(LARGE_GZ) + 1), "broke off", id="large, shorter"
        ),
        pytest.param(
            reply(200, gzip.compress(LARGE_CSV + b"1,2,3\n", 0)),
            "of the CSV has 3 fields; its header has 2",
            id="large, misfit",
        ),
    ],
)
@pytest.mark.parametrize("before", [False, True], ids=["first", "over an older one"])
def test_given_a_corrupt_body_when_landed_then_nothing_is_visible_open_or_announced(
    stage: Stage, body: Answer, told: str, *, before: bool
) -> None:
    if before:
        stage.s3.add(*_theirs("exp_0"))
    stage.body = body
    with pytest.raises(CorruptDownloadError, match=told):
        stage.land()
    assert stage.contents == ([OTHER_CSV] if before else [])
    assert stage.s3.uploads == {}
    assert stage.journal == []


def test_given_no_time_for_the_rest_when_landed_then_nothing_is_visible_or_open(
    stage: Stage,
) -> None:
    stage.body = reply(200, LARGE_GZ)
    client = stage.connect(REQUEST)
    source = Source(lambda _: client.download(export(), None), FakeClock().deadline(0))
    with pytest.raises(ExportTimedOutError, match=f"of {len(LARGE_GZ)} came"):
        stage.landing.land(export(), RUN, RawFile(Body(source), None, Mask()))
    assert stage.contents == []
    assert stage.s3.uploads == {}


def test_given_an_upload_refused_while_reading_then_connection_and_thread_end(
    stage: Stage,
) -> None:
    @contextmanager
    def opened(_: Mapping[str, str]) -> Iterator[requests.Response]:
        response = requests.Response()
        response.status_code = 200
        response.raw = HTTPResponse(io.BytesIO(LARGE_GZ), preload_content=False)
        try:
            yield response
        finally:
            closed.append(response)

    closed: list[requests.Response] = []
    stage.s3.before("create_multipart_upload", raising(refusal("AccessDenied", 403)))
    raw = RawFile(Body(Source(opened, FakeClock().deadline(100))), None, Mask())
    with pytest.raises(StorageError, match="AccessDenied") as caught:
        stage.landing.land(export(), RUN, raw)
    # Even while the error with its traceback is kept.
    assert caught.value.__traceback__
    assert len(closed) == 1
    assert "aside" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("operation", ["get_object", "head_object", "put_object"])
def test_given_a_bucket_that_refuses_when_landed_then_nothing_is_announced(
    stage: Stage, operation: str
) -> None:
    stage.s3.before(operation, raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match="AccessDenied"):
        stage.land()
    assert stage.journal == []


# --- times ---


@pytest.mark.parametrize(
    ("created_at", "state", "completed_at", "seconds"),
    [
        pytest.param(
            "2026-03-01T06:00:00Z",
            {"completedAt": "2026-03-01T07:00:10+01:00"},
            "2026-03-01T06:00:10Z",
            10.0,
            id="another zone",
        ),
        pytest.param(
            "2026-03-01T06:00:00Z",
            {"completedAt": "2026-03-01T06:00:10.123456Z"},
            "2026-03-01T06:00:10Z",
            10.123,
            id="to the millisecond",
        ),
        pytest.param(
            "just now",
            {"completedAt": "2026-03-01T06:00:10Z"},
            "2026-03-01T06:00:10Z",
            0.0,
            id="created unreadable",
        ),
        pytest.param(
            "2026-03-01T06:00:00Z",
            {"completedAt": "2026-03-01T05:59:00Z"},
            "2026-03-01T05:59:00Z",
            0.0,
            id="clocks that differ",
        ),
    ],
)
def test_given_times_of_the_api_when_landed_then_the_duration_is_theirs(
    stage: Stage, created_at: str, state: JsonObject, completed_at: str, seconds: float
) -> None:
    stage.state = state
    result = stage.land(created_at=created_at)
    assert (result["completedAt"], result["durationSeconds"]) == (completed_at, seconds)


@pytest.mark.parametrize("completed_at", [None, "", "2026-03-01T25:00:00", "soon", 5])
def test_given_no_readable_end_when_landed_then_it_is_the_time_of_landing(
    stage: Stage, completed_at: JsonValue
) -> None:
    started = datetime.now(UTC).replace(microsecond=0)
    stage.state["completedAt"] = completed_at
    ended = datetime.fromisoformat(str(stage.land()["completedAt"]))
    assert started <= ended <= datetime.now(UTC)
