"""PlanBatch: the whole plan is checked against the API, and nothing is created."""

import logging
from collections.abc import Iterable, Iterator

import pytest

from sei_export import keys
from sei_export.api.client import Connect, InProject, SeiClient
from sei_export.api.treeforms import read_tree
from sei_export.batch.cuts import TRIAL_DAYS, Cut
from sei_export.batch.estimate import estimate
from sei_export.batch.item import Item
from sei_export.batch.plan import MAX_ITEMS
from sei_export.batch.record import PlanRecord
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.steps.plan_batch import plan_batch
from tests.fakes.batch_items import OF_TREES, TREE_NAME, cut
from tests.fakes.batches import Batch, teams_end
from tests.fakes.known_cuts import ago, known
from tests.fakes.loopback import reply
from tests.fakes.orgtree_strategies import ENGINEERING
from tests.fakes.s3 import FakeS3
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.samples import (
    BATCH_DEFAULTS,
    STATE_BYTES,
    least,
    nothing_runs,
    parsed,
    size_of,
)
from tests.fakes.tree_api import FLAT, LIST_CALLS, TREE_CALLS, TreeApi, client, wide_tree
from tests.simulator import simulator_client as simulator

port = simulator.port
speaker = simulator.client

RUN = "weekly 2026/03"
ARN = "arn:aws:states:eu-west-1:123456789012:execution:Batch:weekly"
PLAN_KEY = keys.plan_key(RUN)
ITEMS_KEY = keys.round_key(RUN, 1)


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def api() -> Iterator[TreeApi]:
    served = TreeApi()
    with served.server:
        yield served


def _call(connect: Connect, s3: FakeS3, given_input: JsonValue) -> JsonObject:
    """One call of the function."""
    payload: JsonObject = {
        "input": given_input,
        "run": RUN,
        "executionArn": ARN,
        "startedAt": "2026-03-15T06:00:00Z",
    }
    return plan_batch(payload, BATCH_DEFAULTS, connect, s3.documents, nothing_runs)


def _plan(api: TreeApi, s3: FakeS3, *entries: JsonValue, **fields: JsonValue) -> JsonObject:
    """One call of the function for a plan of some entries."""
    return _call(api.connect, s3, {"name": "weekly", "exports": [*entries], **fields})


def _first_round(s3: FakeS3) -> list[Item]:
    return [Item.from_json(each) for each in s3.documents.read_list(ITEMS_KEY)]


# --- a plan to run ---


def test_given_a_plan_when_planned_then_plan_and_first_round_are_in_the_bucket(
    api: TreeApi, s3: FakeS3
) -> None:
    returned = _plan(api, s3, cut("top"), cut("leaves", "sprint"))
    assert returned == {"status": "CONTINUE", "run": RUN, "round": 1, "itemsKey": ITEMS_KEY}
    assert {*s3.versions} == {PLAN_KEY, ITEMS_KEY, keys.progress_key(RUN)}
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


def test_given_a_plan_when_planned_then_its_file_has_what_later_rounds_need(
    api: TreeApi, s3: FakeS3
) -> None:
    _plan(api, s3, cut("top"), dryRun=False)
    content = s3.documents.read_json(PLAN_KEY).content
    tree = read_tree(ENGINEERING, "Engineering")
    cut_key = keys.cut_key(parsed(least("productivity")))
    assert content == {
        "run": RUN,
        "name": "weekly",
        "executionArn": ARN,
        "startedAt": "2026-03-15T06:00:00Z",
        "scheduledTime": "2026-03-15T06:00:00Z",
        "warnings": [],
        "resumes": [],
        "isStacks": False,
        "opened": [],
        "plan": {"name": "weekly", "exports": [cut("top")], "dryRun": False},
        "trees": [{"org": "acme", "project": "metrics", "tree": tree.to_json()}],
        "cuts": {cut_key: {"split": {}}},
        "itemCount": 3,
    }
    record = PlanRecord.from_json(content)
    assert (record.trees, record.cuts) == ({TREE_NAME: tree}, {cut_key: Cut({})})


