"""What PlanBatch writes down of a batch, and CloseBatch reads."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sei_export import keys
from sei_export.batch.cuts import Cut
from sei_export.batch.record import Opened, PlanRecord
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, TreeName
from sei_export.request.reports import REPORTS
from tests.fakes.batch_items import TREE, TREE_NAME, cut, expansion
from tests.fakes.known_cuts import ago, known
from tests.fakes.orgtree_strategies import chain, row_tree, trees
from tests.fakes.samples import least, parsed

CUT_KEY = keys.cut_key(parsed(least("productivity")))
RECORD = PlanRecord(
    run="weekly 2026/03",
    name="weekly",
    execution_arn="arn:x",
    started_at="2026-03-15T06:00:04Z",
    scheduled_time="2026-03-15T06:00:00Z",
    plan={"exports": [cut()]},
    warnings=(Caution("unreadTree", "Org tree Sales cannot be split: no."),),
    trees={TreeName("acme", "metrics", "Engineering"): row_tree(chain(2))},
    cuts={CUT_KEY: known(t1=3)},
    opened=expansion(cut(), tree=row_tree(chain(2)), too_large=["1"]).opened,
    item_count=1,
)

_texts = st.text(max_size=12)
_opened = st.builds(
    Opened,
    cut=_texts,
    report=st.sampled_from([*REPORTS]),
    team_id=_texts,
    team_name=_texts,
    is_tree=st.booleans(),
    start=st.dates(),
    end=st.dates(),
    aggregated=st.booleans(),
)


@st.composite
def _named_trees(draw: st.DrawFn) -> dict[TreeName, OrgTree]:
    """Some trees, also of one name in two projects."""
    found: dict[TreeName, OrgTree] = {}
    for tree in draw(st.lists(trees(most=6), max_size=3)):
        name = TreeName(draw(_texts), draw(_texts), draw(_texts))
        found[name] = OrgTree(name.name, tree.root, draw(st.booleans()))
    return found


_records = st.builds(
    PlanRecord,
    run=_texts,
    name=_texts,
    execution_arn=_texts,
    started_at=_texts,
    scheduled_time=_texts,
    plan=st.dictionaries(_texts, _texts | st.booleans() | st.lists(st.integers(), max_size=2)),
    warnings=st.lists(st.builds(Caution, _texts, _texts), max_size=3).map(tuple),
    trees=_named_trees(),
    cuts=st.dictionaries(
        _texts, st.dictionaries(_texts, st.integers(0, 20).map(ago)).map(Cut), max_size=3
    ),
    opened=st.lists(_opened, max_size=3).map(tuple),
    item_count=st.integers(0, 10_000),
    resumes=st.lists(_texts, max_size=2).map(tuple),
)


def test_given_a_plan_of_before_the_update_then_it_is_read_all_the_same() -> None:
    content = RECORD.to_json()
    del content["resumes"]
    for each in _opened_of(content):
        del each["listed"]
    assert PlanRecord.from_json(content) == RECORD


def _opened_of(content: JsonObject) -> list[JsonObject]:
    opened = content["opened"]
    assert isinstance(opened, list)
    return [each for each in opened if isinstance(each, dict)]


@given(record=_records)
def test_a_record_comes_back_from_its_file(record: PlanRecord) -> None:
    assert PlanRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_the_form_in_the_bucket_is_this() -> None:
    assert RECORD.to_json() == {
        "run": "weekly 2026/03",
        "name": "weekly",
        "executionArn": "arn:x",
        "startedAt": "2026-03-15T06:00:04Z",
        "scheduledTime": "2026-03-15T06:00:00Z",
        "plan": {"exports": [cut()]},
        "isStacks": False,
        "warnings": [{"code": "unreadTree", "message": "Org tree Sales cannot be split: no."}],
        "trees": [
            {
                "org": "acme",
                "project": "metrics",
                "tree": {
                    "name": "Engineering",
                    "isFlat": False,
                    "teams": [[0, "1", "Team 1"], [1, "2", "Team 2"]],
                },
            }
        ],
        "cuts": {
            CUT_KEY: {
                "split": {"1": {"since": "2026-03-12", "tried": "2026-03-12", "why": "Too slow."}}
            }
        },
        "opened": [
            {
                "cut": CUT_KEY,
                "report": "productivity",
                "teamId": "1",
                "team": None,
                "teamName": "Team 1",
                "dateRange": {"start": "2024-01-01", "end": "2024-12-31"},
                "aggregated": False,
                "listed": True,
            }
        ],
        "itemCount": 1,
        "resumes": [],
    }


def test_what_people_find_in_the_file_beside_it_is_not_read() -> None:
    # A dry run's file has its items too.
    assert PlanRecord.from_json(RECORD.to_json() | {"items": [{"id": "x"}]}) == RECORD


@pytest.mark.parametrize("report", REPORTS)
def test_what_is_opened_is_told_as_it_would_have_been_asked_for(report: str) -> None:
    request = parsed(least(report))
    for team in (TREE.root, TREE.root.children[0]):
        assert Opened.of(request, team, is_tree=team is TREE.root) == Opened(
            cut=keys.cut_key(request),
            report=report,
            team_id=team.id,
            team_name=team.name,
            is_tree=team is TREE.root,
            start=date(2024, 1, 1),
            end=date(2024, 12, 31),
            aggregated=request.is_aggregated,
        )


@pytest.mark.parametrize("name", sorted({*RECORD.to_json()} - {"resumes", "isStacks"}))
@pytest.mark.parametrize("value", [None, 1.5, "absent"], ids=["null", "fraction", "absent"])
def test_given_a_strange_file_then_it_is_told_what_it_is_not(name: str, value: JsonValue) -> None:
    content = RECORD.to_json() | {name: value}
    if value == "absent":
        del content[name]
    with pytest.raises(InvalidRequestError) as caught:
        PlanRecord.from_json(content)
    assert caught.value.problems == ("plan.json is not what PlanBatch writes.",)
    assert caught.value.remedy == BY_HAND


def _with(name: str, changes: JsonObject) -> JsonObject:
    """The record's form with something changed in the one entry of a list."""
    content = RECORD.to_json()
    entries = content[name]
    assert isinstance(entries, list)
    [entry] = entries
    assert isinstance(entry, dict)
    return content | {name: [entry | changes]}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"cut": None}, id="no cut"),
        pytest.param({"report": 7}, id="a report that is a number"),
        pytest.param({"teamId": None}, id="no team"),
        pytest.param({"teamName": []}, id="a name that is a list"),
        pytest.param({"aggregated": "no"}, id="a text for a flag"),
        pytest.param({"dateRange": None}, id="no dates"),
        pytest.param({"dateRange": {"start": "2024-01-01"}}, id="no end"),
        pytest.param({"dateRange": {"start": "x", "end": "2024-01-31"}}, id="a start that is none"),
        pytest.param(
            {"dateRange": {"start": "2024-01-01", "end": "2024-02-30"}},
            id="an end off the calendar",
        ),
    ],
)
def test_given_strange_news_of_what_was_opened_then_it_is_refused(changes: JsonObject) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        PlanRecord.from_json(_with("opened", changes))
    assert caught.value.problems == ("opened is not what PlanBatch writes.",)
    assert caught.value.remedy == BY_HAND


