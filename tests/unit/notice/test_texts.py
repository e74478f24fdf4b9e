"""What a person gets: enough to mend the failure, in lines that come through unharmed."""

import json
import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from sei_export.executions import Told
from sei_export.jsontypes import JsonObject
from sei_export.notice.plain import plain, subject
from sei_export.notice.text import Notice
from sei_export.notice.ways import Execution
from tests.fakes.notices import (
    ASKED,
    KEYS_ARN,
    MACHINES,
    NOON,
    Office,
    batch_completed,
    execution,
    export_failed,
)

WORST = ("'" * 40_000, "é\n" * 40_000, "\U0001f600" * 40_000, '"\\' * 40_000, "\x00\x1b[31m" * 9000)


def told(office: Office, kind: str, detail: JsonObject) -> Notice:
    """The one text that an event makes."""
    office.hear(kind, detail)
    (notice,) = office.sent
    return notice


def way(notice: Notice, label: str) -> str:
    """The one link or command whose label begins like this."""
    (found,) = (it for name, it in notice.ways if name.startswith(label))
    return found


def test_a_failure_reads_like_this() -> None:
    office = Office()
    given = {**ASKED, "dateRange": {"period": "previous-month"}, "Comment": "by hand"}
    office.executions[execution()] = Told(json.dumps(given), NOON, "", "")
    notice = told(office, "ExportFailed", export_failed(exportId="exp_1"))
    assert notice.subject == (
        "sei-export: export failed: AuthenticationError "
        "(productivity, team 456, 2026-02-01 to 2026-02-28)"
    )
    again = (
        '{"report": "productivity", "scope": {"orgTreeName": "Engineering", "teamId": "456"}, '
        '"dateRange": {"period": "previous-month"}, "scheduledTime": "2026-03-01T12:00:00Z"}'
    )
    run = execution()
    store = f"aws secretsmanager put-secret-value --secret-id {KEYS_ARN}"
    start = f"aws stepfunctions start-execution --state-machine-arn {MACHINES.export}"
    assert (
        notice.mail()
        == f"""\
An export failed. Nothing of it was published; what landed before is untouched.

Report:   productivity
Scope:    Engineering, team 456
Days:     2026-02-01 to 2026-02-28
Stack:    sei-export (eu-west-1, 123456789012)
Started:  2026-03-01T12:00:00Z
Error:    AuthenticationError
Message:  The API answered 401.
Remedy:   Store a key that is valid.
Runbook:  docs/runbook.md, "AuthenticationError"
Export:   exp_1 (Harness's support asks for it)

Store a key: paste it, then press Enter and Ctrl-D:
  {store} --region eu-west-1 --secret-string file:///dev/stdin

Then run it again, for the same days:
  {start} --region eu-west-1 --input '{again}'

Look at the execution:
  https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{run}

See its input and its end:
  aws stepfunctions describe-execution --execution-arn {run} --region eu-west-1
"""
    )


def test_what_runs_it_again_keeps_the_nominal_time_it_had() -> None:
    office = Office()
    office.executions[execution()] = Told('{"scheduledTime": "2026-02-01T06:00:00Z"}', NOON, "", "")
    notice = told(office, "ExportFailed", export_failed())
    given = json.loads(shlex.split(way(notice, "Then run it again"))[-1])
    assert given == {"scheduledTime": "2026-02-01T06:00:00Z"}


def test_an_input_that_nobody_knows_or_that_is_long_is_read_from_the_execution() -> None:
    for given in (None, Told(json.dumps({"a": "x" * 3000}), NOON, "", "")):
        office = Office()
        if given:
            office.executions[execution()] = given
        notice = told(office, "ExportFailed", export_failed())
        assert way(notice, "Then run it again").endswith('--query input --output text)"')


def test_what_the_api_may_hand_out_again_says_from_when_on_it_makes_sense_to_run_it() -> None:
    message = (
        "The gzip is damaged. Export: exp_1; an identical request gets a new one from "
        "2026-03-01T12:30:00Z."
    )
    detail = export_failed(error="CorruptDownloadError", message=message, exportId="exp_1")
    notice = told(Office(), "ExportFailed", detail)
    assert dict(notice.facts)["Message"] == "The gzip is damaged."
    labels = [label for label, _ in notice.ways]
    assert any("from 2026-03-01T12:30:00Z on" in label for label in labels)


