"""CloseHarvest: the manifest that tells what became of each export, and what is left alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import InvalidRequestError, ServiceUnavailableError
from sei_export.failures import Failure
from sei_export.harvest.givenup import Trials
from sei_export.harvest.listed import Found, ListedPage
from sei_export.harvest.manifest import Fate, HarvestManifest, Line
from sei_export.input.payload import BY_HAND, count_field, text_field, time_field
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Manifest

_NO_OUTCOME = Failure(
    "HarvestIncompleteError",
    "There is no outcome: it was not begun, or it could not be written down.",
    "Look at the history of the harvest's execution.",
)


def close_harvest(
    payload: JsonObject, documents: Documents, now: Callable[[], datetime]
) -> JsonObject:
    """Write down how a harvest ended; again if it is called again.

    Args:
        payload: `run`, the harvest's folder; `pages`, how many were listed; `more`, whether there
            are others; `failed`, how many exports the state machine could not land, unusable ids
            among them; `executionArn` and `startedAt`; perhaps `failure`, what ended it.
        documents: The bucket.
        now: The clock.

    Returns:
        `run`, `bucket`, `manifestKey`, `status` COMPLETE, PARTIAL or FAILED, `totals` and, unless
        complete, `failure`.

    Raises:
        InvalidRequestError: The run has no such page, as when the function is invoked by hand.
        StorageError, ServiceUnavailableError: S3 refuses, or another harvest was quicker.
    """
    run, count = text_field(payload, "run"), count_field(payload, "pages")
    failed = count_field(payload, "failed")
    pages = _pages(documents, run, count)
    manifest = HarvestManifest(
        run=run,
        bucket=documents.bucket,
        pages=pages,
        lines=_lines(documents, run, pages, failed),
        is_cut=payload.get("more") is True,
        ended=_ended(payload.get("failure")),
        execution_arn=text_field(payload, "executionArn"),
        started_at=time_field(payload, "startedAt"),
        completed_at=now(),
    )
    _remember(documents, manifest)
    # Last: whoever finds it knows that nothing more will happen.
    manifest_key = keys.run_manifest_key(run)
    documents.write_json(manifest_key, manifest.to_json())
    closed: JsonObject = {
        "run": run,
        "bucket": documents.bucket,
        "manifestKey": manifest_key,
        "status": manifest.status,
        "totals": manifest.totals,
    }
    failure = manifest.failure
    return closed | ({"failure": failure.to_json()} if failure else {})


def _pages(documents: Documents, run: str, count: int) -> tuple[ListedPage, ...]:
    names = [keys.page_key(run, number) for number in range(1, count + 1)]
    found = [ListedPage.from_json(it) for it in documents.read_many(names).values()]
    pages = tuple(page for page in found if page)
    if len(pages) < count:
        raise InvalidRequestError(
            [f"run {run!r} has no {count} pages in the bucket."], remedy=BY_HAND
        )
    return pages


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What the bucket has of exports, by key."""

    marks: Mapping[str, JsonObject]
    failures: Mapping[str, JsonObject]
    manifests: Mapping[str, JsonObject]


def _lines(
    documents: Documents, run: str, pages: tuple[ListedPage, ...], failed: int
) -> tuple[Line, ...]:
    """What became of each export that was to land, once also if two pages had it.

    Args:
        documents: The bucket.
        run: The harvest's folder.
        pages: What was listed.
        failed: How many the state machine could not land, unusable ids among them.
    """
    fresh = {(it.report.name, it.export_id): it for page in pages for it in page.fresh}.values()
    marks = documents.read_many(keys.landed_key(it.report, it.export_id) for it in fresh)
    manifest_keys = (mark.get("manifestKey") for mark in marks.values())
    outcomes = _Outcomes(
        marks,
        documents.read_many(documents.list_keys(keys.failures_folder(run))),
        documents.read_many(key for key in manifest_keys if isinstance(key, str) and key),
    )
    # Of which nothing was written down: with a mark, they may be any whose event is not known of.
    told = len(outcomes.failures) + sum(page.unusable for page in pages)
    is_any_untold = failed > told
    return tuple(_line(run, it, outcomes, is_any_untold=is_any_untold) for it in fresh)


def _line(run: str, found: Found, outcomes: _Outcomes, *, is_any_untold: bool) -> Line:
    mark = outcomes.marks[keys.landed_key(found.report, found.export_id)]
    said = outcomes.failures.get(keys.failure_key(run, found.report, found.export_id))
    is_superseded = mark.get("superseded") is True
    if said and not is_superseded and mark.get("announced") is not True:
        # Also if the file is there: nobody may have heard of it.
        return Line(found, Fate.FAILED, failure=Failure.from_json(said))
    if not mark or (is_any_untold and mark.get("announced") is False):
        return Line(found, Fate.FAILED, failure=_NO_OUTCOME)
    manifest = Manifest.from_json(outcomes.manifests.get(str(mark.get("manifestKey")), {}))
    return Line(found, Fate.SUPERSEDED if is_superseded else Fate.LANDED, landed=manifest)


def _remember(documents: Documents, manifest: HarvestManifest) -> None:
    """Count the failures of exports, and forget those of what has landed."""
    at = dates.format_moment(manifest.completed_at)
    for line in manifest.lines:
        key = keys.given_up_key(line.found.report, line.found.export_id)
        if not line.failure:
            if line.found.has_failed:
                documents.delete(key)
            continue
        document = documents.read_json(key)
        before = Trials.from_json(document.content)
        after = before.after(manifest.run, line.failure, at)
        if after != before:
            content = after.to_json(line.found.export_id, line.found.report.name)
            _replace(documents, key, content, document.etag)


def _replace(documents: Documents, key: str, content: JsonObject, etag: str | None) -> None:
    try:
        documents.replace_json(key, content, etag)
    except LostRaceError:
        raise ServiceUnavailableError(
            f"Another harvest wrote s3://{documents.bucket}/{key} at the same moment.",
            remedy="Run one harvest at a time.",
        ) from None


def _ended(given: JsonValue) -> Failure | None:
    return Failure.from_json(given) if isinstance(given, dict) and given.get("error") else None
