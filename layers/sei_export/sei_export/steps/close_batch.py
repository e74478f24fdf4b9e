"""CloseBatch: another round, or the manifest that proves what is complete and what is missing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sei_export import keys
from sei_export.batch.expansion import children
from sei_export.batch.item import Item
from sei_export.batch.ledger import NEVER_STARTED, balance
from sei_export.batch.manifest import COMPLETE, BatchManifest
from sei_export.batch.memory import learn
from sei_export.batch.outcomes import Failure, Outcome
from sei_export.batch.plan import CONTINUE
from sei_export.batch.record import PlanRecord
from sei_export.bucket.documents import Documents
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND, count_field, text_field
from sei_export.jsontypes import JsonObject, JsonValue


def close_batch(
    payload: JsonObject, documents: Documents, now: Callable[[], datetime]
) -> JsonObject:
    """Close a round.

    Args:
        payload: `run`, the batch's folder; `round`, counted from 1; `executionArn`; perhaps
            `mapFailure`, Step Functions' Error and Cause, if the map itself failed.
        documents: The bucket.
        now: The clock.

    Returns:
        `status` CONTINUE with `run`, `round` and `itemsKey` of the next round; or COMPLETE, PARTIAL
        or FAILED with `name`, `totals`, `manifestKey` and, unless complete, `failure`.

    Raises:
        InvalidRequestError: There is no such run, as when the function is invoked by hand.
        StorageError, ServiceUnavailableError: S3 refuses.
    """
    run, number = text_field(payload, "run"), count_field(payload, "round")
    execution_arn = text_field(payload, "executionArn")
    content = documents.read_json(keys.plan_key(run)).content
    rounds = [_items(documents, run, each) for each in range(1, number + 1)]
    if not content or not rounds or not all(rounds):
        raise InvalidRequestError(
            [f"run {run!r} has no round {number} in the bucket."], remedy=BY_HAND
        )
    record = PlanRecord.from_json(content)

    def parts(item: Item) -> Iterable[Item]:
        tree = record.trees.get(item.tree_name) if item.tree_name else None
        return children(item, tree, run, number + 1) if tree else ()

    outcomes = [
        _outcomes(documents, run, each, items) for each, items in enumerate(rounds, start=1)
    ]
    ledger = balance(rounds, outcomes, parts, run, _why_unknown(payload.get("mapFailure")))
    if ledger.following:
        items_key = keys.round_key(run, number + 1)
        documents.write_list(items_key, [item.to_json() for item in ledger.following])
        return {"status": CONTINUE, "run": run, "round": number + 1, "itemsKey": items_key}
    learned = learn(record, ledger)
    for key, cut in learned.cuts.items():
        documents.write_json(key, cut.to_json())
    manifest = BatchManifest(record, ledger, learned.splits, number, execution_arn, now())
    # Last: whoever finds it knows that nothing more will happen.
    manifest_key = keys.batch_manifest_key(run)
    documents.write_json(manifest_key, manifest.to_json())
    closed: JsonObject = {
        "run": run,
        "round": number,
        "bucket": documents.bucket,
        "manifestKey": manifest_key,
        "status": manifest.status,
        "name": record.name,
        "totals": manifest.totals,
    }
    return closed if manifest.status == COMPLETE else closed | {"failure": manifest.failure()}


def _items(documents: Documents, run: str, number: int) -> list[Item]:
    return [Item.from_json(each) for each in documents.read_list(keys.round_key(run, number))]


def _outcomes(
    documents: Documents, run: str, number: int, items: Iterable[Item]
) -> dict[str, Outcome]:
    names = {item.id: keys.outcome_key(run, number, item.id) for item in items}
    found = documents.read_many(names.values())
    outcomes = ((item, Outcome.from_json(found[key])) for item, key in names.items())
    return {item: outcome for item, outcome in outcomes if outcome}


def _why_unknown(map_failure: JsonValue) -> Failure:
    """Why there are no outcomes: what made the map fail, if that is known."""
    if not isinstance(map_failure, dict):
        return NEVER_STARTED
    failure = Outcome.of({"failure": map_failure}).failure or NEVER_STARTED
    message = f"The map over the items failed with {failure.error}: {failure.message}"
    return replace(failure, error=NEVER_STARTED.error, message=message)
