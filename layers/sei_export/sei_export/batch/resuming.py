"""Going on with a batch that was stopped, died, or lacks something: only the rest is run.

The new run has the old one's plan, nominal time and trees. It counts over both: what landed in the
old run has landed.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sei_export.batch.expansion import children
from sei_export.batch.history import History
from sei_export.batch.item import FIRST_ROUND, Item
from sei_export.batch.ledger import Fate, balance
from sei_export.batch.progress import Counts
from sei_export.batch.record import PlanRecord
from sei_export.errors import InvalidRequestError
from sei_export.input.problems import Problems, folded
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.parsing import read_input

_FIELDS = ("resume", "dryRun")
_RUN = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_REMEDY = "Correct the input and start a new execution; nothing was run."


def read_resume(given: JsonValue) -> tuple[str, bool] | None:
    """Read an input `{"resume": "<run>", "dryRun": false}`; None for any other.

    Returns:
        The run to go on with, and whether only to tell what would be run.

    Raises:
        InvalidRequestError: Other fields beside it, or values that are none.
    """
    if not isinstance(given, dict) or "resume" not in map(folded, given):
        return None
    asked, problems = read_input(given, beside=_FIELDS), Problems()
    problems.unknown_fields("", asked, _FIELDS)
    run, dry_run = asked.get("resume"), asked.get("dryRun", False)
    # Spelled otherwise, it is told as no field.
    if "resume" in asked and not (isinstance(run, str) and _RUN.fullmatch(run)):
        problems.bad_value("resume", run, "the name of a run, as in its BatchCompleted event,")
    if not isinstance(dry_run, bool):
        problems.bad_value("dryRun", dry_run, "true or false")
    if problems.found:
        raise InvalidRequestError(problems.found, remedy=_REMEDY)
    return str(run), dry_run is True


def check_resumable(
    run: str, plan: JsonObject, manifest: JsonObject, is_running: Callable[[str], bool]
) -> None:
    """Refuse a run with which nobody can go on.

    Args:
        run: Its name.
        plan: Its `plan.json`; empty if there is none.
        manifest: Its manifest; empty if there is none.
        is_running: Tells of an execution's ARN whether it is known to run.

    Raises:
        InvalidRequestError: With the reason.
    """
    problems = Problems()
    bad = [
        item
        for item in _objects(manifest.get("items"))
        if item.get("outcome") in {Fate.FAILED.value, Fate.MISSING.value}
    ]
    if not plan:
        problems.refused("resume", run, _GONE)
    elif "items" in plan:
        problems.refused("resume", run, "it was a dry run, which begins nothing")
    elif manifest.get("status") == "COMPLETE":
        problems.refused("resume", run, "it is complete: nothing is left to run")
    elif manifest and not bad:
        problems.refused("resume", run, _ONLY_ROWS)
    # What has a manifest only announces it, and whoever hears that may go on with it at once.
    elif not manifest and is_running(execution := str(plan.get("executionArn"))):
        problems.refused("resume", run, _RUNNING % execution)
    if problems.found:
        raise InvalidRequestError(problems.found, remedy=_REMEDY)


def check_not_expired(
    run: str, began: datetime | None, now: datetime, retention: timedelta | None
) -> None:
    """Refuse a run whose files the bucket's retention may have begun to delete.

    Args:
        run: Its name.
        began: When it began; of runs that go on with others, the first one; None if unknown.
        now: Now.
        retention: After how long the bucket deletes files; None: never.

    Raises:
        InvalidRequestError: What has landed would count, and may be gone.
    """
    # A file that a run leaves unchanged may have half its retention behind it.
    if retention and began and now - began > retention / 2:
        problems = Problems()
        problems.refused("resume", run, _OLD % f"{began:%Y-%m-%d}")
        raise InvalidRequestError(problems.found, remedy=_REMEDY)


_OLD = (
    "it began on %s, more than half of ExportRetentionDays ago, so that what it landed may be "
    'deleted; start a batch with the same plan and its "scheduledTime"'
)
_GONE = (
    "there is no plan of it in the bucket: there was no such run, or its RunRetentionDays are "
    'over; start a batch with the same plan and its "scheduledTime", which finds unchanged what '
    "has landed"
)
_RUNNING = (
    "it is still running: stop it first, with aws stepfunctions stop-execution --execution-arn %s"
)
_ONLY_ROWS = (
    "it lacks only the own rows of teams that were exported as the teams inside them, and no "
    "further run brings those: ask for leaves, for fewer days or for fewer metrics"
)


def rest(record: PlanRecord, history: History, run: str) -> tuple[tuple[Item, ...], Counts]:
    """What a run has left over, as the first round of the one that goes on with it.

    Args:
        record: The old run's plan.
        history: All that was run so far.
        run: The new run.

    Returns:
        The items, and what is known of all that were expected.
    """

    def parts(item: Item) -> tuple[Item, ...]:
        tree = record.trees.get(item.tree_name) if item.tree_name else None
        return children(item, tree, run, FIRST_ROUND) if tree else ()

    ledger = balance(history.rounds, history.outcomes, parts, run, FIRST_ROUND)
    bad = {Fate.FAILED, Fate.MISSING}
    left = {key: line.item for key, line in ledger.lines.items() if line.fate in bad}
    left |= {item.id: item for item in ledger.following}
    # Whatever was tried before: somebody has looked at it since.
    items = tuple(
        replace(item, tries=1, not_before=None).in_round(run, FIRST_ROUND) for item in left.values()
    )
    return items, Counts.of(ledger.lines.values(), items)


def _objects(value: JsonValue) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
