"""The table of reports: what each one is called, takes and allows.

Validation, request bodies and keys derive from it; adding a report is adding an entry. Source of
every entry: Harness's pages on the SEI export API.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One field of `options`.

    Attributes:
        name: As the API spells it.
        allowed: Values as the API spells them; any case is accepted from the user.
        default: Sent when the user gives none; None sends nothing.
        aliases: Other documented names of the same field.
        shapes: Whether it changes which columns or rows the file has.
    """

    name: str
    allowed: tuple[str, ...]
    default: str | None = None
    aliases: tuple[str, ...] = ()
    shapes: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """One report of the API.

    Attributes:
        name: What the user writes as `report`.
        create_path: Path of the create call, below the base URL.
        path: Path of status, download and list.
        metric_groups: Allowed groups.
        options: Allowed options.
        level: Name of the option that says whose figures a row holds.
    """

    name: str
    create_path: str
    path: str
    metric_groups: tuple[str, ...]
    options: tuple[Option, ...]
    level: str

    def option(self, name: str) -> Option | None:
        """The option of this name or alias."""
        for option in self.options:
            if name == option.name or name in option.aliases:
                return option
        return None


PRODUCTIVITY = Report(
    name="productivity",
    create_path="v2/insights/productivity/exports",
    path="v2/insights/productivity/exports",
    metric_groups=("activity", "velocity", "volume", "quality", "collaboration"),
    options=(
        Option("metricLevel", ("developer", "team"), aliases=("aggregationLevel",)),
        Option("aggregation", ("mean",)),
        Option("granularity", ("weekly", "monthly", "quarterly")),
        Option("format", ("csv",), default="csv", shapes=False),
    ),
    level="metricLevel",
)

REPORTS: dict[str, Report] = {report.name: report for report in (PRODUCTIVITY,)}
