"""Where things are kept in the bucket."""

import hashlib
import re

import pytest

from sei_export import keys
from sei_export.export import Export
from sei_export.keys import landed_key, series_key
from sei_export.request.export_request import ExportRequest
from sei_export.request.path import MAX_PATH_BYTES, request_path, tree_path
from sei_export.request.reports import PRODUCTIVITY, REPORTS, SPRINT
from tests.fakes.export_ids import OPAQUE
from tests.fakes.samples import least, parsed, request, request_of


def _export(asked: ExportRequest) -> Export:
    return Export.of(asked, "exp_1", "", reused=False)


# The fingerprint is spelled out: if it changes, every file in users' buckets moves.
def test_a_requests_files_are_exactly_here() -> None:
    full = request(
        metricGroups=["activity", "velocity"],
        options={"metricLevel": "developer", "granularity": "monthly"},
    )
    folder = (
        "report=productivity/shape=developer-monthly-2ccebb06/scope_org=acme/scope_project=metrics/"
        "scope_tree=Engineering/scope_team=456/range_start=2024-01-01/range_end=2024-12-31"
    )
    assert keys.data_key(_export(full)) == f"exports/{folder}/export.csv.gz"
    assert keys.manifest_key(_export(full)) == f"manifests/{folder}/manifest.json"


@pytest.mark.parametrize("report", REPORTS)
def test_a_reports_files_are_at_its_path_below_each_prefix(report: str) -> None:
    one = request_of(report)
    path = request_path(one)
    assert keys.request_key(one) == keys.data_key(_export(one)) == f"exports/{path}/export.csv.gz"
    assert keys.manifest_key(_export(one)) == f"manifests/{path}/manifest.json"


def test_given_the_longest_path_then_every_key_is_one_that_s3_takes() -> None:
    rest = len(request_path(request(scope={"orgTreeName": "t"}))) - 1
    longest = request(scope={"orgTreeName": "t" * (MAX_PATH_BYTES - rest)})
    assert len(keys.manifest_key(_export(longest))) == 1024
    assert len(keys.data_key(_export(longest))) <= 1024
    assert len(keys.series_key(longest)) <= 1024
    assert len(keys.cut_key(longest)) <= 1024


def test_given_an_export_that_somebody_else_created_its_files_are_kept_by_its_id() -> None:
    export = Export("exp_7a8b", SPRINT, "acme", "metrics", None, reused=True, created_at="")
    assert keys.data_key(export) == "harvested/report=sprint/export=exp_7a8b.csv.gz"
    assert keys.manifest_key(export) == "manifests/harvested/report=sprint/export=exp_7a8b.json"


def test_requests_that_differ_in_their_days_only_are_one_series() -> None:
    one = series_key(request_of("sprint", scope={"teamId": "9"}))
    assert re.fullmatch(
        r"series/report=sprint/shape=_-sprint-\w{8}/scope_org=acme/scope_project=metrics/scope_tree=__HIVE_DEFAULT_PARTITION__/scope_team=9/"
        r"series\.json",
        one,
    )
    other_days = request_of("sprint", scope={"teamId": "9"}, dateRange={"trailingDays": 7})
    assert series_key(other_days) == one
    assert series_key(request_of("sprint", scope={"teamId": "8"})) != one


def test_the_mark_of_a_landed_export_is_known_from_report_and_id_alone() -> None:
    assert landed_key(SPRINT, "exp_7a8b") == "landed/report=sprint/export=exp_7a8b.json"
    assert landed_key(PRODUCTIVITY, "exp_7a8b") != landed_key(SPRINT, "exp_7a8b")


def test_an_id_read_from_a_manifest_cannot_lead_a_mark_elsewhere() -> None:
    assert landed_key(SPRINT, "../x") == "landed/report=sprint/export=..%2Fx.json"


def test_the_folder_of_a_download_is_known_from_report_and_id_alone() -> None:
    folder = keys.staging_folder(SPRINT, "../exp_7a8b")
    assert folder == "staging/report=sprint/export=..%2Fexp_7a8b/"


def test_what_is_known_of_a_tree_is_kept_whatever_teams_and_days() -> None:
    key = keys.cut_key(parsed(least("sprint")))
    assert re.fullmatch(
        r"cuts/report=sprint/shape=_-sprint-\w{8}/scope_org=acme/scope_project=metrics/scope_tree=Engineering/"
        r"cut\.json",
        key,
    )
    team = parsed(least("sprint", scope={"teamId": "2"}, dateRange={"period": "previous-day"}))
    assert keys.cut_key(team, "Engineering") == key
    assert keys.cut_key(team, "Sales") != key
    assert keys.cut_key(parsed(least("productivity", scope={"teamId": "2"}))) == keys.cut_key(
        parsed(least("productivity"))
    )


