"""The CSV inspector, beside Python's own reader."""

import csv
import gzip
import hashlib
import io
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sei_export.errors import CorruptDownloadError
from sei_export.landing.csvcheck import MAX_HEADER_BYTES, CsvFacts, CsvInspector
from tests.fakes.typed import types_of

# Repeatable, and blind to how fast the machine is.
repeatable = settings(
    max_examples=400,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

_CHARACTERS = st.one_of(
    st.sampled_from('",\n\r\t ;é—😀'), st.characters(codec="utf-8", exclude_characters="\0")
)
_FIELDS = st.one_of(
    st.text(_CHARACTERS, max_size=6), st.sampled_from(["", "\r\n", '"', '""', ",", "a,b", '",\n"'])
)
# What a file that is not CSV begins with has tests of its own.
_FIRST_NAMES = _FIELDS.filter(lambda name: not any(mark in name for mark in "<[{"))


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    header = [draw(_FIRST_NAMES), *draw(st.lists(_FIELDS, min_size=width - 1, max_size=width - 1))]
    rows = draw(st.lists(st.lists(_FIELDS, min_size=width, max_size=width), max_size=6))
    return [header, *rows]


@st.composite
def _files(draw: st.DrawFn) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerows(draw(_tables()))
    return text.getvalue().encode()


def _inspect(*pieces: bytes) -> CsvFacts:
    inspector = CsvInspector()
    for piece in pieces:
        inspector.feed(piece)
    return inspector.finish()


def _cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def _read(content: bytes) -> list[list[str]]:
    """What Python's reader finds, without blank lines."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [row for row in csv.reader(text) if row]


@given(content=_files(), places=st.lists(st.integers(0, 10_000), max_size=8))
@repeatable
def test_rows_and_columns_are_those_of_pythons_reader_whatever_the_pieces(
    content: bytes, places: list[int]
) -> None:
    header, *rows = _read(content)
    assert _inspect(*_cut(content, places)) == CsvFacts(
        rows=len(rows),
        columns=tuple(header),
        types=types_of([header, *rows]),
        typed_rows=len(rows),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@given(content=_files())
@repeatable
def test_given_any_csv_byte_by_byte_then_it_is_what_it_is_as_a_whole(content: bytes) -> None:
    assert _inspect(*(bytes([byte]) for byte in content)) == _inspect(content)


@given(content=_files(), blank=st.sampled_from([b"\n", b"\r\n"]), count=st.integers(1, 3))
@repeatable
def test_given_blank_lines_before_and_after_then_they_are_no_rows(
    content: bytes, blank: bytes, count: int
) -> None:
    # A byte order mark is one at the very beginning only.
    padded = (blank * count + content if not content.startswith(b"\xef") else content) + blank
    assert _inspect(padded).rows == _inspect(content).rows
    assert _inspect(padded).columns == _inspect(content).columns


@given(content=_files())
@repeatable
def test_given_any_csv_without_its_last_newline_then_the_last_row_counts(content: bytes) -> None:
    cut = content.removesuffix(b"\n").removesuffix(b"\r")
    assert _inspect(cut).rows == _inspect(content).rows


@given(content=_files(), places=st.lists(st.integers(0, 10_000), max_size=4))
@repeatable
def test_given_a_byte_order_mark_then_it_is_not_part_of_the_first_name(
    content: bytes, places: list[int]
) -> None:
    marked = b"\xef\xbb\xbf" + content.removeprefix(b"\xef\xbb\xbf")
    facts = _inspect(*_cut(marked, places))
    assert facts.columns == tuple(_read(marked)[0])
    assert facts.size == len(marked)


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        pytest.param(b"", (), 0, id="empty"),
        pytest.param(b"\n", (), 0, id="a newline"),
        pytest.param(b"\r\n\r\n\n", (), 0, id="blank lines"),
        pytest.param(b"a,b\n", ("a", "b"), 0, id="header only"),
        pytest.param(b"a,b", ("a", "b"), 0, id="header only, no newline"),
        pytest.param(b"a,b\n1,2", ("a", "b"), 1, id="no newline at the end"),
        pytest.param(b"a,b\n\n1,2\n\r\n\n3,4\n\n", ("a", "b"), 2, id="blank lines between"),
        pytest.param(b"a\n\n1\n\n", ("a",), 1, id="one column"),
        pytest.param(b'a\n""\n', ("a",), 1, id="one column, an empty value"),
        pytest.param(b'a,b\n"1\n\n2",3\n', ("a", "b"), 1, id="a blank line inside quotes"),
        pytest.param(b'"a\n""x"",y",b\r\n1,2\r\n', ('a\n"x",y', "b"), 1, id="quoted header"),
        pytest.param(b" a, b \n1,2\n", (" a", " b "), 1, id="blanks around names"),
        pytest.param(b"\xef\xbb\xbfa,b\r\n1,2\r\n", ("a", "b"), 1, id="byte order mark"),
        pytest.param("Zeit,é\n—,1\n".encode(), ("Zeit", "é"), 1, id="not ascii"),
        pytest.param(b"Team,<b>,{c}\n<1>,[2],{3}\n", ("Team", "<b>", "{c}"), 1, id="brackets"),
    ],
)
def test_given_an_unusual_csv_then_it_is_read_right_in_any_pieces(
    content: bytes, columns: tuple[str, ...], rows: int
) -> None:
    for size in (1, 2, 3, max(len(content), 1)):
        facts = _inspect(*(content[at : at + size] for at in range(0, len(content), size)))
        assert (facts.columns, facts.rows, facts.size) == (columns, rows, len(content))
        assert facts.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"<!DOCTYPE html><p>Sign in", "HTML", id="html"),
        pytest.param(b"\n  <html>", "HTML", id="html after blanks"),
        pytest.param(b"\xef\xbb\xbf<?xml version='1.0'?>", "HTML or XML", id="xml after a mark"),
        pytest.param(b'{"error": "gone"}', "JSON", id="json object"),
        pytest.param(b'\n [{"a": 1}]', "JSON", id="json list"),
        pytest.param(gzip.compress(b"a,b\n", mtime=0), "compressed twice", id="gzip"),
        pytest.param(b"a,b\n1,\x002\n", "NUL", id="nul"),
        pytest.param(b"a\0,b\n", "NUL", id="nul in the header"),
        pytest.param("a,b\n1,2\n".encode("utf-16"), "UTF-8|NUL", id="utf-16"),
        pytest.param(b"\xe9,b\n1,2\n", "UTF-8", id="latin-1 header"),
        pytest.param(b'a,b\n"1,2\n', "inside a quoted field", id="ends inside quotes"),
        pytest.param(b'a,b\n1,"', "inside a quoted field", id="ends after an opening quote"),
        pytest.param(b'"a,b\n', "inside a quoted field", id="header ends inside quotes"),
        pytest.param(b'a,"b"x\n1,2\n', "nor doubled. It says: a", id="header with a quote inside"),
        pytest.param(b'a,"b"x', "nor doubled. It says: a", id="header alone with a quote inside"),
        pytest.param(b"a,b,c\n1,2,3\n4,5", "Record 2 .* has 2 fields", id="ends inside a row"),
        pytest.param(
            b"a,b,c\n1,2,3\n4", "Record 2 .* has 1 fields", id="ends inside a row's first field"
        ),
        pytest.param(b"a,b\n1,2,3\n", "Record 1 .* has 3 fields", id="a row too wide"),
        pytest.param(b"a,b\n1\n", "Record 1 .* has 1 fields", id="a row too narrow"),
        pytest.param(b"Internal error, try again\nlater\n", "has 1 fields", id="prose"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_given_what_is_not_a_whole_csv_then_the_error_says_why(
    content: bytes, reason: str, size: int
) -> None:
    with pytest.raises(CorruptDownloadError, match=reason):
        _inspect(*(content[at : at + size] for at in range(0, len(content), size)))


def test_while_it_passes_it_is_told_how_many_bytes_were_fed() -> None:
    inspector = CsvInspector()
    told = [inspector.size]
    for piece in (b"a,", b"b\n1", b"", b",2\n"):
        inspector.feed(piece)
        told.append(inspector.size)
    assert told == [0, 2, 5, 5, 8]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"a,b\r\n1,2\r\n", b"a,b\r1,2\r", b"a,b\n"])
def test_given_a_last_line_that_ends_then_it_is_told(content: bytes) -> None:
    assert _inspect(content).has_newline
    assert not _inspect(content.rstrip(b"\r\n")).has_newline


def test_given_a_misfit_then_the_error_has_the_figures() -> None:
    told = r"Record 2 .* has 2 fields \(the last one: perhaps its end is missing\); .* has 3"
    with pytest.raises(CorruptDownloadError, match=told):
        _inspect(b"a,b,c\n1,2,3\n4,5")


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        pytest.param(b"a" * MAX_HEADER_BYTES, True, id="longest"),
        pytest.param(b"a" * (MAX_HEADER_BYTES + 1), False, id="one byte more"),
        pytest.param(b'"' + b"\n" * MAX_HEADER_BYTES + b'"', False, id="newlines in quotes"),
        pytest.param(b'"' + b"a" * (4 * MAX_HEADER_BYTES), False, id="quotes never close"),
        pytest.param(b"\n" * (4 * MAX_HEADER_BYTES) + b"a", False, id="blank lines before"),
    ],
)
@pytest.mark.parametrize("size", [1000, 10 * MAX_HEADER_BYTES])
@pytest.mark.parametrize("end", [b"\n", b""], ids=["newline", "no newline"])
def test_given_a_long_header_then_it_is_read_up_to_the_bound(
    names: bytes, size: int, end: bytes, *, fits: bool
) -> None:
    content = names + end
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    if fits:
        assert _inspect(*pieces).columns == (names.decode(),)
        return
    with pytest.raises(CorruptDownloadError, match=f"more than {MAX_HEADER_BYTES} bytes"):
        _inspect(*pieces)
