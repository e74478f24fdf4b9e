"""What the demo makes of a history, a file, a manifest and a batch."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from local.demo.batch_history import Item, Round, title_of, visit_of
from local.demo.batch_results import show_batch
from local.demo.history import Visit, read_visits
from local.demo.preview import Preview
from local.demo.results import compact_json
from local.demo.screen import LiveProgress, PlainProgress

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef, HistoryEventTypeDef

_START = datetime(2024, 1, 1, tzinfo=UTC)


def _history(*events: dict[str, object]) -> "list[HistoryEventTypeDef]":
    """One event a second."""
    return [
        cast("HistoryEventTypeDef", {"timestamp": _START + timedelta(seconds=second), **event})
        for second, event in enumerate(events)
    ]


def _entered(name: str) -> dict[str, object]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def _exited(output: object) -> dict[str, object]:
    return {
        "type": "TaskStateExited",
        "stateExitedEventDetails": {"name": "", "output": json.dumps(output)},
    }


_SCHEDULED: dict[str, object] = {"type": "TaskScheduled"}
_FAILED: dict[str, object] = {
    "type": "TaskFailed",
    "taskFailedEventDetails": {"error": "RateLimitedError"},
}


def test_a_task_that_fails_and_is_tried_again_says_so_until_it_succeeds() -> None:
    history = _history(
        _entered("CheckExport"), _SCHEDULED, _FAILED, _SCHEDULED, _exited({"status": "queued"})
    )
    began = _START.timestamp()

    seen = [read_visits(history[:length])[-1] for length in (2, 3, 4, 5)]

    assert seen == [
        Visit("CheckExport", began),
        Visit("CheckExport", began, found="RateLimitedError", failed=True),
        Visit("CheckExport", began, found="RateLimitedError, trying again"),
        Visit("CheckExport", began, left=began + 4, found="poll 1: queued"),
    ]


def test_an_execution_that_fails_ends_its_last_state() -> None:
    visits = read_visits(
        _history(
            _entered("CreateExport"),
            _SCHEDULED,
            _FAILED,
            _exited({}),
            _entered("ExportFailed"),
            {"type": "ExecutionFailed"},
        )
    )

    began = _START.timestamp()
    assert visits == [
        Visit("CreateExport", began, began + 3, "RateLimitedError", failed=True),
        Visit("ExportFailed", began + 4, began + 5),
    ]


@pytest.mark.parametrize("width", [40, 80, 120, 400])
def test_a_table_of_wide_and_broken_values_fits_and_keeps_a_line_for_each_row(width: int) -> None:
    header = ["Granularity", "Team", "Developer", "CODING_DAYS", *(f"METRIC_{n}" for n in range(9))]
    rows = [["Jan", "モバイル\nチーム", '"A", b\r\nc' * 20, *["1"] * 10] for _ in range(3)]
    console = Console(width=width, color_system=None)

    table, missing = Preview(header, rows, "").table(width)

    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    assert len(lines) == len(rows) + 4
    assert "Developer" in lines[1]
    shown = [name for name in header if f" {name} " in lines[1]]
    assert shown + missing == sorted(header, key=lambda name: name in missing)
    assert (not missing) == (width == 400)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="empty"),
        pytest.param({"a": [], "b": {}, "c": None, "d": "é\n"}, id="leaves"),
        pytest.param({"columns": ["A, B"] * 40, "in": {"x": {"y": "z" * 90}}}, id="long"),
    ],
)
def test_compact_json_is_the_same_json(value: object) -> None:
    text = compact_json(value, 80)

    assert json.loads(text) == value
    assert max(len(line) for line in text.splitlines()) <= 105


def _item(name: str, **more: object) -> Item:
    """Its id is the team's name, in small letters."""
    team = {"id": name.lower(), "team": name.lower(), "teamName": name}
    return team | {"tries": 1, "replaces": None} | more


def _execution(seconds: float | None) -> "ExecutionListItemTypeDef":
    stop = {} if seconds is None else {"stopDate": _START + timedelta(seconds=seconds)}
    return cast("ExecutionListItemTypeDef", {"startDate": _START, **stop})


@pytest.mark.parametrize(
    ("rounds", "title"),
    [
        pytest.param({1: [_item("A")]}, "round 1: 1 team", id="one"),
        pytest.param({1: [_item("A"), _item("B")]}, "round 1: 2 teams", id="two"),
        pytest.param(
            {
                1: [_item("A"), _item("B")],
                2: [_item("A1", replaces="a"), _item("A2", replaces="a"), _item("B", tries=2)],
            },
            "round 2: A is split into 2 teams, 1 team once more",
            id="split-and-again",
        ),
        pytest.param(
            {1: [_item("A", team=None, teamName=None)], 2: [_item("B", replaces="a")]},
            "round 2: the whole tree is split into 1 team",
            id="whole-tree",
        ),
    ],
)
def test_a_round_is_titled_by_what_it_exports(rounds: dict[int, list[Item]], title: str) -> None:
    assert title_of(max(rounds), rounds) == title


