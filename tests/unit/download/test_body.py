"""Bodies as they come over real connections, which end before the body does."""

import gzip
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
import requests
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from sei_export.download.body import FRUITLESS_TRIES, PROGRESS_SECONDS, READ_BYTES, Body
from sei_export.download.known import Known
from sei_export.download.source import Response, Source
from sei_export.errors import (
    CorruptDownloadError,
    ExportNotFoundError,
    ExportTimedOutError,
    ServiceUnavailableError,
)
from sei_export.landing.csvcheck import CsvInspector
from tests.fakes.bodies import CHUNKED, CSV, END, ETAG, GZ, MODIFIED, File, chunks, reading
from tests.fakes.loopback import RESET, Answer, Held, reply
from tests.fakes.raw import verified
from tests.fakes.timing import FakeClock

# --- one connection ---


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(200, GZ), id="with a length"),
        pytest.param(reply(200, GZ, length=-1), id="ended by closing"),
        pytest.param(reply(200, chunks(GZ[:9], GZ[9:]) + END, CHUNKED, length=-1), id="in chunks"),
        pytest.param(
            reply(200, chunks(GZ) + END, CHUNKED, length=7), id="in chunks, with a wrong length"
        ),
        pytest.param(reply(200, GZ, {"Content-Encoding": "gzip"}), id="said to be encoded"),
        pytest.param(reply(200, GZ, {"Content-Type": "text/csv"}), id="said to be text"),
        pytest.param(reply(200, GZ, {"Content-Length": "many"}, length=-1), id="length no number"),
        pytest.param(Held(reply(200, GZ)), id="on a connection that stays open"),
        pytest.param(reply(200, GZ, ETAG), id="from a server with ranges"),
        pytest.param(
            reply(206, GZ, {"Content-Range": f"bytes 0-{len(GZ) - 1}/{len(GZ)}"}),
            id="as a part that is the whole",
        ),
    ],
)
def test_given_a_whole_body_then_its_bytes_come_as_they_were_sent(answer: Answer) -> None:
    with reading([answer]) as reader:
        assert reader.read() == GZ
        assert len(reader.server.received) == 1


@pytest.mark.parametrize("length", [0, -1], ids=["with a length", "ended by closing"])
def test_given_an_empty_body_then_there_is_no_piece(length: int) -> None:
    with reading([reply(200, b"", length=length)]) as reader:
        assert reader.read() == b""
    assert reader.pieces == []


def test_given_a_body_of_many_reads_then_no_piece_is_longer_than_one() -> None:
    content = bytes(range(256)) * (5 * READ_BYTES // 512)
    with reading([reply(200, content)]) as reader:
        assert reader.read() == content
    assert max(map(len, reader.pieces)) <= READ_BYTES


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(GZ[:-20], "The gzip is truncated", id="gzip"),
        pytest.param(CSV[:-8], "Record 40 .* has 2 fields", id="plain"),
    ],
)
def test_given_a_body_ended_too_early_by_closing_then_its_content_tells(
    content: bytes, told: str
) -> None:
    def verify(pieces: Iterator[bytes]) -> None:
        inspector = CsvInspector()
        list(verified(pieces, inspector))
        inspector.finish()

    with (
        reading([reply(200, content, length=-1)]) as reader,
        pytest.raises(CorruptDownloadError, match=told),
    ):
        verify(Body(reader.source).pieces())


def _overlooking(
    length: int,
) -> Callable[[Mapping[str, str]], AbstractContextManager[Response]]:
    """Opens a body on an HTTP stack that does not compare its length."""

    def opened(_: Mapping[str, str]) -> AbstractContextManager[Response]:
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Length"] = str(length)
        response.raw = HTTPResponse(
            io.BytesIO(GZ), preload_content=False, enforce_content_length=False
        )
        return nullcontext(response)

    return opened


@pytest.mark.parametrize(
    ("length", "told"),
    [
        pytest.param(len(GZ) - 1, f"{len(GZ)} bytes.*said to be {len(GZ) - 1}", id="longer"),
        pytest.param(len(GZ) + 1, f"broke off after {len(GZ)} bytes of {len(GZ) + 1}", id="short"),
    ],
)
def test_given_an_http_stack_that_overlooks_the_length_then_it_is_compared_here(
    length: int, told: str
) -> None:
    source = Source(_overlooking(length), FakeClock().deadline(1000))
    with pytest.raises(CorruptDownloadError, match=told):
        list(Body(source).pieces())


