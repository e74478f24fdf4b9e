"""Records, one by one, beside Python's own reader."""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from sei_export.errors import CorruptDownloadError
from sei_export.landing import records
from sei_export.landing.records import Records

SEEDS = range(10)
FILES_OF_A_SEED = 1000

QUOTED = ["a", ",", "\n", '""', "\r\n", "\r", "é"]
ENDS = ["\n", "\r\n", "\n", "\r", "\n\n", "\r\n\r\n"]
DAMAGE = [b'"', b",", b"\n", b"\r", b"x"]


def _counted(pieces: Sequence[bytes], width: int) -> int:
    counted = Records(width)
    for piece in pieces:
        counted.feed(piece)
    return counted.finish()


def _count(pieces: Sequence[bytes], width: int) -> int | None:
    """How many records there are; None if the file is refused."""
    try:
        return _counted(pieces, width)
    except CorruptDownloadError:
        return None


def _read(content: bytes, width: int) -> int | None:
    """The same by Python's reader, which tells records, and what it refuses, apart."""
    text = io.StringIO(content.decode(), newline="")
    try:
        rows = [row for row in csv.reader(text, strict=True) if row]
    except csv.Error:
        return None
    return len(rows) if all(len(row) == width for row in rows) else None


def _field(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.3:
        return "".join(chance.choice("ab é—") for _ in range(chance.randint(0, 4)))
    if kind < 0.5:
        return '"' + "".join(chance.choice(QUOTED) for _ in range(chance.randint(0, 4))) + '"'
    if kind < 0.6:
        return 'x"' + chance.choice(["", "y", '"'])
    return str(chance.randint(0, 99))


def _file(chance: random.Random, width: int) -> bytes:
    """Some rows; a third of the files are damaged, a tenth of the rows have another width."""
    ends = ENDS if chance.random() < 0.5 else ["\n"]
    text = ""
    for _ in range(chance.randint(0, 6)):
        fields = width if chance.random() < 0.9 else chance.randint(1, 5)
        text += ",".join(_field(chance) for _ in range(fields)) + chance.choice(ends)
    content = text.encode()
    if chance.random() < 0.35 and content:
        at = chance.randint(0, len(content))
        cut = chance.random() < 0.5
        content = content[:at] if cut else content[:at] + chance.choice(DAMAGE) + content[at:]
    return content.rstrip(b"\r\n") if chance.random() < 0.2 else content


def _files(seed: int) -> Iterator[tuple[bytes, int, list[int]]]:
    """Files that are text, with their width and where they are cut into pieces."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time
    for _ in range(FILES_OF_A_SEED):
        width = chance.randint(1, 4)
        content = _file(chance, width)
        cuts = sorted(chance.randint(0, len(content)) for _ in range(chance.randint(0, 6)))
        if chance.random() < 0.1:
            cuts = list(range(len(content)))
        try:
            content.decode()
        except UnicodeDecodeError:
            continue
        yield content, width, cuts


def _pieces(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    return [content[start:end] for start, end in pairwise([0, *cuts, len(content)])]


@pytest.mark.parametrize("per_quote", [1, 20], ids=["split at quotes", "as it is"])
@pytest.mark.parametrize("seed", SEEDS)
def test_records_and_refusals_are_those_of_pythons_reader(
    monkeypatch: pytest.MonkeyPatch, seed: int, per_quote: int
) -> None:
    # Files here are small: with the real numbers most would take one of the ways only.
    monkeypatch.setattr(records, "_BYTES_PER_QUOTE", per_quote)
    monkeypatch.setattr(records, "_MANY", 2)
    told = 0
    for content, width, cuts in _files(seed):
        expected = _read(content, width)
        assert _count(_pieces(content, cuts), width) == expected, (width, content, cuts)
        told += expected is not None
    assert FILES_OF_A_SEED // 2 < told < FILES_OF_A_SEED


@pytest.mark.parametrize(
    ("content", "width", "told"),
    [
        pytest.param(b"1,2,3,4\n5,6\n", 3, "Record 1 .* has 4 fields", id="four and two"),
        pytest.param(b"1,2\n3,4,5,6\n", 3, "Record 1 .* has 2 fields", id="two and four"),
        pytest.param(b'1,"2"x\n', 2, "Record 1 .* after its closing quote", id="after quotes"),
        pytest.param(b'1,2\n3,"4""5"6"\n', 2, "Record 2 .* closing quote", id="quote in quotes"),
        pytest.param(b'1,"2\n', 2, "ends inside a quoted field", id="quotes that stay open"),
        pytest.param(b"1,2\n3", 2, "Record 2 .* perhaps its end is missing", id="cut"),
        pytest.param(b'"1","2","3"', 2, "Record 1 .* has 3 fields", id="too wide at the end"),
        pytest.param(b"1,2\r3\r", 2, "Record 2 .* has 1 fields", id="ends of CR alone"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_given_a_record_that_does_not_fit_then_it_is_named(
    content: bytes, width: int, told: str, size: int
) -> None:
    with pytest.raises(CorruptDownloadError, match=told):
        _counted([content[at : at + size] for at in range(0, len(content), size)], width)


def test_whatever_stands_behind_a_closing_quote_is_refused_as_that() -> None:
    for byte in {*range(256)} - {*b',\r\n"'}:
        with pytest.raises(CorruptDownloadError, match=r"Record 2 .* after its closing quote"):
            _counted([b'1,2\n3,"4"%c,5\n' % byte], 2)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        pytest.param(b'24",a\nb,c\nd,30"\n', 3, id="inches"),
        pytest.param(b'a 24" screen,"b ""x"""\n', 1, id="inches beside a doubled quote"),
        pytest.param(b'"a\n\n,""b""",c\r\n', 1, id="all kinds inside quotes"),
        pytest.param(b"1,2\r3,4\r\n5,6\n", 3, id="three kinds of ends"),
        pytest.param(b",\n,\n", 2, id="empty fields"),
        pytest.param(b'"",""\n', 1, id="empty fields in quotes"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_given_unusual_records_then_they_are_counted(content: bytes, rows: int, size: int) -> None:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert _count(pieces, 2) == rows == _read(content, 2)


def test_given_a_field_over_many_pieces_then_only_its_state_is_kept() -> None:
    counted = Records(2)
    counted.feed(b'1,"')
    kept = []
    for _ in range(50):
        counted.feed(b"x\n" * 1000)
        kept.append(sum(len(value) for value in vars(counted).values() if isinstance(value, bytes)))
    counted.feed(b'"\n')
    assert counted.finish() == 1
    assert max(kept) <= 1


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(b"1,2,3\n", id="plain"),
        pytest.param(b"1,2,3\r\n", id="CR LF"),
        pytest.param(b'1,"a, b",some more text so that quotes are few\n', id="one quoted"),
        pytest.param(b'"1","2","3"\n', id="all quoted"),
        pytest.param(b'1,24" x,3\n', id="bare quotes"),
        pytest.param(b'1,"a\nb",3\n', id="newlines in quotes"),
    ],
)
@pytest.mark.parametrize("size", [1000, 4099, 1_000_000])
def test_given_many_records_of_one_kind_then_each_way_counts_them(row: bytes, size: int) -> None:
    content = row * 5000
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert _count(pieces, 3) == 5000


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(b"1,2\n", id="plain"),
        pytest.param(b"1,2,3,4\r\n", id="CR LF"),
        pytest.param(b'1,"a, b",some more text so that quotes are few\n', id="one quoted"),
        pytest.param(
            b'1,2,"some text ""with""\nquotes, and so much of it that they are few"\r\n',
            id="at the end",
        ),
    ],
)
@pytest.mark.parametrize("size", [1000, 4099, 1_000_000])
def test_given_few_quotes_then_no_record_has_to_be_looked_at_by_itself(
    monkeypatch: pytest.MonkeyPatch, row: bytes, size: int
) -> None:
    # What it saves is most of the time that a file takes.
    monkeypatch.setattr(Records, "_match", lambda *_: pytest.fail("looked at one by one"))
    content = row * 5000
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    [fields] = csv.reader(io.StringIO(row.decode(), newline=""))
    assert _counted(pieces, len(fields)) == 5000


@pytest.mark.parametrize(
    "content",
    [b'"' * 1_000_001, b'"a"' * 300_000, b'a"' * 500_000 + b"\n", b'"",' * 300_000],
    ids=["quotes", "fields without commas", "bare quotes", "one endless record"],
)
def test_given_what_almost_fits_then_no_byte_is_looked_at_again_and_again(content: bytes) -> None:
    # A pattern that went back would take hours here: the test's own limit of time would end it.
    assert _count([content], 3) == _read(content, 3)
