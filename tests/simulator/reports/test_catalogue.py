"""The five reports: what each one takes, and the dialect in which it answers."""

import gzip
import re

import pytest
from pydantic import JsonValue

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import INSIGHTS, REPORTS, Client, Json

port = simulator.port
client = simulator.client

TEAM_REPORTS = [report for report in REPORTS if report != "productivity"]
TEAM_COLUMNS = ["Granularity", "Team", "Team_Hierarchy", "Start_Date", "End_Date"]
DATES: Json = {"start": "2024-01-01", "end": "2024-01-31"}


def options(**fields: JsonValue) -> Json:
    """Return the part of a body that has these options."""
    return {"options": fields}


@pytest.fixture(params=REPORTS)
def each(request: pytest.FixtureRequest, client: Client) -> Client:
    """Speak about each of the reports."""
    return client.of(str(request.param))


# --- what all have in common -----------------------------------------------------------------


def test_an_export_is_created_polled_downloaded_and_listed(each: Client) -> None:
    created = each.create()
    assert created.status == 202
    assert created.message == "Export created successfully"
    export_id = str(created.json["exportId"])
    assert each.create().status == 200
    assert each.create().json["exportId"] == export_id
    status = each.status(export_id).json
    assert str(status["status"]).lower() == "completed"
    assert gzip.decompress(each.download(export_id).body) == each.content(export_id)
    listed = each.listed(teamId=each.team).json["content"]
    assert listed == [status]


def test_each_report_has_exports_of_its_own(each: Client) -> None:
    export_id = each.created()
    for other in set(REPORTS) - {each.report}:
        assert each.of(other).status(export_id).status == 404


def test_the_csv_has_the_same_bytes_each_time(each: Client) -> None:
    content = each.content(each.created())
    assert each.call("DELETE", "/_sim").status == 204
    assert each.content(each.created()) == content


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"surprise": 1}, "surprise: ", id="unknown field"),
        pytest.param({"date_range": DATES}, "date_range: ", id="snake case"),
        pytest.param({"dateRange": {"start": "2024-01-01"}}, "dateRange.end: ", id="no end"),
        pytest.param({"dateRange": DATES | {"start": "2024-02-01"}}, "dateRange: ", id="backwards"),
        pytest.param({"dateRange": DATES | {"zone": "UTC"}}, "dateRange.zone: ", id="in dates"),
        pytest.param({"options": {"surprise": 1}}, "options.surprise: ", id="unknown option"),
        pytest.param(options(granularity="Monthly"), "options.granularity: ", id="case"),
        pytest.param(options(granularity="yearly"), "options.granularity: ", id="years"),
        pytest.param({"scope": {}}, "scope", id="empty scope"),
    ],
)
def test_a_mistake_is_named(each: Client, changes: Json, named: str) -> None:
    reply = each.create(**changes)
    assert reply.status == 400
    assert named in reply.message


# --- scopes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("report", TEAM_REPORTS)
@pytest.mark.parametrize(
    "scope",
    [
        {"teamId": "1"},
        {"orgTreeName": "E", "orgIdentifier": "acme"},
        {"orgTreeName": "E", "orgIdentifier": "acme", "projectIdentifier": "metrics"},
    ],
    ids=["team", "tree", "tree of a project"],
)
def test_team_reports_take_a_team_or_a_tree(client: Client, report: str, scope: Json) -> None:
    assert client.of(report).create(scope=scope).status == 202


@pytest.mark.parametrize("report", TEAM_REPORTS)
@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ({"teamId": "1", "orgTreeName": "E", "orgIdentifier": "acme"}, "exclude each other"),
        ({"orgTreeName": "E"}, "orgIdentifier"),
        ({"orgTreeName": "E", "projectIdentifier": "metrics"}, "orgIdentifier"),
        ({"teamId": "1", "orgIdentifier": "acme"}, "orgIdentifier"),
        ({"teamId": "1", "projectIdentifier": "metrics"}, "projectIdentifier"),
        ({"orgIdentifier": "acme"}, "teamId or orgTreeName is required"),
        ({"teamId": 1}, "scope.teamId"),
        ({"teamid": "1"}, "scope.teamid"),
    ],
)
def test_team_reports_refuse_other_scopes(
    client: Client, report: str, scope: Json, named: str
) -> None:
    reply = client.of(report).create(scope=scope)
    assert reply.status == 400
    assert named in reply.message


