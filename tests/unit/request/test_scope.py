"""Whose data a request asks for, as each report wants to be told."""

from dataclasses import replace

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Scope
from tests.fakes.samples import DEFAULTS, LEGACY, TREE_OR_TEAM, least, parsed, problems, request_of

EITHER = pytest.mark.parametrize("report", TREE_OR_TEAM)
EVERY_LEGACY = pytest.mark.parametrize("report", LEGACY)


def _scope(report: str, scope: JsonValue, **fields: JsonValue) -> dict[str, str]:
    return request_of(report, scope=scope, **fields).scope


def test_the_rules_of_scope_are_those_of_the_reports_below() -> None:
    by_rule = {rule: [n for n, report in REPORTS.items() if report.scope is rule] for rule in Scope}
    assert by_rule == {
        Scope.TREE_AND_TEAM: ["productivity"],
        Scope.TREE_OR_TEAM: TREE_OR_TEAM,
        Scope.COLLECTION: LEGACY,
    }


@EITHER
@pytest.mark.parametrize("scope", [None, {}], ids=["null", "empty"])
def test_given_no_scope_then_it_is_the_stacks_tree_with_its_project(
    report: str, scope: JsonValue
) -> None:
    expected = {
        "orgTreeName": "Engineering",
        "orgIdentifier": "acme",
        "projectIdentifier": "metrics",
    }
    assert _scope(report, scope) == expected
    assert parsed(least(report)).scope == expected


@EITHER
def test_given_a_tree_then_the_requests_own_project_goes_into_the_scope(report: str) -> None:
    scope = _scope(
        report, {"orgTreeName": " Sales "}, orgIdentifier=" other ", projectIdentifier="else"
    )
    assert scope == {
        "orgTreeName": "Sales",
        "orgIdentifier": "other",
        "projectIdentifier": "else",
    }


@EITHER
@pytest.mark.parametrize(
    ("inside", "beside", "expected"),
    [
        pytest.param(
            {"orgIdentifier": " other ", "projectIdentifier": "deep"},
            {},
            ("other", "deep"),
            id="both in the scope",
        ),
        pytest.param(
            {"orgIdentifier": "other"},
            {"projectIdentifier": "deep"},
            ("other", "deep"),
            id="one in each place",
        ),
        pytest.param(
            {"projectIdentifier": "deep"}, {}, ("acme", "deep"), id="one, the other is the stack's"
        ),
        pytest.param(
            {"orgIdentifier": "other", "projectIdentifier": "deep"},
            {"orgIdentifier": "other ", "projectIdentifier": " deep"},
            ("other", "deep"),
            id="the same in both places",
        ),
    ],
)
@pytest.mark.parametrize(
    ("tree", "name"),
    [
        pytest.param({"orgTreeName": "Sales"}, "Sales", id="a tree"),
        pytest.param({}, "Engineering", id="the stack's tree"),
    ],
)
def test_given_identifiers_in_the_scope_then_they_are_those_of_the_whole_request(
    report: str,
    tree: JsonObject,
    name: str,
    inside: JsonObject,
    beside: JsonObject,
    expected: tuple[str, str],
) -> None:
    one = request_of(report, scope={**tree, **inside}, **beside)
    assert (one.org, one.project) == expected
    assert one.scope == {
        "orgTreeName": name,
        "orgIdentifier": expected[0],
        "projectIdentifier": expected[1],
    }


@EITHER
def test_given_identifiers_in_the_scope_then_the_stack_needs_none(report: str) -> None:
    scope: JsonObject = {
        "orgTreeName": "Sales",
        "orgIdentifier": "other",
        "projectIdentifier": "deep",
    }
    nothing = replace(DEFAULTS, org_identifier="", project_identifier="")
    assert problems(least(report, scope=scope), nothing) == ()
    del scope["orgIdentifier"]
    assert problems(least(report, scope=scope), nothing) == (
        "orgIdentifier is missing: give the identifier as Harness shows it.",
    )


