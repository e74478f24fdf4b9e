"""Why the API refuses or an export failed, in whatever form it says it."""

import json

import pytest

from sei_export.api.reasons import failure_reason, stated_error
from sei_export.jsontypes import JsonObject, JsonValue

CREATED = "Export created successfully"
TEAMS: JsonValue = [
    {"field": "scope.teamId", "message": "no such team"},
    {"code": "E17", "message": {"message": "no such tree"}},
    "ask an admin",
]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param({"error": "No tree X"}, "No tree X", id="error"),
        pytest.param({"message": "No\n tree \u2028X"}, "No tree X", id="in one line"),
        pytest.param({"error": {"message": "No tree X"}}, "No tree X", id="nested"),
        pytest.param({"error": {"error": {"message": "No tree X"}}}, "No tree X", id="twice"),
        pytest.param({"detail": "b", "error": "a"}, "a", id="the first of the known names"),
        pytest.param({"error": " ", "detail": "b"}, "b", id="the first that says something"),
        pytest.param({"error": None, "status": "failed"}, None, id="none"),
        pytest.param(
            {"error": "Bad Request", "message": "granularity is required", "status": 400},
            "granularity is required",
            id="beside the status' own phrase",
        ),
        pytest.param({"error": "Bad Request"}, "Bad Request", id="the phrase alone"),
        pytest.param(
            {"error": ["No tree X", {"message": "No team Y"}, "No tree X", None]},
            "No tree X; No team Y",
            id="a list",
        ),
        pytest.param(
            {"errors": TEAMS}, "scope.teamId: no such team; no such tree; ask an admin", id="errors"
        ),
        pytest.param({"errors": list("abcde")}, "a; b; c; d; e", id="as many errors as are told"),
        pytest.param({"errors": list("abcdefg")}, "a; b; c; d; e … and 2 more", id="many errors"),
        pytest.param({"errors": {"teamId": ["unknown"]}}, '{"teamId": ["unknown"]}', id="by field"),
        pytest.param({"failureReason": "No tree X"}, "No tree X", id="failureReason"),
        pytest.param(
            {"error": {"code": 7, "description": "No tree X"}}, "No tree X", id="description"
        ),
        pytest.param(
            {"error": {"code": 7, "info": None}}, '{"code": 7}', id="an object without a message"
        ),
        pytest.param({"error": {"message": None}}, None, id="an object without anything"),
        pytest.param(
            {"code": "INVALID_REQUEST", "message": "No tree X", "responseMessages": []},
            "No tree X",
            id="as Harness' other services write it",
        ),
        pytest.param({"error": "half a pair \ud800!"}, "half a pair !", id="what no UTF-8 has"),
        pytest.param({"message": CREATED}, None, id="good news"),
        pytest.param({"code": 7}, None, id="another name"),
        pytest.param(["No tree X"], None, id="no object"),
        pytest.param(None, None, id="null"),
    ],
)
def test_an_error_is_read_where_an_answer_states_it(answer: JsonValue, error: str | None) -> None:
    assert stated_error(answer) == error


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"error": "Invalid teamId"}, "Invalid teamId", id="as documented"),
        pytest.param({"message": "Invalid teamId"}, "Invalid teamId", id="message"),
        pytest.param(
            {"message": CREATED, "errors": ["a", "b"]}, "a; b", id="not the create call's"
        ),
        pytest.param({"message": CREATED}, None, id="the create call's message alone"),
        pytest.param(
            {"message": "Using existing export with identical parameters"}, None, id="reused"
        ),
        pytest.param(
            {"message": "Rows were not read successfully"},
            "Rows were not read successfully",
            id="success that was none",
        ),
        pytest.param(
            {"message": CREATED, "why": {"team": 7}, "progress": None},
            '{"why": {"team": 7}}',
            id="what is left",
        ),
        pytest.param({"metadata": {"reason": "é"}}, '{"metadata": {"reason": "é"}}', id="unicode"),
        pytest.param({"createdBy": "jane", "download": None}, None, id="what every export has"),
    ],
)
def test_a_failed_export_has_the_reason_that_is_stated_or_what_may_tell_it(
    fields: JsonObject, reason: str | None
) -> None:
    known: JsonObject = {"exportId": "exp_1", "status": "failed", "createdAt": "T1"}
    assert failure_reason(known | fields) == reason


def test_a_reason_nested_too_deep_to_be_written_is_none() -> None:
    deep: JsonValue = []
    for _ in range(100_000):
        deep = [deep]
    assert failure_reason({"why": deep}) is None
    assert stated_error({"errors": deep}) is None


@pytest.mark.parametrize("name", ["error", "errors", "message", "why"])
@pytest.mark.parametrize("value", [True, 7, 0.5, [[["x"]]], [1, 2], {"a": {"b": {}}}])
def test_any_value_under_any_name_leaves_a_text_or_nothing(name: str, value: JsonValue) -> None:
    reason = failure_reason({name: value})
    assert reason is None or json.dumps(value) in reason


@pytest.mark.parametrize(
    "name",
    [
        *("error", "errors", "failureReason", "failureMessage", "failure", "reason"),
        *("statusReason", "statusMessage", "errorMessage", "errorDetails", "message"),
        *("detailedMessage", "detail", "details", "responseMessages"),
    ],
)
def test_an_error_is_stated_under_any_known_name(name: str) -> None:
    assert stated_error({"code": 7, name: "No tree X"}) == "No tree X"


@pytest.mark.parametrize("name", ["message", "detail", "reason", "description", "error", "title"])
@pytest.mark.parametrize("place", ["field", "path", "location"])
def test_an_error_that_is_an_object_tells_what_it_is_about(name: str, place: str) -> None:
    error: JsonObject = {"code": 7, name: "no such team", place: "scope.teamId"}
    assert stated_error({"error": error}) == "scope.teamId: no such team"


@pytest.mark.parametrize(
    "name",
    [
        *("exportId", "id", "status", "report", "createdAt", "createdBy", "startedAt"),
        *("updatedAt", "completedAt", "expiresAt", "download", "downloadUrl"),
    ],
)
def test_what_any_export_has_does_not_tell_why_it_failed(name: str) -> None:
    assert failure_reason({name: "x"}) is None
    assert failure_reason({name: "x", "why": "y"}) == '{"why": "y"}'


@pytest.mark.parametrize(
    "text",
    [
        *("This was not a success", "It didn't end in success", "Failed to read, success: 0"),
        *("Success: 0, errors: 3", "Unable to succeed; success rate 0", "An unsuccessful run"),
        "It ended without success",
    ],
)
def test_a_success_that_is_doubted_is_an_error(text: str) -> None:
    assert stated_error({"message": text}) == text
