"""One page of the API's list: which of its exports are to land."""

from collections.abc import Sequence
from dataclasses import dataclass

from sei_export import dates
from sei_export.api.answers import Listed
from sei_export.export import Export, ExportStatus
from sei_export.harvest.filters import Harvest
from sei_export.request.reports import Report


@dataclass(frozen=True, slots=True)
class Page:
    """What a page has.

    Attributes:
        ripe: Completed exports that are so old that no execution is about to land them.
        young: The other completed ones.
        unusable: How many entries have an id that cannot be one.
    """

    ripe: tuple[Export, ...]
    young: tuple[Export, ...]
    unusable: int


def read_page(listed: Sequence[Listed], report: Report, harvest: Harvest, young: str) -> Page:
    """Tell which exports of a page are to land.

    Args:
        listed: The page's entries.
        report: Whose they are.
        harvest: Whose organization and project they are of.
        young: The time of creation from which on an execution may be about to land an export.
    """
    usable = [item for item in listed if item.export_id]
    # Each completed export once, also if the API ignores the filter.
    unique = {item.export_id: item for item in usable}
    completed = [_export(item, report, harvest) for item in unique.values() if _is_completed(item)]
    return Page(
        ripe=tuple(export for export in completed if export.created_at < young),
        young=tuple(export for export in completed if export.created_at >= young),
        unusable=len(listed) - len(usable),
    )


def _is_completed(item: Listed) -> bool:
    return item.status is None or item.status.strip().lower() == ExportStatus.COMPLETED


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
