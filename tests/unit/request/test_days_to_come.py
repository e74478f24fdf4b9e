"""Ranges that end today or later, or are all still to come: by the clock, in the range's zone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sei_export.batch.item import Item
from sei_export.batch.plan import parse_plan
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.parsing import parse_request, read_canonical
from tests.fakes.samples import BATCH_DEFAULTS, DEFAULTS, asked, least, problems

NOW = datetime(2026, 3, 15, 11, 30, tzinfo=UTC)
"""The 16th in Auckland, the 15th in Berlin, and the 14th nowhere but in the far west."""

LATER = "2026-05-15T06:00:00Z"
OF_A_BATCH: JsonValue = {"run": "r", "item": "i"}


def _range(start: str, end: str) -> JsonObject:
    return {"start": start, "end": end}


@pytest.mark.parametrize(
    ("given", "is_not_over"),
    [
        pytest.param(_range("2026-03-01", "2026-03-14"), False, id="until yesterday"),
        pytest.param(_range("2026-03-01", "2026-03-15"), True, id="until today"),
        pytest.param(_range("2026-03-15", "2026-03-15"), True, id="today"),
        pytest.param(_range("2026-03-01", "2026-03-31"), True, id="beyond today"),
        pytest.param({"period": "month-to-date"}, False, id="to date: it is meant"),
        pytest.param({"period": "year-to-date", "timezone": "Pacific/Auckland"}, False, id="far"),
        pytest.param({"period": "previous-month"}, False, id="a month"),
        pytest.param({"period": "previous-day", "timezone": "Pacific/Auckland"}, False, id="east"),
        pytest.param({"trailingDays": 7}, False, id="days"),
    ],
)
def test_given_a_range_then_it_is_told_whether_it_is_over(
    given: JsonObject, *, is_not_over: bool
) -> None:
    asked_for = asked(dateRange=given)
    assert parse_request(asked_for, DEFAULTS, NOW).is_not_over is is_not_over
    [planned] = parse_plan({"exports": [asked_for]}, BATCH_DEFAULTS, NOW).exports
    [request] = planned.requests
    assert request.is_not_over is is_not_over
    # Through the bucket, into the execution of an item, and from state to state.
    item = Item.from_json(Item.of(request, 0, None, None, "r").to_json())
    given_input = item.to_json()["input"]
    assert isinstance(given_input, dict)
    assert given_input == request.canonical() | ({"notOver": True} if is_not_over else {})
    again = parse_request({**given_input, "batch": OF_A_BATCH}, DEFAULTS, NOW)
    assert again == request
    export = Export.of(again, "exp_1", LATER, reused=False)
    carried = Export.from_json(export.to_json()).request
    assert carried
    assert carried.is_not_over is is_not_over
    assert again.canonical() == carried.canonical() == request.canonical()


def test_today_is_the_one_of_the_stacks_time_zone() -> None:
    given = asked(dateRange=_range("2026-03-15", "2026-03-15"))
    for zone, is_not_over in (("Pacific/Auckland", False), ("Europe/Berlin", True)):
        defaults = replace(DEFAULTS, timezone=zone)
        assert parse_request(given, defaults, NOW).is_not_over is is_not_over


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (asked(dateRange=_range("2026-03-17", "2026-03-20")), 'dateRange.start is "2026-03-17"'),
        (
            least("team-report", dateRange=None, dateStart="2027-01-01", dateEnd="2027-01-02"),
            'dateStart is "2027-01-01"',
        ),
        (asked(dateRange=_range("9999-01-01", "9999-12-31")), 'dateRange.start is "9999-01-01"'),
        (
            asked(dateRange={"period": "previous-month"}, scheduledTime=LATER),
            'dateRange.period is "previous-month"',
        ),
        (asked(dateRange={"trailingDays": 3}, scheduledTime=LATER), "dateRange.trailingDays is 3"),
    ],
)
def test_given_days_that_are_all_to_come_then_field_value_and_today_are_told(
    given: JsonObject, path: str
) -> None:
    given = {name: value for name, value in given.items() if value is not None}
    [problem] = problems(given, started_at=NOW)
    assert problem.startswith(f"{path}: that begins on ")
    assert problem.endswith("after today, 2026-03-15 in UTC: there is no data yet.")
    entry = {name: value for name, value in given.items() if name != "scheduledTime"}
    plan: JsonObject = {"exports": [entry]}
    if "scheduledTime" in given:
        plan["scheduledTime"] = given["scheduledTime"]
    with pytest.raises(InvalidRequestError) as caught:
        parse_plan(plan, BATCH_DEFAULTS, NOW)
    assert caught.value.problems == (f"exports[0].{problem}",)


def test_given_a_range_that_begins_tomorrow_here_and_today_in_its_own_zone_then_it_is_taken() -> (
    None
):
    given = asked(dateRange={"period": "month-to-date", "timezone": "Pacific/Auckland"})
    new_month = datetime(2026, 3, 31, 20, tzinfo=UTC)
    request = parse_request(given, DEFAULTS, new_month)
    assert (request.start.isoformat(), request.is_not_over) == ("2026-04-01", False)
    # An item of a batch has the days alone, and is not looked at again.
    item: JsonObject = {**request.canonical(), "batch": OF_A_BATCH}
    assert parse_request(item, DEFAULTS, new_month) == request


def test_an_absolute_day_that_has_begun_somewhere_is_taken() -> None:
    evening = datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert problems(asked(dateRange=_range("2026-04-01", "2026-04-01")), started_at=evening) == ()
    assert problems(asked(dateRange=_range("2026-04-02", "2026-04-02")), started_at=evening) != ()


@pytest.mark.parametrize("scheduled", ["2026-03-01T06:00:00Z", "2020-03-01T06:00:00Z"])
def test_given_a_nominal_time_of_the_past_then_the_clock_decides_all_the_same(
    scheduled: str,
) -> None:
    given = asked(dateRange=_range("2026-03-10", "2026-03-14"), scheduledTime=scheduled)
    assert not parse_request(given, DEFAULTS, NOW).is_not_over


def test_given_a_backfill_with_a_nominal_time_to_come_then_its_days_have_to_be_over() -> None:
    backfill: JsonObject = {"from": "2026-03-01", "to": "2026-03-15", "window": "day"}
    entry = {name: value for name, value in asked(backfill=backfill).items() if name != "dateRange"}
    plan: JsonObject = {"exports": [entry], "scheduledTime": LATER}
    with pytest.raises(InvalidRequestError) as caught:
        parse_plan(plan, BATCH_DEFAULTS, NOW)
    assert caught.value.problems == (
        'exports[0].backfill.to is "2026-03-15": a backfill ends before today, 2026-03-15.',
    )
    backfill["to"] = "2026-03-14"
    [planned] = parse_plan(plan, BATCH_DEFAULTS, NOW).exports
    assert len(planned.requests) == 14
    assert not any(each.is_not_over for each in planned.requests)


def test_given_the_mark_of_a_batch_outside_a_batch_then_it_is_no_field() -> None:
    [problem] = problems(asked(notOver=True), started_at=NOW)
    assert problem.startswith("notOver is not a field")


def test_what_is_carried_is_read_back_whenever() -> None:
    request = parse_request(asked(dateRange=_range("2026-03-01", "2026-03-31")), DEFAULTS, NOW)
    assert read_canonical(request.canonical()) == request
