"""How the tests are shared out among processes, how hypothesis runs, what fault tests counted."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from local.paths import ROOT

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

type Figures = dict[str, Counter[str]]
"""By kind of fault: how often what came of it."""

# What helpers assert is told as in a test. Here: nobody has imported them yet.
pytest.register_assert_rewrite(
    "tests.fakes.slow_line",
    "tests.faults.sweep.promises",
    "tests.faults.month.backfill",
    "tests.faults.month.desk",
)

# No deadline: a busy machine is not a failure. Derandomized: what fails, fails for everybody.
settings.register_profile("here", deadline=None, derandomize=True, database=None)
settings.load_profile("here")

_OWN_CLOUD = {
    *("test_demo.py", "test_deployments.py", "test_rate.py", "test_restart.py", "test_up.py"),
}
"""Files whose tests start a local cloud of their own."""


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # has no types
    """File by file; as one what shares a deployed stack, and as one what builds others."""

    def _split_scope(self, nodeid: str) -> str:
        folder, _, file = nodeid.partition("::")[0].rpartition("/")
        if file in _OWN_CLOUD:
            # Not at the same time: the SAM CLI's builds share a folder.
            return "clouds"
        return "stack" if folder == "tests/stack" else f"{folder}/{file}"

    def _assign_work_unit(self, node: "WorkerController") -> None:
        # What mostly waits first, beside all else: at the end a processor would have nothing to do.
        # Only that: another cloud's build at the same moment would take its folder away.
        if "stack" in self.workqueue:
            self.workqueue.move_to_end("stack", last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> Sharing:
    """For `make test`, which has two processes."""
    return Sharing(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make faults` tries everything."""
    parser.addoption("--everything", action="store_true", help="all faults, not a sample of them")


def pytest_terminal_summary(
    terminalreporter: "TerminalReporter", exitstatus: int, config: pytest.Config
) -> None:
    """Print what the fault tests counted; a whole run that is green writes it down, too."""
    if hasattr(config, "workerinput"):
        # One of several processes: what it has counted is not all.
        return
    figures: Figures = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figures":
                kind, counted = value
                figures.setdefault(kind, Counter()).update(counted)
    if not figures:
        return
    terminalreporter.section("faults")
    for kind, counted in sorted(figures.items()):
        terminalreporter.write_line(f"{kind}: {counted.total():,} ({_told(counted)})")
    if config.getoption("--everything") and exitstatus == 0 and _is_whole(config):
        _write_down(figures)


def _is_whole(config: pytest.Config) -> bool:
    """Whether the run has all fault tests, not some that were asked for."""
    narrowed = any(config.getoption(name) for name in ("keyword", "markexpr", "lf", "deselect"))
    return "tests/faults" in config.args and not narrowed


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{number:,} {what.replace('_', ' ')}" for what, number in counted.items())


def _write_down(figures: Figures) -> None:
    """Replace the figures of docs/reliability.md."""
    page = ROOT / "docs" / "reliability.md"
    before, begin, rest = page.read_text().partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- end of figures -->")
    rows = ["| faults | tried | what came of them |", "|---|---:|---|"]
    for kind, counted in sorted(figures.items()):
        rows.append(f"| {kind} | {counted.total():,} | {_told(counted)} |")
    page.write_text(before + begin + "\n".join(rows) + "\n" + end + after)
