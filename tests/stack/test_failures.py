"""Every failing path: the right error with a remedy, one event, nothing left behind."""

import re
from dataclasses import dataclass

import pytest

from sei_export.bucket.parts import PART_BYTES
from sei_export.jsontypes import JsonObject
from sei_export.notice.plain import plain
from tests.stack.harness import Execution, Harness, new_team, request_for
from tests.stack.subscriber import Subscriber


@dataclass(frozen=True)
class Failure:
    """What the API does, and what the user is to see."""

    scenario: JsonObject
    error: str
    says: str


FAILURES = {
    "failed": Failure(
        {"outcome": "failed", "error": "Invalid teamId"}, "ExportFailedError", "Invalid teamId"
    ),
    "cancelled": Failure({"outcome": "cancelled"}, "ExportCancelledError", "cancelled"),
    "unknown status": Failure({"outcome": "paused"}, "ProtocolError", "'paused'"),
    "never ending": Failure({"outcome": "never"}, "ExportTimedOutError", "after 1 minute and"),
    "status is 404": Failure({"notFound": ["status"]}, "ExportNotFoundError", "does not know"),
    "download is 404": Failure({"notFound": ["download"]}, "ExportNotFoundError", "file"),
    "status is HTML": Failure({"html": ["status"]}, "ProtocolError", "HTML page"),
    "create is HTML": Failure({"html": ["create"]}, "ProtocolError", "HTML page"),
    "download is HTML": Failure({"html": ["download"]}, "CorruptDownloadError", "HTML"),
    "download is JSON": Failure({"content": "json"}, "CorruptDownloadError", "JSON"),
    "id with a path": Failure({"exportId": "../../etc/passwd"}, "ProtocolError", "exportId"),
    "no id": Failure({"omitExportId": True}, "ProtocolError", "no exportId"),
    "create is 409": Failure(
        {"createStatus": 409, "createBody": '{"message": "Conflict of exports"}'},
        "ExportRejectedError",
        "Conflict of exports",
    ),
    "create is 401": Failure(
        {"faults": {"create": [{"status": 401}] * 2}}, "AuthenticationError", "401"
    ),
    "create is 403": Failure(
        {"faults": {"create": [{"status": 403}] * 2}}, "AuthenticationError", "403"
    ),
    "cut by length": Failure(
        {"corrupt": "truncate-length", "rows": 3000}, "CorruptDownloadError", "broke off"
    ),
    "cut when chunked": Failure(
        {"corrupt": "truncate-chunked", "rows": 3000}, "CorruptDownloadError", "broke off"
    ),
    "cut by close": Failure(
        {"corrupt": "truncate-close", "rows": 3000}, "CorruptDownloadError", "truncated"
    ),
    "large and cut": Failure(
        {"corrupt": "truncate-length", "rows": 600_000}, "CorruptDownloadError", "bytes"
    ),
    "bad CRC": Failure({"corrupt": "bad-crc"}, "CorruptDownloadError", "damaged"),
    "trailing garbage": Failure(
        {"corrupt": "trailing-garbage"}, "CorruptDownloadError", "not gzip"
    ),
}