# --- bodies that never come whole ---


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        # The first one brings something, so three more may try.
        pytest.param(reply(200, GZ, length=len(GZ) + 1), 4, id="one byte less than it said"),
        pytest.param(reply(200, CSV[:300], length=len(CSV)), 4, id="plain, less than it said"),
        pytest.param(reply(200, b"", length=10), 3, id="nothing of what it said"),
        pytest.param(reply(200, chunks(GZ), CHUNKED, length=-1), 3, id="chunks without an end"),
        pytest.param(reply(200, chunks(GZ)[:-40], CHUNKED, length=-1), 3, id="a chunk cut"),
        pytest.param(reply(200, b"", CHUNKED, length=-1), 3, id="no chunk at all"),
        pytest.param(
            reply(200, b"zz\r\nab\r\n" + END, CHUNKED, length=-1), 3, id="no chunk's size"
        ),
    ],
)
def test_given_a_body_that_always_breaks_off_then_three_vain_tries_are_all(
    answer: Answer, connections: int
) -> None:
    with (
        reading(lambda _: answer) as reader,
        pytest.raises(CorruptDownloadError, match=r"broke off.*3 times in a row"),
    ):
        reader.read()
    assert FRUITLESS_TRIES == 3
    assert len(reader.server.received) == connections


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(reply(200, GZ[:50], length=len(GZ)), id="with a length"),
        pytest.param(reply(200, GZ[:50], length=-1), id="without"),
        pytest.param(reply(200, chunks(GZ[:50]), CHUNKED, length=-1), id="between chunks"),
        pytest.param(reply(200, b"", length=len(GZ)), id="before the first byte"),
    ],
)
def test_given_a_body_that_always_stalls_then_three_tries_are_all(
    start: bytes,
) -> None:
    with (
        reading(lambda _: Held(start), silence=0.2) as reader,
        pytest.raises(ServiceUnavailableError, match="stalled after") as caught,
    ):
        reader.read()
    assert "Check the Harness status page" in caught.value.remedy
    assert len(reader.server.received) == 3


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(Held(reply(200, GZ[:50], length=len(GZ))), id="stall"),
        pytest.param(reply(200, GZ[:50], length=len(GZ)), id="end"),
        pytest.param(reply(200, chunks(GZ[:50]), CHUNKED, length=-1), id="end in chunks"),
    ],
)
def test_given_a_body_that_comes_whole_the_next_time_then_it_is_whole(first: Answer) -> None:
    with reading([first, *[reply(200, GZ)] * 2], silence=0.5) as reader:
        assert reader.read() == GZ
        assert len(reader.server.received) > 1


# --- going on where it stopped ---


@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
def test_given_a_server_with_ranges_when_cut_then_each_byte_is_fetched_once(
    headers: dict[str, str],
) -> None:
    file = File(CSV, [100, 101, len(CSV) - 1], headers, ranges=True)
    with reading(file.answer) as reader:
        assert reader.read() == CSV
    first, *others = reader.server.received
    assert (first.headers["range"], first.headers["if-range"]) == (None, None)
    assert [it.headers["range"] for it in others] == [
        "bytes=100-",
        "bytes=101-",
        f"bytes={len(CSV) - 1}-",
    ]
    validator = headers.get("ETag", headers.get("Last-Modified"))
    assert {it.headers["if-range"] for it in others} == {validator}
    assert file.served == list(itertools.pairwise([0, 100, 101, len(CSV) - 1, len(CSV)]))


def test_given_a_server_that_gives_a_range_in_several_answers_then_the_body_is_whole() -> None:
    total = len(GZ)
    answers = [
        reply(200, GZ[:10], ETAG, length=total),
        reply(206, GZ[10:30], ETAG | {"Content-Range": f"bytes 10-29/{total}"}),
        reply(206, GZ[30:], ETAG | {"Content-Range": f"bytes 30-{total - 1}/{total}"}),
    ]
    with reading(answers) as reader:
        assert reader.read() == GZ


