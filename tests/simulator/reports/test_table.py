"""The CSV of an export."""

import pytest

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import ANY_TEAM, INSTANT, Client, Json, running, table

port = simulator.port
client = simulator.client


WHO = ["Org_Tree", "Team_Id", "Team", "Developer", "Email"]


def test_a_row_for_each_developer_and_period(client: Client) -> None:
    header, *rows = table(client.content(client.created(metricGroups=["activity"])))
    assert header == ["Granularity", "Start_Date", "End_Date", *WHO, "CODING_DAYS"]
    assert len(rows) == 24 * 3
    assert all(len(row) == len(header) for row in rows)
    assert len({(row[1], row[-2]) for row in rows}) == len(rows)
    assert rows[0][:3] == ["Jan 2024", "2024-01-01", "2024-01-31"]
    assert rows[0][4] == client.team


def test_a_row_for_each_team_and_period(client: Client) -> None:
    export_id = client.created(options={"metricLevel": "team"}, metrics=["pr_velocity"])
    header, *rows = table(client.content(export_id))
    assert header[3:] == ["Org_Tree", "Team_Id", "Team", "PR_VELOCITY"]
    assert len({row[4] for row in rows}) * 3 == len(rows)


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({"metricGroups": ["collaboration", "activity"]}, ["CODING_DAYS", "REVIEW_COMMENTS_PER"]),
        ({"metrics": ["pr_merged"]}, ["PR_MERGED"]),
        ({"metricGroups": ["activity"], "metrics": ["LOC_ADDED"]}, ["CODING_DAYS", "LOC_ADDED"]),
    ],
)
def test_columns_follow_groups_and_metrics(
    client: Client, changes: Json, columns: list[str]
) -> None:
    header = table(client.content(client.created(**changes)))[0]
    assert [name for name in header[8:] if not name.startswith("REVIEW_TIME")] == [
        next(name for name in header if name.startswith(column)) for column in columns
    ]


def test_no_groups_and_no_metrics_mean_all_columns_of_the_level(client: Client) -> None:
    developer = set(table(client.content(client.created()))[0])
    team = set(table(client.content(client.created(options={"metricLevel": "team"})))[0])
    assert developer - team == {"Developer", "Email", "LOC_ADDED", "LOC_REMOVED"}
    assert team - developer == {"PR_VELOCITY", "LOC_TOTAL"}
    assert len(developer) == 8 + 22


def test_names_hold_what_breaks_careless_readers(client: Client) -> None:
    names = "".join(row[6] for row in table(client.content(client.created()))[1:])
    for needle in (",", '"', "\n", "山", "Каренина", "é", "김", "🐉"):
        assert needle in names


def test_the_same_request_gives_the_same_bytes_in_another_process(client: Client) -> None:
    here = client.download(client.created()).body
    with running(*INSTANT, *ANY_TEAM) as (_, port):
        other = Client(port, client.team)
        assert other.download(other.created()).body == here
        other_team = other.created(metrics=["CODING_DAYS"])
        assert other.download(other_team).body != here
