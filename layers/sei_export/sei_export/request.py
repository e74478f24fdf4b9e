"""What is asked for: validated, with dates resolved, in one canonical form."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.problems import Problems
from sei_export.reports import REPORTS, Option, Report
from sei_export.settings import RequestDefaults

NOMINAL_TIME_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the nominal time; left as it is where nothing does."""

MAX_REQUEST_BYTES = 32 * 1024
"""Bound of the canonical form, so that state (256 KiB) and events (256 KiB) always have room."""

_FIELDS = (
    "report",
    "scope",
    "dateRange",
    "metricGroups",
    "metrics",
    "options",
    "orgIdentifier",
    "projectIdentifier",
    "scheduledTime",
)
_CONSOLE_FIELD = "Comment"
_MAX_TRAILING_DAYS = 3660


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A valid request. Lists are sorted and without repeats; option values are the API's spelling.

    Attributes:
        report: Which report.
        org: The Harness organization, for the `orgIdentifier` query parameter.
        project: The Harness project, for the `projectIdentifier` query parameter.
        scope: `orgTreeName` and, for one team, `teamId`.
        start: First day.
        end: Last day.
        metric_groups: Groups asked for; with `metrics` empty too, all.
        metrics: Single metrics asked for, in the user's case.
        options: The API's options.
    """

    report: Report
    org: str
    project: str
    scope: dict[str, str]
    start: date
    end: date
    metric_groups: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)

    def body(self) -> JsonObject:
        """The body of the create call."""
        body: JsonObject = {
            "scope": dict(self.scope),
            "dateRange": {"start": self.start.isoformat(), "end": self.end.isoformat()},
        }
        if self.metric_groups:
            body["metricGroups"] = list(self.metric_groups)
        if self.metrics:
            body["metrics"] = list(self.metrics)
        if self.options:
            body["options"] = dict(self.options)
        return body

    def canonical(self) -> JsonObject:
        """The one form of this request, itself a valid input that gives the same request again."""
        return {
            "report": self.report.name,
            "orgIdentifier": self.org,
            "projectIdentifier": self.project,
            **self.body(),
        }

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex; equal for requests that ask for the same, metric names in any case."""
        return _fingerprint(
            {**self.canonical(), "metrics": [name.upper() for name in self.metrics]}
        )

    @property
    def shape_fingerprint(self) -> str:
        """8 hex digits; equal for requests whose files have the same columns."""
        shaping: JsonObject = {
            name: value
            for name, value in self.options.items()
            if (option := self.report.option(name)) and option.shapes
        }
        asked: JsonObject = {
            "report": self.report.name,
            "metricGroups": list(self.metric_groups),
            "metrics": [name.upper() for name in self.metrics],
            "options": shaping,
        }
        return _fingerprint(asked)[:8]

    @property
    def level(self) -> str | None:
        """Whose figures a row holds, such as `developer`, if the request says."""
        return self.options.get(self.report.level)

    @property
    def granularity(self) -> str | None:
        """The length of a row's period, such as `monthly`, if the request says."""
        return self.options.get("granularity")


def parse_request(
    given: JsonValue, defaults: RequestDefaults, started_at: datetime
) -> ExportRequest:
    """Validate an execution's input and resolve its dates.

    Args:
        given: The input: the API's body with `report`; `{}` and the console's own default run the
            stack's DefaultRequest, as does a schedule's input, which has `scheduledTime` alone.
        defaults: What the stack says where the input is silent.
        started_at: The execution's start, the anchor of relative dates without a nominal time.

    Raises:
        InvalidRequestError: With every problem, by path.
    """
    if not isinstance(given, dict):
        raise InvalidRequestError(["The input is not a JSON object."])
    asked = dict(given)
    problems = Problems()
    anchor = _anchor(asked.pop("scheduledTime", None), started_at, problems)
    if not asked or set(asked) == {_CONSOLE_FIELD}:
        asked = dict(defaults.default_request)
        problems.prefix = "DefaultRequest."
    request = _Parser(defaults, problems).parse(asked, anchor)
    if request is None or problems.found:
        raise InvalidRequestError(problems.found)
    return request


