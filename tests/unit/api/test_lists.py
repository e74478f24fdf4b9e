"""Lists in the API's answers, and what is said of how much there is."""

import pytest

from sei_export.api.lists import ListAnswer, Totals, is_list, read_list
from sei_export.errors import ProtocolError
from sei_export.jsontypes import JsonObject, JsonValue

NAMES = ("exports", "content", "items", "data")
ENTRIES: list[JsonValue] = [{"a": 1}, {"a": 2}]


def _entries(answer: JsonValue) -> tuple[JsonValue, ...]:
    assert is_list(answer)
    return read_list(answer, "", "export").entries


def _totals(answer: JsonValue) -> Totals:
    return read_list(answer, "", "export").totals


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_read_bare_or_from_any_known_field(name: str) -> None:
    assert _entries(ENTRIES) == tuple(ENTRIES)
    assert _entries({"total": 2, name: ENTRIES}) == tuple(ENTRIES)
    assert _entries({name: []}) == ()


@pytest.mark.parametrize("outer", NAMES)
@pytest.mark.parametrize("inner", NAMES)
def test_a_list_may_stand_one_level_down(outer: str, inner: str) -> None:
    answer: JsonObject = {"status": "SUCCESS", outer: {inner: ENTRIES}, "metaData": None}
    assert _entries(answer) == tuple(ENTRIES)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"exports": None, "content": ENTRIES}, id="before it"),
        pytest.param({"exports": ENTRIES, "data": None}, id="after it"),
        pytest.param({"data": {"exports": None, "items": ENTRIES}}, id="one level down"),
        pytest.param({"exports": {"content": None}, "data": ENTRIES}, id="in an object before it"),
    ],
)
def test_a_field_that_is_null_is_absent(answer: JsonValue) -> None:
    assert _entries(answer) == tuple(ENTRIES)


def test_given_null_for_a_list_when_there_is_said_to_be_nothing_then_it_is_empty() -> None:
    assert read_list({"exports": None, "total": 0}, "", "export") == ListAnswer((), Totals(0))
    nested: JsonObject = {"data": {"content": None, "totalItems": 0, "totalPages": 0}}
    assert read_list(nested, "", "export") == ListAnswer((), Totals(0, 0))


def test_an_entry_that_is_no_object_is_left_to_the_caller_beside_one_that_is() -> None:
    assert _entries([None, {"a": 1}, 7]) == (None, {"a": 1}, 7)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({"results": []}, "answered the list call with something else: …", id="field"),
        pytest.param({"data": None}, "answered the list call with something else: …", id="null"),
        pytest.param({"data": {"data": {"data": []}}}, "with something else: …", id="two levels"),
        pytest.param({"data": None, "total": 3}, "with something else: …", id="null, of three"),
        pytest.param("a", "answered the list call with something else: …", id="a text"),
        pytest.param([None, 7], "list has an entry that is no team: …", id="no object at all"),
    ],
)
def test_what_is_no_list_of_objects_is_refused(answer: JsonValue, told: str) -> None:
    with pytest.raises(ProtocolError, match=told):
        read_list(answer, "…", "team")


@pytest.mark.parametrize("answer", [{}, [7]], ids=["no list", "no object in it"])
def test_of_what_is_refused_a_message_has_the_beginning(answer: JsonValue) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_list(answer, "x" * 500, "team")
    assert caught.value.message.endswith(f": {'x' * 120}")


# --- totals ---


@pytest.mark.parametrize("name", ["total", "totalElements", "totalItems", "totalCount"])
@pytest.mark.parametrize("value", [120, "120"])
@pytest.mark.parametrize("place", [None, "page", "pagination", "meta"])
def test_a_total_is_read_beside_the_list_or_in_an_object_about_pages(
    name: str, value: JsonValue, place: str | None
) -> None:
    said: JsonObject = {name: value, "totalPages": 3}
    beside: JsonObject = {place: said} if place else said
    assert _totals({"exports": ENTRIES, **beside}) == Totals(120, 3)
    assert _totals({"data": {"content": ENTRIES, **beside}}) == Totals(120, 3)
    assert _totals({"data": {"content": ENTRIES}, **beside}) == Totals(120, 3)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"total": None}, id="null"),
        pytest.param({"total": -1}, id="negative"),
        pytest.param({"total": True}, id="true"),
        pytest.param({"total": 1.5}, id="a fraction"),
        pytest.param({"total": {"value": 3}}, id="an object"),
        pytest.param({"total": "many"}, id="a word"),
        pytest.param({"total": "٣"}, id="other digits"),
        pytest.param({"total": 10**15}, id="a huge number"),
        pytest.param({"total": "9" * 5000}, id="huge digits"),
        pytest.param({"page": 3, "meta": [], "count": 2, "size": 50}, id="other names"),
    ],
)
def test_what_is_no_total_counts_as_none(said: JsonObject) -> None:
    assert _totals({"exports": ENTRIES, **said}) == Totals()


def test_the_total_that_is_nearest_to_the_list_counts() -> None:
    answer: JsonObject = {"total": 7, "data": {"items": ENTRIES, "page": {"totalItems": 2}}}
    assert _totals(answer) == Totals(2)


@pytest.mark.parametrize("value", [10**15 - 1, "9" * 15])
def test_the_largest_total_is_read(value: JsonValue) -> None:
    assert _totals({"exports": ENTRIES, "total": value}) == Totals(10**15 - 1)


def test_given_a_total_of_none_and_entries_all_the_same_then_they_are_read() -> None:
    assert _entries({"exports": ENTRIES, "total": 0}) == tuple(ENTRIES)


@pytest.mark.parametrize(
    ("first", "later", "both"),
    [
        pytest.param(Totals(3, 2), Totals(5, 4), Totals(3, 2), id="said at once"),
        pytest.param(Totals(), Totals(5, 4), Totals(5, 4), id="said later"),
        pytest.param(Totals(3), Totals(None, 4), Totals(3, 4), id="the pages later"),
        pytest.param(Totals(None, 2), Totals(5), Totals(5, 2), id="the entries later"),
        pytest.param(Totals(0, 0), Totals(5, 4), Totals(0, 0), id="nothing, said at once"),
    ],
)
def test_of_several_answers_the_first_that_says_it_counts(
    first: Totals, later: Totals, both: Totals
) -> None:
    assert first.otherwise(later) == both


@pytest.mark.parametrize(
    ("promised", "entries", "pages", "missing"),
    [
        pytest.param(Totals(), 3, 1, 0, id="nothing promised"),
        pytest.param(Totals(5), 3, 1, 2, id="entries"),
        pytest.param(Totals(5), 7, 1, 0, id="more entries than promised"),
        pytest.param(Totals(5, 9), 5, 1, 0, id="entries count, not pages"),
        pytest.param(Totals(None, 3), 9, 1, 2, id="pages"),
        pytest.param(Totals(None, 3), 9, 4, 0, id="more pages than promised"),
        pytest.param(Totals(None, 1), 0, 0, 0, id="an empty page"),
        pytest.param(Totals(None, 2), 0, 0, 1, id="of nothing, two pages"),
    ],
)
def test_what_is_promised_and_not_there_is_missing(
    promised: Totals, entries: int, pages: int, missing: int
) -> None:
    assert promised.missing(entries, pages) == missing
