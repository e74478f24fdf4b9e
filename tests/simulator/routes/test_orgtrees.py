"""The org trees and their teams."""

from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from tests.simulator import simulator_client as simulator
from tests.simulator.simulator_client import PREFIX, PROJECT, Client, Json, Reply

port = simulator.port
speaker = simulator.client

TREES = f"{PREFIX}/v2/org-trees"


@pytest.fixture
def client(speaker: Client) -> Iterator[Client]:
    """Speak to a simulator whose trees the next test does not inherit."""
    yield speaker
    assert speaker.call("DELETE", "/_sim").status == 204


def listed(client: Client, **query: str) -> list[JsonValue]:
    content = client.call("GET", TREES, query=PROJECT | query).json["content"]
    assert isinstance(content, list)
    return content


def teams(client: Client, tree: JsonValue) -> Reply:
    query = PROJECT | {"there_is_no_cache": "true"}
    return client.call("GET", f"{TREES}/{tree}/teams", query=query)


def walk(node: JsonValue) -> Iterator[tuple[int, Json]]:
    """Yield a node and all below it, each with its depth."""
    assert isinstance(node, dict)
    yield 0, node
    children = node["children"]
    assert isinstance(children, list)
    for child in children:
        for depth, below in walk(child):
            yield depth + 1, below


def many(count: int) -> list[JsonValue]:
    return [
        {"id": number, "name": f"Tree {number}", "root": {"refId": number, "name": "Root"}}
        for number in range(1, count + 1)
    ]


def test_trees_have_a_numeric_id_and_a_name(client: Client) -> None:
    assert listed(client, pageIndex="0", pageSize="50") == [
        {"id": 1001, "name": "Engineering"},
        {"id": 1002, "name": 'Sales & "Success", EMEA'},
    ]


def test_trees_are_paged(client: Client) -> None:
    assert listed(client, pageIndex="1", pageSize="1") == listed(client)[1:]
    assert listed(client, pageIndex="2", pageSize="1") == []
    assert client.call("PUT", "/_sim/org-trees", many(60)).status == 204
    assert len(listed(client)) == 50
    assert len(listed(client, pageIndex="1")) == 10
    assert len(listed(client, pageSize="100")) == 60
    assert listed(client, pageIndex=str(10**30)) == []


def test_teams_are_nested(client: Client) -> None:
    found = list(walk(teams(client, 1001).json))
    assert len(found) == 12
    assert {depth for depth, _ in found} == {0, 1, 2}
    assert len({team["refId"] for _, team in found}) == 12
    assert all(isinstance(team["refId"], int) for _, team in found)
    assert all(team["leaf"] is (team["children"] == []) for _, team in found)
    names = "".join(str(team["name"]) for _, team in found)
    assert all(letter in names for letter in (",", '"', "モ", "é", "/"))
    assert [team["name"] for _, team in walk(teams(client, 1002).json)] == ["Sales", "Solutions"]


def test_teams_in_a_flat_list(client: Client) -> None:
    nested = [
        {"refId": team["refId"], "name": team["name"]} for _, team in walk(teams(client, 1001).json)
    ]
    assert client.call("PUT", "/_sim/dialect", {"teams": "flat"}).status == 204
    assert teams(client, 1001).items == nested


@pytest.mark.parametrize(("tree", "status"), [("1003", 404), ("Engineering", 400), ("1.5", 400)])
def test_other_trees_are_not_found(client: Client, tree: str, status: int) -> None:
    assert teams(client, tree).status == status


@pytest.mark.parametrize("path", [TREES, f"{TREES}/1001/teams"])
def test_key_and_project_are_needed(client: Client, path: str) -> None:
    assert client.call("GET", path, headers={}).status == 401
    for name in PROJECT:
        query = {key: value for key, value in PROJECT.items() if key != name}
        reply = client.call("GET", path, query=query)
        assert (reply.status, reply.message) == (400, f"Missing query parameter: {name}")


@pytest.mark.parametrize("query", [{"pageIndex": "-1"}, {"pageSize": "0"}, {"pageSize": "x"}])
def test_a_wrong_page_is_named(client: Client, query: dict[str, str]) -> None:
    reply = client.call("GET", TREES, query=PROJECT | query)
    assert reply.status == 400
    assert next(iter(query)) in reply.message


def test_other_trees_replace_the_usual_ones_until_a_reset(client: Client) -> None:
    child: Json = {"refId": 3, "name": "Leaf of its own", "leaf": False}
    root: Json = {"refId": 2, "name": "Root", "children": [child]}
    trees: JsonValue = [{"id": 1, "name": "Only", "root": root}]
    assert client.call("PUT", "/_sim/org-trees", trees).status == 204
    assert listed(client) == [{"id": 1, "name": "Only"}]
    assert teams(client, 1).json == {
        "refId": 2,
        "name": "Root",
        "leaf": False,
        "children": [child | {"children": []}],
    }
    assert teams(client, 1001).status == 404
    assert client.call("DELETE", "/_sim").status == 204
    assert teams(client, 1001).status == 200


def test_trees_may_be_of_any_size(client: Client) -> None:
    children: list[JsonValue] = [{"refId": number, "name": "x"} for number in range(2, 5001)]
    root: Json = {"refId": 1, "name": "Root", "children": children}
    trees: JsonValue = [{"id": 1, "name": "Large", "root": root}]
    assert client.call("PUT", "/_sim/org-trees", trees).status == 204
    assert len(list(walk(teams(client, 1).json))) == 5000


def test_trees_that_make_no_sense_are_refused(client: Client) -> None:
    assert client.call("PUT", "/_sim/org-trees", [{"id": 1, "name": "No root"}]).status == 422


def test_calls_are_recorded(client: Client) -> None:
    listed(client)
    teams(client, 1001)
    calls = client.call("GET", "/_sim/requests", query={}).items
    assert [call["step"] for call in calls[-2:]] == ["trees", "teams"]
