"""Nothing but the whole file ever becomes visible, wherever it breaks off and whatever bit flips.

What is promised:

* A file that ends before its end is refused. One exception: a server that tells no length and sends
  no chunks, and a gzip of several members of which all after the first never came; those are the
  same bytes as a whole file of one member.
* A gzip with another bit is refused, or has the same text all the same (its header's time, say).
* Plain text with another bit is refused if it is no UTF-8 any more, or if a comma, a newline or a
  quote that parts its fields is another character. It is not promised, and cannot be without a
  checksum of the API's, that a digit is still the digit that was sent: TLS sees to that.

A refusal is an error that the state machine knows by name, and the version before it stays.
"""

import gzip
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sei_export.errors import CorruptDownloadError, ProtocolError, ServiceUnavailableError
from tests.fakes.stage import DATA_KEY, Stage
from tests.faults import bodies
from tests.faults.amount import Amount
from tests.faults.bodies import FRAMES, MEMBERS, ONE_MEMBER, PLAIN, PLAIN_QUOTED, SAMPLES, Sample
from tests.faults.conftest import Count

OLD = b"Team,Note,PR_MERGED\nold,old,0\n"
BEFORE = "2026-02-01T06:00:00Z"
FLIPS = 1000
DOCUMENTED = (CorruptDownloadError, ProtocolError, ServiceUnavailableError)
"""Errors of a file that is not what it should be; the state machine tries each of them again."""


class Visible:
    """Lands damaged files one after the other, each over the same good version."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.body = bodies.of_length(OLD, len(OLD))
        stage.land("exp_0", created_at=BEFORE)
        self._kept = {key: list(versions) for key, versions in stage.s3.versions.items()}

    def after(self, answer: bytes) -> bytes | None:
        """The text that is visible after an answer; None if it was refused and the old one stays.

        All is as before then.
        """
        self.stage.body = answer
        s3, events = self.stage.s3, len(self.stage.events.entries)
        try:
            self.stage.land()
        except DOCUMENTED:
            shown = {it: kept for it, kept in s3.versions.items() if not it.startswith("staging/")}
            assert shown == self._kept
            assert len(self.stage.events.entries) == events
            assert s3.uploads == {}
            text = None
        else:
            current = s3.current(DATA_KEY)
            assert current
            text = gzip.decompress(current.body)
            assert self.stage.manifest["etag"] == current.etag
        s3.versions = {key: list(versions) for key, versions in self._kept.items()}
        return text


@contextmanager
def _visible() -> Iterator[Visible]:
    stage = Stage()
    with stage.server:
        yield Visible(stage)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("frame", FRAMES)
def test_given_a_file_that_breaks_off_anywhere_then_it_never_becomes_visible(
    sample: Sample, frame: str, amount: Amount, count: Count
) -> None:
    total = len(sample.sent)
    # The only place where what came is a whole file by all that anybody told.
    alike = sample.ends[:1] if frame == "without a length" else ()
    lengths = amount.of(range(total), 30)
    wrong: dict[int, bytes] = {}
    with _visible() as visible:
        for length in lengths:
            text = visible.after(FRAMES[frame](sample.sent[:length], total))
            if text is not None and length not in alike:
                wrong[length] = text
    assert wrong == {}
    count("bodies that break off", refused=len(set(lengths) - set(alike)))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_given_the_whole_file_then_it_becomes_visible(sample: Sample) -> None:
    with _visible() as visible:
        assert visible.after(bodies.of_length(sample.sent, len(sample.sent))) == sample.csv


def test_given_members_after_the_first_never_came_and_nothing_was_told_then_nobody_can_know() -> (
    None
):
    first = MEMBERS.ends[0]
    with _visible() as visible:
        assert visible.after(bodies.untold(MEMBERS.sent[:first], 0)) is not None
        assert visible.after(bodies.of_chunks(MEMBERS.sent[:first], 0)) is None
        assert visible.after(bodies.of_length(MEMBERS.sent[:first], len(MEMBERS.sent))) is None


@pytest.mark.parametrize("sample", [ONE_MEMBER, MEMBERS], ids=lambda sample: sample.name)
def test_given_a_gzip_with_another_bit_then_its_text_is_the_same_or_it_is_refused(
    sample: Sample, amount: Amount, count: Count
) -> None:
    chance = random.Random(len(sample.sent))  # noqa: S311 - the same flips each time
    bits = chance.sample(range(8 * len(sample.sent)), FLIPS)
    flips = [bodies.flipped(sample.sent, bit) for bit in amount.of(bits, 80)]
    came = _what_came_of(sample, flips, lambda text: text == sample.csv)
    assert came["wrong"] == 0
    count("gzips with another bit", refused=came["refused"], the_same_text=came["fine"])


@pytest.mark.parametrize("sample", [PLAIN, PLAIN_QUOTED], ids=lambda sample: sample.name)
def test_given_plain_text_with_another_bit_where_it_shows_then_it_is_refused(
    sample: Sample, amount: Amount, count: Count
) -> None:
    seen = list(bodies.showing(sample.sent))
    flips = [bodies.flipped(sample.sent, bit) for bit in amount.of(seen, 80)]
    came = _what_came_of(sample, flips, lambda _: False)
    assert came["wrong"] == 0
    count("plain texts with another bit where it shows", refused=came["refused"])


@pytest.mark.parametrize("sample", [PLAIN, PLAIN_QUOTED], ids=lambda sample: sample.name)
def test_given_plain_text_with_any_other_bit_then_it_keeps_the_shape_or_it_is_refused(
    sample: Sample, amount: Amount, count: Count
) -> None:
    others = sorted({*range(8 * len(sample.sent))}.difference(bodies.showing(sample.sent)))
    flips = [bodies.flipped(sample.sent, bit) for bit in amount.of(others, 80)]
    shape = bodies.widths(sample.csv)
    came = _what_came_of(sample, flips, lambda text: bodies.widths(text) == shape)
    assert came["wrong"] == 0
    count("plain texts with any other bit", refused=came["refused"], of_one_field=came["fine"])


def _what_came_of(
    sample: Sample, sent: list[bytes], is_fine: Callable[[bytes], bool]
) -> Counter[str]:
    """How many were refused, are fine as they became visible, or are wrong."""
    came: Counter[str] = Counter()
    with _visible() as visible:
        for content in sent:
            text = visible.after(bodies.of_length(content, len(sample.sent)))
            came["refused" if text is None else "fine" if is_fine(text) else "wrong"] += 1
    return came
