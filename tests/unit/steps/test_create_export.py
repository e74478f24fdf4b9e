"""CreateExport: nothing is called before the request is known to be valid."""

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from sei_export.errors import ExportRejectedError, InvalidRequestError, ProtocolError
from sei_export.export import Export
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import series_key
from sei_export.steps.create_export import create_export
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, least, parsed
from tests.fakes.scripted_api import Call, Refusal, ScriptedApi

ARN = "arn:aws:states:eu-west-1:123456789012:execution:Export:run-1"
CREATED: JsonObject = {"exportId": "exp_7a8b9c0d", "createdAt": "2025-12-29T10:00:00Z"}


def _create(
    api: ScriptedApi,
    given: JsonValue,
    s3: FakeS3 | None = None,
    *,
    started_at: datetime = STARTED_AT,
    arn: str = ARN,
) -> JsonObject:
    """One call of the function; the bucket is empty unless one is given."""
    documents = (s3 or FakeS3()).documents
    payload: JsonObject = {
        "input": given,
        "executionArn": arn,
        "startedAt": started_at.isoformat(),
    }
    return create_export(payload, DEFAULTS, api.connect, documents.read_json, dict)


@pytest.mark.parametrize(
    ("given_input", "path"),
    [
        pytest.param(None, "The input is not a JSON object.", id="no input"),
        pytest.param("productivity", "The input is not a JSON object.", id="no object"),
        pytest.param(asked(report="x"), 'report is "x": allowed are ', id="unknown report"),
        pytest.param(asked(metrics=[1]), "metrics[0] is 1: ", id="one bad metric"),
        pytest.param(asked(unknown=True), "unknown is not a field", id="unknown field"),
        pytest.param(asked(scheduledTime="x"), 'scheduledTime is "x": ', id="bad nominal time"),
        pytest.param(
            asked(scope={"orgTreeName": "t" * 1000}),
            "scope and identifiers make an S3 key of ",
            id="names too long for a key",
        ),
    ],
)
def test_given_an_invalid_request_no_connection_is_made(given_input: JsonValue, path: str) -> None:
    api = ScriptedApi.answering(202, CREATED)
    s3 = FakeS3()
    with pytest.raises(InvalidRequestError) as caught:
        _create(api, given_input, s3)
    [problem] = caught.value.problems
    assert problem.startswith(path)
    assert caught.value.remedy == InvalidRequestError.default_remedy
    assert (api.connected_for, api.http.calls, s3.calls) == ([], [], [])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            {"executionArn": None},
            "executionArn is missing: the function's payload needs it as text.",
            id="no execution",
        ),
        pytest.param(
            {"startedAt": "now"},
            "startedAt is not a time such as 2026-03-01T06:00:00Z.",
            id="no start",
        ),
    ],
)
def test_given_another_payload_no_connection_is_made(changes: JsonObject, problem: str) -> None:
    api = ScriptedApi.answering(202, CREATED)
    payload: JsonObject = {
        "input": asked(),
        "executionArn": ARN,
        "startedAt": "2026-03-15T06:00:00Z",
    }
    with pytest.raises(InvalidRequestError) as caught:
        create_export(payload | changes, DEFAULTS, api.connect, FakeS3().documents.read_json, dict)
    assert caught.value.problems == (problem,)
    assert caught.value.remedy == BY_HAND
    assert api.connected_for == []


def test_given_a_valid_request_it_is_sent_once_for_its_own_project() -> None:
    api = ScriptedApi.answering(202, CREATED)
    _create(api, asked(orgIdentifier="other", projectIdentifier="else", metricGroups=["VELOCITY"]))
    assert api.http.calls == [
        Call(
            method="POST",
            url="https://app.harness.io/prod1/sei/api/v2/insights/productivity/exports",
            params={"orgIdentifier": "other", "projectIdentifier": "else"},
            body={
                "scope": {"orgTreeName": "Engineering", "teamId": "456"},
                "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
                "metricGroups": ["velocity"],
                "options": {"format": "csv"},
            },
        )
    ]
    assert api.connected_for == [("other", "else")]


