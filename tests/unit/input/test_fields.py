"""Reading a body by a table of its fields."""

import pytest

from sei_export.input.fields import read_fields, read_text
from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue

SIZE = Word("size", ("Small", "LARGE"), aliases=("extent",))
PARTS = Names("parts", ("Wheel", "frame"))
NEEDED = Names("parts", ("Wheel", "frame"), required=True)
TAGS = Names("tags", aliases=("tag", "labels"))
EXACT = Names("tags", any_case=False)


def _read(field: Field, given: JsonObject) -> tuple[JsonValue, list[str]]:
    """What is read of one field, and what is wrong with it."""
    problems = Problems()
    values = read_fields((field,), given, problems, "at.")
    assert set(values) <= {field.name}
    return values.get(field.name), problems.found


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        pytest.param(SIZE, {"size": "small"}, "Small", id="a word in the table's case"),
        pytest.param(SIZE, {"size": " LaRGe "}, "LARGE", id="a word without spaces around"),
        pytest.param(SIZE, {"size": "small", "extent": "SMALL"}, "Small", id="a word said twice"),
        pytest.param(SIZE, {}, None, id="no word"),
        pytest.param(Word("w", ("a", "b"), default="b"), {}, "b", id="a default"),
        pytest.param(Word("w", ("a", "b"), default="b"), {"w": "A"}, "a", id="no default"),
        pytest.param(
            PARTS, {"parts": ["FRAME", "wheel", "frame"]}, ["frame", "Wheel"], id="names sorted"
        ),
        pytest.param(PARTS, {"parts": []}, None, id="an empty list"),
        pytest.param(PARTS, {"parts": None}, None, id="a null list"),
        pytest.param(Names("x", sent_empty=True), {}, [], id="no list where empty means all"),
        pytest.param(TAGS, {"tags": ["new ", "Any", "ANY"]}, ["Any", "new"], id="any names"),
        pytest.param(
            TAGS, {"labels": ["c"], "tag": ["b", "A"], "tags": ["a"]}, ["a", "b", "c"], id="merged"
        ),
        pytest.param(EXACT, {"tags": ["b", "B", "a", "b"]}, ["B", "a", "b"], id="by case"),
        pytest.param(Text("t"), {"t": " R&D "}, "R&D", id="a text"),
        pytest.param(Number("n"), {"n": 0}, 0, id="zero"),
        pytest.param(Number("n"), {"n": 10**15}, 10**15, id="a large number"),
        pytest.param(Flag("f"), {"f": False}, False, id="false"),
        pytest.param(Flag("f"), {"f": True}, True, id="true"),
        pytest.param(Flag("f"), {}, None, id="no flag"),
        pytest.param(Group("g", (SIZE,)), {"g": {"size": "small"}}, {"size": "Small"}, id="group"),
        pytest.param(Group("g", (SIZE,)), {"g": {}}, None, id="an empty group"),
        pytest.param(Group("g", (SIZE,)), {"g": None}, None, id="a null group"),
        pytest.param(Group("g", (Word("w", ("a",), default="a"),)), {}, {"w": "a"}, id="inner"),
        pytest.param(
            Group("g", (Names("x", sent_empty=True),)), {"g": {}}, {"x": []}, id="all of a group"
        ),
        pytest.param(Group("g", (Names("x", sent_empty=True),)), {}, None, id="none of a group"),
    ],
)
def test_given_a_good_value_then_it_is_read_as_the_table_spells_it(
    field: Field, given: JsonObject, expected: JsonValue
) -> None:
    assert _read(field, given) == (expected, [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"extent": "large"}, {"extent": "LARGE"}, id="alone"),
        pytest.param({"extent": "large", "size": "large"}, {"size": "LARGE"}, id="beside its name"),
    ],
)
def test_given_a_word_by_its_alias_then_it_keeps_that_if_it_is_alone(
    given: JsonObject, expected: JsonObject
) -> None:
    group: JsonObject = {"g": given}
    assert read_fields((SIZE,), given, Problems()) == expected
    assert read_fields((Group("g", (SIZE,)),), group, Problems()) == {"g": expected}


TEXT = "a non-empty string without control characters is allowed."


