"""PlanBatch: the whole plan is checked against the API, and nothing is created."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from sei_export import keys
from sei_export.api.calls import HttpClient
from sei_export.api.client import InProject, SeiClient
from sei_export.api.treeforms import read_tree
from sei_export.api.urls import BaseUrl
from sei_export.batch.cuts import USES_BEFORE_RETRY
from sei_export.batch.estimate import estimate
from sei_export.batch.item import Item
from sei_export.batch.plan import MAX_ITEMS
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree
from sei_export.request.reports import REPORTS
from sei_export.steps.plan_batch import BatchRun, plan_batch
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.s3 import FakeS3, raising, refusal
from tests.fakes.samples import BATCH_DEFAULTS, least, parsed
from tests.fakes.timing import KEY, FakeClock, FakeKey
from tests.simulator import simulator_client as simulator

port = simulator.port
speaker = simulator.client

RUN = BatchRun(
    name="weekly 2026/03",
    execution_arn="arn:aws:states:eu-west-1:123456789012:execution:Batch:weekly",
    started_at=datetime(2026, 3, 15, 6, 0, tzinfo=UTC),
)
PLAN_KEY = keys.plan_key(RUN.name)
ITEMS_KEY = keys.round_key(RUN.name, 1)
PREFIX = "/prod1/sei/api"
STATE_BYTES = 256 * 1024
"""Step Functions' limit of what a state takes or gives."""

FLAT: JsonValue = [
    {"refId": 1, "name": "Engineering"},
    {"refId": 2, "name": "Platform"},
    {"refId": 3, "name": "Payments"},
]
OF_TREES = [name for name, report in REPORTS.items() if not report.is_legacy]


@dataclass
class Api:
    """An API on a loopback port that knows org trees, and nothing else.

    Attributes:
        trees: By name, what it answers about the teams; bytes are a whole answer.
        refusal: What it answers instead of everything.
        server: Where it is.
    """

    trees: dict[str, JsonValue | bytes] = field(
        default_factory=lambda: {"Engineering": ENGINEERING}
    )
    refusal: Answer | None = None

    def __post_init__(self) -> None:
        self.server = Loopback(self._answer)

    def connect(self, asked: InProject) -> SeiClient:
        """A real client of the server."""
        return _client(self.server.origin, KEY, asked)

    @property
    def calls(self) -> list[str]:
        """What was asked for, without the prefix, with everything that is not a GET marked."""
        return [
            ("" if it.method == "GET" else f"{it.method} ") + it.path.removeprefix(PREFIX)
            for it in self.server.received
        ]

    def _answer(self, received: Received) -> Answer:
        if self.refusal:
            return self.refusal
        path = received.path.removeprefix(f"{PREFIX}/v2/org-trees")
        if path == "":
            return reply(200, [{"id": at, "name": name} for at, name in enumerate(self.trees, 1)])
        number = int(path.removeprefix("/").removesuffix("/teams"))
        teams = [*self.trees.values()][number - 1]
        return teams if isinstance(teams, bytes) else reply(200, teams)


TREE_CALLS = ["/v2/org-trees", "/v2/org-trees/1/teams"]


def _client(origin: str, key: str, asked: InProject) -> SeiClient:
    base = BaseUrl.parse(f"{origin}{PREFIX}/")
    http = HttpClient(base, FakeKey([key]), FakeClock().deadline(100))
    return SeiClient(http, base, asked.org, asked.project)


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def api() -> Iterator[Api]:
    served = Api()
    with served.server:
        yield served


def _plan(api: Api, s3: FakeS3, *entries: JsonValue, **fields: JsonValue) -> JsonObject:
    """One call of the function."""
    given: JsonObject = {"name": "weekly", "exports": [*entries], **fields}
    return plan_batch(given, RUN, BATCH_DEFAULTS, api.connect, s3.store)


def _entry(
    teams: JsonValue = "none", report: str = "productivity", **more: JsonValue
) -> JsonObject:
    return least(report, scope={"orgTreeName": "Engineering", "teams": teams}, **more)


def _first_round(s3: FakeS3) -> list[Item]:
    return [Item.from_json(each) for each in s3.documents.read_list(ITEMS_KEY)]


def _wide(count: int, name: str = "Team", tree: str = "Engineering") -> JsonObject:
    """A root with so many leaves."""
    teams: list[JsonValue] = [{"refId": 10_000 + at, "name": f"{name} {at}"} for at in range(count)]
    return {"refId": 1, "name": tree, "children": teams}


