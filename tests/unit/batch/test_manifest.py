"""A batch's manifest: what is complete, and what is missing and why."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from local.paths import ROOT
from sei_export.batch.ledger import MAX_TRIES
from sei_export.batch.manifest import COMPLETE, FAILED, PARTIAL, BatchManifest
from sei_export.batch.outcomes import RESULT_FIELDS, Outcome
from sei_export.errors import (
    CorruptDownloadError,
    ExportCancelledError,
    ExportFailedError,
    ExportNotFoundError,
    SeiExportError,
)
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.batch_items import OF_TREES, cut, expanded
from tests.fakes.known_cuts import known
from tests.fakes.rounds import TOO_LARGE, Answer, failed, settled
from tests.fakes.samples import landed, least
from tests.fakes.schemas import published, validator

SCHEMA = json.loads((ROOT / "events" / "schemas" / "BatchCompleted.json").read_text())
DETAIL = SCHEMA["properties"]["detail"]["properties"]
NOW = datetime(2026, 3, 15, 7, 30, tzinfo=UTC)
LARGE, REFUSED = failed(TOO_LARGE), failed("ExportRejectedError")
AGGREGATED = [name for name in OF_TREES if name != "productivity"]
"""Reports whose figures are about teams, so that one's cannot be made of those of others."""


def _manifest(*entries: JsonValue, teams: Mapping[str | None, Answer]) -> BatchManifest:
    """Of a batch in which some teams end so, and all others land."""
    record, ledger = settled(*entries, teams=teams)
    return BatchManifest(record, ledger, {"cuts/x": ("1",)}, 3, "arn:batch", NOW)


def _aggregated(teams: JsonValue = "none") -> JsonObject:
    """An entry that asks for figures of teams."""
    return cut(teams, options={"metricLevel": "team"})


def _objects(value: JsonValue) -> list[JsonObject]:
    assert isinstance(value, list)
    return [each for each in value if isinstance(each, dict)]


CASES = [
    pytest.param([cut("top")], {}, COMPLETE, id="all landed"),
    pytest.param([cut("top")], {"5": REFUSED}, PARTIAL, id="one failed"),
    pytest.param([cut("top")], {"5": None}, PARTIAL, id="one is missing"),
    pytest.param([cut("top")], dict.fromkeys("257", REFUSED), FAILED, id="all failed"),
    pytest.param([cut("top")], dict.fromkeys("257"), FAILED, id="all are missing"),
    pytest.param([cut()], {None: LARGE}, COMPLETE, id="split, of developers"),
    pytest.param([_aggregated()], {None: LARGE}, PARTIAL, id="split, of teams"),
    pytest.param(
        [_aggregated()],
        {None: LARGE, "2": REFUSED, "5": REFUSED, "7": REFUSED},
        FAILED,
        id="split, and all parts failed",
    ),
]


@pytest.mark.parametrize(("entries", "teams", "status"), CASES)
def test_a_batch_is_complete_partial_or_failed(
    entries: list[JsonValue], teams: Mapping[str | None, Answer], status: str
) -> None:
    assert _manifest(*entries, teams=teams).status == status


@pytest.mark.parametrize(("entries", "teams", "status"), CASES)
def test_what_the_event_says_is_as_its_schema_wants_it(
    entries: list[JsonValue], teams: Mapping[str | None, Answer], status: str
) -> None:
    manifest = _manifest(*entries, teams=teams)
    said = {**manifest.to_json(), "error": None, "message": None, "remedy": None}
    if status != COMPLETE:
        said |= manifest.failure()
    # The state machine adds what only it knows: the stack, the bucket and the manifest's key.
    assert DETAIL.keys() - said.keys() == {"dedupeId", "stack", "bucket", "manifestKey"}
    for name in DETAIL.keys() & said.keys():
        Draft202012Validator(DETAIL[name]).validate(said[name])
    assert said["status"] == status


@pytest.mark.parametrize(("entries", "teams", "status"), CASES)
def test_the_manifest_is_as_its_schema_wants_it(
    entries: list[JsonValue], teams: Mapping[str | None, Answer], status: str
) -> None:
    manifest = _manifest(*entries, teams=teams)
    validator("BatchManifest").validate(manifest.to_json())
    assert manifest.status == status


