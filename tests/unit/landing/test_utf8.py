"""Bytes that are text, and bytes that are none."""

import random

import pytest

from sei_export.errors import CorruptDownloadError
from sei_export.landing.utf8 import Utf8

WIDE = "aé—😀 Zeit\n" * 5000


def _look(content: bytes, size: int) -> None:
    text = Utf8()
    for at in range(0, len(content), size):
        text.feed(content[at : at + size])
    text.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16 * 1024, 16 * 1024 + 1, 10_000_000])
def test_given_text_in_pieces_of_any_size_then_it_passes(size: int) -> None:
    _look((WIDE if size > 7 else WIDE[:1000]).encode(), size)
    _look(b"plain,ascii\n" * 100, size)


@pytest.mark.parametrize("before", ["", "a", "é", WIDE[:3000]], ids=["", "a", "é", "much"])
@pytest.mark.parametrize(
    "bad", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\x80"]
)
@pytest.mark.parametrize("size", [1, 5, 10_000_000])
def test_given_bytes_that_are_no_text_then_the_place_is_told(
    before: str, bad: bytes, size: int
) -> None:
    place = len(before.encode())
    told = rf"not UTF-8 text: byte {bad[0]:#04x} at {place}\."
    with pytest.raises(CorruptDownloadError, match=told):
        _look(before.encode() + bad + b"x", size)


def test_given_an_end_inside_a_character_then_it_is_refused() -> None:
    with pytest.raises(CorruptDownloadError, match="byte 0xe2 at 3"):
        _look("ab\n—".encode()[:-1], 100)


@pytest.mark.parametrize("size", [1, 100])
def test_given_a_nul_then_it_is_refused_with_its_place(size: int) -> None:
    with pytest.raises(CorruptDownloadError, match="NUL byte at 4"):
        _look("é,b\0c".encode(), size)


def test_all_random_bytes_are_told_as_python_tells() -> None:
    chance = random.Random(1)  # noqa: S311 - the same bytes each time
    for _ in range(2000):
        content = bytes(chance.choice(b"a\xc3\xa9\xe2\x80\x94\xf0\x9f\xff") for _ in range(6))
        size = chance.randint(1, 6)
        try:
            content.decode()
        except UnicodeDecodeError as error:
            with pytest.raises(CorruptDownloadError, match=rf" at {error.start}\."):
                _look(content, size)
        else:
            _look(content, size)