def _bytes(value: JsonValue) -> int:
    """As a function's answer is counted."""
    return len(json.dumps(value, ensure_ascii=False).encode())


# --- a plan to run ---


def test_given_a_plan_when_planned_then_plan_and_first_round_are_in_the_bucket(
    api: Api, s3: FakeS3
) -> None:
    returned = _plan(api, s3, _entry("top"), _entry("leaves", "sprint"))
    assert returned == {"status": "CONTINUE", "run": RUN.name, "round": 1, "itemsKey": ITEMS_KEY}
    assert {*s3.versions} == {PLAN_KEY, ITEMS_KEY}
    items = _first_round(s3)
    assert [(it.entry, it.team, it.team_name) for it in items] == [
        (0, "2", "Platform"),
        (0, "5", "Product"),
        (0, "7", "Solo"),
        (1, "3", "Payments, Billing"),
        (1, "4", "Mobile"),
        (1, "6", "Mobile"),
        (1, "7", "Solo"),
    ]
    assert {(it.tries, it.replaces, it.tree) for it in items} == {(1, None, "Engineering")}
    assert api.calls == TREE_CALLS


def test_given_a_plan_when_planned_then_its_file_has_what_later_rounds_and_people_need(
    api: Api, s3: FakeS3
) -> None:
    _plan(api, s3, _entry("top"), dryRun=False)
    content = s3.documents.read_json(PLAN_KEY).content
    tree = read_tree(ENGINEERING, "Engineering")
    cut_key = keys.cut_key(parsed(least("productivity")))
    assert content == {
        "run": RUN.name,
        "name": "weekly",
        "executionArn": RUN.execution_arn,
        "startedAt": "2026-03-15T06:00:00Z",
        "scheduledTime": "2026-03-15T06:00:00Z",
        "warnings": [],
        "opened": [],
        "plan": {"name": "weekly", "exports": [_entry("top")], "dryRun": False},
        "trees": [{"org": "acme", "project": "metrics", "tree": tree.to_json()}],
        "cuts": {cut_key: {"split": {}}},
        "itemCount": 3,
    }
    assert OrgTree.from_json(tree.to_json()) == tree


def test_given_the_plan_when_written_then_it_is_there_before_the_round(
    api: Api, s3: FakeS3
) -> None:
    # A round without its plan could not be closed.
    _plan(api, s3, _entry("top"))
    assert s3.journal == [f"put {PLAN_KEY}", f"put {ITEMS_KEY}"]


def test_given_the_same_twice_when_planned_then_the_bucket_holds_the_same(
    api: Api, s3: FakeS3
) -> None:
    assert _plan(api, s3, _entry("top")) == _plan(api, s3, _entry("top"))
    for key in (PLAN_KEY, ITEMS_KEY):
        assert len({version.body for version in s3.versions[key]}) == 1


def test_given_no_plan_in_the_input_when_planned_then_the_stacks_request_is_the_one_item(
    api: Api, s3: FakeS3
) -> None:
    plan_batch({}, RUN, BATCH_DEFAULTS, api.connect, s3.store)
    [item] = _first_round(s3)
    assert item.input["dateRange"] == {"start": "2026-02-01", "end": "2026-02-28"}
    assert (item.tree, item.team) == ("Engineering", None)


def test_given_a_plan_without_trees_when_planned_then_neither_trees_nor_cuts_are_asked_for(
    api: Api, s3: FakeS3
) -> None:
    _plan(api, s3, least("sprint", scope={"teamId": "2"}), least("team-report"))
    assert [item.team for item in _first_round(s3)] == ["2", "6036"]
    assert (api.calls, "get_object" in s3.operations()[:-1]) == ([], False)
    content = s3.documents.read_json(PLAN_KEY).content
    assert (content["trees"], content["cuts"]) == ([], {})


def test_given_many_entries_of_two_trees_when_planned_then_each_tree_is_asked_for_once(
    s3: FakeS3,
) -> None:
    api = Api({"Engineering": ENGINEERING, "Sales": {"refId": 90, "name": "Sales"}})
    sales = [least(of, scope={"orgTreeName": "Sales"}) for of in OF_TREES]
    with api.server:
        _plan(api, s3, *(_entry("leaves", of) for of in OF_TREES), *sales, _entry(["Solo"]))
    assert sorted(api.calls) == [
        *["/v2/org-trees"] * 2,
        *(f"/v2/org-trees/{n}/teams" for n in "12"),
    ]
    trees = s3.documents.read_json(PLAN_KEY).content["trees"]
    assert isinstance(trees, list)
    assert len(trees) == 2