def test_a_wrong_request_is_not_to_be_run_again_as_it_is() -> None:
    for error, is_wrong in (("ExportRejectedError", True), ("CorruptDownloadError", False)):
        notice = told(Office(), "ExportFailed", export_failed(error=error))
        (label,) = (it for it, _ in notice.ways if it.startswith("Then run it again"))
        assert ("corrected behind --input" in label) is is_wrong


def test_a_remedy_in_the_stacks_parameters_has_the_way_to_them() -> None:
    remedy = "Raise ExportTimeoutMinutes, or export less at a time."
    detail = export_failed(error="ExportTimedOutError", message="Late.", remedy=remedy)
    page = way(told(Office(), "ExportFailed", detail), "Change a parameter")
    assert page.endswith("/cloudformation/home?region=eu-west-1#/stacks?filteringText=sei-export")


def test_a_batch_whose_exports_the_api_refused_has_the_way_to_store_a_key() -> None:
    detail = batch_completed(message="400 AuthenticationError (team 1; team 2; and 398 more).")
    assert KEYS_ARN in way(told(Office(), "BatchCompleted", detail), "Store a key")
    with pytest.raises(ValueError, match="unpack"):
        way(told(Office(), "BatchCompleted", batch_completed()), "Store a key")


@pytest.mark.parametrize(
    ("status", "said", "how"),
    [
        ("ABORTED", "", "was stopped"),
        ("ABORTED", "Maintenance", "was stopped"),
        ("TIMED_OUT", "", "time limit"),
        ("TIMED_OUT", "States.Timeout", "time limit"),
    ],
)
def test_an_end_is_told_by_its_status_whatever_its_error_is_called(
    status: str, said: str, how: str
) -> None:
    office = Office()
    office.executions[execution()] = Told("{}", NOON, said, "")
    office.end(status, execution())
    (notice,) = office.sent
    facts = dict(notice.facts)
    assert facts["Error"] == (said or status)
    assert facts["Runbook"] == f'docs/runbook.md, "{status}"'
    assert how in notice.headline


@pytest.mark.parametrize(
    ("error", "entry"),
    [
        ("StorageError", "StorageError"),
        ("States.Timeout", "States.Timeout"),
        ("KeyError", "Any other name"),
    ],
)
def test_a_text_names_the_runbooks_entry_for_its_error(error: str, entry: str) -> None:
    notice = told(Office(), "ExportFailed", export_failed(error=error))
    assert dict(notice.facts)["Runbook"] == f'docs/runbook.md, "{entry}"'


def test_a_batch_says_what_is_missing_and_how_to_run_only_that() -> None:
    notice = told(Office(), "BatchCompleted", batch_completed())
    assert notice.subject == "sei-export: batch weekly not complete: 398 of 400 landed"
    text = notice.mail()
    assert """--input '{"resume": "20260301T060000-run-1"}'""" in text
    assert "s3://landing/runs/20260301T060000-run-1/manifest.json" in text


def test_a_batch_without_a_manifest_is_run_again() -> None:
    detail = batch_completed(manifestKey=None, totals=None, name=None)
    notice = told(Office(), "BatchCompleted", detail)
    assert notice.subject == "sei-export: batch not complete: BatchIncompleteError"
    assert "resume" not in notice.mail()


@pytest.mark.parametrize("worst", WORST)
def test_texts_are_lines_of_ascii_and_fit_whatever_is_in_them(worst: str) -> None:
    names = ("error", "message", "remedy", "exportId", "report")
    office = Office()
    request: JsonObject = {
        "report": worst,
        "scope": {"orgTreeName": worst},
        "dateRange": {"start": worst, "end": worst},
    }
    fields: JsonObject = dict.fromkeys(names, worst)
    office.executions[execution()] = Told(json.dumps(request), NOON, worst, worst)
    office.hear("ExportFailed", export_failed() | fields | {"request": request})
    office.hear("BatchCompleted", batch_completed() | fields | {"name": worst, "run": worst})
    office.end("ABORTED", execution(name="run-2"), input=json.dumps(request))
    assert len(office.sent) == 3
    for notice in office.sent:
        text = notice.mail()
        assert text.isascii()
        assert len(text) <= 8192
        assert all(line.isprintable() for line in text.splitlines())
        assert notice.subject.isprintable()
        assert notice.subject.isascii()
        assert 0 < len(notice.subject) < 100
        assert "\n" not in notice.subject
        # SNS takes 256 KiB, of both forms together.
        assert len(json.dumps(notice.chat())) < 64 * 1024


