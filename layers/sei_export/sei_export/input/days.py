"""Reading a date range, absolute or relative; problems are collected, not raised."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from sei_export import dates
from sei_export.input.periods import meant_period
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue, is_count

_MAX_TRAILING_DAYS = 3660
_EARLIEST = timezone(timedelta(hours=14))
"""Where each day begins first."""
_NOTHING = (date.min, date.min)
_FORMS = 'start and end, or period, or trailingDays, as in {"period": "previous-month"}'


@dataclass(slots=True)
class RangeReader:
    """One reading of one range.

    Attributes:
        problems: Where problems go.
        timezone: Of relative ranges that name none.
        anchor: The moment that relative ranges are relative to; None refuses them.
        now: Against which days are looked at that are still to come; None: not at all.
        is_not_over: Whether the range read ends today or later, and is none to date.
    """

    problems: Problems
    timezone: str
    anchor: datetime | None
    now: datetime | None = None
    is_not_over: bool = False

    def read(self, given: JsonValue) -> dates.DateRange:
        """The days of `dateRange`; after a problem, any."""
        if given is None:
            self.problems.missing("dateRange", f"give {_FORMS}")
            return _NOTHING
        if not isinstance(given, dict):
            self.problems.bad_value("dateRange", given, f"an object with {_FORMS}")
            return _NOTHING
        known = ("start", "end", "period", "trailingDays", "timezone")
        self.problems.unknown_fields("dateRange.", given, known)
        forms = (("start", "end"), ("period",), ("trailingDays",))
        chosen = [form for form in forms if {*form} & {*given}]
        if len(chosen) != 1:
            self.problems.bad_value("dateRange", given, f"exactly one of {_FORMS}")
            return _NOTHING
        if "start" in chosen[0]:
            if "timezone" in given:
                self.problems.add(
                    "dateRange.timezone is for relative ranges; start and end need none."
                )
            return self.absolute(given, "dateRange.start", "dateRange.end")
        if self.anchor is None:
            self.problems.bad_value("dateRange", given, "only a range of start and end")
            return _NOTHING
        return self._relative(given, self.anchor)

    def absolute(self, given: JsonObject, start_path: str, end_path: str) -> dates.DateRange:
        """The days of two fields, named by the last part of their paths."""
        start = self.day(start_path, given.get(start_path.rpartition(".")[2]))
        end = self.day(end_path, given.get(end_path.rpartition(".")[2]))
        if start and end and start > end:
            self.problems.add(f"{start_path} {start} is after {end_path} {end}.")
        elif start and end:
            # The schedule's own zone; where it is none, Scheduler has refused the stack.
            zone = dates.find_zone(self.timezone) or UTC
            self._look_ahead((start, end), zone, start_path, start.isoformat(), _EARLIEST)
        return start or date.min, end or date.min

    def day(self, path: str, given: JsonValue) -> date | None:
        """A day of the calendar; None after a problem."""
        if given is None:
            self.problems.missing(path, "give a day such as 2026-01-31")
            return None
        try:
            # Python also reads other forms, such as 2024-W01-1.
            if isinstance(given, str) and (day := date.fromisoformat(given)).isoformat() == given:
                return day
        except ValueError:
            pass
        self.problems.bad_value(path, given, "a day of the calendar such as 2026-01-31")
        return None

    def _relative(self, given: JsonObject, anchor: datetime) -> dates.DateRange:
        name = given.get("timezone", self.timezone)
        zone = dates.find_zone(name)
        if zone is None:
            self.problems.bad_value("dateRange.timezone", name, "a name such as Europe/Berlin")
        today = dates.today_at(anchor, zone) if zone else anchor.date()
        if "period" in given:
            period = given["period"]
            if isinstance(period, str) and period in dates.PERIODS:
                found = dates.PERIODS[period](today)
                self._look_ahead(found, zone or UTC, "dateRange.period", period)
                # To date is until today.
                self.is_not_over &= period in dates.CLOSED_PERIODS
                return found
            meant = meant_period(period)
            self.problems.not_one_of("dateRange.period", period, dates.PERIODS, meant)
            return _NOTHING
        days = given["trailingDays"]
        if is_count(days) and 0 < days <= _MAX_TRAILING_DAYS:
            found = dates.trailing(days, today)
            self._look_ahead(found, zone or UTC, "dateRange.trailingDays", days)
            return found
        self.problems.bad_value(
            "dateRange.trailingDays", days, f"a whole number from 1 to {_MAX_TRAILING_DAYS}"
        )
        return _NOTHING

    def _look_ahead(
        self,
        found: dates.DateRange,
        zone: tzinfo,
        path: str,
        given: JsonValue,
        farthest: tzinfo | None = None,
    ) -> None:
        """Refuse days that are all still to come, by the clock and not by the anchor.

        Args:
            found: The days.
            zone: In which they are days.
            path: Of the field that says where they begin.
            given: What stands there.
            farthest: The zone that counts for a refusal, where nobody says in which they are.
        """
        if self.now is None:
            return
        today = dates.today_at(self.now, zone)
        start, end = found
        self.is_not_over = end >= today
        if start > dates.today_at(self.now, farthest or zone):
            reason = f"that begins on {start}, after today, {today} in {zone}: there is no data yet"
            self.problems.refused(path, given, reason)
