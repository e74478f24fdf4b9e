"""ListExports: completed exports at the API that have not landed, one page at a time."""

from collections.abc import Sequence

from sei_export import dates, keys
from sei_export.api.client import Connect
from sei_export.bucket.documents import Document, Documents
from sei_export.bucket.many import ask_each
from sei_export.export import Export
from sei_export.harvest.cursor import next_cursor, read_cursor, turn
from sei_export.harvest.defaults import HarvestDefaults
from sei_export.harvest.filters import parse_harvest
from sei_export.harvest.givenup import Trials
from sei_export.harvest.listed import Found, ListedPage
from sei_export.harvest.page import read_page
from sei_export.input.payload import (
    MAX_INPUT_BYTES,
    count_field,
    input_field,
    text_field,
    time_field,
)
from sei_export.jsontypes import JsonObject
from sei_export.request.reports import Report

_OF_HARVESTS = f"{keys.MANIFEST_PREFIX}{keys.HARVEST_PREFIX}"


def list_exports(
    payload: JsonObject,
    defaults: HarvestDefaults,
    connect: Connect,
    documents: Documents,
) -> JsonObject:
    """List one page, and write down what it had.

    Args:
        payload: `input` and `inputBytes`, the execution's; `cursor`, which the page before
            returned, `{}` for the first; `startedAt`, the execution's start; `run`, the harvest's
            folder, and `page`, which page this is, counted from 1.
        defaults: The stack's settings.
        connect: Makes the client for an organization and project.
        documents: Of the bucket where exports land.

    Returns:
        `exports`: those of the page that have not landed, each as `Export.to_json`; `listed`: how
        many completed exports the page had; `known`: how many of them had landed; `givenUp`: how
        many are left alone; `pending`: how many are so young that an execution may be about to
        land them; `unusable`: how many have an id that cannot be one; `missing`: how many more a
        list that has ended said that it had; `cursor`: for the next page, `{}` after the last.
        What earlier pages had does not count again.

    Raises:
        InvalidRequestError: The input is wrong.
        SeiExportError: As `SeiClient.list` and the bucket raise.
    """
    started_at = time_field(payload, "startedAt")
    given = input_field(payload, MAX_INPUT_BYTES)
    run, number = text_field(payload, "run"), count_field(payload, "page")
    harvest = parse_harvest(given, defaults, started_at)
    place = read_cursor(payload.get("cursor"), harvest)
    query = {**harvest.filters, "limit": str(harvest.limit), "page": str(place.number)}
    listed = connect(harvest).list(place.report, query)
    now = turn(place, listed.entries, listed.totals)
    young = dates.format_moment(started_at - defaults.export_time)
    page = read_page(now.entries, place.report, harvest, young)
    marks = {it.export_id: keys.landed_key(it.report, it.export_id) for it in page.ripe}
    found = ask_each(documents.read_json, marks.values())
    new = [export for export in page.ripe if not _has_landed(found[marks[export.export_id]])]
    known = _trials(documents, place.report, new)
    left_alone = [
        Found(place.report, export_id, has_failed=True, why=trials.reason)
        for export_id, trials in known.items()
        if trials.is_given_up and not harvest.retries
    ]
    fresh = [it for it in new if it.export_id not in {each.export_id for each in left_alone}]
    had = ListedPage(
        filters=harvest.to_json(),
        fresh=tuple(
            Found(it.report, it.export_id, has_failed=it.export_id in known) for it in fresh
        ),
        given_up=tuple(left_alone),
        pending=tuple(Found(it.report, it.export_id) for it in page.young),
        listed=len(page.ripe) + len(page.young),
        known=len(page.ripe) - len(new),
        unusable=page.unusable,
        missing=now.missing,
    )
    documents.write_json(keys.page_key(run, number), had.to_json())
    return {
        "exports": [export.to_json() for export in fresh],
        "listed": had.listed,
        "known": had.known,
        "givenUp": len(had.given_up),
        "pending": len(had.pending),
        "unusable": had.unusable,
        "missing": had.missing,
        "cursor": next_cursor(harvest, place.report, now.following),
    }


def _has_landed(mark: Document) -> bool:
    """Whether an export's mark says so.

    Not of what a harvest landed while nobody could be told: it lands, and is told, once more. What
    an execution landed so is that one's to repeat, under the key of its request.
    """
    content = mark.content
    is_harvested = str(content.get("manifestKey")).startswith(_OF_HARVESTS)
    return mark.etag is not None and not (is_harvested and content.get("announced") is False)


def _trials(documents: Documents, report: Report, exports: Sequence[Export]) -> dict[str, Trials]:
    """What is remembered of exports that could not be landed before, by id; mostly nothing."""
    if not exports:
        return {}
    # One call for all of them: few are there, if any.
    there = set(documents.list_keys(keys.given_up_folder(report)))
    names = {it.export_id: keys.given_up_key(report, it.export_id) for it in exports}
    found = documents.read_many(key for key in names.values() if key in there)
    return {it: Trials.from_json(found[key]) for it, key in names.items() if key in found}
