"""Sources of a body: whatever they are, they open and answer in one form."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
import requests

from sei_export.download.source import Response, Source
from sei_export.download.staging import Stored
from sei_export.download.validators import (
    Range,
    content_length,
    content_range,
    has_ranges,
    validator,
)
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.s3 import FakeS3
from tests.fakes.timing import FakeClock

CONTENT = b"0123456789"
ETAG = '"abc"'

type Sources = Callable[[], AbstractContextManager[Source]]


@contextmanager
def _of_a_server() -> Iterator[Source]:
    """As of the API: an answer of requests."""

    def answer(received: Received) -> Answer:
        if received.headers["range"]:
            told = {"ETag": ETAG, "Content-Range": "bytes 7-9/10"}
            return reply(206, CONTENT[7:], told)
        return reply(200, CONTENT, {"ETag": ETAG, "Accept-Ranges": "bytes"})

    @contextmanager
    def opened(headers: Mapping[str, str]) -> Iterator[Response]:
        with requests.get(server.origin, headers=headers, stream=True, timeout=10) as response:
            yield response

    with Loopback(answer) as server:
        yield Source(opened, FakeClock().deadline(100))


@contextmanager
def _of_what_is_staged() -> Iterator[Source]:
    """As of the bucket: an answer of S3's."""
    s3 = FakeS3()
    staging = s3.staging("staging/a/")
    ticket = staging.begin(ETAG, len(CONTENT), staging.left())
    parts = staging.parts(ticket, Stored((), 0))
    parts.write(CONTENT)
    parts.flush()
    staging.complete(ticket, parts, staging.left())
    yield Source(partial(staging.open, ticket), FakeClock().deadline(100))


SOURCES = pytest.mark.parametrize(
    "made",
    [pytest.param(_of_a_server, id="a server"), pytest.param(_of_what_is_staged, id="staged")],
)


def _pieces(response: Response, size: int) -> list[bytes]:
    return [*iter(lambda: response.raw.read(size, decode_content=False), b"")]


@SOURCES
def test_a_source_opened_whole_tells_length_ranges_and_validator(made: Sources) -> None:
    with made() as source, source.open({}) as response:
        assert response.status_code == 200
        assert content_length(response.headers) == len(CONTENT)
        assert has_ranges(response.headers)
        assert validator(response.headers)


@SOURCES
@pytest.mark.parametrize(
    ("size", "lengths"),
    [(4, [4, 4, 2]), (5, [5, 5]), (10, [10]), (99, [10])],
    ids=["in pieces", "in halves", "at once", "more than there is"],
)
def test_a_read_has_as_many_bytes_as_asked_for_and_fewer_only_at_the_end(
    made: Sources, size: int, lengths: list[int]
) -> None:
    with made() as source, source.open({}) as response:
        pieces = _pieces(response, size)
    assert b"".join(pieces) == CONTENT
    assert [len(piece) for piece in pieces] == lengths


@SOURCES
def test_a_source_opened_in_the_middle_goes_on_from_there(made: Sources) -> None:
    with made() as source:
        with source.open({}) as response:
            name = validator(response.headers)
        with source.open({"Range": "bytes=7-", "If-Range": name}) as response:
            assert response.status_code == 206
            assert content_range(response.headers) == Range(7, 9, 10)
            assert _pieces(response, 99) == [CONTENT[7:]]


@SOURCES
def test_given_an_open_source_when_opened_again_then_it_begins_anew(made: Sources) -> None:
    with made() as source, source.open({}) as first:
        assert first.raw.read(4, decode_content=False) == CONTENT[:4]
        with source.open({}) as second:
            assert _pieces(second, 99) == [CONTENT]
        assert _pieces(first, 99) == [CONTENT[4:]]
