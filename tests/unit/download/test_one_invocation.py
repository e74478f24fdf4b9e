"""Downloads that fit into one invocation: nothing is staged, and time is left to publish."""

import pytest

from sei_export.download.over_invocations import HANDOVER_SECONDS
from sei_export.errors import ExportTimedOutError
from tests.fakes.slow_line import (
    CSV,
    ETAG,
    GZ,
    MIB,
    ONE_PART,
    SLOW,
    Slow,
    assert_landed,
    assert_nothing_visible,
    unfinished,
)
from tests.fakes.stage import DATA_KEY


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [
        pytest.param(100 * MIB, ONE_PART, id="fast"),
        # At this pace the rest takes 25 s after the first 7.5 MiB.
        pytest.param(SLOW, 60.0, id="slow, in less than half of the time"),
    ],
)
@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
def test_a_body_that_fits_into_one_invocation_lands_and_nothing_is_staged(
    slow: Slow, content: bytes, pace: float, seconds: float
) -> None:
    slow.content, slow.pace, slow.seconds = content, lambda _: pace, seconds
    [result] = slow.finish()
    assert result["status"] == "completed"
    assert slow.asked == [(None, None)]
    assert slow.touched == set()
    assert_landed(slow, content)


@pytest.mark.parametrize(
    "headers", [pytest.param(ETAG, id="ranges"), pytest.param({}, id="no ranges")]
)
@pytest.mark.parametrize(
    ("reserve", "lands"), [(HANDOVER_SECONDS + 2, True), (HANDOVER_SECONDS - 2, False)]
)
def test_given_a_body_that_comes_at_last_then_there_is_time_left_to_publish_it(
    slow: Slow, headers: dict[str, str], reserve: float, *, lands: bool
) -> None:
    # Fast at first, so that it is not staged.
    slow.headers, slow.pace = headers, lambda at: 100 * MIB if at < 9 * MIB else SLOW
    slow.seconds = 9 / 100 + (len(GZ) / MIB - 9) / 0.5 + reserve
    left: list[float] = []
    slow.s3.before(f"write {DATA_KEY}", lambda: left.append(slow.seconds_left))
    if lands:
        assert slow.land()["status"] == "completed"
        [seconds] = left
        assert seconds > HANDOVER_SECONDS
        assert slow.touched == set()
        assert_landed(slow, GZ)
        return
    if headers:
        assert slow.land() == unfinished(0, len(GZ))
    else:
        with pytest.raises(ExportTimedOutError, match="cannot go on in the middle"):
            slow.land()
        assert slow.touched == set()
    # Not before it has to, either.
    assert HANDOVER_SECONDS - 1 <= slow.seconds_left <= HANDOVER_SECONDS
    assert left == []
    assert_nothing_visible(slow)
