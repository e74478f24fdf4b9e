"""The calls about org trees: against the simulator, and against answers that it never gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from sei_export.api.answers import ListedTree
from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.trees import TREES_IN_PAGE, TreeList, ask_tree, find_tree, list_trees
from sei_export.api.urls import BaseUrl
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from tests.fakes.loopback import Answer, Loopback, Received, reply
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


def _page(first: int, count: int, total: int | None = None) -> bytes:
    trees: list[JsonValue] = [{"id": i, "name": f"Tree {i}"} for i in range(first, first + count)]
    return reply(200, trees if total is None else {"data": {"content": trees, "total": total}})


def _trees(*trees: JsonValue, **beside: JsonValue) -> list[Answer]:
    """A list of some trees, and the empty page after it."""
    return [reply(200, {"items": [*trees], **beside}), reply(200, {"items": []})]


# --- the simulator ---


@pytest.mark.parametrize("shape", ["array", "exports", "content", "items", "data"])
def test_trees_are_listed_in_any_shape(
    client: SeiClient, speaker: simulator.Client, shape: str
) -> None:
    assert speaker.call("PUT", "/_sim/dialect", {"trees-shape": shape}).status == 204
    assert list_trees(client) == TreeList(
        (ListedTree("1001", "Engineering"), ListedTree("1002", 'Sales & "Success", EMEA'))
    )


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 120])
def test_trees_of_all_pages_are_listed(
    client: SeiClient, speaker: simulator.Client, count: int
) -> None:
    trees: list[JsonValue] = [
        {"id": number, "name": f"Tree {number}", "root": {"refId": number, "name": "Root"}}
        for number in range(count)
    ]
    assert speaker.call("PUT", "/_sim/org-trees", trees).status == 204
    listed = list_trees(client)
    assert [tree.id for tree in listed.trees] == [str(number) for number in range(count)]
    assert (listed.odd, listed.missing) == ((), 0)


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
        'exports[2].scope.orgTreeName is "Enginering": allowed are "Engineering" (1001), '
        r'"Sales & \"Success\", EMEA" (1002); did you mean "Engineering" (1001)?'
    )


# --- answers that it never gives ---


def test_what_is_sent_is_what_the_apis_pages_show() -> None:
    teams: JsonObject = {"refId": 7, "name": "Engineering", "leaf": True, "children": []}
    trees = reply(200, [{"id": "12", "name": " Engineering "}])
    with _api(trees, reply(200, []), reply(200, teams)) as (client, server):
        assert find_tree(client, "Engineering").root.id == "7"
    listed, following, asked = server.received
    assert (listed.method, listed.path) == ("GET", f"{PREFIX}/v2/org-trees")
    assert listed.query == PROJECT | {"pageIndex": ["0"], "pageSize": ["50"]}
    assert following.query == PROJECT | {"pageIndex": ["1"], "pageSize": ["50"]}
    assert (asked.method, asked.path) == ("GET", f"{PREFIX}/v2/org-trees/12/teams")
    assert asked.query == PROJECT | {"there_is_no_cache": ["true"]}
    assert listed.authorization == asked.authorization == f"ApiKey {KEY}"


@pytest.mark.parametrize(
    ("answers", "count", "calls"),
    [
        pytest.param([_page(0, 0)], 0, 1, id="an empty page"),
        pytest.param([_page(0, 49), _page(0, 0)], 49, 2, id="a short page and an empty one"),
        pytest.param([_page(0, 20), _page(20, 20), _page(40, 0)], 40, 3, id="short pages"),
        pytest.param([_page(0, 50), _page(50, 1), _page(51, 0)], 51, 3, id="a full page first"),
        pytest.param([_page(0, 60), _page(0, 60)], 60, 2, id="no pages: all, again and again"),
        pytest.param([_page(0, 20), _page(0, 20)], 20, 2, id="no pages: a short one again"),
        pytest.param([_page(0, 50), _page(49, 50), _page(99, 0)], 99, 3, id="one on two pages"),
        pytest.param([_page(0, 20, 40), _page(20, 20, 40)], 40, 2, id="as many as promised"),
        pytest.param(
            [_page(0, 20, 20), _page(20, 20, 20), _page(0, 0, 0)], 40, 3, id="a page's own total"
        ),
    ],
)
def test_listing_ends_with_a_page_that_has_nothing_new_or_with_all_that_is_promised(
    answers: list[Answer], count: int, calls: int
) -> None:
    assert TREES_IN_PAGE == 50
    with _api(*answers) as (client, server):
        found = list_trees(client)
    assert [tree.id for tree in found.trees] == [str(number) for number in range(count)]
    assert found.missing == 0
    assert [received.query["pageIndex"] for received in server.received] == [
        [str(page)] for page in range(calls)
    ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param({}, "something else: {}", id="an empty object"),
        pytest.param(b"<html>Sign in</html>", "something else: <html>Sign in", id="HTML"),
        pytest.param([7], "an entry that is no org tree: ", id="a number"),
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
        pytest.param({"data": [7]}, "an entry that is no team: ", id="a list of numbers"),
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
            [{"id": 1, "name": "A"}, {"id": 2, "name": "A"}],
            'scope.orgTreeName is "A": 2 org trees have this name (1, 2): rename one.',
            id="two of the name",
        ),
        pytest.param(
            [{"id": 1, "name": "A"}, {"id": 2, "name": "A "}],
            'scope.orgTreeName is "A": 2 org trees have this name (1: "A", 2: "A "): rename one.',
            id="two that differ in spaces around",
        ),
        pytest.param(
            [{"id": 1, "name": "A"}, {"id": None, "name": "A"}],
            'scope.orgTreeName is "A": 2 org trees have this name (1, no usable id): rename one.',
            id="two of the name, one odd",
        ),
        pytest.param(
            [{"id": 1, "name": "a"}],
            'scope.orgTreeName is "A": allowed are "a" (1); did you mean "a" (1)?',
            id="in another case",
        ),
    ],
)
def test_given_not_one_tree_of_the_name_then_the_message_says_what_there_is(
    trees: JsonValue, problem: str
) -> None:
    with (
        _api(reply(200, trees), reply(200, [])) as (client, _),
        pytest.raises(InvalidRequestError) as caught,
    ):
        find_tree(client, "A")
    assert caught.value.problems == (problem,)


# --- names that look alike ---


TEAMS: JsonObject = {"refId": 7, "name": "Root"}


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        pytest.param("Caf\u00e9", "Cafe\u0301", id="composed, and listed in parts"),
        pytest.param("Cafe\u0301", "Caf\u00e9", id="in parts, and listed composed"),
        pytest.param("R and D", "R\u00a0and  D", id="listed with other spaces"),
        pytest.param("R\u202fand \tD", "R and D", id="asked for with other spaces"),
        pytest.param("R\u200band D\ufeff", "Rand D", id="with what cannot be seen"),
    ],
)
def test_given_a_name_that_looks_alike_then_the_tree_has_the_apis_own_spelling(
    asked: str, listed: str
) -> None:
    trees = _trees({"id": 1, "name": "Other"}, {"id": 2, "name": listed})
    with _api(*trees, reply(200, TEAMS)) as (client, server):
        assert find_tree(client, asked).name == listed
    assert server.received[-1].path == f"{PREFIX}/v2/org-trees/2/teams"


@pytest.mark.parametrize("asked", ["Caf\u00e9", "Cafe\u0301"])
def test_given_two_that_look_alike_then_the_one_of_exactly_this_name_is_meant(asked: str) -> None:
    trees = _trees({"id": 1, "name": "Caf\u00e9"}, {"id": 2, "name": "Cafe\u0301"})
    with _api(*trees, reply(200, TEAMS)) as (client, _):
        assert find_tree(client, asked).name == asked


def test_given_two_that_look_alike_and_neither_is_meant_then_the_message_tells_them_apart() -> None:
    trees = _trees({"id": 1, "name": "R\u00a0D"}, {"id": 2, "name": "R  D"})
    with _api(*trees) as (client, _), pytest.raises(InvalidRequestError) as caught:
        find_tree(client, "R D")
    [problem] = caught.value.problems
    assert problem == (
        'scope.orgTreeName is "R D": 2 org trees have this name (1: "R\\u00a0D", 2: "R  D"): '
        "rename one."
    )


def test_given_a_typing_error_that_cannot_be_seen_then_the_message_spells_both() -> None:
    with (
        _api(*_trees({"id": 1, "name": "Platform"})) as (client, _),
        pytest.raises(InvalidRequestError) as caught,
    ):
        find_tree(client, "Pl\u0430tform")
    [problem] = caught.value.problems
    assert problem == (
        'scope.orgTreeName is "Pl\u0430tform": allowed are "Platform" (1); did you mean '
        '"Platform" (1)? ("Pl\\u0430tform" is not "Platform")'
    )


# --- odd entries, and what is promised ---


ODD: list[JsonValue] = [{"id": 9, "name": None}, None, {"id": "../x", "name": "B"}]


def test_given_odd_entries_then_the_others_are_found(caplog: pytest.LogCaptureFixture) -> None:
    with _api(*_trees(*ODD, {"id": 1, "name": "A"}), reply(200, TEAMS)) as (client, _):
        assert find_tree(client, "A").root.id == "7"
    caplog.clear()
    with _api(*_trees(*ODD, {"id": 1, "name": "A"}, total=4)) as (client, _):
        listed = list_trees(client)
    assert listed.trees == (ListedTree("1", "A"),)
    assert [odd.name for odd in listed.odd] == ["", "", "B"]
    assert caplog.messages == [odd.error.message for odd in listed.odd]
    # They are there, even if nothing can be done with them.
    assert listed.missing == 0


def test_given_odd_entries_that_differ_in_id_or_name_then_each_is_told() -> None:
    odd: list[JsonValue] = [
        {"id": 8, "name": None},
        {"id": 9, "name": None},
        {"id": None, "name": "B"},
        {"id": None, "name": "C"},
        {"id": None, "name": "C"},
    ]
    with _api(*_trees(*odd)) as (client, _):
        listed = list_trees(client)
    assert [each.name for each in listed.odd] == ["", "", "B", "C"]


def test_given_an_odd_entry_then_who_asks_for_it_is_told_what_is_odd() -> None:
    with (
        _api(*_trees(*ODD, {"id": 1, "name": "A"})) as (client, _),
        pytest.raises(ProtocolError, match=r"unusable id of an org tree: '\.\./x'"),
    ):
        find_tree(client, "B")


@pytest.mark.parametrize(
    ("trees", "problem"),
    [
        pytest.param([{"id": 1, "name": "A"}], 'allowed are "A" (1).', id="beside another"),
        pytest.param([], "the API gives no org tree that can be used.", id="alone"),
    ],
)
def test_given_an_odd_entry_then_who_misses_a_tree_is_told_that_it_may_be_that_one(
    trees: list[JsonValue], problem: str
) -> None:
    with (
        _api(*_trees({"id": 9, "name": None}, *trees)) as (client, _),
        pytest.raises(InvalidRequestError) as caught,
    ):
        find_tree(client, "Xy")
    told, beside = caught.value.problems
    assert told == f'scope.orgTreeName is "Xy": {problem}'
    assert beside == (
        "scope.orgTreeName may be an entry that cannot be used (1 in all): The API's list has an "
        "org tree without a name: {'id': 9, 'name': None}"
    )


def test_given_fewer_trees_than_promised_then_only_who_misses_one_fails() -> None:
    listed = _trees({"id": 1, "name": "A"}, totalElements=120)
    with _api(*listed, reply(200, TEAMS)) as (client, _):
        assert find_tree(client, "A").root.id == "7"
    with _api(*listed) as (client, _), pytest.raises(ProtocolError) as caught:
        find_tree(client, "B")
    assert caught.value.message == (
        "The API's list of org trees promises 119 more than it has, and has none that is called B."
    )


@pytest.mark.parametrize(("promised", "missing"), [(1, 0), (2, 0), (3, 1)])
def test_given_a_list_that_tells_its_pages_alone_then_whole_pages_are_missing(
    promised: int, missing: int
) -> None:
    def page(tree_id: int) -> bytes:
        return reply(200, {"items": [{"id": tree_id, "name": "A"}], "totalPages": promised})

    with _api(page(1), page(2), reply(200, [])) as (client, _):
        assert list_trees(client).missing == missing


# --- teams in other forms ---


LEAVES: list[JsonValue] = [{"refId": 8, "name": "X"}, {"refId": 9, "name": "Y"}]


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        pytest.param({"data": {"refId": 7, "name": "Root"}}, ["7"], id="a root one level down"),
        pytest.param(
            {"status": "SUCCESS", "data": {"refId": None, "name": "Root", "children": LEAVES}},
            ["", "8", "9"],
            id="a root without an id one level down",
        ),
        pytest.param({"data": LEAVES}, ["", "8", "9"], id="a list in an object"),
        pytest.param(
            {"content": None, "data": {"items": LEAVES, "total": 2}}, ["", "8", "9"], id="deeper"
        ),
        pytest.param({"refId": 7, "name": "Root", "children": LEAVES}, ["7", "8", "9"], id="bare"),
    ],
)
def test_teams_are_read_from_any_place(answer: JsonValue, ids: list[str]) -> None:
    with _api(reply(200, answer)) as (client, _):
        assert [team.id for team in ask_tree(client, ListedTree("1", "A")).teams()] == ids


def test_given_fewer_teams_than_promised_then_the_tree_cannot_be_read() -> None:
    answer: JsonObject = {"content": LEAVES, "totalElements": 120}
    with _api(reply(200, answer)) as (client, _), pytest.raises(ProtocolError) as caught:
        ask_tree(client, ListedTree("1", "A"))
    assert caught.value.message == (
        "The API's answer about org tree 'A' cannot be read: of its teams, 118 are not there."
    )


def test_given_a_list_without_end_when_the_time_is_over_then_it_ends() -> None:
    clock = FakeClock()

    def answer(received: Received) -> Answer:
        clock.slept.append(25.0)
        [page] = received.query["pageIndex"]
        return _page(50 * int(page), 50)

    with Loopback(answer) as server:
        base = BaseUrl.parse(f"{server.origin}{PREFIX}/")
        http = HttpClient(base, FakeKey([KEY]), clock.deadline(100))
        with pytest.raises(ServiceUnavailableError, match=r"did not end .*: 4 pages came"):
            list_trees(SeiClient(http, base, "acme", "metrics"))
    assert len(server.received) == 4


def test_given_an_odd_entry_that_changes_with_each_call_then_the_list_ends() -> None:
    answers = (reply(200, [{"id": 1, "name": None, "at": at}]) for at in range(50))
    with Loopback(answers) as server:
        listed = list_trees(_client(server.origin, KEY))
    assert (len(listed.odd), len(server.received)) == (1, 2)