def test_what_a_cut_is_about_is_its_key_without_prefix_and_name() -> None:
    one = parsed(least("sprint"))
    assert keys.path_of_cut(keys.cut_key(one)) == tree_path(one, "Engineering")


@pytest.mark.parametrize(
    ("scheduled_time", "file"),
    [
        pytest.param("2026-03-01T06:00:00Z", "20260301T060000Z", id="of a schedule"),
        pytest.param("2026-03-01T06:00:00+01:00", "20260301T060000%2B0100", id="of a zone"),
        pytest.param("../x", "..%2Fx", id="encoded"),
    ],
)
def test_what_belongs_together_is_told_for_a_plan_and_for_each_of_its_times(
    scheduled_time: str, file: str
) -> None:
    assert keys.latest_key("weekly") == "batches/weekly/latest.json"
    assert keys.state_key("weekly", scheduled_time) == f"batches/weekly/{file}.json"


@pytest.mark.parametrize(
    ("run", "folder"),
    [
        pytest.param("weekly-2026_03", "runs/weekly-2026_03", id="as it is"),
        pytest.param("../weekly 2026/03", "runs/..%2Fweekly%202026%2F03", id="encoded"),
    ],
)
def test_everything_of_a_batch_is_in_its_folder(run: str, folder: str) -> None:
    assert keys.plan_key(run) == f"{folder}/plan.json"
    assert keys.round_key(run, 12) == f"{folder}/rounds/12.json"
    assert keys.outcome_key(run, 12, "0123456789abcdef") == (
        f"{folder}/outcomes/12/0123456789abcdef.json"
    )
    assert keys.tally_folder(run, 12) == f"{folder}/tally/12/"
    assert keys.progress_key(run) == f"{folder}/progress.json"
    assert keys.run_manifest_key(run) == f"{folder}/manifest.json"
    assert keys.page_key(run, 12) == f"{folder}/pages/12.json"
    failure = f"{folder}/failures/report=sprint/export=..%2Fx.json"
    assert keys.failure_key(run, SPRINT, "../x") == failure
    assert failure.startswith(keys.failures_folder(run))


def test_what_is_given_up_is_kept_by_its_report_and_its_id() -> None:
    key = keys.given_up_key(SPRINT, "exp_1")
    assert key == f"{keys.given_up_folder(SPRINT)}export=exp_1.json"
    assert key == "givenup/report=sprint/export=exp_1.json"


@pytest.mark.parametrize("export_id", OPAQUE)
def test_an_id_of_any_form_makes_keys_of_its_own_that_fit_into_s3(export_id: str) -> None:
    longest = REPORTS["business-alignment"]
    export = Export(export_id, longest, "acme", "metrics", None, reused=True, created_at="")
    made = [
        keys.data_key(export),
        keys.manifest_key(export),
        landed_key(longest, export_id),
        f"{keys.staging_folder(longest, export_id)}ticket.json",
    ]
    for key in made:
        assert len(key.encode()) <= 1024
        assert re.fullmatch(r"[A-Za-z0-9_.~%=!/-]+", key)
        # No part of it is a segment of dots, and the id is one part.
        assert not {"", ".", ".."} & {*key.rstrip("/").split("/")}
        assert [part.partition("=")[0] for part in key.split("/")].count("export") == 1
    part = keys.id_part(export_id)
    assert all(part in key for key in made)
    # An object's metadata are ASCII, and together have 2,048 bytes.
    assert len(part.encode("ascii")) <= 256


def test_an_id_is_named_by_its_digest_only_where_it_has_more_than_256_characters() -> None:
    # Six of them for one letter.
    longest, too_long = "x" * 250 + "é", "x" * 251 + "é"
    assert keys.id_part(longest) == "x" * 250 + "%C3%A9"
    digest = hashlib.sha256(too_long.encode()).hexdigest()
    assert keys.id_part(too_long) == f"sha256!{digest}"


def test_no_two_ids_share_a_key() -> None:
    long = "樹" * 256
    digest = keys.id_part(long)
    ids = ["exp_1", "exp_1 ", "exp%5F1", "exp.1", long, long[:-1] + "林", digest]
    assert len({keys.id_part(export_id) for export_id in ids}) == len(ids)
