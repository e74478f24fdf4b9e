"""Answers read by themselves; `test_client` and its like have them as they come over a line."""

import pytest

from sei_export.api.answers import (
    Created,
    Listed,
    ListedTree,
    State,
    check_export_id,
    check_tree_id,
    read_created,
    read_id,
    read_list,
    read_listed,
    read_listed_tree,
    read_object,
    read_state,
    read_text,
    stated_error,
)
from sei_export.errors import ProtocolError
from sei_export.export import ExportStatus
from sei_export.jsontypes import JsonObject, JsonValue

# --- exports ---


@pytest.mark.parametrize("reused", [False, True])
def test_a_created_export_has_an_id_a_time_and_whether_it_was_reused(*, reused: bool) -> None:
    fields: JsonObject = {"exportId": "exp_1", "createdAt": "T1", "status": "QUEUED"}
    assert read_created(fields, reused=reused) == Created("exp_1", reused, "T1")


def test_a_created_export_without_an_id_is_none() -> None:
    with pytest.raises(ProtocolError, match="has no exportId"):
        read_created({"createdAt": "T1"}, reused=False)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        pytest.param({"status": "queued"}, State(ExportStatus.QUEUED), id="least"),
        pytest.param(
            {
                "status": "COMPLETED",
                "createdAt": "T1",
                "completedAt": "T2",
                "download": {"url": "/a"},
            },
            State(ExportStatus.COMPLETED, None, "/a", "T1", "T2"),
            id="all of a good end",
        ),
        pytest.param(
            {"status": "Failed", "error": {"message": "No tree X"}, "downloadUrl": ""},
            State(ExportStatus.FAILED, "No tree X"),
            id="a bad end",
        ),
    ],
)
def test_a_state_is_read_in_any_documented_form(fields: JsonObject, state: State) -> None:
    assert read_state(fields) == state


def test_a_state_of_no_documented_status_is_none() -> None:
    with pytest.raises(ProtocolError, match="reports the export status 'EXPIRED'; known are"):
        read_state({"status": "EXPIRED"})


@pytest.mark.parametrize(
    ("item", "listed"),
    [
        pytest.param({"exportId": "exp_1"}, Listed("exp_1", None, None), id="exportId"),
        pytest.param({"id": "exp_1"}, Listed("exp_1", None, None), id="id"),
        pytest.param(
            {"exportId": "exp_1", "id": "7", "status": "COMPLETED", "createdAt": "T1"},
            Listed("exp_1", "COMPLETED", "T1"),
            id="both",
        ),
        pytest.param({"id": "a/b", "createdAt": "T1"}, Listed("", None, "T1"), id="unsafe"),
        pytest.param({"status": "completed"}, Listed("", "completed", None), id="none"),
    ],
)
def test_an_entry_of_the_list_is_read_also_without_a_usable_id(
    item: JsonObject, listed: Listed
) -> None:
    assert read_listed(item) == listed


@pytest.mark.parametrize("export_id", ["exp_7a8b9c0d", "0", "A-b_C", "x" * 128])
def test_an_export_id_that_is_safe_in_a_path_is_taken(export_id: str) -> None:
    assert check_export_id(export_id) == export_id


@pytest.mark.parametrize("export_id", ["../x", "a/b", "", "x" * 129, 17, True, ["exp_1"], {}])
def test_any_other_export_id_is_refused_and_shown(export_id: JsonValue) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_export_id(export_id)
    shown = repr(export_id)[:80]
    assert caught.value.message == f"The API's answer has an unusable exportId: {shown}."


