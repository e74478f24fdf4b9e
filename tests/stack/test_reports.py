"""Every report, in each of its scope forms and levels, through the same machine."""

from collections.abc import Iterator

import pytest

from sei_export.input.kinds import Field, Group, Names, Number, Word
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.path import ABSENT
from sei_export.request.reports import REPORTS, Report, Scope
from tests.stack.harness import Harness, new_team


def _field(report: Report, *path: str) -> Field | None:
    fields: tuple[Field, ...] = report.fields
    found: Field | None = None
    for name in path:
        found = next((field for field in fields if field.name == name), None)
        fields = found.fields if isinstance(found, Group) else ()
    return found


def _words(report: Report, path: tuple[str, ...]) -> tuple[str, ...]:
    field = _field(report, *path) if path else None
    return field.allowed if isinstance(field, Word) else ()


def _request(report: Report, scope: str, level: str | None) -> JsonObject:
    """A request with the least that the report takes, plus scope and level."""
    request: JsonObject = {
        "report": report.name,
        "dateRange": {"start": "2024-01-01", "end": "2024-03-31"},
    }
    options: JsonObject = {}
    for path, value in (
        (report.level, level),
        (report.granularity, _words(report, report.granularity)[-1]),
    ):
        if path and value:
            (options if path[0] == "options" else request)[path[-1]] = value
    if options:
        request["options"] = options
    groups = _field(report, "metricGroups")
    if isinstance(groups, Names) and groups.required:
        request["metricGroups"] = [groups.allowed[0]]
    return request | (_legacy(report) if report.is_legacy else {"scope": _scope(scope)})


def _legacy(report: Report) -> JsonObject:
    """Whose data, and all metrics of each kind."""
    number = int(new_team())
    fields: JsonObject = {"collectionId": str(number)}
    for field in report.fields:
        if isinstance(field, Number):
            fields[field.name] = number
        if isinstance(field, Group):
            fields[field.name] = {"metrics": list[JsonValue]()}
    return fields


def _scope(scope: str) -> JsonObject:
    asked: JsonObject = {}
    if "tree" in scope:
        asked["orgTreeName"] = "Engineering"
    if "team" in scope:
        asked["teamId"] = new_team()
    return asked


def _cases() -> Iterator[object]:
    for report in REPORTS.values():
        scopes = {
            Scope.TREE_AND_TEAM: ("tree", "tree and team"),
            Scope.TREE_OR_TEAM: ("tree", "team"),
            Scope.COLLECTION: ("collection",),
        }[report.scope]
        for scope in scopes:
            for level in _words(report, report.level) or (None,):
                name = f"{report.name}, {scope}" + (f", {level}" if level else "")
                yield pytest.param(report, scope, level, id=name)


@pytest.mark.parametrize(("report", "scope", "level"), list(_cases()))
def test_a_report_lands_under_its_key_with_its_manifest(
    stack: Harness, report: Report, scope: str, level: str | None
) -> None:
    request = _request(report, scope, level)
    run = stack.run(request)
    result = run.output

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    asked = request.get("scope")
    team = request.get("collectionId") or (asked.get("teamId") if isinstance(asked, dict) else None)
    granularity = _words(report, report.granularity)[-1].lower()
    start, _, rest = str(result["key"]).partition(f"/shape={level or '_'}-{granularity}-")
    assert start == f"exports/report={report.name}"
    assert rest[8:] == (
        "/scope_org=default/scope_project=demo"
        f"/scope_tree={'Engineering' if 'tree' in scope else ABSENT}"
        f"/scope_team={team or ABSENT}/range_start=2024-01-01/range_end=2024-03-31/export.csv.gz"
    )
    assert result.items() <= stack.manifest(str(result["manifestKey"])).items()
    assert stack.csv(str(result["key"])).decode().count("\n") >= int(str(result["rows"])) > 0
    columns = result["columns"]
    assert isinstance(columns, list)
    # Readers make columns of the path's parts, and compare them without case.
    parts = {part.partition("=")[0] for part in str(result["key"]).split("/")}
    assert columns
    assert parts.isdisjoint(str(column).casefold() for column in columns)
    assert len(stack.events.find("executionArn", run.arn)) == 1
    if report.is_legacy:
        assert (run.entered("FetchReport"), run.entered("WaitForExport")) == (1, 0)
    else:
        served = stack.simulator.content(str(result["exportId"]))
        assert stack.csv(str(result["key"])) == served


