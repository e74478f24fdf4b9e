"""How `make live` runs: with consent, in bounds, and to an end."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from local.live import asking, page
from local.live.command import NEEDED, Pace, run
from local.paths import ROOT
from tests.fakes.loopback import Loopback, reply
from tests.live.asked import LEAF, QUICK, READING, answers, asked, check_discretion, environment
from tests.simulator.simulator_client import PREFIX, Client

_PATHS = f"{ROOT}:{ROOT / 'layers' / 'sei_export'}"


def test_at_most_one_export_of_each_report_is_made(client: Client, tmp_path: Path) -> None:
    asked(client.port, tmp_path)
    made = client.call("GET", "/_sim/exports", query={}).items
    calls = client.call("GET", "/_sim/requests", query={}).items
    assert len(made) == 5
    assert len({call["path"] for call in calls if call["step"] == "create"}) == 5
    assert len(calls) < asking.MOST_CALLS


def test_without_yes_nothing_is_created_and_it_is_said_what_would_be(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(client.port, tmp_path, YES="")
    assert client.call("GET", "/_sim/exports", query={}).items == []
    assert "It creates nothing. With YES=1 it also creates one export each" in (
        capsys.readouterr().out
    )
    told = {question.id: found[question.id][0] for question in page.questions()}
    assert told["level-name"] == "not asked"
    assert "not asked" not in {told[name] for name in READING}


def test_given_a_wrong_key_then_one_call_and_one_clear_line(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.md"
    wrong = environment(client.port) | {"SEI_API_KEY": "no-such"}
    assert run(wrong, file, QUICK) == 1
    told = capsys.readouterr().err
    assert told.startswith("The API answers 401: check SEI_API_KEY")
    assert told.count("\n") == 1
    assert len(client.call("GET", "/_sim/requests", query={}).items) == 1
    assert "no-such" not in told + file.read_text()


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^`make live` needs {name} in the environment.$"):
        run(environment(1, **{name: ""}), tmp_path / "report.md", QUICK)


def test_in_ci_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not for CI"):
        run(environment(1, CI="true"), tmp_path / "report.md", QUICK)
    assert not (tmp_path / "report.md").exists()


def test_calls_are_bounded(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_CALLS", 5)
    file = tmp_path / "report.md"
    assert run(environment(client.port), file, QUICK) == 1
    assert len(client.call("GET", "/_sim/requests", query={}).items) == 5
    assert "as many as there may be" in file.read_text()


def test_time_is_bounded(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    assert run(environment(client.port), file, Pace(pause=0.3, poll=0.05, most=1)) == 1
    assert "The time is over." in file.read_text()
    # As many pauses as fit into the second, however quick the calls are.
    assert len(client.call("GET", "/_sim/requests", query={}).items) <= 3


def test_each_call_has_a_pause_before_it(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_CALLS", 4)
    pace = Pace(pause=0.3, poll=0.05, most=120)
    assert run(environment(client.port), tmp_path / "report.md", pace) == 1
    calls = client.call("GET", "/_sim/requests", query={}).items
    moments = [float(str(call["at"])) for call in calls]
    assert len(moments) == 4
    assert min(later - at for at, later in pairwise(moments)) > 0.25


def test_a_limit_that_is_met_twice_ends_it(tmp_path: Path) -> None:
    refused = reply(429, {}, {"Retry-After": "0"})
    with Loopback([refused, refused]) as server:
        values = environment(1, SEI_BASE_URL=f"{server.origin}{PREFIX}/")
        file = tmp_path / "report.md"
        assert run(values, file, QUICK) == 1
    assert answers(file.read_text())["retry-after"] == ("there", "yes")


def test_given_ctrl_c_then_the_report_has_what_there_is(client: Client, tmp_path: Path) -> None:
    Client(client.port, LEAF).scenario(outcome="never")
    code = (
        "from pathlib import Path; from local import signals; signals.raise_once()\n"
        "from local.live.command import Pace, run\n"
        f"run(file=Path({str(tmp_path / 'report.md')!r}), pace=Pace(0, 1, 120))"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment(client.port), "PATH": os.environ["PATH"], "PYTHONPATH": _PATHS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not client.call("GET", "/_sim/exports", query={}).items:
        assert time.monotonic() < until
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=60) != 0
    report = (tmp_path / "report.md").read_text()
    assert "Interrupted." in report
    check_discretion(report)
    assert answers(report)["trees-list"] == ("content", "yes")