def test_given_one_name_in_two_projects_when_planned_then_those_are_two_trees(
    api: Api, s3: FakeS3
) -> None:
    _plan(api, s3, _entry("top"), _entry("top", projectIdentifier="other"))
    assert api.calls == TREE_CALLS * 2
    projects = [it.query["projectIdentifier"] for it in api.server.received]
    assert projects == [["metrics"]] * 2 + [["other"]] * 2
    assert [it.tree_name for it in _first_round(s3)] == [
        *[("acme", "metrics", "Engineering")] * 3,
        *[("acme", "other", "Engineering")] * 3,
    ]


# --- what the API refuses ---


@pytest.mark.parametrize(
    ("teams", "dry_run"), [("none", True), ("leaves", True), ("leaves", False)]
)
@pytest.mark.parametrize("status", [401, 403])
def test_given_a_bad_key_when_planned_then_it_is_told_and_nothing_is_written(
    api: Api, s3: FakeS3, teams: str, status: int, *, dry_run: bool
) -> None:
    api.refusal = reply(status, {"message": "Unauthorized"})
    with pytest.raises(AuthenticationError):
        _plan(api, s3, _entry(teams), dryRun=dry_run)
    assert s3.versions == {}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(least("sprint", scope={"teamId": "2"}), id="a team without a tree"),
        pytest.param(least("team-report"), id="a legacy report"),
    ],
)
def test_given_a_bad_key_and_a_plan_without_trees_when_run_dry_then_it_is_told(
    api: Api, s3: FakeS3, entry: JsonObject
) -> None:
    # A dry run checks the key, whatever the plan is about.
    api.refusal = reply(401, {"message": "Unauthorized"})
    with pytest.raises(AuthenticationError):
        _plan(api, s3, entry, dryRun=True)


@pytest.mark.parametrize("dry_run", [False, True], ids=["to run", "dry"])
def test_given_an_unknown_tree_when_planned_then_its_entry_is_told_by_path(
    api: Api, s3: FakeS3, *, dry_run: bool
) -> None:
    unknown = least("productivity", scope={"orgTreeName": "Enginering", "teams": "leaves"})
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, _entry("top"), unknown, dryRun=dry_run)
    [problem] = caught.value.problems
    assert problem == (
        'exports[1].scope.orgTreeName is "Enginering": allowed are Engineering; did you mean '
        "Engineering?"
    )
    assert s3.versions == {}


def test_given_two_unknown_trees_when_planned_then_both_are_told(api: Api, s3: FakeS3) -> None:
    unknown = (least("sprint", scope={"orgTreeName": name, "teams": "top"}) for name in ("A", "B"))
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, *unknown)
    assert [each.split(" ", 1)[0] for each in caught.value.problems] == [
        "exports[0].scope.orgTreeName",
        "exports[1].scope.orgTreeName",
    ]


def test_given_a_team_and_one_inside_it_when_planned_then_both_entries_are_told(
    api: Api, s3: FakeS3
) -> None:
    with pytest.raises(InvalidRequestError, match=r"exports\[1\].*Mobile.*Platform.*exports\[0\]"):
        _plan(api, s3, _entry("top"), _entry([4]))
    assert s3.versions == {}


def test_given_unknown_teams_when_planned_then_each_is_told_by_path(api: Api, s3: FakeS3) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, _entry(["Platfrom"]), _entry("top"), _entry([99]))
    assert [each.split(" ", 1)[0] for each in caught.value.problems] == [
        "exports[0].scope.teams[0]",
        "exports[2].scope.teams[0]",
    ]
    assert s3.versions == {}


def test_given_a_wrong_plan_when_planned_then_nothing_is_asked_read_or_written(
    api: Api, s3: FakeS3
) -> None:
    with pytest.raises(InvalidRequestError, match=r"exports\[1\]\.report"):
        _plan(api, s3, _entry("top"), {"report": "x"})
    assert (api.calls, s3.calls) == ([], [])


HIDDEN = [
    pytest.param(reply(403, {"message": "no"}), AuthenticationError, id="not for this key"),
    pytest.param(reply(404, {"message": "gone"}), ProtocolError, id="not there"),
    pytest.param(reply(200, {"refId": "x"}), ProtocolError, id="of an unknown form"),
]
UNREADABLE = [pytest.param(reply(503), ServiceUnavailableError, id="unavailable"), *HIDDEN]


