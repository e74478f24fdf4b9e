"""A team together with one inside it: its rows would come twice."""

import pytest

from sei_export.batch.overlap import refuse_overlaps
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, TreeName
from tests.fakes.batch_items import TREE, TREE_NAME, cut, expanded
from tests.fakes.orgtree_strategies import leaves_of, row_tree
from tests.fakes.plans import plan_of, read_plan
from tests.fakes.samples import asked, least


def _told(*entries: JsonValue) -> tuple[str, ...]:
    with pytest.raises(InvalidRequestError) as caught:
        expanded(*entries)
    return caught.value.problems


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param(
            "top",
            ["6"],
            "exports[1] asks for team Mobile (6), which is inside Product that exports[0]",
            id="inside",
        ),
        pytest.param(
            ["6"],
            "top",
            "exports[0] asks for team Mobile (6), which is inside Product that exports[1]",
            id="around",
        ),
        pytest.param(
            "none",
            ["3"],
            "exports[1] asks for team Payments, Billing (3), which is inside Engineering that "
            "exports[0]",
            id="the tree and a leaf",
        ),
    ],
)
def test_a_team_and_one_inside_it_are_refused_also_of_two_entries(
    first: JsonValue, second: JsonValue, told: str
) -> None:
    assert _told(cut(first), cut(second)) == (
        (
            f"{told} asks for with the same report, options and dates: its rows would come twice. "
            "Allowed is one of them."
        ),
    )


def test_of_many_overlaps_of_two_entries_the_first_is_told() -> None:
    [problem] = _told(cut("none"), cut("leaves"))
    assert problem.startswith("exports[1] asks for team Payments, Billing (3), which is inside ")


def test_every_pair_of_entries_that_overlaps_is_told() -> None:
    problems = _told(cut("none"), cut(["Platform"]), cut(["Solo"]), cut([4]))
    assert [problem.split(",", 1)[0] for problem in problems] == [
        "exports[1] asks for team Platform (2)",
        "exports[2] asks for team Solo (7)",
        "exports[3] asks for team Mobile (4)",
        "exports[3] asks for team Mobile (4)",
    ]


def test_a_team_and_one_inside_it_that_differ_otherwise_are_no_overlap() -> None:
    february: JsonObject = {"start": "2025-02-01", "end": "2025-02-28"}
    others = (
        cut("leaves", "sprint"),
        cut("leaves", options={"metricLevel": "team"}),
        cut("leaves", dateRange=february),
    )
    assert len(expanded(cut("none"), *others)) == 1 + 3 * len([*leaves_of(TREE.root)])


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({}, id="no tree"),
        pytest.param({TreeName("acme", "other", "Engineering"): TREE}, id="another project's"),
    ],
)
def test_given_a_tree_that_is_not_known_then_nothing_is_an_overlap(
    known: dict[TreeName, OrgTree],
) -> None:
    items = [*expanded(cut("none")), *expanded(cut([4]))]
    plan = read_plan(plan_of(cut("none")))
    refuse_overlaps(plan, items, known)
    with pytest.raises(InvalidRequestError, match=r"Mobile \(4\), which is inside Engineering"):
        refuse_overlaps(plan, items, {TREE_NAME: TREE})


def test_given_teams_without_a_tree_then_nothing_is_an_overlap() -> None:
    teams = (least("sprint", scope={"teamId": team}) for team in ("1", "4"))
    legacy = (least("contributor-report", collectionId=team) for team in ("1", "4"))
    assert len(expanded(*teams, *legacy, asked())) == 5


# --- a team in two others ---

TWICE = row_tree(
    [(0, "1", "Root"), (1, "2", "A"), (2, "4", "C"), (1, "3", "B"), (2, "4", "C"), (2, "5", "D")]
)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param(
            ["2"],
            ["3"],
            "exports[1] asks for B and exports[0] for A with the same report, options and dates, "
            "and team C (4) is in both: its rows would come twice. Allowed is one of them.",
            id="two around it",
        ),
        pytest.param(
            ["4"],
            ["3"],
            "exports[0] asks for team C (4), which is inside B that exports[1] asks for with the "
            "same report, options and dates: its rows would come twice. Allowed is one of them.",
            id="it and the second around it",
        ),
    ],
)
def test_a_team_in_two_others_is_not_exported_twice_by_two_entries(
    first: JsonValue, second: JsonValue, told: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        expanded(cut(first), cut(second), tree=TWICE)
    assert caught.value.problems == (told,)


def test_a_team_in_two_others_may_be_exported_with_what_it_is_not_in() -> None:
    items = expanded(cut(["4"]), cut(["5"]), cut(["3"], "sprint"), tree=TWICE)
    assert [item.team for item in items] == ["4", "5", "3"]
