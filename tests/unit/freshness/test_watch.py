"""What is told of exports that do not come, and how often."""

from datetime import timedelta

import pytest

from sei_export import dates, keys
from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.jsontypes import JsonObject
from tests.fakes.s3_failures import raising, refusal
from tests.fakes.watches import DAY, FIRST, MONTH, SCHEDULE_ARN, Tower, finding

LAST = "2026-03-02T06:00:00Z"


@pytest.fixture
def tower() -> Tower:
    return Tower()


def _days(tower: Tower, count: int, start: int = 0) -> list[int]:
    """Look each day; on which of them something was announced."""
    days = range(start, start + count)
    return [day for day in days if tower.look(FIRST + day * DAY)["announced"]]


# --- a complete run, and none ---


def test_a_month_skipped_is_told_once_for_each_missed_period(tower: Tower) -> None:
    tower.complete(LAST)
    # 06:00 on the 2nd and 33 days are the morning of the 33rd day.
    assert _days(tower, 100) == [33, 66, 99]
    assert tower.said == ["ExportOverdue"] * 3
    first, second, _ = tower.events.details
    assert first["expectedAt"] == "2026-04-04T06:00:00Z"
    assert second["expectedAt"] == "2026-05-07T06:00:00Z"
    assert first["lastCompleteAt"] == second["lastCompleteAt"] == LAST
    assert first["freshnessHours"] == 792
    assert "within 792 hours (FreshnessHours), by 2026-04-04T06:00:00Z" in str(first["message"])
    assert "cron(0 6 2 * ? *) (UTC)" in str(first["message"])
    assert first["dedupeId"] != second["dedupeId"]
    assert tower.events.entries[0].get("Resources") == [SCHEDULE_ARN]


def test_a_run_each_month_is_never_overdue(tower: Tower) -> None:
    for month in ("03", "04", "05"):
        tower.complete(f"2026-{month}-02T06:00:00Z")
        start = (dates.parse_moment(f"2026-{month}-02T07:30:00Z") - FIRST).days
        # Until the next month's run is complete, hours after its time.
        assert _days(tower, 31, start) == []


def test_after_a_late_run_the_next_missed_period_is_told_again(tower: Tower) -> None:
    tower.complete(LAST)
    assert _days(tower, 40) == [33]
    tower.complete("2026-04-10T06:00:00Z")
    assert _days(tower, 50, start=40) == [39 + 33]


def test_the_age_is_told_to_the_hour(tower: Tower) -> None:
    tower.complete(LAST)
    found = tower.look(dates.parse_moment("2026-03-04T09:00:00Z"))
    assert (found["hoursSinceComplete"], found["isOverdue"]) == (51.0, False)


def test_a_new_stack_that_never_ran_counts_from_the_first_look(tower: Tower) -> None:
    assert _days(tower, 40) == [33]
    detail = tower.events.details[0]
    assert detail["lastCompleteAt"] is None
    assert "since the first look at this stack" in str(detail["message"])
    assert tower.look(FIRST + 40 * DAY)["hoursSinceComplete"] == 960


def test_where_nothing_is_expected_nothing_is_overdue(tower: Tower) -> None:
    tower.within = timedelta()
    tower.complete(LAST)
    assert _days(tower, 100) == []


def test_a_run_that_is_newer_than_now_is_no_age_below_zero(tower: Tower) -> None:
    tower.complete("2026-03-03T06:00:00Z")
    assert tower.look(FIRST)["hoursSinceComplete"] == 0


# --- what stands in the way ---


def test_a_finding_is_told_once_until_it_clears_and_again_when_it_comes_back(
    tower: Tower,
) -> None:
    tower.found = {"DeadLetters": None}
    assert _days(tower, 2) == []
    tower.found = {"DeadLetters": finding("DeadLetters")}
    assert _days(tower, 5, start=2) == [2]
    tower.found = {"DeadLetters": None}
    assert _days(tower, 2, start=7) == []
    tower.found = {"DeadLetters": finding("DeadLetters")}
    assert _days(tower, 2, start=9) == [9]
    assert tower.said == ["ExportAtRisk"] * 2
    first, second = tower.events.details
    assert first["dedupeId"] != second["dedupeId"]
    assert first["message"] == "(1) DeadLetters is so."
    assert first["remedy"] == "(1) Mend DeadLetters."


