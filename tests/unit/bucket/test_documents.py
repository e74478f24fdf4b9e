"""JSON documents: what is read back, replaced, and read many at a time."""

import json
import threading
from collections.abc import Callable

import pytest
from botocore.parsers import ResponseParserError
from urllib3.exceptions import SSLError

from sei_export.bucket.documents import Document
from sei_export.bucket.many import CONNECTIONS
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import FAILURES, SILENT, raising, refusal

KEY = "exports/report=productivity/export.manifest.json"


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


# --- one at a time ---


def test_given_an_empty_key_when_read_then_there_is_nothing(s3: FakeS3) -> None:
    assert s3.documents.read_json(KEY) == Document({}, None)


def test_given_json_when_written_then_it_reads_back_the_same(s3: FakeS3) -> None:
    s3.documents.write_json(KEY, {"columns": ["é", "—"], "rows": 3, "versionId": None})
    version = s3.current(KEY)
    assert version
    assert s3.documents.read_json(KEY) == Document(
        {"columns": ["é", "—"], "rows": 3, "versionId": None}, version.etag
    )
    assert version.content_type == "application/json"
    assert "é" in version.body.decode()


def test_given_json_when_written_over_json_then_the_new_one_is_current(s3: FakeS3) -> None:
    s3.documents.write_json(KEY, {"rows": 1})
    s3.documents.write_json(KEY, {"rows": 2})
    assert s3.documents.read_json(KEY).content == {"rows": 2}


def test_given_json_that_was_read_when_replaced_then_the_new_one_is_current(s3: FakeS3) -> None:
    for rows in (1, 2):
        etag = s3.documents.replace_json(KEY, {"rows": rows}, s3.documents.read_json(KEY).etag)
        assert etag == s3.documents.read_json(KEY).etag
    assert s3.documents.read_json(KEY).content == {"rows": 2}


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [
        pytest.param(False, lambda s3: s3.add(KEY, b"{}"), id="an empty key is filled"),
        pytest.param(True, lambda s3: s3.add(KEY, b"{}"), id="it is replaced"),
        pytest.param(True, lambda s3: s3.delete(KEY), id="it is deleted"),
    ],
)
def test_given_json_that_changed_since_it_was_read_when_replaced_then_the_race_is_lost(
    s3: FakeS3, meanwhile: Callable[[FakeS3], object], *, before: bool
) -> None:
    if before:
        s3.documents.write_json(KEY, {"rows": 1})
    etag = s3.documents.read_json(KEY).etag
    meanwhile(s3)
    seen = s3.current(KEY)
    with pytest.raises(LostRaceError):
        s3.documents.replace_json(KEY, {"rows": 2}, etag)
    assert s3.current(KEY) == seen


@pytest.mark.parametrize(
    "content",
    [
        *[b"", b"{", b"[1]", b"null", b'"a"', b"\xff\xfe\xfd"],
        # What Python would read all the same, or not end to read.
        *[b'{"durationSeconds": NaN}', b'{"rows": -Infinity}'],
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b'{"rows": %s}' % (b"9" * 5000), id="digits"),
    ],
)
def test_given_another_content_when_read_as_json_then_there_is_nothing(
    s3: FakeS3, content: bytes
) -> None:
    version = s3.add(KEY, content)
    assert s3.documents.read_json(KEY) == Document({}, version.etag)


def test_given_a_connection_lost_while_reading_then_the_service_is_unavailable(
    s3: FakeS3,
) -> None:
    s3.add(KEY, b"{}")
    s3.before("read_body", raising(SILENT))
    with pytest.raises(ServiceUnavailableError):
        s3.documents.read_json(KEY)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(SSLError("the record's MAC is wrong"), id="TLS"),
        pytest.param(ResponseParserError("invalid XML received"), id="half an answer"),
    ],
)
def test_given_a_body_that_breaks_off_in_any_way_then_the_service_is_unavailable(
    s3: FakeS3, failure: Exception
) -> None:
    s3.add(KEY, b"{}")
    s3.before("read_body", raising(failure))
    with pytest.raises(ServiceUnavailableError, match=type(failure).__name__):
        s3.documents.read_json(KEY)


def test_given_half_a_surrogate_pair_when_written_then_it_reads_back_the_same(s3: FakeS3) -> None:
    # JSON has it as an escape, which an API's names may use.
    content = {"team": "a\ud800b", "other": "é"}
    s3.documents.write_json(KEY, json.loads(json.dumps(content)))
    assert s3.documents.read_json(KEY).content == content
    version = s3.current(KEY)
    assert version
    assert version.body.isascii()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        pytest.param(refusal("PreconditionFailed", 412), StorageError, id="412"),
        pytest.param(refusal("ConditionalRequestConflict", 409), ServiceUnavailableError, id="409"),
        pytest.param(refusal("OperationAborted", 409), ServiceUnavailableError, id="aborted"),
    ],
)
def test_given_no_condition_when_a_race_is_said_to_be_lost_then_it_is_an_error_with_a_name(
    s3: FakeS3, failure: Exception, error: type[SeiExportError]
) -> None:
    s3.before("put_object", raising(failure))
    with pytest.raises(SeiExportError) as caught:
        s3.documents.write_json(KEY, {})
    assert type(caught.value) is error


