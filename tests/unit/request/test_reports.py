"""The table of reports."""

from collections.abc import Iterator

import pytest

from sei_export.input.kinds import (
    Field,
    Flag,
    Group,
    Names,
    Number,
    Text,
    Word,
    all_names,
    spellings,
)
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import (
    BUSINESS_ALIGNMENT,
    CONTRIBUTOR_REPORT,
    EFFICIENCY,
    IDENTIFIERS,
    PRODUCTIVITY,
    REPORTS,
    SPRINT,
    TEAM_REPORT,
    TIME_IN_STATUS,
    Report,
    Scope,
)
from tests.fakes.samples import least, problems, request_of

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


def test_whose_data_a_report_wants_is_said_in_the_fields_that_a_request_has() -> None:
    assert [rule.value for rule in Scope] == [
        "orgTreeName, with or without teamId",
        "either orgTreeName or teamId",
        "collectionId",
    ]
    assert IDENTIFIERS == ("orgIdentifier", "projectIdentifier")


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
                "options.aggregationLevel": ("developer", "team"),
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
    assert allowed["metrics"] == ()
    assert allowed["options.format"] == ("csv",)
    assert allowed["options.compression"] == ("gzip",)
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
def test_columns_of_one_level_only_are_of_levels_that_the_report_has(report: Report) -> None:
    words = {path: field for path, field in _all_fields(report.fields) if isinstance(field, Word)}
    level = words.get(".".join(report.level))
    levels = set(level.allowed) if level else set()
    assert set(report.level_columns) <= levels
    listed = [column for columns in report.level_columns.values() for column in columns]
    assert sorted(listed) == sorted({column.upper() for column in listed})


@EVERY_REPORT
def test_what_is_neither_word_nor_list_is_of_a_legacy_report(report: Report) -> None:
    others = {
        path: type(field)
        for path, field in _all_fields(report.fields)
        if isinstance(field, Text | Number | Flag)
    }
    assert others == {
        "team-report": {"collectionId": Text, "teamRefId": Number, "includeRatings": Flag},
        "contributor-report": {"collectionId": Text, "includeRatings": Flag},
    }.get(report.name, {})


@EVERY_REPORT
def test_only_a_format_is_sent_unasked_and_only_packing_leaves_the_columns(report: Report) -> None:
    words = {path: field for path, field in _all_fields(report.fields) if isinstance(field, Word)}
    sent = {path: field.default for path, field in words.items() if field.default}
    has_format = report in (PRODUCTIVITY, EFFICIENCY)
    assert sent == ({"options.format": "csv"} if has_format else {})
    packing = {path for path, field in words.items() if not field.shapes}
    assert packing == {"options.format", "options.compression"} & {*words}


@EVERY_REPORT
def test_only_statuses_are_told_apart_by_case_and_only_legacy_lists_are_sent_empty(
    report: Report,
) -> None:
    lists = {path: field for path, field in _all_fields(report.fields) if isinstance(field, Names)}
    assert {path for path, field in lists.items() if not field.any_case} == (
        {"issueStatuses"} & {*lists}
    )
    assert all(field.sent_empty is report.is_legacy for field in lists.values())


@pytest.mark.parametrize(
    ("report", "level", "granularity"),
    [
        ("productivity", "options.aggregationLevel", "options.granularity"),
        ("efficiency", "", "options.granularity"),
        ("sprint", "options.metricLevel", "options.granularity"),
        ("business-alignment", "", "options.granularity"),
        ("time-in-status", "options.aggregationLevel", "options.granularity"),
        ("team-report", "", "granularity"),
        ("contributor-report", "", "granularity"),
    ],
)
def test_a_report_knows_where_its_level_and_granularity_are(
    report: str, level: str, granularity: str
) -> None:
    assert ".".join(REPORTS[report].level) == level
    assert ".".join(REPORTS[report].granularity) == granularity


@EVERY_REPORT
def test_level_and_granularity_are_where_the_report_says(report: Report) -> None:
    words = {path for path, field in _all_fields(report.fields) if isinstance(field, Word)}
    for path in (report.level, report.granularity):
        assert not path or ".".join(path) in words


