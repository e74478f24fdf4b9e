"""What the state machine carries between create and download."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, SPRINT, Report
from tests.fakes.request_strategies import names, requests
from tests.fakes.samples import parsed, request, request_of

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


def test_the_part_of_the_result_says_nothing_twice() -> None:
    assert EXPORT.describe() == {
        name: value
        for name, value in EXPORT.to_json().items()
        if name not in {"orgIdentifier", "projectIdentifier", "legacy", "expectedSeconds"}
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


@pytest.mark.parametrize(
    "export_id",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(5, id="number"),
        pytest.param("../list", id="path"),
        pytest.param("exp_1/download", id="slash"),
        pytest.param("exp_1?x=1", id="query"),
        pytest.param("exp_1\n", id="line end"),
        pytest.param("-exp", id="hyphen first"),
        pytest.param("x" * 129, id="too long"),
    ],
)
def test_an_id_that_is_not_safe_in_a_path_is_refused(export_id: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), "exportId": export_id})
    assert caught.value.problems == ("export.exportId is not an export's id.",)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"request": []}, id="list"),
        pytest.param({"request": "x"}, id="text"),
        pytest.param({"request": None, "report": None}, id="absent, no report either"),
        pytest.param({"request": None, "report": "x"}, id="absent, unknown report"),
        pytest.param({"request": None, "report": "team-report"}, id="absent, legacy report"),
    ],
)
def test_a_request_that_is_no_object_is_refused(changes: JsonObject) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), **changes})
    assert caught.value.problems == ("export.request is not an object.",)


@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_without_a_request_the_project_must_be_known(name: str, value: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**FOUND.to_json(), name: value})
    assert caught.value.problems == (
        "export.orgIdentifier and export.projectIdentifier are missing.",
    )


def test_a_request_that_is_not_canonical_is_refused_with_its_problems() -> None:
    broken: JsonObject = {**request().canonical(), "dateRange": {"period": "previous-day"}}
    with pytest.raises(InvalidRequestError, match="dateRange is"):
        Export.from_json({**EXPORT.to_json(), "request": broken})


@pytest.mark.parametrize("reused", [None, "true", 1, False])
def test_only_true_means_reused(reused: JsonValue) -> None:
    assert not Export.from_json({**EXPORT.to_json(), "reused": reused}).reused


@pytest.mark.parametrize("created_at", [None, 1767002400])
def test_a_time_that_is_no_text_is_left_out(created_at: JsonValue) -> None:
    assert Export.from_json({**EXPORT.to_json(), "createdAt": created_at}).created_at == ""
