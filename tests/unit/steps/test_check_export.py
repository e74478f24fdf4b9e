"""CheckExport: asks once, and words the end of an export that has no file."""

import pytest

from sei_export.api.client import Connect
from sei_export.errors import (
    ExportCancelledError,
    ExportFailedError,
    ExportNotFoundError,
    InvalidRequestError,
    ProtocolError,
)
from sei_export.export import Export
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import SPRINT
from sei_export.steps.check_export import check_export
from tests.fakes.samples import outdated, request, request_of
from tests.fakes.scripted_api import Call, ScriptedApi

EXPORT = Export.of(request(), "exp_1", "2025-12-29T10:00:00Z", reused=False).to_json()


def _check(export: JsonValue, connect: Connect) -> JsonObject:
    """One call of the function."""
    return check_export({"export": export}, connect)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        pytest.param("queued", "queued", id="queued"),
        pytest.param("PROCESSING", "processing", id="processing, upper case"),
        pytest.param("Completed", "completed", id="completed, mixed case"),
    ],
)
def test_given_no_failure_the_answer_is_the_status_alone(written: str, status: str) -> None:
    api = ScriptedApi.answering(200, {"status": written, "downloadUrl": "/v2/f?signature=abc"})
    assert _check(EXPORT, api.connect) == {"status": status}


def test_the_status_is_asked_for_once_in_the_requests_own_project() -> None:
    api = ScriptedApi.answering(200, {"status": "queued"})
    export = Export.of(request(orgIdentifier="other"), "exp_1", "", reused=False)
    _check(export.to_json(), api.connect)
    assert api.http.calls == [
        Call(
            method="GET",
            url="https://app.harness.io/prod1/sei/api/v2/insights/productivity/exports/exp_1",
            params={"orgIdentifier": "other", "projectIdentifier": "metrics"},
            body=None,
        )
    ]


def test_given_a_sprint_export_its_status_has_another_path_than_its_creation() -> None:
    api = ScriptedApi.answering(200, {"status": "QUEUED"})
    export = Export.of(request_of("sprint"), "exp_1", "", reused=False)
    _check(export.to_json(), api.connect)
    (call,) = api.http.calls
    assert call.url == "https://app.harness.io/prod1/sei/api/v2/insights/sprints/exports/exp_1"


def test_given_an_export_of_somebody_else_it_is_asked_for_in_its_own_project() -> None:
    api = ScriptedApi.answering(200, {"status": "queued"})
    export = Export("exp_1", SPRINT, "other", "else", None, reused=True, created_at="")
    assert _check(export.to_json(), api.connect) == {"status": "queued"}
    assert api.connected_for == [("other", "else")]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            {"status": "failed", "error": "Invalid teamId"},
            "The API reports that export exp_1 failed: Invalid teamId.",
            id="with a reason",
        ),
        pytest.param(
            {"status": "FAILED"},
            "The API reports that export exp_1 failed: it gives no reason.",
            id="without one",
        ),
        pytest.param(
            {"status": "failed", "message": "Export created successfully"},
            "The API reports that export exp_1 failed: it gives no reason.",
            id="with what the create call said",
        ),
        pytest.param(
            {"status": "failed", "errors": [{"path": "scope.teamId", "message": "unknown"}]},
            "The API reports that export exp_1 failed: scope.teamId: unknown.",
            id="with a list of reasons",
        ),
        pytest.param(
            {"status": "failed", "message": "Export created successfully", "stage": "QUERY"},
            'The API reports that export exp_1 failed: {"stage": "QUERY"}.',
            id="with something under another name",
        ),
    ],
)
def test_given_a_failed_export_the_failure_has_name_reason_and_remedy(
    answer: JsonObject, message: str
) -> None:
    assert _check(EXPORT, ScriptedApi.answering(200, answer).connect) == {
        "status": "failed",
        "failure": {
            "error": "ExportFailedError",
            "message": message,
            "remedy": ExportFailedError.default_remedy,
        },
    }


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            {"status": "CANCELLED", "message": "by jane"},
            "The API reports that export exp_1 was cancelled: by jane.",
            id="with a reason",
        ),
        pytest.param(
            {"status": "cancelled"},
            "The API reports that export exp_1 was cancelled.",
            id="without one",
        ),
    ],
)
def test_given_a_cancelled_export_the_failure_says_so(answer: JsonObject, message: str) -> None:
    assert _check(EXPORT, ScriptedApi.answering(200, answer).connect) == {
        "status": "cancelled",
        "failure": {
            "error": "ExportCancelledError",
            "message": message,
            "remedy": ExportCancelledError.default_remedy,
        },
    }


def test_given_an_unknown_status_the_error_names_it() -> None:
    with pytest.raises(ProtocolError, match="'PAUSED'"):
        _check(EXPORT, ScriptedApi.answering(200, {"status": "PAUSED"}).connect)


def test_given_an_export_that_the_api_does_not_know_it_is_not_found() -> None:
    with pytest.raises(ExportNotFoundError, match="exp_1"):
        _check(EXPORT, ScriptedApi.answering(404, {"error": "no"}).connect)


@pytest.mark.parametrize(
    ("given_export", "problem"),
    [
        pytest.param(None, "export is missing: give what CreateExport returned.", id="nothing"),
        pytest.param(
            {**EXPORT, "exportId": "../x"}, "export.exportId is not an export's id.", id="an id"
        ),
        pytest.param({**EXPORT, "report": "x"}, "export.report is not a report.", id="a report"),
        pytest.param(
            {**EXPORT, "projectIdentifier": ""},
            "export.orgIdentifier and export.projectIdentifier are missing.",
            id="a project",
        ),
    ],
)
def test_given_what_is_no_export_no_connection_is_made(
    given_export: JsonValue, problem: str
) -> None:
    api = ScriptedApi.answering(200, {"status": "queued"})
    with pytest.raises(InvalidRequestError) as caught:
        _check(given_export, api.connect)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
    assert api.connected_for == []


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(outdated(request().canonical()), id="of another table"),
        pytest.param({"report": "productivity"}, id="half of one"),
        pytest.param("x", id="none"),
    ],
)
def test_given_a_request_that_cannot_be_read_the_export_is_asked_for_all_the_same(
    stored: JsonValue,
) -> None:
    # An export that exists goes on, also if an update has narrowed the table of reports.
    api = ScriptedApi.answering(200, {"status": "processing"})
    assert _check({**EXPORT, "request": stored}, api.connect) == {"status": "processing"}
    (call,) = api.http.calls
    assert call.url.endswith("/productivity/exports/exp_1")
