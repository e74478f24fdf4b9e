"""Where a body ends, and whether anybody said so: a connection that is closed may have broken."""

import pytest

from sei_export.download.body import READ_BYTES
from sei_export.errors import CorruptDownloadError, ProtocolError
from tests.fakes.bodies import CHUNKED, CSV, END, ETAG, GZ, chunks, reading
from tests.fakes.loopback import Answer, Held, reply

LONG = CSV.ljust(READ_BYTES) + GZ
"""Two reads long, so that the first one was handed on when the second one breaks."""


def _rest(headers: dict[str, str] = ETAG) -> dict[str, str]:
    return headers | {"Content-Range": f"bytes {READ_BYTES}-{len(LONG) - 1}/{len(LONG)}"}


BROKEN_CHUNKS = reply(200, chunks(LONG), ETAG | CHUNKED, length=-1)


@pytest.mark.parametrize(
    ("answer", "content", "told"),
    [
        pytest.param(reply(200, CSV), CSV, True, id="a length"),
        pytest.param(Held(reply(200, CSV)), CSV, True, id="a length, the connection stays open"),
        pytest.param(
            reply(200, CSV, {"Content-Length": str(len(CSV))}), CSV, True, id="a length, twice"
        ),
        pytest.param(reply(200, CSV, length=-1), CSV, False, id="closed"),
        pytest.param(
            reply(200, CSV, {"Content-Length": "many"}, length=-1), CSV, False, id="no number"
        ),
        pytest.param(
            reply(200, CSV, {"Content-Length": "-1"}, length=-1), CSV, False, id="below zero"
        ),
        pytest.param(
            reply(200, CSV, {"Transfer-Encoding": "identity"}, length=-1), CSV, False, id="identity"
        ),
        pytest.param(
            reply(200, chunks(CSV) + END, CHUNKED, length=-1), CSV, True, id="a last chunk"
        ),
        pytest.param(
            reply(200, chunks(CSV) + END, CHUNKED, length=7), CSV, True, id="and a wrong length"
        ),
        pytest.param(
            Held(reply(200, chunks(CSV) + END, CHUNKED, length=-1)), CSV, True, id="and no close"
        ),
        pytest.param(
            reply(206, CSV, {"Content-Range": f"bytes 0-{len(CSV) - 1}/{len(CSV)}"}, length=-1),
            CSV,
            True,
            id="a range that is all",
        ),
        pytest.param(reply(200, b""), b"", True, id="empty, a length"),
        pytest.param(reply(200, b"", length=-1), b"", False, id="empty, closed"),
        pytest.param(reply(200, END, CHUNKED, length=-1), b"", True, id="empty, a last chunk"),
    ],
)
def test_an_end_is_told_by_a_length_or_by_a_last_chunk(
    answer: Answer, content: bytes, *, told: bool
) -> None:
    with reading([answer]) as reader:
        assert not reader.body.is_end_told
        assert reader.read() == content
        assert reader.body.is_end_told is told


def test_an_end_is_not_told_before_it_is_reached() -> None:
    with reading([reply(200, LONG)]) as reader:
        pieces = reader.body.pieces()
        assert len(next(pieces)) == READ_BYTES
        assert not reader.body.is_end_told
        # All of it, but who reads it does not know yet that it is.
        assert len(next(pieces)) == len(GZ)
        assert next(pieces, None) is None
        assert reader.body.is_end_told


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        pytest.param(
            [reply(200, LONG[:READ_BYTES], length=len(LONG)), reply(200, LONG, length=-1)],
            True,
            id="a length, then closed",
        ),
        pytest.param(
            [BROKEN_CHUNKS, reply(206, LONG[READ_BYTES:], _rest(), length=-1)],
            True,
            id="chunks, then a range",
        ),
        pytest.param(
            [reply(200, chunks(LONG), CHUNKED, length=-1), reply(200, LONG, length=-1)],
            False,
            id="broken chunks, then closed",
        ),
        pytest.param(
            [
                reply(200, chunks(LONG), CHUNKED, length=-1),
                reply(200, chunks(LONG) + END, CHUNKED, length=-1),
            ],
            True,
            id="broken chunks, then whole ones",
        ),
        pytest.param(
            [reply(200, chunks(LONG), CHUNKED, length=-1), reply(200, LONG)],
            True,
            id="broken chunks, then a length",
        ),
        pytest.param(
            [
                reply(200, LONG[:READ_BYTES], length=len(LONG)),
                # All there is, and no last chunk: the length was told before.
                reply(200, chunks(LONG[:READ_BYTES], LONG[READ_BYTES:]), CHUNKED, length=-1),
                *[reply(200, LONG)] * 2,
            ],
            True,
            id="a length, then broken chunks",
        ),
    ],
)
def test_over_several_connections_the_end_is_told_by_any_length_or_by_the_last_one(
    answers: list[Answer], *, told: bool
) -> None:
    with reading(answers) as reader:
        assert reader.read() == LONG
        assert reader.body.is_end_told is told


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(200, b"", CHUNKED, length=-1), id="no chunk"),
        pytest.param(reply(200, chunks(CSV), CHUNKED, length=-1), id="no last chunk"),
        pytest.param(reply(200, b"", length=5), id="nothing of a length"),
    ],
)
def test_given_a_body_without_the_end_that_was_promised_then_it_broke_off(answer: Answer) -> None:
    with reading(lambda _: answer) as reader:
        with pytest.raises(CorruptDownloadError, match="broke off after 0 bytes"):
            reader.read()
        assert not reader.body.is_end_told


@pytest.mark.parametrize("coding", ["gzip, chunked", "deflate", "chunked, chunked"])
def test_given_a_body_in_an_encoding_nobody_asked_for_then_it_is_not_taken_for_the_file(
    coding: str,
) -> None:
    # Nothing here undoes these, so the chunks' sizes would be read as a part of the file.
    answer = reply(200, chunks(CSV) + END, {"Transfer-Encoding": coding}, length=-1)
    with reading([answer]) as reader:
        with pytest.raises(ProtocolError, match=f"Transfer-Encoding '{coding}'"):
            reader.read()
        assert len(reader.server.received) == 1
    assert reader.pieces == []


@pytest.mark.parametrize("extra", [b"!", b"!" * READ_BYTES], ids=["a byte", "a read"])
def test_given_more_than_a_range_says_then_none_of_it_is_handed_on(extra: bytes) -> None:
    part = reply(206, LONG[READ_BYTES:] + extra, _rest(), length=-1)
    with (
        reading([BROKEN_CHUNKS, part]) as reader,
        pytest.raises(CorruptDownloadError, match=f"said to be {len(LONG)}"),
    ):
        reader.read()
    assert reader.content == LONG[:READ_BYTES]
