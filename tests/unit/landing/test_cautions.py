"""Warnings about files that have landed all the same."""

import json
from datetime import date

import pytest

from local.paths import ROOT
from sei_export.landing import cautions
from sei_export.landing.daysasked import Seen
from sei_export.manifest import Caution

SCHEMA = json.loads((ROOT / "events" / "schemas" / "ExportCompleted.json").read_text())
WARNING = SCHEMA["properties"]["detail"]["properties"]["warnings"]["items"]["properties"]


@pytest.mark.parametrize("columns", [(), ("team",), ("team", "Team", "team ")])
def test_given_names_that_differ_then_there_is_nothing_to_say(columns: tuple[str, ...]) -> None:
    assert cautions.of_header(columns) == ()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("team", ""), "1 of the 2 columns has no name in the header."),
        (("", " ", "\t", "x"), "3 of the 4 columns have no name in the header."),
        (("",) * 65_535, "65535 of the 65535 columns have no name in the header."),
    ],
)
def test_given_names_that_are_missing_then_it_is_said_how_many(
    columns: tuple[str, ...], message: str
) -> None:
    assert cautions.of_header(columns) == (Caution("emptyColumns", message),)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("x", "y", "x"), "Names that the header has more than once: 'x'."),
        (("x", "y", "x", "y", "x"), "Names that the header has more than once: 'x', 'y'."),
        (("y" * 61,) * 2, f"Names that the header has more than once: '{'y' * 60}'."),
        (
            tuple("abcde" * 2),
            "Names that the header has more than once: 'a', 'b', 'c', 'd', 'e'.",
        ),
        (
            tuple("abcdef" * 2),
            "Names that the header has more than once: 'a', 'b', 'c', 'd', 'e' and 1 more.",
        ),
        (
            tuple("abcdefg" * 2),
            "Names that the header has more than once: 'a', 'b', 'c', 'd', 'e' and 2 more.",
        ),
    ],
)
def test_given_names_that_are_repeated_then_they_are_said(
    columns: tuple[str, ...], message: str
) -> None:
    assert cautions.of_header(columns) == (Caution("duplicateColumns", message),)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), "The file is empty: the API says that there is no data."),
        (("team", "PR_MERGED"), "The file has a header and no rows."),
    ],
)
def test_given_no_rows_then_it_is_said_whether_there_is_a_header(
    columns: tuple[str, ...], message: str
) -> None:
    assert cautions.no_rows(columns) == Caution("noRows", message)


KEY = "exports/" + "%E6%A8%B9" * 111 + "/export.csv.gz"
WIDE = [f"{at} \x00樹" * 10_000 for at in range(50)]
ODD = ['a"b', "a,b", "樹", *(f"c{at}" for at in range(9))]


def test_given_a_tree_that_is_not_listed_then_near_names_are_json_texts() -> None:
    assert cautions.unlisted_tree("Sales, EU", ["Sales EU", 'Sales "EU"']) == (
        ' The first page of the API\'s list has no org tree "Sales, EU"; did you mean '
        '"Sales EU", "Sales \\"EU\\""?'
    )
    assert cautions.unlisted_tree("x", []).endswith('has no org tree "x".')


def test_given_columns_that_differ_then_ten_of_each_are_said() -> None:
    added, removed = cautions.of_columns(["b", *ODD, "b"], ["b", "a"], "exports/k")
    assert added == Caution(
        "columnsAdded",
        'Columns were added, compared with exports/k: "a\\"b", "a,b", "樹", "c0", "c1", "c2", '
        '"c3", "c4", "c5", "c6" and 2 more.',
    )
    assert removed == Caution("columnsRemoved", 'Columns are gone, compared with exports/k: "a".')
    assert cautions.of_columns(["a", "b"], ["b", "a"], "exports/k") == ()


ALL = [
    *cautions.of_header(("",) * 9 + ("x" * 60_000,) * 2 + ("\x00樹" * 10_000,) * 2),
    *(cautions.no_rows(columns) for columns in ((), ("x",))),
    *(cautions.no_rows_any_more(rows) for rows in (None, 10**9)),
    cautions.unverifiable_length(),
    cautions.no_rows((), cautions.unlisted_tree("樹" * 200, ["樹" * 200] * 3)),
    cautions.rows_fell(0, 10**9, KEY),
    *cautions.of_columns(ODD, WIDE, KEY),
    *cautions.of_columns(WIDE, ODD, KEY),
    cautions.dates_outside((date.min, date.max), Seen("0001-01-01", "9999-12-31"), 10**9, 10**10),
    cautions.not_over(date.max, "9999-12-31T00:00:00Z"),
]


@pytest.mark.parametrize("caution", ALL, ids=lambda caution: caution.code)
def test_a_warning_is_as_the_events_schema_wants_it(caution: Caution) -> None:
    assert caution.code in WARNING["code"]["examples"]
    # Whatever the header has: it goes into events and states.
    assert 0 < len(json.dumps(caution.message)) <= WARNING["message"]["maxLength"]
    assert caution.message.endswith((".", "?"))