def test_given_the_plan_when_written_then_it_is_there_before_the_round(
    api: TreeApi, s3: FakeS3
) -> None:
    # A round without its plan could not be closed.
    _plan(api, s3, cut("top"))
    assert s3.journal[:2] == [f"put {PLAN_KEY}", f"put {ITEMS_KEY}"]


def test_given_the_same_twice_when_planned_then_the_bucket_holds_the_same(
    api: TreeApi, s3: FakeS3
) -> None:
    assert _plan(api, s3, cut("top")) == _plan(api, s3, cut("top"))
    for key in (PLAN_KEY, ITEMS_KEY):
        assert len({version.body for version in s3.versions[key]}) == 1


def test_given_no_plan_in_the_input_then_the_stacks_request_is_the_one_item(
    api: TreeApi, s3: FakeS3
) -> None:
    _call(api.connect, s3, {})
    [item] = _first_round(s3)
    assert item.request.canonical()["dateRange"] == {"start": "2026-02-01", "end": "2026-02-28"}
    assert (item.tree, item.team) == ("Engineering", None)


def test_given_a_plan_without_trees_when_planned_then_none_and_no_cut_is_asked_for(
    api: TreeApi, s3: FakeS3
) -> None:
    _plan(api, s3, least("sprint", scope={"teamId": "2"}), least("team-report"))
    assert [item.team for item in _first_round(s3)] == ["2", "6036"]
    assert (api.calls, "get_object" in s3.operations()[:-1]) == ([], False)
    content = s3.documents.read_json(PLAN_KEY).content
    assert (content["trees"], content["cuts"]) == ([], {})


def test_given_many_entries_of_two_trees_when_planned_then_each_is_asked_for_once(
    s3: FakeS3,
) -> None:
    api = TreeApi({"Engineering": ENGINEERING, "Sales": {"refId": 90, "name": "Sales"}})
    sales = [least(of, scope={"orgTreeName": "Sales"}) for of in OF_TREES]
    with api.server:
        _plan(api, s3, *(cut("leaves", of) for of in OF_TREES), *sales, cut(["Solo"]))
    assert sorted(api.calls) == [
        *LIST_CALLS * 2,
        *(f"/v2/org-trees/{n}/teams" for n in "12"),
    ]
    trees = s3.documents.read_json(PLAN_KEY).content["trees"]
    assert isinstance(trees, list)
    assert len(trees) == 2


@pytest.mark.parametrize("teams", ["none", "leaves"])
def test_given_a_tree_by_a_name_that_looks_alike_then_the_apis_own_spelling_is_sent(
    s3: FakeS3, teams: str
) -> None:
    own, given_name = "Cafe\u0301\u00a0Team", "Caf\u00e9 Team"
    api = TreeApi({own: ENGINEERING})
    scope: JsonValue = {"orgTreeName": given_name, "teams": teams}
    with api.server:
        _plan(api, s3, least("productivity", scope=scope))
    items = _first_round(s3)
    assert {(item.tree, item.request.scope["orgTreeName"]) for item in items} == {(own, own)}
    record = PlanRecord.from_json(s3.documents.read_json(PLAN_KEY).content)
    # What is remembered and what later rounds look up has one spelling, too.
    assert [name.name for name in record.trees] == [own]
    assert {item.tree_name for item in items} == {*record.trees}
    assert {keys.cut_key(item.request, item.tree) for item in items} == {*record.cuts}