@pytest.mark.parametrize(
    ("field", "given", "problem"),
    [
        pytest.param(
            SIZE,
            {"size": "smal"},
            'at.size is "smal": allowed are Small, LARGE; did you mean Small?',
            id="no such word",
        ),
        pytest.param(SIZE, {"size": None}, "at.size is null: allowed are Small, LARGE.", id="null"),
        pytest.param(
            SIZE, {"extent": 3}, "at.extent is 3: allowed are Small, LARGE.", id="by its alias"
        ),
        pytest.param(
            SIZE,
            {"extent": "small", "size": "large"},
            "at.size and at.extent are two names of one option and differ: give one of them.",
            id="two names that differ",
        ),
        pytest.param(
            Word("w", ("a", "b"), required=True),
            {},
            "at.w is missing: allowed are a, b.",
            id="required word",
        ),
        pytest.param(
            PARTS, {"parts": "Wheel"}, 'at.parts is "Wheel": a list of names is allowed.', id="text"
        ),
        pytest.param(
            PARTS,
            {"parts": ["frame", "weel"]},
            'at.parts[1] is "weel": allowed are Wheel, frame; did you mean Wheel?',
            id="no such name",
        ),
        pytest.param(PARTS, {"parts": [7]}, f"at.parts[0] is 7: {TEXT}", id="a number in a list"),
        pytest.param(
            TAGS, {"tags": ["a"], "tag": ["b", ""]}, f'at.tag[1] is "": {TEXT}', id="in an alias"
        ),
        *(
            pytest.param(
                NEEDED,
                given,
                "at.parts is missing: allowed are Wheel, frame.",
                id=f"needed, {name}",
            )
            for name, given in (
                ("absent", {}),
                ("null", {"parts": None}),
                ("empty", {"parts": list[JsonValue]()}),
            )
        ),
        pytest.param(
            Names("x", required=True), {}, "at.x is missing: this report needs it.", id="any name"
        ),
        pytest.param(Text("t"), {"t": 5}, f"at.t is 5: {TEXT}", id="number for a text"),
        pytest.param(Text("t"), {"t": None}, f"at.t is null: {TEXT}", id="null for a text"),
        pytest.param(
            Text("t", required=True), {}, "at.t is missing: this report needs it.", id="no text"
        ),
        *(
            pytest.param(
                Number("n"), {"n": value}, f"at.n is {shown}: a whole number is allowed.", id=shown
            )
            for value, shown in ((-1, "-1"), (1.0, "1.0"), (True, "true"), ("1", '"1"'))
        ),
        pytest.param(
            Number("n", required=True), {}, "at.n is missing: this report needs it.", id="no number"
        ),
        *(
            pytest.param(
                Flag("f"), {"f": value}, f"at.f is {shown}: true or false is allowed.", id=shown
            )
            for value, shown in ((0, "0"), (1, "1"), ("true", '"true"'), (None, "null"))
        ),
        pytest.param(
            Group("g", (SIZE,)), {"g": []}, "at.g is []: an object is allowed.", id="list for group"
        ),
        pytest.param(
            Group("g", (SIZE,)),
            {"g": {"sise": "small"}},
            "at.g.sise is not a field: known are size, extent; did you mean size?",
            id="unknown in a group",
        ),
        pytest.param(
            Group("g", (Word("w", ("a",), required=True),)),
            {"g": None},
            "at.g.w is missing: allowed are a.",
            id="needed in a group that is null",
        ),
        *(
            pytest.param(
                Group("g", (TAGS,), required=True),
                given,
                "at.g is missing: this report needs it.",
                id=f"needed group, {name}",
            )
            for name, given in (("absent", {}), ("null", {"g": None}))
        ),
    ],
)
def test_given_a_bad_value_then_it_is_told_by_path(
    field: Field, given: JsonObject, problem: str
) -> None:
    assert _read(field, given)[1] == [problem]


def test_each_name_of_a_field_is_looked_at_after_one_that_is_wrong() -> None:
    given: JsonObject = {"tags": "a", "tag": [5], "labels": {}}
    assert _read(TAGS, given)[1] == [
        'at.tags is "a": a list of names is allowed.',
        f"at.tag[0] is 5: {TEXT}",
        "at.labels is {}: a list of names is allowed.",
    ]


def test_fields_are_read_in_the_tables_order_whatever_the_inputs() -> None:
    fields = (Text("z"), Number("m"), Flag("a"))
    values = read_fields(fields, {"a": True, "m": 1, "z": "x"}, Problems())
    assert list(values) == ["z", "m", "a"]


def test_what_is_no_field_is_left_to_the_caller() -> None:
    problems = Problems()
    assert read_fields((Text("t"),), {"t": "x", "u": 1}, problems) == {"t": "x"}
    assert problems.found == []


def test_the_input_is_left_as_it_is() -> None:
    given: JsonObject = {"parts": ["wheel", "FRAME", "wheel"]}
    read_fields((PARTS,), given, Problems())
    assert given == {"parts": ["wheel", "FRAME", "wheel"]}


@pytest.mark.parametrize(
    ("given_value", "text"),
    [
        pytest.param("R&D", "R&D", id="as it is"),
        pytest.param(" R&D\u3000", "R&D", id="without spaces around"),
        pytest.param("a\u00a0b", "a\u00a0b", id="with one inside"),
    ],
)
def test_a_text_is_read_without_surrounding_spaces(given_value: str, text: str) -> None:
    problems = Problems()
    assert read_text("scope.teamId", given_value, problems) == text
    assert problems.found == []


@pytest.mark.parametrize(
    "given_value", [None, 7, True, [], {}, "", " ", "a\tb", "\ud800"], ids=ascii
)
def test_what_is_no_text_is_told_and_read_as_none(given_value: JsonValue) -> None:
    problems = Problems()
    assert read_text("scope.teamId", given_value, problems) == ""
    [problem] = problems.found
    assert problem.startswith("scope.teamId is ")
    assert problem.endswith(TEXT)
