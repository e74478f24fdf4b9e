"""A copy of the tree in which mutants are tried, one after the other."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Protocol, Self

from local.paths import LOCAL, ROOT
from tests.mutants.mutant import Mutant

GREEN, RED, INTERRUPTED = 0, 1, 2
"""Exit codes of pytest: a module that cannot be imported interrupts it."""
LONGEST = 900.0


class Verdict(StrEnum):
    """What came of a mutant."""

    KILLED = "killed"
    LATE = "killed, since its tests did not end"
    SURVIVED = "survived"


class BenchError(Exception):
    """The tests are not green without a mutant, or do not run."""


class Bench(AbstractContextManager["Bench"]):
    """Copies the tree into a temporary folder; the tree itself stays as it is.

    Raises:
        BenchError: A run of tests is red without a mutant.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._greens: dict[tuple[str, ...], float] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="mutants-")))
            _copy(self._folder)
            self._worker = subprocess.Popen(
                [sys.executable, self._folder / "tests" / "mutants" / "worker.py"],
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(self._worker)
            stack.callback(self._worker.kill)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def judge(self, mutant: Mutant) -> Verdict:
        """Run a mutant's tests with it."""
        for tests in mutant.tests:
            self._greens.setdefault(tests, self._seconds_of_green(tests))
        file = self._folder / mutant.file
        before = file.read_text()
        _write(file, mutant.content)
        try:
            verdicts = (self._verdict(tests) for tests in mutant.tests)
            return next((it for it in verdicts if it != Verdict.SURVIVED), Verdict.SURVIVED)
        finally:
            _write(file, before)

    def _seconds_of_green(self, tests: tuple[str, ...]) -> float:
        if tests in self._greens:
            return self._greens[tests]
        began = time.monotonic()
        code = self._code(tests, LONGEST)
        if code != GREEN:
            raise BenchError(f"pytest {' '.join(tests)} ends with {code} without a mutant.")
        return time.monotonic() - began

    def _verdict(self, tests: tuple[str, ...]) -> Verdict:
        code = self._code(tests, 30 + 10 * self._greens[tests])
        if code is None:
            return Verdict.LATE
        if code == GREEN:
            return Verdict.SURVIVED
        if code in {RED, INTERRUPTED} or code < 0:
            return Verdict.KILLED
        raise BenchError(f"pytest {' '.join(tests)} ends with {code}.")

    def _code(self, tests: tuple[str, ...], seconds: float) -> int | None:
        given, said = self._worker.stdin, self._worker.stdout
        assert given is not None
        assert said is not None
        given.write(json.dumps([tests, seconds]) + "\n")
        given.flush()
        code: int | None = json.loads(said.readline())
        return code


class Judge(Protocol):
    """What is used of `Bench`."""

    def judge(self, mutant: Mutant) -> Verdict:
        """Run a mutant's tests with it."""


def judged(benches: Sequence[Judge], mutants: Iterable[Mutant]) -> Iterator[tuple[int, Verdict]]:
    """Try mutants, as many at a time as there are benches.

    On a busy machine, what is late may be whole: it is tried once more at the end, alone.

    Returns:
        Each mutant's place and its verdict: late is what was so alone, too.
    """
    free: Queue[Judge] = Queue()
    for bench in benches:
        free.put(bench)

    def judge(mutant: Mutant) -> Verdict:
        bench = free.get()
        try:
            return bench.judge(mutant)
        finally:
            free.put(bench)

    late: list[tuple[int, Mutant]] = []
    known = [*mutants]
    with ThreadPoolExecutor(len(benches)) as pool:
        for place, verdict in enumerate(pool.map(judge, known)):
            if verdict is Verdict.LATE:
                late.append((place, known[place]))
            else:
                yield place, verdict
    for place, mutant in late:
        yield place, judge(mutant)


def _write(file: Path, content: str) -> None:
    """Write a file, without bytecode that would be taken for its own.

    What is as large, and as old to the second, counts as the same.
    """
    file.write_text(content)
    if file.suffix == ".py":
        Path(cache_from_source(str(file))).unlink(missing_ok=True)


def _copy(folder: Path) -> None:
    """What git knows, as it is now."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, known.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    # Installed tools are used, not copied.
    (folder / LOCAL.name).mkdir()
    (folder / LOCAL.name / "env").symlink_to((LOCAL / "env").resolve())