def test_given_one_name_in_two_projects_when_planned_then_those_are_two_trees(
    api: TreeApi, s3: FakeS3
) -> None:
    _plan(api, s3, cut("top"), cut("top", projectIdentifier="other"))
    assert api.calls == TREE_CALLS * 2
    projects = [it.query["projectIdentifier"] for it in api.server.received]
    assert projects == [["metrics"]] * 3 + [["other"]] * 3
    assert [it.tree_name for it in _first_round(s3)] == [
        *[("acme", "metrics", "Engineering")] * 3,
        *[("acme", "other", "Engineering")] * 3,
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"run": None}, "run is missing: ", id="no run"),
        pytest.param({"executionArn": ""}, "executionArn is missing: ", id="no execution"),
        pytest.param({"startedAt": "today"}, "startedAt is not a time ", id="no start"),
    ],
)
def test_given_another_payload_when_planned_then_nothing_is_asked_or_written(
    api: TreeApi, s3: FakeS3, changes: JsonObject, problem: str
) -> None:
    payload: JsonObject = {
        "input": {"exports": [cut("top")]},
        "run": RUN,
        "executionArn": ARN,
        "startedAt": "2026-03-15T06:00:00Z",
    }
    with pytest.raises(InvalidRequestError) as caught:
        plan_batch(payload | changes, BATCH_DEFAULTS, api.connect, s3.documents, nothing_runs)
    [told] = caught.value.problems
    assert told.startswith(problem)
    assert caught.value.remedy == BY_HAND
    assert (api.calls, s3.calls) == ([], [])


# --- what the API refuses ---


@pytest.mark.parametrize(
    ("teams", "dry_run"), [("none", True), ("leaves", True), ("leaves", False)]
)
@pytest.mark.parametrize("status", [401, 403])
def test_given_a_bad_key_when_planned_then_it_is_told_and_nothing_is_written(
    api: TreeApi, s3: FakeS3, teams: str, status: int, *, dry_run: bool
) -> None:
    api.refusal = reply(status, {"message": "Unauthorized"})
    with pytest.raises(AuthenticationError, match=f"v2/org-trees answered {status}"):
        _plan(api, s3, cut(teams), dryRun=dry_run)
    assert s3.versions == {}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(least("sprint", scope={"teamId": "2"}), id="a team without a tree"),
        pytest.param(least("team-report"), id="a legacy report"),
    ],
)
def test_given_a_bad_key_and_a_plan_without_trees_when_run_dry_then_it_is_told(
    api: TreeApi, s3: FakeS3, entry: JsonObject
) -> None:
    # A dry run checks the key, whatever the plan is about.
    api.refusal = reply(401, {"message": "Unauthorized"})
    with pytest.raises(AuthenticationError, match="v2/org-trees answered 401"):
        _plan(api, s3, entry, dryRun=True)


@pytest.mark.parametrize("dry_run", [False, True], ids=["to run", "dry"])
def test_given_an_unknown_tree_when_planned_then_its_entry_is_told_by_path(
    api: TreeApi, s3: FakeS3, *, dry_run: bool
) -> None:
    unknown = least("productivity", scope={"orgTreeName": "Enginering", "teams": "leaves"})
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, cut("top"), unknown, dryRun=dry_run)
    [problem] = caught.value.problems
    assert problem == (
        'exports[1].scope.orgTreeName is "Enginering": allowed are "Engineering" (1); '
        'did you mean "Engineering" (1)?'
    )
    assert s3.versions == {}


def test_given_two_unknown_trees_when_planned_then_both_are_told(api: TreeApi, s3: FakeS3) -> None:
    unknown = (least("sprint", scope={"orgTreeName": name, "teams": "top"}) for name in ("A", "B"))
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, *unknown)
    assert [each.split(" ", 1)[0] for each in caught.value.problems] == [
        "exports[0].scope.orgTreeName",
        "exports[1].scope.orgTreeName",
    ]


def test_given_a_team_and_one_inside_it_when_planned_then_both_entries_are_told(
    api: TreeApi, s3: FakeS3
) -> None:
    with pytest.raises(InvalidRequestError, match=r"exports\[1\].*Mobile.*Platform.*exports\[0\]"):
        _plan(api, s3, cut("top"), cut([4]))
    assert s3.versions == {}