def test_given_a_body_in_chunks_when_cut_then_its_length_is_known_from_the_range() -> None:
    # Two reads long, so that the first one was handed on when the second one breaks.
    content = bytes(range(256)) * (READ_BYTES // 256) + GZ
    last = len(content) - 1
    rest = ETAG | {"Content-Range": f"bytes {READ_BYTES}-{last}/{len(content)}"}
    nothing = ETAG | {"Content-Range": f"bytes {last}-{last}/{len(content)}"}
    with reading(
        [
            reply(200, chunks(content), ETAG | CHUNKED, length=-1),
            reply(206, content[READ_BYTES:-1], rest, length=-1),
            *[reply(206, b"", nothing, length=1)] * 3,
        ]
    ) as reader:
        # The second one ends a byte early, by closing: only the total tells.
        with pytest.raises(CorruptDownloadError, match=f"of {len(content)}"):
            reader.read()
        assert reader.server.received[1].headers["range"] == f"bytes={READ_BYTES}-"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        pytest.param("bytes 49-{last}/{total}", "another place", id="a byte before"),
        pytest.param("bytes 51-{last}/{total}", "another place", id="a byte after"),
        pytest.param("bytes 0-{last}/{total}", "another place", id="the beginning"),
        pytest.param("bytes 50-{last}/9999", "length changed", id="another length"),
        pytest.param("bytes */{total}", "another place", id="no place"),
        pytest.param("items 50-{last}/{total}", "another place", id="another unit"),
        pytest.param("bytes=50-{last}/{total}", "another place", id="another form"),
        pytest.param("", "another place", id="empty"),
        pytest.param(None, "another place", id="none"),
    ],
)
def test_given_a_part_that_is_not_what_was_asked_for_then_it_is_refused(
    told: str | None, reason: str
) -> None:
    total = len(GZ)
    headers = {} if told is None else {"Content-Range": told.format(last=total - 1, total=total)}
    answers = [reply(200, GZ[:50], ETAG, length=total), reply(206, GZ[50:], ETAG | headers)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match=reason):
            reader.read()
        assert len(reader.server.received) == 2
    assert reader.content == GZ[:50]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        pytest.param(None, "another place than byte 0: None", id="none"),
        pytest.param("bytes 0-49/*", "without telling the file's length", id="of unknown length"),
        pytest.param(
            f"bytes 1-49/{len(GZ)}",
            f"another place than byte 0: 'bytes 1-49/{len(GZ)}'",
            id="from elsewhere",
        ),
    ],
)
def test_given_a_part_that_was_not_asked_for_then_it_is_not_taken_for_the_whole(
    told: str | None, reason: str
) -> None:
    headers = {"Content-Range": told} if told else {}
    with reading(lambda _: reply(206, GZ[:50], headers)) as reader:
        with pytest.raises(CorruptDownloadError) as caught:
            reader.read()
        assert len(reader.server.received) == 1
    assert reason in caught.value.message
    assert reader.pieces == []


def test_given_a_known_length_when_a_range_does_not_tell_it_then_it_still_counts() -> None:
    answers = [
        reply(200, GZ[:50], ETAG, length=len(GZ)),
        reply(206, GZ[50:], ETAG | {"Content-Range": f"bytes 50-{len(GZ) - 1}/*"}),
    ]
    with reading(answers) as reader:
        assert reader.read() == GZ


RENAMED = [
    pytest.param(ETAG, {"ETag": '"new"'}, id="another etag"),
    pytest.param(ETAG, {"ETag": 'W/"abc"'}, id="the same, but weak"),
    pytest.param(ETAG, {}, id="none"),
    pytest.param(ETAG, MODIFIED, id="a date"),
    pytest.param(MODIFIED, MODIFIED | {"Last-Modified": MODIFIED["Date"]}, id="changed just now"),
    pytest.param(
        MODIFIED,
        {"Last-Modified": "Sun, 01 Mar 2026 11:59:59 GMT", "Date": MODIFIED["Date"]},
        id="another date",
    ),
]


@pytest.mark.parametrize(("headers", "then"), RENAMED)
@pytest.mark.parametrize("other", [GZ, gzip.compress(CSV[:300])], ids=["same", "another"])
def test_given_a_file_that_the_validator_no_longer_names_then_it_is_refused_unread(
    other: bytes, headers: dict[str, str], then: dict[str, str]
) -> None:
    # No digest was made of what was handed on: the same bytes cannot be told from others.
    answers = [reply(200, GZ[:50], headers, length=len(GZ)), reply(200, other, then)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="changed during the download"):
            reader.read()
        validator = headers.get("ETag", headers.get("Last-Modified"))
        assert reader.server.received[1].headers["if-range"] == validator
        assert len(reader.server.received) == 2