@pytest.mark.parametrize(("answer", "error"), HIDDEN)
def test_given_a_tree_that_cannot_be_read_when_it_is_exported_whole_then_it_goes_on_with_a_warning(
    s3: FakeS3, caplog: pytest.LogCaptureFixture, answer: bytes, error: type[SeiExportError]
) -> None:
    assert error
    api = Api({"Engineering": answer})
    with api.server, caplog.at_level(logging.WARNING, "sei_export"):
        returned = _plan(api, s3, _entry("none"))
    assert returned["status"] == "CONTINUE"
    assert [item.team for item in _first_round(s3)] == [None]
    content = s3.documents.read_json(PLAN_KEY).content
    assert content["trees"] == []
    assert isinstance(content["warnings"], list)
    assert len(content["warnings"]) == 1
    told = [record.getMessage() for record in caplog.records if record.name.startswith("sei")]
    assert any("Org tree Engineering cannot be split: " in line for line in told)


def test_given_an_api_that_is_away_for_now_when_a_tree_is_exported_whole_then_that_is_told(
    s3: FakeS3,
) -> None:
    # The state machine tries again: what passes must not cost the batch its splits.
    api = Api({"Engineering": reply(503)})
    with api.server, pytest.raises(ServiceUnavailableError):
        _plan(api, s3, _entry("none"))
    assert s3.versions == {}


@pytest.mark.parametrize(("answer", "error"), UNREADABLE)
@pytest.mark.parametrize("teams", ["leaves", "top", 2, ["Platform"]], ids=str)
def test_given_a_tree_that_cannot_be_read_when_it_is_cut_then_that_is_told(
    s3: FakeS3, answer: bytes, error: type[SeiExportError], teams: JsonValue
) -> None:
    api = Api({"Engineering": answer})
    with api.server, pytest.raises(error):
        _plan(api, s3, _entry(teams))
    assert s3.versions == {}


@pytest.mark.parametrize(("answer", "error"), UNREADABLE)
def test_given_a_tree_that_cannot_be_read_when_run_dry_then_that_is_told(
    s3: FakeS3, answer: bytes, error: type[SeiExportError]
) -> None:
    api = Api({"Engineering": answer})
    with api.server, pytest.raises(error):
        _plan(api, s3, _entry("none"), dryRun=True)


def test_given_a_tree_that_cannot_be_read_when_many_export_it_whole_then_it_is_asked_for_once(
    s3: FakeS3, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api({"Engineering": reply(404, {"message": "gone"})})
    with api.server, caplog.at_level(logging.WARNING, "sei_export"):
        _plan(api, s3, *(_entry("none", of) for of in OF_TREES))
    assert len(_first_round(s3)) == len(OF_TREES)
    assert api.calls == TREE_CALLS
    assert len([record for record in caplog.records if "cannot be split" in record.message]) == 1


# --- flat trees ---


@pytest.mark.parametrize("teams", ["leaves", "top", [2]], ids=str)
def test_given_a_flat_tree_when_it_is_cut_then_a_warning_says_what_is_unknown(
    s3: FakeS3, teams: JsonValue
) -> None:
    api = Api({"Engineering": FLAT})
    with api.server:
        returned = _plan(api, s3, _entry(teams), _entry(teams, "sprint"), dryRun=True)
    warnings = returned["warnings"]
    assert isinstance(warnings, list)
    assert len(warnings) == 1
    assert "org tree Engineering as a flat list" in str(warnings[0])


def test_given_a_flat_tree_when_it_is_exported_whole_first_and_then_cut_then_there_is_a_warning(
    s3: FakeS3,
) -> None:
    api = Api({"Engineering": FLAT})
    with api.server:
        warnings = _plan(api, s3, _entry("none"), _entry("leaves", "sprint"), dryRun=True)[
            "warnings"
        ]
    assert isinstance(warnings, list)
    assert len(warnings) == 1


def test_given_a_nested_tree_then_there_is_no_warning(api: Api, s3: FakeS3) -> None:
    assert _plan(api, s3, _entry("leaves"), dryRun=True)["warnings"] == []


# --- what is remembered ---


@pytest.mark.parametrize("report", OF_TREES)
def test_given_a_remembered_cut_when_planned_then_it_is_used_at_once(
    api: Api, s3: FakeS3, report: str
) -> None:
    cut_key = keys.cut_key(parsed(least(report)))
    s3.documents.write_json(cut_key, {"split": {"1": 3, "2": 0, "5": USES_BEFORE_RETRY}})
    _plan(api, s3, _entry("none", report, dateRange={"period": "previous-month"}))
    # Product was split so often that it is tried whole again.
    assert [item.team for item in _first_round(s3)] == ["3", "4", "5", "7"]
    content = s3.documents.read_json(PLAN_KEY).content
    opened = content["opened"]
    assert isinstance(opened, list)
    assert [(each["cut"], each["teamId"]) for each in opened if isinstance(each, dict)] == [
        (cut_key, "1"),
        (cut_key, "2"),
    ]
    assert content["cuts"] == {cut_key: {"split": {"1": 3, "2": 0, "5": USES_BEFORE_RETRY}}}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"split": ["1"]}'], ids=repr)