@pytest.mark.parametrize("entry", [None, "x", [], {}])
def test_given_an_entry_of_another_kind_then_it_is_refused(entry: JsonValue) -> None:
    for name in ("trees", "opened"):
        with pytest.raises(InvalidRequestError, match=f"{name} is not what PlanBatch writes"):
            PlanRecord.from_json(RECORD.to_json() | {name: [entry]})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"org": None}, "trees is not what PlanBatch writes.", id="no organization"),
        pytest.param({"project": 1}, "trees is not what PlanBatch writes.", id="no project"),
        pytest.param({"tree": {}}, "tree is not what OrgTree.to_json writes.", id="no tree"),
    ],
)
def test_given_a_strange_tree_then_it_is_refused(changes: JsonObject, told: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        PlanRecord.from_json(_with("trees", changes))
    assert caught.value.problems == (told,)


@pytest.mark.parametrize("strange", [None, [], {}, {"split": 7}])
def test_given_a_strange_memory_then_nothing_was_known(strange: JsonValue) -> None:
    # Only a hint: a batch is closed without it.
    record = PlanRecord.from_json(RECORD.to_json() | {"cuts": {CUT_KEY: strange}})
    assert record.cuts == {CUT_KEY: Cut({})}


def test_a_tree_is_found_by_the_name_that_its_items_have() -> None:
    [item] = expansion(cut(["Platform"])).items
    record = PlanRecord.from_json(RECORD.to_json())
    assert item.tree_name == TREE_NAME
    assert record.trees[TREE_NAME] == row_tree(chain(2))