@EITHER
@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
def test_given_an_identifier_that_differs_in_two_places_then_one_is_to_be_chosen(
    report: str, name: str
) -> None:
    given_input = least(report, scope={"orgTreeName": "Sales", name: "deep"}, **{name: "else"})
    assert problems(given_input) == (
        f"scope.{name} and {name} name one thing and differ: give one.",
    )


@EITHER
@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
@pytest.mark.parametrize("value", [None, "", 5], ids=["null", "empty", "number"])
def test_given_a_bad_identifier_in_the_scope_then_it_is_told_there_alone(
    report: str, name: str, value: JsonValue
) -> None:
    given_input = least(report, scope={"orgTreeName": "Sales", name: value}, **{name: "else"})
    (problem,) = problems(given_input)
    assert problem.startswith(f"scope.{name} is ")


@EITHER
def test_given_a_team_then_it_is_the_whole_scope_also_beside_a_stacks_tree(report: str) -> None:
    one = request_of(report, scope={"teamId": " 456 "})
    assert one.scope == {"teamId": "456"}
    assert (one.tree, one.team) == (None, "456")


@EITHER
def test_given_tree_and_team_then_both_are_refused_together(report: str) -> None:
    assert problems(least(report, scope={"orgTreeName": "E", "teamId": "4"})) == (
        (
            'scope is {"orgTreeName": "E", "teamId": "4"}: either orgTreeName or teamId, not both, '
            "is allowed."
        ),
    )


@EITHER
@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
def test_given_a_team_with_an_identifier_then_the_scope_is_refused(report: str, name: str) -> None:
    assert problems(least(report, scope={"teamId": "4", name: "acme"})) == (
        "scope.orgIdentifier and scope.projectIdentifier go with orgTreeName, not teamId.",
    )


@EITHER
def test_given_neither_scope_nor_a_stacks_tree_then_it_is_said_where_to_give_it(
    report: str,
) -> None:
    assert problems(least(report), replace(DEFAULTS, org_tree_name="")) == (
        "scope.orgTreeName is missing: give it, or set the stack's parameter OrgTreeName.",
    )


@EITHER
def test_given_a_team_then_no_tree_of_the_stack_is_needed(report: str) -> None:
    given_input = least(report, scope={"teamId": "4"})
    assert problems(given_input, replace(DEFAULTS, org_tree_name="")) == ()


@pytest.mark.parametrize("report", ["productivity", *TREE_OR_TEAM])
def test_given_a_tree_then_no_tree_of_the_stack_is_needed(report: str) -> None:
    given_input = least(report, scope={"orgTreeName": "Sales"})
    assert problems(given_input, replace(DEFAULTS, org_tree_name="")) == ()


@EITHER
@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
def test_given_a_bad_identifier_then_it_is_not_told_again_for_the_scope(
    report: str, name: str
) -> None:
    scopes: list[JsonValue] = [{}, {"orgTreeName": "Sales", name: "deep"}]
    for scope in scopes:
        (problem,) = problems(least(report, scope=scope, **{name: ""}))
        assert problem.startswith(f"{name} is ")


@EITHER
def test_given_another_type_than_an_object_then_the_message_names_the_rule(report: str) -> None:
    assert problems(least(report, scope="Engineering")) == (
        'scope is "Engineering": an object with either orgTreeName or teamId is allowed.',
    )


def test_given_productivity_then_tree_and_team_go_together_without_identifiers() -> None:
    scope: JsonObject = {"orgTreeName": "Sales", "teamId": "4"}
    assert _scope("productivity", scope) == scope
    for identifier in ("acme", "another than the stack's"):
        beside: JsonObject = {**scope, "orgIdentifier": identifier}
        assert problems(least("productivity", scope=beside, orgIdentifier="acme")) == (
            "scope.orgIdentifier is not a field: known are orgTreeName, teamId.",
        )


@EVERY_LEGACY
def test_given_a_legacy_report_then_there_is_no_scope(report: str) -> None:
    (problem,) = problems(least(report, scope={"teamId": "4"}))
    assert problem.startswith("scope is not a field: known are report, dateRange, dateStart, ")
    assert "scope" not in request_of(report).body()