# --- ranges that are only claimed ---


@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
def test_given_everything_again_when_cut_then_it_is_read_to_where_it_was(
    headers: dict[str, str],
) -> None:
    file = File(CSV, [100, 110, 50, len(CSV) - 1], headers)
    with reading(file.answer) as reader:
        assert reader.read() == CSV
    # It is asked for the rest each time: it may do it the next time.
    at = [None, "bytes=100-", "bytes=110-", "bytes=110-", f"bytes={len(CSV) - 1}-"]
    assert [it.headers["range"] for it in reader.server.received] == at
    assert file.served == [(0, 100), (0, 110), (0, 50), (0, len(CSV) - 1), (0, len(CSV))]
    assert reader.clock.slept == [1, 1, 1, 1]


def test_given_another_readers_bytes_when_all_is_sent_then_only_the_rest_comes() -> None:
    with reading([reply(200, GZ, ETAG)]) as reader:
        body = Body(reader.source, Known(50, len(GZ), ETAG["ETag"], ranges=True))
        assert b"".join(body.pieces()) == GZ[50:]
        assert body.known.received == len(GZ)
        assert reader.server.received[0].headers["range"] == "bytes=50-"


@pytest.mark.parametrize("other", [GZ[:-1], GZ + b"\0", GZ[:30], b""])
def test_given_everything_again_in_another_length_then_it_is_refused(other: bytes) -> None:
    answers = [reply(200, GZ[:50], ETAG, length=len(GZ)), reply(200, other, ETAG)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="length changed"):
            reader.read()
        assert len(reader.server.received) == 2
    assert reader.content == GZ[:50]


def test_given_everything_again_that_brings_nothing_new_then_it_counts_as_vain() -> None:
    file = File(GZ, [50, 20, 50, 30], ETAG)
    with (
        reading(file.answer) as reader,
        pytest.raises(CorruptDownloadError, match=r"broke off after 50 bytes.*3 times"),
    ):
        reader.read()
    assert reader.content == GZ[:50]


def test_given_no_time_left_when_everything_is_sent_again_then_reading_ends() -> None:
    content = bytes(3 * READ_BYTES)
    answers = [
        reply(200, content[: 2 * READ_BYTES], ETAG, length=len(content)),
        reply(200, content, ETAG),
    ]
    # Two pieces, a break, and the first piece of what came before.
    with (
        reading(answers, seconds=3, seconds_of_a_read=0.5) as reader,
        pytest.raises(ExportTimedOutError) as caught,
    ):
        reader.read()
    assert reader.clock.slept == [0.5, 0.5, 0.5, 1, 0.5]
    assert f"{2 * READ_BYTES} bytes of {len(content)}" in caught.value.message
    assert "cannot go on" not in caught.value.message


# --- starting over ---

DATE = MODIFIED["Date"]
STARTING_OVER = [
    pytest.param({}, id="nothing is said"),
    pytest.param({"ETag": '"abc"'}, id="no ranges"),
    pytest.param({"ETag": '"abc"', "Accept-Ranges": "none"}, id="ranges refused"),
    pytest.param({"Accept-Ranges": "bytes"}, id="ranges, but no validator"),
    pytest.param({"ETag": 'W/"abc"', "Accept-Ranges": "bytes"}, id="weak etag"),
    pytest.param(MODIFIED | {"ETag": 'W/"abc"'}, id="weak etag and a date"),
    pytest.param(MODIFIED | {"Last-Modified": DATE}, id="changed in this very second"),
    pytest.param(MODIFIED | {"Last-Modified": "yesterday"}, id="a date that is none"),
    pytest.param(MODIFIED | {"Date": ""}, id="no time to compare the date with"),
    pytest.param(MODIFIED | {"Date": "Sun, 01 Mar 2026 12:00:09 -0000"}, id="no zone"),
]


@pytest.mark.parametrize("headers", STARTING_OVER)
def test_given_a_server_that_cannot_go_on_when_cut_then_the_body_is_whole(
    headers: dict[str, str],
) -> None:
    file = File(CSV, [100, 101, len(CSV) - 1], headers, ranges=True)
    with reading(file.answer) as reader:
        assert reader.read() == CSV
    assert [(it.headers["range"], it.headers["if-range"]) for it in reader.server.received] == [
        (None, None)
    ] * 4
    assert {start for start, _ in file.served} == {0}


