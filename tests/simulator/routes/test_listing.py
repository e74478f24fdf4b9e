"""The list of exports: filters, order, pages and shapes, and exports that are there already."""

import gzip
import itertools
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import (
    EXPORTS,
    PROJECT,
    REPORTS,
    Client,
    Json,
    new_team,
    table,
)

port = simulator.port
client = simulator.client


def test_the_list_is_filtered_sorted_and_paged(port: int) -> None:
    client = Client(port, new_team())
    project = {"projectIdentifier": client.team}

    def create(team: str) -> str:
        body = client.request(scope={"orgTreeName": "E", "teamId": team})
        reply = client.call("POST", EXPORTS, body, query=PROJECT | project)
        return str(reply.json["exportId"])

    def ids(**query: str) -> list[str]:
        content = client.listed(**project, **query).json["content"]
        assert isinstance(content, list)
        return [str(item["exportId"]) for item in content if isinstance(item, dict)]

    client.call("PUT", f"/_sim/scenarios/{client.team}-failed", {"outcome": "failed"})
    one, two, three = (create(f"{client.team}-{name}") for name in ("x", "failed", "y"))
    assert ids() == [three, two, one]
    assert ids(sortOrder="asc") == [one, two, three]
    assert ids(sortBy="status") == [two, three, one]
    assert ids(sortBy="completedAt", sortOrder="asc") == [two, one, three]
    assert ids(limit="2") == [three, two]
    assert ids(limit="2", page="1") == [one]
    assert ids(limit="2", page="2") == []
    assert ids(status="FAILED") == [two]
    assert ids(teamId=f"{client.team}-y") == [three]
    assert ids(createdBy="nobody") == []
    assert len(ids(createdBy="simulator@example.com", scope="mine")) == 3
    today = datetime.now(UTC).date().isoformat()
    assert len(ids(dateFrom=today, dateTo=today)) == 3
    assert ids(dateFrom="2999-01-01") == []
    assert ids(dateTo="2000-01-01") == []


@pytest.mark.parametrize(
    "query", [{"limit": "101"}, {"limit": "0"}, {"page": "-1"}, {"sortBy": "x"}, {"dateTo": "x"}]
)
def test_a_wrong_list_parameter_is_named(client: Client, query: dict[str, str]) -> None:
    reply = client.listed(**query)
    assert reply.status == 400
    assert next(iter(query)) in reply.message


def listed_ids(client: Client, **query: str) -> list[str]:
    content = client.listed(**query).json["content"]
    assert isinstance(content, list)
    return [str(item["exportId"]) for item in content if isinstance(item, dict)]


def seeded(client: Client, **fields: JsonValue) -> list[str]:
    """Seed exports of the client's team, and return their ids, the oldest first."""
    usual: Json = {
        "report": client.report,
        "count": 3,
        "org": "acme",
        "project": client.team,
        "teamId": client.team,
    }
    reply = client.call("POST", "/_sim/exports", usual | fields)
    assert reply.status == 201, reply.body
    return [str(item["exportId"]) for item in reply.items]


@pytest.mark.parametrize("report", REPORTS)
def test_seeded_exports_are_listed_polled_and_downloaded(client: Client, report: str) -> None:
    speaker = client.of(report)
    made = seeded(speaker, count=120, rows=2)
    assert len(set(made)) == 120
    project = {"projectIdentifier": client.team}
    pages = [
        listed_ids(speaker, **project, limit="50", page=str(page), sortOrder="asc")
        for page in range(4)
    ]
    assert [len(page) for page in pages] == [50, 50, 20, 0]
    assert list(itertools.chain(*pages)) == made
    path = f"{REPORTS[report][1]}/{made[7]}"
    status = speaker.call("GET", path, query=PROJECT | project).json
    assert str(status["status"]).lower() == "completed"
    file = speaker.call("GET", f"{path}/download", query=PROJECT | project)
    content = speaker.content(made[7])
    assert gzip.decompress(file.body) == content
    assert len(table(content)) == 1 + 2
    assert content != speaker.content(made[8])


