"""One entry of a batch's plan: a request, which teams of its tree, and which windows of time."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sei_export import dates
from sei_export.batch.selector import WHOLE, Selector, read_selector
from sei_export.batch.windows import closed, tile
from sei_export.dates import CLOSED_PERIODS, DAY, STARTS, DateRange
from sei_export.input.days import RangeReader
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue, is_count
from sei_export.orgtree import TreeName
from sei_export.request.defaults import RequestDefaults
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import RequestReader

MAX_LOOKBACK = 1000

_DATES = ("dateRange", "dateStart", "dateEnd")


@dataclass(frozen=True, slots=True)
class PlannedExport:
    """What one entry asks for.

    Attributes:
        requests: One for each window of time, oldest first, all for the tree or the team that
            the entry names.
        selector: Which teams of the tree, each an export of its own.
        path: The entry's, such as `exports[2]`, for messages.
    """

    requests: tuple[ExportRequest, ...]
    selector: Selector
    path: str

    @property
    def is_whole(self) -> bool:
        """Whether what the entry names is exported as one."""
        return self.selector.is_whole

    @property
    def tree_name(self) -> TreeName | None:
        """The org tree; None where no request names one."""
        request = self.requests[0]
        return TreeName(request.org, request.project, request.tree) if request.tree else None

    def of_tree(self, name: str) -> "PlannedExport":
        """The same for an org tree of this name."""
        requests = (
            replace(request, scope={**request.scope, "orgTreeName": name})
            for request in self.requests
        )
        return replace(self, requests=tuple(requests))


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Reads one entry of a plan; problems are collected, not raised.

    Attributes:
        defaults: What the stack says where an entry is silent.
        problems: Where the entry's problems go.
        anchor: What relative dates are relative to.
        path: The entry's, for messages.
        now: Against which days are looked at that are still to come.
        looks_ahead: Whether days that are all still to come are refused.
    """

    defaults: RequestDefaults
    problems: Problems
    anchor: datetime
    path: str
    now: datetime
    looks_ahead: bool = True

    def read(self, entry: JsonObject, most: int) -> PlannedExport | None:
        """Read what the entry asks for; None after a problem.

        Args:
            entry: The entry.
            most: How many windows to make at most, of those that it asks for the last ones.
        """
        before = len(self.problems.found)
        asked = dict(entry)
        days = self._backfill(asked)
        reader = RequestReader(
            self.defaults,
            self.problems,
            self.anchor,
            fields_beside=("backfill", "lookback"),
            scope_beside=("teams",),
            now=self.now if self.looks_ahead else None,
        )
        request = reader.read(asked)
        selector = self._selector(asked.get("scope"), request)
        count = self._lookback(asked)
        if request is None or len(self.problems.found) > before:
            return None
        windows: tuple[DateRange, ...] = ((request.start, request.end),)
        if days:
            windows = tile(*days, most)
        elif count > 1:
            windows = closed(str(_period(asked)), request.end + DAY, min(count, most))
        requests = (replace(request, start=start, end=end) for start, end in windows)
        return PlannedExport(tuple(requests), selector, self.path)

    def _backfill(self, asked: JsonObject) -> tuple[date, date, str] | None:
        """Days and window, with the days made the request's dates; None without a backfill."""
        given = asked.get("backfill")
        if given is None:
            return None
        if any(asked.pop(name, None) is not None for name in _DATES):
            self.problems.add("backfill and dates of another kind exclude each other: give one.")
        # Whatever is wrong with the backfill, a range is not missing too.
        asked["dateRange"] = _range(date.min, date.min)
        known = ("from", "to", "window")
        if not isinstance(given, dict):
            self.problems.bad_value("backfill", given, f"an object with {', '.join(known)}")
            return None
        self.problems.unknown_fields("backfill.", given, known)
        window = self._window(given)
        reader = RangeReader(self.problems, self.defaults.timezone, self.anchor)
        start, end = reader.absolute(given, "backfill.from", "backfill.to")
        # The schedule's own zone; where it is none, Scheduler has refused the stack.
        zone = dates.find_zone(self.defaults.timezone) or UTC
        # A nominal time to come makes no day over that is not.
        today = dates.today_at(min(self.anchor, self.now), zone)
        if end >= today:
            self.problems.refused(
                "backfill.to", end.isoformat(), f"a backfill ends before today, {today}"
            )
        if start > end or end >= today or window is None:
            return None
        asked["dateRange"] = _range(start, end)
        return start, end, window

    def _window(self, given: JsonObject) -> str | None:
        window = given.get("window")
        if "window" not in given:
            self.problems.missing("backfill.window", f"allowed are {', '.join(STARTS)}")
        elif isinstance(window, str) and window in STARTS:
            return window
        else:
            self.problems.not_one_of("backfill.window", window, STARTS)
        return None

    def _lookback(self, asked: JsonObject) -> int:
        if "lookback" not in asked:
            return 1
        count, period = asked["lookback"], _period(asked)
        if not is_count(count) or not 0 < count <= MAX_LOOKBACK:
            self.problems.bad_value("lookback", count, f"a whole number from 1 to {MAX_LOOKBACK}")
            return 1
        if period is None or (period in dates.PERIODS and period not in CLOSED_PERIODS):
            self.problems.add(
                f"lookback needs dateRange.period to be one of {', '.join(CLOSED_PERIODS)}."
            )
        return count

    def _selector(self, scope: JsonValue, request: ExportRequest | None) -> Selector:
        of_team = request is not None and request.report.is_legacy
        # A legacy report has no scope, and is told so.
        if of_team or not isinstance(scope, dict) or "teams" not in scope:
            return WHOLE
        selector = read_selector(scope["teams"], self.problems, "scope.teams")
        if "teamId" in scope and not selector.is_whole:
            self.problems.add("scope.teams goes with orgTreeName, not teamId.")
        return selector


def _period(asked: JsonObject) -> str | None:
    """The period that the dates are, if they are one; a wrong one is told elsewhere."""
    given = asked.get("dateRange")
    period = given.get("period") if isinstance(given, dict) else None
    return period if period is None else str(period)


def _range(start: date, end: date) -> JsonObject:
    return {"start": start.isoformat(), "end": end.isoformat()}