def test_given_a_second_body_of_the_same_bytes_in_another_form_then_it_is_whole() -> None:
    answers = [
        reply(200, GZ[:50], length=len(GZ)),
        reply(200, chunks(GZ[:20], GZ[20:]) + END, CHUNKED, length=-1),
    ]
    with reading(answers) as reader:
        assert reader.read() == GZ


@pytest.mark.parametrize("at", [0, 25, 49], ids=["first", "middle", "last"])
@pytest.mark.parametrize(
    "headers", [{}, {"Accept-Ranges": "bytes"}], ids=["no ranges", "no validator"]
)
def test_given_a_second_body_that_differs_in_what_was_handed_on_then_it_is_refused(
    at: int, headers: dict[str, str]
) -> None:
    other = GZ[:at] + bytes([GZ[at] ^ 1]) + GZ[at + 1 :]
    answers = [reply(200, GZ[:50], headers, length=len(GZ)), reply(200, other, headers)]
    with reading(answers) as reader:
        with pytest.raises(CorruptDownloadError, match="changed during the download"):
            reader.read()
        assert len(reader.server.received) == 2
    assert reader.content == GZ[:50]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(GZ[:-1], id="a byte shorter"),
        pytest.param(GZ + b"\0", id="a byte longer"),
        pytest.param(GZ[:30], id="shorter than what came"),
        pytest.param(b"", id="empty"),
    ],
)
def test_given_a_second_body_of_another_length_then_it_is_refused(other: bytes) -> None:
    with reading([reply(200, GZ[:50], length=len(GZ)), reply(200, other)]) as reader:
        with pytest.raises(CorruptDownloadError, match="length changed"):
            reader.read()
        assert len(reader.server.received) == 2
    assert reader.content == GZ[:50]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        pytest.param(GZ[:30], "broke off", id="shorter than what came"),
        pytest.param(GZ[:-1], "broke off", id="shorter"),
        pytest.param(GZ + b"\0", "said to be", id="longer"),
    ],
)
def test_given_a_second_body_that_tells_no_length_then_that_of_the_first_counts(
    other: bytes, reason: str
) -> None:
    answers = [reply(200, GZ[:50], length=len(GZ)), *[reply(200, other, length=-1)] * 4]
    with reading(answers) as reader, pytest.raises(CorruptDownloadError, match=reason):
        reader.read()


def test_given_no_length_at_first_then_that_of_the_second_body_counts() -> None:
    content = bytes(range(256)) * (READ_BYTES // 256) + GZ
    first = reply(200, chunks(content), CHUNKED, length=-1)
    short = reply(200, content[:-1], length=len(content))
    with (
        reading([first, *[short] * 4]) as reader,
        pytest.raises(CorruptDownloadError, match=f"{len(content) - 1} bytes of {len(content)}"),
    ):
        reader.read()


# --- what is known of it ---


def test_given_a_length_that_is_told_then_it_is_known_from_the_first_byte_on() -> None:
    with reading([reply(200, GZ, ETAG)]) as reader:
        body = Body(reader.source)
        body.read_ahead(1, 10)
        assert (body.known.length, body.known.can_go_on_elsewhere) == (len(GZ), True)
        body.close()


def test_given_no_length_then_it_is_what_came_and_no_other_reader_can_go_on() -> None:
    with reading([reply(200, chunks(GZ) + END, ETAG | CHUNKED, length=-1)]) as reader:
        body = Body(reader.source)
        assert body.known.length == 0
        body.read_ahead(len(GZ), 10)
        assert body.known.length == len(GZ)
        assert (body.known.can_go_on, body.known.can_go_on_elsewhere) == (True, False)
        assert b"".join(body.pieces()) == GZ


@pytest.mark.parametrize(
    ("answer", "error", "told", "broke_off"),
    [
        pytest.param(
            reply(200, b"", length=10),
            CorruptDownloadError,
            "The download broke off after 0 bytes of 10, 3 times in a row",
            True,
            id="breaks",
        ),
        pytest.param(
            Held(reply(200, b"", length=10)),
            ServiceUnavailableError,
            "The download stalled after 0 bytes",
            True,
            id="stalls",
        ),
        pytest.param(
            reply(206, GZ, {"Content-Range": "bytes 1-2/3"}),
            CorruptDownloadError,
            "another place than byte 0",
            False,
            id="not",
        ),
    ],
)
def test_given_an_end_of_any_kind_then_it_is_known_whether_connections_broke(
    answer: Answer, error: type[Exception], told: str, *, broke_off: bool
) -> None:
    with reading(lambda _: answer, silence=0.2) as reader:
        body = Body(reader.source)
        with pytest.raises(error, match=told):
            list(body.pieces())
        assert body.broke_off is broke_off


# --- how often, how fast ---


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "none"])
def test_given_progress_now_and_then_when_cut_then_each_vain_time_is_a_longer_wait(
    *, ranges: bool
) -> None:
    cuts = [0, 0, 10, 10, 10, 20, 20, 20]
    file = File(GZ, cuts, ETAG if ranges else {}, ranges=ranges)
    with reading(file.answer) as reader:
        assert reader.read() == GZ
    assert reader.clock.slept == [1, 2, 1, 1, 2, 1, 1, 2]


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "none"])
def test_given_no_progress_three_times_when_cut_then_it_gives_up(*, ranges: bool) -> None:
    file = File(GZ, [10, 20, *[20] * 9], ETAG if ranges else {}, ranges=ranges)
    with (
        reading(file.answer) as reader,
        pytest.raises(CorruptDownloadError, match=r"broke off after 20 bytes.*3 times"),
    ):
        reader.read()
    assert len(file.served) == 5
    assert reader.clock.slept == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("cuts", "whole"),
    [
        pytest.param([50, 20, 49], True, id="twice"),
        pytest.param([50, 20, 50, 30], False, id="three times"),
    ],
)
def test_given_a_start_over_that_breaks_before_anything_new_then_it_counts_as_vain(
    cuts: list[int], *, whole: bool
) -> None:
    file = File(GZ, cuts)
    with reading(file.answer) as reader:
        if whole:
            assert reader.read() == GZ
            return
        with pytest.raises(CorruptDownloadError, match="broke off after 50 bytes"):
            reader.read()
    assert reader.content == GZ[:50]