def test_productivity_needs_the_tree_and_knows_no_organization_in_its_scope(client: Client) -> None:
    scope: Json = {"orgTreeName": "E", "orgIdentifier": "acme"}
    assert "scope.orgIdentifier" in client.create(scope=scope).message
    assert "scope.orgTreeName" in client.create(scope={"teamId": "1"}).message


# --- options and groups of each --------------------------------------------------------------


TAKEN: list[tuple[str, Json]] = [
    ("efficiency", {"metricGroups": ["lttc", "df", "mttr", "cfr", "summary"]}),
    ("efficiency", {"metricGroups": ["lttc", "work_items", "deployment_frequency"]}),
    ("efficiency", {"metricGroups": ["cfr", "mttr", "rating"]}),
    ("efficiency", {"metrics": ["mttr_hours"]}),
    ("efficiency", options(granularity="WEEKLY", aggregation="mean")),
    ("efficiency", options(granularity="MONTHLY", aggregation="median")),
    ("efficiency", options(granularity="QUARTERLY", aggregation="p90")),
    ("efficiency", options(granularity="MONTHLY", aggregation="p95")),
    ("efficiency", options(granularity="MONTHLY", format="csv", compression="gzip")),
    ("sprint", {"metricGroups": ["work", "delivery", "deliveryAnalysis", "analysis"]}),
    ("sprint", {"metrics": ["velocity_story_points"]}),
    ("sprint", options(granularity="SPRINT", computationMode="TICKETS")),
    ("sprint", options(granularity="WEEKLY", computationMode="STORY_POINTS")),
    ("sprint", options(granularity="MONTHLY", metricLevel="sprint")),
    ("sprint", options(granularity="QUARTERLY", metricLevel="team")),
    ("business-alignment", {"metricGroups": ["CATEGORIZED", "UNCATEGORIZED"]}),
    ("business-alignment", {"metrics": ["ktlo_tickets"]}),
    ("business-alignment", options(granularity="WEEKLY")),
    ("business-alignment", options(granularity="QUARTERLY")),
    ("time-in-status", {"issueStatuses": ["In Progress", "QA"]}),
    ("time-in-status", options(granularity="daily", aggregationLevel="sprint")),
    ("time-in-status", options(granularity="weekly", aggregationLevel="team")),
    ("time-in-status", options(granularity="monthly", terminalDateColumn="issue_resolved_at")),
    (
        "time-in-status",
        options(granularity="quarterly", terminalDateColumn="version_release_date"),
    ),
]


@pytest.mark.parametrize(("report", "changes"), TAKEN)
def test_documented_fields_are_taken(client: Client, report: str, changes: Json) -> None:
    assert client.of(report).create(**changes).status == 202