def read_canonical(canonical: JsonObject) -> ExportRequest:
    """Read back what `ExportRequest.canonical` wrote.

    Raises:
        InvalidRequestError: It is not such a form, as when a function is invoked by hand.
    """
    defaults = RequestDefaults(
        org_identifier="",
        project_identifier="",
        org_tree_name="",
        timezone="UTC",
        default_request={},
    )
    problems = Problems()
    request = _Parser(defaults, problems).parse(canonical, anchor=None)
    if request is None or problems.found:
        raise InvalidRequestError(problems.found)
    return request


def _anchor(given: JsonValue, started_at: datetime, problems: Problems) -> datetime:
    if given is None or given == NOMINAL_TIME_PLACEHOLDER:
        return started_at
    try:
        if isinstance(given, str):
            return dates.parse_moment(given)
    except ValueError:
        pass
    problems.bad_value("scheduledTime", given, "a time such as 2026-03-01T06:00:00Z is")
    return started_at


@dataclass(slots=True)
class _Parser:
    """One reading of one input; problems are collected, not raised."""

    defaults: RequestDefaults
    problems: Problems

    def parse(self, asked: JsonObject, anchor: datetime | None) -> ExportRequest | None:
        problems = self.problems
        problems.unknown_fields("", asked, _FIELDS)
        name = asked.get("report")
        report = REPORTS.get(name) if isinstance(name, str) else None
        if "report" not in asked:
            problems.missing("report", f"allowed are {', '.join(REPORTS)}")
        elif report is None:
            problems.not_one_of("report", name, REPORTS)
        org = self._identifier(asked, "orgIdentifier", self.defaults.org_identifier)
        project = self._identifier(asked, "projectIdentifier", self.defaults.project_identifier)
        scope = self._scope(asked.get("scope"))
        start, end = self._date_range(asked.get("dateRange"), anchor)
        metrics = self._names("metrics", asked.get("metrics"))
        if report is None:
            return None
        request = ExportRequest(
            report=report,
            org=org,
            project=project,
            scope=scope,
            start=start,
            end=end,
            metric_groups=self._groups(report, asked.get("metricGroups")),
            metrics=metrics,
            options=self._options(report, asked.get("options")),
        )
        size = len(json.dumps(request.canonical()))
        if size > MAX_REQUEST_BYTES:
            problems.add(f"The request has {size} bytes; at most {MAX_REQUEST_BYTES} are allowed.")
        return request

    def _identifier(self, asked: JsonObject, path: str, default: str) -> str:
        if path not in asked and not default:
            self.problems.missing(path, "give the identifier as Harness shows it")
            return ""
        return self._text(path, asked.get(path, default))

    def _text(self, path: str, given: JsonValue) -> str:
        if isinstance(given, str) and given.strip() and given.isprintable():
            return given.strip()
        self.problems.bad_value(path, given, "a non-empty string without control characters is")
        return ""

    def _scope(self, given: JsonValue) -> dict[str, str]:
        if given is None:
            given = {}
        if not isinstance(given, dict):
            self.problems.bad_value("scope", given, "an object with orgTreeName and teamId is")
            return {}
        self.problems.unknown_fields("scope.", given, ("orgTreeName", "teamId"))
        scope: dict[str, str] = {}
        if "orgTreeName" in given:
            scope["orgTreeName"] = self._text("scope.orgTreeName", given["orgTreeName"])
        elif self.defaults.org_tree_name:
            scope["orgTreeName"] = self._text("scope.orgTreeName", self.defaults.org_tree_name)
        else:
            self.problems.missing(
                "scope.orgTreeName", "give it, or set the stack's parameter OrgTreeName"
            )
        if "teamId" in given:
            scope["teamId"] = self._text("scope.teamId", given["teamId"])
        return scope

    def _date_range(self, given: JsonValue, anchor: datetime | None) -> dates.DateRange:
        nothing = (date.min, date.min)
        forms = 'start and end, or period, or trailingDays, as in {"period": "previous-month"}'
        if given is None:
            self.problems.missing("dateRange", f"give {forms}")
            return nothing
        if not isinstance(given, dict):
            self.problems.bad_value("dateRange", given, f"an object with {forms} is")
            return nothing
        known = ("start", "end", "period", "trailingDays", "timezone")
        self.problems.unknown_fields("dateRange.", given, known)
        chosen = [
            form
            for form in (("start", "end"), ("period",), ("trailingDays",))
            if {*form} & {*given}
        ]
        if len(chosen) != 1:
            self.problems.bad_value("dateRange", given, f"exactly one of {forms} is")
            return nothing
        if "start" in chosen[0]:
            return self._absolute(given)
        if anchor is None:
            self.problems.bad_value("dateRange", given, "only a range of start and end is")
            return nothing
        return self._relative(given, anchor)

    def _absolute(self, given: JsonObject) -> dates.DateRange:
        if "timezone" in given:
            self.problems.add("dateRange.timezone is for relative ranges; start and end need none.")
        start = self._day("dateRange.start", given.get("start"))
        end = self._day("dateRange.end", given.get("end"))
        if start and end and start > end:
            self.problems.add(f"dateRange.start {start} is after dateRange.end {end}.")
        return start or date.min, end or date.min

    def _day(self, path: str, given: JsonValue) -> date | None:
        if given is None:
            self.problems.missing(path, "give a day such as 2026-01-31")
            return None
        try:
            # Python also reads other forms, such as 2024-W01-1.
            if isinstance(given, str) and (day := date.fromisoformat(given)).isoformat() == given:
                return day
        except ValueError:
            pass
        self.problems.bad_value(path, given, "a day of the calendar such as 2026-01-31 is")
        return None

    def _relative(self, given: JsonObject, anchor: datetime) -> dates.DateRange:
        name = given.get("timezone", self.defaults.timezone)
        zone = dates.find_zone(name)
        if zone is None:
            self.problems.bad_value("dateRange.timezone", name, "a name such as Europe/Berlin is")
        today = dates.today_at(anchor, zone) if zone else anchor.date()
        if "period" in given:
            period = given["period"]
            if isinstance(period, str) and period in dates.PERIODS:
                return dates.PERIODS[period](today)
            self.problems.not_one_of("dateRange.period", period, dates.PERIODS)
            return today, today
        days = given["trailingDays"]
        if isinstance(days, int) and not isinstance(days, bool) and 0 < days <= _MAX_TRAILING_DAYS:
            return dates.trailing(days, today)
        self.problems.bad_value(
            "dateRange.trailingDays", days, f"a whole number from 1 to {_MAX_TRAILING_DAYS} is"
        )
        return today, today

    def _names(self, path: str, given: JsonValue) -> tuple[str, ...]:
        if given is None:
            return ()
        if not isinstance(given, list):
            self.problems.bad_value(path, given, "a list of names is")
            return ()
        names = [self._text(f"{path}[{index}]", name) for index, name in enumerate(given)]
        # The API ignores case in names: two spellings of one are one, the first one given.
        unique = {name.upper(): name for name in reversed(names)}
        return tuple(unique[key] for key in sorted(unique))

    def _groups(self, report: Report, given: JsonValue) -> tuple[str, ...]:
        names = self._names("metricGroups", given)
        known = {group.lower(): group for group in report.metric_groups}
        if isinstance(given, list):
            for index, name in enumerate(given):
                if isinstance(name, str) and name.strip() and name.strip().lower() not in known:
                    path = f"metricGroups[{index}]"
                    self.problems.not_one_of(path, name, report.metric_groups)
        return tuple(known.get(name.lower(), name) for name in names)

    def _options(self, report: Report, given: JsonValue) -> dict[str, str]:
        if given is None:
            given = {}
        if not isinstance(given, dict):
            self.problems.bad_value("options", given, "an object is")
            return {}
        names = [name for option in report.options for name in (option.name, *option.aliases)]
        self.problems.unknown_fields("options.", given, names)
        options: dict[str, str] = {}
        for option in report.options:
            value = self._option(option, given)
            if value is not None:
                options[option.name] = value
        return options

    def _option(self, option: Option, given: JsonObject) -> str | None:
        spelled = {value.lower(): value for value in option.allowed}
        values: dict[str, str] = {}
        for name in (option.name, *option.aliases):
            if name not in given:
                continue
            value = given[name]
            if isinstance(value, str) and value.strip().lower() in spelled:
                values[name] = spelled[value.strip().lower()]
            else:
                self.problems.not_one_of(f"options.{name}", value, option.allowed)
        if len(set(values.values())) > 1:
            both = " and ".join(f"options.{name}" for name in values)
            self.problems.add(f"{both} are two names of one option and differ: give one of them.")
        return next(iter(values.values()), option.default)


def _fingerprint(value: JsonObject) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