@pytest.mark.parametrize(
    "answer",
    [pytest.param(RESET, id="reset"), pytest.param(b"", id="closed")],
)
def test_given_an_error_of_opening_again_then_it_counts_as_vain(answer: Answer) -> None:
    answers = [reply(200, GZ[:50], length=len(GZ)), answer, answer, reply(200, GZ)]
    with reading(answers) as reader:
        assert reader.read() == GZ
    assert reader.clock.slept == [1, 1, 2]


def test_given_an_error_with_a_name_when_opened_again_then_it_comes_out_unchanged() -> None:
    def opened(headers: Mapping[str, str]) -> AbstractContextManager[Response]:
        if failures:
            raise failures[0]
        failures.append(ExportNotFoundError("gone"))
        return reader.source.open(headers)

    failures: list[ExportNotFoundError] = []
    with reading([reply(200, GZ[:50], length=len(GZ))]) as reader:
        source = Source(opened, reader.source.deadline)
        with pytest.raises(ExportNotFoundError) as caught:
            list(Body(source).pieces())
    assert caught.value is failures[0]


# --- time ---


def test_given_no_time_left_when_a_body_is_read_then_it_is_told_how_far_it_came() -> None:
    content = bytes(3 * READ_BYTES)
    with (
        reading([reply(200, content)], seconds=1, seconds_of_a_read=0.5) as reader,
        pytest.raises(ExportTimedOutError, match=f"{2 * READ_BYTES} bytes of {len(content)}"),
    ):
        reader.read()
    assert reader.clock.slept == [0.5, 0.5]


@pytest.mark.parametrize(
    ("seconds", "slept"),
    [
        pytest.param(1.0, [], id="first pause"),
        pytest.param(3.0, [1], id="second pause"),
    ],
)
def test_given_less_time_than_the_pause_when_cut_then_time_is_up_without_waiting(
    seconds: float, slept: list[float]
) -> None:
    with (
        reading(lambda _: reply(200, b"", length=10), seconds=seconds) as reader,
        pytest.raises(ExportTimedOutError, match="0 bytes of 10"),
    ):
        reader.read()
    assert reader.clock.slept == slept
    assert len(reader.server.received) == len(slept) + 1


def test_given_no_time_left_when_a_body_breaks_off_then_nothing_more_is_sent() -> None:
    answers = [reply(200, GZ[:50], length=len(GZ))]
    with reading(answers, seconds=1, seconds_of_a_read=0.5) as reader:
        with pytest.raises(ExportTimedOutError, match=f"50 bytes of {len(GZ)}"):
            reader.read()
        # What came, and the break.
        assert reader.clock.slept == [0.5, 0.5]
        assert len(reader.server.received) == 1


