"""The org trees that a plan is about, each asked for once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from sei_export.api.treeforms import read_tree
from sei_export.batch.trees import (
    PlannedTrees,
    in_own_spelling,
    read_trees,
)
from sei_export.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProtocolError,
    RateLimitedError,
    SeiExportError,
    ServiceUnavailableError,
)
from sei_export.jsontypes import JsonValue
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, Team, TreeName
from sei_export.request.export_request import ExportRequest
from tests.fakes.batch_items import OF_TREES, TREE, TREE_NAME, cut
from tests.fakes.plans import plan_of, read_plan
from tests.fakes.samples import least

FLAT = read_tree([{"refId": 1, "name": "Engineering"}, {"refId": 2, "name": "A"}], "Engineering")
NESTED = OrgTree("Sales", TREE.root)
SALES = TreeName("acme", "metrics", "Sales")
NO_TREE = least("sprint", scope={"teamId": "2"})
CHANGED = "Correct the plan and start a new execution; nothing was created at the API."


@dataclass
class Trees:
    """The API's org trees.

    Attributes:
        known: By name; an error in a tree's place is raised, as is a problem for one that is none.
        asked: The name of each that was asked for, and the path that names it in the plan.
    """

    known: Mapping[TreeName, OrgTree | SeiExportError] = field(
        default_factory=lambda: {TREE_NAME: TREE}
    )
    asked: list[tuple[TreeName, str]] = field(default_factory=list)

    def find(self, request: ExportRequest, path: str) -> OrgTree:
        """Answer as the API does."""
        name = TreeName(request.org, request.project, str(request.tree))
        self.asked.append((name, path))
        found = self.known.get(name, InvalidRequestError([f"{path} is not there."]))
        if isinstance(found, OrgTree):
            return found
        raise found

    def of(self, *entries: JsonValue, **fields: JsonValue) -> PlannedTrees:
        """Those of a plan."""
        return read_trees(read_plan(plan_of(*entries, **fields)), self.find)


def _sales(teams: JsonValue = "none", report: str = "productivity") -> JsonValue:
    return least(report, scope={"orgTreeName": "Sales", "teams": teams})


def test_each_tree_is_asked_for_once_by_the_first_entry_that_names_it() -> None:
    trees = Trees({TREE_NAME: TREE, SALES: NESTED})
    found = trees.of(*(cut("top", report) for report in OF_TREES), _sales("none"), _sales("none"))
    assert found == PlannedTrees({TREE_NAME: TREE, SALES: NESTED}, ())
    assert trees.asked == [
        (TREE_NAME, "exports[0].scope.orgTreeName"),
        (SALES, f"exports[{len(OF_TREES)}].scope.orgTreeName"),
    ]


def test_one_name_in_two_projects_is_two_trees() -> None:
    other = TREE_NAME._replace(project="other")
    trees = Trees({TREE_NAME: TREE, other: FLAT})
    found = trees.of(cut(), cut(projectIdentifier="other"))
    assert found.read == {TREE_NAME: TREE, other: FLAT}


def test_given_a_plan_without_trees_then_none_is_asked_for() -> None:
    trees = Trees()
    found = trees.of(NO_TREE, least("team-report"), dryRun=True)
    assert (found, trees.asked) == (PlannedTrees({}, ()), [])


HIDDEN: list[SeiExportError] = [
    AuthenticationError("Not for this key."),
    ProtocolError("Of an unknown form."),
    InvalidRequestError(["scope.orgTreeName is not there."]),
]
PASSING: list[SeiExportError] = [ServiceUnavailableError("Away."), RateLimitedError("Too many.")]


def _name(error: SeiExportError) -> str:
    return type(error).__name__


@pytest.mark.parametrize("error", HIDDEN, ids=_name)
def test_given_a_tree_that_cannot_be_read_when_it_stays_whole_then_it_is_a_warning(
    error: SeiExportError,
) -> None:
    trees = Trees({TREE_NAME: error, SALES: NESTED})
    found = trees.of(cut(), _sales(), cut("none", "sprint"))
    told = f"Org tree Engineering cannot be split: {error.message}"
    assert found == PlannedTrees({SALES: NESTED}, (Caution("unreadTree", told),))
    # Not again for the second entry.
    assert [name for name, _ in trees.asked] == [TREE_NAME, SALES]


@pytest.mark.parametrize("error", HIDDEN[:2], ids=_name)
@pytest.mark.parametrize(
    ("teams", "dry_run"), [("leaves", False), ("leaves", True), ("none", True)]
)
def test_given_a_tree_that_cannot_be_read_when_it_is_needed_then_that_is_told(
    error: SeiExportError, teams: str, *, dry_run: bool
) -> None:
    with pytest.raises(type(error)) as caught:
        Trees({TREE_NAME: error}).of(NO_TREE, cut(teams), dryRun=dry_run)
    assert caught.value is error


@pytest.mark.parametrize("error", PASSING, ids=_name)
def test_given_an_api_that_is_away_for_now_then_that_is_told_whatever_is_asked(
    error: SeiExportError,
) -> None:
    # The state machine tries again: what passes must not cost the batch its splits.
    with pytest.raises(type(error)) as caught:
        Trees({TREE_NAME: error}).of(cut())
    assert caught.value is error


def test_given_trees_that_are_not_there_then_all_are_told_at_once_each_once() -> None:
    trees = Trees()
    with pytest.raises(InvalidRequestError) as caught:
        trees.of(
            _sales("leaves"),
            cut("top"),
            _sales("top", "sprint"),
            least("sprint", scope={"orgTreeName": "Ops", "teams": "top"}),
        )
    assert caught.value.problems == (
        "exports[0].scope.orgTreeName is not there.",
        "exports[3].scope.orgTreeName is not there.",
    )
    assert caught.value.remedy == CHANGED


def test_given_a_whole_tree_that_is_not_there_when_run_dry_then_it_is_told() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Trees().of(_sales(), dryRun=True)
    assert caught.value.problems == ("exports[0].scope.orgTreeName is not there.",)


@pytest.mark.parametrize(
    ("entries", "end"),
    [
        pytest.param([cut()], ".", id="whole"),
        pytest.param(
            [cut("top")],
            ", and a team may be exported twice, once within another.",
            id="cut",
        ),
        pytest.param(
            [cut(), cut("leaves", "sprint")],
            ", and a team may be exported twice, once within another.",
            id="whole first and then cut",
        ),
    ],
)
def test_given_a_flat_tree_then_one_warning_says_what_is_unknown(
    entries: list[JsonValue], end: str
) -> None:
    [warning] = Trees({TREE_NAME: FLAT}).of(*entries).warnings
    assert warning == Caution(
        "flatTree",
        "The API gives the teams of org tree Engineering as a flat list, without telling which "
        f"contain which: it cannot be split{end}",
    )


def test_given_a_nested_tree_then_there_is_no_warning() -> None:
    assert Trees().of(cut("leaves"), cut()).warnings == ()


def test_given_a_team_that_its_tree_does_not_tell_then_a_warning_names_it() -> None:
    entries = (
        least("productivity", scope={"orgTreeName": "Engineering", "teamId": team})
        for team in ("2", "99", "8")
    )
    assert Trees().of(*entries).warnings == tuple(
        Caution(
            "unknownTeam",
            f"exports[{at}].scope.teamId {team} is not among the teams of org tree Engineering.",
        )
        for at, team in ((1, "99"), (2, "8"))
    )


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("teams", ["leaves", "top", 1, 7])
def test_given_a_tree_without_teams_when_its_teams_are_asked_for_then_it_is_refused(
    teams: JsonValue, *, flat: bool
) -> None:
    bare = OrgTree("Engineering", Team("1", "Engineering"), flat)
    with pytest.raises(InvalidRequestError) as caught:
        Trees({TREE_NAME: bare, SALES: NESTED}).of(_sales("leaves"), cut(teams))
    [problem] = caught.value.problems
    assert problem == (
        "exports[1].scope.teams asks for the teams of tree Engineering, which has no teams: ask "
        'for the whole with "teams": "none", or look whether Harness shows any.'
    )


def test_given_a_tree_without_teams_when_it_is_asked_for_as_one_then_it_is_exported() -> None:
    bare = OrgTree("Engineering", Team("1", "Engineering"))
    assert Trees({TREE_NAME: bare}).of(cut("none"), cut(0)).warnings == ()


# --- spelling ---


def test_a_plan_and_its_trees_are_written_in_the_apis_own_spelling() -> None:
    one, other = "Cafe\u0301", "Caf\u00e9"
    entries = [
        least("sprint", scope={"orgTreeName": one, "teams": "top"}),
        least("productivity", scope={"orgTreeName": other, "teamId": "2"}),
        NO_TREE,
        _sales("none"),
    ]
    plan = read_plan(plan_of(*entries))
    tree = OrgTree("Caf\u00e9", TREE.root)
    read = {TreeName("acme", "metrics", name): tree for name in (one, other)}
    spelled, trees = in_own_spelling(plan, read)
    assert trees == {TreeName("acme", "metrics", "Caf\u00e9"): tree}
    named = [planned.requests[0].scope for planned in spelled.exports]
    assert named == [
        {
            "orgTreeName": "Caf\u00e9",
            "orgIdentifier": "acme",
            "projectIdentifier": "metrics",
        },
        {"orgTreeName": "Caf\u00e9", "teamId": "2"},
        {"teamId": "2"},
        # Not read: as it was written.
        {"orgTreeName": "Sales"},
    ]
    assert [(it.selector, it.path) for it in spelled.exports] == [
        (it.selector, it.path) for it in plan.exports
    ]
    assert (spelled.given, spelled.name, spelled.anchor) == (plan.given, plan.name, plan.anchor)


def test_a_plan_in_the_apis_own_spelling_stays_as_it_is() -> None:
    plan = read_plan(plan_of(cut("top"), cut("leaves", "sprint", dateRange={"trailingDays": 3})))
    assert in_own_spelling(plan, {TREE_NAME: TREE}) == (plan, {TREE_NAME: TREE})
