"""From an input to a valid request: dates are resolved, and nothing is left to chance."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.parsing import NOMINAL_TIME_PLACEHOLDER, parse_request, read_canonical
from sei_export.request.reports import REPORTS, Report
from tests.fakes.request_strategies import requests
from tests.fakes.samples import (
    DEFAULTS,
    LEGACY,
    STARTED_AT,
    TREE_OR_TEAM,
    asked,
    least,
    parsed,
    problems,
    request,
)

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
EVERY_LEGACY = pytest.mark.parametrize("report", LEGACY)


@EVERY_REPORT
@settings(max_examples=40)
@given(data=st.data())
def test_every_valid_request_is_taken(report: Report, data: st.DataObject) -> None:
    assert problems(data.draw(requests(report))) == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"dateRange": {"period": "previous-month"}}, "dateRange", id="relative"),
        pytest.param({"dateRange": {"trailingDays": 3}}, "dateRange", id="trailing"),
        pytest.param({"report": "x"}, "report", id="report"),
        pytest.param({"orgIdentifier": ""}, "orgIdentifier", id="organization"),
        pytest.param({"scope": {}}, "scope.orgTreeName", id="tree"),
        pytest.param(
            {"options": {"granularity": "hourly"}}, "options.granularity", id="another table's word"
        ),
    ],
)
def test_what_is_no_canonical_form_is_refused(changes: JsonObject, path: str) -> None:
    canonical = request().canonical()
    with pytest.raises(InvalidRequestError) as caught:
        read_canonical({**canonical, **changes})
    assert [text.split(" ", 1)[0] for text in caught.value.problems] == [path]


@pytest.mark.parametrize(
    "name", ["report", "orgIdentifier", "projectIdentifier", "scope", "dateRange"]
)
def test_a_canonical_form_has_no_defaults(name: str) -> None:
    canonical = request().canonical()
    del canonical[name]
    with pytest.raises(InvalidRequestError) as caught:
        read_canonical(canonical)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(name)


@pytest.mark.parametrize("report", ["productivity", "sprint"])
def test_given_a_team_by_any_text_when_stored_then_it_is_read_and_in_no_input(report: str) -> None:
    one = request(**least(report, scope={"orgTreeName": "Engineering"}))
    tree = {"orgTreeName": "Engineering"} if report == "productivity" else {}
    canonical = one.canonical() | {"scope": {**tree, "teamId": "team-a"}}
    assert read_canonical(canonical).canonical() == canonical
    assert len(problems(canonical)) == 1
    assert parsed({**canonical, "batch": {"run": "r", "item": "i"}}).scope["teamId"] == "team-a"
    with pytest.raises(InvalidRequestError, match=r"scope\.teamId"):
        read_canonical(canonical | {"scope": {**tree, "teamId": ""}})


def test_reading_an_input_leaves_it_as_it_is() -> None:
    given_input = asked(
        metrics=["pr_merged", "CODING_DAYS", "PR_Merged"],
        options={"aggregationLevel": "TEAM", "granularity": " Monthly "},
        dateRange={"period": "previous-day"},
        scheduledTime="2026-03-15T06:00:00Z",
    )
    before = json.dumps(given_input)
    parse_request(given_input, DEFAULTS, STARTED_AT)
    assert json.dumps(given_input) == before


OF_BATCH: JsonObject = {"run": "20260301T060000-weekly", "item": "item-1"}


def test_whose_part_an_export_is_changes_nothing_of_what_it_asks_for() -> None:
    for given_input in (asked(), {}):
        alone, part = parsed(given_input), parsed({**given_input, "batch": OF_BATCH})
        assert (part, part.fingerprint) == (alone, alone.fingerprint)
        assert part.canonical() == alone.canonical()
    assert parsed(asked(batch=None)) == parsed(asked())


@pytest.mark.parametrize(
    "batch", [7, "r", [], {}, {"run": "r"}, {"run": "", "item": "1"}, {**OF_BATCH, "round": 1}]
)
def test_a_batch_that_says_something_else_of_itself_is_refused(batch: JsonValue) -> None:
    shown = json.dumps(batch)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    told = f"batch is {shown}: an object with the texts run and item is allowed."
    assert problems(asked(batch=batch)) == (told,)


def _days(given_input: JsonObject, started_at: str, timezone: str = "UTC") -> tuple[str, str]:
    defaults = replace(DEFAULTS, timezone=timezone)
    one = parse_request(given_input, defaults, dates.parse_moment(started_at))
    return one.start.isoformat(), one.end.isoformat()


YESTERDAY: JsonObject = {"period": "previous-day"}


@pytest.mark.parametrize(
    ("scheduled", "day"),
    [
        pytest.param("2026-03-01T23:59:00Z", "2026-02-28", id="the nominal time, a day earlier"),
        pytest.param("2026-03-01T23:59:00-02:00", "2026-03-01", id="the nominal time, by its zone"),
        pytest.param(None, "2026-03-01", id="null"),
        pytest.param(NOMINAL_TIME_PLACEHOLDER, "2026-03-01", id="placeholder not filled in"),
    ],
)
def test_relative_dates_are_anchored_at_the_nominal_time_or_else_the_start(
    scheduled: str | None, day: str
) -> None:
    given_input = asked(dateRange=YESTERDAY, scheduledTime=scheduled)
    assert _days(given_input, started_at="2026-03-02T00:01:00Z") == (day, day)


@pytest.mark.parametrize(
    "started_at", ["2026-02-01T06:00:04Z", "2026-02-03T12:00:00Z", "2027-01-01T00:00:00Z"]
)
def test_a_late_start_does_not_shift_the_range_of_a_scheduled_run(started_at: str) -> None:
    given_input: JsonObject = {"scheduledTime": "2026-02-01T06:00:00Z"}
    assert _days(given_input, started_at) == ("2026-01-01", "2026-01-31")


@pytest.mark.parametrize(
    ("stack", "own", "day"),
    [
        pytest.param("UTC", None, "2026-02-28", id="UTC"),
        pytest.param("Europe/Berlin", None, "2026-03-01", id="the stack's, already tomorrow"),
        pytest.param("UTC", "Europe/Berlin", "2026-03-01", id="the request's own"),
        pytest.param("Europe/Berlin", "America/New_York", "2026-02-28", id="the request's first"),
        pytest.param("UTC", "Pacific/Pago_Pago", "2026-02-28", id="behind"),
    ],
)
def test_relative_dates_are_days_of_the_requests_zone_or_the_stacks(
    stack: str, own: str | None, day: str
) -> None:
    zone: JsonObject = {"timezone": own} if own else {}
    given_input = asked(dateRange={**YESTERDAY, **zone})
    assert _days(given_input, started_at="2026-03-01T23:30:00Z", timezone=stack) == (day, day)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("UTC", ("2025-12-01", "2025-12-31"), id="new year"),
        pytest.param("America/New_York", ("2025-11-01", "2025-11-30"), id="still the old year"),
    ],
)
def test_the_zone_decides_which_month_was_the_last(zone: str, expected: tuple[str, str]) -> None:
    given_input = asked(dateRange={"period": "previous-month"})
    assert _days(given_input, started_at="2026-01-01T03:00:00Z", timezone=zone) == expected


def test_trailing_days_use_the_zone_too() -> None:
    given_input = asked(dateRange={"trailingDays": 2, "timezone": "Asia/Tokyo"})
    assert _days(given_input, started_at="2024-02-29T16:00:00Z") == ("2024-02-28", "2024-02-29")


@pytest.mark.parametrize("days", [1, 3660])
def test_the_bounds_of_trailing_days_are_allowed(days: int) -> None:
    one = request(dateRange={"trailingDays": days})
    assert (one.end - one.start).days == days - 1


MOMENTS = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9998, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.timezones(),
)


@given(
    MOMENTS,
    st.timezone_keys(allow_prefix=False),
    st.fixed_dictionaries({"period": st.sampled_from(sorted(dates.PERIODS))})
    | st.fixed_dictionaries({"trailingDays": st.integers(1, 3660)}),
)
def test_no_relative_range_is_empty_whenever_and_wherever(
    moment: datetime, zone: str, form: dict[str, str] | dict[str, int]
) -> None:
    given_input = asked(
        dateRange={**form, "timezone": zone}, scheduledTime=dates.format_moment(moment)
    )
    one = parse_request(given_input, DEFAULTS, moment)
    assert one.start <= one.end
    assert not one.is_not_over
    # What is written down is absolute, so that no later state can shift it.
    assert read_canonical(one.canonical()) == one


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
