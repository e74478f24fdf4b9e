"""S3's calls of one multipart upload."""

import zlib
from collections.abc import Callable

import pytest

from sei_export.bucket.multipart import MultipartUpload, crc32
from sei_export.bucket.refusals import LostRaceError, condition_on
from sei_export.bucket.stored import Written
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import FAILURES, raising, refusal

KEY = "staging/report=productivity/body"
URL = f"s3://{BUCKET}/{KEY}"


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def multipart(s3: FakeS3) -> MultipartUpload:
    return MultipartUpload.begin(s3.client, BUCKET, KEY)


def test_a_checksum_is_the_crc32_in_network_order_and_base64() -> None:
    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert crc32(b"123456789") == crc32(bytearray(b"123456789")) == "y/Q5Jg=="


def test_given_a_description_when_begun_then_s3_keeps_it_with_the_object(s3: FakeS3) -> None:
    metadata = {"export-id": "exp_1"}
    multipart = MultipartUpload.begin(
        s3.client, BUCKET, KEY, ContentType="text/csv", Metadata=metadata
    )
    upload = s3.uploads[multipart.id]
    assert (upload.key, upload.content_type, upload.metadata) == (KEY, "text/csv", metadata)
    assert multipart.url == URL


def test_given_a_part_when_sent_again_then_the_last_one_counts(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    multipart.send(1, b"first")
    part = multipart.send(1, bytearray(b"second"))
    assert s3.uploads[multipart.id].parts == {1: b"second"}
    assert (part["PartNumber"], part["ChecksumCRC32"]) == (1, crc32(b"second"))
    multipart.complete([part], {}, "completing")
    version = s3.current(KEY)
    assert version
    assert version.body == b"second"


def test_given_parts_when_completed_then_the_version_is_told(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    s3.add(KEY, b"before")
    written = multipart.complete([multipart.send(1, b"abc")], {}, "completing")
    version = s3.current(KEY)
    assert version
    assert written == Written(version.id, version.etag)
    assert s3.uploads == {}


def test_given_a_key_that_is_filled_when_completed_on_condition_then_parts_stay(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    theirs = s3.add(KEY, b"theirs")
    part = multipart.send(1, b"abc")
    with pytest.raises(LostRaceError):
        multipart.complete([part], condition_on(None), "publishing")
    assert s3.current(KEY) == theirs
    multipart.complete([part], condition_on(theirs.etag), "publishing")
    assert len(s3.versions[KEY]) == 2


def test_given_parts_when_aborted_then_nothing_is_left(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    multipart.send(1, b"abc")
    multipart.abort()
    assert s3.uploads == {}
    assert s3.current(KEY) is None


@pytest.mark.parametrize("step", ["abort", "complete"])
def test_given_an_upload_that_is_gone_when_aborted_then_that_is_as_good(
    s3: FakeS3, multipart: MultipartUpload, step: str
) -> None:
    part = multipart.send(1, b"abc")
    if step == "abort":
        multipart.abort()
    else:
        multipart.complete([part], {}, "completing")
    multipart.abort()
    assert s3.uploads == {}


def test_given_an_upload_that_is_gone_when_completed_then_another_try_is_worth_it(
    multipart: MultipartUpload,
) -> None:
    part = multipart.send(1, b"abc")
    multipart.abort()
    with pytest.raises(ServiceUnavailableError, match="NoSuchUpload"):
        multipart.complete([part], {}, "completing")


STEPS: dict[str, tuple[str, Callable[[MultipartUpload], object]]] = {
    "sending part 7 of": ("upload_part", lambda it: it.send(7, b"abc")),
    "publishing": ("complete_multipart_upload", lambda it: it.complete([], {}, "publishing")),
    "aborting": ("abort_multipart_upload", lambda it: it.abort()),
}


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("step", STEPS)
def test_given_a_refusal_at_any_call_then_it_is_told_where(
    s3: FakeS3,
    multipart: MultipartUpload,
    step: str,
    failure: Exception,
    error: type[SeiExportError],
    code: str,
) -> None:
    operation, call = STEPS[step]
    s3.before(operation, raising(failure))
    with pytest.raises(error, match=code) as caught:
        call(multipart)
    assert f"{step} {URL}" in caught.value.message


def test_given_a_refusal_when_begun_then_it_is_told_where(s3: FakeS3) -> None:
    s3.before("create_multipart_upload", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match=f"AccessDenied when beginning {URL}"):
        MultipartUpload.begin(s3.client, BUCKET, KEY)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        pytest.param(refusal("PreconditionFailed", 412), StorageError, id="412"),
        pytest.param(refusal("ConditionalRequestConflict", 409), ServiceUnavailableError, id="409"),
    ],
)
def test_given_no_condition_when_a_race_is_said_to_be_lost_then_it_is_an_error_with_a_name(
    s3: FakeS3, multipart: MultipartUpload, failure: Exception, error: type[SeiExportError]
) -> None:
    part = multipart.send(1, b"all")
    s3.before("complete_multipart_upload", raising(failure))
    with pytest.raises(SeiExportError) as caught:
        multipart.complete([part], {}, "completing")
    assert type(caught.value) is error


def test_given_a_part_that_arrives_damaged_then_another_try_is_worth_it(
    s3: FakeS3, multipart: MultipartUpload
) -> None:
    s3.before("upload_part", raising(refusal("BadDigest", 400)))
    with pytest.raises(ServiceUnavailableError, match=r"sending part 1 .*\(BadDigest\)"):
        multipart.send(1, b"all")