def test_given_unknown_teams_when_planned_then_each_is_told_by_path(
    api: TreeApi, s3: FakeS3
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _plan(api, s3, cut(["Platfrom"]), cut("top"), cut([99]))
    assert [each.split(" ", 1)[0] for each in caught.value.problems] == [
        "exports[0].scope.teams[0]",
        "exports[2].scope.teams[0]",
    ]
    assert s3.versions == {}


def test_given_a_wrong_plan_when_planned_then_nothing_is_asked_read_or_written(
    api: TreeApi, s3: FakeS3
) -> None:
    with pytest.raises(InvalidRequestError, match=r"exports\[1\]\.report"):
        _plan(api, s3, cut("top"), {"report": "x"})
    assert (api.calls, s3.calls) == ([], [])


HIDDEN = [
    pytest.param(
        reply(403, {"message": "no"}),
        AuthenticationError,
        "org-trees/1/teams answered 403",
        id="not for this key",
    ),
    pytest.param(
        reply(404, {"message": "gone"}),
        ProtocolError,
        "teams of org tree 1 was answered with 404: gone",
        id="not there",
    ),
    pytest.param(
        reply(200, {"refId": "x"}),
        ProtocolError,
        "org tree 'Engineering' cannot be read: refId of a team is not a number: 'x'",
        id="of an unknown form",
    ),
]
AWAY = "org-trees/1/teams answered 503 at try 3 of 3"
UNREADABLE = [pytest.param(reply(503), ServiceUnavailableError, AWAY, id="unavailable"), *HIDDEN]


@pytest.mark.parametrize(("answer", "error", "told"), HIDDEN)
def test_given_a_tree_that_cannot_be_read_when_it_stays_whole_then_that_is_a_warning(
    s3: FakeS3,
    caplog: pytest.LogCaptureFixture,
    answer: bytes,
    error: type[SeiExportError],
    told: str,
) -> None:
    assert error in {AuthenticationError, ProtocolError}
    api = TreeApi({"Engineering": answer})
    with api.server, caplog.at_level(logging.WARNING, "sei_export"):
        returned = _plan(api, s3, cut("none"))
    assert returned["status"] == "CONTINUE"
    assert [item.team for item in _first_round(s3)] == [None]
    content = s3.documents.read_json(PLAN_KEY).content
    assert content["trees"] == []
    assert isinstance(content["warnings"], list)
    [warning] = content["warnings"]
    assert isinstance(warning, dict)
    assert warning["code"] == "unreadTree"
    assert str(warning["message"]).startswith("Org tree Engineering cannot be split: ")
    assert told in str(warning["message"])
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("sei")]
    assert f"unreadTree: {warning['message']}" in logged


def test_given_an_api_that_is_away_when_a_tree_is_exported_whole_then_that_is_told(
    s3: FakeS3,
) -> None:
    # The state machine tries again: what passes must not cost the batch its splits.
    api = TreeApi({"Engineering": reply(503)})
    with api.server, pytest.raises(ServiceUnavailableError, match=AWAY):
        _plan(api, s3, cut("none"))
    assert s3.versions == {}


@pytest.mark.parametrize(("answer", "error", "told"), UNREADABLE)
@pytest.mark.parametrize("teams", ["leaves", "top", 2, ["Platform"]], ids=str)
def test_given_a_tree_that_cannot_be_read_when_it_is_cut_then_that_is_told(
    s3: FakeS3, answer: bytes, error: type[SeiExportError], told: str, teams: JsonValue
) -> None:
    api = TreeApi({"Engineering": answer})
    with api.server, pytest.raises(error, match=told):
        _plan(api, s3, cut(teams))
    assert s3.versions == {}


@pytest.mark.parametrize(("answer", "error", "told"), UNREADABLE)
def test_given_a_tree_that_cannot_be_read_when_run_dry_then_that_is_told(
    s3: FakeS3, answer: bytes, error: type[SeiExportError], told: str
) -> None:
    api = TreeApi({"Engineering": answer})
    with api.server, pytest.raises(error, match=told):
        _plan(api, s3, cut("none"), dryRun=True)