def test_sprint_polls_the_plural_path(stack: Harness) -> None:
    request = _request(REPORTS["sprint"], "team", "team")
    run = stack.run(request)
    team = request["scope"]["teamId"]  # type: ignore[index, call-overload]  # as made above
    paths = {
        str(call["path"]).split("/v2/insights/")[1] for call in stack.simulator.calls(str(team))
    }
    export = run.output["exportId"]
    assert paths == {
        "sprint/exports",
        f"sprints/exports/{export}",
        f"sprints/exports/{export}/download",
    }


def test_efficiency_that_failed_says_why_in_the_apis_words(stack: Harness) -> None:
    request = _request(REPORTS["efficiency"], "team", None)
    team = str(request["scope"]["teamId"])  # type: ignore[index, call-overload]  # as made above
    stack.simulator.behave(team, outcome="failed", error="Metric lttc needs a CI/CD integration")
    run = stack.run(request)
    assert (run.status, run.error) == ("FAILED", "ExportFailedError")
    assert "Metric lttc needs a CI/CD integration" in run.cause


def test_an_empty_legacy_answer_is_a_valid_empty_report(stack: Harness) -> None:
    request = _request(REPORTS["contributor-report"], "collection", None)
    stack.simulator.behave(str(request["collectionId"]), content="empty")
    run = stack.run(request)
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert (run.output["rows"], run.output["columns"], run.output["csvBytes"]) == (0, [], 0)
    assert stack.csv(str(run.output["key"])) == b""


PRINTED = [
    pytest.param(
        "productivity",
        {
            "scope": {"orgTreeName": "Engineering", "teamId": "456"},
            "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
            "metricGroups": ["activity", "velocity"],
            "metrics": ["PR_MERGED"],
            "options": {
                "metricLevel": "developer",
                "aggregation": "mean",
                "granularity": "monthly",
                "format": "csv",
            },
        },
        "456",
        id="productivity",
    ),
    pytest.param(
        "team-report",
        {
            "collectionId": "6036",
            "dateStart": "2024-01-01",
            "dateEnd": "2024-12-31",
            "teamRefId": 123,
            "granularity": "weekly",
            "productivity": {"metrics": ["PR_VELOCITY_PER_DEV"]},
            "efficiency": {"metrics": ["LEAD_TIME_FOR_CHANGES"], "calculationType": "MEAN"},
            "includeRatings": False,
        },
        "6036",
        id="team-report",
    ),
    pytest.param(
        "contributor-report",
        {
            "collectionId": "1",
            "dateStart": "2024-01-01",
            "dateEnd": "2024-03-31",
            "granularity": "WEEKLY",
            "includeRatings": True,
            "productivityContributors": {
                "metrics": [
                    "PR_VELOCITY",
                    "WORK_TYPE_COMPLETED",
                    "CODING_DAYS",
                    "TIME_TO_FIRST_COMMENT",
                    "NUMBER_OF_COMMENTS_PER_PR",
                    "AVG_TIME_TO_COMPLETE",
                    "NO_OF_PRS_WITH_MISSING_TICKETS",
                ]
            },
        },
        "1",
        id="contributor-report",
    ),
]


@pytest.mark.parametrize(("report", "body", "selector"), PRINTED)
def test_a_body_as_harness_prints_it_is_a_valid_input_and_reaches_the_api_unchanged(
    stack: Harness, report: str, body: JsonObject, selector: str
) -> None:
    run = stack.run({"report": report, **body})
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    step = "report" if report.endswith("-report") else "create"
    # Lists have no order at the API, and are sent sorted.
    assert _sorted(stack.simulator.calls(selector, step)[-1]["body"]) == _sorted(body)


def _sorted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _sorted(inner) for name, inner in value.items()}
    return sorted(value, key=str) if isinstance(value, list) else value