# --- many at once, and lists ---


def test_given_many_keys_when_read_then_each_is_read_once_as_it_would_be_alone(s3: FakeS3) -> None:
    for number in range(0, 30, 3):
        s3.documents.write_json(f"outcomes/{number}", {"number": number})
    s3.add("outcomes/1", b"{")
    s3.add("outcomes/2", b"[{}]")
    names = [f"outcomes/{number}" for number in range(30)]
    s3.calls.clear()
    found = s3.documents.read_many(iter([*names, *names]))
    assert [*found] == names
    assert {key for key, content in found.items() if content} == {*names[::3]}
    assert found["outcomes/27"] == {"number": 27}
    assert sorted(s3.calls) == sorted(("get_object", key) for key in names)


def test_given_many_keys_when_read_then_so_many_are_read_at_a_time(s3: FakeS3) -> None:
    # None is answered before all have been asked for.
    together = threading.Barrier(CONNECTIONS)
    for call in range(1, CONNECTIONS + 1):
        s3.before("get_object", lambda: together.wait(30), call)
    assert len(s3.documents.read_many(map(str, range(CONNECTIONS)))) == CONNECTIONS


def test_given_no_keys_when_read_then_s3_is_not_asked(s3: FakeS3) -> None:
    assert s3.documents.read_many([]) == {}
    assert s3.calls == []


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_many_keys_when_s3_fails_for_one_then_none_counts_as_empty(
    s3: FakeS3, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before("get_object", raising(failure), 5)
    with pytest.raises(error, match=code):
        s3.documents.read_many(f"outcomes/{number}" for number in range(9))


def test_given_a_list_when_written_then_it_reads_back_the_same(s3: FakeS3) -> None:
    s3.documents.write_list(KEY, [{"name": "é — 樹"}, {}, {"tries": 1, "replaces": None}])
    assert s3.documents.read_list(KEY) == [{"name": "é — 樹"}, {}, {"tries": 1, "replaces": None}]
    version = s3.current(KEY)
    assert version
    assert version.content_type == "application/json"
    assert "樹" in version.body.decode()


def test_given_a_list_when_written_over_something_then_the_new_one_is_current(s3: FakeS3) -> None:
    s3.documents.write_json(KEY, {"rows": 1})
    s3.documents.write_list(KEY, [{"rows": 2}])
    assert s3.documents.read_list(KEY) == [{"rows": 2}]
    s3.documents.write_list(KEY, [])
    assert s3.documents.read_list(KEY) == []


@pytest.mark.parametrize(
    "content", [None, b"", b"[", b'{"a": [{}]}', b"null", b'"a"', b"7", b"\xff\xfe\xfd"], ids=repr
)
def test_given_another_content_when_read_as_a_list_then_there_is_nothing(
    s3: FakeS3, content: bytes | None
) -> None:
    if content is not None:
        s3.add(KEY, content)
    assert s3.documents.read_list(KEY) == []


def test_given_a_list_with_other_things_when_read_then_its_objects_are_told(s3: FakeS3) -> None:
    s3.add(KEY, b'[{"a": 1}, [], null, "x", {"b": 2}]')
    assert s3.documents.read_list(KEY) == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_refusal_when_a_list_is_read_or_written_then_it_is_told(
    s3: FakeS3, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before("get_object", raising(failure))
    s3.before("put_object", raising(failure))
    with pytest.raises(error, match=code):
        s3.documents.read_list(KEY)
    with pytest.raises(error, match=code):
        s3.documents.write_list(KEY, [])
    assert s3.versions == {}


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("operation", ["get_object", "put_object"])
def test_given_a_refusal_when_json_is_read_or_written_then_it_is_told_where(
    s3: FakeS3, operation: str, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before(operation, raising(failure))
    steps: dict[str, Callable[[], object]] = {
        "get_object": lambda: s3.documents.read_json(KEY),
        "put_object": lambda: s3.documents.write_json(KEY, {}),
    }
    with pytest.raises(error, match=code) as caught:
        steps[operation]()
    assert KEY in caught.value.message


# --- keys ---


@pytest.mark.parametrize("count", [0, 1, 1000, 1001, 2500])
def test_given_a_folder_of_so_many_then_its_keys_are_told_a_thousand_at_a_time(
    s3: FakeS3, count: int
) -> None:
    there = [f"runs/weekly/tally/1/{at:04}.landed.1.2" for at in range(count)]
    for key in there:
        s3.add(key, b"")
    for beside in ("runs/weekly/tally/10/x", "runs/weekly/tally/2/y", "runs/weekly/tally"):
        s3.add(beside, b"")
    assert s3.documents.list_keys("runs/weekly/tally/1/") == there
    assert s3.operations() == ["list_objects_v2"] * max(1, -(-count // 1000))


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_refusal_when_keys_are_listed_then_it_is_told_where(
    s3: FakeS3, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before("list_objects_v2", raising(failure))
    with pytest.raises(error, match=code) as caught:
        s3.documents.list_keys("runs/weekly/tally/1/")
    assert "listing s3://landing/runs/weekly/tally/1/" in str(caught.value)