def test_given_a_tree_that_cannot_be_read_when_many_name_it_then_it_is_asked_once(
    s3: FakeS3, caplog: pytest.LogCaptureFixture
) -> None:
    api = TreeApi({"Engineering": reply(404, {"message": "gone"})})
    with api.server, caplog.at_level(logging.WARNING, "sei_export"):
        _plan(api, s3, *(cut("none", of) for of in OF_TREES))
    assert len(_first_round(s3)) == len(OF_TREES)
    assert api.calls == TREE_CALLS
    assert len([record for record in caplog.records if "cannot be split" in record.message]) == 1


# --- flat trees ---


@pytest.mark.parametrize("teams", ["leaves", "top", [2]], ids=str)
def test_given_a_flat_tree_when_it_is_cut_then_a_warning_says_what_is_unknown(
    s3: FakeS3, teams: JsonValue
) -> None:
    api = TreeApi({"Engineering": FLAT})
    with api.server:
        returned = _plan(api, s3, cut(teams), cut(teams, "sprint"), dryRun=True)
    warnings = returned["warnings"]
    assert isinstance(warnings, list)
    assert len(warnings) == 1
    assert "org tree Engineering as a flat list" in str(warnings[0])


def test_given_a_flat_tree_when_it_is_whole_first_and_then_cut_then_it_is_a_warning(
    s3: FakeS3,
) -> None:
    api = TreeApi({"Engineering": FLAT})
    with api.server:
        warnings = _plan(api, s3, cut("none"), cut("leaves", "sprint"), dryRun=True)["warnings"]
    assert isinstance(warnings, list)
    assert len(warnings) == 1


def test_given_a_nested_tree_then_there_is_no_warning(api: TreeApi, s3: FakeS3) -> None:
    assert _plan(api, s3, cut("leaves"), dryRun=True)["warnings"] == []


# --- what is remembered ---


@pytest.mark.parametrize("report", OF_TREES)
def test_given_a_remembered_cut_when_planned_then_it_is_used_at_once(
    api: TreeApi, s3: FakeS3, report: str
) -> None:
    cut_key = keys.cut_key(parsed(least(report)))
    cuts = known(t1=3, t2=0, t5=TRIAL_DAYS)
    s3.documents.write_json(cut_key, cuts.to_json())
    _plan(api, s3, cut("none", report, dateRange={"period": "previous-month"}))
    # Product was split so long ago that it is tried whole again.
    assert [item.team for item in _first_round(s3)] == ["3", "4", "5", "7"]
    content = s3.documents.read_json(PLAN_KEY).content
    opened = content["opened"]
    assert isinstance(opened, list)
    assert [(each["cut"], each["teamId"]) for each in opened if isinstance(each, dict)] == [
        (cut_key, "1"),
        (cut_key, "2"),
    ]
    assert content["cuts"] == {cut_key: cuts.to_json()}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"split": ["1"]}'], ids=repr)
def test_given_a_strange_memory_when_planned_then_it_knows_nothing(
    api: TreeApi, s3: FakeS3, content: bytes
) -> None:
    s3.add(keys.cut_key(parsed(least("productivity"))), content)
    _plan(api, s3, cut("none"))
    assert [item.team for item in _first_round(s3)] == [None]


def test_given_a_remembered_cut_of_a_flat_tree_when_planned_then_it_is_not_used(
    s3: FakeS3,
) -> None:
    cuts = Cut({"1": ago(), "": ago()})
    s3.documents.write_json(keys.cut_key(parsed(least("productivity"))), cuts.to_json())
    api = TreeApi({"Engineering": FLAT})
    with api.server:
        _plan(api, s3, cut("none"))
    assert [item.team for item in _first_round(s3)] == [None]
    assert s3.documents.read_json(PLAN_KEY).content["opened"] == []