@pytest.mark.parametrize(
    ("report", "changes", "named"),
    [
        ("efficiency", {"metricGroups": []}, "metricGroups"),
        ("efficiency", {"metricGroups": ["LTTC"]}, "metricGroups.0"),
        ("efficiency", {"options": {}}, "options.granularity"),
        ("efficiency", options(granularity="monthly"), "options.granularity"),
        ("efficiency", options(granularity="SPRINT"), "options.granularity"),
        (
            "efficiency",
            options(granularity="MONTHLY", aggregation="MEAN"),
            "options.aggregation",
        ),
        (
            "efficiency",
            options(granularity="MONTHLY", compression="zip"),
            "options.compression",
        ),
        (
            "efficiency",
            options(granularity="MONTHLY", metricLevel="team"),
            "options.metricLevel",
        ),
        ("sprint", {"options": {}}, "options.granularity"),
        ("sprint", options(granularity="sprint"), "options.granularity"),
        ("sprint", {"metricGroups": ["delivery_analysis"]}, "metricGroups.0"),
        ("sprint", {"metric": ["VELOCITY"]}, "metric"),
        (
            "sprint",
            options(granularity="SPRINT", computationMode="tickets"),
            "options.computationMode",
        ),
        (
            "sprint",
            options(granularity="SPRINT", aggregationLevel="team"),
            "options.aggregationLevel",
        ),
        ("sprint", options(granularity="SPRINT", format="csv"), "options.format"),
        ("business-alignment", {"options": {}}, "options.granularity"),
        ("business-alignment", options(granularity="SPRINT"), "options.granularity"),
        ("business-alignment", {"metricGroups": ["categorized"]}, "metricGroups.0"),
        ("time-in-status", {"metricGroups": []}, "metricGroups"),
        ("time-in-status", {"metrics": []}, "metrics"),
        ("time-in-status", {"issueStatuses": "Done"}, "issueStatuses"),
        ("time-in-status", {"issueStatuses": [""]}, "issueStatuses.0"),
        ("time-in-status", {"options": {"metricLevel": "team"}}, "options.metricLevel"),
        ("time-in-status", options(granularity="MONTHLY"), "options.granularity"),
        (
            "time-in-status",
            {"options": {"terminalDateColumn": "resolved"}},
            "options.terminalDateColumn",
        ),
    ],
)
def test_what_a_report_does_not_take_is_named(
    client: Client, report: str, changes: Json, named: str
) -> None:
    reply = client.of(report).create(**changes)
    assert reply.status == 400
    assert f"{named}: " in reply.message


@pytest.mark.parametrize(
    ("report", "missing"),
    [
        ("efficiency", "metricGroups"),
        ("efficiency", "options"),
        ("sprint", "options"),
        ("business-alignment", "options"),
    ],
)
def test_required_fields(client: Client, report: str, missing: str) -> None:
    speaker = client.of(report)
    body = {name: value for name, value in speaker.request().items() if name != missing}
    reply = speaker.call("POST", REPORTS[report][0], body)
    assert (reply.status, reply.message) == (400, f"{missing}: Field required")


def test_both_names_of_a_group_of_efficiency_mean_the_same(client: Client) -> None:
    speaker = client.of("efficiency")
    assert speaker.created(metricGroups=["df", "lttc"]) == speaker.created(
        metricGroups=["lttc", "deployment_frequency"]
    )


# --- dialects --------------------------------------------------------------------------------


def statuses(client: Client, report: str) -> list[JsonValue]:
    """Return what a new export's status calls say, at each stage of its life."""
    speaker = client.of(report)
    seen: list[JsonValue] = []
    for stage in (
        {"queuedSeconds": 60},
        {"outcome": "never"},
        {},
        {"outcome": "failed"},
        {"outcome": "cancelled"},
    ):
        speaker.scenario(**stage)
        seen.append(speaker.status(speaker.created()).json["status"])
    return seen


LOWER = ["queued", "processing", "completed", "failed", "cancelled"]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("productivity", LOWER),
        ("efficiency", [status.upper() for status in LOWER]),
        ("sprint", ["QUEUED", "processing", "COMPLETED", "failed", "CANCELLED"]),
        ("business-alignment", [status.upper() for status in LOWER]),
        ("time-in-status", [status.upper() for status in LOWER]),
    ],
)
def test_the_case_of_statuses_is_the_reports(
    client: Client, report: str, expected: list[JsonValue]
) -> None:
    assert statuses(client, report) == expected


def test_a_scenario_overrides_the_case_of_statuses(each: Client) -> None:
    export_id = each.created()
    for case, status in [("lower", "completed"), ("upper", "COMPLETED"), ("mixed", "Completed")]:
        each.scenario(statusCase=case)
        assert each.status(export_id).json["status"] == status
    each.scenario(statusCase=None)
    assert str(each.status(export_id).json["status"]).lower() == "completed"


