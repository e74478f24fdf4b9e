"""Sentences about what is wrong with an input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue


def test_a_missing_field_says_what_to_give() -> None:
    problems = Problems()
    problems.missing("dateRange.end", "give a day")
    assert problems.found == ["dateRange.end is missing: give a day."]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("x", '"x"', id="text"),
        pytest.param(None, "null", id="null"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(1.5, "1.5", id="number"),
        pytest.param({"a": [1]}, '{"a": [1]}', id="object"),
        pytest.param("Köln", '"Köln"', id="unicode"),
        pytest.param("a\tb", r'"a\tb"', id="control character"),
        pytest.param("\ud800", r'"\ud800"', id="lone surrogate"),
        pytest.param("x" * 100, f'"{"x" * 59}…', id="long"),
    ],
)
def test_a_bad_value_is_shown_as_json_and_cut(value: JsonValue, shown: str) -> None:
    problems = Problems()
    problems.bad_value("metrics", value, "a list is")
    assert problems.found == [f"metrics is {shown}: a list is allowed."]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        pytest.param("weekley", "; did you mean weekly?", id="typing error"),
        pytest.param("MONTHLEY", "; did you mean monthly?", id="typing error in upper case"),
        pytest.param("zzz", ".", id="nothing like it"),
        pytest.param(7, ".", id="not a text"),
    ],
)
def test_a_value_that_is_none_of_a_few_gets_the_closest_as_a_hint(
    value: JsonValue, hint: str
) -> None:
    problems = Problems()
    problems.not_one_of("options.granularity", value, ("weekly", "monthly"))
    assert problems.found[0].endswith(f": allowed are weekly, monthly{hint}")


def test_each_unknown_field_is_told_with_its_path_and_the_known_ones() -> None:
    problems = Problems()
    problems.unknown_fields("scope.", {"teamID": "1", "teamId": "2", "zzz": 3}, ("teamId", "tree"))
    assert problems.found == [
        "scope.teamID is not a field: known are teamId, tree; did you mean teamId?",
        "scope.zzz is not a field: known are teamId, tree.",
    ]


def test_a_prefix_tells_which_document_is_meant() -> None:
    problems = Problems(prefix="DefaultRequest.")
    problems.missing("report", "give one")
    problems.unknown_fields("", {"x": 1}, ("report",))
    assert [sentence.split(" ")[0] for sentence in problems.found] == [
        "DefaultRequest.report",
        "DefaultRequest.x",
    ]


NAMES = st.text(st.characters(codec=None), min_size=1)


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=3))
def test_whatever_the_input_holds_a_sentence_is_short_one_line_and_valid_utf8(
    odd: JsonObject,
) -> None:
    problems = Problems()
    problems.unknown_fields("", odd, ("report",))
    problems.bad_value("scope", odd, "an object is")
    for sentence in problems.found:
        assert sentence.isprintable()
        assert len(sentence.encode()) < 400


def test_a_very_long_field_name_is_cut() -> None:
    problems = Problems()
    problems.unknown_fields("", {"n" * 100_000: 1}, ("report",))
    assert problems.found == [f"{'n' * 60}… is not a field: known are report."]
