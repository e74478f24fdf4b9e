"""The texts, a function for each that a person may get."""

from collections.abc import Sequence
from typing import NamedTuple

from sei_export.failures import Failure, export_at_end
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Caution
from sei_export.notice.case import RUNBOOK, Case, Facts, why
from sei_export.notice.heard import digest
from sei_export.notice.plain import subject
from sei_export.notice.scope import days_of, narrowest, whose
from sei_export.notice.text import Notice
from sei_export.notice.ways import Execution, show_object

_LANDED = " landed"
_MOST_SHOWN = 5
"""Warnings in one text."""


def export_failed(
    case: Case, dedupe_id: str, failure: Failure, request: JsonValue, export_id: str
) -> Notice:
    """An export that was started alone has failed."""
    message, _, new_from = export_at_end(failure.message)
    told = Failure(failure.error, message, failure.remedy)
    return Notice(
        kind="failed",
        dedupe_id=dedupe_id,
        subject=subject(f"{case.stack}: export failed:", failure.error, f"({_named(request)})"),
        headline="An export failed. Nothing of it was published; what landed before is untouched.",
        facts=(
            *of_request(request),
            *case.where(),
            *why(told),
            ("Export", f"{export_id} (Harness's support asks for it)" if export_id else None),
        ),
        ways=(*case.cures(failure), *case.repeats(failure, new_from), *case.looks()),
    )


def harvest_failed(case: Case, dedupe_id: str, failure: Failure) -> Notice:
    """A harvest has not landed everything."""
    return Notice(
        kind="failed",
        dedupe_id=dedupe_id,
        subject=subject(f"{case.stack}: harvest not complete:", failure.error),
        headline="A harvest has not landed every export that it found.",
        facts=(*case.where(), *why(failure)),
        ways=(
            *case.cures(failure),
            ("Then harvest again: what has landed is skipped", case.again()),
            *case.looks(),
        ),
    )


def batch_incomplete(case: Case, dedupe_id: str, failure: Failure, detail: JsonObject) -> Notice:
    """A batch has ended, and something is missing."""
    name, run = str(detail.get("name") or ""), str(detail.get("run") or "")
    totals = detail.get("totals")
    landed = _count_of(totals)
    bucket, key = detail.get("bucket"), detail.get("manifestKey")
    has_manifest = isinstance(bucket, str) and isinstance(key, str)
    resume: JsonObject = {"resume": run}
    again = (
        (("Then run only what is missing", case.execution.start(resume)),)
        if has_manifest
        else case.repeats(failure)
    )
    manifest = (
        (("See what is missing, each with its reason", _manifest(case, str(bucket), str(key))),)
        if has_manifest
        else ()
    )
    return Notice(
        kind="incomplete",
        dedupe_id=dedupe_id,
        subject=subject(f"{case.stack}: batch", name, f"not complete: {landed or failure.error}"),
        headline=f"Batch {name or run} is not complete.",
        facts=(
            ("Landed", landed.removesuffix(_LANDED)),
            *case.where(),
            *why(failure),
            ("Run", run),
            ("Manifest", f"s3://{bucket}/{key}" if has_manifest else None),
        ),
        ways=(*manifest, *case.cures(failure), *again, *case.looks()),
    )


class Ended(NamedTuple):
    """An end that an execution could not tell itself.

    Attributes:
        status: `TIMED_OUT` or `ABORTED`.
        failure: What Step Functions says of it. The error's name is the status, unless whoever
            stopped it, or the platform, gave another one.
    """

    status: str
    failure: Failure


def ended(case: Case, dedupe_id: str, end: Ended, facts: Facts, rest: JsonObject | None) -> Notice:
    """Step Functions itself has ended an execution, or somebody has.

    Args:
        case: The execution.
        dedupe_id: Of its end.
        end: How, and why.
        facts: What else is known.
        rest: The input that runs what it has left undone; None if that is the same again.
    """
    failure, is_late = end.failure, end.status == "TIMED_OUT"
    told = Failure(
        failure.error, failure.message or "Step Functions names no cause.", failure.remedy
    )
    how = "ran into the platform's time limit" if is_late else "was stopped"
    name = f"{case.execution.machine} {case.execution.name}"
    return Notice(
        kind="ended",
        dedupe_id=dedupe_id,
        subject=subject(f"{case.stack}: {'timed out' if is_late else 'stopped'}: {name}"),
        headline=f"An execution {how}; it could not tell so itself.",
        facts=(
            *facts,
            *case.where(),
            *why(told, end.status),
        ),
        ways=(
            ("Run only what is missing", case.execution.start(rest))
            if rest
            else ("Run it again, for the same days", case.again()),
            *case.looks(),
        ),
    )


