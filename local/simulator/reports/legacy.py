"""The bodies of the older, synchronous reports, strictly checked, and their tables."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    model_validator,
)

from local.simulator.data import names
from local.simulator.models import Strict
from local.simulator.reports.dates import PlainDate
from local.simulator.reports.table import Table
from local.simulator.reports.teamrows import TEAMS

type TeamMetric = Literal[
    "TIME_TO_FIRST_COMMENT",
    "PR_VELOCITY_PER_DEV",
    "WORKTYPE_COMPLETED_PER_DEV",
    "CODING_DAYS_PER_DEV",
    "NUMBER_OF_COMMENTS_PER_PR",
    "AVG_TIME_TO_COMPLETE",
]
type DoraMetric = Literal[
    "LEAD_TIME_FOR_CHANGES",
    "DEPLOYMENT_FREQUENCY",
    "CHANGE_FAILURE_RATE",
    "MEAN_TIME_TO_RESTORE",
    "OVERALL_DORA",
]
type ContributorMetric = Literal[
    "PR_VELOCITY",
    "WORK_TYPE_COMPLETED",
    "CODING_DAYS",
    "TIME_TO_FIRST_COMMENT",
    "NUMBER_OF_COMMENTS_PER_PR",
    "AVG_TIME_TO_COMPLETE",
    "NO_OF_PRS_WITH_MISSING_TICKETS",
]

TEAM_REPORT, CONTRIBUTOR_REPORT = REPORT_NAMES = ("team-report", "contributor-report")
_DEVELOPERS = 24
_TEAM_COLUMNS: dict[str, str] = {
    "TIME_TO_FIRST_COMMENT": "Time to First Comment",
    "PR_VELOCITY_PER_DEV": "PR Velocity per Dev",
    "WORKTYPE_COMPLETED_PER_DEV": "Work Completed per Dev",
    "CODING_DAYS_PER_DEV": "Coding Days per Dev",
    "NUMBER_OF_COMMENTS_PER_PR": "Number of Comments per PR",
    "AVG_TIME_TO_COMPLETE": "Average Time to Complete",
}
_DORA_COLUMNS: dict[str, str] = {
    "LEAD_TIME_FOR_CHANGES": "Lead Time for Changes ({})",
    "DEPLOYMENT_FREQUENCY": "Deployment Frequency",
    "CHANGE_FAILURE_RATE": "Change Failure Rate",
    "MEAN_TIME_TO_RESTORE": "Mean Time to Restore ({})",
    "OVERALL_DORA": "Overall DORA",
}
_CONTRIBUTOR_COLUMNS: dict[str, str] = {
    "PR_VELOCITY": "PR Velocity",
    "WORK_TYPE_COMPLETED": "Work Completed",
    "CODING_DAYS": "Coding Days",
    "TIME_TO_FIRST_COMMENT": "Time to First Comment",
    "NUMBER_OF_COMMENTS_PER_PR": "Number of Comments per PR",
    "AVG_TIME_TO_COMPLETE": "Average Time to Complete",
    "NO_OF_PRS_WITH_MISSING_TICKETS": "PRs with Missing Tickets",
}


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class TeamMetrics(Strict):
    """Which figures of productivity; an empty list means all."""

    metrics: tuple[TeamMetric, ...] = ()


class DoraMetrics(Strict):
    """Which figures of efficiency; an empty list means all."""

    metrics: tuple[DoraMetric, ...] = ()
    calculation_type: Literal["MEAN", "MEDIAN", "P90", "P95"] = "MEAN"


class ContributorMetrics(Strict):
    """Which figures of each developer; an empty list means all."""

    metrics: tuple[ContributorMetric, ...] = ()


class _Body(Strict):
    collection_id: str = Field(min_length=1)
    date_start: PlainDate
    date_end: PlainDate
    include_ratings: StrictBool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date_start > self.date_end:
            raise ValueError("dateStart is after dateEnd")
        return self


class TeamReportRequest(_Body):
    """A row for each team; `collection_id` and `team_ref_id` name the same one.

    Harness's own example has two different numbers, so they are not compared.
    """

    team_ref_id: StrictInt
    granularity: Annotated[Literal["daily", "weekly", "monthly"], BeforeValidator(_lower)] = (
        "monthly"
    )
    productivity: TeamMetrics | None = None
    efficiency: DoraMetrics | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.productivity and not self.efficiency:
            raise ValueError("productivity or efficiency is required")
        return self

    @property
    def name(self) -> str:
        """What Harness calls the report."""
        return TEAM_REPORT

    def table(self) -> Table:
        """Return the CSV that is asked for."""
        columns: list[str] = []
        if self.productivity:
            columns += _columns(_TEAM_COLUMNS, self.productivity.metrics)
        if self.efficiency:
            kind = self.efficiency.calculation_type.lower()
            dora = {name: text.format(kind) for name, text in _DORA_COLUMNS.items()}
            columns += _columns(dora, self.efficiency.metrics)
        return Table(
            start=self.date_start,
            end=self.date_end,
            granularity=None,
            identity=("Collection Name",),
            who=lambda _, index: names.team(index, self.collection_id)[1:],
            usual=TEAMS,
            metrics=_rated(columns, with_ratings=self.include_ratings),
        )


class ContributorReportRequest(_Body):
    """A row for each developer."""

    granularity: Annotated[Literal["daily", "weekly", "monthly"], BeforeValidator(_lower)] = (
        "weekly"
    )
    productivity_contributors: ContributorMetrics

    @property
    def name(self) -> str:
        """What Harness calls the report."""
        return CONTRIBUTOR_REPORT

    def table(self) -> Table:
        """Return the CSV that is asked for."""
        columns = _columns(_CONTRIBUTOR_COLUMNS, self.productivity_contributors.metrics)
        return Table(
            start=self.date_start,
            end=self.date_end,
            granularity=None,
            identity=("Contributor Name", "Email"),
            who=lambda _, index: names.developer(index),
            usual=_DEVELOPERS,
            metrics=_rated(columns, with_ratings=self.include_ratings),
        )


def _report_of(body: object) -> str:
    contributors = isinstance(body, dict) and "productivityContributors" in body
    return CONTRIBUTOR_REPORT if contributors else TEAM_REPORT


type LegacyRequest = Annotated[
    Annotated[TeamReportRequest, Tag("team-report")]
    | Annotated[ContributorReportRequest, Tag("contributor-report")],
    Discriminator(_report_of),
]


def _columns(known: Mapping[str, str], metrics: tuple[str, ...]) -> list[str]:
    return [column for name, column in known.items() if not metrics or name in metrics]


def _rated(columns: list[str], *, with_ratings: bool) -> tuple[str, ...]:
    if not with_ratings:
        return tuple(columns)
    return tuple(
        name for column in columns for name in (column, f"{column.partition(' (')[0]} Rating")
    )
