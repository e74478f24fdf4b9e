"""Which of the stack's state machines an input belongs to, by what only that one takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from sei_export.errors import InvalidRequestError
from sei_export.input.kinds import spellings
from sei_export.input.problems import folded, plain
from sei_export.jsontypes import JsonObject
from sei_export.request.reports import REPORTS

_SHOWN_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine of the stack.

    Attributes:
        name: As in the template. CloudFormation makes a name of it, of which it is a part.
        takes: What its input is.
        marks: Fields, folded, that no other machine's input has.
    """

    name: str
    takes: str
    marks: frozenset[str]

    @classmethod
    def of(cls, name: str, takes: str, marks: Iterable[str]) -> "Machine":
        """Make one of fields as they are spelled."""
        return cls(name, takes, frozenset(map(folded, marks)))


EXPORT = Machine.of(
    "ExportStateMachine",
    "a request",
    (
        *("dateRange", "dateStart", "dateEnd", "backfill", "lookback"),
        *(name for report in REPORTS.values() for name in spellings(report.fields)),
    ),
)
BATCH = Machine.of(
    "BatchStateMachine", "a batch's plan", ("exports", "resume", "dryRun", "forgetCuts")
)
HARVEST = Machine.of(
    "HarvestStateMachine",
    "a harvest's filters",
    # Not `teamId`: it may be a request's that lacks its scope.
    ("dateFrom", "dateTo", "createdBy", "limit", "status", "sortBy", "sortOrder", "retry"),
)
_PLANS = frozenset({"exports", "resume"})
"""Whatever is beside them."""

_REPORT = "report"
"""Of a request and of a harvest."""


def check_belongs(asked: JsonObject, here: Machine) -> None:
    """Refuse an input that is another state machine's.

    Args:
        asked: The input.
        here: The machine that it was given to.

    Raises:
        InvalidRequestError: With the machine's name. What else is wrong would only hide that.
    """
    names = {folded(name): name for name in asked}
    other, marks = _whose({*names}, here)
    if other is None:
        return
    shown = [plain(name) for form, name in names.items() if form in marks][:_SHOWN_FIELDS]
    sentence = (
        f"{' and '.join(shown)} {'belongs' if len(shown) == 1 else 'belong'} to {other.takes}: "
        f"start the state machine that has {other.name} in its name"
    )
    if here is BATCH and other is EXPORT:
        sentence += ', or put it into a plan, as in {"exports": [{"report": "productivity"}]}'
    raise InvalidRequestError([f"{sentence}. This one, {here.name}, takes {here.takes}."])


def _whose(names: set[str], here: Machine) -> tuple[Machine | None, frozenset[str]]:
    """The other machine and the fields that tell it, if it is another's."""
    if here is not BATCH and names & _PLANS:
        return BATCH, _PLANS
    if names & here.marks:
        return None, frozenset()
    for other in (BATCH, EXPORT, HARVEST):
        if other is not here and names & other.marks:
            return other, other.marks
    return (
        (EXPORT, frozenset({_REPORT}))
        if here is BATCH and _REPORT in names
        else (None, frozenset())
    )