# --- org trees ---


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param(7, "7", id="a number"),
        pytest.param(0, "0", id="zero"),
        pytest.param("203758", "203758", id="digits"),
        pytest.param("007", "007", id="digits, as they are"),
        pytest.param(10**20 - 1, "9" * 20, id="the largest number"),
        pytest.param(10**20, None, id="a larger number"),
        pytest.param("1" * 20, "1" * 20, id="the most digits"),
        pytest.param("1" * 21, None, id="more digits"),
        pytest.param(-1, None, id="below zero"),
        pytest.param("-1", None, id="a sign"),
        pytest.param(7.0, None, id="a fraction"),
        pytest.param(True, None, id="true"),
        pytest.param("", None, id="empty"),
        pytest.param("٣", None, id="other digits"),
        pytest.param("²", None, id="no digit"),
        pytest.param("1/2", None, id="a path"),
        pytest.param(None, None, id="null"),
        pytest.param([7], None, id="a list"),
    ],
)
def test_an_id_of_a_tree_or_team_is_a_number_or_digits(given: JsonValue, read: str | None) -> None:
    assert read_id(given) == read


def test_a_tree_of_the_list_has_its_id_as_text_and_its_name_as_it_is() -> None:
    assert read_listed_tree({"id": 12, "name": " A "}) == ListedTree("12", " A ")


def test_a_tree_without_id_or_name_is_refused_and_shown() -> None:
    with pytest.raises(ProtocolError, match=r"org tree without a name: \{'id': 12, 'name': ''\}"):
        read_listed_tree({"id": 12, "name": ""})
    with pytest.raises(ProtocolError, match=r"unusable id of an org tree: '\.\./x'"):
        read_listed_tree({"id": "../x", "name": "A"})
    with pytest.raises(ProtocolError, match="unusable id of an org tree: None"):
        check_tree_id(None)


# --- any ---


def test_an_object_is_read_as_it_is() -> None:
    assert read_object({"a": 1}, '{"a": 1}', "create") == {"a": 1}


@pytest.mark.parametrize(
    ("answer", "text", "told"),
    [
        pytest.param(None, " <html>Sign in", "an HTML page:  <html>Sign in", id="HTML"),
        pytest.param([1], "[1]", "not a JSON object: [1]", id="a list"),
        pytest.param(None, "x" * 500, f"not a JSON object: {'x' * 120}", id="a long text"),
    ],
)
def test_what_is_no_object_is_refused_by_the_calls_name(
    answer: JsonValue, text: str, told: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_object(answer, text, "create")
    assert caught.value.message == f"The API answered the create call with {told}"


@pytest.mark.parametrize("name", ["exports", "content", "items", "data"])
def test_a_list_is_read_bare_or_from_any_documented_field(name: str) -> None:
    items: list[JsonValue] = [{"a": 1}, {"a": 2}]
    assert [*read_list(items, "", "export")] == items
    assert [*read_list({"total": 2, name: items}, "", "export")] == items


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({"results": []}, "answered the list call with something else: …", id="field"),
        pytest.param("a", "answered the list call with something else: …", id="a text"),
        pytest.param([{}, 7], "list has an entry that is no team: …", id="an entry"),
    ],
)
def test_what_is_no_list_of_objects_is_refused(answer: JsonValue, told: str) -> None:
    with pytest.raises(ProtocolError, match=told):
        list(read_list(answer, "…", "team"))


@pytest.mark.parametrize(
    ("given", "read"), [("T1", "T1"), (" ", " "), ("", None), (None, None), (7, None), ({}, None)]
)
def test_a_text_is_read_and_an_empty_one_is_none(given: JsonValue, read: str | None) -> None:
    assert read_text(given) == read


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param({"error": "No tree X"}, "No tree X", id="error"),
        pytest.param({"message": "No\n tree  X"}, "No tree X", id="in one line"),
        pytest.param({"error": {"message": "No tree X"}}, "No tree X", id="nested"),
        pytest.param({"detail": "b", "error": "a"}, "a", id="the first of the documented names"),
        pytest.param({"error": " ", "detail": "b"}, "b", id="the first that says something"),
        pytest.param({"error": "x" * 501}, "x" * 500, id="a long one"),
        pytest.param({"error": {"code": 7}}, None, id="an object without a message"),
        pytest.param({"error": None, "status": "failed"}, None, id="none"),
        pytest.param(["No tree X"], None, id="a list"),
        pytest.param(None, None, id="null"),
    ],
)
def test_an_error_is_read_where_an_answer_states_it(answer: JsonValue, error: str | None) -> None:
    assert stated_error(answer) == error
