"""From an execution's input to a valid request: all problems at once, each by its path."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sei_export import dates
from sei_export.errors import InvalidRequestError
from sei_export.input.days import RangeReader
from sei_export.input.fields import read_fields
from sei_export.input.kinds import spellings
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.defaults import NO_DEFAULTS, RequestDefaults
from sei_export.request.export_request import ExportRequest
from sei_export.request.machines import EXPORT, check_belongs
from sei_export.request.path import MAX_PATH_BYTES, request_path
from sei_export.request.reports import IDENTIFIERS, REPORTS, Report, find_report
from sei_export.request.scope import ScopeReader

NOMINAL_TIME_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the nominal time; left as it is where nothing does."""

NOT_OVER_FIELD = "notOver"
"""Beside a canonical form, by which a batch tells `ExportRequest.is_not_over`, if that is so."""

MAX_REQUEST_BYTES = 32 * 1024
"""Bound of the canonical form, so that state (256 KiB) and events (256 KiB) always have room."""

_CONSOLE_FIELD = "Comment"
"""What the console's own input has, and nothing else."""

_ANCHOR_FIELD = "scheduledTime"

_BATCH_FIELD = "batch"
"""By which a batch tells whose part an execution is, for events and manifest. What is asked for is
the same with it and without, so `ExportRequest` does not know it."""


def parse_request(
    given: JsonValue, defaults: RequestDefaults, started_at: datetime, *, look_ahead: bool = True
) -> ExportRequest:
    """Validate an execution's input and resolve its dates.

    Args:
        given: The input: the API's body with `report`; `{}` and the console's own default run the
            stack's DefaultRequest, as does a schedule's input, which has `scheduledTime` alone.
            A batch's `batch` is left aside.
        defaults: What the stack says where the input is silent.
        started_at: The execution's start, the anchor of relative dates without a nominal time.
        look_ahead: Whether days that are all still to come are refused.

    Raises:
        InvalidRequestError: With every problem, by path.
        ConfigurationError: The stack's DefaultRequest is what is wrong.
    """
    asked = read_input(given)
    check_belongs(asked, EXPORT)
    problems = Problems()
    anchor = take_anchor(asked, started_at, problems)
    is_not_over = _take_batch(asked, problems)
    # The time was taken out of the input, and has a place in it all the same.
    # A batch read it before, and looked at its days as they were in its plan: relative, perhaps
    # in another zone.
    is_stored = is_not_over is not None
    now = started_at if look_ahead and not is_stored else None
    reader = RequestReader(
        defaults, problems, anchor, (_ANCHOR_FIELD,), now=now, is_stored=is_stored
    )
    if asked and is_not_over:
        return replace(_valid(reader, asked), is_not_over=True)
    if asked:
        return _valid(reader, asked)
    if problems.found:
        raise InvalidRequestError(problems.found)
    default = defaults.default_request
    try:
        return _valid(reader, default.read())
    except InvalidRequestError as error:
        raise default.wrong(error.problems) from error


def read_canonical(canonical: JsonObject) -> ExportRequest:
    """Read back what `ExportRequest.canonical` wrote, perhaps with `NOT_OVER_FIELD`.

    Raises:
        InvalidRequestError: The table of reports does not allow it: the form is of another
            version of the table, or made by hand.
    """
    asked = dict(canonical)
    is_not_over = asked.pop(NOT_OVER_FIELD, None) is True
    reader = RequestReader(NO_DEFAULTS, Problems(), anchor=None, is_stored=True)
    request = _valid(reader, asked)
    return replace(request, is_not_over=is_not_over)


def read_input(given: JsonValue, beside: Collection[str] = (_ANCHOR_FIELD,)) -> JsonObject:
    """Read an execution's input, an object; without the field that the console's own default has.

    Args:
        given: The input.
        beside: Fields that may stand beside the console's. Among others it is left in, to be told
            as unknown.

    Raises:
        InvalidRequestError: It is not a JSON object.
    """
    if not isinstance(given, dict):
        raise InvalidRequestError(["The input is not a JSON object."])
    said = {name: value for name, value in given.items() if name != _CONSOLE_FIELD}
    return said if set(said) <= set(beside) else dict(given)


