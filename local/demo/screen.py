"""What the demo shows: live on a terminal; elsewhere plain lines, one for each change."""

import sys
import time
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Protocol

from rich.cells import set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.demo.batch_history import Round
from local.demo.history import Visit, status_of

_PLAIN_WIDTH = 100
_NAME_WIDTH = 18
"""Cells of the longest name of a state, or of a team that the simulator has."""
_MARKS = {True: Text("✓", "green"), False: Text("✗", "red")}


class Progress(Protocol):
    """Tells how far the demo is."""

    def step(self, text: str) -> None:
        """The step before has ended; this one begins."""

    def states(self, visits: Sequence[Visit]) -> None:
        """All states of the execution so far; called again and again."""

    def rounds(self, rounds: Sequence[Round]) -> None:
        """All rounds of the batch so far; called again and again."""

    def close(self, *, done: bool = True) -> None:
        """Nothing more for now; `done` unless the last step was not finished."""


def make_console() -> Console:
    """For a terminal, or plain for a file and a pipe, whatever the environment asks for."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Names are of many scripts; a terminal that has not all of them shows question marks.
        sys.stdout.reconfigure(errors="replace")
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, force_terminal=False, color_system=None, width=_PLAIN_WIDTH)


def make_progress(console: Console) -> Progress:
    """The kind that this console can show."""
    live = console.is_terminal and not console.is_dumb_terminal
    return LiveProgress(console) if live else PlainProgress(console)


class PlainProgress:
    """One line when a step begins, when a state is left, and when something of a batch changes.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._told: set[object] = set()

    def step(self, text: str) -> None:
        """The step begins."""
        self._line(text)

    def states(self, visits: Sequence[Visit]) -> None:
        """Those that were left since the last call."""
        # Where a Choice went is known when the next state is entered.
        settled = [v for v in visits if v.left and (v.state != "IsExportReady" or v.found)]
        for number, visit in enumerate(settled):
            self._once(number, _ended(visit))

    def rounds(self, rounds: Sequence[Round]) -> None:
        """Those that began, exports that ended and counts that changed since the last call."""
        for one in rounds:
            self._once(one.title, one.title)
            for visit in one.exports:
                if visit.left:
                    self._once((one.title, visit.state), _ended(visit))
            if one.exports:
                name = set_cell_size(one.title.partition(":")[0], _NAME_WIDTH)
                self._once((one.title, one.counts), f"{name}          {one.counts}")

    def close(self, *, done: bool = True) -> None:
        """Nothing is open."""

    def _once(self, key: object, text: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self._line(text)

    def _line(self, text: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"{elapsed:6.1f} s  {text}", markup=False, soft_wrap=True)


class LiveProgress:
    """A list that grows, its last line spinning.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("dots", style="cyan")
        self._live: Live | None = None
        self._steps: list[Visit] = []
        self._visits: Sequence[Visit] = ()
        self._rounds: Sequence[Round] = ()
        self._closed = False

    def step(self, text: str) -> None:
        """A line of its own; the one before gets its mark."""
        if self._visits or self._rounds:
            self.close()
        self._end_step()
        self._steps.append(Visit(text, time.time()))
        self._open()

    def states(self, visits: Sequence[Visit]) -> None:
        """The states take the place of the steps."""
        self._replace_steps()
        self._visits = visits
        self._open()

    def rounds(self, rounds: Sequence[Round]) -> None:
        """The rounds take the place of the steps, once there is one."""
        if rounds:
            self._replace_steps()
            self._rounds = rounds
            self._open()

    def close(self, *, done: bool = True) -> None:
        """Leave the list as it is; what is written next comes below."""
        if done:
            self._end_step()
        if self._live:
            self._closed = True
            self._live.stop()
        self._live, self._closed = None, False
        self._steps, self._visits, self._rounds = [], (), ()

    def _replace_steps(self) -> None:
        if self._steps:
            self.close()
            self._console.print()

    def _end_step(self) -> None:
        if self._steps:
            self._steps[-1].left = time.time()

    def _open(self) -> None:
        if not self._live:
            self._live = Live(
                get_renderable=self._render, console=self._console, refresh_per_second=10
            )
            self._live.start()

    def _render(self) -> Group:
        now = time.time()
        parts: list[RenderableType] = []
        if self._steps or self._visits:
            parts.append(self._list(self._steps or self._visits, now))
        if self._visits:
            total = (self._visits[-1].left or now) - self._visits[0].entered
            parts.append(Text(f"  {total:4.1f} s in all; {status_of(self._visits)}", "bold"))
        for one in self._rounds:
            title = Text.assemble((one.title, "bold"), f" - {one.counts}", no_wrap=True)
            parts += [title, self._list(one.exports, now)]
        return Group(*parts)

    def _list(self, visits: Sequence[Visit], now: float) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(justify="right", no_wrap=True, min_width=6)
        table.add_column(no_wrap=True, overflow="ellipsis", min_width=_NAME_WIDTH)
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        for visit in visits:
            mark = self._mark(ended=visit.left is not None, good=not visit.failed)
            table.add_row(mark, f"{visit.seconds(now):.1f} s", Text(visit.state), Text(visit.found))
        return table

    def _mark(self, *, ended: bool, good: bool) -> Spinner | Text:
        if ended:
            return _MARKS[good]
        return Text("-", "yellow") if self._closed else self._spinner


def _ended(visit: Visit) -> str:
    lasted = f"{visit.seconds(visit.entered):5.1f} s"
    return f"{set_cell_size(visit.state, _NAME_WIDTH)} {lasted}  {visit.found}".rstrip()