LINKS = {
    "productivity": {"download"},
    "efficiency": {"download"},
    "sprint": {"download"},
    "business-alignment": {"downloadUrl"},
    "time-in-status": set[str](),
}


def links(client: Client, export_id: str) -> set[str]:
    """Return the fields of a status that tell where the file is."""
    return {"download", "downloadUrl"} & set(client.status(export_id).json)


def test_the_form_of_the_link_is_the_reports_unless_a_scenario_says_it(each: Client) -> None:
    export_id = each.created()
    assert links(each, export_id) == LINKS[each.report]
    each.scenario(link="flat")
    path = REPORTS[each.report][1].removeprefix("/prod1/sei/api")
    assert each.status(export_id).json["downloadUrl"] == f"{path}/{export_id}/download"
    each.scenario(link="url")
    assert links(each, export_id) == {"download"}
    each.scenario(link="none")
    assert links(each, export_id) == set()
    each.scenario(link=None)
    assert links(each, export_id) == LINKS[each.report]


def test_create_of_efficiency_tells_more(client: Client) -> None:
    speaker = client.of("efficiency")
    answer = speaker.create().json
    assert answer["status"] == "QUEUED"
    assert answer["createdBy"] == "simulator@example.com"
    assert answer["metadata"] == {"report": "efficiency", "format": "csv"}
    again = speaker.create().json
    assert (again["status"], again["exportId"]) == ("COMPLETED", answer["exportId"])


@pytest.mark.parametrize("report", [report for report in REPORTS if report != "efficiency"])
def test_create_of_the_others_does_not(client: Client, report: str) -> None:
    assert set(client.of(report).create().json) == {"exportId", "createdAt", "message"}


def test_the_link_of_efficiency_tells_size_and_compression(client: Client) -> None:
    speaker = client.of("efficiency")
    compressed = options(granularity="MONTHLY", compression="gzip")
    packed = speaker.status(speaker.created(**compressed)).json["download"]
    plain = speaker.status(speaker.created()).json["download"]
    assert isinstance(packed, dict)
    assert isinstance(plain, dict)
    assert packed["compression"] == "gzip"
    assert isinstance(packed["sizeBytes"], int)
    assert "compression" not in plain
    assert packed["filename"] == "efficiency-insights-2024.csv"


def test_sprint_is_singular_for_create_and_plural_for_all_else(client: Client) -> None:
    singular, plural = f"{INSIGHTS}/sprint/exports", f"{INSIGHTS}/sprints/exports"
    speaker = client.of("sprint")
    export_id = speaker.created()
    assert speaker.call("GET", f"{plural}/{export_id}").status == 200
    assert speaker.call("GET", f"{singular}/{export_id}").status == 404
    assert speaker.call("GET", f"{singular}/{export_id}/download").status == 404
    assert speaker.call("GET", singular).status == 405
    refused = speaker.call("POST", plural, speaker.request())
    assert (refused.status, refused.message) == (405, "Method Not Allowed")
    assert refused.headers["allow"] == "GET"
    download = speaker.status(export_id).json["download"]
    assert isinstance(download, dict)
    assert str(download["url"]) == f"/v2/insights/sprints/exports/{export_id}/download"


# --- CSVs ------------------------------------------------------------------------------------


def test_the_csv_of_business_alignment_is_as_printed(client: Client) -> None:
    header, *rows = client.of("business-alignment").rows()
    assert header[:8] == [
        *TEAM_COLUMNS,
        *("KTLO_story_points", "KTLO_tickets", "New_Capability_story_points"),
    ]
    assert rows[0][:5] == ["Jan 2024", "Platform", "Engineering/Platform", *DATES.values()]
    assert all(cell.isdigit() for row in rows for cell in row[5:])
    assert len(rows) == 6 * 3


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"metricGroups": ["UNCATEGORIZED"]}, ["Uncategorized_story_points"]),
        ({"metricGroups": ["UNCATEGORIZED"], "metrics": ["KTLO_TICKETS"]}, ["KTLO_tickets"]),
    ],
)
def test_groups_and_metrics_of_business_alignment(
    client: Client, changes: Json, columns: list[str]
) -> None:
    header = client.of("business-alignment").rows(**changes)[0]
    assert header[5 : 5 + len(columns)] == columns
    assert header[-1] == "Uncategorized_tickets"