@pytest.mark.parametrize(
    ("status", "reused"),
    [pytest.param(202, False, id="new"), pytest.param(200, True, id="handed out again")],
)
def test_the_result_is_an_export_that_the_next_state_can_read(status: int, *, reused: bool) -> None:
    result = _create(ScriptedApi.answering(status, CREATED), asked())
    expected = Export.of(parsed(asked()), "exp_7a8b9c0d", "2025-12-29T10:00:00Z", reused=reused)
    assert Export.from_json(json.loads(json.dumps(result))) == expected


def test_given_an_answer_without_a_time_the_executions_start_stands_in() -> None:
    started_at = datetime(2026, 3, 15, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    api = ScriptedApi.answering(202, {"exportId": "exp_1"})
    result = _create(api, asked(), started_at=started_at)
    assert result["createdAt"] == "2026-03-14T23:30:00Z"


@pytest.mark.parametrize(
    ("given_input", "expected"),
    [
        pytest.param({}, {"start": "2026-02-01", "end": "2026-02-28"}, id="the start"),
        pytest.param(
            {"scheduledTime": "2026-02-28T23:00:00Z"},
            {"start": "2026-01-01", "end": "2026-01-31"},
            id="the nominal time",
        ),
    ],
)
def test_relative_dates_are_sent_as_days_counted_from(
    given_input: JsonObject, expected: JsonObject
) -> None:
    api = ScriptedApi.answering(202, CREATED)
    _create(api, given_input)
    (call,) = api.http.calls
    assert call.body is not None
    assert call.body["dateRange"] == expected


def test_given_a_refusal_the_apis_words_are_in_the_error() -> None:
    api = ScriptedApi.answering(400, {"error": "Unknown team 456"})
    with pytest.raises(ExportRejectedError) as caught:
        _create(api, asked())
    assert caught.value.message == "The API refuses the export with 400: Unknown team 456"


def _levels(api: ScriptedApi) -> list[JsonValue]:
    """What each call had of the level."""
    options = [call.body["options"] for call in api.http.calls if call.body]
    return [
        {name: level for name, level in each.items() if name.endswith("Level")}
        for each in options
        if isinstance(each, dict)
    ]


NAMES = pytest.mark.parametrize(
    ("given_name", "other"),
    [("aggregationLevel", "metricLevel"), ("metricLevel", "aggregationLevel")],
)


@NAMES
@pytest.mark.parametrize(("status", "reused"), [(202, False), (200, True)])
def test_given_a_level_that_the_api_does_not_know_by_name_then_it_is_asked_by_the_other_once(
    given_name: str, other: str, status: int, caplog: pytest.LogCaptureFixture, *, reused: bool
) -> None:
    unknown = Refusal(400, {"error": f"Unknown option: {given_name.upper()}"})
    api = ScriptedApi.answering(status, unknown, CREATED)
    given = asked(options={given_name: "team"})
    result = _create(api, given)
    assert _levels(api) == [{given_name: "team"}, {other: "team"}]
    sent = parsed(asked(options={other: "team"}))
    expected = Export.of(sent, "exp_7a8b9c0d", "2025-12-29T10:00:00Z", reused=reused)
    assert result == expected.to_json() | {"expectedSeconds": 0.0}
    assert result["requestFingerprint"] == parsed(given).fingerprint
    [line] = [record.getMessage() for record in caplog.records]
    assert line == (
        f"The API refuses the export with 400: Unknown option: {given_name.upper()}. Trying again "
        f"with {other} in place of {given_name}."
    )


@NAMES
@pytest.mark.parametrize(
    ("second", "reason"),
    [
        pytest.param(400, "Unknown option: level", id="unknown, too"),
        pytest.param(400, "Unknown team 456", id="another reason"),
        pytest.param(404, "No such tree", id="another status"),
    ],
)
def test_given_a_second_refusal_then_it_is_the_error_and_both_tries_are_told(
    given_name: str, other: str, second: int, reason: str
) -> None:
    api = ScriptedApi.answering(
        202,
        Refusal(400, {"error": f"Unknown option: {given_name}"}),
        Refusal(second, {"error": reason.replace("level", other)}),
    )
    with pytest.raises(ExportRejectedError) as caught:
        _create(api, asked(options={given_name: "team"}))
    assert len(api.http.calls) == 2
    message = caught.value.message
    assert message == (
        f"The API refuses the export with {second}: {reason.replace('level', other)}. This is the "
        f"answer to the level as {other}; it was sent as {given_name} before: The API refuses the "
        f"export with 400: Unknown option: {given_name}."
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(400, "metricLevel team is not allowed", id="of the value"),
        pytest.param(400, "Unknown option: granularity", id="of another option"),
        pytest.param(400, "Unknown option: aggregationLevel", id="of the name that was not sent"),
        pytest.param(404, "Unknown option: metricLevel", id="another status"),
    ],
)
def test_given_another_refusal_then_nothing_more_is_asked(status: int, said: str) -> None:
    api = ScriptedApi.answering(202, Refusal(status, {"error": said}), CREATED)
    with pytest.raises(ExportRejectedError, match=said):
        _create(api, asked(options={"metricLevel": "team"}))
    assert len(api.http.calls) == 1