def test_given_a_strange_memory_when_planned_then_it_knows_nothing(
    api: Api, s3: FakeS3, content: bytes
) -> None:
    s3.add(keys.cut_key(parsed(least("productivity"))), content)
    _plan(api, s3, _entry("none"))
    assert [item.team for item in _first_round(s3)] == [None]


def test_given_a_remembered_cut_of_a_flat_tree_when_planned_then_it_is_not_used(
    s3: FakeS3,
) -> None:
    s3.documents.write_json(keys.cut_key(parsed(least("productivity"))), {"split": {"1": 0, "": 0}})
    api = Api({"Engineering": FLAT})
    with api.server:
        _plan(api, s3, _entry("none"))
    assert [item.team for item in _first_round(s3)] == [None]
    assert s3.documents.read_json(PLAN_KEY).content["opened"] == []


def test_given_a_remembered_cut_that_makes_too_many_items_when_planned_then_it_is_not_used(
    s3: FakeS3,
) -> None:
    s3.documents.write_json(keys.cut_key(parsed(least("productivity"))), {"split": {"1": 0}})
    api = Api({"Engineering": _wide(MAX_ITEMS)})
    with api.server:
        _plan(api, s3, _entry("none"), least("team-report"))
    assert [item.team for item in _first_round(s3)] == [None, "6036"]
    assert s3.documents.read_json(PLAN_KEY).content["opened"] == []


def test_given_a_memory_that_s3_refuses_when_planned_then_it_is_told(api: Api, s3: FakeS3) -> None:
    s3.before("get_object", raising(refusal("AccessDenied", 403)))
    with pytest.raises(SeiExportError, match="AccessDenied"):
        _plan(api, s3, _entry("none"))


# --- dry ---


def test_given_a_dry_run_when_planned_then_items_and_estimate_are_told_and_no_round_is_made(
    api: Api, s3: FakeS3
) -> None:
    entries = [_entry("top"), least("team-report")]
    returned = _plan(api, s3, *entries, dryRun=True)
    assert [*s3.versions] == [PLAN_KEY]
    content = s3.documents.read_json(PLAN_KEY).content
    assert isinstance(content["items"], list)
    items = [Item.from_json(each) for each in content["items"]]
    assert [item.team for item in items] == ["2", "5", "7", "6036"]
    assert returned == {
        "dryRun": True,
        "run": RUN.name,
        "name": "weekly",
        "itemCount": 4,
        "items": [
            {"id": item.id, "team": item.team, "teamName": item.team_name, "key": item.key}
            for item in items
        ],
        "planKey": PLAN_KEY,
        "estimate": estimate([(False, 0.0)] * 3 + [(True, 0.0)], 10).to_json(),
        "warnings": [],
    }
    assert api.calls == TREE_CALLS


def test_given_a_dry_run_then_its_items_are_those_of_the_real_one(api: Api, s3: FakeS3) -> None:
    _plan(api, s3, _entry("top"), dryRun=True)
    content = s3.documents.read_json(PLAN_KEY).content
    _plan(api, s3, _entry("top"))
    assert content["items"] == s3.documents.read_list(ITEMS_KEY)


def test_given_known_durations_when_run_dry_then_the_estimate_has_them(
    api: Api, s3: FakeS3
) -> None:
    _plan(api, s3, _entry("top"))
    platform, product, _ = [keys.series_key(item.request()) for item in _first_round(s3)]
    s3.documents.write_json(platform, {"durationSeconds": 3000.5})
    s3.documents.write_json(product, {"durationSeconds": "soon"})
    told = _plan(api, s3, _entry("top"), dryRun=True)["estimate"]
    assert told == estimate([(False, 3000.5), (False, 0.0), (False, 0.0)], 10).to_json()
    assert isinstance(told, dict)
    assert told["assumedDurations"] == 2