def test_the_csv_of_efficiency(client: Client) -> None:
    p90 = options(granularity="MONTHLY", aggregation="p90")
    header, *rows = client.of("efficiency").rows(metricGroups=["df", "rating"], **p90)
    assert header == [
        *TEAM_COLUMNS,
        *("Aggregation", "DF_DEPLOYMENTS", "DF_PER_DAY_AVG"),
        *("LTTC_RATING", "DF_RATING", "CFR_RATING", "MTTR_RATING"),
    ]
    assert {row[5] for row in rows} == {"p90"}
    assert {row[-1] for row in rows} <= {"Elite", "High", "Medium", "Low", "—"}


def test_the_csv_of_sprint(client: Client) -> None:
    speaker = client.of("sprint")
    header, *rows = speaker.rows(metricGroups=["work"])
    assert header == [
        *TEAM_COLUMNS,
        *(f"{name}_STORY_POINTS" for name in ("COMMITTED", "ADDED", "REMOVED", "COMPLETED")),
    ]
    assert re.fullmatch(r"Sprint \d+", rows[0][0])
    assert len(rows) == 6 * 7
    tickets = options(granularity="MONTHLY", metricLevel="sprint", computationMode="TICKETS")
    header, *rows = speaker.rows(metrics=["velocity_tickets"], **tickets)
    assert header == [*TEAM_COLUMNS, "Sprint", "VELOCITY_TICKETS"]
    assert {row[5] for row in rows if row[1] == "Platform"} == {
        "Platform Sprint 1",
        "Platform Sprint 2",
    }


def test_the_csv_of_time_in_status(client: Client) -> None:
    speaker = client.of("time-in-status")
    header, *rows = speaker.rows(issueStatuses=["QA", "Done, really"])
    assert header == [*TEAM_COLUMNS, "Issues", "QA (days)", "Done, really (days)"]
    assert len(rows) == 6 * 3
    assert speaker.rows(issueStatuses=["QA", "QA"])[0][5:] == ["Issues", "QA (days)"]
    assert all(re.fullmatch(r"(\d+\.\d\d)?", row[-1]) for row in rows)
    header = speaker.rows(options={"aggregationLevel": "sprint"})[0]
    assert header[5:7] == ["Sprint", "Issues"]
    assert header[-4:] == [f"{name} (days)" for name in ("In Progress", "In Review", "QA", "Done")]
    _, *days = speaker.rows(options={"granularity": "daily"}, dateRange=DATES)
    assert len(days) == 6 * 31
    assert days[0][0] == days[0][3] == days[0][4] == "2024-01-01"


def test_rows_of_a_scenario_are_exact(each: Client) -> None:
    each.scenario(rows=17)
    assert len(each.rows()) == 1 + 17


def test_the_tree_is_the_root_of_the_hierarchy(client: Client) -> None:
    scope: Json = {"orgTreeName": "Sales, EMEA", "orgIdentifier": "acme"}
    rows = client.of("business-alignment").rows(scope=scope)
    assert rows[1][2] == "Sales, EMEA/Platform"


def test_the_end_of_the_calendar_is_no_error(each: Client) -> None:
    each.scenario(rows=3)
    daily = options(granularity="daily") if each.report == "time-in-status" else {}
    rows = each.rows(dateRange={"start": "0001-01-01", "end": "9999-12-31"}, **daily)
    assert len(rows) == 1 + 3
    assert each.rows(dateRange={"start": "9999-12-20", "end": "9999-12-31"}, **daily)