def take_anchor(asked: JsonObject, started_at: datetime, problems: Problems) -> datetime:
    """Take out of an input what relative dates are relative to.

    Args:
        asked: The input; its `scheduledTime` is removed.
        started_at: The execution's start, which is meant without a nominal time.
        problems: Where problems go.
    """
    given = asked.pop(_ANCHOR_FIELD, None)
    if given is None or given == NOMINAL_TIME_PLACEHOLDER:
        return started_at
    try:
        if isinstance(given, str):
            return dates.parse_moment(given)
    except ValueError:
        pass
    problems.bad_value(_ANCHOR_FIELD, given, "a time such as 2026-03-01T06:00:00Z")
    return started_at


def _take_batch(asked: JsonObject, problems: Problems) -> bool | None:
    """Take out of an input what a batch puts there.

    Returns:
        Whether the batch found the days not to be over; None outside a batch.
    """
    match asked.pop(_BATCH_FIELD, None):
        case None:
            return None
        case {"run": str(run), "item": str(item), **more} if run and item and not more:
            return asked.pop(NOT_OVER_FIELD, None) is True
        case given:
            problems.bad_value(_BATCH_FIELD, given, "an object with the texts run and item")
            return None


@dataclass(frozen=True, slots=True)
class RequestReader:
    """Reads requests; problems are collected, not raised.

    Attributes:
        defaults: What the stack says where a request is silent.
        problems: Where problems go.
        anchor: What relative dates are relative to; None refuses them.
        fields_beside: Fields that a request may have for another reader, such as `lookback`.
        scope_beside: Fields that its scope may have for another reader, such as `teams`.
        now: Against which days are looked at that are still to come; None: not at all.
        is_stored: Whether requests are those that were read before.
    """

    defaults: RequestDefaults
    problems: Problems
    anchor: datetime | None
    fields_beside: tuple[str, ...] = ()
    scope_beside: tuple[str, ...] = ()
    now: datetime | None = None
    is_stored: bool = False

    def read(self, asked: JsonObject) -> ExportRequest | None:
        """Read one request.

        Returns:
            The request, which after a problem is not to be used; None where no report is named.
        """
        problems, defaults = self.problems, self.defaults
        name = asked.get("report")
        report = find_report(name)
        problems.unknown_fields("", asked, [*_known_fields(report), *self.fields_beside])
        if "report" not in asked:
            problems.missing("report", f"allowed are {', '.join(REPORTS)}")
        elif report is None:
            problems.not_one_of("report", name, REPORTS)
        reader = ScopeReader(asked, defaults, problems, report, self.scope_beside, self.is_stored)
        org = reader.identifier("orgIdentifier", defaults.org_identifier)
        project = reader.identifier("projectIdentifier", defaults.project_identifier)
        scope = reader.read(org, project)
        days = RangeReader(self.problems, self.defaults.timezone, self.anchor, self.now)
        start, end = self._dates(asked, report, days)
        if report is None:
            return None
        request = ExportRequest(
            report=report,
            org=org,
            project=project,
            scope=scope,
            start=start,
            end=end,
            fields=read_fields(report.fields, asked, problems),
            is_not_over=days.is_not_over,
        )
        self._check_size(request)
        return request

    def _check_size(self, request: ExportRequest) -> None:
        size = len(json.dumps(request.canonical()))
        if size > MAX_REQUEST_BYTES:
            self.problems.add(
                f"The request has {size} bytes; at most {MAX_REQUEST_BYTES} are allowed."
            )
        length = len(request_path(request))
        if length > MAX_PATH_BYTES:
            self.problems.add(
                f"scope and identifiers make an S3 key of {length} bytes: at most "
                f"{MAX_PATH_BYTES} fit."
            )

    def _dates(
        self, asked: JsonObject, report: Report | None, reader: RangeReader
    ) -> dates.DateRange:
        legacy = {"dateStart", "dateEnd"} & set(asked)
        if not legacy or (report and not report.is_legacy):
            return reader.read(asked.get("dateRange"))
        if "dateRange" in asked:
            self.problems.add("dateRange and dateStart with dateEnd are two forms: give one.")
            return date.min, date.min
        return reader.absolute(asked, "dateStart", "dateEnd")


def _valid(reader: RequestReader, asked: JsonObject) -> ExportRequest:
    request = reader.read(asked)
    if request is None or reader.problems.found:
        raise InvalidRequestError(reader.problems.found)
    return request


def _known_fields(report: Report | None) -> list[str]:
    """Without a known report, what any of them knows."""
    known = ["report"]
    for each in (report,) if report else REPORTS.values():
        dated = ("dateRange", "dateStart", "dateEnd") if each.is_legacy else ("scope", "dateRange")
        known += [*dated, *spellings(each.fields)]
    return list(dict.fromkeys([*known, *IDENTIFIERS]))
