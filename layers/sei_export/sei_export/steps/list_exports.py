"""ListExports: completed exports at the API that have not landed, one page at a time."""

from sei_export import dates, keys
from sei_export.api.client import Connect
from sei_export.bucket.objects import ObjectStore
from sei_export.harvest.cursor import next_cursor, read_cursor, turn
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.harvest.filters import parse_harvest
from sei_export.harvest.page import read_page
from sei_export.input.payload import MAX_INPUT_BYTES, input_field, time_field
from sei_export.jsontypes import JsonObject


def list_exports(
    payload: JsonObject, defaults: HarvestDefaults, connect: Connect, store: ObjectStore
) -> JsonObject:
    """List one page.

    Args:
        payload: `input` and `inputBytes`, the execution's; `cursor`, which the page before
            returned, `{}` for the first; `startedAt`, the execution's start.
        defaults: The stack's settings.
        connect: Makes the client for an organization and project.
        store: Where exports land.

    Returns:
        `exports`: those of the page that have not landed, each as `Export.to_json`; `listed`: how
        many completed exports the page had; `known`: how many of them had landed; `pending`: how
        many are so young that an execution may be about to land them; `unusable`: how many have
        an id that cannot be one; `missing`: how many more a list that has ended said that it had;
        `cursor`: for the next page, `{}` after the last. What earlier pages had does not count
        again.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.list` and the store raise.
    """
    started_at = time_field(payload, "startedAt")
    given = input_field(payload, MAX_INPUT_BYTES)
    harvest = parse_harvest(given, defaults, started_at)
    place = read_cursor(payload.get("cursor"), harvest)
    query = {**harvest.filters, "limit": str(harvest.limit), "page": str(place.number)}
    listed = connect(harvest).list(place.report, query)
    now = turn(place, listed.entries, listed.totals)
    young = dates.format_moment(started_at - defaults.export_time)
    page = read_page(now.entries, place.report, harvest, young)
    marks = {it.export_id: keys.landed_key(it.report, it.export_id) for it in page.ripe}
    landed = store.existing(list(marks.values()))
    fresh = [export for export in page.ripe if marks[export.export_id] not in landed]
    return {
        "exports": [export.to_json() for export in fresh],
        "listed": page.completed,
        "known": len(page.ripe) - len(fresh),
        "pending": page.completed - len(page.ripe),
        "unusable": page.unusable,
        "missing": now.missing,
        "cursor": next_cursor(harvest, place.report, now.following),
    }
