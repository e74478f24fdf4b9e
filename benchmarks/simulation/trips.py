"""What one export of a batch does and takes, by the ways through the state machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from benchmarks.simulation import costs, walk
from benchmarks.simulation.costs import Cost
from benchmarks.simulation.walk import Refusal
from sei_export.batch.estimate import CALL_SECONDS, LANDING_SECONDS

if TYPE_CHECKING:
    from benchmarks.simulation.policy import Value


@dataclass(frozen=True, slots=True)
class Speed:
    """How long functions take, in seconds.

    Attributes:
        call: One that makes one short call.
        landing: One that lands a file.
    """

    call: float
    landing: float


USUAL = Speed(CALL_SECONDS, LANDING_SECONDS)
HARSH = Speed(0.2, 0.2)


@dataclass(frozen=True, slots=True)
class Trip:
    """One export of the batch, from the end of its pause to its recorded outcome.

    Attributes:
        legacy: Whether it is a legacy report.
        calls: When it calls the SEI API, in seconds.
        seconds: When it is over.
        events: In the history of its execution.
        cost: Of its execution and of the child around it.
    """

    legacy: bool
    calls: tuple[float, ...]
    seconds: float
    events: int
    cost: Cost


class Definitions:
    """The ways through the state machines."""

    def __init__(self) -> None:
        self._batch = walk.load("batch", MaxConcurrency=1)
        self._child = walk.child(self._batch, "RunExports")
        self._export = walk.load("export", ExportTimeoutMinutes=180, MaxRestarts=2)
        polled = [self.export_path(polls) for polls in (1, 2)]
        self._polled = [len(path) for path in polled]
        self._polled_events = [walk.events(self._export, path) for path in polled]

    def batch_path(self, rounds: int = 1) -> list[str]:
        """Of a batch that is complete after so many rounds."""
        planned: Value = {"status": "CONTINUE", "run": "run", "round": 1, "itemsKey": "key"}
        closed: list[Value] = [
            {"Payload": {"status": "CONTINUE", "round": number, "itemsKey": "key"}}
            for number in range(2, rounds + 1)
        ]
        closed.append({"Payload": {"status": "COMPLETE", "round": rounds}})
        answers = {"PlanBatch": [cast("Value", {"Payload": planned})], "CloseBatch": closed}
        return walk.walk(self._batch, {}, answers)

    def child_path(self, *, fails: bool = False) -> list[str]:
        """Of the child around one export."""
        given: Value = {"item": {"id": "1", "legacy": False}}
        answer: Value = Refusal(Error="States.TaskFailed", Cause="") if fails else {"Output": {}}
        recorded: Value = {"Payload": {"landed": None if fails else {}}}
        return walk.walk(self._child, given, {"RunExport": [answer], "RecordOutcome": [recorded]})

    def export_path(self, polls: int) -> list[str]:
        """Of an export that is done at a poll, counted from 1."""
        pending: Value = {"Payload": {"status": "processing"}}
        done: Value = {"Payload": {"status": "completed"}}
        answers: walk.Answers = {
            "CreateExport": [{"Payload": {"exportId": "1", "legacy": False}}],
            "CheckExport": [*[pending] * (polls - 1), done],
            "DownloadExport": [done],
        }
        return walk.walk(self._export, {}, answers)

    def legacy_path(self) -> list[str]:
        """Of a legacy report."""
        created: Value = {"Payload": {"exportId": "1", "legacy": True}}
        landed: Value = {"Payload": {"status": "completed"}}
        answers: walk.Answers = {"CreateExport": [created], "FetchReport": [landed]}
        return walk.walk(self._export, {}, answers)

    def refused_path(self) -> list[str]:
        """Of an export that the API refuses to create."""
        refusal = Refusal(Error="ExportRejectedError", Cause="Refused. Remedy: Mend it.")
        return walk.walk(self._export, {}, {"CreateExport": [refusal]})

    def batch_events(self, rounds: int = 1) -> int:
        """In the history of a batch's execution."""
        return walk.events(self._batch, self.batch_path(rounds))

    def child_events(self) -> int:
        """In the history of a child's execution."""
        return walk.events(self._child, self.child_path())

    def pause(self, concurrency: int, *, legacy: bool) -> float:
        """Before each export."""
        batch = walk.load("batch", MaxConcurrency=concurrency)
        child = walk.child(batch, "RunExports")
        states = cast("dict[str, dict[str, Value]]", child["States"])
        given: Value = {"input": {"item": {"legacy": legacy}}}
        return cast("float", walk.evaluate(states["PaceExport"]["Seconds"], {"states": given}))

    def landed(self, ages: Sequence[float], speed: Speed) -> Trip:
        """An export that is done at the last of these ages, at which it is polled."""
        created, polls = speed.call, len(ages)
        ready = created + ages[-1] + speed.call
        first, second = self._polled
        events, more_events = self._polled_events
        return Trip(
            legacy=False,
            # Create, each poll, and the status once more just before the file.
            calls=(0.0, *(created + age for age in ages), ready, ready),
            seconds=ready + speed.landing + speed.call,
            events=events + (polls - 1) * (more_events - events),
            cost=Cost(
                transitions=self._around() + first + (polls - 1) * (second - first),
                invocations=polls + 3,
                gb_seconds=costs.SMALL_GB * speed.call * (polls + 2)
                + costs.LARGE_GB * speed.landing,
                puts=costs.EXPORT_PUTS,
            ),
        )

    def fetched(self, speed: Speed) -> Trip:
        """A legacy report; CreateExport makes no call for it."""
        path = self.legacy_path()
        return Trip(
            legacy=True,
            calls=(speed.call,),
            seconds=speed.call + speed.landing + speed.call,
            events=walk.events(self._export, path),
            cost=Cost(
                transitions=self._around() + len(path),
                invocations=3,
                gb_seconds=costs.SMALL_GB * speed.call * 2 + costs.LARGE_GB * speed.landing,
                puts=costs.EXPORT_PUTS - 1,
            ),
        )

    def refused(self, speed: Speed) -> Trip:
        """An export that the API refuses to create."""
        path = self.refused_path()
        return Trip(
            legacy=False,
            calls=(0.0,),
            seconds=2 * speed.call,
            events=walk.events(self._export, path),
            cost=Cost(
                transitions=costs.CHILD_START + len(self.child_path(fails=True)) + len(path),
                invocations=2,
                gb_seconds=costs.SMALL_GB * speed.call * 2,
                puts=costs.OUTCOME_PUTS,
            ),
        )

    def _around(self) -> int:
        return costs.CHILD_START + len(self.child_path())
