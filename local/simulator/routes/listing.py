"""The list calls: filter, sort and page, and the shapes of their answers."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, JsonValue

from local.simulator.world.dialect import ListShape
from local.simulator.world.exports import CREATOR, Export
from local.simulator.world.messages import ExportStatus, ListQuery
from local.simulator.world.scenario import Paging

_CLAMP = 25
"""Entries of a page of a server that gives fewer than it was asked for."""


def page_of(
    found: Iterable[tuple[Export, ExportStatus]], query: ListQuery, paging: Paging = "as-asked"
) -> list[ExportStatus]:
    """Return the answer's page of these exports, each given with what its status call says."""
    kept = [pair for pair in found if _matches(*pair, query)]
    kept.sort(
        key=lambda pair: _rank(pair[0], pair[1], query.sort_by), reverse=query.sort_order == "desc"
    )
    size = min(query.limit, _CLAMP) if paging == "clamped" else query.limit
    first = 0 if paging == "ignored" else query.page * size
    return [status for _, status in kept[first : first + size]]


def shaped(items: Sequence[BaseModel], shape: ListShape, promised: int | None = None) -> JsonValue:
    """Return a list's JSON: an array, or an object that has it in the field of this name.

    Args:
        items: The list.
        shape: The field, or that it is an array.
        promised: How many items the object says that all pages have; None for nothing.
    """
    written: list[JsonValue] = [
        item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in items
    ]
    told: dict[str, JsonValue] = {} if promised is None else {"total": promised}
    return written if shape == "array" else {shape: written, **told}


def _matches(export: Export, status: ExportStatus, query: ListQuery) -> bool:
    created = status.created_at[:10]
    return (
        export.owner == query.owner
        and (query.scope != "mine" or export.created_by == CREATOR)
        and (query.status is None or query.status.lower() == status.status.lower())
        and (query.team_id is None or query.team_id == export.request.team_id)
        and (query.created_by is None or query.created_by == status.created_by)
        and (query.date_from is None or query.date_from.isoformat() <= created)
        and (query.date_to is None or created <= query.date_to.isoformat())
    )


def _rank(export: Export, status: ExportStatus, column: str) -> tuple[str, float]:
    # Time stamps have whole seconds only: the exact time of creation orders equal ones.
    first = {"completedAt": status.completed_at or "", "status": status.status.lower()}
    return first.get(column, ""), export.created_at