def warned(case: Case, about: str, key: str, cautions: Sequence[Caution]) -> Notice:
    """Something has landed, and its reader should know something.

    Args:
        case: The execution.
        about: What has landed.
        key: Of the manifest; empty if it is not known.
        cautions: What is news of its warnings.
    """
    codes = ", ".join(dict.fromkeys(each.code for each in cautions))
    shown = tuple((each.code, each.message) for each in cautions[:_MOST_SHOWN])
    more = len(cautions) - len(shown)
    return Notice(
        kind="warned",
        dedupe_id=digest("Warned", case.execution.arn, about, codes),
        subject=subject(f"{case.stack}: warning:", codes, f"({about})"),
        headline="It has landed, with a warning. You are told once, until the warning is gone.",
        facts=(
            ("What", about),
            *case.where(),
            *shown,
            ("More", f"{more} more warnings, in the manifest" if more else None),
            ("Manifest", key),
            ("Runbook", f'{RUNBOOK}, "Warnings"'),
        ),
        ways=case.looks(),
    )


def recovered(case: Case, about: str, failure: JsonObject) -> Notice:
    """The first success after a failure.

    Args:
        case: The execution that succeeded.
        about: What has landed.
        failure: What is kept of the failure.
    """
    return Notice(
        kind="recovered",
        dedupe_id=digest("Recovered", case.execution.arn, about),
        subject=subject(f"{case.stack}: landed again:", about),
        headline="What had failed has landed. Nothing is to be done.",
        facts=(
            ("What", about),
            *case.where(),
            ("Failed", f"{failure.get('at')}: {failure.get('error')}"),
        ),
        ways=case.looks(),
    )


def overdue(stack: str, batches: Execution, dedupe_id: str, detail: JsonObject) -> Notice:
    """Nothing complete has come when something was expected.

    Args:
        stack: The stack's name.
        batches: Of the batch machine.
        dedupe_id: Of the event.
        detail: What that says.
    """
    failure = Failure.from_json({"error": "ExportOverdue", **detail})
    expected = str(detail.get("expectedAt") or "")
    return Notice(
        kind="overdue",
        dedupe_id=dedupe_id,
        subject=subject(f"{stack}: overdue since {expected}"),
        headline="Nothing complete has landed, although it was expected.",
        facts=(
            ("Expected", expected),
            ("Last one", str(detail.get("lastCompleteAt") or "never")),
            *_of_stack(stack, batches),
            *why(failure, "ExportOverdue"),
        ),
        ways=(
            ("See which batches ran, and how they ended", batches.list_all()),
            ("Run the stack's plan now", batches.start({})),
        ),
    )


def at_risk(stack: str, batches: Execution, dedupe_id: str, detail: JsonObject) -> Notice:
    """Something will keep the next run from starting, from succeeding or from being told of.

    Args:
        stack: The stack's name.
        batches: Of the batch machine.
        dedupe_id: Of the event.
        detail: What that says.
    """
    found = detail.get("findings")
    codes = ", ".join(
        str(it.get("code"))
        for it in (found if isinstance(found, list) else [])
        if isinstance(it, dict)
    )
    return Notice(
        kind="atRisk",
        dedupe_id=dedupe_id,
        subject=subject(f"{stack}: exports at risk: {codes}"),
        headline="The next exports may not come. You are told once, until it is mended.",
        facts=(
            *_of_stack(stack, batches),
            *why(Failure.from_json({"error": codes, **detail}), "ExportOverdue"),
        ),
        ways=(
            (
                "When it is mended: try plan and key, create nothing",
                batches.start({"dryRun": True}),
            ),
        ),
    )


def _of_stack(stack: str, batches: Execution) -> Facts:
    return Case(stack, batches, None, None, "").where()


def about_export(report: str, request: JsonValue) -> str:
    """Name what has landed, or should have."""
    return ", ".join(it for it in (report, whose(request), days_of(request)) if it)


def _named(request: JsonValue) -> str:
    report = request.get("report") if isinstance(request, dict) else None
    named = (str(report or "the stack's default"), narrowest(request), days_of(request))
    return ", ".join(it for it in named if it)


def of_request(request: JsonValue) -> Facts:
    """What was asked for."""
    report = request.get("report") if isinstance(request, dict) else None
    return (
        ("Report", str(report) if report else None),
        ("Scope", whose(request)),
        ("Days", days_of(request)),
    )


def _count_of(totals: JsonValue) -> str:
    if not isinstance(totals, dict):
        return ""
    return f"{totals.get('landed')} of {totals.get('expected')}{_LANDED}"


def _manifest(case: Case, bucket: str, key: str) -> str:
    return show_object(bucket, key, case.execution.region)
