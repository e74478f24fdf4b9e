"""A staged file that somebody damaged or replaced never lands, and is in nobody's way later."""

from collections.abc import Callable

import pytest

from sei_export.download.over_invocations import MOST_CORRUPTIONS
from sei_export.errors import CorruptDownloadError, StorageError
from tests.fakes.slow_line import (
    BODY_KEY,
    CSV,
    GZ,
    ROW,
    TICKET_KEY,
    Slow,
    assert_discarded,
    assert_landed,
    assert_nothing_visible,
    csv_of,
)

type Damage = Callable[[bytes], bytes]


def _with_another_bit(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _with_another_digit(content: bytes) -> bytes:
    """The same shape and length: by the content alone nobody could tell."""
    at = content.index(b"7,x")
    return content[:at] + b"8" + content[at + 1 :]


def _another_file(content: bytes) -> bytes:
    """A whole one of the same length, of somebody else's."""
    other = csv_of(len(content) // ROW - 1, b"y")
    return other + b"9," + b"y" * (len(content) - len(other) - 3) + b"\n"


SAME_LENGTH = {
    "another bit": _with_another_bit,
    "another digit": _with_another_digit,
    "another file": _another_file,
    "zeros": lambda content: bytes(len(content)),
}
OTHER_LENGTHS = {
    "cut": lambda content: content[: -len(content) // 3],
    "empty": lambda _: b"",
    "longer": lambda content: content + b"1,2\n",
}


def _staged(slow: Slow, content: bytes) -> None:
    """All of it is there in one object, and nobody has looked at it yet."""
    slow.content = content
    while slow.s3.current(BODY_KEY) is None:
        assert slow.land()["finished"] is False


@pytest.mark.parametrize("content", [GZ, CSV], ids=["gzip", "plain"])
@pytest.mark.parametrize("damage", SAME_LENGTH.values(), ids=SAME_LENGTH)
def test_given_a_staged_file_that_was_replaced_then_it_is_refused_and_the_right_one_lands(
    slow: Slow, damage: Damage, content: bytes
) -> None:
    _staged(slow, content)
    slow.s3.add(BODY_KEY, damage(content))
    with pytest.raises(CorruptDownloadError, match=f"{BODY_KEY} is not what was staged"):
        slow.land()
    assert_nothing_visible(slow)
    assert_discarded(slow)
    # Another execution, as well as a retry, begins at the beginning.
    slow.finish(run="run-2")
    assert slow.starts.count(0) == 2
    assert_landed(slow, content)


@pytest.mark.parametrize("damage", OTHER_LENGTHS.values(), ids=OTHER_LENGTHS)
def test_given_a_staged_file_of_another_length_then_it_is_begun_anew_at_once(
    slow: Slow, damage: Damage
) -> None:
    _staged(slow, CSV)
    slow.s3.add(BODY_KEY, damage(CSV))
    slow.finish()
    assert slow.starts.count(0) == 2
    assert_landed(slow, CSV)


def test_given_a_staged_file_that_is_replaced_each_time_then_the_execution_ends(
    slow: Slow,
) -> None:
    slow.content = CSV

    def replace() -> None:
        slow.s3.add(BODY_KEY, _with_another_digit(CSV))

    for version in (1, 3, 5):
        # Discarded, it begins to count anew.
        slow.s3.after_writing(BODY_KEY, replace, version)
    with pytest.raises(CorruptDownloadError, match=f"each of {MOST_CORRUPTIONS} times"):
        slow.execute()
    assert_nothing_visible(slow)
    assert_discarded(slow, MOST_CORRUPTIONS)


def test_given_an_object_in_its_place_before_all_parts_are_there_then_it_is_refused(
    slow: Slow,
) -> None:
    slow.content = CSV
    slow.land()
    slow.s3.add(BODY_KEY, _another_file(CSV))
    with pytest.raises(CorruptDownloadError, match="is not what was staged"):
        slow.land()
    assert_discarded(slow)
    slow.finish()
    assert_landed(slow, CSV)


def test_given_a_staged_file_that_is_replaced_while_it_is_read_then_no_two_are_joined(
    slow: Slow,
) -> None:
    _staged(slow, CSV)
    reads = iter(range(100))

    def break_off() -> None:
        if next(reads) == 5:
            slow.s3.add(BODY_KEY, _another_file(CSV))
            raise OSError

    slow.s3.before("read_body", break_off)
    with pytest.raises(StorageError, match="PreconditionFailed"):
        slow.land()
    assert_nothing_visible(slow)
    with pytest.raises(CorruptDownloadError, match="is not what was staged"):
        slow.land(run="run-2")
    slow.finish(run="run-2")
    assert_landed(slow, CSV)


def test_given_a_twin_that_completes_it_then_its_checksum_is_found_all_the_same(
    slow: Slow,
) -> None:
    slow.land()
    slow.land()
    twin = slow.twin()
    # The ticket has been read, and the body not yet looked for.
    looked = slow.s3.operations().count("head_object")
    slow.s3.before("head_object", lambda: twin.land(run="run-2"), looked + 1)
    assert slow.land()["status"] == "completed"
    assert slow.corruptions == 0
    assert_landed(slow, GZ)


def test_given_a_checksum_that_is_written_but_an_upload_that_is_not_completed_then_it_goes_on(
    slow: Slow,
) -> None:
    slow.land()
    slow.land()

    def end() -> None:
        raise KeyboardInterrupt

    slow.s3.before(f"write {BODY_KEY}", end)
    with pytest.raises(KeyboardInterrupt):
        slow.land()
    assert slow.s3.documents.read_json(TICKET_KEY).content["checksum"]
    slow.finish()
    assert slow.starts.count(0) == 1
    assert_landed(slow, GZ)