def test_the_schema_of_the_manifest_has_its_fields_and_those_of_its_items() -> None:
    schema = published("BatchManifest")
    content = _manifest(cut("top"), teams={"5": REFUSED}).to_json()
    assert {*schema["properties"]} == {*schema["required"]} == {*content}
    item, failure = schema["properties"]["items"]["items"], {"error", "message", "remedy"}
    landed_one, failed_one, _ = _objects(content["items"])
    assert {*item["required"]} == {*landed_one} == {*failed_one} - failure
    assert {*item["properties"]} == {*failed_one}


def test_the_totals_tell_what_became_of_every_item() -> None:
    teams: dict[str | None, Answer] = {
        None: LARGE,
        "2": LARGE,
        "3": REFUSED,
        "5": None,
        "7": Outcome.of(landed(expanded(_aggregated(["Solo"]))[0], changed=False, rows=1)),
    }
    assert _manifest(_aggregated(), teams=teams).totals == {
        "expected": 4,
        "landed": 2,
        "failed": 1,
        "missing": 1,
        "split": 2,
        "missingRows": 2,
        "changed": 1,
        "rows": 8,
        "sizeBytes": 200,
        "csvBytes": 600,
    }


def test_given_results_without_figures_then_the_totals_do_without_them() -> None:
    odd = Outcome("arn", {"rows": None, "sizeBytes": "100", "csvBytes": True, "changed": 1}, None)
    totals = _manifest(cut("top"), teams={"5": odd}).totals
    names = ("landed", "changed", "rows", "sizeBytes", "csvBytes")
    assert [totals[name] for name in names] == [3, 2, 14, 200, 600]


def test_the_form_in_the_bucket_is_this() -> None:
    manifest = _manifest(cut("top"), teams={"5": REFUSED})
    content = manifest.to_json()
    items = _objects(content.pop("items"))
    assert content == {
        "version": "1",
        "status": "PARTIAL",
        "name": "weekly",
        "startedAt": "2026-03-15T06:00:00Z",
        "scheduledTime": "2026-03-15T06:00:00Z",
        "warnings": [],
        "completedAt": "2026-03-15T07:30:00Z",
        "totals": manifest.totals,
        "splits": {"cuts/x": ["1"]},
        "missingRows": [],
        "run": "weekly",
        "resumes": [],
        "rounds": 3,
        "executionArn": "arn:batch",
    }
    assert [(it["team"], it["outcome"]) for it in items] == [
        ("2", "landed"),
        ("5", "failed"),
        ("7", "landed"),
    ]
    json.dumps(manifest.to_json())


def test_a_landed_item_has_the_facts_of_its_result_and_no_failure() -> None:
    [item] = expanded(cut(["Platform"]))
    result = landed(item)["result"]
    assert isinstance(result, dict)
    [said] = _objects(_manifest(cut(["Platform"]), teams={}).to_json()["items"])
    assert said == {
        "id": item.id,
        "report": "productivity",
        "tree": "Engineering",
        "team": "2",
        "teamName": "Platform",
        "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
        "outcome": "landed",
        "tries": 1,
        "replaces": None,
        "replacedBy": [],
        "executionArn": result["executionArn"],
        **{name: result[name] for name in RESULT_FIELDS},
    }
    assert said["key"] == item.key


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            REFUSED,
            {
                "outcome": "failed",
                "tries": 1,
                "executionArn": "arn",
                "error": "ExportRejectedError",
                "message": "It failed.",
                "remedy": "Mend it.",
            },
            id="failed",
        ),
        pytest.param(
            Outcome("", None, Failure("ExportRejectedError", "No.", "Mend it.")),
            {"outcome": "failed", "executionArn": None},
            id="failed without an execution",
        ),
        pytest.param(
            None,
            {
                "outcome": "missing",
                "tries": MAX_TRIES,
                "executionArn": None,
                "error": "BatchIncompleteError",
            },
            id="missing",
        ),
    ],
)
def test_an_item_that_has_not_landed_has_the_reason_and_no_facts(
    answer: Answer, told: JsonObject
) -> None:
    [said] = _objects(_manifest(cut(["Solo"]), teams={"7": answer}).to_json()["items"])
    assert said == {**said, **told}
    # Nor a key: what an earlier batch has landed there is not this one's.
    assert {said[name] for name in RESULT_FIELDS} == {None}


