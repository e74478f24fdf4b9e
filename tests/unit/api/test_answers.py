"""Answers read by themselves; `test_client` and its like have them as they come over a line."""

import pytest

from sei_export.api.answers import (
    Created,
    Listed,
    ListedTree,
    OddTree,
    State,
    check_export_id,
    check_tree_id,
    read_created,
    read_listed,
    read_listed_tree,
    read_object,
    read_state,
    read_text,
    read_time,
)
from sei_export.errors import ProtocolError
from sei_export.export import ExportStatus
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.export_ids import LEADING_OUT, OPAQUE

T1, T2 = "2025-12-29T10:00:00Z", "2025-12-29T10:01:00.123Z"

# --- exports ---


@pytest.mark.parametrize("reused", [False, True])
def test_a_created_export_has_an_id_a_time_and_whether_it_was_reused(*, reused: bool) -> None:
    fields: JsonObject = {"exportId": "exp_1", "createdAt": T1, "status": "QUEUED"}
    assert read_created(fields, reused=reused) == Created("exp_1", reused, T1)


def test_a_created_export_without_an_id_is_none() -> None:
    with pytest.raises(ProtocolError, match="has no exportId"):
        read_created({"createdAt": T1}, reused=False)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        pytest.param({"status": "queued"}, State(ExportStatus.QUEUED), id="least"),
        pytest.param(
            {
                "status": "COMPLETED",
                "message": "Export created successfully",
                "createdAt": T1,
                "completedAt": T2,
                "download": {"url": "/a"},
            },
            State(ExportStatus.COMPLETED, None, "/a", T1, T2),
            id="all of a good end",
        ),
        pytest.param(
            {"status": "Failed", "error": {"message": "No tree X"}, "downloadUrl": ""},
            State(ExportStatus.FAILED, "No tree X"),
            id="a bad end",
        ),
        pytest.param(
            {"status": "CANCELLED", "message": "Export created successfully", "by": "jane"},
            State(ExportStatus.CANCELLED, '{"by": "jane"}'),
            id="a bad end in other words",
        ),
        pytest.param(
            {
                "status": "completed",
                "createdAt": "2025-12-29T10:00:00",
                "completedAt": 1767002460000,
            },
            State(
                ExportStatus.COMPLETED,
                created_at="2025-12-29T10:00:00+00:00",
                completed_at="2025-12-29T10:01:00+00:00",
            ),
            id="times in other forms",
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
            {"exportId": "exp_1", "id": "7", "status": "COMPLETED", "createdAt": T1},
            Listed("exp_1", "COMPLETED", T1),
            id="both",
        ),
        pytest.param({"id": "a/b", "createdAt": T1}, Listed("", None, T1), id="unsafe"),
        pytest.param({"exportId": None, "id": 7}, Listed("7", None, None), id="null is absent"),
        pytest.param(None, Listed("", None, None), id="no object"),
        pytest.param({"status": "completed"}, Listed("", "completed", None), id="none"),
    ],
)
def test_an_entry_of_the_list_is_read_also_without_a_usable_id(
    item: JsonValue, listed: Listed
) -> None:
    assert read_listed(item) == listed


def test_an_entry_of_the_list_without_a_usable_id_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for item in ({"id": "a/b"}, {"status": "completed"}, {"id": "exp_1"}):
        read_listed({**item})
    assert caplog.messages == [
        "In the list: The API's answer has an unusable exportId: 'a/b'.",
        "In the list: The API's answer has no exportId.",
    ]


@pytest.mark.parametrize("export_id", OPAQUE)
def test_an_export_id_is_opaque(export_id: str) -> None:
    assert check_export_id(export_id) == export_id


@pytest.mark.parametrize(("given", "export_id"), [(17, "17"), (0, "0"), (10**30, "1" + "0" * 30)])
def test_an_export_id_that_is_a_number_is_read_as_text(given: int, export_id: str) -> None:
    assert check_export_id(given) == export_id


@pytest.mark.parametrize(
    "export_id",
    [
        *LEADING_OUT,
        pytest.param(True, id="true"),
        pytest.param(1.5, id="a fraction"),
        pytest.param(["exp_1"], id="a list"),
        pytest.param({}, id="an object"),
        pytest.param(10**256, id="a number that is too long"),
    ],
)
def test_an_export_id_that_could_lead_out_of_its_place_is_refused_and_shown(
    export_id: JsonValue,
) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_export_id(export_id)
    shown = repr(export_id)[:80]
    assert caught.value.message == f"The API's answer has an unusable exportId: {shown}."


# --- org trees ---


def test_a_tree_of_the_list_has_its_id_as_text_and_its_name_as_it_is() -> None:
    assert read_listed_tree({"id": 12, "name": " A "}) == ListedTree("12", " A ")


@pytest.mark.parametrize(
    ("given", "name", "told"),
    [
        pytest.param({"id": 12}, "", "without a name: {'id': 12}", id="no name"),
        pytest.param({"id": 12, "name": None}, "", "'name': None}", id="a null name"),
        pytest.param({"id": 12, "name": " "}, "", "'name': ' '}", id="a blank name"),
        pytest.param({"id": 12, "name": 5}, "", "'name': 5}", id="a number for a name"),
        pytest.param(None, "", "without a name: None", id="no object"),
        pytest.param({"name": "A"}, "A", "unusable id of an org tree: None.", id="no id"),
        pytest.param({"id": "../x", "name": "A"}, "A", "org tree: '../x'.", id="a path for an id"),
        pytest.param({"id": True, "name": "A"}, "A", "org tree: True.", id="true for an id"),
        pytest.param(
            {"id": "x" * 99, "name": "A"},
            "A",
            f"org tree: '{'x' * 79}.",
            id="a long text for an id",
        ),
        pytest.param({"id": "x" * 199}, "", f"a name: {{'id': '{'x' * 112}", id="a long entry"),
    ],
)
def test_a_tree_without_id_or_name_is_odd_and_says_why(
    given: JsonValue, name: str, told: str
) -> None:
    odd = read_listed_tree(given)
    assert isinstance(odd, OddTree)
    assert odd.name == name
    assert odd.error.message.endswith(told)


def test_what_is_no_id_of_a_tree_is_refused() -> None:
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


@pytest.mark.parametrize(
    ("given", "read"), [("T1", "T1"), (" ", " "), ("", None), (None, None), (7, None), ({}, None)]
)
def test_a_text_is_read_and_an_empty_one_is_none(given: JsonValue, read: str | None) -> None:
    assert read_text(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param(T1, T1, id="as documented"),
        pytest.param("2025-12-29T11:00:00.25+01:00", "2025-12-29T11:00:00.25+01:00", id="a zone"),
        pytest.param("2025-12-29T10:00:00", "2025-12-29T10:00:00+00:00", id="no zone"),
        pytest.param(f" {T1}", "2025-12-29T10:00:00+00:00", id="spaces"),
        pytest.param(1767002400250, "2025-12-29T10:00:00.250000+00:00", id="milliseconds"),
        pytest.param("1767002400000", "2025-12-29T10:00:00+00:00", id="in digits"),
        pytest.param(1767002400, "2025-12-29T10:00:00+00:00", id="seconds"),
        pytest.param("recently", None, id="no time"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="an object"),
    ],
)
def test_a_time_is_read_with_a_zone_and_as_it_is_where_it_has_one(
    given: JsonValue, read: str | None
) -> None:
    assert read_time(given) == read
