"""What the state machine carries between create and download."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request import parse_request
from tests.unit.request_strategies import requests
from tests.unit.samples import DEFAULTS, STARTED_AT, request

EXPORT = Export(
    export_id="exp_7a8b9c0d",
    request=request(),
    reused=True,
    created_at="2025-12-29T10:00:00Z",
)


def test_the_form_for_states_has_id_request_and_fingerprint() -> None:
    assert EXPORT.to_json() == {
        "exportId": "exp_7a8b9c0d",
        "report": "productivity",
        "request": request().canonical(),
        "requestFingerprint": request().fingerprint,
        "reused": True,
        "createdAt": "2025-12-29T10:00:00Z",
    }


@given(requests(), st.booleans())
def test_an_export_reads_back_as_it_was_after_a_trip_through_json(
    given_input: JsonObject,
    reused: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    parsed = parse_request(given_input, DEFAULTS, STARTED_AT)
    export = Export("exp_1", parsed, reused, "2025-12-29T10:00:00Z")
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


@pytest.mark.parametrize("given_request", [None, [], "x"])
def test_a_request_that_is_no_object_is_refused(given_request: JsonValue) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Export.from_json({**EXPORT.to_json(), "request": given_request})
    assert caught.value.problems == ("export.request is not an object.",)


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
