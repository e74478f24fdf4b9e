"""Uploads: objects that appear whole, once, or not at all."""

import hashlib
import threading
from collections.abc import Callable, Iterator

import pytest

from sei_export.bucket.parts import PART_BYTES, PARTS_IN_FLIGHT, Upload, part_bytes
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import (
    CorruptDownloadError,
    SeiExportError,
    StorageError,
)
from tests.fakes.s3 import FakeS3, raising, refusal
from tests.fakes.s3_failures import FAILURES

KEY = "exports/report=productivity/export.csv.gz"
METADATA = {"export-id": "exp_1", "created-at": "2026-03-01T06:00:00Z"}
SHA = "ab" * 32
MIB = 1024 * 1024


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


def _upload(s3: FakeS3, content: bytes, piece: int = MIB) -> Upload:
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    return s3.store.upload(KEY, pieces, METADATA)


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
    upload = _upload(s3, content)
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
    _upload(s3, b"abc").discard()
    assert s3.calls == []


# --- large files ---


@pytest.mark.parametrize("size", [PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 5 * PART_BYTES + 9])
@pytest.mark.parametrize("piece", [MIB, 20 * MIB + 3])
def test_given_a_large_file_when_published_then_its_parts_make_exactly_its_bytes(
    s3: FakeS3, size: int, piece: int
) -> None:
    content = _content(size)
    upload = _upload(s3, content, piece)
    assert s3.current(KEY) is None
    [multipart] = s3.uploads.values()
    lengths = [len(multipart.parts[number]) for number in sorted(multipart.parts)]
    rest = [size % PART_BYTES] if size % PART_BYTES else []
    assert lengths == [PART_BYTES] * (size // PART_BYTES) + rest
    stored = upload.publish(None, SHA)
    version = s3.current(KEY)
    assert version
    assert version.body == content
    assert (version.metadata, version.content_type) == (METADATA, "application/gzip")
    assert (stored.version_id, stored.size) == (version.id, size)
    assert stored == s3.store.head(KEY)
    assert "put_object" not in s3.operations()


def test_given_slow_parts_when_uploaded_then_no_more_than_allowed_are_in_flight(
    s3: FakeS3,
) -> None:
    all_at_once = threading.Barrier(PARTS_IN_FLIGHT)
    one_too_many = threading.Event()
    first_is_through = threading.Event()

    # The same for all of them: which part's call comes first is chance.
    def held() -> None:
        all_at_once.wait(30)
        # Room for the one too many to appear, if it does.
        one_too_many.wait(0.2)
        first_is_through.set()

    def pieces() -> Iterator[bytes]:
        for number in range(1, 2 * PARTS_IN_FLIGHT + 1):
            yield bytes([number]) * PART_BYTES
            if number > PARTS_IN_FLIGHT and not first_is_through.is_set():
                one_too_many.set()

    for number in range(1, PARTS_IN_FLIGHT + 1):
        s3.before("upload_part", held, number)
    s3.store.upload(KEY, pieces(), METADATA).publish(None, SHA)
    assert not one_too_many.is_set()


def test_given_parts_on_their_way_when_buffers_fill_again_then_each_part_keeps_its_bytes(
    s3: FakeS3,
) -> None:
    count = 3 * PARTS_IN_FLIGHT + 1
    content = [bytes([number]) * PART_BYTES for number in range(1, count + 1)]
    next_one_filled = threading.Event()

    def pieces() -> Iterator[bytes]:
        for number, part in enumerate(content):
            yield part[:-1]
            if number == PARTS_IN_FLIGHT:
                # All that may be on their way are, and one more is in memory.
                next_one_filled.set()
            yield part[-1:]

    for number in range(1, PARTS_IN_FLIGHT + 1):
        s3.before("upload_part", lambda: next_one_filled.wait(30), number)
    s3.store.upload(KEY, pieces(), METADATA).publish(None, SHA)
    version = s3.current(KEY)
    assert version
    assert version.body == b"".join(content)


def test_given_the_most_parts_then_they_hold_five_terabytes_and_s3_takes_each() -> None:
    sizes = [part_bytes(number) for number in range(1, 10_001)]
    assert sum(sizes) >= 5 * 1024**4
    assert sizes[0] == PART_BYTES
    assert sizes == sorted(sizes)
    assert all(5 * MIB <= size <= 5 * 1024 * MIB for size in sizes)


def test_given_files_that_take_minutes_then_their_parts_are_of_the_least_size() -> None:
    assert {part_bytes(number) for number in range(1, 1001)} == {PART_BYTES}
    assert part_bytes(1001) == 2 * PART_BYTES


def test_given_more_parts_than_there_are_of_one_size_when_uploaded_then_the_next_are_larger(
    s3: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = 64
    monkeypatch.setattr("sei_export.bucket.parts.PART_BYTES", small)
    content = _content(1000 * small + 5 * 2 * small + 7)
    _upload(s3, content, piece=1000)
    [multipart] = s3.uploads.values()
    parts = [multipart.parts[number] for number in sorted(multipart.parts)]
    assert [len(part) for part in parts] == [small] * 1000 + [2 * small] * 5 + [7]
    assert b"".join(parts) == content


# --- conditions ---


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_an_object_when_it_is_replaced_then_a_new_version_is_current(
    s3: FakeS3, size: int
) -> None:
    s3.add(KEY, b"before")
    _upload(s3, _content(size)).publish(s3.store.head(KEY), SHA)
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
    upload = _upload(s3, content)
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
    with pytest.raises(LostRaceError):
        _upload(s3, _content(size)).publish(None, SHA)


@pytest.mark.parametrize("size", [0, 10, PART_BYTES, 2 * PART_BYTES + 10], ids=str)
def test_given_an_upload_then_its_checksum_is_what_s3_will_have(s3: FakeS3, size: int) -> None:
    upload = _upload(s3, _content(size))
    before = upload.checksum
    stored = upload.publish(None, SHA)
    version = s3.current(KEY)
    assert version
    assert before == stored.checksum == version.checksum


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
    with pytest.raises(error, match=code) as caught:
        _upload(s3, bytes(5 * PART_BYTES + 1))
    assert KEY in caught.value.message
    _assert_nothing_stays(s3)


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_a_refusal_when_published_then_it_is_told_and_discarding_leaves_nothing(
    s3: FakeS3, size: int, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before(f"write {KEY}", raising(failure))
    upload = _upload(s3, _content(size))
    with pytest.raises(error, match=code) as caught:
        upload.publish(None, SHA)
    assert KEY in caught.value.message
    upload.discard()
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

    with pytest.raises(error) as caught:
        s3.store.upload(KEY, pieces(), METADATA)
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
    with pytest.raises(CorruptDownloadError):
        s3.store.upload(KEY, pieces(), METADATA)
    assert ended == ["part", "abort"]


def test_given_an_abort_that_fails_too_then_the_first_error_is_told(s3: FakeS3) -> None:
    s3.before("upload_part", raising(refusal("AccessDenied", 403)))
    s3.before("abort_multipart_upload", raising(refusal("SlowDown", 503)))
    with pytest.raises(StorageError, match="AccessDenied"):
        _upload(s3, bytes(PART_BYTES))


def test_given_a_discarded_upload_when_discarded_again_then_nothing_happens(s3: FakeS3) -> None:
    upload = _upload(s3, bytes(PART_BYTES))
    upload.discard()
    upload.discard()
    assert s3.operations().count("abort_multipart_upload") == 1
    _assert_nothing_stays(s3)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_given_a_published_upload_when_discarded_then_the_object_stays(
    s3: FakeS3, size: int
) -> None:
    upload = _upload(s3, bytes(size))
    upload.publish(None, SHA)
    upload.discard()
    assert s3.current(KEY)
    assert "abort_multipart_upload" not in s3.operations()
