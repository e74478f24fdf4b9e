"""`make live`: asks a real API the open questions of docs/vendor.md, and writes a report."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local import signals
from local.live import page, reading, report
from local.live.asking import Asker, EnoughError
from local.live.exporting import PLANNED, Exporting
from local.live.findings import Findings
from local.paths import LOCAL
from sei_export.api.sentkey import KeyHeader
from sei_export.api.urls import BaseUrl
from sei_export.clock import Clock, Deadline
from sei_export.errors import SeiExportError

NEEDED = ("SEI_BASE_URL", "SEI_API_KEY", "SEI_ORG", "SEI_PROJECT")
_MOST_SECONDS = 1800.0
_PAUSE_SECONDS = 0.5
_POLL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a run takes its time, in seconds.

    Attributes:
        pause: Before each call.
        poll: Between two looks at an export, beside the pause.
        most: Of the whole run.
    """

    pause: float = _PAUSE_SECONDS
    poll: float = _POLL_SECONDS
    most: float = _MOST_SECONDS


def run(
    environment: Mapping[str, str] = os.environ,
    file: Path = LOCAL / "live" / "report.md",
    pace: Pace | None = None,
) -> int:
    """Ask, and write the report of what was found, also where the run ends early.

    Returns:
        0 if all was asked that was to be.

    Raises:
        ValueError: The environment misses something, or this is CI.
        Interrupted: A signal; the report is written.
    """
    asker = _asker(environment, pace := pace or Pace())
    may_export = environment.get("YES") == "1"
    _say("This asks for org trees, teams and lists, and for what is not there.")
    _say(
        f"It creates {PLANNED}."
        if may_export
        else f"It creates nothing. With YES=1 it also creates {PLANNED}."
    )
    findings = Findings(page.known_words())
    end = "The run did not end."
    try:
        _ask(asker, findings, pace if may_export else None)
        end = "All was asked." if may_export else "All was asked that needs no export."
    except EnoughError as enough:
        end = str(enough)
        print(end, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        end = "Interrupted."
        raise
    finally:
        with signals.deferred():
            if asker.waited:
                findings.answer("retry-after", "there" if all(asker.waited) else "absent")
            told = f"{end} There were {asker.calls} calls."
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(report.written(findings, page.questions(), told))
            _say(f"{asker.calls} calls; the report is {file}")
    return 0


def _ask(asker: Asker, findings: Findings, exports: Pace | None) -> None:
    tree = reading.ask_trees(asker, findings)
    teams = reading.ask_teams(asker, findings, tree)
    reading.ask_lists(asker, findings)
    reading.ask_refusals(asker, findings)
    if not exports:
        return
    leaf = next((team for team in teams.teams() if not team.children), None) if teams else None
    if not leaf:
        raise EnoughError("No team can be read: nothing is created.")
    today = asker.deadline.clock.now().date()
    Exporting(asker, findings, tree.name, leaf.id, exports.poll, today).ask()


def _asker(environment: Mapping[str, str], pace: Pace) -> Asker:
    if environment.get("CI"):
        raise ValueError("`make live` is for a person with a key, not for CI.")
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise ValueError(f"`make live` needs {', '.join(missing)} in the environment.")
    try:
        base_url = BaseUrl.parse(environment["SEI_BASE_URL"])
        header = KeyHeader.parse(environment.get("SEI_KEY_HEADER") or KeyHeader.AUTHORIZATION)
    except SeiExportError as error:
        raise ValueError(error.message) from None
    _, key, org, project = (environment[name] for name in NEEDED)
    deadline = Deadline.after(pace.most, Clock())
    return Asker(base_url, key, header, org, project, deadline, pace.pause)


def _say(line: str) -> None:
    print(f"· {line}", flush=True)