def test_an_item_that_failed_names_the_export_that_failed() -> None:
    ended = Outcome("arn", None, Failure("ExportFailedError", "No.", "Ask."), "exp_9")
    manifest = _manifest(cut("top"), teams={"5": ended}).to_json()
    [item] = [each for each in _objects(manifest["items"]) if each["team"] == "5"]
    assert (item["exportId"], item["message"], item["remedy"]) == ("exp_9", "No.", "Ask.")


def test_what_was_split_tells_its_parts_and_they_what_they_replace() -> None:
    items = _objects(_manifest(cut(), teams={None: LARGE}).to_json()["items"])
    whole, *parts = items
    assert (whole["outcome"], whole["error"]) == ("split", TOO_LARGE)
    assert whole["replacedBy"] == [part["id"] for part in parts]
    assert {str(part["replaces"]) for part in parts} == {whole["id"]}
    assert whole["replaces"] is None


@pytest.mark.parametrize("report", AGGREGATED)
def test_rows_of_teams_are_missing_where_these_were_split_now_or_before(report: str) -> None:
    record, ledger = settled(
        cut("none", report), teams={"2": LARGE}, known=known(t1=0), report=report
    )
    manifest = BatchManifest(record, ledger, {}, 2, "arn:batch", NOW)
    days = {"start": "2024-01-01", "end": "2024-12-31"}
    reason = "It was exported as its child teams; its own row cannot be made of theirs."
    assert manifest.to_json()["missingRows"] == [
        {"report": report, "team": team, "teamName": name, "dateRange": days, "reason": reason}
        for team, name in ((None, "Engineering"), ("2", "Platform"))
    ]
    assert manifest.status == PARTIAL


@pytest.mark.parametrize(
    ("entry", "rows"), [(cut(), 0), (_aggregated(), 1)], ids=["of people", "of teams"]
)
def test_rows_of_people_are_all_in_the_parts(entry: JsonObject, rows: int) -> None:
    manifest = _manifest(entry, teams={None: LARGE})
    assert len(_objects(manifest.to_json()["missingRows"])) == rows
    assert manifest.totals["missingRows"] == rows


AGAIN = 'Then start the batch with {"resume": "weekly"}: only what is missing runs.'
ROWS = "For teams' own rows ask for leaves, or for a shorter range of dates or fewer metrics."


def test_the_failure_tells_each_error_how_often_of_whom_and_what_to_do() -> None:
    gone = Outcome("arn", None, Failure("ExportNotFoundError", "It is gone.", "Look."))
    manifest = _manifest(
        cut("top"),
        least("sprint", scope={"teamId": "9"}),
        least("team-report"),
        teams={"5": REFUSED, "9": gone, "6036": REFUSED},
    )
    days = "2024-01-01 to 2024-12-31"
    assert manifest.failure() == {
        "error": "BatchIncompleteError",
        "message": (
            "3 of 5 items are missing: 2 ExportRejectedError "
            f"(productivity of team 5 (Product), {days}; team-report of team 6036, {days}: "
            f"It failed); 1 ExportNotFoundError (sprint of team 9, {days}: It is gone)."
        ),
        "remedy": f"ExportRejectedError: Mend it. ExportNotFoundError: Look. {AGAIN}",
    }


def test_of_many_failures_three_are_named_and_the_rest_is_counted() -> None:
    manifest = _manifest(cut("leaves"), teams=dict.fromkeys("3467", REFUSED))
    message = str(manifest.failure()["message"])
    assert message.startswith("4 of 4 items are missing: 4 ExportRejectedError (productivity of ")
    assert [message.count(f"team {team} (") for team in "3467"] == [1, 1, 1, 0]
    assert message.endswith("; and 1 more: It failed).")
    assert manifest.failure()["remedy"] == f"ExportRejectedError: Mend it. {AGAIN}"


