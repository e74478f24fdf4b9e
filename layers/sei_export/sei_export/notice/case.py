"""The execution that a text is about, and what is the same in all texts about one."""

from dataclasses import dataclass
from datetime import datetime

from sei_export import dates, errors
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject
from sei_export.notice.ways import Execution, store_secret

RUNBOOK = "docs/runbook.md"
OTHER_ENTRY = "Any other name"

_KEY_REFUSED = errors.AuthenticationError.__name__
_OF_STACK = ("parameter", "ExportTimeoutMinutes", "HarnessBaseUrl")
"""In a remedy that is about the stack."""

_INPUT_REFUSED = {
    it.__name__
    for it in (errors.InvalidRequestError, errors.ExportRejectedError, errors.ExportFailedError)
}

_CONSOLE_FIELD, _ANCHOR_FIELD, _BATCH_FIELD = "Comment", "scheduledTime", "batch"

type Facts = tuple[tuple[str, str | None], ...]
type Ways = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """An execution.

    Attributes:
        stack: The stack's name.
        execution: Which one.
        given: Its input; None if nobody could tell, or it is no object.
        started: When it was started; None if nobody could tell.
        secret_arn: Where the stack keeps the API key.
    """

    stack: str
    execution: Execution
    given: JsonObject | None
    started: datetime | None
    secret_arn: str

    def again(self) -> str:
        """The command that starts it anew with the same input and the same nominal time.

        Without that time, a period such as the previous month would be counted from today.
        """
        if self.given is None or self.started is None:
            return self.execution.start(None)
        kept = {k: v for k, v in self.given.items() if k not in {_CONSOLE_FIELD, _BATCH_FIELD}}
        given = kept.get(_ANCHOR_FIELD)
        anchor = given if dates.read_moment(given) else dates.format_moment(self.started)
        return self.execution.start({**kept, _ANCHOR_FIELD: anchor})

    def where(self) -> Facts:
        """Which stack, in which account and region, and when it began."""
        known = ", ".join(it for it in (self.execution.region, self.execution.account) if it)
        return (
            ("Stack", f"{self.stack} ({known})" if known else self.stack),
            ("Started", dates.format_moment(self.started) if self.started else None),
        )

    def cures(self, failure: Failure) -> Ways:
        """What the remedy asks for, as commands."""
        cures: Ways = ()
        if _KEY_REFUSED in f"{failure.error} {failure.message}":
            store = store_secret(self.secret_arn, self.execution.region)
            cures += (("Store a key: paste it, then press Enter and Ctrl-D", store),)
        if any(name in failure.remedy for name in _OF_STACK):
            page = self.execution.stack_console(self.stack)
            cures += (("Change a parameter: Update, Use existing template", page),)
        return cures

    def repeats(self, failure: Failure, new_from: str | None = None) -> Ways:
        """The command that runs it again.

        Args:
            failure: Why it failed; a wrong input would only fail again.
            new_from: Until when the API may hand out the same export.
        """
        label = "Then run it again, for the same days"
        if new_from:
            label += f", from {new_from} on: until then Harness may hand out the same export"
        if failure.error in _INPUT_REFUSED:
            label += ", with what was wrong corrected behind --input"
        return ((label, self.again()),)

    def looks(self) -> Ways:
        """Where to look."""
        return (
            ("Look at the execution", self.execution.console),
            ("See its input and its end", self.execution.describe()),
        )


def why(failure: Failure, entry: str | None = None) -> Facts:
    """What failed, and what to do.

    Args:
        failure: Why.
        entry: The runbook's; by default the error's.
    """
    return (
        ("Error", failure.error),
        ("Message", failure.message),
        ("Remedy", failure.remedy),
        ("Runbook", f'{RUNBOOK}, "{entry or _entry_of(failure.error)}"'),
    )


def _entry_of(error: str) -> str:
    """The runbook's heading for an error: AWS's names have a dot, this exporter's a class."""
    is_known = "." in error or isinstance(getattr(errors, error, None), type)
    return error if is_known else OTHER_ENTRY