def test_given_a_remembered_cut_that_makes_too_many_items_then_it_is_not_used(
    s3: FakeS3,
) -> None:
    s3.documents.write_json(keys.cut_key(parsed(least("productivity"))), {"split": {"1": 0}})
    api = TreeApi({"Engineering": wide_tree(MAX_ITEMS)})
    with api.server:
        _plan(api, s3, cut("none"), least("team-report"))
    assert [item.team for item in _first_round(s3)] == [None, "6036"]
    assert s3.documents.read_json(PLAN_KEY).content["opened"] == []


def test_given_a_memory_that_s3_refuses_when_planned_then_it_is_told(
    api: TreeApi, s3: FakeS3
) -> None:
    s3.before("get_object", raising(refusal("AccessDenied", 403)))
    with pytest.raises(SeiExportError, match="AccessDenied"):
        _plan(api, s3, cut("none"))


# --- dry ---


def test_given_a_dry_run_when_planned_then_items_are_told_and_no_round_is_made(
    api: TreeApi, s3: FakeS3
) -> None:
    entries = [cut("top"), least("team-report")]
    returned = _plan(api, s3, *entries, dryRun=True)
    assert [*s3.versions] == [PLAN_KEY]
    content = s3.documents.read_json(PLAN_KEY).content
    assert isinstance(content["items"], list)
    items = [Item.from_json(each) for each in content["items"]]
    assert [item.team for item in items] == ["2", "5", "7", "6036"]
    assert returned == {
        "dryRun": True,
        "run": RUN,
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


def test_given_a_dry_run_then_its_items_are_those_of_the_real_one(api: TreeApi, s3: FakeS3) -> None:
    _plan(api, s3, cut("top"), dryRun=True)
    content = s3.documents.read_json(PLAN_KEY).content
    _plan(api, s3, cut("top"))
    assert content["items"] == s3.documents.read_list(ITEMS_KEY)


def test_given_known_durations_when_run_dry_then_the_estimate_has_them(
    api: TreeApi, s3: FakeS3
) -> None:
    _plan(api, s3, cut("top"))
    platform, product, _ = [keys.series_key(item.request) for item in _first_round(s3)]
    s3.documents.write_json(platform, {"seconds": [3000.5]})
    s3.documents.write_json(product, {"seconds": "soon"})
    told = _plan(api, s3, cut("top"), dryRun=True)["estimate"]
    assert told == estimate([(False, 3000.5), (False, 0.0), (False, 0.0)], 10).to_json()
    assert isinstance(told, dict)
    assert told["assumedDurations"] == 2


# --- the last complete run ---


def _ran(s3: FakeS3, *, tree: JsonValue = ENGINEERING, name: str = "weekly") -> None:
    """A complete run of the plan, a week ago."""
    batch = Batch(s3, tree)
    batch.start({"name": name, "exports": [cut("leaves")]}, "last-week")
    assert batch.settle(teams_end({}))["status"] == "COMPLETE"


BEFORE: JsonValue = {
    "refId": 1,
    "name": "Engineering",
    "children": [{"refId": 2, "name": "Platform"}, {"refId": 99, "name": "Legacy"}],
}


def test_given_teams_that_are_gone_since_the_last_complete_run_then_it_is_told_everywhere(
    api: TreeApi, s3: FakeS3, caplog: pytest.LogCaptureFixture
) -> None:
    _ran(s3, tree=BEFORE)
    told = _plan(api, s3, cut("leaves"), dryRun=True)["warnings"]
    assert isinstance(told, list)
    codes = [it["code"] for it in told if isinstance(it, dict)]
    assert codes == ["teamsGone", "teamsNew", "teamsRenamed"]
    [gone, *_] = told
    assert isinstance(gone, dict)
    assert gone["message"] == (
        '1 team is gone from org tree Engineering since run last-week: "Legacy" (99).'
    )
    with caplog.at_level(logging.WARNING, "sei_export"):
        _plan(api, s3, cut("leaves"))
    assert s3.documents.read_json(PLAN_KEY).content["warnings"] == told
    assert f"teamsGone: {gone['message']}" in caplog.text


def test_given_no_run_of_the_name_or_the_same_teams_then_there_is_nothing_to_tell(
    api: TreeApi, s3: FakeS3
) -> None:
    _ran(s3, tree=BEFORE, name="another")
    assert _plan(api, s3, cut("leaves"), dryRun=True)["warnings"] == []
    _ran(s3)
    assert _plan(api, s3, cut("leaves"), dryRun=True)["warnings"] == []


@pytest.mark.parametrize("damage", ["list", "plan", "no plan"])
def test_given_that_the_last_run_cannot_be_read_then_the_batch_begins_all_the_same(
    api: TreeApi, s3: FakeS3, damage: str
) -> None:
    _ran(s3, tree=BEFORE)
    if damage == "no plan":
        del s3.versions[keys.plan_key("last-week")]
    else:
        key = keys.latest_key("weekly") if damage == "list" else keys.plan_key("last-week")
        s3.add(key, b'{"run": 7}')
    assert _plan(api, s3, cut("leaves"))["status"] == "CONTINUE"


# --- 10,000 items ---


@pytest.fixture
def wide() -> Iterator[TreeApi]:
    served = TreeApi({"Engineering": wide_tree(10_000)})
    with served.server:
        yield served


def test_given_10000_items_when_planned_then_all_are_there_and_the_answer_is_short(
    wide: TreeApi, s3: FakeS3
) -> None:
    returned = _plan(wide, s3, cut("leaves"))
    assert size_of(returned) < 1000
    items = s3.documents.read_list(ITEMS_KEY)
    assert len({str(item["id"]) for item in items}) == len(items) == 10_000
    assert s3.documents.read_json(PLAN_KEY).content["itemCount"] == 10_000
    children: Iterable[JsonObject] = (
        {"item": item, "run": "r" * 80, "round": 12} for item in items
    )
    assert max(size_of(child) for child in children) < 2000 < STATE_BYTES


def test_given_10000_items_when_run_dry_then_all_are_there_and_the_answer_is_short(
    wide: TreeApi, s3: FakeS3
) -> None:
    returned = _plan(wide, s3, cut("leaves"), dryRun=True)
    assert size_of(returned) < 200_000 < STATE_BYTES
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
    api = TreeApi({tree: wide_tree(300, team, tree)})
    entry = least("productivity", scope={"orgTreeName": tree, "teams": "leaves"})
    with api.server:
        returned = _plan(api, s3, entry, dryRun=True)
    assert size_of(returned) < STATE_BYTES
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
        return client(f"http://127.0.0.1:{port}", key, asked)

    return _call(connect, s3, {"exports": [*entries], "dryRun": dry})


@pytest.mark.parametrize("dry", [False, True], ids=["to run", "dry"])
def test_given_the_simulator_then_each_leaf_is_an_item_and_nothing_is_created(
    clean: int, speaker: simulator.Client, s3: FakeS3, *, dry: bool
) -> None:
    returned = _simulated(clean, s3, simulator.KEY, cut("leaves"), dry=dry)
    file = s3.documents.read_json(PLAN_KEY).content
    listed = file["items"] if dry else s3.documents.read_list(ITEMS_KEY)
    assert isinstance(listed, list)
    assert [Item.from_json(item).team for item in listed] == [
        *(str(number) for number in (203760, 203761, 203762, 203764, 203765, 203766)),
        *(str(number) for number in (203768, 456)),
    ]
    assert returned.get("itemCount", 8) == file["itemCount"] == 8
    for report in simulator.REPORTS:
        assert speaker.of(report).listed().json["content"] == []


@pytest.mark.parametrize(("teams", "dry"), [("none", True), ("leaves", True), ("leaves", False)])
def test_given_another_key_than_the_simulators_when_planned_then_it_is_refused(
    clean: int, s3: FakeS3, teams: str, *, dry: bool
) -> None:
    with pytest.raises(AuthenticationError, match="v2/org-trees answered 401"):
        _simulated(clean, s3, "another-key", cut(teams), dry=dry)
    assert s3.versions == {}
