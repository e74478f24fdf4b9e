"""Parts: their sizes, how many are on their way, and what stays of them."""

import hashlib
import threading

import pytest

from sei_export.bucket.multipart import MultipartUpload
from sei_export.bucket.parts import PART_BYTES, PARTS_IN_FLIGHT, Parts, part_bytes
from sei_export.bucket.refusals import LostRaceError, condition_on
from sei_export.errors import ServiceUnavailableError
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import raising, refusal

KEY = "exports/report=productivity/export.csv.gz"
MIB = 1024 * 1024


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def multipart(s3: FakeS3) -> MultipartUpload:
    return MultipartUpload.begin(s3.client, BUCKET, KEY)


def _content(size: int) -> bytes:
    """No two parts of it are equal."""
    return hashlib.shake_128(b"parts").digest(size)


def _sent(s3: FakeS3, multipart: MultipartUpload) -> list[bytes]:
    """What S3 has of it, in order."""
    parts = s3.uploads[multipart.id].parts
    return [parts[number] for number in sorted(parts)]


# --- sizes ---


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
    s3: FakeS3, multipart: MultipartUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = 64
    monkeypatch.setattr("sei_export.bucket.parts.PART_BYTES", small)
    content = _content(1000 * small + 5 * 2 * small + 7)
    parts = Parts(multipart)
    for at in range(0, len(content), 1000):
        parts.write(content[at : at + 1000])
    parts.flush()
    sent = _sent(s3, multipart)
    assert [len(part) for part in sent] == [small] * 1000 + [2 * small] * 5 + [7]
    assert b"".join(sent) == content


@pytest.mark.parametrize("sent", [998, 999, 1000, 1001])
def test_given_parts_that_were_sent_when_gone_on_with_then_the_sizes_go_on_too(
    s3: FakeS3, multipart: MultipartUpload, monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    small = 64
    monkeypatch.setattr("sei_export.bucket.parts.PART_BYTES", small)
    before = [multipart.send(number, b"sent") for number in range(1, sent + 1)]
    parts = Parts(multipart, before)
    parts.write(_content(10 * small))
    parts.flush()
    sizes = [len(part) for part in _sent(s3, multipart)[sent:]]
    whole = [small] * max(1000 - sent, 0) + [2 * small] * 5
    assert sizes[:-1] == whole[: len(sizes) - 1]
    assert sum(sizes) == 10 * small


# --- on their way ---


def test_given_slow_parts_when_uploaded_then_no_more_than_allowed_are_in_flight(
    s3: FakeS3, multipart: MultipartUpload
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

    for number in range(1, PARTS_IN_FLIGHT + 1):
        s3.before("upload_part", held, number)
    parts = Parts(multipart)
    for number in range(1, 2 * PARTS_IN_FLIGHT + 1):
        parts.write(bytes([number]) * PART_BYTES)
        if number > PARTS_IN_FLIGHT and not first_is_through.is_set():
            one_too_many.set()
    parts.flush()
    parts.complete()
    assert not one_too_many.is_set()


def test_given_parts_on_their_way_when_buffers_fill_again_then_each_part_keeps_its_bytes(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    count = 3 * PARTS_IN_FLIGHT + 1
    content = [bytes([number]) * PART_BYTES for number in range(1, count + 1)]
    next_one_filled = threading.Event()
    for number in range(1, PARTS_IN_FLIGHT + 1):
        s3.before("upload_part", lambda: next_one_filled.wait(30), number)
    parts = Parts(multipart)
    for number, part in enumerate(content):
        parts.write(part[:-1])
        if number == PARTS_IN_FLIGHT:
            # All that may be on their way are, and one more is in memory.
            next_one_filled.set()
        parts.write(part[-1:])
    parts.flush()
    parts.complete()
    version = s3.current(KEY)
    assert version
    assert version.body == b"".join(content)


# --- what stays ---


@pytest.mark.parametrize("size", [PART_BYTES, 2 * PART_BYTES + 10], ids=str)
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_given_any_bytes_when_completed_then_the_object_has_them_and_the_checksum(
    s3: FakeS3, multipart: MultipartUpload, kind: type[bytes | bytearray], size: int
) -> None:
    parts = Parts(multipart)
    parts.write(kind(_content(size)))
    parts.flush()
    before = parts.checksum
    parts.complete()
    version = s3.current(KEY)
    assert version
    assert version.body == _content(size)
    assert before == parts.checksum == version.checksum


def test_given_a_rest_when_kept_then_only_full_parts_are_sent(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    parts = Parts(multipart)
    parts.write(_content(2 * PART_BYTES + 7))
    assert parts.keep() == 2
    # The rest is forgotten.
    parts.flush()
    assert b"".join(_sent(s3, multipart)) == _content(2 * PART_BYTES)


def test_given_parts_that_were_sent_when_gone_on_with_then_the_next_ones_follow(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    content = _content(3 * PART_BYTES + 7)
    sent = [
        multipart.send(1, content[:PART_BYTES]),
        multipart.send(2, content[PART_BYTES : 2 * PART_BYTES]),
    ]
    parts = Parts(multipart, sent)
    parts.write(content[2 * PART_BYTES :])
    parts.flush()
    parts.complete()
    version = s3.current(KEY)
    assert version
    assert version.body == content
    assert version.checksum == parts.checksum
    assert s3.operations().count("upload_part") == 4


def test_given_a_part_on_its_way_when_abandoned_then_it_has_ended_and_stays(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    begun, abandoning = threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        abandoning.wait(30)

    s3.before("upload_part", held)
    parts = Parts(multipart)
    parts.write(_content(PART_BYTES + 7))
    assert begun.wait(30)
    abandoning.set()
    parts.abandon()
    assert _sent(s3, multipart) == [_content(PART_BYTES)]
    # The rest is forgotten.
    parts.flush()
    assert s3.operations().count("upload_part") == 1
    assert "abort_multipart_upload" not in s3.operations()


def test_given_a_key_that_is_filled_when_completed_on_condition_then_the_race_is_lost(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    theirs = s3.add(KEY, b"theirs")
    parts = Parts(multipart)
    parts.write(_content(PART_BYTES))
    parts.flush()
    with pytest.raises(LostRaceError):
        parts.complete(condition_on(None), "publishing")
    assert s3.current(KEY) == theirs
    parts.complete()
    assert len(s3.versions[KEY]) == 2


def test_given_a_refusal_when_completed_then_it_is_told_where(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    parts = Parts(multipart)
    parts.write(b"all")
    parts.flush()
    s3.before("complete_multipart_upload", raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError, match=f"when completing s3://{BUCKET}/{KEY}"):
        parts.complete()


@pytest.mark.parametrize("call", [1, PARTS_IN_FLIGHT + 2])
def test_given_a_part_that_is_refused_then_it_is_told_at_the_latest_at_the_end(
    s3: FakeS3, multipart: MultipartUpload, call: int
) -> None:
    s3.before("upload_part", raising(refusal("SlowDown", 503)), call)
    parts = Parts(multipart)

    def send() -> None:
        parts.write(bytes(5 * PART_BYTES))
        parts.flush()

    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        send()
    parts.abandon()
    assert multipart.id in s3.uploads
