"""The calls about org trees: against the simulator, and against answers that it never gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from sei_export.api.answers import ListedTree
from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.trees import TREES_IN_PAGE, ask_tree, find_tree, list_trees
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.loopback import Answer, Loopback, reply
from tests.fakes.orgtree_strategies import leaves_of
from tests.fakes.timing import KEY, FakeClock, FakeKey
from tests.simulator import simulator_client as simulator

port = simulator.port
speaker = simulator.client

PREFIX = "/prod1/sei/api"
PROJECT = {"orgIdentifier": ["acme"], "projectIdentifier": ["metrics"]}


def _client(origin: str, key: str) -> SeiClient:
    base = BaseUrl.parse(f"{origin}{PREFIX}/")
    return SeiClient(
        HttpClient(base, FakeKey([key]), FakeClock().deadline(100)), base, "acme", "metrics"
    )


@pytest.fixture
def client(port: int, speaker: simulator.Client) -> Iterator[SeiClient]:
    """Speak to a simulator whose trees and dialect the next test does not inherit."""
    yield _client(f"http://127.0.0.1:{port}", simulator.KEY)
    assert speaker.call("DELETE", "/_sim").status == 204


@contextmanager
def _api(*answers: Answer) -> Iterator[tuple[SeiClient, Loopback]]:
    with Loopback(answers) as server:
        yield _client(server.origin, KEY), server


def _page(first: int, count: int) -> bytes:
    return reply(200, [{"id": i, "name": f"Tree {i}"} for i in range(first, first + count)])


# --- the simulator ---


@pytest.mark.parametrize("shape", ["array", "exports", "content", "items", "data"])
def test_trees_are_listed_in_any_shape(
    client: SeiClient, speaker: simulator.Client, shape: str
) -> None:
    assert speaker.call("PUT", "/_sim/dialect", {"trees-shape": shape}).status == 204
    assert list_trees(client) == (("1001", "Engineering"), ("1002", 'Sales & "Success", EMEA'))


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 120])
def test_trees_of_all_pages_are_listed(
    client: SeiClient, speaker: simulator.Client, count: int
) -> None:
    trees: list[JsonValue] = [
        {"id": number, "name": f"Tree {number}", "root": {"refId": number, "name": "Root"}}
        for number in range(count)
    ]
    assert speaker.call("PUT", "/_sim/org-trees", trees).status == 204
    assert [tree.id for tree in list_trees(client)] == [str(number) for number in range(count)]


def test_a_tree_is_found_by_its_name_with_its_teams(client: SeiClient) -> None:
    tree = find_tree(client, "Engineering")
    assert (tree.name, tree.root.id, tree.is_flat) == ("Engineering", "203758", False)
    assert [team.name for team in tree.root.children] == ["Platform", "Product", "Operations / SRE"]
    assert len([*leaves_of(tree.root)]) == 8
    assert find_tree(client, 'Sales & "Success", EMEA').root.name == "Sales"


def test_a_flat_tree_is_found_too(client: SeiClient, speaker: simulator.Client) -> None:
    nested = find_tree(client, "Engineering")
    assert speaker.call("PUT", "/_sim/dialect", {"teams": "flat"}).status == 204
    flat = find_tree(client, "Engineering")
    assert flat.is_flat
    assert flat.root.id == nested.root.id
    assert [team.id for team in flat.teams()] == [team.id for team in nested.teams()]
    # Its root has another name than the tree, and nothing else tells that it is the root.
    assert [team.name for team in find_tree(client, 'Sales & "Success", EMEA').root.children] == [
        "Sales",
        "Solutions",
    ]


def test_a_tree_of_thousands_of_teams_is_read(client: SeiClient, speaker: simulator.Client) -> None:
    children: list[JsonValue] = [{"refId": i, "name": f"Team {i}"} for i in range(2, 10_001)]
    root: JsonValue = {"refId": 1, "name": "Root", "children": children}
    trees: JsonValue = [{"id": 1, "name": "Large", "root": root}]
    assert speaker.call("PUT", "/_sim/org-trees", trees).status == 204
    assert len([*find_tree(client, "Large").teams()]) == 10_000


def test_an_unknown_tree_is_told_with_those_that_there_are(client: SeiClient) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        find_tree(client, "Enginering", "exports[2].scope.orgTreeName")
    [problem] = caught.value.problems
    assert problem == (
        'exports[2].scope.orgTreeName is "Enginering": allowed are Engineering, Sales & "Success", '
        "EMEA; did you mean Engineering?"
    )


# --- answers that it never gives ---


def test_what_is_sent_is_what_the_apis_pages_show() -> None:
    teams: JsonObject = {"refId": 7, "name": "Engineering", "leaf": True, "children": []}
    with _api(reply(200, [{"id": "12", "name": " Engineering "}]), reply(200, teams)) as (
        client,
        server,
    ):
        assert find_tree(client, "Engineering").root.id == "7"
    listed, asked = server.received
    assert (listed.method, listed.path) == ("GET", f"{PREFIX}/v2/org-trees")
    assert listed.query == PROJECT | {"pageIndex": ["0"], "pageSize": ["50"]}
    assert (asked.method, asked.path) == ("GET", f"{PREFIX}/v2/org-trees/12/teams")
    assert asked.query == PROJECT | {"there_is_no_cache": ["true"]}
    assert listed.authorization == asked.authorization == f"ApiKey {KEY}"


@pytest.mark.parametrize(
    ("answers", "count", "calls"),
    [
        pytest.param([_page(0, 49)], 49, 1, id="a short page"),
        pytest.param([_page(0, 50), _page(50, 0)], 50, 2, id="an empty page"),
        pytest.param([_page(0, 50), _page(50, 50), _page(100, 1)], 101, 3, id="three pages"),
        pytest.param([_page(0, 60), _page(0, 60)], 60, 2, id="no pages: all, again and again"),
        pytest.param([_page(0, 50), _page(49, 50), _page(99, 0)], 99, 3, id="one on two pages"),
    ],
)
def test_listing_ends_with_a_page_that_is_short_or_has_nothing_new(
    answers: list[Answer], count: int, calls: int
) -> None:
    assert TREES_IN_PAGE == 50
    with _api(*answers) as (client, server):
        found = list_trees(client)
    assert [tree.id for tree in found] == [str(number) for number in range(count)]
    assert [received.query["pageIndex"] for received in server.received] == [
        [str(page)] for page in range(calls)
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({}, "something else: {}", id="an empty object"),
        pytest.param(b"<html>Sign in</html>", "something else: <html>Sign in", id="HTML"),
        pytest.param([7], "an entry that is no org tree", id="a number"),
        pytest.param([{"name": "A"}], "unusable id of an org tree: None", id="no id"),
        pytest.param([{"id": "../x", "name": "A"}], "org tree: '../x'", id="an id that is a path"),
        pytest.param([{"id": True, "name": "A"}], "org tree: True", id="an id that is a boolean"),
        pytest.param([{"id": 1}], "an org tree without a name: {'id': 1}", id="no name"),
        pytest.param([{"id": 1, "name": 5}], "an org tree without a name", id="a name of digits"),
    ],
)
def test_given_what_is_no_list_of_trees_then_the_error_says_what_it_is(
    answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(200, answer)) as (client, _), pytest.raises(ProtocolError) as caught:
        list_trees(client)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(b"<html>Sign in</html>", "the teams call with an HTML page", id="HTML"),
        pytest.param(b"", "the teams call with not a JSON object", id="nothing"),
        pytest.param(7, "the teams call with not a JSON object: 7", id="a number"),
        pytest.param(b"[" * 100_000, "the teams call with not a JSON object", id="too deep"),
    ],
)
def test_given_what_are_no_teams_then_the_error_says_what_it_is(
    answer: JsonValue | bytes, told: str
) -> None:
    with _api(reply(200, answer)) as (client, _), pytest.raises(ProtocolError) as caught:
        ask_tree(client, ListedTree("1", "A"))
    assert told in caught.value.message


@pytest.mark.parametrize("tree_id", ["", "../x", "1/2", "٣", "-1", "1" * 21])
def test_no_path_is_made_of_what_is_no_id(tree_id: str) -> None:
    with _api() as (client, server), pytest.raises(ProtocolError, match="unusable id"):
        ask_tree(client, ListedTree(tree_id, "A"))
    assert server.received == []


@pytest.mark.parametrize("status", [400, 404])
def test_given_a_refusal_then_the_message_has_call_status_and_the_apis_text(status: int) -> None:
    refusal = reply(status, {"message": "Org tree not found: 12"})
    with _api(refusal, refusal) as (client, _):
        with pytest.raises(ProtocolError) as caught:
            list_trees(client)
        assert caught.value.message == (
            f"The list of org trees was answered with {status}: Org tree not found: 12"
        )
        with pytest.raises(ProtocolError) as caught:
            ask_tree(client, ListedTree("12", "A"))
        assert caught.value.message == (
            f"The call for the teams of org tree 12 was answered with {status}: "
            "Org tree not found: 12"
        )


@pytest.mark.parametrize(
    ("status", "error", "end"),
    [
        pytest.param(401, AuthenticationError, "401: (an empty body)", id="401"),
        pytest.param(503, ServiceUnavailableError, "503 at try 3 of 3.", id="503"),
    ],
)
def test_a_general_failure_has_the_same_name_as_at_any_call_and_tells_this_one(
    status: int, error: type[SeiExportError], end: str
) -> None:
    with _api(*[reply(status)] * 8) as (client, _):
        for call, path in (
            (list_trees, "v2/org-trees"),
            (partial(ask_tree, tree=ListedTree("1", "A")), "v2/org-trees/1/teams"),
        ):
            with pytest.raises(error) as caught:
                call(client)
            assert caught.value.message == f"GET http://127.0.0.1{PREFIX}/{path} answered {end}"


@pytest.mark.parametrize(
    ("trees", "problem"),
    [
        pytest.param(
            [],
            'scope.orgTreeName is "A": the project has no org tree that this key may see.',
            id="no trees",
        ),
        pytest.param(
            [{"id": 1, "name": "A"}, {"id": 2, "name": "A "}],
            'scope.orgTreeName is "A": 2 org trees have this name (1, 2): rename one.',
            id="two of the name",
        ),
        pytest.param(
            [{"id": 1, "name": "a"}],
            'scope.orgTreeName is "A": allowed are a; did you mean a?',
            id="in another case",
        ),
    ],
)
def test_given_not_one_tree_of_the_name_then_the_message_says_what_there_is(
    trees: JsonValue, problem: str
) -> None:
    with _api(reply(200, trees)) as (client, _), pytest.raises(InvalidRequestError) as caught:
        find_tree(client, "A")
    assert caught.value.problems == (problem,)