def test_an_export_has_ended_when_its_outcome_is_written_down() -> None:
    began, item = _START.timestamp(), _item("A")
    landed = {"landed": {"rows": 24, "csvBytes": 2900}, "failure": None}
    message = "The API reports that export exp_1 failed: The report is too large."
    failed = {"landed": None, "failure": {"message": message}}
    other = {"landed": None, "failure": {"message": "The deadline is over."}}

    assert visit_of(item, _execution(None), None) == Visit("A", began)
    assert visit_of(item, _execution(5), None) == Visit("A", began)
    assert visit_of(item, _execution(5), landed) == Visit(
        "A", began, began + 5, "landed: 24 rows, 2.9 kB of CSV"
    )
    assert visit_of(item, _execution(5), failed) == Visit(
        "A", began, began + 5, "failed: The report is too large", failed=True
    )
    assert visit_of(item, _execution(5), other).found == "failed: The deadline is over."


_RUNNING = Visit("モバイル", 100.0)
_LANDED = Visit("B", 100.0, 105.0, "landed: 24 rows, 2.9 kB of CSV")
_FAILED_EXPORT = Visit("C", 100.0, 106.5, "failed: The report is too large", failed=True)


def test_a_rounds_counts_add_up_to_its_exports() -> None:
    assert Round("", 2, []).counts == "2 waiting"
    assert Round("", 5, [_RUNNING, _LANDED, _FAILED_EXPORT]).counts == (
        "1 landed, 1 failed, 1 running, 2 waiting"
    )


def _told(looks: Sequence[Sequence[Round]]) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    progress = PlainProgress(console)
    for rounds in looks:
        progress.rounds(rounds)
    assert isinstance(console.file, io.StringIO)
    return [line.partition(" s  ")[2] for line in console.file.getvalue().splitlines()]


def test_plain_output_has_a_line_for_each_change_of_a_batch() -> None:
    landed_too = Visit("モバイル", 100.0, 104.0, "landed: 1 rows, 9 bytes of CSV")
    first = [Round("round 1: 3 teams", 3, exports) for exports in _steps(landed_too)]
    second = Round("round 2: C is split into 1 team", 1, [_RUNNING])

    told = _told([[], *([one] for one in (*first, first[-1])), [first[-1], second]])

    assert told == [
        "round 1: 3 teams",
        "round 1                     1 running, 2 waiting",
        "B                    5.0 s  landed: 24 rows, 2.9 kB of CSV",
        "round 1                     1 landed, 1 running, 1 waiting",
        "モバイル             4.0 s  landed: 1 rows, 9 bytes of CSV",
        "C                    6.5 s  failed: The report is too large",
        "round 1                     2 landed, 1 failed",
        "round 2: C is split into 1 team",
        "round 2                     1 running",
    ]


def _steps(last: Visit) -> list[list[Visit]]:
    """One round's exports, look by look; the one that comes first starts last."""
    return [[], [_RUNNING], [_LANDED, _RUNNING], [_LANDED, last, _FAILED_EXPORT]]


@pytest.mark.parametrize("width", [60, 100])
def test_a_terminal_shows_all_rounds_at_once(width: int) -> None:
    console = Console(
        file=io.StringIO(), width=width, height=40, force_terminal=True, color_system=None
    )
    progress = LiveProgress(console)
    progress.step("starting a batch")
    progress.rounds([])
    rounds = [Round("round 1: 2 teams", 2, [_LANDED, _FAILED_EXPORT])]
    rounds.append(Round("round 2: C is split into 1 team", 1, [_RUNNING]))
    progress.rounds(rounds[:1])
    progress.rounds(rounds)
    progress.close(done=False)

    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    frame = shown[shown.rindex("round 1: 2 teams") :].splitlines()
    assert [line.split(maxsplit=3) for line in frame[1:3]] == [
        ["✓", "5.0", "s", frame[1].split(maxsplit=3)[3]],
        ["✗", "6.5", "s", frame[2].split(maxsplit=3)[3]],
    ]
    assert frame[0].rstrip() == "round 1: 2 teams - 1 landed, 1 failed"
    assert frame[3].rstrip() == "round 2: C is split into 1 team - 1 running"
    assert frame[4].startswith("- ")
    assert "モバイル" in frame[4]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_batchs_manifest_in_brief_has_a_line_for_each_export(width: int) -> None:
    days = "range_start=2024-01-01/range_end=2024-01-31"
    key = f"exports/report=productivity/scope_tree=T/scope_team={{}}/{days}/export.csv.gz"
    manifest = {
        "run": "demo",
        "status": "PARTIAL",
        "totals": {"landed": 1, "expected": 3, "failed": 1, "missing": 1, "rows": 24},
        "items": [
            _item("A", outcome="split", key=key.format("a")),
            _item("B", outcome="missing", key=key.format("b")),
            _item("[A1]", outcome="landed", rows=24, key=key.format("a1"), replaces="a"),
            _item("A2", outcome="failed", key=key.format("a2"), replaces="a"),
        ],
    }
    console = Console(width=width, color_system=None)

    with console.capture() as captured:
        show_batch(console, "bucket", manifest)

    said = captured.get()
    assert max(len(line) for line in said.splitlines() if "PARTIAL" not in line) <= max(width, 71)
    rows = [
        [cell.rstrip() for cell in line.split("│")[1:4]]
        for line in said.splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        [" A", " split", ""],
        ["   [A1]", " landed", "   24"],
        ["   A2", " failed", ""],
        [" B", " missing", ""],
    ]
    assert (f"scope_team=a1/{days}/export.csv.gz" in said) == (width == 120)
    assert said.count("scope_team=a1/") == 1
    assert "PARTIAL: 1 of 3 expected files have landed, 1 failed, 1 are missing; 24 rows" in said
    assert "A has no file of its own" in said
