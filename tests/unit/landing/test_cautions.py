"""Warnings about files that have landed all the same."""

import json

import pytest

from local.paths import ROOT
from sei_export.landing import cautions
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


ALL = [
    *cautions.of_header(("",) * 9 + ("x" * 60_000,) * 2 + ("\x00樹" * 10_000,) * 2),
    *(cautions.no_rows(columns) for columns in ((), ("x",))),
    *(cautions.no_rows_any_more(rows) for rows in (None, 10**9)),
    cautions.unverifiable_length(),
]


@pytest.mark.parametrize("caution", ALL, ids=lambda caution: caution.code)
def test_a_warning_is_as_the_events_schema_wants_it(caution: Caution) -> None:
    assert caution.code in WARNING["code"]["examples"]
    # Whatever the header has: it goes into events and states.
    assert 0 < len(json.dumps(caution.message)) <= WARNING["message"]["maxLength"]
    assert caution.message.endswith(".")
