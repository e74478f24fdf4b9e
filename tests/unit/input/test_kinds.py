"""Kinds of fields, and the names that each goes by."""

import pytest

from sei_export.input.kinds import (
    Field,
    Flag,
    Group,
    Names,
    Number,
    Text,
    Word,
    all_names,
    spellings,
)

LEVEL = Word("metricLevel", ("team",), aliases=("aggregationLevel", "level"))
TAGS = Names("tags", aliases=("tag",))


@pytest.mark.parametrize(
    ("field", "names"),
    [
        pytest.param(LEVEL, ("metricLevel", "aggregationLevel", "level"), id="word"),
        pytest.param(TAGS, ("tags", "tag"), id="names"),
        pytest.param(Word("format", ("csv",)), ("format",), id="a word without an alias"),
        pytest.param(Text("collectionId"), ("collectionId",), id="text"),
        pytest.param(Number("teamRefId"), ("teamRefId",), id="number"),
        pytest.param(Flag("includeRatings"), ("includeRatings",), id="flag"),
        pytest.param(
            Group("options", (LEVEL, TAGS)), ("options",), id="a group, not what is in it"
        ),
    ],
)
def test_a_field_goes_by_its_name_and_then_its_aliases(
    field: Field, names: tuple[str, ...]
) -> None:
    assert all_names(field) == names


def test_the_spellings_of_fields_are_all_their_names_in_order() -> None:
    assert spellings((Flag("f"), LEVEL, Group("g", (TAGS,)))) == [
        *("f", "metricLevel", "aggregationLevel", "level", "g")
    ]
    assert spellings(()) == []


def test_by_default_a_field_is_not_required_and_says_nothing_of_its_own() -> None:
    fields: tuple[Field, ...] = (Word("w", ("a",)), Names("n"), Text("t"), Number("m"), Flag("f"))
    assert not any(field.required for field in (*fields, Group("g", ())))
    assert (Word("w", ("a",)).default, Word("w", ("a",)).shapes) == (None, True)
    assert (Names("n").allowed, Names("n").any_case, Names("n").sent_empty) == ((), True, False)
