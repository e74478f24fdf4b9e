"""The older Reports API, whose answer is the CSV itself."""

import csv
import gzip
import http.client
import io
import itertools

import pytest
from pydantic import JsonValue

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import (
    AUTHORIZED,
    INSIGHTS,
    KEY,
    PROJECT,
    Client,
    Json,
    Reply,
    running,
    table,
)

port = simulator.port

REPORTS = f"{INSIGHTS}/teams/reports"
QUERY = PROJECT | {"format": "csv"}
TEAM_METRICS = [
    "Time to First Comment",
    "PR Velocity per Dev",
    "Work Completed per Dev",
    "Coding Days per Dev",
    "Number of Comments per PR",
    "Average Time to Complete",
]
RATINGS = {"Elite", "High", "Medium", "Low", "—"}

_collections = itertools.count(6036)


@pytest.fixture
def client(port: int) -> Client:
    """Speak about a collection of the test's own."""
    return Client(port, str(next(_collections)))


def team_body(client: Client, **changes: JsonValue) -> Json:
    usual: Json = {
        "collectionId": client.team,
        "teamRefId": int(client.team),
        "dateStart": "2024-01-01",
        "dateEnd": "2024-12-31",
        "granularity": "weekly",
        "productivity": {"metrics": ["PR_VELOCITY_PER_DEV"]},
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def contributor_body(client: Client, **changes: JsonValue) -> Json:
    usual: Json = {
        "collectionId": client.team,
        "dateStart": "2024-01-01",
        "dateEnd": "2024-12-31",
        "granularity": "WEEKLY",
        "productivityContributors": {"metrics": ["PR_VELOCITY", "CODING_DAYS"]},
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def team_report(client: Client, **changes: JsonValue) -> Reply:
    return client.call("POST", REPORTS, team_body(client, **changes), query=QUERY)


def contributor_report(client: Client, **changes: JsonValue) -> Reply:
    return client.call("POST", REPORTS, contributor_body(client, **changes), query=QUERY)


# --- the answer ------------------------------------------------------------------------------


def test_a_team_report_is_a_plain_csv_with_a_row_for_each_team(client: Client) -> None:
    reply = team_report(client)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/csv"
    assert reply.headers["content-disposition"] == 'attachment; filename="team-report.csv"'
    assert int(reply.headers["content-length"]) == len(reply.body)
    header, *rows = table(reply.body)
    assert header == ["Collection Name", "PR Velocity per Dev"]
    assert len(rows) == len({row[0] for row in rows}) == 6
    assert team_report(client).body == reply.body
    assert team_report(client, dateEnd="2024-11-30").body != reply.body


def test_a_contributor_report_has_a_row_for_each_developer(client: Client) -> None:
    reply = contributor_report(client)
    assert reply.status == 200
    assert reply.headers["content-disposition"] == 'attachment; filename="contributor-report.csv"'
    header, *rows = table(reply.body)
    assert header == ["Contributor Name", "Email", "PR Velocity", "Coding Days"]
    assert len(rows) == len({row[1] for row in rows}) == 24


def test_empty_metrics_mean_all_of_the_section(client: Client) -> None:
    both = team_report(client, productivity={"metrics": []}, efficiency={})
    assert table(both.body)[0] == [
        "Collection Name",
        *TEAM_METRICS,
        "Lead Time for Changes (mean)",
        "Deployment Frequency",
        "Change Failure Rate",
        "Mean Time to Restore (mean)",
        "Overall DORA",
    ]
    one = team_report(client, productivity={})
    assert table(one.body)[0] == ["Collection Name", *TEAM_METRICS]
    contributors = contributor_report(client, productivityContributors={"metrics": []})
    assert len(table(contributors.body)[0]) == 2 + 7


@pytest.mark.parametrize("kind", ["MEAN", "MEDIAN", "P90", "P95"])
def test_calculation_types(client: Client, kind: str) -> None:
    efficiency: Json = {"metrics": ["LEAD_TIME_FOR_CHANGES"], "calculationType": kind}
    header = table(team_report(client, productivity=None, efficiency=efficiency).body)[0]
    assert header == ["Collection Name", f"Lead Time for Changes ({kind.lower()})"]


def test_ratings_stand_beside_their_metric(client: Client) -> None:
    efficiency: Json = {"metrics": ["LEAD_TIME_FOR_CHANGES"]}
    client.scenario(rows=100)
    body = team_report(client, efficiency=efficiency, includeRatings=True).body
    header, *rows = table(body)
    assert header == [
        "Collection Name",
        *("PR Velocity per Dev", "PR Velocity per Dev Rating"),
        *("Lead Time for Changes (mean)", "Lead Time for Changes Rating"),
    ]
    assert {row[2] for row in rows} == {row[4] for row in rows} == RATINGS
    contributors = contributor_report(client, includeRatings=True).body
    assert table(contributors)[0][2:4] == ["PR Velocity", "PR Velocity Rating"]


@pytest.mark.parametrize("granularity", ["daily", "weekly", "monthly", "DAILY", "Weekly"])
def test_granularities_of_teams_in_any_case(client: Client, granularity: str) -> None:
    assert team_report(client, granularity=granularity).status == 200


@pytest.mark.parametrize("granularity", ["WEEKLY", "weekly"])
def test_granularities_of_contributors_in_any_case(client: Client, granularity: str) -> None:
    assert contributor_report(client, granularity=granularity).status == 200


# --- mistakes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"surprise": 1}, "surprise: "),
        ({"collectionId": None}, "collectionId: "),
        ({"collectionId": 6036}, "collectionId: "),
        ({"teamRefId": None}, "teamRefId: "),
        ({"teamRefId": "6036"}, "teamRefId: "),
        ({"dateStart": None}, "dateStart: "),
        ({"dateEnd": "31.12.2024"}, "dateEnd: "),
        ({"dateStart": "2025-01-01"}, "dateStart is after dateEnd"),
        ({"granularity": "quarterly"}, "granularity: "),
        ({"includeRatings": "true"}, "includeRatings: "),
        ({"productivity": None}, "productivity or efficiency is required"),
        ({"productivity": {"metrics": ["PR_VELOCITY"]}}, "productivity.metrics.0: "),
        ({"productivity": {"metric": []}}, "productivity.metric: "),
        ({"efficiency": {"metrics": ["overall_dora"]}}, "efficiency.metrics.0: "),
        ({"efficiency": {"calculationType": "mean"}}, "efficiency.calculationType: "),
        ({"dateRange": {}}, "dateRange: "),
    ],
)
def test_a_mistake_in_a_team_report_is_named(client: Client, changes: Json, named: str) -> None:
    reply = team_report(client, **changes)
    assert reply.status == 400
    assert named in reply.message
    assert "team-report" not in reply.message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"teamRefId": 1}, "teamRefId: "),
        ({"granularity": "quarterly"}, "granularity: "),
        ({"productivity": {}}, "productivity: "),
        ({"productivityContributors": None, "teamRefId": None}, "teamRefId: "),
        ({"productivityContributors": []}, "productivityContributors: "),
        (
            {"productivityContributors": {"metrics": ["PR_VELOCITY_PER_DEV"]}},
            "productivityContributors.metrics.0: ",
        ),
    ],
)
def test_a_mistake_in_a_contributor_report_is_named(
    client: Client, changes: Json, named: str
) -> None:
    reply = contributor_report(client, **changes)
    assert reply.status == 400
    assert named in reply.message