@pytest.fixture(scope="module")
def ended(
    stack: Harness,
    told: Subscriber,  # noqa: ARG001 - has to be there before them
) -> dict[str, tuple[str, Execution]]:
    """All of them at once: one waits a minute for its deadline; somebody is told."""
    started: dict[str, tuple[str, str]] = {}
    for name, failure in FAILURES.items():
        team = new_team()
        stack.simulator.behave(team, **failure.scenario)
        started[name] = (team, stack.start(request_for(team, metricGroups=[])))
    return {name: (team, stack.wait(arn)) for name, (team, arn) in started.items()}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_api_ends_the_execution_with_its_name_a_remedy_and_one_event(
    stack: Harness, ended: dict[str, tuple[str, Execution]], name: str
) -> None:
    team, run = ended[name]
    failure = FAILURES[name]

    assert (run.status, run.error) == ("FAILED", failure.error), run.cause
    message, mark, remedy = run.cause.partition(" Remedy: ")
    assert failure.says in message
    assert mark
    assert remedy

    events = stack.events.find("executionArn", run.arn)
    assert [event["detail-type"] for event in events] == ["ExportFailed"]
    detail = events[0]["detail"]
    assert isinstance(detail, dict)
    assert detail["error"] == failure.error
    assert detail["message"] == message
    assert detail["remedy"] == remedy
    created = run.entered("WaitForExport") > 0
    assert (detail["exportId"] is not None) == created
    assert detail["report"] == "productivity"

    assert not [
        key for key in _keys(stack) if key.startswith("exports/") and f"/scope_team={team}/" in key
    ]


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_api_is_told_in_one_text_that_says_what_to_do(
    ended: dict[str, tuple[str, Execution]], told: Subscriber, name: str
) -> None:
    team, run = ended[name]
    message, _, remedy = run.cause.partition(" Remedy: ")
    (text,) = told.find(run.arn)
    content = text["content"]
    assert isinstance(content, dict)
    assert run.error in str(content["title"])
    assert f"team {team}" in str(content["description"])
    # The export's id has a line of its own.
    for said in (message.partition(" Export: ")[0], remedy):
        assert plain(said)[:900] in str(content["description"])


def test_no_failure_leaves_an_upload_open(
    stack: Harness, ended: dict[str, tuple[str, Execution]]
) -> None:
    team, run = ended["large and cut"]
    assert run.status == "FAILED"
    # It was more than a part that came before the cut.
    sent = re.search(r"broke off after (\d+) bytes", run.cause)
    assert sent
    assert int(sent[1]) > PART_BYTES, team
    assert stack.open_uploads() == 0


def test_four_mistakes_in_an_input_are_one_error_and_no_call(stack: Harness) -> None:
    team = new_team()
    before = stack.simulator.calls_of_all()
    given = request_for(
        team,
        dateRange={"start": "2024-13-01", "end": "2024-12-31"},
        metricGroups=["activity", "velocty"],
        options={"metricLevel": "developer", "granularity": "daily"},
        teem="x",
    )
    run = stack.run(given)

    assert (run.status, run.error) == ("FAILED", "InvalidRequestError")
    for path in ("dateRange.start", "metricGroups[1]", "options.granularity", "teem"):
        assert path in run.cause
    assert "4 problems" in run.cause
    assert "did you mean velocity?" in run.cause
    assert stack.simulator.calls_of_all() == before
    detail = stack.events.find("executionArn", run.arn)[0]["detail"]
    assert isinstance(detail, dict)
    assert (detail["request"], detail["exportId"]) == (given, None)


@pytest.mark.parametrize("machine", ["ExportStateMachineArn", "BatchStateMachineArn"])
def test_an_input_near_step_functions_limit_is_refused_by_its_size(
    stack: Harness, machine: str
) -> None:
    before = stack.simulator.calls_of_all()
    run = stack.run({"padding": "x" * 261_000}, machine=stack.stack.outputs[machine])
    assert (run.status, run.error) == ("FAILED", "InvalidRequestError")
    assert "the input has 261,014 bytes" in run.cause
    assert stack.simulator.calls_of_all() == before
    [event] = stack.events.find("executionArn", run.arn)
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert detail["error"] == "InvalidRequestError"
    assert detail.get("request") is None


def test_an_unset_key_fails_with_the_command_that_sets_it(stack: Harness) -> None:
    secret = stack.stack.outputs["ApiKeySecretArn"]
    key = stack.aws.secrets.get_secret_value(SecretId=secret)["SecretString"]
    stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=" ")
    team = new_team()
    try:
        run = stack.run(request_for(team))
    finally:
        stack.aws.secrets.put_secret_value(SecretId=secret, SecretString=key)
    assert (run.status, run.error) == ("FAILED", "ConfigurationError")
    assert "aws secretsmanager put-secret-value" in run.cause


def _keys(stack: Harness) -> list[str]:
    pages = stack.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
