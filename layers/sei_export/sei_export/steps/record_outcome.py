"""RecordOutcome: write down how one item of a batch ended."""

from sei_export import keys
from sei_export.batch.outcomes import Outcome
from sei_export.bucket.documents import Documents
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND, count_field, text_field
from sei_export.jsontypes import JsonObject


def record_outcome(payload: JsonObject, documents: Documents) -> JsonObject:
    """Write the outcome down, unless a better one is.

    Args:
        payload: `run`, `round`, `item` and either `result` or `failure`.
        documents: The bucket.

    Returns:
        `Outcome.to_json`.

    Raises:
        InvalidRequestError: The payload is not such.
        StorageError, ServiceUnavailableError: S3 refuses.
    """
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
