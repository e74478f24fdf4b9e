"""Tickets that cannot be written, and what else they count than corruptions."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.download.staging import Staging, Stored
from sei_export.download.ticket import Left
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import FAILURES, SILENT, raising, refusal
from tests.fakes.slow_line import BODY_KEY, FOLDER, GZ, TICKET_KEY, Slow, unfinished

ETAG = '"abc"'
TOTAL = 12 * PART_BYTES
NOTHING = Left(None, 0, None)


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def staging(s3: FakeS3) -> Staging:
    return s3.staging(FOLDER)


def _leave_nothing(_: FakeS3, staging: Staging) -> Left:
    return staging.left()


def _leave_a_count(s3: FakeS3, staging: Staging) -> Left:
    s3.add(TICKET_KEY, b'{"corruptions": 1}')
    return staging.left()


def _leave_a_ticket(_: FakeS3, staging: Staging) -> Left:
    staging.begin('"old"', 7, NOTHING)
    return staging.left()


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("leave", [_leave_nothing, _leave_a_count, _leave_a_ticket])
def test_given_a_ticket_that_cannot_be_written_then_its_upload_is_aborted(
    s3: FakeS3,
    staging: Staging,
    leave: Callable[[FakeS3, Staging], Left],
    failure: Exception,
    error: type[SeiExportError],
    code: str,
) -> None:
    left = leave(s3, staging)
    before = set(s3.uploads)
    writes = s3.calls.count(("put_object", TICKET_KEY))
    s3.before(f"write {TICKET_KEY}", raising(failure), writes + 1)
    with pytest.raises(error, match=code) as caught:
        staging.begin(ETAG, TOTAL, left)
    assert f"writing s3://{BUCKET}/{TICKET_KEY}" in caught.value.message
    assert set(s3.uploads) == before
    assert s3.calls[-1] == ("abort_multipart_upload", BODY_KEY)
    assert staging.left() == left


def test_given_a_twins_ticket_that_cannot_be_read_then_ones_own_upload_is_aborted(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(TICKET_KEY, b'{"uploadId": "theirs", "validator": "b", "totalBytes": 1}')
    s3.before("get_object", raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError, match=f"reading .*{TICKET_KEY}"):
        staging.begin(ETAG, TOTAL, NOTHING)
    assert s3.uploads == {}


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_an_upload_that_cannot_be_aborted_either_then_it_is_told_of_the_ticket(
    s3: FakeS3, staging: Staging, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    s3.before(f"write {TICKET_KEY}", raising(failure))
    s3.before("abort_multipart_upload", raising(refusal("NotImplemented", 501)))
    with pytest.raises(error, match=code) as caught:
        staging.begin(ETAG, TOTAL, NOTHING)
    assert f"writing s3://{BUCKET}/{TICKET_KEY}" in caught.value.message


@pytest.mark.parametrize("written", [False, True], ids=["refused", "written, the answer lost"])
def test_given_a_ticket_that_may_be_there_when_gone_on_with_then_it_is_begun_anew(
    slow: Slow, *, written: bool
) -> None:
    if written:
        slow.s3.after_writing(TICKET_KEY, raising(SILENT))
    else:
        slow.s3.before(f"write {TICKET_KEY}", raising(SILENT))
    with pytest.raises(ServiceUnavailableError, match="ReadTimeoutError"):
        slow.land()
    assert slow.s3.uploads == {}
    assert (slow.s3.current(TICKET_KEY) is not None) is written
    assert slow.land() == unfinished(PART_BYTES, len(GZ))
    assert slow.land()["finished"] is False
    assert slow.starts == [0, 0, PART_BYTES]


def test_given_a_fast_start_when_the_ticket_cannot_be_written_then_no_upload_is_left(
    slow: Slow,
) -> None:
    # Begun directly and then too slow: the ticket is written at the end of the invocation.
    slow.pace = lambda at: 10 * PART_BYTES if at < PART_BYTES else PART_BYTES / 32
    slow.s3.before(f"write {TICKET_KEY}", raising(refusal("AccessDenied", 403)))
    with pytest.raises(StorageError, match=f"AccessDenied when writing .*{TICKET_KEY}"):
        slow.land()
    assert slow.s3.uploads == {}


@pytest.mark.parametrize("changes", ['"2"', "null", "[]"])
def test_given_no_number_of_changes_then_there_were_none(
    s3: FakeS3, staging: Staging, changes: str
) -> None:
    version = s3.add(TICKET_KEY, f'{{"corruptions": 1, "changes": {changes}}}'.encode())
    assert staging.left() == Left(None, 1, version.etag, 0)


def test_changes_are_counted_apart_from_corruptions_and_kept_with_a_ticket(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(TICKET_KEY, b'{"corruptions": 1, "changes": 1}')
    staging.discard(staging.left(), changed=True)
    left = staging.left()
    assert (left.ticket, left.corruptions, left.changes) == (None, 1, 2)
    ticket = staging.begin(ETAG, TOTAL, left)
    left = staging.left()
    assert (left.ticket, left.corruptions, left.changes) == (ticket, 1, 2)
    staging.discard(left)
    left = staging.left()
    assert (left.ticket, left.corruptions, left.changes) == (None, 2, 2)
    assert s3.uploads == {}


def test_given_twins_who_see_the_same_change_when_both_discard_then_it_counts_once(
    s3: FakeS3, staging: Staging
) -> None:
    staging.begin(ETAG, TOTAL, NOTHING)
    left = staging.left()
    staging.discard(left, changed=True)
    staging.discard(left, changed=True)
    assert s3.documents.read_json(TICKET_KEY).content == {"corruptions": 0, "changes": 1}


def test_given_all_parts_when_completed_then_the_ticket_tells_the_checksum_of_the_whole(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(TICKET_KEY, b'{"corruptions": 1, "changes": 1}')
    ticket = staging.begin(ETAG, 3, staging.left())
    parts = staging.parts(ticket, Stored((), 0))
    parts.write(b"abc")
    parts.flush()
    staging.complete(ticket, parts, staging.left())
    whole = s3.store.head(BODY_KEY)
    assert whole
    assert whole.checksum
    left = staging.left()
    assert left.ticket == replace(ticket, checksum=whole.checksum)
    assert (left.corruptions, left.changes) == (1, 1)


def test_given_a_twin_that_has_begun_anew_when_completed_late_then_its_ticket_stays(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, 3, NOTHING)
    left = staging.left()
    parts = staging.parts(ticket, Stored((), 0))
    parts.write(b"abc")
    parts.flush()
    staging.discard(left)
    anew = staging.begin(ETAG, 3, staging.left())
    with pytest.raises(ServiceUnavailableError, match="NoSuchUpload"):
        staging.complete(ticket, parts, left)
    assert staging.left().ticket == anew
    assert s3.current(BODY_KEY) is None