def test_given_time_that_ends_in_the_middle_of_a_read_then_what_came_is_not_the_whole() -> None:
    # Whoever is not told a length cannot tell this end from that of the file.
    held = Held(reply(200, GZ[:50], length=-1))
    with (
        reading([held], seconds=0.3) as reader,
        pytest.raises(ExportTimedOutError, match="50 bytes of an unknown number came"),
    ):
        reader.read()
    assert reader.content == GZ[:50]


def test_given_no_time_left_when_what_came_before_is_read_again_then_reading_ends() -> None:
    content = bytes(3 * READ_BYTES)
    answers = [reply(200, content[: 2 * READ_BYTES], length=len(content)), reply(200, content)]
    # Two pieces, a break, and the first piece of what came before.
    with (
        reading(answers, seconds=3, seconds_of_a_read=0.5) as reader,
        pytest.raises(ExportTimedOutError, match=f"{2 * READ_BYTES} bytes of {len(content)}"),
    ):
        reader.read()
    assert reader.clock.slept == [0.5, 0.5, 0.5, 1, 0.5]


def test_given_a_long_transfer_then_the_log_tells_now_and_then_how_far_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "sei_export.download.body")
    content = bytes(5 * READ_BYTES)
    with reading([reply(200, content)]) as reader:
        for _ in Body(reader.source).pieces():
            reader.clock.slept.append(0.6 * PROGRESS_SECONDS)
    assert caplog.messages == [
        f"{done * READ_BYTES} bytes of {len(content)} so far." for done in (2, 4)
    ]


def test_given_a_break_then_the_log_tells_how_far_it_was(caplog: pytest.LogCaptureFixture) -> None:
    with reading([reply(200, GZ[:50], length=len(GZ)), reply(200, GZ)]) as reader:
        reader.read()
    assert len(caplog.messages) == 1
    assert "broke off after 50 bytes" in caplog.messages[0]


# --- the connections' own ends ---


def test_given_any_end_then_no_connection_stays_open() -> None:
    @contextmanager
    def watched(headers: Mapping[str, str]) -> Iterator[Response]:
        # No two at a time.
        assert connected == []
        with reader.source.open(headers) as response:
            connected.append(response)
            try:
                yield response
            finally:
                connected.clear()

    connected: list[Response] = []
    answers = [reply(200, GZ[:50], length=len(GZ)), *[reply(200, GZ)] * 2]
    with reading(answers) as reader:
        source = Source(watched, reader.source.deadline)
        assert b"".join(Body(source).pieces()) == GZ
        assert connected == []
        body = Body(source)
        pieces = body.pieces()
        next(pieces)
        assert len(connected) == 1
        pieces.close()
        assert connected == []


def test_given_a_beginning_that_was_read_when_closed_then_its_connection_is() -> None:
    connections: list[Response] = []

    @contextmanager
    def counted(headers: Mapping[str, str]) -> Iterator[Response]:
        with reader.source.open(headers) as response:
            connections.append(response)
            yield response
        connections.remove(response)

    with reading([reply(200, GZ)]) as reader:
        body = Body(Source(counted, reader.source.deadline))
        body.read_ahead(1, 10)
        assert len(connections) == 1
        body.close()
        assert connections == []


# --- any cuts ---


@settings(max_examples=60)
@given(
    content=st.binary(min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 59), max_size=8).map(sorted),
    headers=st.sampled_from([ETAG, MODIFIED, {}, {"Accept-Ranges": "bytes"}]),
    ranges=st.booleans(),
)
def test_given_any_cuts_then_nothing_is_lost_or_doubled(
    content: bytes, cuts: list[int], headers: dict[str, str], *, ranges: bool
) -> None:
    assume(all(cut < len(content) for cut in cuts))
    # The first of equal ones brings something new, unless it is at the very beginning.
    assume(all(times < FRUITLESS_TRIES for times in Counter(cuts).values()))
    file = File(content, cuts, headers, ranges=ranges)
    with reading(file.answer) as reader:
        assert reader.read() == content
    assert len(file.served) == len(cuts) + 1
    if ranges and ("ETag" in headers or "Last-Modified" in headers):
        assert sum(end - start for start, end in file.served) == len(content)
