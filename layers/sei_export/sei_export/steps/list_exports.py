"""ListExports: completed exports at the API that have not landed, one page at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sei_export import dates, keys
from sei_export.api.client import Connect, Listed
from sei_export.bucket.objects import ObjectStore
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.input.days import RangeReader
from sei_export.input.fields import FieldReader
from sei_export.input.kinds import Field, Number, Text, Word, spellings
from sei_export.input.payload import BY_HAND
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.reports import REPORTS, Report
from sei_export.settings import ProjectSettings
from sei_export.status import ExportStatus

DEFAULT_DAYS = 7
MAX_LIMIT = 100
"""The API's limit of a page; its default is 50."""

LISTED_REPORTS = tuple(name for name, report in REPORTS.items() if not report.is_legacy)

_FILTERS: tuple[Field, ...] = (
    # Sent only if asked for: reports differ in the case of their statuses, so that the API might
    # find none. What is not completed is left out here.
    Word("status", ("completed",)),
    Word("scope", ("all", "default", "mine"), default="all"),
    Text("teamId"),
    Text("createdBy"),
    Number("limit"),
    # Oldest first: what is created meanwhile comes after the last page and shifts none.
    Word("sortBy", ("createdAt", "completedAt", "status"), default="createdAt"),
    Word("sortOrder", ("asc", "desc"), default="asc"),
)
_OTHERS = (
    *("report", "dateFrom", "dateTo"),
    *("orgIdentifier", "projectIdentifier"),
)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What to list.

    Attributes:
        reports: One, or all that can be listed.
        org: The Harness organization.
        project: The Harness project.
        filters: The API's query parameters but `page`.
        limit: Exports in a page.
    """

    reports: tuple[Report, ...]
    org: str
    project: str
    filters: dict[str, str]
    limit: int


def list_exports(
    given: JsonValue,
    cursor: JsonValue,
    started_at: datetime,
    defaults: ProjectSettings,
    connect: Connect,
    store: ObjectStore,
) -> JsonObject:
    """List one page.

    Args:
        given: The execution's input: the API's list filters, `report` for one report only.
            Without `dateFrom` and `dateTo`: the last 7 days.
        cursor: What the page before returned; `{}` for the first.
        started_at: The execution's start, the end of the last 7 days.
        defaults: The stack's settings.
        connect: Makes the client for an organization and project.
        store: Where exports land.

    Returns:
        `exports`: those of the page that have not landed, each as `Export.to_json`; `listed`: how
        many completed exports the page had; `known`: how many of them had landed; `pending`: how
        many are so young that an execution may be about to land them; `unusable`: how many have
        an id that cannot be one; `cursor`: for the next page, `{}` after the last.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.list` and the store raise.
    """
    harvest = _parse(given, defaults, started_at)
    report, page = _position(cursor, harvest)
    query = {**harvest.filters, "limit": str(harvest.limit), "page": str(page)}
    listed = connect(harvest).list(report, query)
    usable = [item for item in listed if item.export_id]
    completed = [_export(item, report, harvest) for item in _completed(usable)]
    young = dates.format_moment(started_at - defaults.export_time)
    exports = [export for export in completed if export.created_at < young]
    marks = {export.export_id: keys.landed_key(report, export.export_id) for export in exports}
    landed = store.existing(list(marks.values()))
    fresh = [export for export in exports if marks[export.export_id] not in landed]
    return {
        "exports": [export.to_json() for export in fresh],
        "listed": len(completed),
        "known": len(exports) - len(fresh),
        "pending": len(completed) - len(exports),
        "unusable": len(listed) - len(usable),
        "cursor": _next(harvest, report, page, is_last=len(listed) < harvest.limit),
    }


def _completed(listed: list[Listed]) -> list[Listed]:
    """Each completed export once, also if the API ignores the filter."""
    unique = {item.export_id: item for item in listed}
    return [
        item
        for item in unique.values()
        if item.status is None or item.status.strip().lower() == ExportStatus.COMPLETED
    ]


def _export(item: Listed, report: Report, harvest: Harvest) -> Export:
    return Export(
        export_id=item.export_id,
        report=report,
        org=harvest.org,
        project=harvest.project,
        request=None,
        reused=True,
        created_at=dates.normalize_moment(item.created_at, ""),
    )


def _position(cursor: JsonValue, harvest: Harvest) -> tuple[Report, int]:
    if cursor in (None, {}):
        return harvest.reports[0], 0
    if not isinstance(cursor, dict):
        raise InvalidRequestError([f"cursor is {cursor!r}: an object is allowed."], remedy=BY_HAND)
    report, page = REPORTS.get(str(cursor.get("report"))), cursor.get("page")
    if report not in harvest.reports or type(page) is not int or page < 0:
        raise InvalidRequestError(
            [f"cursor is {cursor}: one that this function returned is allowed."], remedy=BY_HAND
        )
    return report, page


def _next(harvest: Harvest, report: Report, page: int, *, is_last: bool) -> JsonObject:
    if not is_last:
        return {"report": report.name, "page": page + 1}
    following = harvest.reports[harvest.reports.index(report) + 1 :]
    return {"report": following[0].name, "page": 0} if following else {}


def _parse(given: JsonValue, defaults: ProjectSettings, started_at: datetime) -> Harvest:
    if not isinstance(given, dict):
        raise InvalidRequestError(["The input is not a JSON object."])
    if set(given) == {"Comment"}:
        # The console's own default.
        given = {}
    problems = Problems()
    reader = FieldReader(problems)
    problems.unknown_fields("", given, (*spellings(_FILTERS), *_OTHERS))
    values = reader.read(_FILTERS, given)
    limit = values.pop("limit", 50)
    if not isinstance(limit, int) or not 0 < limit <= MAX_LIMIT:
        problems.bad_value("limit", limit, f"a whole number from 1 to {MAX_LIMIT} is")
        limit = MAX_LIMIT
    names = LISTED_REPORTS
    if "report" in given:
        name = given["report"]
        if isinstance(name, str) and name in LISTED_REPORTS:
            names = (name,)
        else:
            problems.not_one_of("report", name, LISTED_REPORTS)
    filters = {name: str(value) for name, value in values.items()}
    filters |= _window(given, problems, started_at)
    harvest = Harvest(
        reports=tuple(REPORTS[name] for name in names),
        org=reader.text("orgIdentifier", given.get("orgIdentifier", defaults.org_identifier)),
        project=reader.text(
            "projectIdentifier", given.get("projectIdentifier", defaults.project_identifier)
        ),
        filters=filters,
        limit=limit,
    )
    if problems.found:
        raise InvalidRequestError(problems.found)
    return harvest


def _window(given: JsonObject, problems: Problems, started_at: datetime) -> dict[str, str]:
    """The days to list; without any, the last 7."""
    reader = RangeReader(problems, "UTC", started_at)
    if not {"dateFrom", "dateTo"} & set(given):
        start = started_at.date() - timedelta(days=DEFAULT_DAYS)
        return {"dateFrom": start.isoformat()}
    days = {
        name: day
        for name in ("dateFrom", "dateTo")
        if name in given and (day := reader.day(name, given[name]))
    }
    if len(days) > 1 and days["dateFrom"] > days["dateTo"]:
        problems.add(f"dateFrom {days['dateFrom']} is after dateTo {days['dateTo']}.")
    return {name: day.isoformat() for name, day in days.items()}
