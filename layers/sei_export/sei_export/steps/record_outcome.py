"""RecordOutcome: write down how one item of a batch ended, or why a harvest could not land one."""

import logging
from collections.abc import Callable
from datetime import datetime

from sei_export import keys
from sei_export.batch.outcomes import Outcome
from sei_export.batch.progress import Progress, tally_name
from sei_export.bucket.documents import Documents
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.failures import Failure
from sei_export.input.payload import BY_HAND, count_field, text_field
from sei_export.jsontypes import JsonObject

logger = logging.getLogger(__name__)


def record_outcome(
    payload: JsonObject, documents: Documents, notes: Documents, now: Callable[[], datetime]
) -> JsonObject:
    """Write the outcome down, unless a better one is.

    Args:
        payload: Of a batch `run`, `round`, `item` and either `result` or `failure`; of a harvest
            `run`, `export` and `failure`.
        documents: The bucket.
        notes: The same for what can be done without: it answers or not.
        now: The clock.

    Returns:
        `Outcome.to_json`; of a harvest `Failure.to_json`.

    Raises:
        InvalidRequestError: The payload is not such.
        StorageError, ServiceUnavailableError: S3 refuses.
    """
    if "export" in payload:
        return _of_harvest(payload, documents)
    run, number = text_field(payload, "run"), count_field(payload, "round")
    item = payload.get("item")
    if not isinstance(item, dict):
        raise InvalidRequestError(
            ["item is missing: the payload needs it as an object."], remedy=BY_HAND
        )
    item_id = text_field(item, "id")
    key = keys.outcome_key(run, number, item_id)
    outcome = Outcome.from_json(documents.read_json(key).content)
    # A child that is run again finds its execution's name taken; that is no failure.
    if outcome is None or not outcome.landed:
        outcome = Outcome.of(payload)
        documents.write_json(key, outcome.to_json())
    try:
        tally = f"{keys.tally_folder(run, number)}{tally_name(item_id, outcome)}"
        notes.write_json(tally, {})
        _count(notes, run, number, now)
    except Exception as error:  # noqa: BLE001 - the outcome is written down, whatever this is
        logger.warning("The batch's progress was not written: %s", error)
    return outcome.to_json()


def _count(notes: Documents, run: str, number: int, now: Callable[[], datetime]) -> None:
    """Bring the batch's progress up to date, unless that has just been done."""
    key = keys.progress_key(run)
    found = notes.read_json(key)
    known = Progress.from_json(found.content)
    if known is None or not known.is_due(number, now()):
        return
    try:
        # Claimed first: of many that end at the same time one reads the names.
        etag = notes.replace_json(key, known.claimed(now()).to_json(), found.etag)
        folder = keys.tally_folder(run, number)
        names = [name.removeprefix(folder) for name in notes.list_keys(folder)]
        notes.replace_json(key, known.counted(names, now()).to_json(), etag)
    except LostRaceError:
        logger.info("Another outcome's function counts the batch's progress.")


def _of_harvest(payload: JsonObject, documents: Documents) -> JsonObject:
    run, export = text_field(payload, "run"), Export.from_json(payload["export"])
    failure = payload.get("failure")
    if not isinstance(failure, dict):
        raise InvalidRequestError(
            ["failure is missing: the payload needs it as an object."], remedy=BY_HAND
        )
    content = Failure.from_json(failure).to_json()
    documents.write_json(keys.failure_key(run, export.report, export.export_id), content)
    return content
