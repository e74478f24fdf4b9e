"""From an execution's input to a valid request: all problems at once, each by its path."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.input.days import RangeReader
from sei_export.input.fields import FieldReader
from sei_export.input.kinds import spellings
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.export_request import ExportRequest
from sei_export.request.reports import REPORTS, Report
from sei_export.request.scope import ScopeReader
from sei_export.settings import RequestDefaults

NOMINAL_TIME_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the nominal time; left as it is where nothing does."""

MAX_REQUEST_BYTES = 32 * 1024
"""Bound of the canonical form, so that state (256 KiB) and events (256 KiB) always have room."""

CONSOLE_FIELD = "Comment"
"""What the console's own input has, and nothing else."""

_COMMON = ("orgIdentifier", "projectIdentifier")


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
    anchor = read_anchor(asked.pop("scheduledTime", None), started_at, problems)
    if not asked or set(asked) == {CONSOLE_FIELD}:
        asked = dict(defaults.default_request)
        problems.prefix = "DefaultRequest."
    return _parse(asked, defaults, problems, anchor)


def read_canonical(canonical: JsonObject) -> ExportRequest:
    """Read back what `ExportRequest.canonical` wrote.

    Raises:
        InvalidRequestError: It is not such a form, as when a function is invoked by hand.
    """
    nothing = RequestDefaults(
        org_identifier="",
        project_identifier="",
        org_tree_name="",
        timezone="UTC",
        default_request={},
    )
    return _parse(canonical, nothing, Problems(), anchor=None)


def read_anchor(given: JsonValue, started_at: datetime, problems: Problems) -> datetime:
    """What relative dates are relative to: the `scheduledTime` of an input, or else its start."""
    if given is None or given == NOMINAL_TIME_PLACEHOLDER:
        return started_at
    try:
        if isinstance(given, str):
            return dates.parse_moment(given)
    except ValueError:
        pass
    problems.bad_value("scheduledTime", given, "a time such as 2026-03-01T06:00:00Z is")
    return started_at


@dataclass(frozen=True, slots=True)
class Beside:
    """Fields that stand beside a request's own, for the caller to read.

    Attributes:
        fields: In the request.
        scope: In its scope, unless it is a legacy report's.
    """

    fields: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


def read_request(
    asked: JsonObject,
    defaults: RequestDefaults,
    problems: Problems,
    anchor: datetime | None,
    beside: Beside,
) -> ExportRequest | None:
    """Read one request.

    Args:
        asked: The request.
        defaults: What the stack says where it is silent.
        problems: Where problems go.
        anchor: What relative dates are relative to; None refuses them.
        beside: Fields that are none of a request's and known all the same.

    Returns:
        The request, which after a problem is not to be used; None where no report is named.
    """
    return _Parser(asked, defaults, problems, anchor, beside).parse()


def _parse(
    asked: JsonObject, defaults: RequestDefaults, problems: Problems, anchor: datetime | None
) -> ExportRequest:
    # The time was taken out of the input, and has a place in it all the same.
    beside = Beside(fields=("scheduledTime",))
    request = read_request(asked, defaults, problems, anchor, beside)
    if request is None or problems.found:
        raise InvalidRequestError(problems.found)
    return request


@dataclass(slots=True)
class _Parser:
    """One reading of one input; problems are collected, not raised."""

    asked: JsonObject
    defaults: RequestDefaults
    problems: Problems
    anchor: datetime | None
    beside: Beside

    def parse(self) -> ExportRequest | None:
        problems, asked = self.problems, self.asked
        name = asked.get("report")
        report = REPORTS.get(name) if isinstance(name, str) else None
        problems.unknown_fields("", asked, [*_known_fields(report), *self.beside.fields])
        if "report" not in asked:
            problems.missing("report", f"allowed are {', '.join(REPORTS)}")
        elif report is None:
            problems.not_one_of("report", name, REPORTS)
        reader = ScopeReader(asked, self.defaults, problems, report, self.beside.scope)
        org = reader.identifier("orgIdentifier", self.defaults.org_identifier)
        project = reader.identifier("projectIdentifier", self.defaults.project_identifier)
        scope = reader.read(org, project)
        start, end = self._dates(report)
        if report is None:
            return None
        request = ExportRequest(
            report=report,
            org=org,
            project=project,
            scope=scope,
            start=start,
            end=end,
            fields=FieldReader(problems).read(report.fields, asked),
        )
        size = len(json.dumps(request.canonical()))
        if size > MAX_REQUEST_BYTES:
            problems.add(f"The request has {size} bytes; at most {MAX_REQUEST_BYTES} are allowed.")
        return request

    def _dates(self, report: Report | None) -> dates.DateRange:
        reader = RangeReader(self.problems, self.defaults.timezone, self.anchor)
        legacy = {"dateStart", "dateEnd"} & set(self.asked)
        if not legacy or (report and not report.is_legacy):
            return reader.read(self.asked.get("dateRange"))
        if "dateRange" in self.asked:
            self.problems.add("dateRange and dateStart with dateEnd are two forms: give one.")
            return date.min, date.min
        return reader.absolute(self.asked, "dateStart", "dateEnd")


def _known_fields(report: Report | None) -> list[str]:
    """Without a known report, what any of them knows."""
    known = ["report"]
    for each in (report,) if report else REPORTS.values():
        dated = ("dateRange", "dateStart", "dateEnd") if each.is_legacy else ("scope", "dateRange")
        known += [*dated, *spellings(each.fields)]
    return list(dict.fromkeys([*known, *_COMMON]))
