"""What harvests take from the stack, and what the API lists."""

from datetime import timedelta

from sei_export.harvest.defaults import HarvestDefaults
from sei_export.jsontypes import JsonObject, JsonValue

HARVEST_DEFAULTS = HarvestDefaults("acme", "metrics", export_time=timedelta(hours=3))


def list_entry(export_id: str, **fields: JsonValue) -> JsonObject:
    """An entry of the API's list, of a completed export, with some fields replaced or added."""
    usual: JsonObject = {
        "exportId": export_id,
        "status": "COMPLETED",
        "createdAt": "2026-03-14T10:00:00Z",
    }
    return usual | fields


def list_entries(*export_ids: str) -> list[JsonValue]:
    """Entries of some completed exports."""
    return [list_entry(export_id) for export_id in export_ids]