def test_given_no_level_then_nothing_more_is_asked() -> None:
    said = Refusal(400, {"error": "Unknown option: metricLevel"})
    api = ScriptedApi.answering(202, said, CREATED)
    with pytest.raises(ExportRejectedError):
        _create(api, asked())
    assert len(api.http.calls) == 1


def test_a_retry_asks_by_the_name_of_the_input_again() -> None:
    unknown = Refusal(400, {"error": "Unknown option: metricLevel"})
    api = ScriptedApi.answering(202, unknown, CREATED, unknown, CREATED)
    given = asked(options={"metricLevel": "team"})
    assert _create(api, given) == _create(api, given)
    assert _levels(api) == [{"metricLevel": "team"}, {"aggregationLevel": "team"}] * 2


def test_given_an_answer_without_an_id_it_is_a_protocol_error() -> None:
    api = ScriptedApi.answering(202, {"message": "Export created successfully"})
    with pytest.raises(ProtocolError, match="no exportId"):
        _create(api, asked())


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param("2025-12-29T11:00:00.5+01:00", "2025-12-29T10:00:00Z", id="another zone"),
        pytest.param("yesterday", "2026-03-15T06:00:00Z", id="unreadable: the start"),
        pytest.param("2025-12-29T10:00:00", "2025-12-29T10:00:00Z", id="no zone: UTC"),
        pytest.param(1767002400000, "2025-12-29T10:00:00Z", id="milliseconds"),
        pytest.param("1767002400000", "2025-12-29T10:00:00Z", id="milliseconds in digits"),
    ],
)
def test_the_apis_time_is_written_in_one_form_so_that_times_compare_as_texts(
    written: JsonValue, normal: str
) -> None:
    api = ScriptedApi.answering(202, {"exportId": "exp_1", "createdAt": written})
    assert _create(api, asked())["createdAt"] == normal


@pytest.mark.parametrize(
    ("report", "path"),
    [
        ("productivity", "v2/insights/productivity/exports"),
        ("efficiency", "v2/insights/efficiency/exports"),
        ("sprint", "v2/insights/sprint/exports"),
        ("business-alignment", "v2/insights/ba/exports"),
        ("time-in-status", "v2/insights/ticket-data/exports"),
    ],
)
def test_every_report_is_created_at_its_own_path(report: str, path: str) -> None:
    api = ScriptedApi.answering(202, CREATED)
    export = _create(api, least(report))
    (call,) = api.http.calls
    assert call.url == f"https://app.harness.io/prod1/sei/api/{path}"
    assert call.body == parsed(least(report)).body()
    assert (export["report"], export["legacy"]) == (report, False)


