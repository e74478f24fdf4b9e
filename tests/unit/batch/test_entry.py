"""One entry of a plan: a request, teams of its tree, and windows of time."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export.batch.plan import parse_plan
from sei_export.batch.selector import WHOLE, Selector
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.plans import paths, plan_of, plan_problems, read_plan, windows_of, without_dates
from tests.fakes.request_strategies import requests
from tests.fakes.samples import BATCH_DEFAULTS, DEFAULTS, STARTED_AT, asked, least, parsed

MONTH: JsonObject = {"from": "2024-01-15", "to": "2024-03-10", "window": "month"}


CLOSED = "previous-day, previous-week, previous-month, previous-quarter, previous-year"


@pytest.mark.parametrize("report", [name for name, each in REPORTS.items() if not each.is_legacy])
@pytest.mark.parametrize(
    ("teams", "selector"),
    [
        pytest.param("none", WHOLE, id="none"),
        pytest.param("top", Selector(1), id="top"),
        pytest.param("leaves", Selector(None), id="leaves"),
        pytest.param(3, Selector(3), id="depth"),
        pytest.param([5, "Platform"], Selector(teams=("5", "Platform")), id="list"),
    ],
)
def test_teams_of_a_tree_are_selected_beside_the_request(
    report: str, teams: JsonValue, selector: Selector
) -> None:
    [planned] = read_plan(
        plan_of(least(report, scope={"orgTreeName": "Sales", "teams": teams}))
    ).exports
    assert planned.selector == selector
    assert planned.requests == (parsed(least(report, scope={"orgTreeName": "Sales"})),)
    assert planned.is_whole is (teams == "none")
    assert planned.tree_name == ("acme", "metrics", "Sales")


def test_the_stacks_tree_can_be_cut_too() -> None:
    [planned] = read_plan(plan_of(least("sprint", scope={"teams": "top"}))).exports
    assert planned.requests[0].tree == "Engineering"


def test_a_team_cannot_be_cut() -> None:
    scope: JsonObject = {"teamId": "4", "teams": "leaves"}
    assert plan_problems(plan_of(least("sprint", scope=scope))) == (
        "exports[0].scope.teams goes with orgTreeName, not teamId.",
    )
    [planned] = read_plan(plan_of(least("sprint", scope=scope | {"teams": "none"}))).exports
    assert (planned.is_whole, planned.tree_name) == (True, None)


def test_a_legacy_report_has_no_teams() -> None:
    for teams in ("leaves", 5.5):
        found = plan_problems(plan_of(least("team-report", scope={"teams": teams})))
        assert paths(found) == ["exports[0].scope"]
    assert read_plan(plan_of(least("team-report"))).exports[0].tree_name is None


@pytest.mark.parametrize("report", REPORTS)
def test_a_backfill_is_one_request_per_window(report: str) -> None:
    plan = read_plan(plan_of(without_dates(least(report), backfill=MONTH)))
    assert windows_of(plan) == [
        "2024-01-15/2024-01-31",
        "2024-02-01/2024-02-29",
        "2024-03-01/2024-03-10",
    ]
    one = parsed(least(report, dateRange={"start": "2024-02-01", "end": "2024-02-29"}))
    assert plan.exports[0].requests[1] == one


@pytest.mark.parametrize(
    ("backfill", "found"),
    [
        pytest.param(
            "2024",
            ['backfill is "2024": an object with from, to, window is allowed.'],
            id="a text",
        ),
        pytest.param(
            {},
            [
                "backfill.window is missing: allowed are day, week, month, quarter, year.",
                "backfill.from is missing: give a day such as 2026-01-31.",
                "backfill.to is missing: give a day such as 2026-01-31.",
            ],
            id="empty",
        ),
        pytest.param(
            MONTH | {"window": "monthly"},
            [
                (
                    'backfill.window is "monthly": allowed are day, week, month, quarter, year; '
                    "did you mean month?"
                )
            ],
            id="window",
        ),
        pytest.param(
            MONTH | {"window": None},
            ["backfill.window is null: allowed are day, week, month, quarter, year."],
            id="window, null",
        ),
        pytest.param(
            MONTH | {"From": 1},
            ["backfill.From is not a field: known are from, to, window; did you mean from?"],
            id="an unknown field",
        ),
        pytest.param(
            MONTH | {"to": "2024-01-14"},
            ["backfill.from 2024-01-15 is after backfill.to 2024-01-14."],
            id="reversed",
        ),
        pytest.param(
            MONTH | {"to": "2024-02-30"},
            ['backfill.to is "2024-02-30": a day of the calendar such as 2026-01-31 is allowed.'],
            id="no day",
        ),
        pytest.param(
            MONTH | {"to": "2026-03-15"},
            ['backfill.to is "2026-03-15": a backfill ends before today, 2026-03-15.'],
            id="today",
        ),
    ],
)
def test_a_wrong_backfill_is_told_and_no_missing_dates(
    backfill: JsonValue, found: list[str]
) -> None:
    entry = without_dates(asked(), backfill=backfill)
    assert plan_problems(plan_of(entry)) == tuple(f"exports[0].{problem}" for problem in found)


@pytest.mark.parametrize(
    ("timezone", "last"),
    [
        pytest.param("UTC", "2026-03-14", id="UTC"),
        pytest.param("Pacific/Auckland", "2026-03-15", id="already tomorrow"),
        pytest.param("Nowhere/Else", "2026-03-14", id="none that is known: UTC"),
    ],
)
def test_a_backfill_ends_before_today_in_the_stacks_time_zone(timezone: str, last: str) -> None:
    defaults = replace(DEFAULTS, timezone=timezone)
    for days, is_fine in ((0, True), (1, False)):
        end = date.fromordinal(date.fromisoformat(last).toordinal() + days).isoformat()
        entry = without_dates(asked(), backfill=MONTH | {"to": end})
        started_at = "2026-03-15T13:00:00Z"
        if is_fine:
            read_plan(plan_of(entry), defaults, started_at=started_at)
        else:
            with pytest.raises(InvalidRequestError, match="a backfill ends before today"):
                read_plan(plan_of(entry), defaults, started_at=started_at)


@pytest.mark.parametrize(
    "span",
    [{"dateRange": {"period": "previous-day"}}, {"dateStart": "2024-01-01"}, {"dateRange": 7}],
)
def test_a_backfill_and_other_dates_exclude_each_other(span: JsonObject) -> None:
    entry = without_dates(least("team-report"), backfill=MONTH, **span)
    assert plan_problems(plan_of(entry)) == (
        "exports[0].backfill and dates of another kind exclude each other: give one.",
    )


def test_null_for_the_one_or_the_other_is_as_good_as_absent() -> None:
    assert len(windows_of(read_plan(plan_of(asked(dateRange=None, backfill=MONTH))))) == 3
    assert len(windows_of(read_plan(plan_of(asked(backfill=None))))) == 1


def test_a_lookback_is_the_last_periods_that_are_over_oldest_first() -> None:
    month: JsonObject = {"period": "previous-month"}
    assert windows_of(read_plan(plan_of(asked(dateRange=month, lookback=3)))) == [
        "2025-12-01/2025-12-31",
        "2026-01-01/2026-01-31",
        "2026-02-01/2026-02-28",
    ]
    one = read_plan(plan_of(asked(dateRange=month, lookback=1)))
    assert one.exports == read_plan(plan_of(asked(dateRange=month))).exports


def test_a_lookback_counts_from_today_in_the_ranges_own_time_zone() -> None:
    day: JsonObject = {"period": "previous-day", "timezone": "Pacific/Auckland"}
    plan = read_plan(plan_of(asked(dateRange=day, lookback=2)), started_at="2026-03-15T13:00:00Z")
    assert windows_of(plan) == ["2026-03-14/2026-03-14", "2026-03-15/2026-03-15"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        *(
            pytest.param(
                {"dateRange": {"period": "previous-day"}, "lookback": count},
                [f"lookback is {json.dumps(count)}: a whole number from 1 to 1000 is allowed."],
                id=f"lookback {count}",
            )
            for count in (0, -1, 1001, 1.5, True, None, "2")
        ),
        *(
            pytest.param(
                {"dateRange": span, "lookback": 2},
                [f"lookback needs dateRange.period to be one of {CLOSED}."],
                id=name,
            )
            for name, span in {
                "absolute": {"start": "2024-01-01", "end": "2024-01-31"},
                "trailing": {"trailingDays": 7},
                "open period": {"period": "month-to-date"},
            }.items()
        ),
        pytest.param(
            {"dateRange": {"period": "previous-weak"}, "lookback": 2},
            [
                (
                    'dateRange.period is "previous-weak": allowed are previous-day, previous-week, '
                    "previous-month, previous-quarter, previous-year, month-to-date, "
                    "quarter-to-date, year-to-date; did you mean previous-week?"
                )
            ],
            id="an unknown period, which is told once",
        ),
        pytest.param(
            {"dateRange": None, "backfill": MONTH, "lookback": 2},
            [f"lookback needs dateRange.period to be one of {CLOSED}."],
            id="a backfill",
        ),
    ],
)
def test_a_wrong_lookback_is_told(fields: JsonObject, found: list[str]) -> None:
    expected = tuple(f"exports[0].{problem}" for problem in found)
    assert plan_problems(plan_of(asked(**fields))) == expected


def test_the_longest_lookback_stays_on_the_calendar() -> None:
    entry = asked(dateRange={"period": "previous-year"}, lookback=1000)
    windows = windows_of(read_plan(plan_of(entry, scheduledTime="1970-01-02T00:00:00Z")))
    assert (len(windows), windows[0]) == (1000, "0970-01-01/0970-12-31")


def _selectors() -> st.SearchStrategy[JsonValue]:
    listed: st.SearchStrategy[JsonValue] = st.lists(
        st.sampled_from(["Platform", "7", 9]), min_size=1, max_size=3
    )
    return st.sampled_from(["none", "top", "leaves"]) | st.integers(0, 5) | listed


def _again(request: ExportRequest, teams: JsonValue) -> JsonObject:
    """The entry that a request's canonical form is."""
    entry = request.canonical()
    scope = entry.get("scope")
    if isinstance(scope, dict) and "orgTreeName" in scope and "teamId" not in scope:
        entry["scope"] = scope | {"teams": teams}
    return entry


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=25)
@given(data=st.data())
def test_the_canonical_forms_of_any_plan_are_a_plan_that_asks_for_the_same(
    report: Report, data: st.DataObject
) -> None:
    entry = data.draw(requests(report))
    teams = data.draw(_selectors())
    scope = entry.setdefault("scope", {}) if report.scope is not Scope.COLLECTION else None
    if isinstance(scope, dict) and "teamId" not in scope:
        scope["teams"] = teams
    if data.draw(st.booleans()):
        entry |= {"backfill": MONTH, "dateRange": None}
    [planned] = read_plan(plan_of(entry)).exports
    again = read_plan(plan_of(*(_again(request, teams) for request in planned.requests)))
    assert tuple(each.requests[0] for each in again.exports) == planned.requests
    assert {each.selector for each in again.exports} == {planned.selector}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_plain_entry_is_the_request_that_an_execution_of_its_own_would_be(
    report: Report, data: st.DataObject
) -> None:
    entry = data.draw(requests(report))
    plan = parse_plan(plan_of(entry), BATCH_DEFAULTS, STARTED_AT)
    assert [planned.requests for planned in plan.exports] == [(parsed(entry),)]