def test_what_comes_later_is_told_by_itself(tower: Tower) -> None:
    tower.found = {"DeadLetters": finding("DeadLetters"), "ApiKeyOld": None}
    tower.look(FIRST)
    tower.found["ApiKeyOld"] = finding("ApiKeyOld")
    tower.look(FIRST + DAY)
    assert [_codes(it) for it in tower.events.details] == [["DeadLetters"], ["ApiKeyOld"]]


def test_what_nobody_can_tell_has_not_cleared(tower: Tower) -> None:
    tower.found = {"ApiKeyRefused": finding("ApiKeyRefused")}
    tower.look(FIRST)
    tower.found = {"ApiKeyRefused": ServiceUnavailableError("No answer.")}
    found = tower.look(FIRST + DAY)
    assert (found["findings"], found["unknown"]) == ([], ["ApiKeyRefused"])
    tower.found = {"ApiKeyRefused": finding("ApiKeyRefused")}
    assert _days(tower, 2, start=2) == []


def test_a_look_that_fails_keeps_no_other_from_being_told(tower: Tower) -> None:
    tower.found = {
        "ScheduleDisabled": refusal("AccessDeniedException", 403),
        "DeadLetters": finding("DeadLetters"),
    }
    assert tower.look(FIRST)["announced"] == "ExportAtRisk"
    assert [_codes(it) for it in tower.events.details] == [["DeadLetters"]]


def test_what_is_overdue_says_all_that_stands_in_the_way_in_one_event(tower: Tower) -> None:
    tower.complete(LAST)
    tower.found = {code: finding(code) for code in ("ScheduleDisabled", "ApiKeyUnusable")}
    assert _days(tower, 3, start=33) == [33]
    (detail,) = tower.events.details
    assert tower.said == ["ExportOverdue"]
    assert _codes(detail) == ["ScheduleDisabled", "ApiKeyUnusable"]
    assert "(2) ApiKeyUnusable is so." in str(detail["message"])
    assert str(detail["remedy"]).startswith("(1) Mend ScheduleDisabled. (2) Mend ApiKeyUnusable.")


# --- once, whatever fails ---


@pytest.mark.parametrize("kind", ["ExportOverdue", "ExportAtRisk"])
def test_given_that_what_was_told_cannot_be_kept_then_the_next_try_says_the_same(
    tower: Tower, kind: str
) -> None:
    tower.found = {"DeadLetters": finding("DeadLetters")}
    is_overdue = kind == "ExportOverdue"
    if is_overdue:
        tower.complete("2026-01-02T06:00:00Z")
    failing = raising(refusal("InternalError", 500))
    tower.s3.before("put_object", failing, call=2 if is_overdue else 1)
    with pytest.raises(ServiceUnavailableError):
        tower.look(FIRST)
    tower.look(FIRST)
    assert tower.said == [kind, kind]
    first, second = tower.events.details
    assert first == second


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InternalFailure", ServiceUnavailableError),
        ("AccessDeniedException", ConfigurationError),
        ("ValidationException", ConfigurationError),
    ],
)
def test_given_that_the_bus_refuses_then_nothing_counts_as_told(
    tower: Tower, code: str, error: type[Exception]
) -> None:
    tower.found = {"DeadLetters": finding("DeadLetters")}
    tower.events.refuse = code
    with pytest.raises(error, match=f"ExportAtRisk.*{code}"):
        tower.look(FIRST)
    tower.events.refuse = None
    assert tower.look(FIRST + DAY)["announced"] == "ExportAtRisk"


def test_a_dry_look_tells_all_and_leaves_nothing(tower: Tower) -> None:
    tower.complete(LAST)
    tower.found = {"DeadLetters": finding("DeadLetters")}
    found = tower.look(FIRST + MONTH, dry_run=True)
    assert (found["isOverdue"], found["announced"], tower.said) == (True, None, [])
    assert tower.s3.documents.read_json(keys.freshness_key()).etag is None


def _codes(detail: JsonObject) -> list[object]:
    findings = detail["findings"]
    assert isinstance(findings, list)
    return [it["code"] for it in findings if isinstance(it, dict)]