@pytest.mark.parametrize("name", QUERY)
def test_every_parameter_of_the_query_is_needed(client: Client, name: str) -> None:
    query = {key: value for key, value in QUERY.items() if key != name}
    reply = client.call("POST", REPORTS, team_body(client), query=query)
    assert reply.status == 400
    assert name in reply.message


def test_another_format_is_refused(client: Client) -> None:
    reply = client.call("POST", REPORTS, team_body(client), query=PROJECT | {"format": "json"})
    assert reply.status == 400
    assert "format: " in reply.message


# --- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"x-api-key": KEY}, 200, id="x-api-key"),
        pytest.param(AUTHORIZED, 200, id="authorization"),
        pytest.param(AUTHORIZED | {"x-api-key": KEY}, 200, id="both"),
        pytest.param({}, 401, id="none"),
        pytest.param(AUTHORIZED | {"x-api-key": "wrong"}, 401, id="one is wrong"),
        pytest.param({"x-api-key": KEY, "authorization": "ApiKey wrong"}, 401, id="the other"),
        pytest.param({"x-api-key": KEY, "authorization": KEY}, 401, id="no scheme"),
        pytest.param({"x-api-key": f"ApiKey {KEY}"}, 401, id="scheme"),
        pytest.param({"x-api-key": ""}, 401, id="empty"),
        pytest.param({"x-api-key": "forbidden-key"}, 403, id="forbidden"),
    ],
)
def test_keys_that_are_there_must_be_right(
    client: Client, headers: dict[str, str], status: int
) -> None:
    reply = client.call("POST", REPORTS, team_body(client), query=QUERY, headers=headers)
    assert reply.status == status
    names = client.recorded()[-1]["headerNames"]
    assert isinstance(names, list)
    assert set(headers) <= set(map(str, names))


