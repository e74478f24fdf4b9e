"""Sentences about what is wrong with an input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.input.problems import Problems, plain
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
    problems.bad_value("metrics", value, "a list")
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
    problems.bad_value("scope", odd, "an object")
    for sentence in problems.found:
        assert sentence.isprintable()
        assert len(sentence.encode()) < 400


def test_a_very_long_field_name_is_cut() -> None:
    problems = Problems()
    problems.unknown_fields("", {"n" * 100_000: 1}, ("report",))
    assert problems.found == [f"{'n' * 60}… is not a field: known are report."]


def test_what_is_below_a_path_is_collected_with_the_rest() -> None:
    problems = Problems(prefix="BatchPlan.")
    problems.add("name is wrong.")
    inner = problems.under("exports[2]")
    inner.missing("report", "give one")
    inner.under("scope").refused("teamId", "7", "there is none")
    assert problems.found is inner.found
    assert problems.found == [
        "BatchPlan.name is wrong.",
        "BatchPlan.exports[2].report is missing: give one.",
        'BatchPlan.exports[2].scope.teamId is "7": there is none.',
    ]


@pytest.mark.parametrize(
    ("count", "end"),
    [
        pytest.param(20, "T18, T19.", id="all"),
        pytest.param(21, "T18, T19 and 1 more.", id="one more"),
    ],
)
def test_of_many_allowed_names_twenty_are_listed(count: int, end: str) -> None:
    problems = Problems()
    problems.not_one_of("team", "zzz", [f"T{number}" for number in range(count)])
    assert problems.found[0].startswith('team is "zzz": allowed are T0, T1, ')
    assert problems.found[0].endswith(end)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("Platform", "Platform", id="as it is"),
        pytest.param("a\nb", r"a\nb", id="in one line"),
        pytest.param("\ud800", r"\ud800", id="in what UTF-8 can carry"),
        pytest.param("n" * 60, "n" * 60, id="as long as may be"),
        pytest.param("n" * 61, "n" * 60 + "…", id="cut"),
    ],
)
def test_a_name_is_made_fit_for_a_message(name: str, shown: str) -> None:
    assert plain(name) == shown


def test_the_same_word_in_another_spelling_comes_before_one_that_is_closer() -> None:
    problems = Problems()
    problems.not_one_of("group", "ABC", ("abcd", "a_b_c"))
    assert problems.found[0].endswith("; did you mean a_b_c?")


def test_each_of_some_things_is_told_by_its_name_and_id_also_where_names_are_equal() -> None:
    problems = Problems()
    problems.none_of_these("tree", "Sales, EU", [("1", "Sales"), ("2", "Sales"), ("", "R&D, EU")])
    assert problems.found == [
        (
            'tree is "Sales, EU": allowed are "Sales" (1), "Sales" (2), "R&D, EU"; '
            'did you mean "Sales" (1)?'
        )
    ]


@pytest.mark.parametrize(("count", "end"), [(20, " (20)."), (21, " (20) and 1 more.")])
def test_of_many_things_twenty_are_listed_and_long_names_are_cut(count: int, end: str) -> None:
    problems = Problems()
    things = [(f"{at}", f"{at}" + "x" * 1000) for at in range(1, count + 1)]
    problems.none_of_these("tree", "zzz", things)
    [told] = problems.found
    assert told.startswith(f'tree is "zzz": allowed are "1{"x" * 59}…" (1), "2{"x" * 59}…" (2), ')
    assert told.endswith(end)
    assert told.count("…") == 20
