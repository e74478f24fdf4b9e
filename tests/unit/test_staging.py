"""Staging: what one invocation leaves in the bucket for the next."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import pytest

from sei_export.errors import SeiExportError, ServiceUnavailableError, StorageError
from sei_export.staging import Staging, Stored, Ticket
from sei_export.upload import PART_BYTES
from tests.unit.fakes_s3 import FakeS3, raising, refusal
from tests.unit.s3_failures import FAILURES, SILENT

FOLDER = "staging/report=productivity/export=exp_1/"
BODY_KEY = f"{FOLDER}body"
TICKET_KEY = f"{FOLDER}ticket.json"
ETAG = '"abc"'
TOTAL = 12 * PART_BYTES
REST = 1000
"""Bytes of a last part."""


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def staging(s3: FakeS3) -> Staging:
    return s3.store.staging(FOLDER)


@cache
def _part(number: int, size: int = PART_BYTES) -> bytes:
    return bytes([number]) * size


def _put(s3: FakeS3, ticket: Ticket, sizes: Mapping[int, int]) -> None:
    """As if they had arrived: by number, how long each part is."""
    for number, size in sizes.items():
        s3.uploads[ticket.upload_id].parts[number] = _part(number, size)


def _numbers(stored: Stored | None) -> Sequence[int]:
    assert stored
    return [part["PartNumber"] for part in stored.begun.parts]


# --- the ticket ---


def test_given_an_empty_folder_then_there_is_no_ticket_and_no_body(staging: Staging) -> None:
    assert staging.ticket() is None
    assert not staging.is_whole()


@pytest.mark.parametrize("total", [0, 3 * PART_BYTES])
def test_given_a_staging_that_was_begun_then_another_invocation_finds_its_ticket(
    s3: FakeS3, staging: Staging, total: int
) -> None:
    ticket = staging.begin(ETAG, total)
    assert s3.store.staging(FOLDER).ticket() == ticket
    assert (ticket.validator, ticket.total) == (ETAG, total)
    assert list(s3.uploads) == [ticket.upload_id]
    # No ticket without an upload: what a crash in between leaves is aborted by the bucket itself.
    assert s3.calls[:3] == [
        ("delete_object", BODY_KEY),
        ("create_multipart_upload", BODY_KEY),
        ("put_object", TICKET_KEY),
    ]


def test_given_a_body_whose_ticket_is_gone_when_begun_anew_then_it_is_not_taken_for_the_new_one(
    s3: FakeS3, staging: Staging
) -> None:
    s3.add(BODY_KEY, b"of another upload")
    staging.begin(ETAG, TOTAL)
    assert not staging.is_whole()


def test_given_two_exports_then_neither_sees_what_the_other_has(
    s3: FakeS3, staging: Staging
) -> None:
    other = s3.store.staging("staging/report=productivity/export=exp_2/")
    ticket = other.begin(ETAG, TOTAL)
    s3.add("staging/report=productivity/export=exp_2/body", b"abc")
    assert staging.ticket() is None
    assert not staging.is_whole()
    staging.discard(Ticket("none", ETAG, TOTAL))
    assert other.ticket() == ticket
    assert other.is_whole()


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
    ],
)
def test_given_something_else_in_its_place_then_there_is_no_ticket(
    s3: FakeS3, staging: Staging, content: bytes
) -> None:
    s3.add(TICKET_KEY, content)
    assert staging.ticket() is None


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
    ticket = staging.begin(ETAG, total)
    _put(s3, ticket, sizes)
    stored = staging.stored(ticket)
    assert stored
    assert _numbers(stored) == list(range(1, kept + 1))
    assert stored.size == sum(sizes[number] for number in range(1, kept + 1))
    assert stored.begun.upload_id == ticket.upload_id


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
    monkeypatch.setattr("sei_export.upload.PART_BYTES", 64)
    ticket = staging.begin(ETAG, 10**6)
    parts = s3.uploads[ticket.upload_id].parts
    parts.update({number: bytes(64) for number in range(1, min(count, 1000) + 1)})
    parts.update({number: bytes(thousand_and_first) for number in range(1001, count + 1)})
    assert len(_numbers(staging.stored(ticket))) == kept


def test_given_an_upload_that_is_gone_then_nothing_is_stored(s3: FakeS3, staging: Staging) -> None:
    ticket = staging.begin(ETAG, TOTAL)
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
    ticket = staging.begin(ETAG, len(content))
    _put(s3, ticket, sizes)
    stored = staging.stored(ticket)
    assert stored
    sent_before = s3.operations().count("upload_part")
    upload = staging.upload(stored.begun)
    upload.write(content[stored.size :])
    upload.flush()
    assert s3.current(BODY_KEY) is None
    upload.complete()
    version = s3.current(BODY_KEY)
    assert version
    assert version.body == content
    assert version.checksum == upload.checksum
    assert s3.operations().count("upload_part") - sent_before == 4 - len(stored.begun.parts)
    assert staging.is_whole()
    assert s3.uploads == {}


def test_given_parts_of_which_not_all_are_full_when_kept_then_only_full_ones_are_there(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, 9 * PART_BYTES)
    stored = staging.stored(ticket)
    assert stored
    upload = staging.upload(stored.begun)
    upload.write(_part(1) + _part(2) + _part(3, REST))
    assert upload.keep() == 2
    assert s3.uploads[ticket.upload_id].parts == {1: _part(1), 2: _part(2)}
    # Safe after that, and it takes nothing back.
    upload.abandon()
    assert _numbers(staging.stored(ticket)) == [1, 2]


def test_given_an_upload_that_is_abandoned_then_it_stays_for_another_invocation(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, 9 * PART_BYTES)
    stored = staging.stored(ticket)
    assert stored
    upload = staging.upload(stored.begun)
    upload.write(_part(1))
    upload.keep()
    upload.write(_part(2, REST))
    upload.abandon()
    assert "abort_multipart_upload" not in s3.operations()
    assert _numbers(staging.stored(ticket)) == [1]


def test_given_a_body_that_a_twin_has_completed_then_completing_again_is_worth_another_try(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, REST)
    _put(s3, ticket, {1: REST})
    stored = staging.stored(ticket)
    assert stored
    staging.upload(stored.begun).complete()
    with pytest.raises(ServiceUnavailableError, match="NoSuchUpload"):
        staging.upload(stored.begun).complete()
    assert staging.is_whole()


# --- the body ---


def _read(staging: Staging, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    with staging.open(headers) as response:
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


@pytest.mark.parametrize("state", [_begun, _whole, _both, _neither])
def test_given_any_state_when_discarded_then_nothing_is_left_and_the_ticket_goes_last(
    s3: FakeS3, staging: Staging, state: Callable[[FakeS3, Ticket], None]
) -> None:
    ticket = staging.begin(ETAG, TOTAL)
    state(s3, ticket)
    staging.discard(ticket)
    assert s3.calls[-1] == ("delete_object", TICKET_KEY)
    assert (s3.uploads, s3.versions) == ({}, {})
    staging.discard(ticket)
    assert staging.ticket() is None


@pytest.mark.parametrize(
    ("operation", "call"),
    # The first deletion is that of beginning.
    [("delete_object", 2), ("abort_multipart_upload", 1), ("delete_object", 3)],
    ids=["body", "upload", "ticket"],
)
def test_given_a_refusal_when_discarded_then_it_can_be_repeated(
    s3: FakeS3, staging: Staging, operation: str, call: int
) -> None:
    ticket = staging.begin(ETAG, TOTAL)
    _both(s3, ticket)
    s3.before(operation, raising(refusal("AccessDenied", 403)), call)
    with pytest.raises(StorageError):
        staging.discard(ticket)
    assert staging.ticket() == ticket
    staging.discard(ticket)
    assert (s3.uploads, s3.versions) == ({}, {})


# --- refusals ---


def _complete(staging: Staging, ticket: Ticket) -> None:
    stored = staging.stored(ticket)
    assert stored
    staging.upload(stored.begun).complete()


def _send(staging: Staging, ticket: Ticket) -> None:
    stored = staging.stored(ticket)
    assert stored
    upload = staging.upload(stored.begun)
    upload.write(_part(2))
    upload.keep()


STEPS: dict[str, tuple[str, int, Callable[[Staging, Ticket], object]]] = {
    "ticket": ("get_object", 1, lambda staging, _: staging.ticket()),
    "begin, the upload": ("create_multipart_upload", 2, lambda it, _: it.begin(ETAG, TOTAL)),
    "begin, the ticket": (f"write {TICKET_KEY}", 2, lambda it, _: it.begin(ETAG, TOTAL)),
    "is whole": ("head_object", 1, lambda staging, _: staging.is_whole()),
    "stored": ("list_parts", 1, lambda staging, ticket: staging.stored(ticket)),
    "a part": ("upload_part", 1, _send),
    "complete": (f"write {BODY_KEY}", 1, _complete),
    "open": ("get_object", 1, lambda staging, _: _read(staging, {})),
    "begin, the body": ("delete_object", 2, lambda it, _: it.begin(ETAG, TOTAL)),
    "discard the body": ("delete_object", 2, lambda staging, ticket: staging.discard(ticket)),
    "discard the upload": ("abort_multipart_upload", 1, lambda it, ticket: it.discard(ticket)),
    "discard the ticket": ("delete_object", 3, lambda staging, ticket: staging.discard(ticket)),
}


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
    ticket = staging.begin(ETAG, TOTAL)
    _put(s3, ticket, {1: PART_BYTES})
    operation, call, action = STEPS[step]
    s3.before(operation, raising(failure), call)
    with pytest.raises(error, match=code) as caught:
        action(staging, ticket)
    assert FOLDER in caught.value.message


def test_given_a_refusal_of_the_second_page_then_no_parts_are_taken_for_all(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, TOTAL)
    _put(s3, ticket, dict.fromkeys(range(1, 6), PART_BYTES))
    s3.before("list_parts", raising(refusal("InternalError", 500)), 2)
    with pytest.raises(ServiceUnavailableError, match="InternalError"):
        staging.stored(ticket)


def test_given_a_refusal_of_parts_then_those_that_arrived_stay(
    s3: FakeS3, staging: Staging
) -> None:
    ticket = staging.begin(ETAG, TOTAL)
    _put(s3, ticket, {1: PART_BYTES})
    s3.before("upload_part", raising(refusal("SlowDown", 503)))
    with pytest.raises(ServiceUnavailableError):
        _send(staging, ticket)
    assert _numbers(staging.stored(ticket)) == [1]


def test_given_a_ticket_then_it_holds_no_more_than_it_needs(s3: FakeS3, staging: Staging) -> None:
    ticket = staging.begin(ETAG, 5)
    content = s3.store.read_json(TICKET_KEY).content
    assert content == {"uploadId": ticket.upload_id, "validator": ETAG, "totalBytes": 5}
