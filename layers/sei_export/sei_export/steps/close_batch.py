"""CloseBatch: another round, or the manifest that proves what is complete and what is missing."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sei_export import dates, keys
from sei_export.batch import history
from sei_export.batch.cuts import Cut
from sei_export.batch.due import next_round
from sei_export.batch.expansion import children
from sei_export.batch.item import Item
from sei_export.batch.latest import Latest, of_run, when_of
from sei_export.batch.ledger import MAX_ROUNDS, NEVER_STARTED, balance
from sei_export.batch.manifest import COMPLETE, BatchManifest
from sei_export.batch.memory import learn
from sei_export.batch.outcomes import Outcome
from sei_export.batch.plan import CONTINUE
from sei_export.batch.progress import Counts, Progress, tell
from sei_export.batch.record import PlanRecord
from sei_export.batch.superseded import superseded, tell_superseded
from sei_export.bucket.documents import Documents
from sei_export.bucket.many import ask_each
from sei_export.bucket.refusals import LostRaceError
from sei_export.errors import InvalidRequestError, ServiceUnavailableError
from sei_export.failures import Failure
from sei_export.fitting import MAX_WARNINGS_BYTES, first_fitting
from sei_export.input.payload import BY_HAND, count_field, optional_text, text_field
from sei_export.jsontypes import JsonObject, JsonValue

logger = logging.getLogger(__name__)

_RACES = 20
"""How often others may write a document between its reading and its writing, one after another."""

_LONGEST_PAUSE_SECONDS = 1.0

_SHOWN_WARNINGS = 20
"""In the execution and the event; all are in the manifest."""


def close_batch(
    payload: JsonObject,
    documents: Documents,
    now: Callable[[], datetime],
    pause: Callable[[float], None] = time.sleep,
    retention: timedelta | None = None,
) -> JsonObject:
    """Close a round.

    Args:
        payload: `run`, the batch's folder; `round`, counted from 1; `executionArn`; `exportArns`,
            with which the ARNs of all the exports' executions begin; perhaps `mapFailure`, Step
            Functions' Error and Cause, if the map itself failed.
        documents: The bucket.
        now: The clock.
        pause: Waits for so many seconds, where another batch was quicker.
        retention: After how long the bucket deletes files; None: never.

    Returns:
        `status` CONTINUE with `run`, `round` and `itemsKey` of the next round, and `waitSeconds`
        before it; or COMPLETE, PARTIAL or FAILED with `name`, `totals`, `manifestKey`, `warnings`
        and, unless complete, `failure`.

    Raises:
        InvalidRequestError: There is no such run, as when the function is invoked by hand.
        StorageError, ServiceUnavailableError: S3 refuses.
    """
    run, number = text_field(payload, "run"), count_field(payload, "round")
    execution_arn = text_field(payload, "executionArn")
    content = documents.read_json(keys.plan_key(run)).content
    own = history.of_rounds(documents, run, number)
    # Of a run that goes on with another, which may have died with everything landed.
    is_begun = all(own.rounds) or content.get("resumes")
    if not content or not own.rounds or not is_begun:
        raise InvalidRequestError(
            [f"run {run!r} has no round {number} in the bucket."], remedy=BY_HAND
        )
    record = PlanRecord.from_json(content)

    def parts(item: Item) -> Iterable[Item]:
        tree = record.trees.get(item.tree_name) if item.tree_name else None
        return children(item, tree, run, number + 1) if tree else ()

    so_far = history.of_runs(documents, record.resumes) + own
    why = _why_unknown(payload.get("mapFailure"))
    ledger = balance(so_far.rounds, so_far.outcomes, parts, run, number + 1, why)
    counts = Counts.of(ledger.lines.values(), ledger.following)
    landed_before = counts.landed - own.landed
    if ledger.following:
        items_key = keys.round_key(run, number + 1)
        items, seconds = next_round(ledger.following, now(), MAX_ROUNDS - number)
        documents.write_list(items_key, [item.to_json() for item in items])
        progress = Progress.of_round(record, number + 1, counts, landed_before, now())
        tell(documents, replace(progress, wait_seconds=seconds))
        return {
            "status": CONTINUE,
            "run": run,
            "round": number + 1,
            "itemsKey": items_key,
            "waitSeconds": seconds,
        }
    learned = learn(record, ledger)
    for key, cut in learned.cuts.items():
        _remember(documents, key, record.cuts[key], cut, pause)
    manifest = BatchManifest(
        record=record,
        ledger=ledger,
        splits=learned.splits,
        rounds=number,
        execution_arn=execution_arn,
        completed_at=now(),
        export_arns=optional_text(payload, "exportArns") or "",
    )
    if manifest.is_whole and record.is_named:
        _list(documents, manifest, pause, retention)
    if manifest.is_whole and record.is_stacks:
        _note_complete(documents, manifest, pause)
    # Last: whoever finds it knows that nothing more will happen.
    manifest_key = keys.run_manifest_key(run)
    documents.write_json(manifest_key, manifest.to_json())
    # Never before it: what progress tells is so.
    progress = Progress.of_round(record, number, counts, landed_before, now())
    tell(documents, replace(progress, status=manifest.status))
    closed: JsonObject = {
        "run": run,
        "round": number,
        "bucket": documents.bucket,
        "manifestKey": manifest_key,
        "status": manifest.status,
        "name": record.name,
        "totals": manifest.totals,
        "warnings": first_fitting(
            (it.to_json() for it in manifest.warnings[:_SHOWN_WARNINGS]), MAX_WARNINGS_BYTES
        ),
    }
    return closed if manifest.status == COMPLETE else closed | {"failure": manifest.failure()}


def _remember(
    documents: Documents, key: str, before: Cut, after: Cut, pause: Callable[[float], None]
) -> None:
    """Write a cut down, together with what other batches have learned meanwhile."""

    def joined(content: JsonObject) -> JsonObject | None:
        known = Cut.from_json(content)
        new = known.joined(before, after)
        return None if new == known else new.to_json()

    _change(documents, key, joined, pause)


def _list(
    documents: Documents,
    manifest: BatchManifest,
    pause: Callable[[float], None],
    retention: timedelta | None,
) -> None:
    """Write down which files of the plan belong together now, and which are this run's."""
    run, name = of_run(manifest), manifest.record.name
    state = keys.state_key(name, manifest.record.scheduled_time)
    documents.write_json(state, run.to_json())

    def joined(content: JsonObject) -> JsonObject:
        known = Latest.from_json(name, content)
        if known is None:
            logger.warning("%s was no list: it is begun anew.", keys.latest_key(name))
        before = known or Latest(name)
        after = before.after(run)
        if retention:
            after = _as_found(documents, after, manifest.completed_at - retention / 2)
        # Before the list: once that is written, another try would not see what it had.
        _tell_manifests(documents, superseded(before, after, manifest, run), name, pause)
        return after.to_json()

    _change(documents, keys.latest_key(name), joined, pause)


