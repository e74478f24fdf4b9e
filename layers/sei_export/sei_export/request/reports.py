"""The table of reports: what each one is called, takes and allows.

Validation, request bodies, keys and the README's table derive from it; adding a report is adding
an entry. Source of every entry: Harness's pages on the SEI export API and on its older Reports
API. Where two pages list different values, both lists are allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sei_export.input.kinds import Field, Flag, Group, Names, Number, Text, Word
from sei_export.jsontypes import JsonValue

IDENTIFIERS = ("orgIdentifier", "projectIdentifier")
"""The fields that name organization and project, in requests, scopes and queries."""

LEVEL_NAMES = ("aggregationLevel", "metricLevel")
"""Two names of one option. Pages differ in which of them a report has, and none tells what the API
does with the other: so the one that is asked with is sent."""


class Scope(Enum):
    """How a request says whose data it wants."""

    TREE_AND_TEAM = "orgTreeName, with or without teamId"
    TREE_OR_TEAM = "either orgTreeName or teamId"
    COLLECTION = "collectionId"
    """A field of the legacy body; there is no `scope`."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the API.

    Attributes:
        name: What the user writes as `report`.
        create_path: Path of the create call, below the base URL.
        path: Path of status, download and list; empty for a legacy report, whose create call
            answers with the file itself.
        scope: Whose data.
        fields: The body's fields beside scope and dates.
        level: Where the body says whose figures a row holds, by the name that this report's page
            has for it; the other one of `LEVEL_NAMES` is taken, too.
        granularity: Where the body says how long a row's period is.
        level_columns: By level, the columns that only files of that level are documented to have.
    """

    name: str
    create_path: str
    path: str
    scope: Scope
    fields: tuple[Field, ...]
    level: tuple[str, ...] = ()
    granularity: tuple[str, ...] = ("options", "granularity")
    level_columns: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    @property
    def is_legacy(self) -> bool:
        """Whether the answer to create is the file: nothing to poll, nothing to list."""
        return not self.path


_METRICS = Names("metrics")
_LEGACY_METRICS = Names("metrics", sent_empty=True)
_FORMAT = Word("format", ("csv",), default="csv", shapes=False)
_PERIODS = ("WEEKLY", "MONTHLY", "QUARTERLY")

PRODUCTIVITY = Report(
    name="productivity",
    create_path="v2/insights/productivity/exports",
    path="v2/insights/productivity/exports",
    scope=Scope.TREE_AND_TEAM,
    fields=(
        Names("metricGroups", ("activity", "velocity", "volume", "quality", "collaboration")),
        _METRICS,
        Group(
            "options",
            (
                Word(
                    "aggregationLevel",
                    ("developer", "team"),
                    aliases=("metricLevel",),
                    digest_name="metricLevel",
                ),
                Word("aggregation", ("mean",)),
                Word("granularity", ("weekly", "monthly", "quarterly")),
                _FORMAT,
            ),
        ),
    ),
    level=("options", "aggregationLevel"),
    level_columns={
        "developer": frozenset({"LOC_ADDED", "LOC_REMOVED"}),
        "team": frozenset({"LOC_TOTAL", "PR_VELOCITY"}),
    },
)

EFFICIENCY = Report(
    name="efficiency",
    create_path="v2/insights/efficiency/exports",
    path="v2/insights/efficiency/exports",
    scope=Scope.TREE_OR_TEAM,
    fields=(
        Names(
            "metricGroups",
            (
                *("lttc", "df", "deployment_frequency", "mttr", "cfr"),
                *("summary", "work_items", "rating"),
            ),
            required=True,
        ),
        _METRICS,
        Group(
            "options",
            (
                Word("granularity", _PERIODS, required=True),
                Word("aggregation", ("mean", "median", "p90", "p95")),
                _FORMAT,
                Word("compression", ("gzip",), shapes=False),
            ),
        ),
    ),
)

SPRINT = Report(
    name="sprint",
    create_path="v2/insights/sprint/exports",
    path="v2/insights/sprints/exports",
    scope=Scope.TREE_OR_TEAM,
    fields=(
        Names("metricGroups", ("work", "delivery", "deliveryAnalysis", "analysis")),
        Names("metrics", aliases=("metric",)),
        Group(
            "options",
            (
                Word("metricLevel", ("team", "sprint"), aliases=("aggregationLevel",)),
                Word("granularity", ("SPRINT", *_PERIODS), required=True),
                Word("computationMode", ("STORY_POINTS", "TICKETS")),
            ),
        ),
    ),
    level=("options", "metricLevel"),
)

BUSINESS_ALIGNMENT = Report(
    name="business-alignment",
    create_path="v2/insights/ba/exports",
    path="v2/insights/ba/exports",
    scope=Scope.TREE_OR_TEAM,
    fields=(
        Names("metricGroups", ("CATEGORIZED", "UNCATEGORIZED")),
        _METRICS,
        Group("options", (Word("granularity", _PERIODS, required=True),)),
    ),
)

TIME_IN_STATUS = Report(
    name="time-in-status",
    create_path="v2/insights/ticket-data/exports",
    path="v2/insights/ticket-data/exports",
    scope=Scope.TREE_OR_TEAM,
    fields=(
        Names("issueStatuses", any_case=False),
        Group(
            "options",
            (
                Word("aggregationLevel", ("sprint", "team"), aliases=("metricLevel",)),
                Word("granularity", ("daily", "weekly", "monthly", "quarterly")),
                Word("terminalDateColumn", ("issue_resolved_at", "version_release_date")),
            ),
        ),
    ),
    level=("options", "aggregationLevel"),
)

TEAM_REPORT = Report(
    name="team-report",
    create_path="v2/insights/teams/reports",
    path="",
    scope=Scope.COLLECTION,
    fields=(
        Text("collectionId", required=True, or_number=True),
        Number("teamRefId", required=True),
        Word("granularity", ("daily", "weekly", "monthly")),
        Group("productivity", (_LEGACY_METRICS,)),
        Group(
            "efficiency",
            (_LEGACY_METRICS, Word("calculationType", ("MEAN", "MEDIAN", "P90", "P95"))),
        ),
        Flag("includeRatings"),
    ),
    granularity=("granularity",),
)

CONTRIBUTOR_REPORT = Report(
    name="contributor-report",
    create_path="v2/insights/teams/reports",
    path="",
    scope=Scope.COLLECTION,
    fields=(
        Text("collectionId", required=True, or_number=True),
        Word("granularity", ("DAILY", "WEEKLY", "MONTHLY")),
        Group("productivityContributors", (_LEGACY_METRICS,), required=True),
        Flag("includeRatings"),
    ),
    granularity=("granularity",),
)

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        PRODUCTIVITY,
        EFFICIENCY,
        SPRINT,
        BUSINESS_ALIGNMENT,
        TIME_IN_STATUS,
        TEAM_REPORT,
        CONTRIBUTOR_REPORT,
    )
}


def find_report(given: JsonValue) -> Report | None:
    """Find a report by its name, in any case and with `_` for `-`; None if there is none."""
    name = given.strip().lower().replace("_", "-") if isinstance(given, str) else ""
    return REPORTS.get(name)
