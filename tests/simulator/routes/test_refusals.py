"""Org trees, teams and options that there are not: refused, or taken if the dialect says so."""

from collections.abc import Iterator

import pytest

from local.simulator.data.orgtrees import OrgTrees
from tests.simulator.simulator_client import EXPORTS, INSTANT, PROJECT, Client, Json, running

TREE: Json = {"orgTreeName": "Engineering", "orgIdentifier": "acme"}
WEEKLY: Json = {"granularity": "weekly"}
UNKNOWN: list[tuple[Json, Json]] = [
    ({"surprise": 1}, {}),
    ({"options": WEEKLY | {"surprise": "x"}}, {"options": WEEKLY}),
    ({"scope": {"orgTreeName": "Engineering", "teamId": "456", "surprise": None}}, {}),
    ({"metricGroups": ["velocty", "activity", "speed"]}, {"metricGroups": ["activity"]}),
    ({"options": {"aggregation": "median"}}, {}),
]


@pytest.fixture(scope="module")
def usual() -> Iterator[int]:
    """Run a simulator as it is without flags, but that exports are complete at once."""
    with running(*INSTANT) as (_, port):
        yield port


@pytest.fixture
def client(usual: int) -> Iterator[Client]:
    """Speak to it about the team of Harness's examples."""
    client = Client(usual, "456")
    yield client
    assert client.call("DELETE", "/_sim").status == 204


def speak(client: Client, **switches: str) -> None:
    """Set the dialect."""
    named: Json = {**switches}
    assert client.call("PUT", "/_sim/dialect", named).status == 204


@pytest.mark.parametrize("report", ["efficiency", "sprint", "business-alignment", "time-in-status"])
def test_a_tree_or_team_that_is_not_there_is_refused(client: Client, report: str) -> None:
    of_report = client.of(report)
    assert of_report.create().status == 202
    assert of_report.create(scope=TREE).status == 202
    refused = of_report.create(scope=TREE | {"orgTreeName": "Enginering"})
    assert (refused.status, refused.json) == (400, {"message": "Invalid orgTreeName: Enginering"})
    refused = of_report.create(scope={"teamId": "457"})
    assert (refused.status, refused.json) == (400, {"message": "Invalid teamId: 457"})


def test_every_team_that_a_tree_lists_is_one_that_it_takes(client: Client) -> None:
    for tree in OrgTrees():
        for team in tree.root.flat():
            scope: Json = {"orgTreeName": tree.name, "teamId": str(team["refId"])}
            assert client.create(scope=scope).status == 202


def test_a_team_of_another_tree_is_refused(client: Client) -> None:
    reply = client.create(scope={"orgTreeName": "Engineering", "teamId": "204002"})
    assert (reply.status, reply.message) == (400, "Invalid teamId: 204002")


def test_a_refusal_creates_nothing(client: Client) -> None:
    assert client.create(scope={"orgTreeName": "engineering"}).status == 400
    assert client.listed().json == {"content": []}


def test_trees_that_are_put_are_those_that_are_there(client: Client) -> None:
    trees = [{"id": 1, "name": "Other", "root": {"refId": 7, "name": "Other"}}]
    assert client.call("PUT", "/_sim/org-trees", trees).status == 204  # type: ignore[arg-type]  # JSON
    assert client.create(scope={"orgTreeName": "Other", "teamId": "7"}).status == 202
    assert client.create().message == "Invalid orgTreeName: Engineering"


def test_given_the_switch_then_any_tree_and_team_is_exported(client: Client) -> None:
    speak(client, scope="any")
    assert client.create(scope={"orgTreeName": "Enginering", "teamId": "x"}).status == 202


@pytest.mark.parametrize(("changes", "known"), UNKNOWN)
def test_what_no_page_names_is_refused_or_ignored(
    client: Client, changes: Json, known: Json
) -> None:
    refused = client.create(**changes)
    assert refused.status == 400
    assert refused.message
    speak(client, unknown="ignored")
    export_id = client.created(**changes)
    assert client.create(**known).json["exportId"] == export_id


def test_given_one_spelling_of_the_level_then_the_other_is_ignored(client: Client) -> None:
    speak(client, level="aggregationLevel", unknown="ignored")
    assert "LOC_ADDED" in client.rows(options={"metricLevel": "team"})[0]
    assert "LOC_TOTAL" in client.rows(options={"aggregationLevel": "team"})[0]


def test_what_is_needed_is_not_ignored(client: Client) -> None:
    speak(client, unknown="ignored")
    reply = client.of("efficiency").create(options={"granularity": "DAILY"})
    assert (reply.status, reply.message) == (400, "options.granularity: Field required")
    assert client.create(dateRange={"start": "2024-1-1", "end": "2024-02-01"}).status == 400


def test_unknown_parameters_of_a_list_are_refused_or_ignored(client: Client) -> None:
    export_id = client.created()
    wrong = PROJECT | {"surprise": "1", "sortBy": "size", "teamId": "456"}
    assert client.call("GET", EXPORTS, query=wrong).status == 400
    speak(client, unknown="ignored")
    assert client.call("GET", EXPORTS, query=wrong).json["content"] == [
        client.status(export_id).json
    ]
    assert client.call("GET", EXPORTS, query=wrong | {"teamId": "457"}).json["content"] == []


def test_a_legacy_report_too(client: Client) -> None:
    body: Json = {
        "collectionId": "6036",
        "dateStart": "2024-01-01",
        "dateEnd": "2024-01-31",
        "productivityContributors": {"metrics": ["PR_VELOCITY", "PR_SPEED"]},
        "surprise": {},
    }
    path = EXPORTS.replace("productivity/exports", "teams/reports")
    query = PROJECT | {"format": "csv"}
    assert client.call("POST", path, body, query=query).status == 400
    speak(client, unknown="ignored")
    sent = client.call("POST", path, body, query=query)
    assert (sent.status, sent.body.splitlines()[0]) == (200, b"Contributor Name,Email,PR Velocity")