def _note_complete(
    documents: Documents, manifest: BatchManifest, pause: Callable[[float], None]
) -> None:
    """Write down the run as the newest complete one of the stack's plan, unless that is newer."""
    # One by hand may have a nominal time that is still to come.
    until = min(manifest.record.scheduled_time, manifest.closed_at)
    complete: JsonObject = {"until": until, **when_of(manifest)}

    def newer(content: JsonObject) -> JsonObject | None:
        return complete if str(content.get("until") or "") <= until else None

    _change(documents, keys.last_complete_key(), newer, pause)


def _as_found(documents: Documents, latest: Latest, moment: datetime) -> Latest:
    """See to it that the list has nothing that the bucket's retention has deleted.

    A manifest goes with its file, or later. A version that another landing has replaced is deleted,
    too: then the list has that landing's.

    Args:
        documents: The bucket.
        latest: A list.
        moment: What has landed since cannot have expired: it is put again at half its retention.
    """
    old = latest.listed_before(dates.format_moment(moment))
    return latest.as_found(documents.read_many(old))


def _tell_manifests(
    documents: Documents,
    superseded_by: Mapping[str, JsonObject | None],
    name: str,
    pause: Callable[[float], None],
) -> None:
    """Say in the manifests of files what to read instead, where a list no longer has them."""

    def tell(key: str) -> None:
        by, latest_key = superseded_by[key], keys.latest_key(name)
        _change(documents, key, lambda content: tell_superseded(content, by, latest_key), pause)

    ask_each(tell, superseded_by)


def _change(
    documents: Documents,
    key: str,
    changed: Callable[[JsonObject], JsonObject | None],
    pause: Callable[[float], None],
) -> None:
    """Change a document that other batches may change at the same time."""
    for race in range(_RACES):
        found = documents.read_json(key)
        content = changed(found.content)
        if content is None:
            return
        try:
            documents.replace_json(key, content, found.etag)
        except LostRaceError:
            # Who comes at the same moment again would lose again.
            pause(random.random() * min(_LONGEST_PAUSE_SECONDS, 0.05 * 2**race))  # noqa: S311 - jitter
        else:
            return
    raise ServiceUnavailableError(
        f"Others wrote s3://{documents.bucket}/{key} {_RACES} times, one after another.",
        remedy="Start fewer batches of one org tree at a time.",
    )


def _why_unknown(map_failure: JsonValue) -> Failure:
    """Why there are no outcomes: what made the map fail, if that is known."""
    if not isinstance(map_failure, dict):
        return NEVER_STARTED
    failure = Outcome.of({"failure": map_failure}).failure or NEVER_STARTED
    message = f"The map over the items failed with {failure.error}: {failure.message}"
    return replace(failure, error=NEVER_STARTED.error, message=message)
