"""Uploads: objects that appear whole, once, or not at all."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.bucket.publish import Upload
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import (
    CorruptDownloadError,
    SeiExportError,
    StorageError,
)
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import FAILURES, raising, refusal

KEY = "exports/report=productivity/export.csv.gz"
METADATA = {"export-id": "exp_1", "created-at": "2026-03-01T06:00:00Z"}
SHA = "ab" * 32
MIB = 1024 * 1024


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@contextmanager
def _upload(s3: FakeS3, content: bytes, piece: int = MIB) -> Iterator[Upload]:
    """One to which all of it is written, not published yet."""
    with s3.store.upload(KEY, METADATA) as upload:
        upload.write_all(content[at : at + piece] for at in range(0, len(content), piece))
        yield upload


def _content(size: int) -> bytes:
    """No two parts of it are equal."""
    return hashlib.shake_128(b"parts").digest(size)


def _assert_nothing_stays(s3: FakeS3) -> None:
    assert s3.current(KEY) is None
    assert s3.uploads == {}


# --- small files ---


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1])
def test_given_a_small_file_when_published_then_it_is_one_conditional_put(
    s3: FakeS3, size: int
) -> None:
    content = _content(size)
    with _upload(s3, content) as upload:
        assert s3.calls == []
        stored = upload.publish(None, SHA)
    assert s3.calls == [("put_object", KEY)]
    version = s3.current(KEY)
    assert version
    assert (version.body, version.metadata) == (content, METADATA | {"content-sha256": SHA})
    assert version.content_type == "application/gzip"
    assert (stored.version_id, stored.size) == (version.id, size)
    assert stored == s3.store.head(KEY)


def test_given_an_upload_when_it_is_not_published_then_nothing_was_sent(s3: FakeS3) -> None:
    with _upload(s3, b"abc"):
        pass
    assert s3.calls == []


# --- large files ---


@pytest.mark.parametrize("size", [PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 5 * PART_BYTES + 9])
@pytest.mark.parametrize("piece", [MIB, 20 * MIB + 3])
def test_given_a_large_file_when_published_then_its_parts_make_exactly_its_bytes(
    s3: FakeS3, size: int, piece: int
) -> None:
    content = _content(size)
    rest = [size % PART_BYTES] if size % PART_BYTES else []
    with _upload(s3, content, piece) as upload:
        assert s3.current(KEY) is None
        [multipart] = s3.uploads.values()
        lengths = [len(multipart.parts[number]) for number in sorted(multipart.parts)]
        assert lengths == [PART_BYTES] * (size // PART_BYTES) + rest
        stored = upload.publish(None, SHA)
    version = s3.current(KEY)
    assert version
    assert version.body == content
    assert (version.metadata, version.content_type) == (METADATA, "application/gzip")
    assert (stored.version_id, stored.size) == (version.id, size)
    assert stored == s3.store.head(KEY)
    assert "put_object" not in s3.operations()


# --- conditions ---


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_an_object_when_it_is_replaced_then_a_new_version_is_current(
    s3: FakeS3, size: int
) -> None:
    s3.add(KEY, b"before")
    with _upload(s3, _content(size)) as upload:
        upload.publish(s3.store.head(KEY), SHA)
    assert [len(version.body) for version in s3.versions[KEY]] == [6, size]


def _written(s3: FakeS3) -> None:
    s3.add(KEY, b"theirs")


def _deleted(s3: FakeS3) -> None:
    s3.delete(KEY)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [
        pytest.param(None, _written, id="an empty key is filled"),
        pytest.param(b"before", _written, id="an object is replaced"),
        pytest.param(b"before", _deleted, id="an object is deleted"),
    ],
)
def test_given_a_key_that_written_meanwhile_when_published_then_the_race_is_lost(
    s3: FakeS3, size: int, before: bytes | None, meanwhile: Callable[[FakeS3], None]
) -> None:
    if before:
        s3.add(KEY, before)
    replacing = s3.store.head(KEY)
    content = _content(size)
    with _upload(s3, content) as upload:
        meanwhile(s3)
        seen = s3.current(KEY)
        with pytest.raises(LostRaceError):
            upload.publish(replacing, SHA)
        assert s3.current(KEY) == seen
        # The bytes are still there for another try.
        upload.publish(s3.store.head(KEY), SHA)
    version = s3.current(KEY)
    assert version
    assert version.body == content


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_a_conflict_at_the_same_moment_when_published_then_the_race_is_lost(
    s3: FakeS3, size: int
) -> None:
    s3.before(f"write {KEY}", raising(refusal("ConditionalRequestConflict", 409)))
    with pytest.raises(LostRaceError), _upload(s3, _content(size)) as upload:
        upload.publish(None, SHA)
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [0, 10, PART_BYTES, 2 * PART_BYTES + 10], ids=str)
def test_given_an_upload_then_what_is_published_has_its_bytes(s3: FakeS3, size: int) -> None:
    with _upload(s3, _content(size)) as upload:
        stored = upload.publish(None, SHA)
        assert upload.has_bytes_of(stored)
        # One of the two alone may be equal by chance.
        assert not upload.has_bytes_of(replace(stored, size=size + 1))
        assert not upload.has_bytes_of(replace(stored, checksum="AAAAAQ=="))
    version = s3.current(KEY)
    assert version
    assert (len(version.body), version.checksum) == (size, stored.checksum)


# --- failures ---


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("operation", ["create_multipart_upload", "upload_part"])
@pytest.mark.parametrize("call", [1, 4])
def test_given_a_refusal_while_bytes_go_up_then_nothing_stays_behind(
    s3: FakeS3,
    operation: str,
    call: int,
    failure: Exception,
    error: type[SeiExportError],
    code: str,
) -> None:
    s3.before(operation, raising(failure), 1 if operation == "create_multipart_upload" else call)
    with pytest.raises(error, match=code) as caught, _upload(s3, bytes(5 * PART_BYTES + 1)):
        pass
    assert KEY in caught.value.message
    _assert_nothing_stays(s3)


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_a_refusal_when_published_then_it_is_told_and_nothing_stays_behind(
    s3: FakeS3, size: int, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before(f"write {KEY}", raising(failure))
    with pytest.raises(error, match=code) as caught, _upload(s3, _content(size)) as upload:
        upload.publish(None, SHA)
    assert f"publishing s3://{BUCKET}/{KEY}" in caught.value.message
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10, 5 * PART_BYTES], ids=str)
@pytest.mark.parametrize(
    "error",
    [CorruptDownloadError, KeyboardInterrupt, ZeroDivisionError],
    ids=lambda it: it.__name__,
)
def test_given_pieces_that_fail_then_their_error_comes_out_and_nothing_stays_behind(
    s3: FakeS3, size: int, error: type[BaseException]
) -> None:
    failure = error("cut")

    def pieces() -> Iterator[bytes]:
        yield bytes(size)
        raise failure

    with pytest.raises(error) as caught, s3.store.upload(KEY, METADATA) as upload:
        upload.write_all(pieces())
    assert caught.value is failure
    _assert_nothing_stays(s3)


def test_given_a_part_on_its_way_when_pieces_fail_then_it_has_ended_before_the_abort(
    s3: FakeS3,
) -> None:
    failed = threading.Event()
    ended: list[str] = []

    def part() -> None:
        failed.wait(30)
        ended.append("part")

    def pieces() -> Iterator[bytes]:
        yield bytes(PART_BYTES)
        failed.set()
        raise CorruptDownloadError("cut")

    s3.before("upload_part", part)
    s3.before("abort_multipart_upload", lambda: ended.append("abort"))
    with pytest.raises(CorruptDownloadError), s3.store.upload(KEY, METADATA) as upload:
        upload.write_all(pieces())
    assert ended == ["part", "abort"]


def test_given_an_abort_that_fails_too_then_the_first_error_is_told(s3: FakeS3) -> None:
    s3.before("upload_part", raising(refusal("AccessDenied", 403)))
    s3.before("abort_multipart_upload", raising(refusal("SlowDown", 503)))
    with pytest.raises(StorageError, match="AccessDenied"), _upload(s3, bytes(PART_BYTES)):
        pass


def test_given_a_discarded_upload_when_discarded_again_then_nothing_happens(s3: FakeS3) -> None:
    with _upload(s3, bytes(PART_BYTES)) as upload:
        upload.discard()
        upload.discard()
    assert s3.operations().count("abort_multipart_upload") == 1
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_a_published_upload_when_discarded_then_the_object_stays(
    s3: FakeS3, size: int
) -> None:
    with _upload(s3, bytes(size)) as upload:
        upload.publish(None, SHA)
        upload.discard()
    assert s3.current(KEY)
    assert "abort_multipart_upload" not in s3.operations()


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_an_upload_that_is_not_published_when_left_then_nothing_stays_behind(
    s3: FakeS3, size: int
) -> None:
    with _upload(s3, bytes(size)):
        pass
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_an_error_after_the_last_piece_then_it_comes_out_and_nothing_stays_behind(
    s3: FakeS3, size: int
) -> None:
    failure = CorruptDownloadError("A row is cut.")
    with pytest.raises(CorruptDownloadError) as caught, _upload(s3, bytes(size)):
        raise failure
    assert caught.value is failure
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_an_error_after_publishing_then_it_comes_out_and_the_object_stays(
    s3: FakeS3, size: int
) -> None:
    failure = CorruptDownloadError("Of the next one.")

    def publish() -> None:
        with _upload(s3, bytes(size)) as upload:
            upload.publish(None, SHA)
            raise failure

    with pytest.raises(CorruptDownloadError) as caught:
        publish()
    assert caught.value is failure
    assert s3.current(KEY)
    assert "abort_multipart_upload" not in s3.operations()


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_metadata_when_published_then_the_callers_own_is_as_it_was(
    s3: FakeS3, size: int
) -> None:
    metadata = dict(METADATA)
    with s3.store.upload(KEY, metadata) as upload:
        upload.write_all([bytes(size)])
        upload.publish(None, SHA)
    assert metadata == METADATA
