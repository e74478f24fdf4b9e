"""Staging: what one invocation leaves in the bucket for the next."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import pytest

from sei_export.bucket.multipart import crc32
from sei_export.bucket.parts import PART_BYTES, Parts
from sei_export.download.staging import Staging, Stored
from sei_export.download.ticket import Left, Ticket
from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from tests.fakes.s3 import BUCKET, FakeS3
from tests.fakes.s3_failures import FAILURES, SILENT, raising, refusal

FOLDER = "staging/report=productivity/export=exp_1/"
ETAG = '"abc"'
# By the SHA-256 of the validator.
BODY_KEY = f"{FOLDER}body-6cc43f858fbb7633"
TICKET_KEY = f"{FOLDER}ticket.json"
TOTAL = 12 * PART_BYTES
NOTHING = Left(None, 0, None)
REST = 1000
"""Bytes of a last part."""


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def staging(s3: FakeS3) -> Staging:
    return s3.staging(FOLDER)


@cache
def _part(number: int, size: int = PART_BYTES) -> bytes:
    return bytes([number]) * size


def _put(s3: FakeS3, ticket: Ticket, sizes: Mapping[int, int]) -> None:
    """As if they had arrived: by number, how long each part is."""
    for number, size in sizes.items():
        s3.uploads[ticket.upload_id].parts[number] = _part(number, size)


def _parts(staging: Staging, ticket: Ticket) -> Parts:
    """Those still to send, after the ones that S3 has now."""
    stored = staging.stored(ticket)
    assert stored
    return staging.parts(ticket, stored)


def _complete(s3: FakeS3, staging: Staging, ticket: Ticket, size: int = REST) -> None:
    """As if all of it had arrived, in one part."""
    _put(s3, ticket, {1: size})
    _parts(staging, ticket).complete()


def _numbers(stored: Stored | None) -> Sequence[int]:
    assert stored
    return [part["PartNumber"] for part in stored.parts]


# --- the ticket ---


def test_given_an_empty_folder_then_nothing_was_left(staging: Staging) -> None:
    assert staging.left() == NOTHING
    assert not staging.is_whole(Ticket("any", ETAG, 0))


@pytest.mark.parametrize("total", [0, 3 * PART_BYTES])
def test_given_a_staging_that_was_begun_then_another_invocation_finds_its_ticket(
    s3: FakeS3, staging: Staging, total: int
) -> None:
    ticket = staging.begin(ETAG, total, NOTHING)
    left = s3.staging(FOLDER).left()
    version = s3.current(TICKET_KEY)
    assert version
    assert left == Left(ticket, 0, version.etag)
    assert (ticket.validator, ticket.total) == (ETAG, total)
    assert list(s3.uploads) == [ticket.upload_id]
    # No ticket without an upload: what a crash in between leaves is aborted by the bucket itself.
    # And nothing is deleted, since a twin may be using it.
    assert s3.calls[:2] == [("create_multipart_upload", BODY_KEY), ("put_object", TICKET_KEY)]


def test_given_a_ticket_then_it_holds_no_more_than_it_needs(s3: FakeS3, staging: Staging) -> None:
    ticket = staging.begin(ETAG, 5, NOTHING)
    assert s3.documents.read_json(TICKET_KEY).content == {
        "uploadId": ticket.upload_id,
        "validator": ETAG,
        "totalBytes": 5,
        "corruptions": 0,
    }


def test_given_two_exports_then_neither_sees_what_the_other_has(
    s3: FakeS3, staging: Staging
) -> None:
    other = s3.staging("staging/report=productivity/export=exp_2/")
    ticket = other.begin(ETAG, REST, NOTHING)
    _complete(s3, other, ticket)
    assert staging.left() == NOTHING
    assert not staging.is_whole(ticket)
    staging.discard(Left(ticket, 0, None))
    assert other.left().ticket == ticket
    assert other.is_whole(ticket)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"uploadId": "u", "valid', id="cut"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"validator": "a", "totalBytes": 1}', id="no upload"),
        pytest.param(b'{"uploadId": "u", "totalBytes": 1}', id="no validator"),
        pytest.param(b'{"uploadId": 1, "validator": "a", "totalBytes": 1}', id="a number"),
        pytest.param(b'{"uploadId": "u", "validator": null, "totalBytes": 1}', id="null"),
        pytest.param(b'{"uploadId": "u", "validator": "a", "totalBytes": "12"}', id="a text"),
        pytest.param(b'{"uploadId": "u", "validator": "a", "totalBytes": null}', id="no total"),
        pytest.param(b'{"corruptions": "2"}', id="a count that is a text"),
        pytest.param(b'{"corruptions": null}', id="a count that is null"),
    ],
)
def test_given_something_else_in_its_place_then_it_is_no_ticket_and_can_be_replaced(
    s3: FakeS3, staging: Staging, content: bytes
) -> None:
    version = s3.add(TICKET_KEY, content)
    left = staging.left()
    assert left == Left(None, 0, version.etag)
    ticket = staging.begin(ETAG, TOTAL, left)
    assert staging.left().ticket == ticket


@pytest.mark.parametrize("ticket", ["", '"uploadId": "u", "validator": "a", "totalBytes": 1, '])
def test_given_a_count_of_corruptions_then_it_is_found_and_a_new_ticket_has_it(
    s3: FakeS3, staging: Staging, ticket: str
) -> None:
    s3.add(TICKET_KEY, f'{{{ticket}"corruptions": 2}}'.encode())
    left = staging.left()
    assert left.corruptions == 2
    assert bool(left.ticket) == bool(ticket)
    begun = staging.begin(ETAG, TOTAL, left)
    assert (staging.left().ticket, staging.left().corruptions) == (begun, 2)


def test_given_files_with_two_names_then_their_bodies_are_two_objects(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, REST, NOTHING)
    other = staging.begin('"def"', REST, staging.left())
    _complete(s3, staging, ticket)
    assert staging.is_whole(ticket)
    assert not staging.is_whole(other)
    _complete(s3, staging, other)
    assert len([key for key in s3.versions if key.startswith(f"{FOLDER}body-")]) == 2
    staging.discard(staging.left())
    assert staging.is_whole(ticket)
    assert not staging.is_whole(other)


@pytest.mark.parametrize("size", [REST - 1, REST + 1, 0])
def test_given_a_body_of_another_size_then_it_is_not_whole(
    s3: FakeS3, staging: Staging, size: int
) -> None:
    ticket = staging.begin(ETAG, REST, NOTHING)
    s3.add(BODY_KEY, bytes(size))
    assert not staging.is_whole(ticket)
    _complete(s3, staging, ticket)
    assert staging.is_whole(ticket)


# --- twins who begin ---


def _leave_nothing(_: FakeS3, staging: Staging) -> Left:
    return staging.left()


def _leave_a_count(s3: FakeS3, staging: Staging) -> Left:
    s3.add(TICKET_KEY, b'{"corruptions": 1}')
    return staging.left()


def _leave_a_ticket(_: FakeS3, staging: Staging) -> Left:
    staging.begin('"old"', 7, NOTHING)
    return staging.left()


LEAVE = [_leave_nothing, _leave_a_count, _leave_a_ticket]


@pytest.mark.parametrize("leave", LEAVE)
def test_given_a_twin_who_is_quicker_when_begun_then_both_have_one_upload(
    s3: FakeS3, staging: Staging, leave: Callable[[FakeS3, Staging], Left]
) -> None:
    left = leave(s3, staging)
    before = set(s3.uploads)
    twins = s3.staging(FOLDER).begin(ETAG, TOTAL, left)
    assert staging.begin(ETAG, TOTAL, left) == twins
    assert set(s3.uploads) - before == {twins.upload_id}
    assert staging.left().ticket == twins
    assert staging.left().corruptions == left.corruptions


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize(
    ("validator", "total"), [('"def"', TOTAL), (ETAG, TOTAL + 1)], ids=["name", "length"]
)
def test_given_a_twin_with_another_file_when_begun_then_it_waits_and_leaves_nothing(
    s3: FakeS3,
    staging: Staging,
    leave: Callable[[FakeS3, Staging], Left],
    validator: str,
    total: int,
) -> None:
    left = leave(s3, staging)
    before = set(s3.uploads)
    twins = s3.staging(FOLDER).begin(validator, total, left)
    with pytest.raises(ServiceUnavailableError, match="Another execution") as caught:
        staging.begin(ETAG, TOTAL, left)
    assert "when that one has ended" in caught.value.remedy
    assert set(s3.uploads) - before == {twins.upload_id}
    assert staging.left().ticket == twins


def test_given_a_twin_who_has_discarded_meanwhile_when_begun_then_it_waits(
    s3: FakeS3, staging: Staging
) -> None:
    left = staging.left()
    staging.begin(ETAG, TOTAL, left)
    staging.discard(staging.left())
    with pytest.raises(ServiceUnavailableError, match="Another execution"):
        staging.begin(ETAG, TOTAL, left)
    assert s3.uploads == {}
    assert staging.left().corruptions == 1


def test_given_a_ticket_that_has_expired_meanwhile_when_begun_then_it_waits(
    s3: FakeS3, staging: Staging
) -> None:
    staging.begin(ETAG, TOTAL, NOTHING)
    left = staging.left()
    s3.delete(TICKET_KEY)
    s3.uploads.clear()
    with pytest.raises(ServiceUnavailableError, match="Another execution is downloading"):
        staging.begin(ETAG, TOTAL, left)
    assert s3.uploads == {}
    assert staging.begin(ETAG, TOTAL, staging.left()) == staging.left().ticket


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_given_a_quicker_twin_when_ones_own_upload_stays_then_it_is_told_where(
    s3: FakeS3, staging: Staging, failure: Exception, error: type[SeiExportError], code: str
) -> None:
    left = staging.left()
    staging.begin(ETAG, TOTAL, left)
    s3.before("abort_multipart_upload", raising(failure))
    with pytest.raises(error, match=rf"{code}.*aborting|aborting.*{code}") as caught:
        staging.begin(ETAG, TOTAL, left)
    assert BODY_KEY in caught.value.message


def test_given_a_lost_answer_of_s3_when_begun_then_its_ticket_has_an_upload(
    s3: FakeS3, staging: Staging
) -> None:
    # The SDK tries again, and the condition does not hold any more.
    s3.after_writing(TICKET_KEY, raising(refusal("PreconditionFailed", 412)))
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    assert ticket.upload_id in s3.uploads
    assert staging.left().ticket == ticket


# --- the parts ---


@pytest.mark.parametrize(
    ("sizes", "total", "kept"),
    [
        pytest.param({}, 9 * PART_BYTES, 0, id="none"),
        pytest.param({1: PART_BYTES}, 9 * PART_BYTES, 1, id="one"),
        pytest.param(dict.fromkeys(range(1, 6), PART_BYTES), 9 * PART_BYTES, 5, id="three pages"),
        pytest.param({2: PART_BYTES, 3: PART_BYTES}, 9 * PART_BYTES, 0, id="the first is missing"),
        pytest.param({1: PART_BYTES, 3: PART_BYTES}, 9 * PART_BYTES, 1, id="the second is"),
        pytest.param(
            {1: PART_BYTES, 2: PART_BYTES, 4: PART_BYTES, 5: PART_BYTES},
            9 * PART_BYTES,
            2,
            id="a gap between pages",
        ),
        pytest.param({1: PART_BYTES, 2: REST, 3: PART_BYTES}, 9 * PART_BYTES, 1, id="short inside"),
        pytest.param({1: PART_BYTES, 2: PART_BYTES - 1}, 9 * PART_BYTES, 1, id="a byte less"),
        pytest.param({1: PART_BYTES, 2: PART_BYTES + 1}, 9 * PART_BYTES, 1, id="a byte more"),
        pytest.param({1: PART_BYTES, 2: REST}, PART_BYTES + REST, 2, id="the last is short"),
        pytest.param({1: PART_BYTES, 2: REST}, PART_BYTES + REST + 1, 1, id="shorter than last"),
        pytest.param({1: REST}, REST, 1, id="the only one is short"),
        pytest.param({1: PART_BYTES, 3: REST}, PART_BYTES + REST, 1, id="the last after a gap"),
    ],
)
def test_given_any_parts_then_those_before_the_first_gap_count(
    s3: FakeS3, staging: Staging, sizes: dict[int, int], total: int, kept: int
) -> None:
    ticket = staging.begin(ETAG, total, NOTHING)
    _put(s3, ticket, sizes)
    stored = staging.stored(ticket)
    assert stored
    assert _numbers(stored) == list(range(1, kept + 1))
    assert stored.size == sum(sizes[number] for number in range(1, kept + 1))
    # And they are those of the ticket's upload.
    assert [part["ChecksumCRC32"] for part in stored.parts] == [
        crc32(_part(number, sizes[number])) for number in range(1, kept + 1)
    ]


@pytest.mark.parametrize(
    ("count", "thousand_and_first", "kept"),
    [(1003, 128, 1003), (1003, 64, 1000), (999, 128, 999)],
    ids=["doubled", "not doubled", "not reached"],
)
def test_given_more_parts_than_there_are_of_one_size_then_the_next_ones_are_larger(
    s3: FakeS3,
    staging: Staging,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    thousand_and_first: int,
    kept: int,
) -> None:
    monkeypatch.setattr("sei_export.bucket.parts.PART_BYTES", 64)
    ticket = staging.begin(ETAG, 10**6, NOTHING)
    parts = s3.uploads[ticket.upload_id].parts
    parts.update({number: bytes(64) for number in range(1, min(count, 1000) + 1)})
    parts.update({number: bytes(thousand_and_first) for number in range(1001, count + 1)})
    assert len(_numbers(staging.stored(ticket))) == kept


def test_given_an_upload_that_is_gone_then_nothing_is_stored(s3: FakeS3, staging: Staging) -> None:
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    del s3.uploads[ticket.upload_id]
    assert staging.stored(ticket) is None


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param({}, id="none"),
        pytest.param({1: PART_BYTES, 2: PART_BYTES}, id="some"),
        pytest.param({1: PART_BYTES, 3: PART_BYTES}, id="with a gap"),
        pytest.param({1: PART_BYTES, 2: REST}, id="with a short one"),
    ],
)
def test_given_parts_when_gone_on_with_then_all_make_one_body(
    s3: FakeS3, staging: Staging, sizes: dict[int, int]
) -> None:
    content = b"".join(_part(number) for number in (1, 2, 3)) + _part(4, REST)
    ticket = staging.begin(ETAG, len(content), NOTHING)
    _put(s3, ticket, sizes)
    stored = staging.stored(ticket)
    assert stored
    sent_before = s3.operations().count("upload_part")
    parts = staging.parts(ticket, stored)
    parts.write(content[stored.size :])
    parts.flush()
    assert s3.current(BODY_KEY) is None
    parts.complete()
    version = s3.current(BODY_KEY)
    assert version
    assert version.body == content
    assert version.checksum == parts.checksum
    assert s3.operations().count("upload_part") - sent_before == 4 - len(stored.parts)
    assert staging.is_whole(ticket)
    assert s3.uploads == {}


def test_given_parts_not_all_of_them_full_when_kept_then_only_full_ones_are_there(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, 9 * PART_BYTES, NOTHING)
    stored = staging.stored(ticket)
    assert stored
    parts = staging.parts(ticket, stored)
    parts.write(_part(1) + _part(2) + _part(3, REST))
    assert parts.keep() == 2
    assert s3.uploads[ticket.upload_id].parts == {1: _part(1), 2: _part(2)}
    # Safe after that, and it takes nothing back.
    parts.abandon()
    assert _numbers(staging.stored(ticket)) == [1, 2]


def test_given_an_upload_that_is_abandoned_then_it_stays_for_another_invocation(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, 9 * PART_BYTES, NOTHING)
    stored = staging.stored(ticket)
    assert stored
    parts = staging.parts(ticket, stored)
    parts.write(_part(1))
    parts.keep()
    parts.write(_part(2, REST))
    parts.abandon()
    assert "abort_multipart_upload" not in s3.operations()
    assert _numbers(staging.stored(ticket)) == [1]


def test_given_a_body_completed_by_a_twin_then_completing_is_worth_another_try(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, REST, NOTHING)
    _put(s3, ticket, {1: REST})
    stored = staging.stored(ticket)
    assert stored
    staging.parts(ticket, stored).complete()
    with pytest.raises(ServiceUnavailableError, match="NoSuchUpload"):
        staging.parts(ticket, stored).complete()
    assert staging.is_whole(ticket)


def test_given_new_etags_each_time_when_a_twin_sends_a_part_again_then_try_again(
    s3: FakeS3, staging: Staging
) -> None:
    s3.new_part_etags = True
    ticket = staging.begin(ETAG, PART_BYTES + REST, NOTHING)
    first = _parts(staging, ticket)
    first.write(_part(1) + _part(2, REST))
    first.flush()
    twin = staging.parts(ticket, Stored((), 0))
    twin.write(_part(1))
    assert twin.keep() == 1
    with pytest.raises(ServiceUnavailableError, match="InvalidPart"):
        first.complete()
    assert not staging.is_whole(ticket)
    _parts(staging, ticket).complete()
    assert staging.is_whole(ticket)
    assert s3.uploads == {}


# --- the body ---

NAMED = Ticket("any", ETAG, 10, crc32(b"0123456789"))


def _read(staging: Staging, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    with staging.open(NAMED, headers) as response:
        pieces = iter(lambda: response.raw.read(4, decode_content=False), b"")
        return response.status_code, response.headers, b"".join(pieces)


def test_given_a_body_when_opened_then_it_is_answered_as_a_server_would(
    s3: FakeS3, staging: Staging
) -> None:
    version = s3.add(BODY_KEY, b"0123456789")
    status, headers, content = _read(staging, {})
    assert (status, content) == (200, b"0123456789")
    assert headers["content-length"] == "10"
    assert headers["accept-ranges"] == "bytes"
    assert headers["etag"] == f'"{version.etag}"'


def test_given_a_body_when_opened_in_the_middle_then_it_goes_on_from_there(
    s3: FakeS3, staging: Staging
) -> None:
    version = s3.add(BODY_KEY, b"0123456789")
    asked = {"Range": "bytes=7-", "If-Range": f'"{version.etag}"'}
    status, headers, content = _read(staging, asked)
    assert (status, content) == (206, b"789")
    assert headers["content-range"] == "bytes 7-9/10"


def test_given_another_body_when_opened_in_the_middle_then_it_is_refused(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(BODY_KEY, b"0123456789")
    with pytest.raises(StorageError, match="PreconditionFailed"):
        _read(staging, {"Range": "bytes=7-", "If-Range": '"other"'})


def test_given_no_body_when_opened_then_it_is_an_error_with_its_name(staging: Staging) -> None:
    with pytest.raises(StorageError, match=f"NoSuchKey.*{BODY_KEY}"):
        _read(staging, {})


def test_given_a_body_that_breaks_off_then_it_is_what_a_connection_raises(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(BODY_KEY, b"0123456789")
    s3.before("read_body", raising(SILENT))
    with pytest.raises(OSError, match="ReadTimeoutError"):
        _read(staging, {})
    assert s3.opened[-1].closed


@pytest.mark.parametrize("read", [0, 4, 10, 11])
def test_given_a_body_then_it_is_closed_however_much_of_it_was_read(
    s3: FakeS3, staging: Staging, read: int
) -> None:
    def closed() -> list[bool]:
        return [body.closed for body in s3.opened]

    s3.add(BODY_KEY, b"0123456789")
    with staging.open(NAMED, {}) as response:
        assert len(response.raw.read(read, decode_content=False)) == min(read, 10)
        assert closed() == [False]
    # Its connection goes back to the pool, which has few.
    assert closed() == [True]
    with pytest.raises(ZeroDivisionError), staging.open(NAMED, {}):
        raise ZeroDivisionError
    assert closed() == [True, True]


# --- forgetting ---


def _begun(s3: FakeS3, ticket: Ticket) -> None:
    _put(s3, ticket, {1: PART_BYTES})


def _whole(s3: FakeS3, ticket: Ticket) -> None:
    del s3.uploads[ticket.upload_id]
    s3.add(BODY_KEY, b"abc")


def _both(s3: FakeS3, ticket: Ticket) -> None:
    _begun(s3, ticket)
    s3.add(BODY_KEY, b"abc")


def _neither(s3: FakeS3, ticket: Ticket) -> None:
    del s3.uploads[ticket.upload_id]


def _assert_only_a_count_is_left(s3: FakeS3, count: int) -> None:
    assert s3.uploads == {}
    assert list(s3.versions) == [TICKET_KEY]
    assert s3.documents.read_json(TICKET_KEY).content == {"corruptions": count}


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("state", [_begun, _whole, _both, _neither])
def test_given_any_state_when_discarded_then_only_a_count_is_left_written_last(
    s3: FakeS3, staging: Staging, state: Callable[[FakeS3, Ticket], None], count: int
) -> None:
    ticket = staging.begin(ETAG, TOTAL, Left(None, count, None))
    state(s3, ticket)
    staging.discard(staging.left())
    assert s3.calls[-1] == ("put_object", TICKET_KEY)
    _assert_only_a_count_is_left(s3, count + 1)
    assert staging.left().ticket is None
    staging.discard(staging.left())
    _assert_only_a_count_is_left(s3, count + 2)


def test_given_twins_with_the_same_corruption_when_both_discard_then_it_counts_once(
    s3: FakeS3, staging: Staging
) -> None:
    staging.begin(ETAG, TOTAL, NOTHING)
    left = staging.left()
    staging.discard(left)
    staging.discard(left)
    _assert_only_a_count_is_left(s3, 1)


def test_given_a_twin_who_has_begun_anew_when_discarded_late_then_its_ticket_stays(
    staging: Staging,
) -> None:
    staging.begin(ETAG, TOTAL, NOTHING)
    left = staging.left()
    staging.discard(left)
    ticket = staging.begin(ETAG, TOTAL, staging.left())
    staging.discard(left)
    assert staging.left().ticket == ticket


@pytest.mark.parametrize(
    ("operation", "call", "told"),
    [
        pytest.param("delete_object", 1, f"deleting .*{BODY_KEY}", id="body"),
        pytest.param("abort_multipart_upload", 1, f"aborting .*{BODY_KEY}", id="upload"),
        # The first writing is that of beginning.
        pytest.param(f"write {TICKET_KEY}", 2, f"writing .*{TICKET_KEY}", id="count"),
    ],
)
def test_given_a_refusal_when_discarded_then_it_can_be_repeated(
    s3: FakeS3, staging: Staging, operation: str, call: int, told: str
) -> None:
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    _both(s3, ticket)
    left = staging.left()
    s3.before(operation, raising(refusal("AccessDenied", 403)), call)
    with pytest.raises(StorageError, match=told):
        staging.discard(left)
    assert staging.left() == left
    staging.discard(left)
    _assert_only_a_count_is_left(s3, 1)


# --- refusals ---


def _send(staging: Staging, ticket: Ticket) -> None:
    parts = _parts(staging, ticket)
    parts.write(_part(2))
    parts.keep()


def _discard(staging: Staging, ticket: Ticket) -> None:
    staging.discard(Left(ticket, 0, None))


def _begin(staging: Staging, _: Ticket) -> None:
    staging.begin(ETAG, TOTAL, staging.left())


type Action = Callable[[Staging, Ticket], object]

STEPS: dict[str, tuple[str, int, str, Action]] = {
    "left": ("get_object", 1, "reading", lambda staging, _: staging.left()),
    "begin, the upload": ("create_multipart_upload", 2, "beginning", _begin),
    "begin, the ticket": (f"write {TICKET_KEY}", 2, "writing", _begin),
    "is whole": ("head_object", 1, "reading the state of", lambda it, ticket: it.is_whole(ticket)),
    "stored": ("list_parts", 1, "listing the parts of", lambda it, ticket: it.stored(ticket)),
    "a part": ("upload_part", 1, "sending part 2 of", _send),
    "complete": (
        f"write {BODY_KEY}",
        1,
        "completing",
        lambda it, ticket: _parts(it, ticket).complete(),
    ),
    "open": ("get_object", 1, "reading", lambda staging, _: _read(staging, {})),
    "discard the body": ("delete_object", 1, "deleting", _discard),
    "discard the upload": ("abort_multipart_upload", 1, "aborting", _discard),
    "discard the ticket": (f"write {TICKET_KEY}", 2, "writing", _discard),
}
"""By what is done: what S3 refuses, at which call of that, and how the message calls it."""


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
@pytest.mark.parametrize("step", STEPS)
def test_given_a_refusal_at_any_step_then_it_is_told_where(
    s3: FakeS3,
    staging: Staging,
    step: str,
    failure: Exception,
    error: type[SeiExportError],
    code: str,
) -> None:
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    _put(s3, ticket, {1: PART_BYTES})
    operation, call, told, action = STEPS[step]
    s3.before(operation, raising(failure), call)
    with pytest.raises(error, match=code) as caught:
        action(staging, ticket)
    assert f" when {told} s3://{BUCKET}/{FOLDER}" in caught.value.message


def test_given_a_refusal_of_the_second_page_then_no_parts_are_taken_for_all(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    _put(s3, ticket, dict.fromkeys(range(1, 6), PART_BYTES))
    s3.before("list_parts", raising(refusal("InternalError", 500)), 2)
    with pytest.raises(ServiceUnavailableError, match="InternalError"):
        staging.stored(ticket)


def test_given_a_refusal_of_parts_then_those_that_arrived_stay(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, TOTAL, NOTHING)
    _put(s3, ticket, {1: PART_BYTES})
    s3.before("upload_part", raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError, match="SlowDown"):
        _send(staging, ticket)
    assert _numbers(staging.stored(ticket)) == [1]