def test_both_limits_are_counted_apart() -> None:
    with running("--rate-limit", "3", "--legacy-rate-limit", "2") as (_, port):
        client = Client(port, "6036")

        def call(headers: dict[str, str]) -> int:
            body = team_body(client)
            return client.call("POST", REPORTS, body, query=QUERY, headers=headers).status

        by_key = {"x-api-key": KEY}
        assert [call(by_key) for _ in range(3)] == [200, 200, 429]
        assert [call(AUTHORIZED) for _ in range(2)] == [200, 200]
        assert client.listed().status == 200
        assert client.listed().status == 429
        assert call(AUTHORIZED) == 429


# --- scenarios -------------------------------------------------------------------------------


def test_calls_are_recorded_as_reports_of_their_collection(client: Client) -> None:
    assert team_report(client).status == 200
    assert contributor_report(client, granularity="x").status == 400
    assert [(call["step"], call["status"]) for call in client.recorded()] == [
        ("report", 200),
        ("report", 400),
    ]


def test_faults_html_and_404(client: Client) -> None:
    faults: Json = {"report": [{"status": 429}, {"disconnect": True}]}
    client.scenario(faults=faults)
    assert team_report(client).status == 429
    with pytest.raises(http.client.RemoteDisconnected):
        team_report(client)
    assert team_report(client).status == 200
    client.scenario(html=["report"])
    assert team_report(client).body.startswith(b"<!DOCTYPE html>")
    client.scenario(notFound=["report"])
    assert team_report(client).status == 404


def test_an_empty_result_is_no_byte(client: Client) -> None:
    client.scenario(content="empty")
    reply = team_report(client)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-type"] == "text/csv"


def test_content_rows_encoding_and_type(client: Client) -> None:
    client.scenario(rows=3, encoding="gzip", contentType="application/gzip")
    reply = contributor_report(client)
    assert reply.headers["content-type"] == "application/gzip"
    assert len(table(gzip.decompress(reply.body))) == 1 + 3
    client.scenario(content="header-only")
    assert list(csv.reader(io.StringIO(team_report(client).body.decode()))) == [
        ["Collection Name", "PR Velocity per Dev"]
    ]


def test_framing_and_damage(client: Client) -> None:
    whole = team_report(client).body
    client.scenario(framing="chunked")
    chunked = team_report(client)
    assert chunked.headers["transfer-encoding"] == "chunked"
    assert chunked.body == whole
    client.scenario(framing="close")
    closed = team_report(client)
    assert closed.headers["content-disposition"] == 'attachment; filename="team-report.csv"'
    assert closed.body == whole
    client.scenario(corrupt="truncate-length")
    with pytest.raises(http.client.IncompleteRead):
        team_report(client)
    client.scenario(corrupt="bad-crc")
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(team_report(client).body)
