"""Servers that cannot go on in the middle of a file, or only claim to."""

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.errors import ExportTimedOutError
from tests.fakes.slow_line import (
    ETAG,
    GZ,
    MIB,
    MODIFIED,
    SLOW,
    TICKET_KEY,
    Slow,
    assert_landed,
    assert_nothing_visible,
    unfinished,
)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing is said"),
        pytest.param({"ETag": '"abc"'}, id="no ranges"),
        pytest.param({"ETag": '"abc"', "Accept-Ranges": "none"}, id="ranges refused"),
        pytest.param({"Accept-Ranges": "bytes"}, id="no validator"),
        pytest.param({"Accept-Ranges": "bytes", "ETag": 'W/"abc"'}, id="weak etag"),
        pytest.param(MODIFIED | {"Last-Modified": MODIFIED["Date"]}, id="changed just now"),
    ],
)
def test_given_a_slow_server_that_cannot_go_on_then_time_is_up_and_nothing_is_staged(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.headers = headers
    with pytest.raises(ExportTimedOutError, match="cannot go on in the middle") as caught:
        slow.land()
    assert "Export less at a time" in caught.value.remedy
    assert slow.touched == set()
    assert slow.s3.uploads == {}
    assert_nothing_visible(slow)


def test_given_a_body_of_unknown_length_then_nothing_is_staged_and_it_is_told_why(
    slow: Slow,
) -> None:
    slow.chunked = True
    with pytest.raises(ExportTimedOutError, match="cannot go on in the middle"):
        slow.land()
    assert slow.s3.current(TICKET_KEY) is None
    assert_nothing_visible(slow)


# --- ranges that are only claimed ---


@pytest.mark.parametrize("headers", [ETAG, MODIFIED], ids=["etag", "last-modified"])
def test_given_a_server_that_sends_everything_again_then_it_is_read_to_where_it_was(
    slow: Slow, headers: dict[str, str]
) -> None:
    slow.headers, slow.ranges = headers, False
    for received in (PART_BYTES, 2 * PART_BYTES, len(GZ)):
        assert slow.land() == unfinished(received, len(GZ))
        # What is there already may come quickly.
        slow.pace = lambda at, received=received: 100 * MIB if at < received else SLOW  # type: ignore[misc]  # bound to each
    assert slow.land()["status"] == "completed"
    assert slow.starts == [0, 0, 0]
    assert [at for at, _ in slow.asked] == [None, *(f"bytes={n * PART_BYTES}-" for n in (1, 2))]
    assert slow.corruptions == 0
    assert_landed(slow, GZ)


def test_given_a_server_that_sends_everything_again_as_slowly_then_it_is_too_slow(
    slow: Slow,
) -> None:
    slow.land()
    slow.ranges = False
    with pytest.raises(ExportTimedOutError, match="too slow"):
        slow.land()
    assert slow.staged == {1: PART_BYTES}
    slow.ranges = True
    slow.finish()
    assert_landed(slow, GZ)
