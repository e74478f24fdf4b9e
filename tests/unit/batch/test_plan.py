"""A batch's plan: what it asks for, and everything that is wrong with it at once."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import dates
from sei_export.batch.plan import MAX_ITEMS, Plan, parse_plan
from sei_export.batch.selector import WHOLE, Selector
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.defaults import RequestDefaults
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER
from sei_export.request.reports import REPORTS, Report, Scope
from tests.fakes.request_strategies import requests
from tests.fakes.samples import DEFAULTS, STARTED_AT, asked, least, parsed

WEEKLY: JsonObject = {"name": "weekly", "exports": [least("sprint"), least("efficiency")]}
MONTH: JsonObject = {"from": "2024-01-15", "to": "2024-03-10", "window": "month"}
CLOSED = "previous-day, previous-week, previous-month, previous-quarter, previous-year"


def _plan(
    given_input: JsonValue,
    defaults: RequestDefaults = DEFAULTS,
    batch_plan: JsonObject | None = None,
    started_at: str = "2026-03-15T06:00:00Z",
) -> Plan:
    return parse_plan(given_input, defaults, batch_plan or {}, dates.parse_moment(started_at))


def _of(*entries: JsonValue, **fields: JsonValue) -> JsonObject:
    return {"exports": [*entries], **fields}


def _problems(
    given_input: JsonValue,
    defaults: RequestDefaults = DEFAULTS,
    batch_plan: JsonObject | None = None,
) -> tuple[str, ...]:
    try:
        _plan(given_input, defaults, batch_plan)
    except InvalidRequestError as error:
        return error.problems
    return ()


def _paths(found: tuple[str, ...]) -> list[str]:
    return [problem.split(" ", 1)[0] for problem in found]


def _windows(plan: Plan) -> list[str]:
    [planned] = plan.exports
    return [f"{request.start}/{request.end}" for request in planned.requests]


def _without_dates(entry: JsonObject, **fields: JsonValue) -> JsonObject:
    return {name: value for name, value in entry.items() if name != "dateRange"} | fields


# --- the plan ---


def test_a_plan_is_read_in_its_order() -> None:
    plan = _plan(WEEKLY | {"dryRun": True})
    assert (plan.name, plan.dry_run) == ("weekly", True)
    assert [planned.requests for planned in plan.exports] == [
        (parsed(least("sprint")),),
        (parsed(least("efficiency")),),
    ]
    assert [planned.path for planned in plan.exports] == ["exports[0]", "exports[1]"]
    assert plan.given == WEEKLY | {"dryRun": True}


def test_name_and_dry_run_have_defaults() -> None:
    plan = _plan(_of(asked()))
    assert (plan.name, plan.dry_run) == ("batch", False)


def test_reading_a_plan_leaves_it_as_it_is() -> None:
    entry = asked(scope={"teams": "leaves"}, dateRange=None, backfill=MONTH)
    given_input = _of(entry, scheduledTime="2026-03-15T06:00:00Z")
    before = json.dumps(given_input)
    _plan(given_input)
    assert json.dumps(given_input) == before


ASKS_FOR_NOTHING = pytest.mark.parametrize(
    "given_input",
    [
        pytest.param({}, id="empty"),
        pytest.param({"Comment": "Insert your JSON here"}, id="the console's own input"),
        pytest.param({"scheduledTime": "2026-03-15T06:00:00Z"}, id="the schedule's input"),
        pytest.param({"scheduledTime": NOMINAL_TIME_PLACEHOLDER, "Comment": ""}, id="both"),
    ],
)


@ASKS_FOR_NOTHING
def test_an_input_that_asks_for_nothing_runs_the_stacks_plan(given_input: JsonObject) -> None:
    plan = _plan(given_input, batch_plan=WEEKLY)
    assert (plan.name, plan.dry_run, len(plan.exports)) == ("weekly", False, 2)
    assert plan.given == WEEKLY
    assert plan.exports[1].path == "BatchPlan.exports[1]"


@ASKS_FOR_NOTHING
def test_a_stack_without_a_plan_has_its_default_request_alone(given_input: JsonObject) -> None:
    plan = _plan(given_input)
    assert plan.name == "default"
    assert [planned.requests for planned in plan.exports] == [(parsed({}),)]
    assert plan.exports[0].is_whole
    assert plan.given == {"name": "default", "exports": [DEFAULTS.default_request]}


@pytest.mark.parametrize("batch_plan", [{}, WEEKLY], ids=["default request", "plan"])
def test_the_stacks_plan_can_be_run_dry(batch_plan: JsonObject) -> None:
    plan = _plan({"dryRun": True}, batch_plan=batch_plan)
    assert plan.dry_run
    assert plan.given["dryRun"] is True


def test_what_the_input_says_of_a_dry_run_comes_before_the_stacks_plan() -> None:
    dry = WEEKLY | {"dryRun": True}
    assert _plan({}, batch_plan=dry).dry_run
    assert not _plan({"dryRun": False}, batch_plan=dry).dry_run
    assert _paths(_problems({"dryRun": 1}, batch_plan=dry)) == ["dryRun"]


def test_problems_of_the_stacks_plan_are_told_apart() -> None:
    batch_plan: JsonObject = {
        "name": "",
        "dryRun": "no",
        "schedule": 1,
        "scheduledTime": "2026-03-15T06:00:00Z",
        "exports": [{"report": "x"}, 7],
    }
    assert _paths(_problems({}, batch_plan=batch_plan)) == [
        "BatchPlan.dryRun",
        "BatchPlan.schedule",
        "BatchPlan.scheduledTime",
        "BatchPlan.name",
        "BatchPlan.exports[0].report",
        "BatchPlan.exports[0].dateRange",
        "BatchPlan.exports[1]",
    ]


def test_problems_of_the_default_request_are_told_apart() -> None:
    broken = replace(DEFAULTS, default_request={"report": "sprint"})
    assert _paths(_problems({"scheduledTime": "x"}, broken)) == [
        "scheduledTime",
        "DefaultRequest.dateRange",
        "DefaultRequest.options.granularity",
    ]


@pytest.mark.parametrize(
    ("given_input", "found"),
    [
        pytest.param([], ["The input is not a JSON object."], id="a list"),
        pytest.param(None, ["The input is not a JSON object."], id="null"),
        pytest.param(
            {"name": "x"},
            ['exports is missing: give a list of requests, each as in {"report": "productivity"}.'],
            id="no exports",
        ),
        pytest.param(
            {"exports": []}, ["exports is []: a list of 1 to 500 requests is allowed."], id="none"
        ),
        pytest.param(
            {"exports": {}}, ["exports is {}: a list of 1 to 500 requests is allowed."], id="object"
        ),
        pytest.param(
            _of(asked(), 5, None),
            [
                "exports[1] is 5: a request is allowed.",
                "exports[2] is null: a request is allowed.",
            ],
            id="entries of other types",
        ),
        pytest.param(
            _of(asked(), dryrun=True),
            [
                (
                    "dryrun is not a field: known are name, exports, dryRun, scheduledTime; did "
                    "you mean dryRun?"
                )
            ],
            id="an unknown field",
        ),
        pytest.param(
            _of(asked(), dryRun="yes"), ['dryRun is "yes": true or false is allowed.'], id="dry run"
        ),
        pytest.param(
            _of(asked(), name="a b"),
            ['name is "a b": 1 to 64 letters, digits, - and _ are allowed.'],
            id="name",
        ),
        pytest.param(
            _of(asked(), scheduledTime="today"),
            ['scheduledTime is "today": a time such as 2026-03-01T06:00:00Z is allowed.'],
            id="time",
        ),
    ],
)
def test_what_is_no_plan_is_told(given_input: JsonValue, found: list[str]) -> None:
    assert _problems(given_input) == tuple(found)


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        ("a" * 64, True),
        ("A-z_9", True),
        ("a" * 65, False),
        ("", False),
        ("é", False),
        ("a\n", False),
    ],
)
def test_a_name_is_fit_for_a_path(name: str, *, is_fine: bool) -> None:
    assert (_problems(_of(asked(), name=name)) == ()) is is_fine


def test_more_than_500_entries_are_refused() -> None:
    assert len(_plan(_of(*[asked()] * 500)).exports) == 500
    assert _paths(_problems(_of(*[asked()] * 501))) == ["exports"]


# --- entries ---


def test_every_entrys_problems_are_told_with_its_path_in_one_message() -> None:
    given_input = _of(
        asked(),
        asked(report="sprnt"),
        asked(scope={"orgTreeName": "E", "teams": "leafs", "team": 1}),
        asked(scheduledTime="2026-03-15T06:00:00Z", loockback=2),
        least("efficiency", options={}, metricGroups=["x"], dateRange={"start": "2024-01-01"}),
        name=7,
    )
    found = _problems(given_input)
    assert _paths(found) == [
        "name",
        "exports[1].report",
        "exports[2].scope.team",
        "exports[2].scope.teams",
        "exports[3].scheduledTime",
        "exports[3].loockback",
        "exports[4].dateRange.end",
        "exports[4].metricGroups[0]",
        "exports[4].options.granularity",
    ]
    assert found[1].endswith("; did you mean sprint?")
    assert "known are orgTreeName, teamId, teams" in found[2]
    assert found[5].endswith("backfill, lookback; did you mean lookback?")


def test_relative_dates_are_anchored_at_the_plans_nominal_time_or_else_the_start() -> None:
    entry = asked(dateRange={"period": "previous-day"})
    started_at = "2026-03-02T00:01:00Z"
    assert _windows(_plan(_of(entry), started_at=started_at)) == ["2026-03-01/2026-03-01"]
    nominal = _of(entry, scheduledTime="2026-03-01T06:00:00Z")
    assert _windows(_plan(nominal, started_at=started_at)) == ["2026-02-28/2026-02-28"]


def test_names_that_no_key_could_hold_are_told_with_the_entry() -> None:
    found = _problems(_of(asked(), asked(scope={"orgTreeName": "é" * 200})))
    assert len(found) == 1
    assert found[0].startswith("exports[1].scope and identifiers make an S3 key of ")


# --- teams ---


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
    [planned] = _plan(_of(least(report, scope={"orgTreeName": "Sales", "teams": teams}))).exports
    assert planned.selector == selector
    assert planned.requests == (parsed(least(report, scope={"orgTreeName": "Sales"})),)
    assert planned.is_whole is (teams == "none")
    assert planned.tree_name == ("acme", "metrics", "Sales")


def test_the_stacks_tree_can_be_cut_too() -> None:
    [planned] = _plan(_of(least("sprint", scope={"teams": "top"}))).exports
    assert planned.requests[0].tree == "Engineering"


def test_a_team_cannot_be_cut() -> None:
    scope: JsonObject = {"teamId": "4", "teams": "leaves"}
    assert _problems(_of(least("sprint", scope=scope))) == (
        "exports[0].scope.teams goes with orgTreeName, not teamId.",
    )
    [planned] = _plan(_of(least("sprint", scope=scope | {"teams": "none"}))).exports
    assert (planned.is_whole, planned.tree_name) == (True, None)


def test_a_legacy_report_has_no_teams() -> None:
    for teams in ("leaves", 5.5):
        found = _problems(_of(least("team-report", scope={"teams": teams})))
        assert _paths(found) == ["exports[0].scope"]
    assert _plan(_of(least("team-report"))).exports[0].tree_name is None


# --- backfill ---


@pytest.mark.parametrize("report", REPORTS)
def test_a_backfill_is_one_request_per_window(report: str) -> None:
    plan = _plan(_of(_without_dates(least(report), backfill=MONTH)))
    assert _windows(plan) == [
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
    entry = _without_dates(asked(), backfill=backfill)
    assert _problems(_of(entry)) == tuple(f"exports[0].{problem}" for problem in found)


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
        entry = _without_dates(asked(), backfill=MONTH | {"to": end})
        started_at = "2026-03-15T13:00:00Z"
        if is_fine:
            _plan(_of(entry), defaults, started_at=started_at)
        else:
            with pytest.raises(InvalidRequestError, match="a backfill ends before today"):
                _plan(_of(entry), defaults, started_at=started_at)


@pytest.mark.parametrize(
    "span",
    [{"dateRange": {"period": "previous-day"}}, {"dateStart": "2024-01-01"}, {"dateRange": 7}],
)
def test_a_backfill_and_other_dates_exclude_each_other(span: JsonObject) -> None:
    entry = _without_dates(least("team-report"), backfill=MONTH, **span)
    assert _problems(_of(entry)) == (
        "exports[0].backfill and dates of another kind exclude each other: give one.",
    )


def test_null_for_the_one_or_the_other_is_as_good_as_absent() -> None:
    assert len(_windows(_plan(_of(asked(dateRange=None, backfill=MONTH))))) == 3
    assert len(_windows(_plan(_of(asked(backfill=None))))) == 1


def test_windows_without_number_are_refused_before_they_are_made() -> None:
    days: JsonObject = {"from": "0001-01-01", "to": "2025-12-31", "window": "day"}
    entry = _without_dates(asked(), backfill=days)
    assert _problems(_of(*[entry] * 20, asked(report="x"))) == (
        f'exports[20].report is "x": allowed are {", ".join(REPORTS)}.',
        "exports have more than 10000 windows of time: at most so many are allowed.",
    )


def test_as_many_windows_as_a_batch_has_items_are_taken() -> None:
    start = date.fromordinal(date(2025, 12, 31).toordinal() - MAX_ITEMS + 2).isoformat()
    days: JsonObject = {"from": start, "to": "2025-12-31", "window": "day"}
    entry = _without_dates(asked(), backfill=days)
    plan = _plan(_of(entry, asked()))
    assert sum(len(planned.requests) for planned in plan.exports) == MAX_ITEMS
    assert len(_problems(_of(entry, asked(), asked()))) == 1


# --- lookback ---


def test_a_lookback_is_the_last_periods_that_are_over_oldest_first() -> None:
    month: JsonObject = {"period": "previous-month"}
    assert _windows(_plan(_of(asked(dateRange=month, lookback=3)))) == [
        "2025-12-01/2025-12-31",
        "2026-01-01/2026-01-31",
        "2026-02-01/2026-02-28",
    ]
    one = _plan(_of(asked(dateRange=month, lookback=1)))
    assert one.exports == _plan(_of(asked(dateRange=month))).exports


def test_a_lookback_counts_from_today_in_the_ranges_own_time_zone() -> None:
    day: JsonObject = {"period": "previous-day", "timezone": "Pacific/Auckland"}
    plan = _plan(_of(asked(dateRange=day, lookback=2)), started_at="2026-03-15T13:00:00Z")
    assert _windows(plan) == ["2026-03-14/2026-03-14", "2026-03-15/2026-03-15"]


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
    assert _problems(_of(asked(**fields))) == expected


def test_the_longest_lookback_stays_on_the_calendar() -> None:
    entry = asked(dateRange={"period": "previous-year"}, lookback=1000)
    windows = _windows(_plan(_of(entry, scheduledTime="1970-01-02T00:00:00Z")))
    assert (len(windows), windows[0]) == (1000, "0970-01-01/0970-12-31")


# --- any plan ---


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
    [planned] = _plan(_of(entry)).exports
    again = _plan(_of(*(_again(request, teams) for request in planned.requests)))
    assert tuple(each.requests[0] for each in again.exports) == planned.requests
    assert {each.selector for each in again.exports} == {planned.selector}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_plain_entry_is_the_request_that_an_execution_of_its_own_would_be(
    report: Report, data: st.DataObject
) -> None:
    entry = data.draw(requests(report))
    plan = parse_plan(_of(entry), BATCH_DEFAULTS, STARTED_AT)
    assert [planned.requests for planned in plan.exports] == [(parsed(entry),)]
