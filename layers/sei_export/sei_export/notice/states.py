"""Ends that Step Functions tells of: of what could not say so itself, and of good harvests.

Its events have neither error nor cause, come as best effort, and on the default bus alone:
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from sei_export import keys
from sei_export.bucket.documents import Documents
from sei_export.errors import REMEDY_MARK
from sei_export.executions import Told
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject
from sei_export.notice import subjects
from sei_export.notice.case import Case, Facts
from sei_export.notice.heard import Heard, digest
from sei_export.notice.ways import Execution

_UNUSUAL = re.compile(r"[^A-Za-z0-9_-]")
_NO_REMEDY = "If nobody meant to end it, run what it has left undone."


class Machines(NamedTuple):
    """The stack's state machines, by their ARNs."""

    export: str
    batch: str
    harvest: str


def dedupe_id_of(heard: Heard, machines: Machines) -> str:
    """Of a failure the id of the machine's own event; of other ends one for each redrive."""
    if not heard.is_of_states:
        return heard.dedupe_id
    if heard.text("status") != "FAILED":
        redrive = str(heard.detail.get("redriveCount") or 0)
        return digest(heard.text("status"), heard.execution_arn, redrive)
    is_batch = heard.text("stateMachineArn") == machines.batch
    return digest("BatchCompleted" if is_batch else "ExportFailed", heard.execution_arn)


def run_of(execution: Execution, started: datetime) -> str:
    """The name of a batch's folder under `runs/`, as its state machine makes it."""
    moment = started.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    name = execution.name
    if _UNUSUAL.search(name):
        name = f"{_UNUSUAL.sub('_', name)}.{digest(name)[:16]}"
    return f"{moment}-{name}"


def failure_of(status: str, asked: Told | None) -> Failure:
    """Say why an execution ended; its cause is taken apart as the machines put it together."""
    error, cause = (asked.error, asked.cause) if asked else ("", "")
    message, mark, remedy = cause.rpartition(REMEDY_MARK)
    return Failure(error or status, message if mark else cause, remedy if mark else _NO_REMEDY)


class Rest(NamedTuple):
    """What a batch has left that could not close.

    Attributes:
        subject: As `subjects.of_batch`.
        facts: How far it was.
        resume: The input that goes on with it; None if it had no plan yet.
    """

    subject: str
    facts: Facts
    resume: JsonObject | None


def rest_of(documents: Documents, case: Case) -> Rest:
    """Look how far a batch was.

    Raises:
        StorageError, ServiceUnavailableError: S3 does not say.
    """
    if case.started is None:
        return Rest(subjects.of_batch(None), (), None)
    run = run_of(case.execution, case.started)
    plan = documents.read_json(keys.plan_key(run)).content
    progress = documents.read_json(keys.progress_key(run)).content
    landed, expected = progress.get("landed"), progress.get("expected")
    is_counted = isinstance(landed, int) and isinstance(expected, int)
    return Rest(
        subjects.of_batch(plan.get("name")),
        (("Run", run), ("Landed", f"{landed} of {expected}" if is_counted else None)),
        {"resume": run} if plan else None,
    )


def manifest_of(documents: Documents, case: Case) -> JsonObject:
    """What the event of a failed batch says beside its failure, from the batch's manifest.

    Raises:
        StorageError, ServiceUnavailableError: S3 does not say.
    """
    if case.started is None:
        return {}
    run = run_of(case.execution, case.started)
    key = keys.run_manifest_key(run)
    said = documents.read_json(key).content
    if not said:
        return {"run": run}
    return {**said, "run": run, "bucket": documents.bucket, "manifestKey": key}
