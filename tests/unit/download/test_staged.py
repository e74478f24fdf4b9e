"""A staged body, read as if it came from a server."""

import io

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody

from sei_export.download.staged import StagedRaw


def test_a_staged_body_is_read_in_the_sizes_that_are_asked_for() -> None:
    raw = StagedRaw(StreamingBody(io.BytesIO(b"12345"), 5))
    assert [raw.read(2, decode_content=False) for _ in range(4)] == [b"12", b"34", b"5", b""]


def test_given_an_answer_that_broke_off_then_the_read_ends_with_an_error_of_the_connection() -> (
    None
):
    raw = StagedRaw(StreamingBody(io.BytesIO(b"123"), 5))
    assert raw.read(5, decode_content=False) == b"123"
    with pytest.raises(OSError, match=IncompleteReadError.__name__):
        raw.read(5, decode_content=False)
