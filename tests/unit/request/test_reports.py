"""The table of reports."""

from collections.abc import Iterator

import pytest

from sei_export.input.kinds import Field, Group, Names, Word, all_names, spellings
from sei_export.request.reports import (
    BUSINESS_ALIGNMENT,
    CONTRIBUTOR_REPORT,
    EFFICIENCY,
    PRODUCTIVITY,
    REPORTS,
    SPRINT,
    TEAM_REPORT,
    TIME_IN_STATUS,
    Report,
    Scope,
)

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def _all_fields(fields: tuple[Field, ...], path: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield f"{path}{field.name}", field
        if isinstance(field, Group):
            yield from _all_fields(field.fields, f"{field.name}.")


def _allowed(report: Report) -> dict[str, tuple[str, ...]]:
    return {
        path: field.allowed
        for path, field in _all_fields(report.fields)
        if isinstance(field, Word | Names)
    }


def _required(report: Report) -> set[str]:
    return {path for path, field in _all_fields(report.fields) if field.required}


def test_the_reports_are_those_that_the_api_documents() -> None:
    assert list(REPORTS) == [
        "productivity",
        "efficiency",
        "sprint",
        "business-alignment",
        "time-in-status",
        "team-report",
        "contributor-report",
    ]


@pytest.mark.parametrize(
    ("report", "create", "other", "scope"),
    [
        pytest.param(report, create, other, scope, id=report.name)
        for report, create, other, scope in (
            (PRODUCTIVITY, "productivity", "productivity", Scope.TREE_AND_TEAM),
            (EFFICIENCY, "efficiency", "efficiency", Scope.TREE_OR_TEAM),
            (SPRINT, "sprint", "sprints", Scope.TREE_OR_TEAM),
            (BUSINESS_ALIGNMENT, "ba", "ba", Scope.TREE_OR_TEAM),
            (TIME_IN_STATUS, "ticket-data", "ticket-data", Scope.TREE_OR_TEAM),
        )
    ],
)
def test_an_export_is_created_and_asked_for_where_its_page_says(
    report: Report, create: str, other: str, scope: Scope
) -> None:
    assert report.create_path == f"v2/insights/{create}/exports"
    assert report.path == f"v2/insights/{other}/exports"
    assert report.scope is scope
    assert not report.is_legacy


@pytest.mark.parametrize("report", [TEAM_REPORT, CONTRIBUTOR_REPORT])
def test_a_legacy_report_has_one_path_and_names_its_collection(report: Report) -> None:
    assert report.create_path == "v2/insights/teams/reports"
    assert report.scope is Scope.COLLECTION
    assert report.is_legacy


@pytest.mark.parametrize(
    ("report", "allowed", "required"),
    [
        pytest.param(
            PRODUCTIVITY,
            {
                "metricGroups": ("activity", "velocity", "volume", "quality", "collaboration"),
                "metrics": (),
                "options.metricLevel": ("developer", "team"),
                "options.aggregation": ("mean",),
                "options.granularity": ("weekly", "monthly", "quarterly"),
                "options.format": ("csv",),
            },
            set(),
            id="productivity",
        ),
        pytest.param(
            SPRINT,
            {
                "metricGroups": ("work", "delivery", "deliveryAnalysis", "analysis"),
                "metrics": (),
                "options.metricLevel": ("team", "sprint"),
                "options.granularity": ("SPRINT", "WEEKLY", "MONTHLY", "QUARTERLY"),
                "options.computationMode": ("STORY_POINTS", "TICKETS"),
            },
            {"options.granularity"},
            id="sprint",
        ),
        pytest.param(
            BUSINESS_ALIGNMENT,
            {
                "metricGroups": ("CATEGORIZED", "UNCATEGORIZED"),
                "metrics": (),
                "options.granularity": ("WEEKLY", "MONTHLY", "QUARTERLY"),
            },
            {"options.granularity"},
            id="business-alignment",
        ),
        pytest.param(
            TIME_IN_STATUS,
            {
                "issueStatuses": (),
                "options.aggregationLevel": ("sprint", "team"),
                "options.granularity": ("daily", "weekly", "monthly", "quarterly"),
                "options.terminalDateColumn": ("issue_resolved_at", "version_release_date"),
            },
            set(),
            id="time-in-status",
        ),
        pytest.param(
            TEAM_REPORT,
            {
                "granularity": ("daily", "weekly", "monthly"),
                "productivity.metrics": (),
                "efficiency.metrics": (),
                "efficiency.calculationType": ("MEAN", "MEDIAN", "P90", "P95"),
            },
            {"collectionId", "teamRefId"},
            id="team-report",
        ),
        pytest.param(
            CONTRIBUTOR_REPORT,
            {
                "granularity": ("DAILY", "WEEKLY", "MONTHLY"),
                "productivityContributors.metrics": (),
            },
            {"collectionId", "productivityContributors"},
            id="contributor-report",
        ),
    ],
)
def test_a_report_takes_what_its_page_documents(
    report: Report, allowed: dict[str, tuple[str, ...]], required: set[str]
) -> None:
    assert _allowed(report) == allowed
    assert _required(report) == required


def test_efficiency_takes_the_groups_of_both_of_its_lists() -> None:
    allowed = _allowed(EFFICIENCY)
    prose = {"lttc", "df", "mttr", "cfr", "summary"}
    table = {"lttc", "work_items", "deployment_frequency", "cfr", "mttr", "rating"}
    assert set(allowed["metricGroups"]) == prose | table
    assert allowed["options.granularity"] == ("WEEKLY", "MONTHLY", "QUARTERLY")
    assert allowed["options.aggregation"] == ("mean", "median", "p90", "p95")
    assert _required(EFFICIENCY) == {"metricGroups", "options.granularity"}


@EVERY_REPORT
def test_paths_are_relative_so_that_the_base_urls_prefix_stays(report: Report) -> None:
    for path in filter(None, (report.create_path, report.path)):
        assert path.startswith("v2/insights/")
        assert not path.endswith("/")


@EVERY_REPORT
def test_a_report_is_listed_under_its_own_name(report: Report) -> None:
    assert REPORTS[report.name] is report


@EVERY_REPORT
def test_no_two_fields_of_an_object_share_a_name_or_alias(report: Report) -> None:
    own = ["report", "scope", "dateRange", "dateStart", "dateEnd", "scheduledTime"]
    own += ["orgIdentifier", "projectIdentifier"]
    objects = [[*own, *spellings(report.fields)]]
    objects += [spellings(field.fields) for field in report.fields if isinstance(field, Group)]
    for spelled in objects:
        assert len(spelled) == len(set(spelled))


@EVERY_REPORT
def test_values_differ_by_more_than_case_and_defaults_are_allowed(report: Report) -> None:
    for _, field in _all_fields(report.fields):
        if isinstance(field, Word | Names):
            assert len({value.lower() for value in field.allowed}) == len(field.allowed)
        if isinstance(field, Word):
            assert field.default is None or field.default in field.allowed


@EVERY_REPORT
def test_a_report_that_has_a_level_takes_both_of_its_names(report: Report) -> None:
    leveled = [
        field
        for _, field in _all_fields(report.fields)
        if {"metricLevel", "aggregationLevel"} & set(all_names(field))
    ]
    assert [set(all_names(field)) for field in leveled] == (
        [{"metricLevel", "aggregationLevel"}] if report.level else []
    )


@EVERY_REPORT
def test_level_and_granularity_are_where_the_report_says(report: Report) -> None:
    words = {path for path, field in _all_fields(report.fields) if isinstance(field, Word)}
    for path in (report.level, report.granularity):
        assert not path or ".".join(path) in words
