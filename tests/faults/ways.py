"""All ways that the states of the machines have, and executions that are to take each of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sei_export.jsontypes import JsonValue
from tests.statemachine import hostile, machine
from tests.statemachine.bus import Bus
from tests.statemachine.engine import Way
from tests.statemachine.jsonata_of_aws import StateError
from tests.statemachine.walks import (
    CHILD,
    DEFINITIONS,
    EXPORT,
    FAILED,
    INCOMPLETE,
    LANDED,
    PAGE,
    PASSING,
    PLANNED,
    REFUSED,
    SCRIPTS,
    Run,
    Script,
    given_to,
)

TOO_LARGE = "States.DataLimitExceeded"
LATE = StateError("RateLimitedError", hostile.raised("429. Retry-After: 99999999. Remedy: Wait."))
BROKEN = StateError("States.ExceedToleratedFailureThreshold", "A Map of the platform's own.")
EMPTY: JsonValue = {}

ODD: dict[str, dict[str, Script]] = {
    "export": {
        "is nothing": {"CreateExport": [EMPTY]},
        "fails with no time for another": {
            "CreateExport": [EXPORT, EXPORT | {"exportId": "exp_2"}],
            "CheckExport": [FAILED],
        },
        "has an unknown status": {"CreateExport": [EXPORT], "CheckExport": [{"status": "paused"}]},
        "lands nothing": {
            "CreateExport": [EXPORT],
            "CheckExport": [{"status": "completed"}],
            "DownloadExport": [EMPTY],
        },
        "is to be asked for again too late": {"CreateExport": [EXPORT], "CheckExport": [LATE]},
    },
    "harvest": {
        "lands nothing": {"ListExports": [PAGE], "LandExport": [EMPTY]},
        "is told to wait again and again": {"ListExports": [PAGE], "LandExport": [PASSING]},
        "is promised more": {
            "ListExports": [PAGE],
            "LandExport": [{"finished": False}, LANDED],
            "CloseHarvest": [INCOMPLETE],
        },
        "is closed with nothing": {
            "ListExports": [PAGE],
            "LandExport": [LANDED],
            "CloseHarvest": [EMPTY],
        },
        "never ends": {"ListExports": [PAGE | {"exports": [], "cursor": {"report": "sprint"}}]},
        "is to be asked for again too late": {"ListExports": [LATE]},
        "has a map that breaks": {"ListExports": [PAGE], "LandExports": [BROKEN]},
        "has a map that is too large": {
            "ListExports": [PAGE],
            "LandExports": [StateError(TOO_LARGE)],
        },
    },
    "batch": {
        "is planned with nothing": {"PlanBatch": [EMPTY]},
        "is closed with nothing": {
            "PlanBatch": [PLANNED],
            "RunExports": [[]],
            "CloseBatch": [EMPTY],
        },
        "is to be asked for again too late": {"PlanBatch": [LATE]},
    },
    "child": {},
}
"""Executions beside those of `walks.SCRIPTS`: what no function should answer, what takes long."""

LONG = {"never ends", "never downloads"}
"""Of all, those with hundreds of states: tried once, not in each variation."""

WAITS_IN_VAIN: Script = {"CreateExport": [EXPORT], "CheckExport": [FAILED]}
"""The API hands out the failed export again and again, until no time is left."""

UNREACHABLE: dict[str, dict[Way, str]] = {
    "export": {
        ("IsToTryAgain", "Default"): "Only the catchers of the four states above lead there.",
    },
}
"""What no execution can take, and why it is there all the same: a Choice without a Default fails
where nothing matches."""


@dataclass(frozen=True)
class Walk:
    """An execution to be.

    Attributes:
        name: Of the machine.
        script: What its tasks answer.
        refusals: How many events the bus refuses.
        error: What it refuses them with.
        minutes: The stack's ExportTimeoutMinutes.
    """

    name: str
    script: Script = field(hash=False)
    refusals: int = 0
    error: str = "EventBridge.InternalException"
    minutes: str | None = None

    def run(self) -> Run:
        """Execute it, with all its retries."""
        bus = Bus(self.refusals, self.error)
        given = CHILD if self.name == "child" else given_to(self.name)
        return Run(self.name, self.script, given, bus, self.minutes, retrying=True)


def graph(name: str) -> machine.Tree:
    """The states of a machine by name, and those of its inline Map."""
    definition: machine.Tree = DEFINITIONS[name]
    graphs = [definition] if name == "batch" else list(machine.graphs(definition))
    return {name: state for each in graphs for name, state in machine.states(each).items()}


def ways(name: str) -> set[Way]:
    """All ways that the states of a machine have, as its definition says."""
    found: set[Way] = set()
    for state, content in graph(name).items():
        found |= {(state, kind) for kind in ("Next", "Default") if kind in content}
        for kind in ("Choices", "Catch"):
            entries = machine.entries(content, kind)
            found |= {(state, f"{kind} {at + 1}") for at in range(len(entries))}
        for at, entry in enumerate(machine.entries(content, "Retry")):
            found |= {(state, f"Retry {at + 1} {error}") for error in machine.error_names(entry)}
    return found


def scripts(name: str) -> list[Script]:
    """What tasks answer in executions that nothing disturbs."""
    return [*SCRIPTS[name].values(), *ODD[name].values()]


def short_scripts(name: str) -> list[Script]:
    """Those of them that do not take long."""
    titled = SCRIPTS[name] | ODD[name]
    return [script for title, script in titled.items() if title not in LONG]


def usual(name: str) -> Iterator[Walk]:
    """Executions that take every way but those of errors."""
    yield from (Walk(name, script) for script in scripts(name))
    if name == "export":
        yield Walk(name, WAITS_IN_VAIN, minutes="38")


def refused(name: str) -> Iterator[Walk]:
    """Executions whose events are refused: once, until another form is tried, and to the end."""
    for script in short_scripts(name):
        for refusals in (1, 5, 7, 100):
            yield Walk(name, script, refusals)
        for refusals in (1, 100):
            yield Walk(name, script, refusals, TOO_LARGE)


def disturbed(name: str, *, every_visit: bool = False) -> Iterator[Walk]:
    """Executions in which a task fails, with each error that its state names and others.

    Args:
        name: Of the machine.
        every_visit: Whether at every visit, once and for good; else at the first and for good.
    """
    known: set[str] = set()
    for script in short_scripts(name):
        for task in [task for task in script if task in graph(name) and task not in known]:
            known.add(task)
            answers = script[task]
            for at in range(len(answers) if every_visit else 1):
                for error in _errors(name, task):
                    failure = StateError(error, hostile.raised("A. Remedy: B.", error))
                    yield Walk(name, script | {task: [*answers[:at], failure]})
                    if every_visit:
                        yield Walk(name, script | {task: [*answers[:at], failure, *answers[at:]]})


def _errors(name: str, task: str) -> list[str]:
    entries = machine.entries(graph(name)[task], "Retry")
    named = [error for entry in entries for error in machine.error_names(entry)]
    return [*dict.fromkeys(named), TOO_LARGE, "KeyError", REFUSED.error]