def test_a_command_is_whole_or_not_there() -> None:
    notice = told(Office(), "ExportFailed", export_failed())
    long = replace(notice, ways=(("Run", "x" * 5000), ("Look", "here")))
    assert "xxx" not in long.mail()
    assert "here" in long.mail()


def test_chats_get_the_form_that_their_service_asks_for() -> None:
    chat = told(Office(), "ExportFailed", export_failed()).chat()
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    content = chat["content"]
    assert isinstance(content, dict)
    assert content["textType"] == "client-markdown"
    assert str(content["title"]).startswith("sei-export: export failed")
    assert "Store a key that is valid." in str(content["description"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Zürich — “A”", 'Zurich - "A"'),
        ("a\nb\tc", "a b c"),
        ("東京", "\\u6771\\u4eac"),
        ("bell\x07", "bell"),
        ("1…2", "1...2"),
    ],
)
def test_what_is_not_ascii_is_read_as_near_as_it_can_be(given: str, expected: str) -> None:
    assert plain(given) == expected


def test_a_subject_has_no_empty_parts() -> None:
    assert subject("a:", "", "b") == "a: b"


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_into_the_console_of_the_partition(
    partition: str, region: str, host: str
) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:M:run-1"
    assert Execution.of(arn).console.startswith(f"https://{host}/states/home?region={region}#")
    assert Execution.of(arn).machine_arn == arn.replace("execution:M:run-1", "stateMachine:M")


def test_a_recovery_says_what_had_failed() -> None:
    office = Office()
    office.hear("BatchCompleted", batch_completed())
    office.now += timedelta(hours=3)
    office.hear(
        "BatchCompleted", batch_completed(execution(MACHINES.batch, "2"), status="COMPLETE")
    )
    assert office.sent[1].subject == "sei-export: landed again: batch weekly"
    assert "2026-03-01T12:00:00Z: BatchIncompleteError" in office.sent[1].mail()


def test_what_is_overdue_says_since_when() -> None:
    detail: JsonObject = {
        "dedupeId": "d",
        "expectedAt": "2026-03-01T06:00:00Z",
        "lastCompleteAt": None,
        "message": "The schedule is disabled.",
        "remedy": "Enable it.",
    }
    notice = told(Office(), "ExportOverdue", detail)
    assert notice.subject == "sei-export: overdue since 2026-03-01T06:00:00Z"
    assert "Last one: never" in notice.mail()
    assert "Remedy:   Enable it." in notice.mail()
    mail = notice.mail()
    assert f"start-execution --state-machine-arn {MACHINES.batch} --region eu-west-1" in mail
    assert f"list-executions --state-machine-arn {MACHINES.batch} --region eu-west-1" in mail


def test_what_is_at_risk_says_by_what_and_what_to_do() -> None:
    codes = ("ApiKeyRefused", "DeadLetters")
    detail: JsonObject = {
        "dedupeId": "d",
        "message": "(1) The API answered 401. (2) 3 messages wait.",
        "remedy": "(1) Store a key. (2) Look at one.",
        "findings": [{"code": it, "message": "m", "remedy": "r"} for it in codes],
    }
    office = Office()
    notice = told(office, "ExportAtRisk", detail)
    assert notice.kind == "atRisk"
    assert notice.subject == "sei-export: exports at risk: ApiKeyRefused, DeadLetters"
    mail = notice.mail()
    assert "Stack:    sei-export (eu-west-1, 123456789012)" in mail
    assert "Message:  (1) The API answered 401. (2) 3 messages wait." in mail
    assert "Remedy:   (1) Store a key. (2) Look at one." in mail
    assert f"{MACHINES.batch} --region eu-west-1 --input '{{\"dryRun\": true}}'" in mail
    # The same event again.
    assert office.hear("ExportAtRisk", detail) == []
