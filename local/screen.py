"""What the demo shows: live on a terminal; elsewhere plain lines, one for each change."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.history import Visit, status_of

_PLAIN_WIDTH = 100
_MARKS = {True: Text("✓", "green"), False: Text("✗", "red")}


class Progress(Protocol):
    """Tells how far the demo is."""

    def step(self, text: str) -> None:
        """The step before has ended; this one begins."""

    def states(self, visits: Sequence[Visit]) -> None:
        """All states of the execution so far; called again and again."""

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
    """One line when a step begins, and one when a state is left.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._told = 0

    def step(self, text: str) -> None:
        """The step begins."""
        self._line(text)

    def states(self, visits: Sequence[Visit]) -> None:
        """Those that were left since the last call."""
        # Where a Choice went is known when the next state is entered.
        settled = [v for v in visits if v.left and (v.state != "IsExportReady" or v.found)]
        for visit in settled[self._told :]:
            seconds = (visit.left or visit.entered) - visit.entered
            self._line(f"{visit.state:<16} {seconds:5.1f} s  {visit.found}".rstrip())
        self._told = len(settled)

    def close(self, *, done: bool = True) -> None:
        """Nothing is open."""

    def _line(self, text: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"{elapsed:6.1f} s  {text}", markup=False, soft_wrap=True)


@dataclass(slots=True)
class _Step:
    text: str
    began: float
    ended: float | None = None


class LiveProgress:
    """A list that grows, its last line spinning.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("dots", style="cyan")
        self._live: Live | None = None
        self._steps: list[_Step] = []
        self._visits: Sequence[Visit] = ()
        self._closed = False

    def step(self, text: str) -> None:
        """A line of its own; the one before gets its mark."""
        if self._visits:
            self.close()
        self._end_step()
        self._steps.append(_Step(text, time.time()))
        self._open()

    def states(self, visits: Sequence[Visit]) -> None:
        """The states take the place of the steps."""
        if self._steps:
            self.close()
            self._console.print()
        self._visits = visits
        self._open()

    def close(self, *, done: bool = True) -> None:
        """Leave the list as it is; what is written next comes below."""
        if done:
            self._end_step()
        if self._live:
            self._closed = True
            self._live.stop()
        self._live, self._closed = None, False
        self._steps, self._visits = [], ()

    def _end_step(self) -> None:
        if self._steps:
            self._steps[-1].ended = time.time()

    def _open(self) -> None:
        if not self._live:
            self._live = Live(
                get_renderable=self._render, console=self._console, refresh_per_second=10
            )
            self._live.start()

    def _render(self) -> Group:
        now = time.time()
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(justify="right", no_wrap=True, min_width=6)
        table.add_column(no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        for step in self._steps:
            mark = self._mark(ended=step.ended is not None, good=True)
            table.add_row(mark, _seconds(step.began, step.ended or now), Text(step.text))
        for visit in self._visits:
            mark = self._mark(ended=visit.left is not None, good=not visit.failed)
            seconds = _seconds(visit.entered, visit.left or now)
            table.add_row(mark, seconds, Text(visit.state), Text(visit.found))
        if not self._visits:
            return Group(table)
        total = _seconds(self._visits[0].entered, self._visits[-1].left or now)
        return Group(table, Text(f"  {total:>6} in all; {status_of(self._visits)}", "bold"))

    def _mark(self, *, ended: bool, good: bool) -> Spinner | Text:
        if ended:
            return _MARKS[good]
        return Text("-", "yellow") if self._closed else self._spinner


def _seconds(began: float, ended: float) -> str:
    return f"{ended - began:.1f} s"
