"""`make demo` as a user runs it, but for the terminal: nothing here patches or imports it."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from rich.cells import cell_len

from local.cloud.stack import SIMULATOR_KEY
from local.demo.command import STATE
from local.paths import ROOT

_PROCESSES = STATE / "processes.json"
_COMMAND = [sys.executable, "-m", "local", "demo"]


@contextmanager
def _demo(command: list[str] = _COMMAND) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Asks for colours, which a pipe must not get all the same.
        env=os.environ | {"FORCE_COLOR": "1"},
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _of_the_demo() -> list[str]:
    """Command lines of whatever still runs in the demo's folder, or from its build."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        said = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if process.info["pid"] != os.getpid() and any(str(STATE) in word for word in said):
            found.append(f"{process.info['pid']}: {process.info['cmdline']}")
    return found


def _listening_ports(pids: set[int] | None = None) -> set[int]:
    """Of some processes and their children, or of all."""
    family = {
        child.pid for pid in pids or () for child in psutil.Process(pid).children(recursive=True)
    } | (pids or set())
    return {
        connection.laddr.port
        for connection in psutil.net_connections("tcp")
        if connection.laddr and connection.status == psutil.CONN_LISTEN
        if not pids or connection.pid in family
    }


def _wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"The demo ended without saying {text!r}.")


def _assert_nothing_left() -> None:
    assert not _PROCESSES.exists()
    assert _of_the_demo() == []


def test_demo_shows_an_export_and_a_batch_and_leaves_nothing_running() -> None:
    with _demo() as process:
        said, _ = process.communicate(timeout=240)

    assert process.returncode == 0, said
    assert "\x1b" not in said
    assert SIMULATOR_KEY not in said
    export, heading, batch = said.partition("A batch: ")
    assert heading
    _assert_export(export)
    _assert_batch(batch)
    assert "make up" in batch
    _assert_nothing_left()


def _assert_export(said: str) -> None:
    # State by state, each once.
    states = re.findall(r"^ *[\d.]+ s  (\w+) +[\d.]+ s", said, re.MULTILINE)
    loop = ["WaitForExport", "CheckExport", "IsExportReady"]
    begin = ["BeginExport", "CreateExport", "IsExportNew"]
    assert states == [
        *begin,
        *loop,
        *loop,
        "DownloadExport",
        "IsDownloadFinished",
        "ExportSucceeded",
    ]
    assert "poll 1: processing" in said
    assert "poll 2: completed" in said
    # The file, with a comma in one name and a line break in another.
    key = re.search(
        r"^s3://[^/]+/(exports/report=productivity/\S+/export.csv.gz)$", said, re.MULTILINE
    )
    assert key, said
    assert "O'Neill, Siobhán" in said
    assert "Grace⏎Hopper" in said
    assert "山田 太郎" in said
    # The manifest and the event about it.
    manifest = _json_after("Its manifest", said)
    assert manifest["key"] == key[1]
    assert re.fullmatch("[0-9a-f]{64}", str(manifest["contentSha256"]))
    event = _json_after("The event", said)
    assert event["source"] == "harness.sei.export"
    assert event["detail-type"] == "ExportCompleted"
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert detail["key"] == key[1]


