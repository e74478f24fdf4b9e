"""What a harvest lists: from an execution's input to the API's list filters."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sei_export.errors import InvalidRequestError
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.input.days import RangeReader
from sei_export.input.fields import read_fields, read_text
from sei_export.input.ids import read_team_id
from sei_export.input.kinds import Field, Flag, Number, Text, Word, spellings
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.machines import HARVEST, check_belongs
from sei_export.request.parsing import read_input
from sei_export.request.reports import IDENTIFIERS, REPORTS, Report, find_report

DEFAULT_DAYS = 7
MAX_LIMIT = 100
"""The API's limit of a page; its default is 50."""

LISTED_REPORTS = tuple(name for name, report in REPORTS.items() if not report.is_legacy)

_FILTERS: tuple[Field, ...] = (
    # Sent only if asked for: reports differ in the case of their statuses, so that the API might
    # find none. What is not completed is left out here.
    Word("status", ("completed",)),
    Word("scope", ("all", "default", "mine"), default="all"),
    Text("teamId", or_number=True),
    Text("createdBy"),
    Number("limit"),
    # Oldest first: what is created meanwhile comes after the last page and shifts none.
    Word("sortBy", ("createdAt", "completedAt", "status"), default="createdAt"),
    Word("sortOrder", ("asc", "desc"), default="asc"),
    Flag("retry"),
)
_OTHERS = ("report", "dateFrom", "dateTo", *IDENTIFIERS)


@dataclass(frozen=True, slots=True)
class Harvest:
    """What to list.

    Attributes:
        reports: One, or all that can be listed.
        org: The Harness organization.
        project: The Harness project.
        filters: The API's query parameters but `page`.
        limit: Exports in a page.
        retries: Whether exports that are left alone are tried again.
    """

    reports: tuple[Report, ...]
    org: str
    project: str
    filters: dict[str, str]
    limit: int
    retries: bool = False

    def to_json(self) -> JsonObject:
        """Write what is asked for, with all that the input left to the stack and to the day."""
        return {
            "reports": [report.name for report in self.reports],
            "orgIdentifier": self.org,
            "projectIdentifier": self.project,
            **self.filters,
            "limit": self.limit,
            "retry": self.retries,
        }


def parse_harvest(given: JsonValue, defaults: HarvestDefaults, started_at: datetime) -> Harvest:
    """Validate a harvest's input.

    Args:
        given: The input: the API's list filters, `report` for one report only. Without `dateFrom`
            and `dateTo`: the last 7 days. `retry`: also what is left alone.
        defaults: What the stack says where the input is silent.
        started_at: The execution's start, the end of the last 7 days.

    Raises:
        InvalidRequestError: With every problem, by path.
    """
    asked = read_input(given, beside=())
    check_belongs(asked, HARVEST)
    problems = Problems()
    problems.unknown_fields("", asked, (*spellings(_FILTERS), *_OTHERS))
    values = read_fields(_FILTERS, asked, problems)
    if team := values.get("teamId"):
        read_team_id("teamId", team, problems, "without teamId all teams' exports are listed")
    limit = values.pop("limit", 50)
    if not isinstance(limit, int) or not 0 < limit <= MAX_LIMIT:
        problems.bad_value("limit", limit, f"a whole number from 1 to {MAX_LIMIT}")
        limit = MAX_LIMIT
    retries = values.pop("retry", False) is True
    filters = {name: str(value) for name, value in values.items()}
    filters |= _window(asked, problems, started_at)
    names = _reports(asked, problems)
    org, project = (
        read_text(name, asked.get(name, default), problems)
        for name, default in zip(
            IDENTIFIERS, (defaults.org_identifier, defaults.project_identifier), strict=True
        )
    )
    if problems.found:
        raise InvalidRequestError(problems.found)
    return Harvest(tuple(REPORTS[name] for name in names), org, project, filters, limit, retries)


def _reports(asked: JsonObject, problems: Problems) -> tuple[str, ...]:
    if "report" not in asked:
        return LISTED_REPORTS
    report = find_report(asked["report"])
    if report and report.name in LISTED_REPORTS:
        return (report.name,)
    problems.not_one_of("report", asked["report"], LISTED_REPORTS)
    return LISTED_REPORTS


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
