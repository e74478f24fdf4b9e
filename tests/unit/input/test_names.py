"""Names that look alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.input.names import alike, apart, difference, form_of, near, spelled


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Caf\u00e9 Team", id="composed"),
        pytest.param("Cafe\u0301 Team", id="in parts"),
        pytest.param("Caf\u00e9\u00a0Team", id="no-break space"),
        pytest.param("Caf\u00e9\u2003\u3000Team", id="wide spaces"),
        pytest.param("  Caf\u00e9 \t Team\n", id="more spaces"),
        pytest.param("\ufeffCaf\u00e9\u200b Te\u00adam", id="what cannot be seen"),
    ],
)
def test_names_that_look_alike_have_one_form(name: str) -> None:
    assert form_of(name) == "Caf\u00e9 Team"


@pytest.mark.parametrize("name", ["caf\u00e9 Team", "Cafe Team", "Caf\u00e9Team", "Caf\u00e9-Team"])
def test_names_that_look_different_have_different_forms(name: str) -> None:
    assert form_of(name) != "Caf\u00e9 Team"


@given(st.text())
def test_a_form_is_its_own_and_that_of_its_parts(name: str) -> None:
    form = form_of(name)
    assert form_of(form) == form
    assert form_of(unicodedata.normalize("NFD", name)) == form
    assert form_of(f"\u00a0{name} ") == form


def test_of_several_that_look_alike_the_exact_one_is_meant() -> None:
    names = ["R D", "R\u00a0D", "R  D ", "RD"]
    assert alike("R\u00a0D", names, str) == ["R\u00a0D"]
    assert alike(" R  D", names, str) == ["R  D "]
    assert alike("R\tD", names, str) == names[:3]
    assert alike("r d", names, str) == []


def test_given_several_of_exactly_this_name_then_all_are_meant() -> None:
    assert alike("A", ["A", "A ", "A"], str) == ["A", "A ", "A"]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        pytest.param([("1", "A"), ("2", "A")], "1, 2", id="equal names"),
        pytest.param([("1", "A"), ("2", "A ")], '1: "A", 2: "A "', id="a space behind"),
        pytest.param(
            [("1", "\u00e9"), ("2", "e\u0301")], '1: "\\u00e9", 2: "e\\u0301"', id="in parts"
        ),
    ],
)
def test_things_are_told_apart_by_what_differs(named: list[tuple[str, str]], told: str) -> None:
    assert apart(iter(named)) == told


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        pytest.param("Platform", "Platfrom", "", id="ASCII"),
        pytest.param("\u0410B", "AB", ' ("\\u0410B" is not "AB")', id="another alphabet"),
        pytest.param("AB", "A\u0412", ' ("AB" is not "A\\u0412")', id="the other way"),
        pytest.param("Z\u00fcrich", "Zuerich", "", id="of another length"),
    ],
)
def test_what_may_look_alike_is_spelled_out(one: str, other: str, told: str) -> None:
    assert difference(one, other) == told


def test_a_long_name_is_cut() -> None:
    assert spelled("x" * 198) == f'"{"x" * 198}"'
    assert spelled("x" * 500) == '"' + "x" * 199 + "…"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("Enginering", ["ENGINEERING", "Engineering EU"], id="the nearest first"),
        pytest.param("engineering eu", ["Engineering EU", "ENGINEERING"], id="in another case"),
        pytest.param("Payroll", [], id="none"),
        pytest.param("", [], id="no name"),
    ],
)
def test_names_that_are_spelled_much_alike_are_near_in_any_case(
    name: str, found: list[str]
) -> None:
    assert near(name, ["Sales", "Engineering EU", "ENGINEERING"]) == found
