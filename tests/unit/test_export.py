"""What the state machine carries between create and download."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sei_export.errors import InvalidRequestError, ProtocolError
from sei_export.export import Export, ExportHandle, ExportStatus
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, SPRINT, Report
from tests.fakes.export_ids import LEADING_OUT, OPAQUE
from tests.fakes.request_strategies import names, requests
from tests.fakes.samples import outdated, parsed, request, request_of

CREATED_AT = "2025-12-29T10:00:00Z"
EXPORT = Export.of(request(), "exp_7a8b9c0d", CREATED_AT, reused=True)
FOUND = Export("exp_1", SPRINT, "other", "else", None, reused=True, created_at=CREATED_AT)
"""One that somebody else created."""


def test_the_form_for_states_has_what_the_result_says_and_where_to_ask() -> None:
    assert EXPORT.to_json() == {
        "exportId": "exp_7a8b9c0d",
        "report": "productivity",
        "request": request().canonical(),
        "requestFingerprint": request().fingerprint,
        "reused": True,
        "createdAt": "2025-12-29T10:00:00Z",
        "orgIdentifier": "acme",
        "projectIdentifier": "metrics",
        "legacy": False,
        "expectedSeconds": 0.0,
    }


def test_given_one_that_somebody_else_created_what_was_asked_for_is_left_open() -> None:
    assert FOUND.to_json() == {
        "exportId": "exp_1",
        "report": "sprint",
        "request": None,
        "requestFingerprint": None,
        "reused": True,
        "createdAt": "2025-12-29T10:00:00Z",
        "orgIdentifier": "other",
        "projectIdentifier": "else",
        "legacy": False,
        "expectedSeconds": 0.0,
    }


def test_the_state_machine_is_told_how_long_it_may_wait_before_it_asks() -> None:
    export = Export.of(request(), "exp_1", CREATED_AT, reused=False, expected_seconds=61.25)
    assert export.to_json()["expectedSeconds"] == 61.25


@pytest.mark.parametrize("report", REPORTS)
def test_the_state_machine_is_told_which_reports_are_legacy(report: str) -> None:
    told = Export.of(request_of(report), "exp_1", "", reused=False).to_json()["legacy"]
    assert told is (report in {"team-report", "contributor-report"})


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=20)
@given(data=st.data())
def test_an_export_reads_back_as_it_was_after_a_trip_through_json(
    report: Report, data: st.DataObject
) -> None:
    asked = parsed(data.draw(requests(report)))
    export = Export.of(asked, "exp_1", CREATED_AT, reused=data.draw(st.booleans()))
    assert Export.from_json(json.loads(json.dumps(export.to_json()))) == export


@given(
    report=st.sampled_from([report for report in REPORTS.values() if not report.is_legacy]),
    org=names,
    project=names,
)
def test_one_that_somebody_else_created_reads_back_too(
    report: Report, org: str, project: str
) -> None:
    export = Export("exp_1", report, org, project, None, reused=True, created_at=CREATED_AT)
    assert Export.from_json(json.loads(json.dumps(export.to_json()))) == export


@pytest.mark.parametrize("given_value", [None, [], "exp_1", 1])
def test_what_is_no_object_says_what_to_give(given_value: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json(given_value)
    assert caught.value.problems == ("export is missing: give what CreateExport returned.",)


@pytest.mark.parametrize("export_id", OPAQUE)
def test_an_id_of_any_form_makes_the_trip_too(export_id: str) -> None:
    export = Export.of(request(), export_id, CREATED_AT, reused=False)
    assert Export.from_json(json.loads(json.dumps(export.to_json()))) == export


@pytest.mark.parametrize(
    "export_id",
    [*LEADING_OUT, pytest.param(None, id="absent"), pytest.param(5, id="number")],
)
def test_an_id_that_could_lead_out_of_its_place_is_refused(export_id: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), "exportId": export_id})
    assert caught.value.problems == ("export.exportId is not an export's id.",)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"request": []}, id="list"),
        pytest.param({"request": "x"}, id="text"),
        pytest.param({"request": None, "report": "team-report"}, id="absent, legacy report"),
    ],
)
def test_a_request_that_is_no_object_is_refused(changes: JsonObject) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), **changes})
    assert caught.value.problems == ("export.request is not an object.",)
    assert caught.value.remedy == BY_HAND


@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_without_a_request_the_project_must_be_known(name: str, value: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**FOUND.to_json(), name: value})
    assert caught.value.problems == (
        "export.orgIdentifier and export.projectIdentifier are missing.",
    )


@pytest.mark.parametrize("request_of_it", [EXPORT.to_json()["request"], None], ids=["known", "not"])
@pytest.mark.parametrize("report", [None, "x", 7, {}])
def test_a_report_that_is_none_is_refused(report: JsonValue, request_of_it: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), "request": request_of_it, "report": report})
    assert caught.value.problems == ("export.report is not a report.",)
    assert caught.value.remedy == BY_HAND


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        pytest.param(
            outdated(request().canonical()),
            'export.request: options.granularity is "hourly": allowed are weekly, monthly, '
            "quarterly.",
            id="a word that the table has no longer",
        ),
        pytest.param(
            request().canonical() | {"report": "dora"},
            f'export.request: report is "dora": allowed are {", ".join(REPORTS)}.',
            id="a report that the table has no longer",
        ),
        pytest.param(
            request().canonical() | {"dateRange": {"period": "previous-day"}},
            'export.request: dateRange is {"period": "previous-day"}: only a range of start and '
            "end is allowed.",
            id="made by hand",
        ),
    ],
)
def test_given_a_request_of_another_table_then_the_export_is_said_to_exist(
    stored: JsonObject, problem: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), "request": stored})
    assert caught.value.problems == (problem,)
    assert "nothing was sent" not in str(caught.value)
    assert caught.value.remedy == (
        "Export exp_7a8b9c0d exists at the API, and this version of the stack refuses its "
        "request: correct the input and start a new execution, or start a harvest, which lands the "
        f"export without it. {BY_HAND}"
    )


@pytest.mark.parametrize("reused", [None, "true", 1, False])
def test_only_true_means_reused(reused: JsonValue) -> None:
    assert not Export.from_json({**EXPORT.to_json(), "reused": reused}).reused


@pytest.mark.parametrize("created_at", [None, 1767002400])
def test_a_time_that_is_no_text_is_left_out(created_at: JsonValue) -> None:
    assert Export.from_json({**EXPORT.to_json(), "createdAt": created_at}).created_at == ""


# --- handles ---


@pytest.mark.parametrize("export", [EXPORT, FOUND], ids=["asked for", "found"])
def test_a_handle_is_what_the_api_has_to_be_told(export: Export) -> None:
    handle = ExportHandle.from_json(json.loads(json.dumps(export.to_json())))
    assert type(handle) is ExportHandle
    assert handle == ExportHandle(export.export_id, export.report, export.org, export.project)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"request": outdated(request().canonical())}, id="a request of another table"),
        pytest.param({"request": "x"}, id="a request that is none"),
        pytest.param({"createdAt": 7, "reused": "no", "expectedSeconds": None}, id="other facts"),
    ],
)
def test_a_handle_is_read_whatever_else_is_written(changes: JsonObject) -> None:
    handle = ExportHandle.from_json(EXPORT.to_json())
    assert ExportHandle.from_json({**EXPORT.to_json(), **changes}) == handle


@pytest.mark.parametrize(
    ("given_value", "problem"),
    [
        pytest.param(None, "export is missing: give what CreateExport returned.", id="nothing"),
        pytest.param(
            {**EXPORT.to_json(), "exportId": "a/b"},
            "export.exportId is not an export's id.",
            id="id",
        ),
        pytest.param(
            {**EXPORT.to_json(), "report": "x"}, "export.report is not a report.", id="report"
        ),
        pytest.param(
            {**EXPORT.to_json(), "orgIdentifier": None},
            "export.orgIdentifier and export.projectIdentifier are missing.",
            id="project",
        ),
    ],
)
def test_what_is_no_handle_is_refused(given_value: JsonValue, problem: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ExportHandle.from_json(given_value)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND


# --- statuses ---


@pytest.mark.parametrize(
    ("written", "status"),
    [
        pytest.param("queued", ExportStatus.QUEUED, id="lower"),
        pytest.param("PROCESSING", ExportStatus.PROCESSING, id="upper"),
        pytest.param("Completed", ExportStatus.COMPLETED, id="mixed"),
        pytest.param(" FAILED\n", ExportStatus.FAILED, id="with white space"),
        pytest.param("cancelled", ExportStatus.CANCELLED, id="cancelled"),
    ],
)
def test_a_documented_status_is_read_in_any_case(written: str, status: ExportStatus) -> None:
    assert ExportStatus.parse(written) is status


@pytest.mark.parametrize(
    ("given_status", "shown"),
    [
        pytest.param("PAUSED", "'PAUSED'", id="unknown"),
        pytest.param("", "''", id="empty"),
        pytest.param(None, "None", id="absent"),
        pytest.param(3, "3", id="number"),
        pytest.param({"name": "completed"}, "{'name': 'completed'}", id="object"),
    ],
)
def test_an_undocumented_status_is_refused_by_name(given_status: object, shown: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        ExportStatus.parse(given_status)
    assert caught.value.message == (
        f"The API reports the export status {shown}; "
        "known are queued, processing, completed, failed, cancelled."
    )


@given(st.text())
def test_any_other_text_is_refused_in_a_short_message(text: str) -> None:
    assume(text.strip().lower() not in set(ExportStatus))
    with pytest.raises(ProtocolError) as caught:
        ExportStatus.parse(text)
    assert len(caught.value.message) < 250