# --- 10,000 items ---


@pytest.fixture
def wide() -> Iterator[Api]:
    served = Api({"Engineering": _wide(10_000)})
    with served.server:
        yield served


def test_given_10000_items_when_planned_then_all_are_in_the_bucket_and_the_answer_is_short(
    wide: Api, s3: FakeS3
) -> None:
    returned = _plan(wide, s3, _entry("leaves"))
    assert _bytes(returned) < 1000
    items = s3.documents.read_list(ITEMS_KEY)
    assert len({str(item["id"]) for item in items}) == len(items) == 10_000
    assert s3.documents.read_json(PLAN_KEY).content["itemCount"] == 10_000
    children: Iterable[JsonObject] = (
        {"item": item, "run": "r" * 80, "round": 12} for item in items
    )
    assert max(_bytes(child) for child in children) < 2000 < STATE_BYTES


def test_given_10000_items_when_run_dry_then_all_are_in_the_bucket_and_the_answer_is_short(
    wide: Api, s3: FakeS3
) -> None:
    returned = _plan(wide, s3, _entry("leaves"), dryRun=True)
    assert _bytes(returned) < 200_000 < STATE_BYTES
    assert returned["itemCount"] == 10_000
    assert isinstance(returned["items"], list)
    assert 100 < len(returned["items"]) < 10_000
    assert isinstance(returned["estimate"], dict)
    assert returned["estimate"]["exports"] == 10_000
    items = s3.documents.read_json(PLAN_KEY).content["items"]
    assert isinstance(items, list)
    assert len(items) == 10_000


def test_given_the_longest_names_when_run_dry_then_the_answer_still_fits(s3: FakeS3) -> None:
    # Three bytes for each letter, nine in a key.
    tree, team = "樹" * 90, "組" * 250
    api = Api({tree: _wide(300, team, tree)})
    entry = least("productivity", scope={"orgTreeName": tree, "teams": "leaves"})
    with api.server:
        returned = _plan(api, s3, entry, dryRun=True)
    assert _bytes(returned) < STATE_BYTES
    assert returned["itemCount"] == 300


# --- the simulator ---


@pytest.fixture
def clean(port: int, speaker: simulator.Client) -> Iterator[int]:
    """Speak to a simulator whose exports and calls the next test does not inherit."""
    assert speaker.call("DELETE", "/_sim").status == 204
    yield port
    assert speaker.call("DELETE", "/_sim").status == 204


def _simulated(port: int, s3: FakeS3, key: str, *entries: JsonValue, dry: bool) -> JsonObject:
    def connect(asked: InProject) -> SeiClient:
        return _client(f"http://127.0.0.1:{port}", key, asked)

    given: JsonObject = {"exports": [*entries], "dryRun": dry}
    return plan_batch(given, RUN, BATCH_DEFAULTS, connect, s3.store)


@pytest.mark.parametrize("dry", [False, True], ids=["to run", "dry"])
def test_given_the_simulator_when_planned_then_each_leaf_is_an_item_and_nothing_is_created(
    clean: int, speaker: simulator.Client, s3: FakeS3, *, dry: bool
) -> None:
    returned = _simulated(clean, s3, simulator.KEY, _entry("leaves"), dry=dry)
    file = s3.documents.read_json(PLAN_KEY).content
    listed = file["items"] if dry else s3.documents.read_list(ITEMS_KEY)
    assert isinstance(listed, list)
    assert [Item.from_json(item).team for item in listed] == [
        *(str(number) for number in (203760, 203761, 203762, 203764, 203765, 203766)),
        *(str(number) for number in (203768, 203769)),
    ]
    assert returned.get("itemCount", 8) == file["itemCount"] == 8
    for report in simulator.REPORTS:
        assert speaker.of(report).listed().json["content"] == []


@pytest.mark.parametrize(("teams", "dry"), [("none", True), ("leaves", True), ("leaves", False)])
def test_given_another_key_than_the_simulators_when_planned_then_it_is_refused(
    clean: int, s3: FakeS3, teams: str, *, dry: bool
) -> None:
    with pytest.raises(AuthenticationError):
        _simulated(clean, s3, "another-key", _entry(teams), dry=dry)
    assert s3.versions == {}
