"""A file whose columns are those of another level than was asked for."""

import gzip

import pytest

from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.keys import manifest_key
from sei_export.landing.levels import differing
from sei_export.request.reports import REPORTS
from sei_export.steps.download_export import download_export
from tests.fakes.loopback import reply
from tests.fakes.samples import request, request_of
from tests.fakes.stage import ARN, CREATED_AT, Stage

DEVELOPER = ["Team", "Developer", "CODING_DAYS", "PR_MERGED", "LOC_ADDED", "LOC_REMOVED"]
TEAM = ["Team", "CODING_DAYS", "PR_MERGED", "PR_VELOCITY", "LOC_TOTAL"]
NAMES = ("metricLevel", "aggregationLevel")


def _codes(columns: list[str], level: str | None, **fields: JsonValue) -> list[str]:
    options: JsonObject = {"aggregationLevel": level} if level else {}
    asked = request(options=options, **fields)
    return [each.code for each in differing(asked, columns)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("level", "columns", "told"),
    [
        pytest.param("developer", TEAM, ("developer", "team only: LOC_TOTAL, PR_VELOCITY"), id="t"),
        pytest.param("team", DEVELOPER, ("team", "developer only: LOC_ADDED, LOC_REMOVED"), id="d"),
        pytest.param("team", ["Team", "loc_added "], ("team", "developer only: LOC_ADDED"), id="1"),
    ],
)
def test_the_other_levels_columns_alone_are_a_warning_that_names_level_option_and_columns(
    level: str, columns: list[str], told: tuple[str, str], name: str
) -> None:
    [found] = differing(request(options={name: level}), columns)
    assert found.code == "levelDiffers"
    asked, only = told
    assert f"The level {asked} was asked for, by options.{name}," in found.message
    assert f"for the level {only}." in found.message


@pytest.mark.parametrize(
    ("columns", "level", "fields"),
    [
        pytest.param(DEVELOPER, "developer", {}, id="developers, as asked"),
        pytest.param(TEAM, "team", {}, id="teams, as asked"),
        pytest.param([*DEVELOPER, *TEAM], "developer", {}, id="columns of both, developers"),
        pytest.param([*DEVELOPER, *TEAM], "team", {}, id="columns of both, teams"),
        pytest.param(["Team", "PR_MERGED"], "team", {}, id="columns of all levels"),
        pytest.param([], "team", {}, id="no header"),
        pytest.param(TEAM, None, {}, id="no level asked for, teams"),
        pytest.param(DEVELOPER, None, {}, id="no level asked for, developers"),
        pytest.param(
            ["Team", "LOC_ADDED"], "team", {"metrics": ["loc_added"]}, id="asked for by its name"
        ),
        pytest.param(["Team", "LOC_ADDED_TODAY"], "team", {}, id="another name that begins so"),
    ],
)
def test_no_warning_of_what_may_be_right(
    columns: list[str], level: str | None, fields: JsonObject
) -> None:
    assert _codes(columns, level, **fields) == []


@pytest.mark.parametrize(
    ("columns", "level", "metrics"),
    [
        pytest.param(TEAM, "developer", ["PR_VELOCITY"], id="the other's by name, and another"),
        pytest.param([*TEAM, "LOC_ADDED"], "developer", ["LOC_ADDED"], id="its own by name"),
    ],
)
def test_what_was_asked_for_by_its_name_says_nothing_either_way(
    columns: list[str], level: str, metrics: list[JsonValue]
) -> None:
    assert _codes(columns, level, metrics=metrics) == ["levelDiffers"]


@pytest.mark.parametrize("report", sorted({*REPORTS} - {"productivity"}))
def test_reports_whose_columns_are_not_documented_by_level_have_no_such_warning(
    report: str,
) -> None:
    assert [*differing(request_of(report), [*DEVELOPER, *TEAM])] == []


@pytest.mark.parametrize(
    ("level", "warned"), [("developer", []), ("team", ["levelDiffers"])], ids=["asked", "other"]
)
def test_the_warning_is_in_manifest_event_and_output(level: str, warned: list[str]) -> None:
    content = f"{','.join(DEVELOPER)}\nA,b,1,2,3,4\n".encode()
    stage = Stage(body=reply(200, gzip.compress(content, mtime=0)))
    asked = Export.of(request(options={"metricLevel": level}), "exp_1", CREATED_AT, reused=False)
    payload: JsonObject = {
        "export": asked.to_json(),
        "executionArn": f"{ARN}run-1",
        "polls": 3,
        "attempts": 1,
    }
    with stage.server:
        result = download_export(payload, stage.connect, stage.landing, stage.s3.staging)
    manifest = stage.s3.documents.read_json(manifest_key(asked)).content
    [detail] = stage.events.details
    for form in (result, manifest, detail):
        warnings = form["warnings"]
        assert isinstance(warnings, list)
        assert [each["code"] for each in warnings if isinstance(each, dict)] == warned
