"""Types of columns, beside what Python's own int, json and date take."""

import csv
import io
import random
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest

from sei_export.landing import columntypes
from sei_export.landing.csvcheck import CsvFacts, CsvInspector
from tests.fakes.typed import types_of

SEEDS = range(4)
FILES_OF_A_SEED = 400
MIB = 1024 * 1024

FIGURES = ["20250101", "0", "7", "-7", "17", "999999999999999999", "-999999999999999999"]
NUMBERS = ["0.5", "-0.5", "-0", "0.0", "1.50", "1e5", "1.0E-5", "2.5e+07", "-1E99", "0." + "3" * 40]
DAYS = ["2024-02-29", "2000-02-29", "2025-12-31", "0001-01-01", "9999-12-31"]
NOT_DAYS = ["2023-02-29", "1900-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00"]
TEXTS = [
    *("007", "00", "-007", "+5", " 5", "5 ", "1,234", "1_000", "0x10", "5.", ".5", "-", "e5", "1e"),
    *("1e100", "1.5.2", "1e5.5", "NaN", "Infinity", "-Infinity", "inf", "—", "5%", "true", "null"),
    *(
        "1" * 19,
        "1" * 30,
        "1" * 19 + ".5",
        "٣",
        "\uff11\uff12",
        "²",
        "½",
        "2025-1-1",
        "2025-W01-1",
    ),
    *("2025-01-01T00:00:00Z", "2025-01-01 00:00", "12025-01-01", "0000-01-01", "\uff12025-01-01"),
    *("5\n6", "5\r\n6", "\n", "\r", '"', '"5"', 'a"b', "é", "x,y", "[1]", "{}", "--5", "- 5", "5-"),
    *NOT_DAYS,
]
KINDS = [FIGURES, [*FIGURES, *NUMBERS], DAYS, TEXTS, [""], [*FIGURES, *DAYS]]


def _inspect(pieces: Sequence[bytes]) -> CsvFacts:
    inspector = CsvInspector()
    for piece in pieces:
        inspector.feed(piece)
    return inspector.finish()


def _types(*values: str, name: str = "column") -> tuple[str | None, ...]:
    """Types of a column, and of an empty one beside it."""
    return _inspect([_written([[name, "empty"], *([value, ""] for value in values)])]).types


def _written(table: Sequence[Sequence[str]], end: str = "\n", *, quoted: bool = False) -> bytes:
    text = io.StringIO(newline="")
    if quoted:
        csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    else:
        csv.writer(text, lineterminator=end).writerows(table)
    return text.getvalue().encode()


def _table(chance: random.Random) -> list[list[str]]:
    """A header and rows, each column mostly of one kind, some without a value or with another's."""
    width = chance.randint(2, 5)
    kinds = [chance.choice(KINDS) for _ in range(width)]
    spoilt = chance.choice([0.0, 0.0, 0.03])

    def cell(kind: Sequence[str]) -> str:
        if chance.random() < spoilt:
            return chance.choice(chance.choice(KINDS))
        return "" if chance.random() < 0.2 else chance.choice(kind)

    rows = [[cell(kind) for kind in kinds] for _ in range(chance.randint(0, 12))]
    return [[f"c{at}" for at in range(width)], *rows]


