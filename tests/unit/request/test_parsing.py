"""What each report's own rules make of an input."""

from dataclasses import replace
from datetime import date

import pytest

from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Scope
from tests.fakes.samples import DEFAULTS, least, parsed, problems, request_of

TREE_OR_TEAM = ["efficiency", "sprint", "business-alignment", "time-in-status"]
LEGACY = ["team-report", "contributor-report"]

EITHER = pytest.mark.parametrize("report", TREE_OR_TEAM)
EVERY_LEGACY = pytest.mark.parametrize("report", LEGACY)


def _scope(report: str, scope: JsonValue, **fields: JsonValue) -> dict[str, str]:
    return request_of(report, scope=scope, **fields).scope


# --- scope ---


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
def test_given_an_identifier_that_differs_between_the_two_places_then_one_is_to_be_chosen(
    report: str, name: str
) -> None:
    given_input = least(report, scope={"orgTreeName": "Sales", name: "deep"}, **{name: "else"})
    assert problems(given_input) == (
        f"scope.{name} and {name} name one thing and differ: give one.",
    )


@EITHER
@pytest.mark.parametrize("name", ["orgIdentifier", "projectIdentifier"])
@pytest.mark.parametrize("value", [None, "", 5], ids=["null", "empty", "number"])
def test_given_a_bad_identifier_in_the_scope_then_it_is_told_there_and_as_no_difference(
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
def test_given_neither_scope_nor_a_stacks_tree_then_the_message_says_where_to_give_it(
    report: str,
) -> None:
    assert problems(least(report), replace(DEFAULTS, org_tree_name="")) == (
        "scope.orgTreeName is missing: give it, or set the stack's parameter OrgTreeName.",
    )


@EITHER
def test_given_a_team_then_no_tree_of_the_stack_is_needed(report: str) -> None:
    given_input = least(report, scope={"teamId": "4"})
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


def test_given_a_contributor_report_then_its_collection_is_its_team() -> None:
    one = request_of("contributor-report", collectionId="77")
    assert (one.tree, one.team) == (None, "77")


@pytest.mark.parametrize(
    ("collection", "number", "team"),
    [
        pytest.param("77", 77, "77", id="the same number"),
        pytest.param(" 077 ", 77, "077", id="the same with a zero before it"),
        pytest.param("0", 0, "0", id="zero"),
        pytest.param("77", 7, "77:7", id="another number"),
        pytest.param("70", 7, "70:7", id="a number with a zero behind it"),
        pytest.param("Platform", 77, "Platform:77", id="a name"),
        pytest.param("7" * 5000, 7, f"{'7' * 5000}:7", id="more digits than Python reads"),
    ],
)
def test_given_a_team_report_then_its_team_is_the_collection_and_the_number_if_they_differ(
    collection: str, number: int, team: str
) -> None:
    one = request_of("team-report", collectionId=collection, teamRefId=number)
    assert (one.tree, one.team) == (None, team)


# --- dates of legacy reports ---


@EVERY_LEGACY
@pytest.mark.parametrize(
    "dates",
    [
        pytest.param({"dateStart": "2026-02-01", "dateEnd": "2026-02-28"}, id="its own fields"),
        pytest.param({"dateRange": {"start": "2026-02-01", "end": "2026-02-28"}}, id="a range"),
        pytest.param({"dateRange": {"period": "previous-month"}}, id="a period"),
    ],
)
def test_given_dates_in_any_form_then_a_legacy_body_has_its_own_fields(
    report: str, dates: JsonObject
) -> None:
    given_input = {**least(report), **dates}
    if "dateStart" in dates:
        del given_input["dateRange"]
    one = parsed(given_input)
    assert (one.start, one.end) == (date(2026, 2, 1), date(2026, 2, 28))
    body = one.body()
    assert (body["dateStart"], body["dateEnd"]) == ("2026-02-01", "2026-02-28")
    assert "dateRange" not in body


@EVERY_LEGACY
@pytest.mark.parametrize(
    ("dates", "found"),
    [
        pytest.param(
            {"dateStart": "2024-02-01", "dateEnd": "2024-01-31"},
            ["dateStart 2024-02-01 is after dateEnd 2024-01-31."],
            id="reversed",
        ),
        pytest.param(
            {"dateStart": "2024-02-01"},
            ["dateEnd is missing: give a day such as 2026-01-31."],
            id="no end",
        ),
        pytest.param(
            {"dateEnd": "2024-02-01"},
            ["dateStart is missing: give a day such as 2026-01-31."],
            id="no start",
        ),
        pytest.param(
            {"dateStart": "2023-02-29", "dateEnd": 20240101},
            [
                'dateStart is "2023-02-29": a day of the calendar such as 2026-01-31 is allowed.',
                "dateEnd is 20240101: a day of the calendar such as 2026-01-31 is allowed.",
            ],
            id="no days",
        ),
        pytest.param(
            {},
            [
                (
                    "dateRange is missing: give start and end, or period, or trailingDays, as in "
                    '{"period": "previous-month"}.'
                )
            ],
            id="none at all",
        ),
    ],
)
def test_given_wrong_dates_of_a_legacy_report_then_its_own_fields_are_named(
    report: str, dates: JsonObject, found: list[str]
) -> None:
    given_input = {**least(report), **dates}
    del given_input["dateRange"]
    assert problems(given_input) == tuple(found)


@EVERY_LEGACY
@pytest.mark.parametrize("name", ["dateStart", "dateEnd"])
def test_given_both_forms_of_dates_then_one_is_to_be_chosen(report: str, name: str) -> None:
    assert problems(least(report, **{name: "2024-01-01"})) == (
        "dateRange and dateStart with dateEnd are two forms: give one.",
    )


@pytest.mark.parametrize("report", ["productivity", *TREE_OR_TEAM])
def test_given_another_report_then_the_legacy_fields_of_dates_are_unknown(report: str) -> None:
    given_input = least(report, dateStart="2024-01-01", dateEnd="2024-12-31")
    told = [problem.split(":")[0] for problem in problems(given_input)]
    assert told == ["dateStart is not a field", "dateEnd is not a field"]


# --- fields of single reports ---


@pytest.mark.parametrize(
    ("lists", "sent"),
    [
        pytest.param({"metric": ["b", "a"]}, ["a", "b"], id="the alias alone"),
        pytest.param({"metrics": ["b"], "metric": ["a", "B"]}, ["a", "b"], id="both, merged"),
        pytest.param({"metric": ["B"], "metrics": ["b"]}, ["b"], id="both, the name's spelling"),
        pytest.param({"metrics": None, "metric": ["a"]}, ["a"], id="null and the alias"),
        pytest.param({"metrics": [], "metric": []}, None, id="both empty"),
    ],
)
def test_given_sprint_then_metric_and_metrics_are_one_list(
    lists: JsonObject, sent: JsonValue
) -> None:
    body = request_of("sprint", **lists).body()
    assert body.get("metrics") == sent
    assert "metric" not in body


def test_given_a_bad_list_under_the_alias_then_the_message_has_the_alias() -> None:
    assert problems(least("sprint", metric="PREDICTABILITY")) == (
        'metric is "PREDICTABILITY": a list of names is allowed.',
    )


@pytest.mark.parametrize("report", ["productivity", "efficiency", "business-alignment"])
def test_given_another_report_then_metric_is_unknown(report: str) -> None:
    (problem,) = problems(least(report, metric=["a"]))
    assert problem.startswith("metric is not a field")
    assert problem.endswith("did you mean metrics?")


@pytest.mark.parametrize("groups", ["absent", None, []], ids=str)
def test_given_efficiency_without_groups_then_the_message_lists_them(groups: JsonValue) -> None:
    given_input = least("efficiency", metricGroups=groups, metrics=["LEAD_TIME"])
    if groups == "absent":
        del given_input["metricGroups"]
    assert problems(given_input) == (
        (
            "metricGroups is missing: allowed are lttc, df, deployment_frequency, mttr, cfr, "
            "summary, work_items, rating."
        ),
    )


@pytest.mark.parametrize("report", ["efficiency", "sprint", "business-alignment"])
@pytest.mark.parametrize("options", ["absent", None, {}], ids=str)
def test_given_no_granularity_where_one_is_required_then_the_message_lists_them(
    report: str, options: JsonValue
) -> None:
    given_input = least(report, options=options)
    if options == "absent":
        del given_input["options"]
    (problem,) = problems(given_input)
    assert problem.startswith("options.granularity is missing: allowed are ")
    assert problem.endswith("WEEKLY, MONTHLY, QUARTERLY.")


@pytest.mark.parametrize("report", ["productivity", "time-in-status"])
def test_given_a_report_that_needs_no_options_then_none_are_asked_for(report: str) -> None:
    assert problems(least(report)) == ()


@pytest.mark.parametrize(
    ("report", "sent"),
    [
        ("productivity", "metricLevel"),
        ("sprint", "metricLevel"),
        ("time-in-status", "aggregationLevel"),
    ],
)
@pytest.mark.parametrize(
    "given_options",
    [
        pytest.param({"metricLevel": "TEAM"}, id="metricLevel"),
        pytest.param({"aggregationLevel": "team"}, id="aggregationLevel"),
        pytest.param({"metricLevel": "team", "aggregationLevel": "Team"}, id="both alike"),
    ],
)
def test_given_the_level_by_either_name_then_the_reports_own_name_is_sent(
    report: str, sent: str, given_options: JsonObject
) -> None:
    base = least(report).get("options")
    assert base is None or isinstance(base, dict)
    options = request_of(report, options={**(base or {}), **given_options}).body()["options"]
    assert isinstance(options, dict)
    levels = {name: value for name, value in options.items() if name.endswith("Level")}
    assert levels == {sent: "team"}


@pytest.mark.parametrize("report", ["efficiency", "business-alignment"])
@pytest.mark.parametrize("name", ["metricLevel", "aggregationLevel"])
def test_given_a_report_without_a_level_then_it_is_unknown(report: str, name: str) -> None:
    (problem,) = problems(least(report, options={"granularity": "MONTHLY", name: "team"}))
    assert problem.startswith(f"options.{name} is not a field")


@pytest.mark.parametrize(
    ("report", "given_value", "sent"),
    [
        ("productivity", "MONTHLY", "monthly"),
        ("efficiency", "monthly", "MONTHLY"),
        ("sprint", "Sprint", "SPRINT"),
        ("business-alignment", "weekly", "WEEKLY"),
        ("time-in-status", "Daily", "daily"),
    ],
)
def test_given_a_granularity_in_any_case_then_each_report_gets_its_own(
    report: str, given_value: str, sent: str
) -> None:
    body = request_of(report, options={"granularity": given_value}).body()
    options = body["options"]
    assert isinstance(options, dict)
    assert options["granularity"] == sent


@pytest.mark.parametrize(
    ("report", "granularity"),
    [
        ("productivity", "daily"),
        ("efficiency", "SPRINT"),
        ("sprint", "DAILY"),
        ("business-alignment", "daily"),
        ("time-in-status", "SPRINT"),
    ],
)
def test_given_a_granularity_of_another_report_then_it_is_refused(
    report: str, granularity: str
) -> None:
    (problem,) = problems(least(report, options={"granularity": granularity}))
    assert problem.startswith(f'options.granularity is "{granularity}": allowed are ')


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        pytest.param({}, {}, id="neither group"),
        pytest.param({"productivity": None}, {}, id="null"),
        pytest.param({"productivity": {}}, {"productivity": {"metrics": []}}, id="all of one"),
        pytest.param(
            {"productivity": {"metrics": None}}, {"productivity": {"metrics": []}}, id="null list"
        ),
        pytest.param(
            {"efficiency": {"calculationType": "p95"}},
            {"efficiency": {"metrics": [], "calculationType": "P95"}},
            id="all of the other, by its calculation",
        ),
    ],
)
def test_given_a_legacy_group_then_it_is_sent_with_its_list_and_else_left_out(
    fields: JsonObject, sent: JsonObject
) -> None:
    body = request_of("team-report", **fields).body()
    groups = {name: body[name] for name in ("productivity", "efficiency") if name in body}
    assert groups == sent


@pytest.mark.parametrize("contributors", ["absent", None], ids=str)
def test_given_no_contributors_where_they_are_required_then_they_are_missing(
    contributors: JsonValue,
) -> None:
    given_input = least("contributor-report", productivityContributors=contributors)
    if contributors == "absent":
        del given_input["productivityContributors"]
    assert problems(given_input) == ("productivityContributors is missing: this report needs it.",)


def test_given_all_that_legacy_reports_require_missing_then_each_is_told() -> None:
    span: JsonObject = {"start": "2024-01-01", "end": "2024-12-31"}
    found = problems({"report": "team-report", "dateRange": span})
    assert found == (
        "collectionId is missing: this report needs it.",
        "teamRefId is missing: this report needs it.",
    )
