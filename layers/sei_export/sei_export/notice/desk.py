"""Where events come in, and texts go out: which event is news, and what is kept of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sei_export import dates, keys
from sei_export.bucket.documents import Documents
from sei_export.executions import Told
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.manifest import Caution
from sei_export.notice import states, subjects, texts
from sei_export.notice.case import Case
from sei_export.notice.heard import Heard, batch_of, read_input
from sei_export.notice.once import Once
from sei_export.notice.states import Machines
from sei_export.notice.text import Notice
from sei_export.notice.texts import Ended
from sei_export.notice.ways import Execution
from sei_export.request.defaults import RequestDefaults

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to tell people.

    Attributes:
        stack: The stack's name.
        machines: Its state machines.
        documents: The bucket, which keeps what was told.
        ask: Asks Step Functions about an execution; None if nobody can tell.
        send: Sends a text.
        defaults: What the stack says where a request is silent.
        secret_arn: Where the API key is kept.
        now: The clock.
    """

    stack: str
    machines: Machines
    documents: Documents
    ask: Callable[[str], Told | None]
    send: Callable[[Notice], object]
    defaults: RequestDefaults
    secret_arn: str
    now: Callable[[], datetime]

    def tell(self, heard: Heard) -> list[str]:
        """Tell what is news in an event.

        Returns:
            The subjects of the texts that were sent now.

        Raises:
            ServiceUnavailableError: AWS does not answer, or another invocation tells the same now.
            ConfigurationError, StorageError: AWS refuses.
        """
        if heard.is_of_states:
            return self._of_states(heard)
        match heard.kind:
            case "ExportFailed":
                return self._export_failed(heard)
            case "BatchCompleted":
                return self._batch(heard)
            case "ExportCompleted":
                return self._landed(heard)
            case "ExportOverdue" | "ExportAtRisk":
                make = texts.overdue if heard.kind == "ExportOverdue" else texts.at_risk
                batches = Execution.of_machine(self.machines.batch)
                return self._once(make(self.stack, batches, heard.dedupe_id, heard.detail))
        return []

    # --- failures ----------------------------------------------------------------------------

    def _export_failed(self, heard: Heard) -> list[str]:
        execution = Execution.of(heard.execution_arn)
        is_harvest = execution.machine_arn == self.machines.harvest
        if heard.text("run") or (is_harvest and heard.text("exportId")):
            # Its batch, or its harvest, tells of all of them at once.
            return []
        case = self._case(execution)
        request = heard.detail.get("request") or case.given
        return self._failed(heard, case, Failure.from_json(heard.detail), request)

    def _failed(self, heard: Heard, case: Case, failure: Failure, request: JsonValue) -> list[str]:
        """Tell of a failed export that was started alone, or of a failed harvest."""
        dedupe_id = states.dedupe_id_of(heard, self.machines)
        if case.execution.machine_arn == self.machines.harvest:
            notice = texts.harvest_failed(case, dedupe_id, failure)
            return self._fail(notice, subjects.HARVEST, failure, heard.at)
        notice = texts.export_failed(case, dedupe_id, failure, request, heard.text("exportId"))
        return self._fail(notice, self._subject(request, case, heard.at), failure, heard.at)

    def _batch(self, heard: Heard) -> list[str]:
        case = self._case(Execution.of(heard.execution_arn))
        if heard.text("status") != "COMPLETE":
            return self._incomplete(heard, case, Failure.from_json(heard.detail), heard.detail)
        subject = subjects.of_batch(heard.detail.get("name"))
        about = f"batch {heard.text('name') or heard.text('run')}"
        told = self._recover([subject], about, case, heard.at)
        return [*told, *self._warn(subject, about, case, heard.detail)]

    def _incomplete(
        self, heard: Heard, case: Case, failure: Failure, said: JsonObject
    ) -> list[str]:
        """Tell of a batch that lacks something."""
        dedupe_id = states.dedupe_id_of(heard, self.machines)
        notice = texts.batch_incomplete(case, dedupe_id, failure, said)
        return self._fail(notice, subjects.of_batch(said.get("name")), failure, heard.at)

    def _of_states(self, heard: Heard) -> list[str]:
        machine, status = heard.text("stateMachineArn"), heard.text("status")
        execution = Execution.of(heard.execution_arn)
        if status == "SUCCEEDED" and machine == self.machines.harvest:
            # Exports and batches tell that themselves.
            return self._recover([subjects.HARVEST], "harvest", self._case(execution), heard.at)
        if machine not in self.machines or status not in {"FAILED", "ABORTED", "TIMED_OUT"}:
            return []
        return self._ended(heard, execution, status)

    def _ended(self, heard: Heard, execution: Execution, status: str) -> list[str]:
        given = read_input(heard.detail.get("input"))
        dedupe_id = states.dedupe_id_of(heard, self.machines)
        if batch_of(given) or Once(self.documents, self.now).is_told(dedupe_id):
            return []
        asked = self.ask(execution.arn)
        given = given or read_input(asked.given if asked else None)
        if batch_of(given):
            return []
        started = dates.read_moment(heard.detail.get("startDate"))
        started = started or (asked.started if asked else None)
        case = Case(self.stack, execution, given, started, self.secret_arn)
        failure = states.failure_of(status, asked)
        is_batch = execution.machine_arn == self.machines.batch
        if status == "FAILED":
            # As its own event would have it, which may come later, or never.
            if is_batch:
                return self._incomplete(
                    heard, case, failure, states.manifest_of(self.documents, case)
                )
            return self._failed(heard, case, failure, given)
        if is_batch:
            rest = states.rest_of(self.documents, case)
            notice = texts.ended(case, dedupe_id, Ended(status, failure), rest.facts, rest.resume)
            return self._fail(notice, rest.subject, failure, heard.at)
        is_harvest = execution.machine_arn == self.machines.harvest
        subject = subjects.HARVEST if is_harvest else self._subject(given, case, heard.at)
        facts = texts.of_request(given)
        notice = texts.ended(case, dedupe_id, Ended(status, failure), facts, None)
        return self._fail(notice, subject, failure, heard.at)

    def _fail(self, notice: Notice, subject: str, failure: Failure, at: datetime) -> list[str]:
        """Tell of a failure, and remember it until a success follows."""
        opened: JsonObject = {
            "subject": subject,
            "error": failure.error,
            "at": dates.format_moment(at),
        }
        key = keys.open_failure_key(subject)
        return self._once(notice, before=lambda: self.documents.write_json(key, opened))

    # --- successes ---------------------------------------------------------------------------

    def _landed(self, heard: Heard) -> list[str]:
        if heard.text("run"):
            return []
        report, request = heard.text("report"), heard.detail.get("request")
        case = self._case(Execution.of(heard.execution_arn))
        series = subjects.of_key(heard.detail.get("key"))
        if series is None:
            # One of a harvest, which tells by itself when it is well.
            about = f"harvested {report}"
            return self._warn(about, about, case, heard.detail)
        about = texts.about_export(report, request)
        failed = [series, subjects.of_report(report), subjects.of_report(None)]
        told = self._recover(failed, about, case, heard.at)
        return [*told, *self._warn(series, about, case, heard.detail)]

    def _recover(self, failed: Sequence[str], about: str, case: Case, at: datetime) -> list[str]:
        """Tell that what had failed is well again."""
        told: list[str] = []
        for subject in failed:
            key = keys.open_failure_key(subject)
            failure = self.documents.read_json(key).content
            since = dates.read_moment(failure.get("at"))
            if since is None or since > at:
                continue
            if not told:
                told = self._once(texts.recovered(case, about, failure))
            self.documents.delete(key)
        return told

    def _warn(self, subject: str, about: str, case: Case, detail: JsonObject) -> list[str]:
        """Tell of warnings that were not there the last time."""
        cautions = _cautions(detail.get("warnings"))
        key = keys.warned_key(subject)
        document = self.documents.read_json(key)
        before = document.content.get("codes")
        codes: list[JsonValue] = [*dict.fromkeys(each.code for each in cautions)]
        if codes == before or (not codes and not document.etag):
            return []
        news = [it for it in cautions if not isinstance(before, list) or it.code not in before]
        told: list[str] = []
        if news:
            told = self._once(texts.warned(case, about, str(detail.get("manifestKey") or ""), news))
        self.documents.write_json(key, {"subject": subject, "codes": codes})
        return told

    # --- both --------------------------------------------------------------------------------

    def _case(self, execution: Execution) -> Case:
        asked = self.ask(execution.arn)
        given = read_input(asked.given) if asked else None
        started = asked.started if asked else None
        return Case(self.stack, execution, given, started, self.secret_arn)

    def _subject(self, request: JsonValue, case: Case, at: datetime) -> str:
        series = subjects.of_request(request, self.defaults, case.started or at)
        if series:
            return series
        return subjects.of_report(request.get("report") if isinstance(request, dict) else None)

    def _once(self, notice: Notice, before: Callable[[], object] = lambda: None) -> list[str]:
        def send() -> None:
            before()
            self.send(notice)

        said: JsonObject = {"kind": notice.kind, "subject": notice.subject}
        is_sent = Once(self.documents, self.now).tell(notice.dedupe_id, send, said)
        return [notice.subject] if is_sent else []


def _cautions(given: JsonValue) -> list[Caution]:
    try:
        return [Caution.from_json(each) for each in given] if isinstance(given, list) else []
    except (KeyError, TypeError):
        return []