def _assert_batch(said: str) -> None:
    # It is told what will happen, and by whose order.
    assert "The simulator was told to fail the export of Platform" in said
    # Rounds as they come, each export once.
    lines = re.findall(r"^ *[\d.]+ s  (\S.*)$", said, re.MULTILINE)
    first, second = (
        lines.index(title)
        for title in ("round 1: 3 teams", "round 2: Platform is split into 3 teams")
    )
    whole, parts = (
        {"Operations / SRE", "Product"},
        {'The "A" Team', "Payments, Billing", "モバイル"},
    )
    assert _ended(lines[first:second]) == {"Platform": "failed"} | dict.fromkeys(whole, "landed")
    assert _ended(lines[second:]) == dict.fromkeys(parts, "landed")
    counts = [re.split(" {2,}", line) for line in lines if re.match(r"round \d  ", line)]
    assert ["round 1", "2 landed, 1 failed"] in counts
    assert ["round 2", "3 landed"] in counts
    # The manifest in brief.
    rows = re.findall(r"^│ ( *\S.*?) *│ (\w+) *│ +(\d*) │ (\S*) *│$", said, re.MULTILINE)
    assert {name.strip(): outcome for name, outcome, _, _ in rows} == (
        {"Platform": "split"} | dict.fromkeys(whole | parts, "landed")
    )
    assert [name.strip() for name, *_ in rows if name.startswith("  ")] == [
        "Payments, Billing",
        'The "A" Team',
        "モバイル",
    ]
    files = {file for *_, file in rows if file}
    assert len(files) == 5
    for file in files:
        # As far as there is room.
        assert re.match(r"scope_team=\d+/range_start=2024-01-01/", file)
    total = sum(int(count) for _, _, count, _ in rows if count)
    assert (
        "COMPLETE: 5 of 5 expected files have landed, 0 failed, 0 are missing; "
        f"{total} rows in all\n"
    ) in said
    # The event about it, after those of each export.
    event = _json_after("The event", said)
    assert event["detail-type"] == "BatchCompleted"
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert (detail["status"], detail["error"]) == ("COMPLETE", None)
    assert f"/{detail['manifestKey']}\n" in said
    assert "5 x ExportCompleted, 1 x ExportFailed" in said
    until = said.index("What to run next")
    assert max(cell_len(line) for line in said[:until].splitlines()) <= 100


def _ended(lines: list[str]) -> dict[str, str]:
    """What became of each team's export, as one round's lines tell it."""
    found = [re.fullmatch(r"(\S.*?) +[\d.]+ s  (landed|failed): .*", line) for line in lines]
    ended = [(match[1], match[2]) for match in found if match]
    assert len(dict(ended)) == len(ended)
    return dict(ended)


def _json_after(heading: str, said: str) -> dict[str, object]:
    text = said[said.index(heading) :]
    content: dict[str, object]
    content, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    return content


def test_demo_of_a_refused_request_shows_the_error_and_its_event(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text('{"report": "productivity", "team": "456"}')
    code = (
        "import sys, pathlib; from local.demo.command import run; "
        "sys.exit(run(pathlib.Path(sys.argv[1])))"
    )

    with _demo([sys.executable, "-c", code, str(request)]) as process:
        said, _ = process.communicate(timeout=240)

    assert process.returncode == 1, said
    assert "InvalidRequestError: The request has 2 problems: (1) team is not a field" in said
    assert "\nRemedy: Correct the input" in said
    assert _json_after("The event", said)["detail-type"] == "ExportFailed"
    assert "A batch: " not in said
    assert "Traceback" not in said
    _assert_nothing_left()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        pytest.param("starting the local AWS", signal.SIGINT, id="ctrl-c-as-the-cloud-starts"),
        pytest.param("building the template", signal.SIGINT, id="ctrl-c-during-sam-build"),
        pytest.param("deploying the stack", signal.SIGTERM, id="kill-during-sam-deploy"),
        pytest.param("CreateExport", signal.SIGINT, id="ctrl-c-during-the-execution"),
        pytest.param("3 running", signal.SIGINT, id="ctrl-c-during-the-batch"),
    ],
)
def test_demo_stops_everything_at_a_signal(moment: str, number: signal.Signals) -> None:
    with _demo() as process:
        _wait_for_line(process, moment)
        time.sleep(0.7)
        noted = {one["pid"] for one in json.loads(_PROCESSES.read_text())}
        ports = _listening_ports(noted)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 128 + number, said
    assert said.splitlines()[-1] == "Interrupted. Everything that the demo started is stopped."
    assert "Traceback" not in said
    assert ports, "The demo's simulator was listening."
    assert not ports & _listening_ports()
    assert not [pid for pid in noted if psutil.pid_exists(pid)]
    _assert_nothing_left()


def test_second_demo_of_a_checkout_leaves_the_first_alone() -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _demo() as process:
            said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said == "Another demo runs in this checkout; wait until it has ended.\n"
