"""A batch's plan: what it asks for, and everything that is wrong with it at once."""

import json
import re
from datetime import date

import pytest

from sei_export.batch.plan import MAX_ITEMS
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS
from tests.fakes.plans import paths, plan_of, plan_problems, read_plan, windows_of, without_dates
from tests.fakes.samples import asked, least, parsed

WEEKLY: JsonObject = {"name": "weekly", "exports": [least("sprint"), least("efficiency")]}
MONTH: JsonObject = {"from": "2024-01-15", "to": "2024-03-10", "window": "month"}


# --- the plan ---


def test_a_plan_is_read_in_its_order() -> None:
    plan = read_plan(WEEKLY | {"dryRun": True})
    assert (plan.name, plan.dry_run) == ("weekly", True)
    assert [planned.requests for planned in plan.exports] == [
        (parsed(least("sprint")),),
        (parsed(least("efficiency")),),
    ]
    assert [planned.path for planned in plan.exports] == ["exports[0]", "exports[1]"]
    assert plan.given == WEEKLY | {"dryRun": True}


def test_name_and_dry_run_have_defaults() -> None:
    plan = read_plan(plan_of(asked()))
    assert (plan.name, plan.dry_run) == ("batch", False)


def test_reading_a_plan_leaves_it_as_it_is() -> None:
    entry = asked(scope={"teams": "leaves"}, dateRange=None, backfill=MONTH)
    given_input = plan_of(entry, scheduledTime="2026-03-15T06:00:00Z")
    before = json.dumps(given_input)
    read_plan(given_input)
    assert json.dumps(given_input) == before


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
            plan_of(asked(), 5, None),
            [
                "exports[1] is 5: a request is allowed.",
                "exports[2] is null: a request is allowed.",
            ],
            id="entries of other types",
        ),
        pytest.param(
            plan_of(asked(), dryrun=True),
            [
                (
                    "dryrun is not a field: known are name, exports, dryRun, forgetCuts, "
                    "scheduledTime; did you mean dryRun?"
                )
            ],
            id="an unknown field",
        ),
        pytest.param(
            plan_of(asked(), dryRun="yes"),
            ['dryRun is "yes": true or false is allowed.'],
            id="dry run",
        ),
        pytest.param(
            plan_of(asked(), name="a b"),
            ['name is "a b": a name of 1 to 64 letters, digits, - and _ is allowed.'],
            id="name",
        ),
        pytest.param(
            plan_of(asked(), scheduledTime="today"),
            ['scheduledTime is "today": a time such as 2026-03-01T06:00:00Z is allowed.'],
            id="time",
        ),
    ],
)
def test_what_is_no_plan_is_told(given_input: JsonValue, found: list[str]) -> None:
    assert plan_problems(given_input) == tuple(found)


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
    assert (plan_problems(plan_of(asked(), name=name)) == ()) is is_fine


def test_more_than_500_entries_are_refused() -> None:
    assert len(read_plan(plan_of(*[asked()] * 500)).exports) == 500
    assert paths(plan_problems(plan_of(*[asked()] * 501))) == ["exports"]


# --- entries ---


def test_every_entrys_problems_are_told_with_its_path_in_one_message() -> None:
    given_input = plan_of(
        asked(),
        asked(report="sprnt"),
        asked(scope={"orgTreeName": "E", "teams": "leafs", "team": 1}),
        asked(scheduledTime="2026-03-15T06:00:00Z", loockback=2),
        least("efficiency", options={}, metricGroups=["x"], dateRange={"start": "2024-01-01"}),
        name=7,
    )
    found = plan_problems(given_input)
    assert paths(found) == [
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
    assert windows_of(read_plan(plan_of(entry), started_at=started_at)) == ["2026-03-01/2026-03-01"]
    nominal = plan_of(entry, scheduledTime="2026-03-01T06:00:00Z")
    assert windows_of(read_plan(nominal, started_at=started_at)) == ["2026-02-28/2026-02-28"]


def test_names_that_no_key_could_hold_are_told_with_the_entry() -> None:
    found = plan_problems(plan_of(asked(), asked(scope={"orgTreeName": "é" * 200})))
    assert len(found) == 1
    assert found[0].startswith("exports[1].scope and identifiers make an S3 key of ")


# --- teams ---


# --- backfill ---


def test_windows_without_number_are_refused_before_they_are_made() -> None:
    days: JsonObject = {"from": "0001-01-01", "to": "2025-12-31", "window": "day"}
    entry = without_dates(asked(), backfill=days)
    assert plan_problems(plan_of(*[entry] * 20, asked(report="x"))) == (
        f'exports[20].report is "x": allowed are {", ".join(REPORTS)}.',
        "exports have more than 10000 windows of time: at most so many are allowed.",
    )


def test_as_many_windows_as_a_batch_has_items_are_taken() -> None:
    start = date.fromordinal(date(2025, 12, 31).toordinal() - MAX_ITEMS + 2).isoformat()
    days: JsonObject = {"from": start, "to": "2025-12-31", "window": "day"}
    entry = without_dates(asked(), backfill=days)
    plan = read_plan(plan_of(entry, asked()))
    assert sum(len(planned.requests) for planned in plan.exports) == MAX_ITEMS
    assert len(plan_problems(plan_of(entry, asked(), asked()))) == 1


# --- lookback ---


# --- any plan ---


@pytest.mark.parametrize("wide", ["x", "漢"])
def test_given_an_entry_that_no_export_takes_then_its_size_is_told(wide: str) -> None:
    entry = asked(metrics=[wide * (90_000 // len(wide.encode()))])
    [problem] = plan_problems(plan_of(asked(), entry))
    assert re.fullmatch(r"exports\[1\] has 90,\d{3} bytes: at most 90,000 are allowed\.", problem)
