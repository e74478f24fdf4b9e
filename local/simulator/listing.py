"""The list call: filter, sort and page a project's exports."""

from collections.abc import Iterable

from local.simulator.exports import Export
from local.simulator.messages import ExportStatus, ListQuery


def page_of(found: Iterable[tuple[Export, ExportStatus]], query: ListQuery) -> list[ExportStatus]:
    """Return the answer's page of these exports, each given with what its status call says."""
    kept = [pair for pair in found if _matches(*pair, query)]
    kept.sort(
        key=lambda pair: _rank(pair[0], pair[1], query.sort_by), reverse=query.sort_order == "desc"
    )
    first = query.page * query.limit
    return [status for _, status in kept[first : first + query.limit]]


def _matches(export: Export, status: ExportStatus, query: ListQuery) -> bool:
    created = status.created_at[:10]
    return (
        export.owner == query.owner
        and (query.status is None or query.status.lower() == status.status.lower())
        and (query.team_id is None or query.team_id == export.request.table.team_id)
        and (query.created_by is None or query.created_by == status.created_by)
        and (query.date_from is None or query.date_from.isoformat() <= created)
        and (query.date_to is None or created <= query.date_to.isoformat())
    )


def _rank(export: Export, status: ExportStatus, column: str) -> tuple[str, float]:
    # Time stamps have whole seconds only: the exact time of creation orders equal ones.
    first = {"completedAt": status.completed_at or "", "status": status.status.lower()}
    return first.get(column, ""), export.created_at
