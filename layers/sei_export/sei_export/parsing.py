"""From an execution's input to a valid request: all problems at once, each by its path."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sei_export import dates
from sei_export.bodyfields import FieldReader
from sei_export.errors import InvalidRequestError
from sei_export.fields import spellings
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.problems import Problems
from sei_export.rangefields import RangeReader
from sei_export.reports import REPORTS, Report, Scope
from sei_export.request import ExportRequest
from sei_export.settings import RequestDefaults

NOMINAL_TIME_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the nominal time; left as it is where nothing does."""

MAX_REQUEST_BYTES = 32 * 1024
"""Bound of the canonical form, so that state (256 KiB) and events (256 KiB) always have room."""

_COMMON = ("orgIdentifier", "projectIdentifier", "scheduledTime")
_CONSOLE_FIELD = "Comment"
_TREE_IDENTIFIERS = ("orgIdentifier", "projectIdentifier")
"""What the API wants inside `scope` beside `orgTreeName`, for all reports but productivity."""


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


def _parse(
    asked: JsonObject, defaults: RequestDefaults, problems: Problems, anchor: datetime | None
) -> ExportRequest:
    request = _Parser(asked, defaults, problems, anchor).parse()
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

    def parse(self) -> ExportRequest | None:
        problems, asked = self.problems, self.asked
        name = asked.get("report")
        report = REPORTS.get(name) if isinstance(name, str) else None
        problems.unknown_fields("", asked, _known_fields(report))
        if "report" not in asked:
            problems.missing("report", f"allowed are {', '.join(REPORTS)}")
        elif report is None:
            problems.not_one_of("report", name, REPORTS)
        org = self._identifier(report, "orgIdentifier", self.defaults.org_identifier)
        project = self._identifier(report, "projectIdentifier", self.defaults.project_identifier)
        scope = self._scope(report, org, project) if report else {}
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

    def _identifier(self, report: Report | None, name: str, default: str) -> str:
        texts = [self._text(path, given) for path, given in self._identifiers(report, name)]
        if len(set(texts)) > 1 and all(texts):
            self.problems.add(f"scope.{name} and {name} name one thing and differ: give one.")
        if texts:
            return texts[0]
        if not default:
            self.problems.missing(name, "give the identifier as Harness shows it")
            return ""
        return self._text(name, default)

    def _identifiers(self, report: Report | None, name: str) -> Iterator[tuple[str, JsonValue]]:
        """Where the input names it: the API wants it inside some scopes and in every query."""
        scope = self.asked.get("scope")
        # In a scope that is a team, or of another kind of report, it is refused as such.
        of_tree = report and report.scope is Scope.TREE_OR_TEAM
        if of_tree and isinstance(scope, dict) and name in scope and "teamId" not in scope:
            yield f"scope.{name}", scope[name]
        if name in self.asked:
            yield name, self.asked[name]

    def _text(self, path: str, given: JsonValue) -> str:
        return FieldReader(self.problems).text(path, given)

    def _dates(self, report: Report | None) -> dates.DateRange:
        reader = RangeReader(self.problems, self.defaults.timezone, self.anchor)
        legacy = {"dateStart", "dateEnd"} & set(self.asked)
        if not legacy or (report and not report.is_legacy):
            return reader.read(self.asked.get("dateRange"))
        if "dateRange" in self.asked:
            self.problems.add("dateRange and dateStart with dateEnd are two forms: give one.")
            return date.min, date.min
        return reader.absolute(self.asked, "dateStart", "dateEnd")

    def _scope(self, report: Report, org: str, project: str) -> dict[str, str]:
        if report.scope is Scope.COLLECTION:
            return {}
        given = self.asked.get("scope")
        if given is None:
            given = {}
        if not isinstance(given, dict):
            self.problems.bad_value("scope", given, f"an object with {report.scope.value} is")
            return {}
        either = report.scope is Scope.TREE_OR_TEAM
        known = ("orgTreeName", "teamId", *(_TREE_IDENTIFIERS if either else ()))
        self.problems.unknown_fields("scope.", given, known)
        if either and {"orgTreeName", "teamId"} <= set(given):
            self.problems.bad_value("scope", given, f"{report.scope.value}, not both, is")
            return {}
        scope: dict[str, str] = {}
        if "orgTreeName" in given or not (either and "teamId" in given):
            scope["orgTreeName"] = self._tree(given)
            if either:
                scope |= zip(_TREE_IDENTIFIERS, (org, project), strict=True)
        elif {*_TREE_IDENTIFIERS} & set(given):
            self.problems.add(
                "scope.orgIdentifier and scope.projectIdentifier go with orgTreeName, not teamId."
            )
        if "teamId" in given:
            scope["teamId"] = self._text("scope.teamId", given["teamId"])
        return scope

    def _tree(self, given: JsonObject) -> str:
        if "orgTreeName" in given or self.defaults.org_tree_name:
            tree = given.get("orgTreeName", self.defaults.org_tree_name)
            return self._text("scope.orgTreeName", tree)
        self.problems.missing(
            "scope.orgTreeName", "give it, or set the stack's parameter OrgTreeName"
        )
        return ""


def _known_fields(report: Report | None) -> list[str]:
    """Without a known report, what any of them knows."""
    known = ["report"]
    for each in (report,) if report else REPORTS.values():
        dated = ("dateRange", "dateStart", "dateEnd") if each.is_legacy else ("scope", "dateRange")
        known += [*dated, *spellings(each.fields)]
    return list(dict.fromkeys([*known, *_COMMON]))
