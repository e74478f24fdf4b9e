"""RecordOutcome: write down how one item of a batch ended, or why a harvest could not land one."""

from sei_export import keys
from sei_export.batch.outcomes import Outcome
from sei_export.bucket.documents import Documents
from sei_export.errors import InvalidRequestError
from sei_export.export import Export
from sei_export.failures import Failure
from sei_export.input.payload import BY_HAND, count_field, text_field
from sei_export.jsontypes import JsonObject


def record_outcome(payload: JsonObject, documents: Documents) -> JsonObject:
    """Write the outcome down, unless a better one is.

    Args:
        payload: Of a batch `run`, `round`, `item` and either `result` or `failure`; of a harvest
            `run`, `export` and `failure`.
        documents: The bucket.

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
    key = keys.outcome_key(run, number, text_field(item, "id"))
    before = Outcome.from_json(documents.read_json(key).content)
    if before and before.landed:
        # A child that is run again finds its execution's name taken; that is no failure.
        return before.to_json()
    outcome = Outcome.of(payload).to_json()
    documents.write_json(key, outcome)
    return outcome


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
