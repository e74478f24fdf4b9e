"""The execution that a text is about, and what is the same in all texts about one."""

from dataclasses import dataclass
from datetime import datetime

from sei_export import dates
from sei_export.failures import Failure
from sei_export.jsontypes import JsonObject
from sei_export.notice.ways import Execution

RUNBOOK = "docs/runbook.md"

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
    """

    stack: str
    execution: Execution
    given: JsonObject | None
    started: datetime | None

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
        """Which stack, in which account and region."""
        known = ", ".join(it for it in (self.execution.region, self.execution.account) if it)
        return (("Stack", f"{self.stack} ({known})" if known else self.stack),)

    def looks(self) -> Ways:
        """Where to look."""
        return (
            ("Look at the execution", self.execution.console),
            ("See its input and its end", self.execution.describe()),
        )


def why(failure: Failure) -> Facts:
    """What failed, and what to do."""
    return (
        ("Error", failure.error),
        ("Message", failure.message),
        ("Remedy", failure.remedy),
        ("Runbook", f'{RUNBOOK}, "{failure.error}"'),
    )