# --- what the table makes of an input ---


@pytest.mark.parametrize(
    ("lists", "sent"),
    [
        pytest.param({"metric": ["b", "a"]}, ["a", "b"], id="the alias alone"),
        pytest.param({"metrics": ["b"], "metric": ["a", "B"]}, ["a", "b"], id="both, merged"),
        pytest.param({"metric": ["B"], "metrics": ["b"]}, ["b"], id="both, the name's spelling"),
        pytest.param({"metrics": None, "metric": ["a"]}, ["a"], id="null and the alias"),
        pytest.param({"metrics": [], "metric": []}, None, id="both empty"),
    ],
)
def test_given_sprint_then_metric_and_metrics_are_one_list(
    lists: JsonObject, sent: JsonValue
) -> None:
    body = request_of("sprint", **lists).body()
    assert body.get("metrics") == sent
    assert "metric" not in body


def test_given_a_bad_list_under_the_alias_then_the_message_has_the_alias() -> None:
    assert problems(least("sprint", metric="PREDICTABILITY")) == (
        'metric is "PREDICTABILITY": a list of names is allowed.',
    )


@pytest.mark.parametrize("report", ["productivity", "efficiency", "business-alignment"])
def test_given_another_report_then_metric_is_unknown(report: str) -> None:
    (problem,) = problems(least(report, metric=["a"]))
    assert problem.startswith("metric is not a field")
    assert problem.endswith("did you mean metrics?")


@pytest.mark.parametrize("groups", ["absent", None, []], ids=str)
def test_given_efficiency_without_groups_then_the_message_lists_them(groups: JsonValue) -> None:
    given_input = least("efficiency", metricGroups=groups, metrics=["LEAD_TIME"])
    if groups == "absent":
        del given_input["metricGroups"]
    assert problems(given_input) == (
        (
            "metricGroups is missing: allowed are lttc, df, deployment_frequency, mttr, cfr, "
            "summary, work_items, rating."
        ),
    )


@pytest.mark.parametrize("report", ["efficiency", "sprint", "business-alignment"])
@pytest.mark.parametrize("options", ["absent", None, {}], ids=str)
def test_given_no_granularity_where_one_is_required_then_the_message_lists_them(
    report: str, options: JsonValue
) -> None:
    given_input = least(report, options=options)
    if options == "absent":
        del given_input["options"]
    (problem,) = problems(given_input)
    assert problem.startswith("options.granularity is missing: allowed are ")
    assert problem.endswith("WEEKLY, MONTHLY, QUARTERLY.")


@pytest.mark.parametrize("report", ["productivity", "time-in-status"])
def test_given_a_report_that_needs_no_options_then_none_are_asked_for(report: str) -> None:
    assert problems(least(report)) == ()


@pytest.mark.parametrize(
    ("report", "own"),
    [
        ("productivity", "aggregationLevel"),
        ("sprint", "metricLevel"),
        ("time-in-status", "aggregationLevel"),
    ],
)
@pytest.mark.parametrize(
    ("given_options", "sent"),
    [
        pytest.param({"metricLevel": "TEAM"}, "metricLevel", id="metricLevel"),
        pytest.param({"aggregationLevel": "team"}, "aggregationLevel", id="aggregationLevel"),
        pytest.param({"metricLevel": "team", "aggregationLevel": "Team"}, None, id="both alike"),
    ],
)
def test_given_the_level_by_either_name_it_is_sent_by_that_and_by_the_reports_own_if_by_both(
    report: str, own: str, given_options: JsonObject, sent: str | None
) -> None:
    base = least(report).get("options")
    assert base is None or isinstance(base, dict)
    options = request_of(report, options={**(base or {}), **given_options}).body()["options"]
    assert isinstance(options, dict)
    levels = {name: value for name, value in options.items() if name.endswith("Level")}
    assert levels == {sent or own: "team"}