def _files(seed: int) -> Iterator[tuple[bytes, list[list[str]], list[int]]]:
    """Files of all forms, what is in them, and where they are cut into pieces."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time
    for _ in range(FILES_OF_A_SEED):
        table = _table(chance)
        end = chance.choice(["\n", "\r\n", "\r"])
        content = _written(table, end, quoted=chance.random() < 0.3)
        if chance.random() < 0.2:
            # Blank lines are no rows.
            content = content.replace(b"c0", b"\nc0", 1) + end.encode()
        if chance.random() < 0.2:
            content = b"\xef\xbb\xbf" + content
        if chance.random() < 0.3:
            content = content.rstrip(b"\r\n")
        cuts = sorted(chance.randint(0, len(content)) for _ in range(chance.randint(0, 6)))
        yield content, table, [*range(len(content))] if chance.random() < 0.1 else cuts


def _pieces(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    return [content[start:end] for start, end in pairwise([0, *cuts, len(content)])]


# --- all of a file ---


@pytest.mark.parametrize("at_once", [1, 3, 8192], ids=["row by row", "some rows", "as it is"])
@pytest.mark.parametrize("seed", SEEDS)
def test_types_are_those_that_every_value_of_the_file_fits(
    monkeypatch: pytest.MonkeyPatch, seed: int, at_once: int
) -> None:
    monkeypatch.setattr(columntypes, "_VALUES_AT_ONCE", at_once)
    if at_once < 8192:
        monkeypatch.setattr(columntypes, "_LEAST_ROWS_AT_ONCE", at_once)
    found: set[str | None] = set()
    for content, table, cuts in _files(seed):
        facts = _inspect(_pieces(content, cuts))
        assert (facts.types, facts.typed_rows) == (types_of(table), len(table) - 1), content
        assert facts.rows == facts.typed_rows
        found.update(facts.types)
    assert found == {None, "text", "integer", "number", "date"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        *(pytest.param([value], "integer", id=f"integer {value}") for value in FIGURES),
        pytest.param(FIGURES, "integer", id="integers"),
        *(pytest.param([value], "number", id=f"number {value[:12]}") for value in NUMBERS),
        *(pytest.param([value], "date", id=f"date {value}") for value in DAYS),
        *(pytest.param([value], "text", id=f"text {ascii(value)[:24]}") for value in TEXTS),
        pytest.param(["1", "0.5"], "number", id="an integer, then a number"),
        pytest.param(["0.5", "1"], "number", id="a number, then an integer"),
        pytest.param(["2025-01-01", "5"], "text", id="a day, then an integer"),
        pytest.param(["5", "2025-01-01"], "text", id="an integer, then a day"),
        pytest.param(["2025-01-01", "GOOD"], "text", id="a day, then a text"),
        pytest.param(["3", "—"], "text", id="a rating that is missing"),
        pytest.param(["", "3", ""], "integer", id="empty values"),
        pytest.param(["", ""], None, id="empty values only"),
        pytest.param([], None, id="no rows"),
    ],
)
def test_a_column_has_the_narrowest_type_of_all_its_values(
    values: list[str], kind: str | None
) -> None:
    assert _types(*values) == (kind, None)


def test_every_day_of_the_calendar_is_a_date_and_no_other_is() -> None:
    first = date(1895, 1, 1)
    days = [(first + timedelta(days)).isoformat() for days in range(48_000)]
    assert _types(*days) == ("date", None)
    known = {*days}
    for year in (1900, 2000, 2023, 2024):
        for month in range(14):
            for day in range(33):
                said = f"{year}-{month:02}-{day:02}"
                assert (_types(said)[0] == "date") == (said in known), said


def test_values_in_quotes_count_by_what_is_in_them() -> None:
    assert _inspect([b'a,b,c\n"5","","x"\n']).types == ("integer", None, "text")


@pytest.mark.parametrize(
    "content", [b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n\r\n", b'"a\n",b\n'], ids=repr
)
def test_given_a_header_alone_then_no_column_has_a_type(content: bytes) -> None:
    facts = _inspect([content])
    assert (facts.types, facts.typed_rows) == ((None, None), 0)


def test_given_an_empty_file_then_there_are_no_types() -> None:
    facts = _inspect([])
    assert (facts.types, facts.typed_rows) == ((), 0)


# --- columns that identify ---


@pytest.mark.parametrize(
    "name",
    [
        *("Team", "team_id", "Team_Id", "Team_Hierarchy", "Collection Name", "ID", " Sprint "),
        *("Email", "Granularity", "Org_Tree", "Developer", "CONTRIBUTOR", "name"),
    ],
)
def test_given_a_column_that_identifies_then_it_is_text(name: str) -> None:
    assert _types("7", "42", name=name) == ("text", None)
    assert _types("2025-01-01", name=name) == ("text", None)
    assert _types("", name=name) == (None, None)


@pytest.mark.parametrize("name", ["PR_MERGED", "REWORK_PAID", "Work per Team", "Start_Date", ""])
def test_given_any_other_column_then_its_values_tell(name: str) -> None:
    assert _types("7", "42", name=name) == ("integer", None)


# --- of a large file its first rows ---


@pytest.mark.parametrize("seed", SEEDS)
def test_given_a_larger_file_then_types_are_of_as_many_rows_as_it_says(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    cut_short = 0
    for content, table, cuts in _files(seed):
        monkeypatch.setattr(columntypes, "MAX_BYTES", 60 + len(content) % 40)
        facts = _inspect(_pieces(content, cuts))
        first = table[: facts.typed_rows + 1]
        assert facts.types == types_of(first), content
        assert facts.typed_rows <= facts.rows == len(table) - 1
        cut_short += facts.typed_rows < facts.rows
    assert FILES_OF_A_SEED // 10 < cut_short < FILES_OF_A_SEED // 10 * 9


@pytest.mark.parametrize("size", [997, 2 * MIB, 10 * MIB])
def test_given_a_value_behind_the_bound_then_the_type_is_of_fewer_rows_than_there_are(
    size: int,
) -> None:
    row = b"12345,%b\n" % (b"x" * 93)
    most = columntypes.MAX_BYTES // len(row)
    for rows, typed in ((most, most), (most + 10, most)):
        content = b"n,t\n" + row * rows + b"late,\n"
        facts = _inspect([content[at : at + size] for at in range(0, len(content), size)])
        assert facts.rows == rows + 1
        is_whole = len(content) <= columntypes.MAX_BYTES
        assert facts.typed_rows == (rows + 1 if is_whole else typed)
        assert facts.types == ("text" if is_whole else "integer", "text")


@pytest.mark.parametrize("size", [1000, 4 * MIB])
def test_all_of_2_mib_is_looked_at_and_of_more_what_has_ended_before(size: int) -> None:
    rows = 2 * MIB // 16
    for more, seen in ((b"", rows), (b"x\n", rows - 1)):
        content = b"123456789012345\n" * rows + more
        types = columntypes.ColumnTypes(["n"])
        for at in range(0, len(content), size):
            types.feed(content[at : at + size])
        assert types.finish() == (("integer",), seen)


@pytest.mark.parametrize(("width", "rows"), [(1, 200_000), (3, 66_666)])
def test_given_more_values_than_are_looked_at_then_rows_are_counted_up_to_there(
    width: int, rows: int
) -> None:
    ones, last = (b",".join([value] * width) + b"\n" for value in (b"1", b"x"))
    whole = _inspect([ones.replace(b"1", b"a") + ones * (rows - 1) + last])
    assert (whole.types, whole.typed_rows) == (("text",) * width, rows)
    longer = _inspect([ones.replace(b"1", b"a") + ones * rows + last])
    assert (longer.types, longer.typed_rows) == (("integer",) * width, rows)


def test_given_a_value_longer_than_the_readers_own_limit_then_its_row_counts() -> None:
    facts = _inspect([b"a,b\n1," + b"5" * MIB + b"\n2,6\n"])
    assert (facts.types, facts.typed_rows) == (("integer", "text"), 2)


def test_given_a_value_longer_than_all_that_is_looked_at_then_no_row_is() -> None:
    facts = _inspect([b'a,b\n1,"', *[b"5\n" * MIB] * 4, b'"\n'])
    assert (facts.types, facts.typed_rows, facts.rows) == ((None, None), 0, 1)


def test_given_a_file_of_any_length_then_no_more_than_the_bound_is_kept() -> None:
    types = columntypes.ColumnTypes(["a", "b"])
    piece = b"1,2\n" * (MIB // 16)
    tracemalloc.start()
    for _ in range(400):
        types.feed(piece)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert types.finish() == (("integer", "integer"), columntypes.MAX_VALUES // 2)
    assert peak < 8 * MIB
    assert kept < MIB