def test_seeded_exports_have_the_times_that_were_asked_for(client: Client) -> None:
    made = seeded(
        client,
        createdAt="2024-05-01T23:59:00Z",
        completedAt="2024-05-02T00:10:00+00:00",
        stepSeconds=120,
    )
    project = {"projectIdentifier": client.team}
    content = client.listed(**project, sortOrder="asc").json["content"]
    assert isinstance(content, list)
    times = [(item["createdAt"], item["completedAt"]) for item in content if isinstance(item, dict)]
    assert times == [
        ("2024-05-01T23:59:00Z", "2024-05-02T00:10:00Z"),
        ("2024-05-02T00:01:00Z", "2024-05-02T00:12:00Z"),
        ("2024-05-02T00:03:00Z", "2024-05-02T00:14:00Z"),
    ]
    assert listed_ids(client, **project, dateTo="2024-05-01") == made[:1]
    assert listed_ids(client, **project, dateFrom="2024-05-02", sortOrder="asc") == made[1:]
    assert listed_ids(client, **project, sortBy="completedAt", sortOrder="asc") == made


def test_mine_are_those_that_this_key_created(client: Client) -> None:
    project = {"projectIdentifier": client.team}
    others = seeded(client, count=1, createdBy="somebody@example.com")
    mine = seeded(client, count=1, orgTreeName="E", teamId=None)
    assert listed_ids(client, **project, scope="mine") == mine
    for scope in ("all", "default"):
        assert set(listed_ids(client, **project, scope=scope)) == {*others, *mine}
    assert listed_ids(client, **project, createdBy="somebody@example.com") == others


@pytest.mark.parametrize("status", ["completed", "COMPLETED", "Completed"])
def test_the_status_filter_takes_any_case(client: Client, status: str) -> None:
    speaker = client.of("sprint")
    made = seeded(speaker, count=1)
    project = {"projectIdentifier": client.team}
    assert listed_ids(speaker, **project, status=status) == made
    assert listed_ids(speaker, **project, status="failed") == []


def test_the_default_limit_is_50(client: Client) -> None:
    seeded(client, count=60)
    project = {"projectIdentifier": client.team}
    assert len(listed_ids(client, **project)) == 50
    assert len(listed_ids(client, **project, limit="100")) == 60


def test_an_identical_request_gets_a_seeded_export_only_inside_the_window(client: Client) -> None:
    dates: Json = {"start": "2020-01-01", "end": "2020-01-31"}
    old = seeded(client, project="metrics", count=1)
    assert client.created(dateRange=dates) not in old
    now = datetime.now(UTC).isoformat()
    team = Client(client.port, new_team())
    new = seeded(team, project="metrics", count=1, createdAt=now)
    assert team.created(dateRange=dates) in new


def test_a_scenario_applies_to_seeded_exports(client: Client) -> None:
    client.scenario(outcome="failed", rows=5)
    made = seeded(client, project="metrics", rows=2)
    assert client.status(made[0]).json["status"] == "failed"
    assert len(table(client.content(made[0]))) == 1 + 5


def test_a_completion_to_come_is_awaited(client: Client) -> None:
    made = seeded(client, project="metrics", completedAt="2999-01-01T00:00:00Z")
    assert client.status(made[0]).json["status"] == "processing"


@pytest.mark.parametrize(
    "fields",
    [
        {"report": "team-report"},
        {"count": 0},
        {"teamId": None},
        {"createdAt": "2024-01-01T00:00:00"},
        {"surprise": 1},
    ],
)
def test_seeds_that_make_no_sense_are_refused(client: Client, fields: Json) -> None:
    usual: Json = {"report": "sprint", "count": 1, "org": "a", "project": "p", "teamId": "1"}
    assert client.call("POST", "/_sim/exports", usual | fields).status == 422


def test_a_misspelt_parameter_is_named(client: Client) -> None:
    reply = client.listed(sortby="status")
    assert reply.status == 400
    assert "sortby" in reply.message


def test_a_teams_list_can_be_paged_in_ways_that_nothing_documents(client: Client) -> None:
    ids = seeded(client, project="metrics", count=60)
    query = {"teamId": client.team, "sortOrder": "asc"}

    client.call("PUT", f"/_sim/scenarios/{client.team}", {"paging": "ignored", "promised": 60})
    pages = [listed_ids(client, **query, limit="20", page=page) for page in "01"]
    assert pages == [ids[:20]] * 2
    assert client.listed(**query).json["total"] == 60

    client.call("PUT", f"/_sim/scenarios/{client.team}", {"paging": "clamped"})
    pages = [listed_ids(client, **query, limit="50", page=page) for page in "0123"]
    assert pages == [ids[:25], ids[25:50], ids[50:], []]
    assert "total" not in client.listed(**query).json