@pytest.mark.parametrize("report", ["efficiency", "business-alignment"])
@pytest.mark.parametrize("name", ["metricLevel", "aggregationLevel"])
def test_given_a_report_without_a_level_then_it_is_unknown(report: str, name: str) -> None:
    (problem,) = problems(least(report, options={"granularity": "MONTHLY", name: "team"}))
    assert problem.startswith(f"options.{name} is not a field")


@pytest.mark.parametrize(
    ("report", "given_value", "sent"),
    [
        ("productivity", "MONTHLY", "monthly"),
        ("efficiency", "monthly", "MONTHLY"),
        ("sprint", "Sprint", "SPRINT"),
        ("business-alignment", "weekly", "WEEKLY"),
        ("time-in-status", "Daily", "daily"),
    ],
)
def test_given_a_granularity_in_any_case_then_each_report_gets_its_own(
    report: str, given_value: str, sent: str
) -> None:
    body = request_of(report, options={"granularity": given_value}).body()
    options = body["options"]
    assert isinstance(options, dict)
    assert options["granularity"] == sent


@pytest.mark.parametrize(
    ("report", "option", "given_value", "sent"),
    [
        ("productivity", "aggregation", "MEAN", "mean"),
        ("efficiency", "aggregation", "P95", "p95"),
        ("efficiency", "compression", "GZIP", "gzip"),
        ("sprint", "computationMode", "story_points", "STORY_POINTS"),
        ("time-in-status", "terminalDateColumn", "Issue_Resolved_At", "issue_resolved_at"),
    ],
)
def test_given_a_word_in_any_case_then_it_is_sent_as_the_api_writes_it(
    report: str, option: str, given_value: str, sent: str
) -> None:
    base = least(report).get("options") or {}
    assert isinstance(base, dict)
    options = request_of(report, options={**base, option: given_value}).body()["options"]
    assert isinstance(options, dict)
    assert options[option] == sent


@pytest.mark.parametrize(
    ("report", "granularity"),
    [
        ("productivity", "daily"),
        ("efficiency", "SPRINT"),
        ("sprint", "DAILY"),
        ("business-alignment", "daily"),
        ("time-in-status", "SPRINT"),
    ],
)
def test_given_a_granularity_of_another_report_then_it_is_refused(
    report: str, granularity: str
) -> None:
    (problem,) = problems(least(report, options={"granularity": granularity}))
    assert problem.startswith(f'options.granularity is "{granularity}": allowed are ')


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        pytest.param({}, {}, id="neither group"),
        pytest.param({"productivity": None}, {}, id="null"),
        pytest.param({"productivity": {}}, {"productivity": {"metrics": []}}, id="all of one"),
        pytest.param(
            {"productivity": {"metrics": None}}, {"productivity": {"metrics": []}}, id="null list"
        ),
        pytest.param(
            {"efficiency": {"calculationType": "p95"}},
            {"efficiency": {"metrics": [], "calculationType": "P95"}},
            id="all of the other, by its calculation",
        ),
    ],
)
def test_given_a_legacy_group_then_it_is_sent_with_its_list_and_else_left_out(
    fields: JsonObject, sent: JsonObject
) -> None:
    body = request_of("team-report", **fields).body()
    groups = {name: body[name] for name in ("productivity", "efficiency") if name in body}
    assert groups == sent


@pytest.mark.parametrize("contributors", ["absent", None], ids=str)
def test_given_no_contributors_where_they_are_required_then_they_are_missing(
    contributors: JsonValue,
) -> None:
    given_input = least("contributor-report", productivityContributors=contributors)
    if contributors == "absent":
        del given_input["productivityContributors"]
    assert problems(given_input) == ("productivityContributors is missing: this report needs it.",)


def test_given_all_that_legacy_reports_require_missing_then_each_is_told() -> None:
    span: JsonObject = {"start": "2024-01-01", "end": "2024-12-31"}
    found = problems({"report": "team-report", "dateRange": span})
    assert found == (
        "collectionId is missing: this report needs it.",
        "teamRefId is missing: this report needs it.",
    )