def _legacy_id(report: str = "team-report", arn: str = ARN, **fields: JsonValue) -> JsonValue:
    api = ScriptedApi.answering(500, {})
    given = least(report, **fields)
    return _create(api, given, arn=arn)["exportId"]


@pytest.mark.parametrize("report", ["team-report", "contributor-report"])
def test_given_a_legacy_report_nothing_is_called_and_the_next_state_can_read_it(
    report: str,
) -> None:
    api = ScriptedApi.answering(202, CREATED)
    s3 = FakeS3()
    result = _create(api, least(report), s3)
    assert (api.connected_for, api.http.calls, s3.calls) == ([], [], [])
    assert result["legacy"] is True
    assert result["reused"] is False
    assert result["createdAt"] == "2026-03-15T06:00:00Z"
    export = Export.from_json(json.loads(json.dumps(result)))
    assert export.request == parsed(least(report))


def test_a_legacy_reports_id_is_the_same_for_a_retry_only() -> None:
    one = _legacy_id()
    assert isinstance(one, str)
    assert re.fullmatch(r"legacy_[0-9a-f]{16}", one)
    assert _legacy_id() == one
    others = {
        _legacy_id(arn=f"{ARN}0"),
        _legacy_id(teamRefId=7),
        _legacy_id("contributor-report", collectionId="6036"),
    }
    assert len(others - {one}) == 3


def test_given_names_too_long_for_a_key_a_legacy_report_is_refused_too() -> None:
    with pytest.raises(InvalidRequestError, match="S3 key of"):
        _legacy_id(collectionId="c" * 1000)


def _s3_with_duration(content: bytes) -> FakeS3:
    s3 = FakeS3()
    s3.add(series_key(parsed(asked())), content)
    return s3


def test_given_how_long_the_last_ones_took_then_a_new_one_is_expected_to_take_as_long() -> None:
    s3 = _s3_with_duration(b'{"seconds": [90, 61.25, 70]}')
    # They were of other days: that of the same days would be the same export.
    given = asked(dateRange={"trailingDays": 7})
    result = _create(ScriptedApi.answering(202, CREATED), given, s3)
    assert result["expectedSeconds"] == 70
    other = asked(metrics=["PR_MERGED"])
    assert _create(ScriptedApi.answering(202, CREATED), other, s3)["expectedSeconds"] == 0.0


def test_given_one_handed_out_again_then_nothing_is_expected_of_it() -> None:
    s3 = _s3_with_duration(b'{"seconds": [90]}')
    assert _create(ScriptedApi.answering(200, CREATED), asked(), s3)["expectedSeconds"] == 0.0


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[90]", b"not JSON", b'{"seconds": ["90"]}', b'{"seconds": 90}'],
    ids=bytes.decode,
)
def test_given_a_last_duration_that_is_no_number_then_nothing_is_expected(content: bytes) -> None:
    s3 = _s3_with_duration(content)
    assert _create(ScriptedApi.answering(202, CREATED), asked(), s3)["expectedSeconds"] == 0.0


@pytest.mark.parametrize("refused", [("AccessDenied", 403), ("SlowDown", 503)], ids=str)
def test_given_a_bucket_that_refuses_then_the_export_is_created_all_the_same(
    refused: tuple[str, int],
) -> None:
    s3 = FakeS3()
    s3.before("get_object", raising(refusal(*refused)))
    result = _create(ScriptedApi.answering(202, CREATED), asked(), s3)
    assert (result["exportId"], result["expectedSeconds"]) == ("exp_7a8b9c0d", 0.0)
