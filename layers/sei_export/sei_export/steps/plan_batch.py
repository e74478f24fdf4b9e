"""PlanBatch: from a plan to the items of a batch's first round."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from sei_export import dates, keys
from sei_export.api.client import Connect
from sei_export.api.trees import find_tree, list_trees
from sei_export.batch.cautions import of_cuts
from sei_export.batch.comparison import compare
from sei_export.batch.cuts import Cut
from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.doubles import warn_of_doubles
from sei_export.batch.estimate import estimate
from sei_export.batch.expansion import expand
from sei_export.batch.history import of_runs
from sei_export.batch.item import FIRST_ROUND, Item
from sei_export.batch.latest import Latest
from sei_export.batch.plan import CONTINUE, Plan, parse_plan
from sei_export.batch.progress import Counts, Progress, tell
from sei_export.batch.record import PlanRecord
from sei_export.batch.resuming import check_not_expired, check_resumable, read_resume, rest
from sei_export.batch.trees import in_own_spelling, read_trees
from sei_export.bucket.documents import Documents
from sei_export.errors import InvalidRequestError, SeiExportError
from sei_export.fitting import MAX_WARNINGS_BYTES, first_fitting
from sei_export.input.payload import MAX_PLAN_BYTES, input_field
from sei_export.input.run import BatchRun
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Caution
from sei_export.orgtree import OrgTree, TreeName
from sei_export.series import Series

logger = logging.getLogger(__name__)

_SHOWN_WARNINGS = 20

_SHOWN_BYTES = 100_000
"""Of a dry run's items, in the execution's output, which has 256 KiB; all are in the bucket."""


def plan_batch(
    payload: JsonObject,
    defaults: BatchDefaults,
    connect: Connect,
    documents: Documents,
    is_running: Callable[[str], bool],
    retention: timedelta | None = None,
) -> JsonObject:
    """Plan a batch: nothing is created at the API.

    Args:
        payload: `input` and `inputBytes`, the execution's, a plan or `{"resume": "<run>"}`; `run`,
            the name of the batch's folder; `executionArn`; `startedAt`, the execution's start.
        defaults: The stack's settings.
        connect: Makes the client for an organization and project.
        documents: Where the plan goes, and what is known of earlier batches.
        is_running: Tells of an execution's ARN whether it is known to run.
        retention: After how long the bucket deletes files; None: never.

    Returns:
        `status` CONTINUE with `run`, `round` and `itemsKey`; for a dry run `dryRun`: true with
        `items`, `itemCount`, `planKey`, `estimate` and `warnings`.

    Raises:
        InvalidRequestError: With every problem of the plan, by path; or why nobody can go on with
            that run.
        ConfigurationError: As InvalidRequestError, where the stack's parameter is the plan.
        AuthenticationError: The API refuses the key, and teams are to be looked up.
        SeiExportError: As the client and `Documents` raise.
    """
    run, given = BatchRun.read(payload), input_field(payload, MAX_PLAN_BYTES)
    if resumed := read_resume(given):
        old_run, dry_run = resumed
        record, items, so_far = _resumed(old_run, run, documents, is_running)
        first = documents.read_json(keys.plan_key(record.resumes[0])).content
        began = dates.read_moment(first.get("startedAt"))
        check_not_expired(old_run, began, run.started_at, retention)
    else:
        plan = parse_plan(given, defaults, run.started_at)
        dry_run = plan.dry_run
        record, items = _planned_or_told(plan, run, connect, documents)
        so_far = Counts(pending=len(items))
    if dry_run:
        return _told(record, items, defaults, documents)
    items_key = keys.round_key(run.name, 1)
    documents.write_json(keys.plan_key(run.name), record.to_json())
    documents.write_list(items_key, [item.to_json() for item in items])
    tell(documents, Progress.of_round(record, FIRST_ROUND, so_far, so_far.landed, run.started_at))
    for warning in record.warnings:
        logger.warning("%s: %s", warning.code, warning.message)
    return {"status": CONTINUE, "run": run.name, "round": 1, "itemsKey": items_key}


def _planned_or_told(
    plan: Plan, run: BatchRun, connect: Connect, documents: Documents
) -> tuple[PlanRecord, tuple[Item, ...]]:
    """As `_planned`; what only the API shows to be wrong may be wrong in a parameter, too."""
    try:
        return _planned(plan, run, connect, documents)
    except InvalidRequestError as error:
        if plan.parameter is None:
            raise
        raise plan.parameter.wrong(error.problems) from error


def _planned(
    plan: Plan, run: BatchRun, connect: Connect, documents: Documents
) -> tuple[PlanRecord, tuple[Item, ...]]:
    """A plan as it is to be run, and its first round."""
    trees = read_trees(
        plan, lambda request, path: find_tree(connect(request), str(request.tree), path)
    )
    plan, known_trees = in_own_spelling(plan, trees.read)
    cuts = _cuts(plan, documents)
    today = run.started_at.astimezone(UTC).date()
    known = {} if plan.forgets_cuts else cuts
    splits = {key: cut.splits(today) for key, cut in known.items()}
    expansion = expand(plan, known_trees, splits, run.name)
    warnings = (
        *trees.warnings,
        *_since_last(plan, known_trees, documents),
        *of_cuts(expansion.opened, cuts),
        *warn_of_doubles(plan, expansion.items, known_trees, expansion.shared),
    )
    record = PlanRecord(
        run=run.name,
        name=plan.name,
        execution_arn=run.execution_arn,
        started_at=dates.format_moment(run.started_at),
        scheduled_time=dates.format_moment(plan.anchor),
        plan=plan.given,
        warnings=warnings,
        trees=known_trees,
        cuts=cuts,
        opened=expansion.opened,
        item_count=len(expansion.items),
        is_stacks=plan.parameter is not None,
    )
    if plan.dry_run:
        _check_key(plan, known_trees, connect)
    return record, expansion.items


def _resumed(
    old_run: str, run: BatchRun, documents: Documents, is_running: Callable[[str], bool]
) -> tuple[PlanRecord, tuple[Item, ...], Counts]:
    """What a run has left over, to be run with its plan and its nominal time; what it has done."""
    content = documents.read_json(keys.plan_key(old_run)).content
    manifest = documents.read_json(keys.run_manifest_key(old_run)).content
    check_resumable(old_run, content, manifest, is_running)
    old = PlanRecord.from_json(content)
    resumes = (*old.resumes, old_run)
    items, so_far = rest(old, of_runs(documents, resumes), run.name)
    record = replace(
        old,
        run=run.name,
        execution_arn=run.execution_arn,
        started_at=dates.format_moment(run.started_at),
        item_count=len(items),
        resumes=resumes,
    )
    return record, items, so_far


def _told(
    record: PlanRecord, items: Sequence[Item], defaults: BatchDefaults, documents: Documents
) -> JsonObject:
    """Write a dry run down, and tell what it would run."""
    plan_key = keys.plan_key(record.run)
    listed: list[JsonValue] = [item.to_json() for item in items]
    documents.write_json(plan_key, {**record.to_json(), "items": listed})
    return {
        "dryRun": True,
        "run": record.run,
        "name": record.name,
        "itemCount": len(items),
        "items": first_fitting(map(_brief, items), _SHOWN_BYTES),
        "planKey": plan_key,
        "estimate": estimate(_durations(items, documents), defaults.max_concurrency).to_json(),
        "warnings": first_fitting(
            (it.to_json() for it in record.warnings[:_SHOWN_WARNINGS]), MAX_WARNINGS_BYTES
        ),
    }


def _check_key(plan: Plan, trees: Mapping[TreeName, OrgTree], connect: Connect) -> None:
    """See that the API takes the key, also where no tree was asked for."""
    asked = {(name.org, name.project) for name in trees}
    for planned in plan.exports:
        request = planned.requests[0]
        if (request.org, request.project) not in asked:
            asked.add((request.org, request.project))
            list_trees(connect(request))


def _since_last(
    plan: Plan, trees: Mapping[TreeName, OrgTree], documents: Documents
) -> list[Caution]:
    """What has become of the trees since the last complete run of the plan, if that is known.

    It only warns, so that nothing about it may stop a batch.
    """
    if not trees or "name" not in plan.given:
        return []
    try:
        known = Latest.from_json(plan.name, documents.read_json(keys.latest_key(plan.name)).content)
        run = known.last_run if known else None
        if run is None:
            return []
        record = PlanRecord.from_json(documents.read_json(keys.plan_key(run)).content)
    except SeiExportError as error:
        logger.warning("What has become of the teams is not known: %s", error)
        return []
    return compare(record.trees, trees, run)


def _cuts(plan: Plan, documents: Documents) -> dict[str, Cut]:
    """What is known of the plan's trees, by key; the key's folder has no dates."""
    wanted = (keys.cut_key(it.requests[0]) for it in plan.exports if it.tree_name)
    return {key: Cut.from_json(content) for key, content in documents.read_many(wanted).items()}


def _durations(items: Iterable[Item], documents: Documents) -> list[tuple[bool, float]]:
    """For each item whether it is legacy, and how long the last of its kind took; 0 if unknown."""
    requests = [item.request for item in items]
    known = documents.read_many(
        keys.series_key(request) for request in requests if not request.report.is_legacy
    )
    return [
        (
            request.report.is_legacy,
            Series.from_json(known.get(keys.series_key(request), {})).expected_seconds,
        )
        for request in requests
    ]


def _brief(item: Item) -> JsonObject:
    """Of an item what a person wants to see."""
    return {"id": item.id, "team": item.team, "teamName": item.team_name, "key": item.key}