def test_of_many_kinds_of_errors_five_are_told() -> None:
    teams: dict[str | None, Answer] = {team: failed(f"Odd{team}Error") for team in "3467"}
    teams |= {"9": None, "8": LARGE}
    scopes = (least("sprint", scope={"teamId": team}) for team in "98")
    failure = _manifest(cut("leaves"), *scopes, teams=teams).failure()
    message = str(failure["message"])
    assert message.count("Error (") == 5
    assert message.endswith("; and 1 more kinds of errors, in the manifest.")


@pytest.mark.parametrize(
    "kind", [CorruptDownloadError, ExportNotFoundError, ExportCancelledError, ExportFailedError]
)
def test_of_a_batch_there_is_one_way_back_whatever_one_exports_remedy_says(
    kind: type[SeiExportError],
) -> None:
    ended = Outcome("arn", None, Failure(kind.__name__, "No.", kind.default_remedy))
    remedy = str(_manifest(cut("top"), teams={"7": ended}).failure()["remedy"])
    assert "new execution" not in remedy
    assert remedy.endswith(AGAIN)
    assert remedy.count("tart ") == 1


def test_the_failure_counts_rows_that_are_missing_beside_exports_that_are() -> None:
    failure = _manifest(_aggregated(), teams={None: LARGE, "5": REFUSED}).failure()
    assert failure["message"] == (
        "1 of 3 items is missing: 1 ExportRejectedError (productivity of team 5 (Product), "
        "2024-01-01 to 2024-12-31: It failed). 1 team lacks its own row, since the teams inside "
        "were exported in its place."
    )
    assert failure["remedy"] == f"ExportRejectedError: Mend it. {AGAIN} {ROWS}"


def test_given_only_rows_that_are_missing_then_nobody_is_sent_to_resume() -> None:
    failure = _manifest(_aggregated(), teams={None: LARGE, "2": LARGE}).failure()
    assert failure["message"] == (
        "2 teams lack their own row, since the teams inside were exported in its place."
    )
    assert failure["remedy"] == ROWS


def test_warnings_of_items_are_counted_by_code_and_the_items_are_named() -> None:
    def warned(*codes: str) -> Outcome:
        warnings: list[JsonValue] = [{"code": code, "message": "Look."} for code in codes]
        return Outcome("arn", {"rows": 1, "warnings": warnings}, None)

    odd = ("noRows", "odd", "noRows")
    manifest = _manifest(cut("top"), teams={"2": warned("noRows"), "7": warned(*odd)})
    assert {warning.code for warning in manifest.warnings} == {"itemWarnings"}
    days = "2024-01-01 to 2024-12-31"
    assert [warning.message for warning in manifest.warnings] == [
        (
            f"2 landed with the warning noRows: productivity of team 2 (Platform), {days}; "
            f"productivity of team 7 (Solo), {days}."
        ),
        f"1 landed with the warning odd: productivity of team 7 (Solo), {days}.",
    ]
    assert manifest.to_json()["warnings"] == [it.to_json() for it in manifest.warnings]
    assert _manifest(cut("top"), teams={}).warnings == ()


@pytest.mark.parametrize(("count", "end"), [(10, ""), (11, "; and 1 more"), (30, "; and 20 more")])
def test_of_many_items_with_a_warning_ten_are_named_and_all_are_counted(
    count: int, end: str
) -> None:
    warned = Outcome("arn", {"rows": 0, "warnings": [{"code": "odd", "message": "Look."}]}, None)
    scopes = [least("sprint", scope={"teamId": f"{1000 + at}"}) for at in range(count)]
    teams: dict[str | None, Answer] = {f"{1000 + at}": warned for at in range(count)}
    [warning] = _manifest(*scopes, teams=teams).warnings
    assert warning.message.startswith(f"{count} landed with the warning odd: sprint of team 1000, ")
    assert warning.message.count("sprint of team ") == 10
    assert warning.message.endswith(f"2024-12-31{end}.")
